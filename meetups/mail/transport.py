"""How a message leaves: a mail server, or the mailbox page where development has none."""

import smtplib
import ssl
import time
from dataclasses import dataclass
from email.message import EmailMessage
from enum import Enum
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from meetups.clock import utcnow
from meetups.config import Settings
from meetups.extensions import db
from meetups.mail.models import MailboxMessage

READ_SECONDS = 20
# smtplib's timeout is per read: a server that sends one byte at a time could hold a worker for hours.
TOTAL_SECONDS = 60


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
    return SmtpTransport(urlsplit(settings.mail_url)) if settings.mail_url else MailboxTransport()


class MailboxTransport:
    """Keeps messages in our own table, for the mailbox page."""

    def send(self, mail: EmailMessage, rcpt: str) -> Result:
        """Add the message to the current transaction."""
        db.session.add(
            MailboxMessage(rcpt=rcpt, subject=str(mail["Subject"]), raw=mail.as_bytes(), created_at=utcnow())
        )
        return Result(Outcome.SENT)


class _Deadline(smtplib.SMTP):
    """A client whose whole conversation ends by a moment of the monotonic clock."""

    ends: float

    def getreply(self) -> tuple[int, bytes]:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the mail server took too long")
        if self.sock:
            self.sock.settimeout(min(READ_SECONDS, left))
        return super().getreply()


class _DeadlineSsl(_Deadline, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


class SmtpTransport:
    """A mail server: smtp://user:password@host:587?tls=1 (STARTTLS) or smtps://user:password@host:465."""

    def __init__(self, url: SplitResult) -> None:
        self.url = url
        self.starttls = parse_qs(url.query).get("tls") == ["1"]

    def send(self, mail: EmailMessage, rcpt: str) -> Result:
        """Hand one message over. 4xx and a server away are tried again; 5xx is final (RFC 5321 section 4.2.1)."""
        try:
            self._send(mail, rcpt)
        except smtplib.SMTPRecipientsRefused as error:
            code, _ = next(iter(error.recipients.values()))
            return _refused(code)
        except smtplib.SMTPResponseException as error:
            return _refused(error.smtp_code)
        except (OSError, smtplib.SMTPException) as error:
            return Result(Outcome.RETRY, type(error).__name__)
        return Result(Outcome.SENT)

    def _send(self, mail: EmailMessage, rcpt: str) -> None:
        client = (_DeadlineSsl if self.url.scheme == "smtps" else _Deadline)(timeout=READ_SECONDS)
        client.ends = time.monotonic() + TOTAL_SECONDS
        client._host = self.url.hostname or ""  # type: ignore[attr-defined] # what TLS checks the certificate against
        client.connect(self.url.hostname or "localhost", self.url.port or (465 if self.url.scheme == "smtps" else 25))
        with client:
            if self.starttls:
                client.starttls(context=ssl.create_default_context())
            if self.url.username:
                client.login(unquote(self.url.username), unquote(self.url.password or ""))
            client.send_message(mail, to_addrs=[rcpt])


def _refused(code: int) -> Result:
    # A login that fails is ours to mend: the mail waits for it.
    final = 500 <= code < 600 and code not in (530, 534, 535)
    return Result(Outcome.FAILED if final else Outcome.RETRY, f"the mail server said {code}")
