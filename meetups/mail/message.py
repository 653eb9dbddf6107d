"""What a mail is, how it is written from templates, and how it becomes bytes that hide nothing."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from flask import current_app, render_template

from meetups.domain.text import clean

# Python before 3.11.15 lets an encoded word in a subject become header lines: a finished message is read
# again, and one with any other header is not sent.
HEADERS = frozenset(
    ("from", "to", "subject", "date", "message-id", "mime-version", "content-type", "content-transfer-encoding",
     "auto-submitted", "list-unsubscribe", "list-unsubscribe-post")
)  # fmt: skip
SUBJECT_LENGTH = 150
_ENCODED_WORD = re.compile(r"=\?[^?]*\?[bBqQ]\?[^?]*\?=")


class UnsafeMessage(Exception):
    """A finished message has a header that we did not write."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A calendar file."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A mail's words. `unsubscribe` is the address that ends its kind (RFC 8058), where there is one."""

    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    unsubscribe: str | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """The mail is not owed any more."""

    reason: str


def render(name: str, **context: object) -> tuple[str, str, str]:
    """Return subject, text and html of templates/emails/<name>."""
    subject, text, html = (
        render_template(f"emails/{name}/{part}", **context) for part in ("subject.txt", "body.txt", "body.html")
    )
    return subject, re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", html


def build(message: Message, rcpt: str, message_id: str, now: datetime) -> EmailMessage:
    """Return the message for one recipient; raise UnsafeMessage where a header is not ours."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = current_app.config["SETTINGS"].mail_from
    mail["To"] = rcpt
    mail["Subject"] = _subject(message.subject)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    if message.unsubscribe:
        mail["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    for file in message.attachments:
        # No METHOD: this is a file to keep, not an invitation to answer (docs/calendars.md).
        mail.add_attachment(file.content, "text", "calendar", filename=file.name, params={"charset": "utf-8"})
    _check(mail)
    return mail


def _subject(text: str) -> str:
    return _ENCODED_WORD.sub("", clean(text))[:SUBJECT_LENGTH]


def _check(mail: EmailMessage) -> None:
    head = mail.as_bytes().split(b"\r\n\r\n", 1)[0].decode("ascii", "replace")
    names = {line.split(":", 1)[0].lower() for line in head.split("\r\n") if line[:1] not in (" ", "\t")}
    if not names <= HEADERS:
        raise UnsafeMessage(", ".join(sorted(names - HEADERS)))
