"""Reading a reply (RFC 5546 section 3.2.3, RFC 6047) as the mail programs that exist write it; no bytes crash it."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from enum import Enum
from typing import NamedTuple

from icalendar import Parameters, vDatetime
from icalendar.parser import Contentline, Contentlines

from meetups.rsvps.tokens import Token, find

# A reply with somebody's picture under her name is well below this.
MOST_BYTES = 512 * 1024
# Parameters, parts and components cost a parser the square of their number, and no calendar needs as many.
MOST_MARKS = {b";": 20_000, b"\n--": 500, b"BEGIN:": 2_000}
CALENDARS = ("text/calendar", "application/ics")
ADDRESSED = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
# What answers by itself. "auto-generated" is not among them: Google's calendar marks with it what somebody has
# tapped, and what counts here is a calendar's REPLY, which no absence notice has.
AUTO_SUBMITTED = ("auto-replied", "auto-notified")
PRECEDENCE = ("bulk", "junk", "auto_reply")
AUTOREPLY_HEADERS = ("X-Autoreply", "X-Autorespond")
# A bounce's sender is empty; Postfix' pipe calls it by a name.
BOUNCES = ("", "mailer-daemon")
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


class Value(NamedTuple):
    """A property's value and its parameters."""

    text: str
    parameters: Parameters


@dataclass(slots=True)
class _Calendar:
    """METHOD, and what stands in the event, by name. Two events are as one that says everything twice."""

    method: str = ""
    event: dict[str, list[Value]] = field(default_factory=dict)
    inside: list[str] = field(default_factory=list)

    def take(self, name: str, value: Value) -> None:
        """Take the next line."""
        if name == "BEGIN":
            self.inside.append(value.text.upper())
        elif name == "END":
            del self.inside[-1:]
        elif self.inside == ["VCALENDAR"] and name == "METHOD":
            self.method = value.text
        elif self.inside == ["VCALENDAR", "VEVENT"]:
            self.event.setdefault(name, []).append(value)

    def only(self, name: str) -> Value | None:
        """Return the one value of a property; None where there is none or more than one."""
        found = self.event.get(name, [])
        return found[0] if len(found) == 1 else None


def too_large(raw: bytes) -> bool:
    """Return whether a message has more in it than any reply or report, so that nobody reads it."""
    return len(raw) > MOST_BYTES or any(raw.count(mark) > most for mark, most in MOST_MARKS.items())


def read(raw: bytes, reply_to: str, rcpt: str | None = None, sender: str | None = None) -> Reply | Why:
    """Return what a message answers, or why it answers nothing.

    `rcpt` and `sender` are the envelope's addresses where the mail server tells them ("" is a bounce's sender);
    without a token in `rcpt` it is looked for in the headers, and in the ORGANIZER last.
    """
    if too_large(raw):
        return Why.TOO_LARGE
    try:
        return _read(message_from_bytes(raw), reply_to, rcpt, sender)
    except Exception:
        # The ways in which parsers stumble over what strangers send are without number; none of them is our affair.
        return Why.UNREADABLE


def _read(mail: Message, reply_to: str, rcpt: str | None, sender: str | None) -> Reply | Why:
    if (sender is not None and sender.strip("<> ").lower() in BOUNCES) or _automatic(mail):
        return Why.AUTOMATIC
    calendars = [calendar for calendar in _calendars(mail) if calendar.event]
    reply = next((calendar for calendar in calendars if calendar.method == "REPLY"), None)
    if reply is None:
        # Whoever proposes another time has neither said yes nor no; the host is asked on the page.
        return Why.NO_ANSWER if any(calendar.method == "COUNTER" for calendar in calendars) else Why.NO_REPLY
    headers = (text for name in ADDRESSED for text in _texts(mail, name))
    organizers = (value.text for value in reply.event.get("ORGANIZER", []))
    token = _first_token([rcpt or "", *headers, *organizers], reply_to)
    return _reply(reply, token) if token else Why.NO_TOKEN


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


def _calendars(mail: Message) -> Iterator[_Calendar]:
    for part in mail.walk():
        payload = part.get_payload(decode=True) if part.get_content_type() in CALENDARS else None
        if isinstance(payload, bytes):
            calendar = _parsed(_decoded(payload, part.get_content_charset()))
            calendar.method = (calendar.method or str(part.get_param("method") or "")).strip().upper()
            yield calendar


def _parsed(text: str) -> _Calendar:
    # Line by line, not as icalendar's components: those keep every VTIMEZONE for as long as the process lives, and
    # would expand whatever rule a stranger has put there.
    calendar = _Calendar()
    for line in Contentlines.from_ical(text):  # type: ignore[no-untyped-call]
        # One broken line must not hide the others.
        with suppress(ValueError):
            if isinstance(line, Contentline):
                name, parameters, value = line.parts()
                calendar.take(name.upper(), Value(value.strip(), parameters))
    return calendar


def _decoded(payload: bytes, charset: str | None) -> str:
    try:
        return payload.decode(charset or "utf-8", "replace").removeprefix("\ufeff")
    except LookupError:
        return payload.decode("utf-8", "replace")


def _first_token(texts: list[str], reply_to: str) -> Token | None:
    return next((token for text in texts if (token := find(text, reply_to))), None)


def _reply(reply: _Calendar, token: Token) -> Reply | Why:
    uid, guest, made = reply.only("UID"), reply.only("ATTENDEE"), _instant(reply.only("DTSTAMP"))
    # Two guests are a reply for another too, and nobody answers for another here.
    if uid is None or guest is None or made is None:
        return Why.NO_ANSWER
    return Reply(
        token=token,
        uid=uid.text,
        attendee=re.sub(r"^mailto:\s*", "", guest.text, flags=re.IGNORECASE).lower(),
        partstat=str(guest.parameters.get("PARTSTAT", "")).upper(),
        made=made,
        sequence=_number(reply.only("SEQUENCE")),
        starts=_instant(reply.only("DTSTART")),
    )


def _instant(value: Value | None) -> datetime | None:
    with suppress(ValueError):
        found = _moment(value) if value else None
        return found.astimezone(UTC) if found and found.tzinfo else None
    return None


def _moment(value: Value) -> datetime:
    # icalendar knows Windows' names of zones too; in a zone that nobody knows a time is floating, and no instant.
    found: datetime = vDatetime.from_ical(value.text, value.parameters.get("TZID"))  # type: ignore[no-untyped-call]
    return found


def _number(value: Value | None) -> int | None:
    return int(value.text) if value and re.fullmatch(r"[0-9]{1,9}", value.text) else None
