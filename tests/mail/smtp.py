"""A real mail server for tests, which can be told to misbehave."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from meetups.mail.transport import SmtpTransport

OK = "250 OK"
HANG_UP = "hang up"  # take the message, then cut the connection before saying so


@dataclass
class Taken:
    """One message as the server took it."""

    rcpts: list[str]
    mail: EmailMessage
    raw: bytes
    sender: str = ""  # the envelope's

    @property
    def id(self) -> str:
        return str(self.mail["Message-ID"])

    @property
    def subject(self) -> str:
        return str(self.mail["Subject"])


@dataclass
class Inbox:
    """What the server got, and the replies it still has to give instead of OK, oldest first."""

    url: str = ""
    taken: list[Taken] = field(default_factory=list)
    to_rcpt: list[str] = field(default_factory=list)
    to_data: list[str] = field(default_factory=list)
    # Set by the server when a message has arrived; where `hold` is set it then says nothing any more.
    arrived: threading.Event = field(default_factory=threading.Event)
    hold: bool = False
    transports: list[SmtpTransport] = field(default_factory=list)
    # How many connections there were; after `per_talk` mails in one, a further one is answered with `enough`.
    talks: int = 0
    per_talk: int | None = None
    enough: str = ""
    # Whether it takes several commands at once (RFC 2920), and those it was given, envelopes and RSET alone.
    pipelining: bool = False
    said: "SimpleQueue[str]" = field(default_factory=SimpleQueue)
    server: "Server | None" = None

    def transport(self, seconds: float = 10) -> SmtpTransport:
        made = SmtpTransport(urlsplit(self.url), seconds)
        self.transports.append(made)
        return made

    def heard(self, count: int) -> list[str]:
        """Wait for so many commands, and return them; each is given once."""
        return [self.said.get(timeout=5) for _ in range(count)]

    def cut_all(self) -> None:
        """Cut every connection."""
        assert self.server
        asyncio.run_coroutine_threadsafe(self.server._cut(), self.server.loop).result(5)

    async def handle_EHLO(self, _server: Any, session: Any, _envelope: Any, name: str, answers: list[str]) -> list[str]:
        session.host_name = name
        return [*answers[:-1], *["250-PIPELINING"] * self.pipelining, answers[-1]]

    async def handle_RSET(self, _server: Any, _session: Any, _envelope: Any) -> str:
        self.said.put("RSET")
        return OK

    async def handle_MAIL(self, _server: Any, session: Any, envelope: Any, address: str, _options: Any) -> str:
        self.said.put("MAIL")
        session.mails = getattr(session, "mails", 0) + 1
        if self.per_talk and session.mails > self.per_talk:
            return self.enough
        envelope.mail_from = address
        return OK

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        self.said.put("RCPT")
        reply = self.to_rcpt.pop(0) if self.to_rcpt else OK
        if reply == OK:
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        reply = self.to_data.pop(0) if self.to_data else OK
        if reply in (OK, HANG_UP):
            mail = message_from_bytes(envelope.content, policy=policy.default)
            self.taken.append(Taken(envelope.rcpt_tos, mail, envelope.content, envelope.mail_from))
        self.arrived.set()
        while self.hold:
            await asyncio.sleep(0.02)
        if reply == HANG_UP:
            server.transport.abort()
        return reply


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server(Controller):
    """The server in its thread; it cuts what is still open before it stops, so that no socket is left behind."""

    def factory(self) -> SMTP:
        made = super().factory()
        self.handler.talks += 1
        self.__dict__.setdefault("talks", []).append(made)
        return made

    def stop(self, no_assert: bool = False) -> None:
        asyncio.run_coroutine_threadsafe(self._cut(), self.loop).result(5)
        super().stop(no_assert)

    async def _cut(self) -> None:
        talks = [talk for talk in self.__dict__.get("talks", []) if talk.transport]
        for talk in talks:
            talk.transport.abort()
        if talks:
            # What is cut ends what deals with it, and only then is the socket closed.
            await asyncio.wait([talk._handler_coroutine for talk in talks], timeout=4)


@contextmanager
def mail_server(**options: Any) -> Iterator[Inbox]:
    port = free_port()
    inbox = Inbox(url=f"smtp://127.0.0.1:{port}")
    server = Server(inbox, hostname="127.0.0.1", port=port, **options)
    inbox.server = server
    server.start()
    inbox.talks = 0  # the controller tries it once
    try:
        yield inbox
    finally:
        inbox.hold = False
        for transport in inbox.transports:
            transport.close()
        server.stop()


@contextmanager
def greeting_server(line: bytes, pause: float) -> Iterator[str]:
    """A server that sends its greeting byte by byte, with a pause in seconds before each; yields its address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        stop = threading.Event()

        def greet() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                for byte in line:
                    if stop.wait(pause):
                        return
                    connection.sendall(bytes([byte]))
                stop.wait(5)

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield f"smtp://127.0.0.1:{server.getsockname()[1]}"
        stop.set()
        thread.join(5)
