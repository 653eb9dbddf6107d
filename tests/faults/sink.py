"""A mail server that misbehaves as real ones do, and counts what it has done."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.mail.smtp import OK, Inbox, Server, free_port


@dataclass
class Sink(Inbox):
    """An inbox whose replies hang on who is written to, and how often that was tried."""

    # For each recipient, as often as that: "450 greylisted" to the first try, and so on.
    at_rcpt: str = OK
    at_data: str = OK
    times: int = 0
    only: frozenset[str] | None = None  # whose mails it is hard on; all, where it is not said
    tried: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    # So many of the next messages are taken, and no more is said about them until `release`.
    keep: int = 0
    kept: int = 0
    released: int = 0

    def release(self) -> None:
        """Say 250 to the messages that were kept waiting."""
        self.released = self.kept

    def _fault(self, stage: str, address: str) -> bool:
        if self.only is not None and address not in self.only:
            return False
        self.tried[f"{stage} {address}"] += 1
        hit = self.tried[f"{stage} {address}"] <= self.times
        self.faults += hit
        return hit

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.at_rcpt != OK and self._fault("rcpt", address):
            return self._said(server, self.at_rcpt)
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.at_data != OK and self._fault("data", envelope.rcpt_tos[0]):
            if not self.at_data[0].isdigit():
                self.to_data.append(self.at_data)
                return await super().handle_DATA(server, session, envelope)
            return self._said(server, self.at_data)
        keeps, self.keep = self.keep > 0, max(0, self.keep - 1)
        self.kept += keeps
        mine = self.kept if keeps else 0
        reply = await super().handle_DATA(server, session, envelope)
        while self.released < mine:
            await asyncio.sleep(0.02)
        return reply

    @staticmethod
    def _said(server: Any, reply: str) -> str:
        if reply.startswith("421"):
            # It means what it says: the connection is closed.
            asyncio.get_running_loop().call_later(0.005, server.transport.close)
        return reply


@contextmanager
def sink(**faults: Any) -> Iterator[Sink]:
    """Run such a server until the block ends."""
    port = free_port()
    made = Sink(url=f"smtp://127.0.0.1:{port}", **faults)
    server = Server(made, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield made
    finally:
        made.hold = False
        made.release()
        server.stop()
