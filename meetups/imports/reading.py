"""Reading a calendar file of somebody else's, event by event: one bad event loses none of the others. Pure."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from icalendar import Event
from icalendar.prop import vBroken

from meetups.domain.errors import Problem
from meetups.domain.nearness import Point
from meetups.domain.text import clean
from meetups.domain.zones import to_utc
from meetups.imports import zones
from meetups.imports.blocks import Block, Source, taken_apart
from meetups.imports.guesses import plain
from meetups.imports.joining import join
from meetups.imports.records import (
    CUT_OFF,
    MOST_OF_EVENT,
    TOO_LARGE,
    UNREADABLE,
    UNREADABLE_WHEN,
    Entry,
    File,
    Read,
    Refused,
    When,
)
from meetups.imports.rules import our_rules

MOST_EVENTS = 2000
# At either end of the calendar a time has none in another zone; nobody means it.
YEARS = range(1900, 2200)
USUAL_MINUTES = 60
MAY_BE_LOST = frozenset({"GEO", "SEQUENCE", "SUMMARY", "DESCRIPTION", "LOCATION"})
LONGEST = timedelta(hours=12)
TITLE_LETTERS, SPOT_LETTERS, UID_LETTERS = 80, 160, 200
NO_START = "It does not say when it starts."
ALL_DAY = "It lasts all day: there is no time to meet at."
TOO_LONG = "It lasts longer than half a day."
BACKWARDS = "It ends before it starts."
PRIVATE = "It is marked private."
EXCEPT_RULE = "It leaves out dates by a rule, which we cannot hold."
TOO_MANY = f"We read the first {MOST_EVENTS:,} events of a file."


def read(data: bytes, now: datetime) -> File:
    """Return what a calendar file says; raise Problem where it is no calendar at all. `now` is aware."""
    found, entries = File(), list[Entry]()
    sources = taken_apart(data)
    found.whole = all(source.closed for source in sources)
    left = MOST_EVENTS
    for source in sources:
        entries += _entries(source, source.events[: max(left, 0)], found, now)
        left -= len(source.events)
    if left < 0:
        found.refused.append(Refused(f"{-left:,} events more", TOO_MANY))
        found.whole = False
    join(entries, found)
    return found


def _entries(source: Source, blocks: list[Block], found: File, now: datetime) -> Iterator[Entry]:
    zone_of = _zone_reader(source, now)
    for block in blocks:
        event: Any = None
        try:
            if not block.closed:
                raise Problem(CUT_OFF)
            if sum(map(len, block.lines)) > MOST_OF_EVENT:
                raise Problem(TOO_LARGE)
            event = Event.from_ical(block.text)
            yield _entry(event, source.zone, zone_of)
        except Exception as error:
            # Whatever one event breaks, the others are read.
            known = isinstance(error, Problem) and event is not None
            found.whole = found.whole and known
            reason = error.message if isinstance(error, Problem) else UNREADABLE
            found.refused.append(Refused(_summary(event), reason, _uid_key(event) if known else None))
            if known and reason != UNREADABLE_WHEN:
                yield from _off(event, zone_of)


def _off(event: Any, zone_of: Callable[[str], str]) -> Iterator[Entry]:
    """Yield the date of a series that its file changes into something we refuse: it does not take place as it was."""
    with suppress(Problem):
        instance = _when(_first(event, "RECURRENCE-ID"), zone_of)
        if instance:
            words = Read(_uid_key(event), _summary(event), "", "", None, instance.wall, instance.zone, USUAL_MINUTES)
            yield Entry(words, instance, exdates=(), sequence=_sequence(event), cancelled=True, onwards=False)


def _sequence(event: Any) -> int:
    return int(_first(event, "SEQUENCE") or 0)


def _zone_reader(source: Source, now: datetime) -> Callable[[str], str]:
    definitions = zones.by_name(source.zones)
    known: dict[str, str] = {}

    def zone_of(tzid: str) -> str:
        if tzid not in known:
            known[tzid] = zones.zone_name(tzid, definitions, now)
        return known[tzid]

    return zone_of


def _entry(event: Any, file_zone: str | None, zone_of: Callable[[str], str]) -> Entry:
    _refuse_unfit(event)
    starts = _when(_first(event, "DTSTART"), zone_of)
    if starts is None:
        raise Problem(NO_START)
    if starts.day:
        raise Problem(ALL_DAY)
    if file_zone and starts.zone in (None, "UTC"):
        starts = _in_file_zone(starts, zone_of(file_zone), event)
    at, zone = starts.wall.time(), starts.zone
    rules = [our_rules(text, starts.wall, zone or "UTC") for text in _rule_texts(event)]
    one = Read(
        key=_uid_key(event),
        title=clean(str(_first(event, "SUMMARY") or ""))[:TITLE_LETTERS].strip(),
        note=plain(str(_first(event, "DESCRIPTION") or "")),
        where=clean(str(_first(event, "LOCATION") or ""))[:SPOT_LETTERS].strip(),
        point=_point(_first(event, "GEO")),
        starts=starts.wall,
        zone=zone,
        duration=_minutes(event, starts, zone_of),
        rules=tuple(rule for several in rules for rule in several),
        extra=tuple(when.on(zone, at) for when in _dates(event, "RDATE", zone_of)),
    )
    instance = _first(event, "RECURRENCE-ID")
    return Entry(
        read=one,
        instance=_when(instance, zone_of) if instance else None,
        exdates=tuple(_dates(event, "EXDATE", zone_of)),
        sequence=_sequence(event),
        cancelled=str(_first(event, "STATUS") or "").upper() == "CANCELLED",
        onwards=bool(instance) and instance.params.get("RANGE") == "THISANDFUTURE",
    )


def _rule_texts(event: Any) -> Iterator[str]:
    rules = event.get("RRULE") or []
    for rule in rules if isinstance(rules, list) else [rules]:
        if isinstance(rule, vBroken):
            raise Problem(UNREADABLE_WHEN)
        yield rule.to_ical().decode()


def _refuse_unfit(event: Any) -> None:
    if str(_first(event, "CLASS") or "PUBLIC").upper() not in ("PUBLIC", ""):
        raise Problem(PRIVATE)
    if _first(event, "EXRULE"):
        raise Problem(EXCEPT_RULE)


def _first(event: Any, name: str) -> Any:
    """Return the first property of a name that may stand there twice; None where there is none.

    One that cannot be read is as good as none, but for those that say when it takes place: raises Problem.
    """
    value = event.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, vBroken):
        return value
    if name in MAY_BE_LOST:
        return None
    raise Problem(UNREADABLE_WHEN)


def _when(value: Any, zone_of: Callable[[str], str]) -> When | None:
    moment, tzid = (value.dt, value.params.get("TZID")) if value is not None else (None, None)
    return _moment(moment, tzid, zone_of) if moment is not None else None


def _moment(moment: Any, tzid: str | None, zone_of: Callable[[str], str]) -> When:
    if isinstance(moment, tuple):
        moment = moment[0]
    if not isinstance(moment, datetime):
        if not isinstance(moment, date) or moment.year not in YEARS:
            raise Problem(UNREADABLE_WHEN)
        return When(datetime.combine(moment, time()), None, day=True)
    if moment.year not in YEARS:
        raise Problem(UNREADABLE_WHEN)
    wall = moment.replace(second=0, microsecond=0)
    if moment.tzinfo is not None and (not tzid or getattr(moment.tzinfo, "key", "") == "UTC"):
        return When(wall.astimezone(UTC).replace(tzinfo=None), "UTC", day=False)
    return When(wall.replace(tzinfo=None), zone_of(tzid) if tzid else None, day=False)


def _in_file_zone(starts: When, zone: str, event: Any) -> When:
    """Return a start as the zone that a file names for all of it (X-WR-TIMEZONE) means it.

    A rule that names days means those of UTC where the date is another there: it stays in UTC.
    """
    if starts.zone is None:
        return replace(starts, zone=zone)
    local = replace(starts, wall=starts.on(zone, time()), zone=zone)
    named = event.get("RRULE") and local.wall.date() != starts.wall.date()
    return starts if named else local


def _dates(event: Any, name: str, zone_of: Callable[[str], str]) -> Iterator[When]:
    lists = event.get(name) or []
    for dates in lists if isinstance(lists, list) else [lists]:
        if isinstance(dates, vBroken):
            raise Problem(UNREADABLE_WHEN)
        for one in dates.dts:
            yield _moment(one.dt, dates.params.get("TZID"), zone_of)


def _minutes(event: Any, starts: When, zone_of: Callable[[str], str]) -> int:
    ends = _when(_first(event, "DTEND"), zone_of)
    length = _first(event, "DURATION")
    if ends is not None:
        zone = starts.zone or ends.zone
        span = _instant(ends, zone) - _instant(starts, zone)
    else:
        span = length.dt if length is not None else timedelta(0)
    if span < timedelta(0):
        raise Problem(BACKWARDS)
    if span > LONGEST:
        raise Problem(TOO_LONG)
    return int(span.total_seconds() // 60) or USUAL_MINUTES


def _instant(when: When, zone: str | None) -> datetime:
    return to_utc(when.wall, when.zone or zone or "UTC")


def _point(geo: Any) -> Point | None:
    if geo is None or not (abs(geo.latitude) <= 90 and abs(geo.longitude) <= 180):
        return None
    return Point(geo.latitude, geo.longitude)


def _summary(event: Any) -> str:
    return clean(str(_first(event, "SUMMARY") or ""))[:TITLE_LETTERS] if event is not None else ""


def _uid_key(event: Any) -> tuple[str, str]:
    uid = clean(str(event.get("UID") or ""))
    if not uid:
        # Without one, the same name at the same time is the same event.
        said = "\n".join(str(event.get(name) and event[name].to_ical()) for name in ("SUMMARY", "DTSTART"))
        uid = "none-" + hashlib.sha256(said.encode()).hexdigest()
    return (uid if len(uid) <= UID_LETTERS else hashlib.sha256(uid.encode()).hexdigest()), ""
