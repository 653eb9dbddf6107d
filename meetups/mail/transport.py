"""How a message leaves: a mail server, or the mailbox page where development has none."""

import re
import smtplib
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum
from functools import partial
from typing import Protocol, runtime_checkable
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from meetups.config import Settings
from meetups.extensions import db
from meetups.mail import returns
from meetups.mail.message import FinishedMail
from meetups.mail.models import MailboxMessage
from meetups.mail.smtp import Client, Deadline, SslClient

# From a Message-ID to the envelope's sender of that mail.
Sender = Callable[[str], str | None]
READ_SECONDS = 20.0
ENHANCED = re.compile(rb"\s*(5\.[0-9]{1,3}\.[0-9]{1,3})\b")
TOTAL_SECONDS = 60.0
GOODBYE_SECONDS = 5.0
# Many servers end a talk after some hundred mails, and some count what comes in one.
MAILS_PER_CONNECTION = 100


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

    def send(self, mail: FinishedMail, rcpt: str) -> Result:
        """Try once."""


@runtime_checkable
class TakesAhead(Protocol):
    """A transport that can be told of a message before it may be sent, which saves time."""

    def ahead(self, mail: FinishedMail, rcpt: str) -> None:
        """Say that this is likely the next; nothing is handed over, and another may be sent instead."""


class Connection(Transport, Protocol):
    """A transport that may keep something open between two messages."""

    def close(self) -> None:
        """Let go of it; the next message opens it anew."""


def from_settings(settings: Settings) -> Connection:
    """Return the transport of MAIL_URL, or the mailbox where there is none."""
    if not settings.mail_url:
        return MailboxTransport()
    return SmtpTransport(urlsplit(settings.mail_url), sender=partial(returns.sender, settings))


class MailboxTransport:
    """Keeps messages in our own table, for the mailbox page."""

    def send(self, mail: FinishedMail, rcpt: str) -> Result:
        """Keep the message, whatever becomes of the row that it comes from: as a mail server would."""
        read = mail.read()
        dated = parsedate_to_datetime(str(read["Date"]))
        db.session.add(MailboxMessage(rcpt=rcpt, subject=str(read["Subject"]), raw=mail.sealed, created_at=dated))
        db.session.commit()
        return Result(Outcome.SENT)

    def close(self) -> None:
        """Nothing is open."""


class SmtpTransport:
    """A mail server: smtp://user:password@host:587?tls=1 (STARTTLS) or smtps://user:password@host:465.

    One connection takes many messages, one after the other. It is left open for the next one until `close`, and
    given up where anything but a plain refusal has happened on it.

    `sender` gives the envelope's by Message-ID, to which what cannot be delivered comes back; without it, and where it
    gives None, that is the From address.
    """

    def __init__(self, url: SplitResult, seconds: float = TOTAL_SECONDS, sender: Sender | None = None) -> None:
        self.url = url
        self.sender = sender
        self.seconds = seconds
        self.starttls = parse_qs(url.query).get("tls") == ["1"]
        self.port = url.port or (465 if url.scheme == "smtps" else 25)
        self._open: Client | None = None
        self._taken = 0

    def send(self, mail: FinishedMail, rcpt: str) -> Result:
        """Hand one message over, within `seconds` in all. 4xx and a server that is away are tried again; 5xx is final.

        A 5xx before the message is in question (greeting, EHLO, login) is about us, not about it: tried again too.
        """
        try:
            self.hand_over(mail, rcpt)
        except (smtplib.SMTPConnectError, smtplib.SMTPHeloError, smtplib.SMTPAuthenticationError) as error:
            return Result(Outcome.RETRY, f"the mail server said {error.smtp_code} before the message")
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
            return _refused(code_of(error), words_of(error))
        except (OSError, smtplib.SMTPException) as error:
            return Result(Outcome.RETRY, type(error).__name__)
        return Result(Outcome.SENT)

    def hand_over(self, mail: FinishedMail, rcpt: str) -> None:
        """Send one message as `send` does; raise what smtplib, ssl or the network say where it is not taken."""
        ends = time.monotonic() + self.seconds
        if not (self._open and self._on_open(self._open, ends, mail, rcpt)):
            self.close()
            self._say(self._connected(ends), mail, rcpt)
        if self._taken >= MAILS_PER_CONNECTION:
            self.close()

    def ahead(self, mail: FinishedMail, rcpt: str) -> None:
        """Say from whom and to whom the next message is, where a connection is open."""
        if self._open:
            try:
                self._open.say_ahead(self._sender_of(mail), rcpt, len(mail.sealed))
            except (OSError, smtplib.SMTPException):
                # Nothing was in hand: the next message opens a new one.
                self._let_go(self._open)

    def close(self) -> None:
        """Say goodbye. Whatever the server answers, it has taken or refused every message before."""
        client, self._open, self._taken = self._open, None, 0
        if client is None:
            return
        with suppress(smtplib.SMTPException, OSError):
            if client.sock:
                client.sock.settimeout(GOODBYE_SECONDS)
                client.quit()
        client.close()

    def _on_open(self, client: Client, ends: float, mail: FinishedMail, rcpt: str) -> bool:
        """Return whether the connection of the mail before took this one too; where it is no good any more, and
        the message is surely not taken, False: a new one will do."""
        client.deadline.put_off(ends)
        try:
            self._say(client, mail, rcpt)
        except (OSError, smtplib.SMTPException) as error:
            if _surely_not_taken(client, error):
                return False
            raise
        return True

    def _say(self, client: Client, mail: FinishedMail, rcpt: str) -> None:
        self._open = client
        try:
            client.hand_over(self._sender_of(mail), rcpt, mail.sealed)
        except (smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError):
            # An answer to this message alone: smtplib has sent RSET, or closed on a 421.
            raise
        except BaseException:
            # Whatever it still says would be taken for the answer to the next message.
            self._let_go(client)
            raise
        self._taken += 1

    def _let_go(self, client: Client) -> None:
        self._open = None
        client.close()

    def _sender_of(self, mail: FinishedMail) -> str:
        return (self.sender(mail.message_id) if self.sender else None) or mail.sender

    def _connected(self, ends: float) -> Client:
        client = self._greeted(Deadline(ends))
        try:
            if self.starttls:
                client.starttls(context=ssl.create_default_context())
            if self.url.username:
                client.login(unquote(self.url.username), unquote(self.url.password or ""))
        except BaseException:
            client.close()
            raise
        return client

    def _greeted(self, deadline: Deadline) -> Client:
        host, options = self.url.hostname or "localhost", {"timeout": min(READ_SECONDS, self.seconds)}
        try:
            if self.url.scheme == "smtps":
                context = ssl.create_default_context()
                return SslClient(deadline, host, self.port, context=context, **options)
            return Client(deadline, host, self.port, **options)
        except BaseException:
            deadline.close()
            raise


def code_of(error: Exception) -> int:
    """Return the code of a server's refusal, and 0 for what is none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return int(next(iter(error.recipients.values()))[0])
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0


def words_of(error: Exception) -> bytes | str:
    """Return what a server said with its refusal."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()))[1]
    return error.smtp_error if isinstance(error, smtplib.SMTPResponseException) else b""


def _surely_not_taken(client: Client, error: Exception) -> bool:
    code = code_of(error)
    if code:
        # 421 ends the talk, whenever it is said. A refused sender is ours on every message: it is the talk itself,
        # or what was said in it before, that displeases.
        return code == 421 or isinstance(error, smtplib.SMTPSenderRefused)
    return not client.begun


def _refused(code: int, words: bytes | str) -> Result:
    # 530: a login is wanted. That is ours to mend, and the mail waits for it.
    if not 500 <= code < 600 or code == 530:
        return Result(Outcome.RETRY, f"the mail server said {code}")
    # Of its words only the number (RFC 3463), which says whether it is about the address.
    status = ENHANCED.match(words if isinstance(words, bytes) else words.encode())
    return Result(Outcome.FAILED, f"the mail server said {code}{f' {status[1].decode()}' if status else ''}")
