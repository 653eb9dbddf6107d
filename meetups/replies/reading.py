"""Reading a reply (RFC 5546 section 3.2.3, RFC 6047) as the mail programs that exist write it; no bytes crash it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from enum import Enum
from typing import Any

from icalendar import Calendar, Component, vCalAddress, vDDDTypes

from meetups.rsvps.tokens import Token, find

# A reply with somebody's picture under her name is well below this.
MOST_BYTES = 512 * 1024
CALENDARS = ("text/calendar", "application/ics")
ADDRESSED = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
# What answers by itself. "auto-generated" is not among them: Google's calendar marks with it what somebody has
# tapped, and what counts here is a calendar's REPLY, which no absence notice has.
AUTO_SUBMITTED = ("auto-replied", "auto-notified")
PRECEDENCE = ("bulk", "junk", "auto_reply")
AUTOREPLY_HEADERS = ("X-Autoreply", "X-Autorespond")
_EMPTY_SENDER = re.compile(r"\s*<\s*>\s*")


class Why(Enum):
    """Why a message answers nothing."""

    AUTOMATIC = "an automatic mail"
    TOO_LARGE = "too large"
    UNREADABLE = "cannot be read"
    NO_REPLY = "no calendar's reply in it"
    NO_ANSWER = "neither yes, no nor maybe"
    NO_TOKEN = "not to one of our addresses"  # noqa: S105 - a reason in words


@dataclass(frozen=True, slots=True)
class Reply:
    """What a reply says. `made` is its DTSTAMP; `starts` the date's start as she saw it, where that is told."""

    token: Token
    uid: str
    attendee: str  # her address in lower case
    partstat: str
    made: datetime
    sequence: int | None
    starts: datetime | None


def read(raw: bytes, reply_to: str, rcpt: str | None = None, sender: str | None = None) -> Reply | Why:
    """Return what a message answers, or why it answers nothing.

    `rcpt` and `sender` are the envelope's addresses where the mail server tells them ("" is a bounce's sender);
    without a token in `rcpt` it is looked for in the headers, and in the ORGANIZER last.
    """
    if len(raw) > MOST_BYTES:
        return Why.TOO_LARGE
    try:
        return _read(message_from_bytes(raw), reply_to, rcpt, sender)
    except Exception:
        # The ways in which parsers stumble over what strangers send are without number; none of them is our affair.
        return Why.UNREADABLE


def _read(mail: Message, reply_to: str, rcpt: str | None, sender: str | None) -> Reply | Why:
    # A bounce's sender is empty; some write that as "<>".
    if (sender is not None and not sender.strip("<> ")) or _automatic(mail):
        return Why.AUTOMATIC
    calendars = list(_calendars(mail))
    event = next((event for method, event in calendars if method == "REPLY"), None)
    if event is None:
        # Whoever proposes another time has neither said yes nor no; the host is asked on the page.
        return Why.NO_ANSWER if any(method == "COUNTER" for method, _ in calendars) else Why.NO_REPLY
    headers = (text for name in ADDRESSED for text in _texts(mail, name))
    token = _first_token([rcpt or "", *headers, str(event.get("ORGANIZER", ""))], reply_to)
    return _reply(event, token) if token else Why.NO_TOKEN


def _automatic(mail: Message) -> bool:
    submitted = _word(mail, "Auto-Submitted")
    return (
        submitted in AUTO_SUBMITTED
        or _word(mail, "Precedence") in PRECEDENCE
        or any(name in mail for name in AUTOREPLY_HEADERS)
        or mail.get_content_type() == "multipart/report"
        or any(_EMPTY_SENDER.fullmatch(text) for text in _texts(mail, "Return-Path")[:1])
    )


def _word(mail: Message, name: str) -> str:
    # "auto-replied; owner-email=..." is auto-replied.
    return "".join(_texts(mail, name)[:1]).partition(";")[0].strip().lower()


def _texts(mail: Message, name: str) -> list[str]:
    return [str(text) for text in mail.get_all(name, [])]


def _calendars(mail: Message) -> Iterator[tuple[str, Component]]:
    """Yield METHOD and first event of each calendar in a message."""
    parts = (part for part in mail.walk() if part.get_content_type() in CALENDARS)
    for part in parts:
        for calendar in _parsed(part):
            method = str(calendar.get("METHOD") or part.get_param("method") or "")
            yield from ((method.strip().upper(), event) for event in calendar.walk("VEVENT")[:1])


def _parsed(part: Message) -> list[Calendar]:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return []
    # One broken part must not hide the next: many send the same twice.
    try:
        return Calendar.from_ical(_decoded(payload, part.get_content_charset()), multiple=True)
    except (ValueError, KeyError, IndexError):
        return []


def _decoded(payload: bytes, charset: str | None) -> str:
    try:
        return payload.decode(charset or "utf-8", "replace").removeprefix("\ufeff")
    except LookupError:
        return payload.decode("utf-8", "replace")


def _first_token(texts: list[str], reply_to: str) -> Token | None:
    return next((token for text in texts if (token := find(text, reply_to))), None)


def _reply(event: Component, token: Token) -> Reply | Why:
    guests = event.get("ATTENDEE")
    made = _instant(event.get("DTSTAMP"))
    # A list is a reply for several; nobody answers for another here.
    if not isinstance(guests, vCalAddress) or made is None or "UID" not in event:
        return Why.NO_ANSWER
    return Reply(
        token=token,
        uid=str(event["UID"]).strip(),
        attendee=_address(str(guests)),
        partstat=str(guests.params.get("PARTSTAT", "")).upper(),
        made=made,
        sequence=_number(event.get("SEQUENCE")),
        starts=_instant(event.get("DTSTART")),
    )


def _address(text: str) -> str:
    return re.sub(r"^\s*mailto:\s*", "", text, flags=re.IGNORECASE).strip().lower()


def _instant(value: Any) -> datetime | None:
    # What cannot be parsed is of another class; a floating time, or one in a zone that nobody knows, is no instant.
    found = value.dt if isinstance(value, vDDDTypes) else None
    return found.astimezone(UTC) if isinstance(found, datetime) and found.tzinfo else None


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int) else None
