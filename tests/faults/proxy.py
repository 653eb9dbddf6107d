"""A TCP proxy that makes trouble: it stands before a mail server or a database, and does what a bad network does."""

import asyncio
import threading
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

CHUNK = 65536


@dataclass
class Proxy:
    """Where it listens, and what it does to whatever passes. All may be changed while it runs."""

    upstream: str  # "127.0.0.1:25", or the path of a socket
    latency: float = 0.0  # seconds before each piece, both ways
    drip: float = 0.0  # seconds before each single byte that comes back
    cut_after: int | None = None  # bytes sent, after which the connection is cut
    cuts_left: int = 0  # how many connections are still to be cut
    black_hole: bool = False  # takes everything, answers nothing
    cuts: int = 0
    port: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _server: asyncio.Server | None = None
    _talks: set["asyncio.Task[None]"] = field(default_factory=set)

    def down(self) -> None:
        """Refuse every connection, and cut the open ones."""
        self._do(self._stop())

    def up(self) -> None:
        """Take connections again, at the same port."""
        self._do(self._listen())

    def cut(self, times: int, after: int) -> None:
        """Cut that many of the next connections, each after some bytes."""
        self.cut_after, self.cuts_left = after, times

    def heal(self) -> None:
        """Let everything pass."""
        self.latency = self.drip = 0.0
        self.cut_after, self.black_hole = None, False

    def _do(self, what: "Awaitable[Any]") -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(10)  # type: ignore[arg-type]

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        talks = list(self._talks)
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk
        self._talks.add(talk)
        try:
            await self._talk(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self._talks.discard(talk)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await self._open()
        try:
            out = asyncio.ensure_future(self._out(reader, back))
            home = asyncio.ensure_future(self._home(there, writer))
            try:
                await asyncio.wait((out, home), return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in (out, home):
                    way.cancel()
                await asyncio.gather(out, home, return_exceptions=True)
        finally:
            back.transport.abort()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.upstream.startswith("/"):
            return await asyncio.open_unix_connection(self.upstream)
        host, _, port = self.upstream.rpartition(":")
        return await asyncio.open_connection(host, int(port))

    async def _out(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """What the client says, until it is cut."""
        passed = 0
        while piece := await self._piece(source):
            if self.cuts_left and self.cut_after is not None and passed + len(piece) > self.cut_after:
                sink.write(piece[: self.cut_after - passed])
                await sink.drain()
                self.cuts_left, self.cuts = self.cuts_left - 1, self.cuts + 1
                return
            passed += len(piece)
            sink.write(piece)
            await sink.drain()

    async def _home(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while piece := await self._piece(source):
            for part in [piece] if not self.drip else [bytes([byte]) for byte in piece]:
                await asyncio.sleep(self.drip)
                sink.write(part)
                await sink.drain()

    async def _piece(self, source: asyncio.StreamReader) -> bytes:
        piece = await source.read(CHUNK)
        await asyncio.sleep(self.latency)
        while self.black_hole:
            await asyncio.sleep(0.02)
        return piece


@contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    """Run a proxy in a thread of its own until the block ends."""
    made = Proxy(upstream)
    thread = threading.Thread(target=made._loop.run_forever, daemon=True)
    thread.start()
    made.up()
    try:
        yield made
    finally:
        with suppress(Exception):
            made.down()
        made._loop.call_soon_threadsafe(made._loop.stop)
        thread.join(10)
        made._loop.close()
