"""How a message leaves: a mail server, or the mailbox page where development has none."""

import re
import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, Protocol, Self
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from meetups.config import Settings
from meetups.extensions import db
from meetups.mail.models import MailboxMessage

READ_SECONDS = 20.0
ENHANCED = re.compile(rb"\s*(5\.[0-9]{1,3}\.[0-9]{1,3})\b")
TOTAL_SECONDS = 60.0


class Outcome(Enum):
    """What became of one attempt."""

    SENT = "sent"
    RETRY = "retry"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome, and why, without any address."""

    outcome: Outcome
    why: str = ""


class Transport(Protocol):
    """Whatever can send one message to one recipient."""

    def send(self, mail: EmailMessage, rcpt: str) -> Result:
        """Try once."""


def from_settings(settings: Settings) -> Transport:
    """Return the transport of MAIL_URL, or the mailbox where there is none."""
    if not settings.mail_url:
        return MailboxTransport()
    return SmtpTransport(urlsplit(settings.mail_url), sender=settings.returns_to)


class MailboxTransport:
    """Keeps messages in our own table, for the mailbox page."""

    def send(self, mail: EmailMessage, rcpt: str) -> Result:
        """Add the message to the current transaction."""
        dated = parsedate_to_datetime(str(mail["Date"]))
        db.session.add(MailboxMessage(rcpt=rcpt, subject=str(mail["Subject"]), raw=mail.as_bytes(), created_at=dated))
        return Result(Outcome.SENT)


class SmtpTransport:
    """A mail server: smtp://user:password@host:587?tls=1 (STARTTLS) or smtps://user:password@host:465.

    `sender` is the envelope's, to which what cannot be delivered comes back; without it that is the From address.
    """

    def __init__(self, url: SplitResult, seconds: float = TOTAL_SECONDS, sender: str | None = None) -> None:
        self.url = url
        self.sender = sender
        self.seconds = seconds
        self.starttls = parse_qs(url.query).get("tls") == ["1"]

    def send(self, mail: EmailMessage, rcpt: str) -> Result:
        """Hand one message over, within `seconds` in all. 4xx and a server that is away are tried again; 5xx is final.

        A 5xx before the message is in question (greeting, EHLO, login) is about us, not about it: tried again too.
        """
        try:
            self._send(mail, rcpt)
        except (smtplib.SMTPConnectError, smtplib.SMTPHeloError, smtplib.SMTPAuthenticationError) as error:
            return Result(Outcome.RETRY, f"the mail server said {error.smtp_code} before the message")
        except smtplib.SMTPRecipientsRefused as error:
            return _refused(*next(iter(error.recipients.values())))
        except smtplib.SMTPResponseException as error:
            return _refused(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            return Result(Outcome.RETRY, type(error).__name__)
        return Result(Outcome.SENT)

    def _send(self, mail: EmailMessage, rcpt: str) -> None:
        with _Deadline(self.seconds) as deadline:
            client = self._connected(deadline)
            try:
                if self.starttls:
                    client.starttls(context=ssl.create_default_context())
                if self.url.username:
                    client.login(unquote(self.url.username), unquote(self.url.password or ""))
                client.send_message(mail, from_addr=self.sender, to_addrs=[rcpt])
            finally:
                # Whatever it answers to our goodbye, the message was taken or refused before.
                with suppress(smtplib.SMTPException, OSError):
                    client.quit()
                client.close()

    def _connected(self, deadline: "_Deadline") -> smtplib.SMTP:
        host = self.url.hostname or "localhost"
        timeout = min(READ_SECONDS, self.seconds)
        if self.url.scheme == "smtps":
            return _SslClient(
                deadline, host, self.url.port or 465, timeout=timeout, context=ssl.create_default_context()
            )
        return _Client(deadline, host, self.url.port or 25, timeout=timeout)


def _refused(code: int, words: bytes | str) -> Result:
    # 530: a login is wanted. That is ours to mend, and the mail waits for it.
    if not 500 <= code < 600 or code == 530:
        return Result(Outcome.RETRY, f"the mail server said {code}")
    # Of its words only the number (RFC 3463), which says whether it is about the address.
    status = ENHANCED.match(words if isinstance(words, bytes) else words.encode())
    return Result(Outcome.FAILED, f"the mail server said {code}{f' {status[1].decode()}' if status else ''}")


class _Deadline:
    """Ends a connection when its time is over. smtplib's own timeout starts anew with every byte that arrives."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._over = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            if self._connection:
                self._connection.close()
            self._connection = None

    def watch(self, connection: socket.socket) -> None:
        """End this connection in time."""
        with self._lock:
            # A second handle on it: TLS takes the first one away.
            self._connection = connection.dup()
        if self._over:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            self._over = True
            if self._connection:
                with suppress(OSError):  # the server may have been quicker
                    self._connection.shutdown(socket.SHUT_RDWR)


class _Client(smtplib.SMTP):
    """A connection with a deadline."""

    def __init__(self, deadline: _Deadline, *where: Any, **options: Any) -> None:
        self._deadline = deadline
        super().__init__(*where, **options)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._deadline.watch(connection)
        return connection


class _SslClient(smtplib.SMTP_SSL, _Client):
    """The same with TLS from the first byte: SMTP_SSL wraps the socket it gets from _Client."""

    def __init__(self, deadline: _Deadline, *where: Any, **options: Any) -> None:
        self._deadline = deadline
        smtplib.SMTP_SSL.__init__(self, *where, **options)
