"""Dates as iCalendar (RFC 5545, RFC 7986). The rules for each client are in docs/calendars.md."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask import current_app
from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vGeo, vRecur, vText, vUri

from meetups.domain.ages import Welcome, welcome_words
from meetups.domain.text import clean
from meetups.domain.vtimezone import observances
from meetups.domain.zones import zone
from meetups.events.models import Meetup, Occurrence, rid
from meetups.faults import where
from meetups.places.models import Place
from meetups.web.links import public_url

PRODID = "-//Hello Park//Hello Park//EN"
REFRESH_HOURS = 1
# A client that has missed a few reads must still learn that a date is off; what is over leaves after a season.
CANCELLED_SHOWN, PAST_SHOWN = timedelta(days=30), timedelta(days=90)
# Google takes no more than a megabyte; the calendar's own lines and zones have their share of it.
MOST_BYTES = 900_000
PUBLIC_WORDS = "A meetup of mothers with small children."
_END = b"END:VCALENDAR\r\n"
log = logging.getLogger("meetups.calendar")


@dataclass(frozen=True, slots=True)
class Written:
    """One event as its lines; `starts` says what falls off a calendar that is too long, `zone` is its TZID."""

    starts: datetime
    zone: str
    lines: bytes


def midnight(now: datetime) -> datetime:
    """Return the start of the UTC day: calendars change with the day and with edits, never with the minute."""
    return datetime.combine(now.astimezone(UTC), time(), UTC)


def date_calendar(occurrence: Occurrence, now: datetime, *, with_spot: bool = False) -> bytes:
    """Return one date as a file of its own."""
    event = date_event(occurrence, with_spot=with_spot)
    return document(occurrence.title, [_written(occurrence, event)], now)


def document(name: str, events: Iterable[Written], now: datetime) -> bytes:
    """Return a calendar called `name` with its zones first and its events after; without any it is one still."""
    events = list(events)
    zones = (timezone(zone_name, now.year) for zone_name in sorted({event.zone for event in events}))
    head = _empty(name).to_ical().removesuffix(_END)
    return b"".join([head, *(part.to_ical() for part in zones if part), *(event.lines for event in events), _END])


def fitting(events: list[Written], now: datetime, most: int = MOST_BYTES) -> list[Written]:
    """Return the events that fit into `most` bytes, in their order: the oldest past falls off first, then the
    farthest to come."""
    now, excess = midnight(now), sum(len(event.lines) for event in events) - most
    gone: set[int] = set()
    for number in sorted(range(len(events)), key=lambda n: _falls(events[n], now)):
        if excess <= 0:
            break
        gone.add(number)
        excess -= len(events[number].lines)
    return [event for number, event in enumerate(events) if number not in gone]


def _falls(event: Written, now: datetime) -> tuple[bool, float]:
    coming, at = event.starts >= now, event.starts.timestamp()
    return coming, -at if coming else at


def attempt(row: Occurrence, make: Callable[[], Event]) -> Written | None:
    """Return what `make` writes of a date; None where it cannot be written: one bad date never breaks a calendar."""
    try:
        return _written(row, make())
    except Exception as error:
        log.error("date %s cannot be written: %s", row.id, where(error))
        return None


def _written(row: Occurrence, event: Event) -> Written:
    return Written(row.starts_at, row.meetup.zone, event.to_ical())


def shown(row: Occurrence, now: datetime) -> bool:
    """Return whether a date is still told of: 90 days after it, a cancelled one 30."""
    since = CANCELLED_SHOWN if row.cancelled_at else PAST_SHOWN
    return row.starts_at >= midnight(now) - since


def date_event(occurrence: Occurrence, *, with_spot: bool = False, maybe: bool = False) -> Event:
    """Return one date as an event of its own, without a rule; `maybe` makes it tentative."""
    event = new_event(occurrence.meetup, date_uid(occurrence), occurrence.meetup.changed_at)
    tell_date(event, occurrence, maybe=maybe)
    words = told(occurrence) if with_spot else public_words(occurrence.welcome, occurrence.day)
    describe(event, words, date_url(occurrence))
    return event


def date_uid(row: Occurrence) -> str:
    """Return what calendars know a date by itself by, in feeds, files, invitations and the replies to them."""
    return _at_home(f"date-{row.uid}")


def series_uid(meetup: Meetup) -> str:
    """Return what calendars know a series, or a part of one, by."""
    return _at_home(f"event-{meetup.public_id}")


def _at_home(name: str) -> str:
    # Unique in the world by the site's own name (RFC 7986 section 5.3).
    return f"{name}@{current_app.config['SETTINGS'].host}"


def new_event(meetup: Meetup, uid: str, changed_at: datetime) -> Event:
    """Return an event with what calendars notice changes by."""
    event = Event()
    event.add("uid", uid)
    # Stable while nothing changes, so that the feed's bytes are too (RFC 5545 section 3.8.7.2).
    event.add("dtstamp", changed_at)
    event.add("created", meetup.created_at)
    event.add("last-modified", changed_at)
    event.add("sequence", meetup.sequence)
    event.add("categories", ["Hello Park"])
    event.add("class", "PUBLIC")
    return event


def tell_date(event: Event, row: Occurrence, *, maybe: bool = False) -> None:
    """Add to an event when and where a date is, and whether it takes place."""
    off = row.cancelled_at is not None
    ends = row.ends_at.astimezone(zone(row.meetup.zone))
    # In a zone, an hour that comes twice is always its first (RFC 5545 section 3.3.5): the second is said in UTC.
    info = UTC if ends.fold else ends.tzinfo
    event.add("dtstart", row.starts_at.astimezone(info))
    event.add("dtend", row.ends_at.astimezone(info))
    # Google drops a cancelled date, Outlook goes on showing it: its name must say so, and it blocks no hour.
    event.add("summary", ("Cancelled: " if off else "Maybe: " if maybe else "") + clean(row.title))
    event.add("status", "CANCELLED" if off else "TENTATIVE" if maybe else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if off else "OPAQUE")
    put(event, row.place)


def put(event: Event, place: Place) -> None:
    """Add to an event where it is, for readers of text, of coordinates and for Apple's maps."""
    name, address = clean(place.name), clean(", ".join(filter(None, [place.address, place.city])))
    # Apple joins the two only where this is exactly the title, a line break and the address.
    event.add("location", "\n".join(filter(None, [name, address])))
    event.add("geo", vGeo((place.lat, place.lon)))
    told = {"VALUE": "URI", "X-APPLE-RADIUS": "70", "X-TITLE": name} | ({"X-ADDRESS": address} if address else {})
    event["x-apple-structured-location"] = vUri(f"geo:{place.lat},{place.lon}", params=told)


def told(row: Occurrence) -> str:
    """Return what those who come read of a date: how to find each other, the host's note, and for which children."""
    spot = row.spot and f"How to find us: {row.spot}"
    return "\n\n".join(filter(None, [spot, row.note, _children(row.welcome, row.day)]))


def public_words(welcome: Welcome, day: date | None) -> str:
    """Return what anybody reads of a date, or of a series without a day: what it is, and for which children."""
    return f"{PUBLIC_WORDS}\n\n{_children(welcome, day)}"


def _children(welcome: Welcome, day: date | None) -> str:
    words = welcome_words(welcome, day)
    return f"Children welcome: {words[0].lower()}{words[1:]}"


def describe(event: Event, words: str, url: str) -> None:
    """Add words in plain text and an address, which Google and Outlook show in the text only."""
    event.add("description", f"{clean(words, one_line=False)}\n\n{url}")
    event.add("url", vUri(url))


def date_url(row: Occurrence) -> str:
    """Return the address of a date's page."""
    return public_url("pages.date", public_id=row.meetup.public_id, rid=rid(row.recurrence_id))


def _empty(name: str) -> Calendar:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODID)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", vText(clean(name)))
    calendar.add("x-wr-calname", vText(clean(name)))
    pause = timedelta(hours=REFRESH_HOURS)
    calendar.add("refresh-interval", pause, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", f"PT{REFRESH_HOURS}H")
    return calendar


def timezone(name: str, year: int) -> Timezone | None:
    """Return a zone's rules as they are in a year, under its IANA name; None for UTC."""
    if zone(name) == zone("UTC"):
        # Its times end in Z, and a zone that nobody refers to confuses readers.
        return None
    made = Timezone()
    made.add("tzid", name)
    for rule in observances(name, year):
        part = TimezoneDaylight() if rule.daylight else TimezoneStandard()
        part.add("dtstart", rule.starts)
        part.add("tzoffsetfrom", rule.offset_from)
        part.add("tzoffsetto", rule.offset_to)
        part.add("tzname", vText(rule.name))
        if rule.rule:
            part.add("rrule", vRecur(rule.rule))
        made.add_component(part)
    return made
