"""A small mail server for replies alone: LMTP behind a mail server, or SMTP for an MX of its own."""

import asyncio
import logging
import signal
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from meetups.mail import returns
from meetups.replies.reading import MOST_BYTES
from meetups.replies.receiving import receive
from meetups.replies.services import Outcome
from meetups.rsvps.tokens import find

# Of one command or line of data, in seconds.
PATIENCE = 60
# Connections at once, and how long one may stay, in seconds: idle ones must not keep replies out.
MOST_OPEN, LONGEST = 100, 300
OK, NOT_OURS = "250 2.0.0 OK", "550 5.1.1 No such address"
# One message, one answer: LMTP would want one for each recipient.
ONE_AT_A_TIME = "452 4.5.3 One recipient at a time"
SAID = {
    Outcome.TAKEN: OK,
    Outcome.IGNORED: OK,
    Outcome.BAD: "554 5.6.0 Not a calendar's reply",
    Outcome.UNKNOWN: NOT_OURS,
    Outcome.REFUSED: "550 5.7.1 Not taken",
    Outcome.AWAY: "451 4.3.0 Try again later",
}


class Handler:
    """Takes mail to our reply addresses, and sends none, to nobody."""

    def __init__(self, app: Flask, clock: Callable[[], datetime]) -> None:
        self.app = app
        self.clock = clock

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: Any) -> str:
        """Take one recipient, if it is one of our addresses; whether the token is good is seen with the message."""
        settings = self.app.config["SETTINGS"]
        # Reports come from nobody (RFC 5321 section 4.5.5), to what our own mails have as their sender.
        report = (envelope.mail_from or "").strip("<>") == "" and returns.find(address, settings)
        if not report and not find(address, settings.reply_to):
            return NOT_OURS
        if envelope.rcpt_tos:
            return ONE_AT_A_TIME
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Do what the message says."""
        # The database is waited for beside the loop, so that one slow message holds up no other.
        return await asyncio.to_thread(self._take, envelope)

    async def handle_exception(self, error: Exception) -> str:
        """Say nothing of what broke."""
        logging.getLogger("meetups.replies").error("the listener: %s", type(error).__name__)
        return SAID[Outcome.AWAY]

    def _take(self, envelope: Envelope) -> str:
        raw = envelope.original_content or b""
        with self.app.app_context():
            return SAID[receive(raw, self.clock(), envelope.rcpt_tos[0], envelope.mail_from)]


def serve(app: Flask, host: str, port: int, *, lmtp: bool, clock: Callable[[], datetime]) -> None:
    """Listen until told to stop (SIGTERM, Ctrl-C)."""
    # Its log holds addresses.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)
    asyncio.run(_serve(Handler(app, clock), host, port, LMTP if lmtp else SMTP))


def _counted(protocol: type[SMTP]) -> type[SMTP]:
    """Return the protocol with an end to how many speak it at once, and to how long."""

    class Counted(protocol):  # type: ignore[valid-type,misc]
        open: ClassVar[set[Any]] = set()

        def connection_made(self, transport: Any) -> None:
            if len(Counted.open) >= MOST_OPEN:
                transport.write(b"421 4.3.2 Too busy, try again later\r\n")
                transport.close()
                return
            Counted.open.add(self)
            asyncio.get_running_loop().call_later(LONGEST, transport.abort)
            super().connection_made(transport)

        def connection_lost(self, error: Exception | None) -> None:
            if self in Counted.open:
                Counted.open.discard(self)
                super().connection_lost(error)

    return Counted


async def _serve(handler: Handler, host: str, port: int, protocol: type[SMTP]) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    counted = _counted(protocol)

    def talk() -> SMTP:
        name = handler.app.config["SETTINGS"].host
        return counted(handler, data_size_limit=MOST_BYTES, hostname=name, ident="Hello Park", timeout=PATIENCE)

    async with await loop.create_server(talk, host, port):
        await stop.wait()
