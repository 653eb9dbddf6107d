"""A mail server that takes everything and writes down when, in a process of its own."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller


class Taken(NamedTuple):
    """What has been taken since it was asked last: Message-IDs in order, and from the first to the last in seconds."""

    ids: list[str]
    seconds: float

    @property
    def rate(self) -> float:
        """Mails per second."""
        return (len(self.ids) - 1) / self.seconds


class _Handler:
    def __init__(self) -> None:
        self.ids: list[str] = []
        self.times: list[float] = []

    async def handle_EHLO(
        self, _server: Any, session: Any, _envelope: Any, hostname: str, answers: list[str]
    ) -> list[str]:
        # As most mail servers do (RFC 2920); smtplib does not look for it.
        session.host_name = hostname
        return [*answers[:-1], "250-PIPELINING", answers[-1]]

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        head = envelope.content.split(b"\r\n\r\n", 1)[0].decode("ascii", "replace")
        self.ids.append(head.split("Message-ID: ", 1)[1].split("\r\n", 1)[0])
        self.times.append(time.monotonic())
        return "250 OK"

    def taken(self) -> Taken:
        seconds = self.times[-1] - self.times[0] if self.times else 0.0
        found = Taken(self.ids, seconds)
        self.ids, self.times = [], []
        return found


def _serve(port: int, pipe: Connection) -> None:
    handler = _Handler()
    server = Controller(handler, hostname="127.0.0.1", port=port)
    server.start()
    pipe.send("up")
    while asked := pipe.recv():
        pipe.send(len(handler.ids) if asked == "count" else handler.taken())
    server.stop()


class Sink:
    """The running server, and what to ask it."""

    def __init__(self, port: int, pipe: Connection) -> None:
        self.port, self._pipe = port, pipe

    def count(self) -> int:
        """Return how many mails have come since `taken` was asked."""
        self._pipe.send("count")
        return int(self._pipe.recv())

    def taken(self) -> Taken:
        """Return what has come, and begin anew."""
        self._pipe.send("taken")
        return self._pipe.recv()  # type: ignore[no-any-return]


@contextmanager
def sink() -> Iterator[Sink]:
    """Run the server until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(port, theirs), daemon=True)
    process.start()
    ours.recv()
    yield Sink(port, ours)
    ours.send("")
    process.join(10)
