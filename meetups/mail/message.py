"""What a mail is, how it is written from templates, and how it becomes bytes that hide nothing."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache

from flask import current_app

from meetups.domain.text import clean
from meetups.mail import mime

SUBJECT_LENGTH = 150
# How the ID of `another` message from one row begins.
AGAIN = "<again."
# What stands in one line behind "Subject: ".
FITS = mime.LINE - len("Subject: ")
# Of a line that holds encoded words (RFC 2047, section 2).
ENCODED_LINE = 76


class UnsafeMessage(Exception):
    """A finished message has a header that we did not write, or lacks one; the text names it."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A calendar file."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Invitation:
    """A calendar that mail programs answer (RFC 6047): METHOD (REQUEST, CANCEL), and the bytes that say the same."""

    method: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A mail's words. `unsubscribe` is the address that ends its kind (RFC 8058), where there is one.

    `noted` writes down what its reader knows once the mail has left, in the transaction that marks it as sent; it
    is called with the time of that. `carries` are the ids of other outbox rows of the same reader that this mail
    tells too: what becomes of it becomes of them. One that says something else than an earlier try of it, which may
    have been taken, is `another` message, under an ID of its own: mail programs hide the second of two with one ID.
    """

    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    unsubscribe: str | None = None
    invitation: Invitation | None = None
    noted: Callable[[datetime], None] | None = None
    carries: tuple[int, ...] = ()
    another: bool = False


@dataclass(frozen=True, slots=True)
class Drop:
    """The mail is not owed any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """What the mail would tell is not settled before `until` (UTC): it is composed anew then."""

    until: datetime


def render(name: str, **context: object) -> tuple[str, str, str]:
    """Return subject, text and html of templates/emails/<name>."""
    # Without Flask's context processors: a mail has no viewer.
    find = current_app.jinja_env.get_template
    subject, text, html = (
        find(f"emails/{name}/{part}").render(context) for part in ("subject.txt", "body.txt", "body.html")
    )
    return subject.strip(), re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", html


@dataclass(frozen=True, slots=True)
class FinishedMail:
    """The bytes that are sent, and no others; `sender` is the address they are from, `message_id` what they are known
    by (RFC 5322 section 3.6.4)."""

    sealed: bytes
    sender: str
    message_id: str

    def read(self) -> EmailMessage:
        """Return it as a mail program takes it."""
        return message_from_bytes(self.sealed, policy=policy.default)


def first_id(message_id: str) -> str:
    """Return the Message-ID that a row has, for that of any mail sent from it."""
    return message_id.replace(AGAIN, "<", 1)


def build(message: Message, rcpt: str, message_id: str, now: datetime) -> FinishedMail:
    """Return the message for one recipient, dated `now`; raise UnsafeMessage where a header is not ours."""
    own_id = message_id.replace("<", AGAIN) if message.another else message_id
    written_from, sender = _from(current_app.config["SETTINGS"].mail_from)
    head = {
        "From": written_from,
        "To": rcpt,
        "Subject": _folded(_subject(message.subject)),
        "Date": format_datetime(now),
        "Message-ID": own_id,
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
    }
    if message.unsubscribe:
        # In one piece however long it is: a mail program reads no encoded or folded one.
        head["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        head["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    if not lines.isascii():
        raise UnsafeMessage("outside of ASCII")
    sealed = lines.encode() + _content(message)
    _check(sealed, (*head, "Content-Type"))
    return FinishedMail(sealed, sender, own_id)


def _content(message: Message) -> bytes:
    invitation = message.invitation
    words = [mime.text("plain", message.text), mime.text("html", message.html)]
    # No METHOD: this is a file to keep, not an invitation that a mail program wants to answer.
    files = [mime.calendar("text/calendar", file.content, name=file.name) for file in message.attachments]
    if invitation:
        # Gmail and Outlook look for the buttons in the last alternative; others open the same as a file.
        words.append(mime.calendar("text/calendar", invitation.content, invitation.method))
        files.insert(0, mime.calendar("application/ics", invitation.content, invitation.method, "invite.ics"))
    body = mime.together("alternative", words)
    return mime.together("mixed", [body, *files]) if files else body


@lru_cache(8)
def _from(settings_from: str) -> tuple[str, str]:
    name, address = parseaddr(settings_from)
    if name.isascii():
        return formataddr((name, address)), address
    return f"{_encoded(name, 'From')} <{address}>", address


def _folded(text: str) -> str:
    if text.isascii() and len(text) <= FITS:
        return text
    try:
        return _encoded(text, "Subject")
    except HeaderParseError:
        raise UnsafeMessage("Subject") from None


def _encoded(text: str, header: str) -> str:
    charset = "us-ascii" if text.isascii() else "utf-8"
    return Header(text, charset, header_name=header, maxlinelen=ENCODED_LINE).encode(linesep="\r\n")


def _subject(text: str) -> str:
    # "=?" begins an encoded word, in which line breaks can hide.
    return clean(text).replace("=?", "= ?")[:SUBJECT_LENGTH]


def _check(sealed: bytes, ours: tuple[str, ...]) -> None:
    head = sealed.split(b"\r\n\r\n", 1)[0]
    lines = [line.decode("ascii", "replace") for line in mime.LINE_END.split(head) if line[:1] not in (b" ", b"\t")]
    found, wanted = Counter(line.split(":", 1)[0] for line in lines), Counter(ours)
    wrong = (found - wanted) + (wanted - found)
    if wrong:
        raise UnsafeMessage(", ".join(sorted(wrong)))
