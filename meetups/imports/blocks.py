"""A file of somebody else's, taken apart: text, calendars, events, before anything in it is understood."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from meetups.domain.errors import Problem

NOT_ONE = "That is not a calendar file."
A_PAGE = "That is a web page, not a calendar. Perhaps one has to sign in there first."
# All that we look at. What else an event says (who organizes it, who was invited, whom to call) is kept nowhere.
_PARTS = "BEGIN END UID RECURRENCE-ID SEQUENCE STATUS CLASS SUMMARY DESCRIPTION LOCATION GEO"
_TIMES = "DTSTART DTEND DURATION RRULE RDATE EXDATE EXRULE"
KEPT = frozenset(f"{_PARTS} {_TIMES}".split())
REPLACED = "\ufffd"
# RFC 5545 (3.1) warns of it: lines were once folded by the octet, in the middle of a letter.
_FOLDED_LETTER = re.compile(rb"(?<=[\x80-\xff])\r?\n[ \t](?=[\x80-\xbf])")
# An emoji as Java writes it: the halves of its UTF-16 (CESU-8, UTR 26); one half alone is none.
_SURROGATES = re.compile(rb"(?:\xed[\xa0-\xbf][\x80-\xbf])+")
_NAME = re.compile(r"[A-Za-z0-9-]+")


@dataclass(slots=True)
class Block:
    """One event as its lines (RFC 5545 content lines, still folded); `closed` is False where it was cut off."""

    lines: list[str]
    closed: bool = False

    @property
    def text(self) -> str:
        """The event as a component by itself; a zone's name that begins like a path is none to icalendar."""
        text = "\r\n".join(self.lines) + "\r\n"
        return text.replace("TZID=/", "TZID=").replace('TZID="/', 'TZID="')


@dataclass(slots=True)
class Source:
    """One VCALENDAR: its events, its zone definitions as text, and the zone it names for all of it."""

    events: list[Block] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)
    zone: str | None = None
    closed: bool = False


def decoded(data: bytes) -> str:
    """Return a file's text, whatever program on whatever machine wrote it; it may be UTF-8, UTF-16 or Latin-1.

    UTF-8 with a few bytes that are none stays UTF-8, and U+FFFD stands for those: the other texts are as they were.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _nearly_utf8(data) or data.decode("cp1252", "replace")


def _nearly_utf8(data: bytes) -> str | None:
    """Return a file's text where more of it is UTF-8 than is not: Latin-1 has next to nothing that could be read so."""
    text = _SURROGATES.sub(_mended, _FOLDED_LETTER.sub(b"", data)).decode("utf-8-sig", "replace")
    beyond, wrong = sum(not letter.isascii() for letter in text), text.count(REPLACED)
    return text if beyond - wrong >= wrong else None


def _mended(surrogates: re.Match[bytes]) -> bytes:
    pairs = surrogates[0].decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
    return pairs.decode("utf-16-le", "replace").encode()


def taken_apart(data: bytes) -> list[Source]:
    """Return the calendars of a file; raise Problem where it is none."""
    text = decoded(data).lstrip("\ufeff \t\r\n")
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line.strip()]
    if not any(line.strip().upper() == "BEGIN:VCALENDAR" for line in lines):
        raise Problem(A_PAGE if re.match(r"<!doctype|<html|<\?xml|<head", text, re.IGNORECASE) else NOT_ONE)
    sources: list[Source] = []
    _Walk(sources).over(lines)
    return sources


class _Walk:
    """Goes through the lines once, and knows what it is inside of."""

    def __init__(self, sources: list[Source]) -> None:
        self.sources = sources
        self.event: Block | None = None
        self.zone: list[str] | None = None
        self.inside: list[str] = []

    def over(self, lines: list[str]) -> None:
        for line in lines:
            mark, _, name = line.strip().upper().partition(":")
            if mark == "BEGIN":
                self._begin(name)
            self._keep(line)
            if mark == "END":
                self._end(name)

    def _begin(self, name: str) -> None:
        if name == "VCALENDAR":
            self.sources.append(Source())
            self.event = self.zone = None
            self.inside = []
        elif name == "VEVENT" and self.sources:
            # One that begins inside another says that the other was cut off.
            self.event, self.inside = Block([]), []
            self.sources[-1].events.append(self.event)
        elif name == "VTIMEZONE" and self.event is None:
            self.zone = []
        elif name != "VEVENT":
            self.inside.append(name)

    def _keep(self, line: str) -> None:
        if self.event is not None:
            # Alarms and what else stands inside an event have a DESCRIPTION and a DURATION of their own.
            if not self.inside:
                self.event.lines.append(line)
        elif self.zone is not None:
            self.zone.append(line)
        elif self.sources and line.upper().startswith("X-WR-TIMEZONE"):
            self.sources[-1].zone = line.partition(":")[2].strip() or None

    def _end(self, name: str) -> None:
        if name == "VEVENT" and self.event is not None:
            self.event.closed, self.event, self.inside = True, None, []
        elif name == "VTIMEZONE" and self.zone is not None and self.sources:
            self.sources[-1].zones.append("\r\n".join(self.zone) + "\r\n")
            self.zone = None
        elif name == "VCALENDAR" and self.sources:
            self.sources[-1].closed, self.event = True, None
        elif self.inside and name == self.inside[-1]:
            self.inside.pop()


def reduced(data: bytes) -> bytes:
    """Return a calendar without all that we do not look at: nobody's name or address is kept with it.

    Raises Problem where it is no calendar.
    """
    lines: list[str] = []
    for source in taken_apart(data):
        lines.append("BEGIN:VCALENDAR")
        lines += [f"X-WR-TIMEZONE:{source.zone}"] if source.zone else []
        lines += [line for zone in source.zones for line in zone.splitlines()]
        for event in source.events:
            lines += _kept(event.lines)
        lines += ["END:VCALENDAR"] if source.closed else []
    return ("\r\n".join(lines) + "\r\n").encode()


def _kept(lines: list[str]) -> Iterator[str]:
    keep = True
    for line in lines:
        # A folded line goes where its first part went.
        if line[:1] not in (" ", "\t"):
            name = _NAME.match(line)
            # What has no name is kept: it spoils the event now as it did before.
            keep = name is None or name[0].upper() in KEPT
        if keep:
            yield line
