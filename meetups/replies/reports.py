"""Reading a mail server's report that one of our mails could not be delivered (RFC 3464, in a multipart/report of
RFC 6522); no bytes crash it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

from meetups.replies.reading import ADDRESSED

# Our own Message-ID stands in what is returned of the mail, and with many servers in the report's own head.
THREAD = ("In-Reply-To", "References", "X-Original-Message-ID")
RETURNED = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
FIELDS = ("message/delivery-status", "message/global-delivery-status")
_STATUS = re.compile(r"\s*([245]\.[0-9]{1,3}\.[0-9]{1,3})\b")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,110}>")
# Reports are small; one with more parts than that is none.
MOST_IDS = 10


@dataclass(frozen=True, slots=True)
class Report:
    """Mails that may be ours, by Message-ID, and the status (RFC 3463) with which the first of them failed for good;
    None where none did. `to` is what the report's headers say of whom it is for."""

    message_ids: tuple[str, ...]
    status: str | None
    to: str


def read_report(raw: bytes) -> Report | None:
    """Return what a report says; None for any other message. The caller sees to the size of what it gives."""
    try:
        mail = message_from_bytes(raw)
        return _report(mail) if _is_report(mail) else None
    except Exception:
        # As with replies: what strangers send breaks parsers in ways without number.
        return None


def _is_report(mail: Message) -> bool:
    kind = str(mail.get_param("report-type", "")).lower()
    return mail.get_content_type() == "multipart/report" and kind == "delivery-status"


def _report(mail: Message) -> Report:
    found = dict.fromkeys(_ids(mail))
    statuses = (status for group in _recipients(mail) if (status := _failed(group)))
    to = " ".join(str(text) for name in ADDRESSED for text in mail.get_all(name, []))
    return Report(tuple(found)[:MOST_IDS], next(statuses, None), to)


def _recipients(mail: Message) -> Iterator[Message]:
    for part in mail.walk():
        # Its payload is read as groups of headers: one for the message, one for each recipient.
        if part.get_content_type() in FIELDS and isinstance(groups := part.get_payload(), list):
            yield from (group for group in groups if isinstance(group, Message) and "Action" in group)


def _failed(group: Message) -> str | None:
    # "delayed" is tried again; "failed" with 4.x.x has been tried for long enough, and is no word about the address.
    if str(group["Action"]).split(";")[0].strip().lower() != "failed":
        return None
    status = _STATUS.match(str(group.get("Status", "")))
    return status[1] if status else None


def _ids(mail: Message) -> Iterator[str]:
    for part in mail.walk():
        if part.get_content_type() not in RETURNED:
            continue
        for returned in _returned(part):
            yield from _MESSAGE_ID.findall(str(returned.get("Message-ID", "")))
    for name in THREAD:
        yield from _MESSAGE_ID.findall(" ".join(str(text) for text in mail.get_all(name, [])))


def _returned(part: Message) -> list[Message]:
    if isinstance(inner := part.get_payload(), list):
        return [message for message in inner if isinstance(message, Message)]
    # Only the headers, as text.
    text = part.get_payload(decode=True)
    return [message_from_bytes(text)] if isinstance(text, bytes) else []
