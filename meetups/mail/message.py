"""What a mail is, how it is written from templates, and how it becomes bytes that hide nothing."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from functools import lru_cache
from secrets import token_hex
from typing import Any

from flask import current_app, render_template

from meetups.domain.text import clean

# Python before 3.11.15 lets an encoded word in a subject become header lines (CVE-2024-6923, CVE-2026-1299):
# a finished message is read again, and one with any other header, or one twice, is not sent.
HEADERS = frozenset(
    ("from", "to", "subject", "date", "message-id", "mime-version", "content-type", "content-transfer-encoding",
     "auto-submitted", "list-unsubscribe", "list-unsubscribe-post")
)  # fmt: skip
SUBJECT_LENGTH = 150
_LINE_END = re.compile(rb"\r\n|\r|\n")


class UnsafeMessage(Exception):
    """A finished message has a header that we did not write; the text names it."""


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
    subject, text, html = (
        render_template(f"emails/{name}/{part}", **context) for part in ("subject.txt", "body.txt", "body.html")
    )
    return subject.strip(), re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", html


class _Folding(EmailPolicy):
    """Lines as SMTP wants them, seven bits for servers without 8BITMIME, and the unsubscribe address in one piece."""

    def fold(self, name: str, value: Any) -> str:
        """Return one header as lines."""
        # Python encodes an address that is longer than a line (=?utf-8?q?=3Chttps...), and no mail program reads that.
        if name.lower() == "list-unsubscribe":
            return f"{name}: {value}{self.linesep}"
        return str(super().fold(name, value))


_FOLDING = _Folding(linesep="\r\n", cte_type="7bit")
# Python parses each header when it is set and again when it is written, which takes as long as all else together;
# most are the same in every mail.
_stored = lru_cache(500)(_FOLDING.header_store_parse)
_folded = lru_cache(500)(_FOLDING.fold)


class _Policy(_Folding):
    """The same, remembering headers."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Return what is kept of a header."""
        return _stored(name, value) if isinstance(value, str) else super().header_store_parse(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return one header as bytes."""
        return _folded(name, value).encode("ascii", "surrogateescape")


_POLICY = _Policy(linesep="\r\n", cte_type="7bit")


class FinishedMail(EmailMessage):
    """A message whose bytes have been read again. Those bytes, and no others, are sent."""

    sealed: bytes = b""


def build(message: Message, rcpt: str, message_id: str, now: datetime) -> FinishedMail:
    """Return the message for one recipient, dated `now`; raise UnsafeMessage where a header is not ours."""
    mail = FinishedMail(policy=_POLICY)
    mail["From"] = current_app.config["SETTINGS"].mail_from
    mail["To"] = rcpt
    mail["Subject"] = _subject(message.subject)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id.replace("<", "<again.") if message.another else message_id
    mail["Auto-Submitted"] = "auto-generated"
    if message.unsubscribe:
        mail["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(message.text)
    # Else Python searches all of the text for each mail's own.
    mail.make_alternative(boundary=f"={token_hex(16)}=")
    mail.add_alternative(message.html, subtype="html")
    if message.invitation:
        _invite(mail, message.invitation)
    for file in message.attachments:
        # No METHOD: this is a file to keep, not an invitation that a mail program wants to answer.
        mail.add_attachment(file.content, "text", "calendar", filename=file.name, params={"charset": "utf-8"})
    mail.sealed = mail.as_bytes()
    _check(mail.sealed)
    return mail


def _invite(mail: EmailMessage, invitation: Invitation) -> None:
    # Gmail and Outlook look for the buttons in the last alternative; others open the same as a file.
    params = {"charset": "utf-8", "method": invitation.method}
    mail.add_alternative(invitation.content, "text", "calendar", params=params)
    mail.add_attachment(invitation.content, "application", "ics", filename="invite.ics", params=params)


def _subject(text: str) -> str:
    # "=?" begins an encoded word, in which line breaks can hide.
    return clean(text).replace("=?", "= ?")[:SUBJECT_LENGTH]


def _check(sealed: bytes) -> None:
    head = sealed.split(b"\r\n\r\n", 1)[0]
    lines = [line.decode("ascii", "replace") for line in _LINE_END.split(head) if line[:1] not in (b" ", b"\t")]
    names = [line.split(":", 1)[0].lower() for line in lines]
    wrong = sorted({name for name in names if name not in HEADERS or names.count(name) > 1})
    if wrong:
        raise UnsafeMessage(", ".join(wrong))
