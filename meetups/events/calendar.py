"""Meetups as iCalendar (RFC 5545, RFC 7986). The rules for each client are in docs/calendars.md."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import current_app
from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vGeo, vRecur, vText, vUri

from meetups.domain.recurrence import parse_rule, rrule_value
from meetups.domain.vtimezone import observances
from meetups.domain.zones import to_local, to_utc, zone
from meetups.events.models import Meetup, Occurrence, rid
from meetups.places.models import Place
from meetups.web.links import public_url

PRODID = "-//Hello Park//Hello Park//EN"
# A client that has missed a few reads must still learn that a date is off.
CANCELLED_SHOWN = timedelta(days=30)


def empty(name: str, refresh_hours: int = 4) -> Calendar:
    """Return a calendar without events, called `name`, that asks to be read again after so many hours."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODID)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", vText(name))
    calendar.add("x-wr-calname", vText(name))
    pause = timedelta(hours=refresh_hours)
    calendar.add("refresh-interval", pause, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", f"PT{refresh_hours}H")
    return calendar


def finished(calendar: Calendar, events: Iterable[Event], zones: Iterable[str], now: datetime) -> bytes:
    """Return the calendar's bytes with its zones first and its events after."""
    for name in sorted(set(zones)):
        calendar.add_component(_timezone(name, now.year))
    for event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def date_calendar(occurrence: Occurrence, now: datetime, *, with_spot: bool = False) -> bytes:
    """Return one date as a file of its own."""
    event = date_event(occurrence, with_spot=with_spot)
    return finished(empty(occurrence.meetup.title), [event], [occurrence.meetup.zone], now)


def series_calendar(meetup: Meetup, dates: Sequence[Occurrence], now: datetime) -> bytes:
    """Return a meetup with its rule and its exceptions; `dates` are all its rows."""
    return finished(empty(meetup.title), series_events(meetup, dates, now), [meetup.zone], now)


def date_event(occurrence: Occurrence, *, with_spot: bool = False, maybe: bool = False) -> Event:
    """Return one date as an event of its own, without a rule; `maybe` makes it tentative."""
    meetup = occurrence.meetup
    event = _event(meetup, occurrence.place, f"date-{occurrence.uid}", _summary(occurrence, maybe), with_spot=with_spot)
    _times(event, occurrence)
    event.add("status", "CANCELLED" if occurrence.cancelled_at else "TENTATIVE" if maybe else "CONFIRMED")
    event.add("url", vUri(public_url("pages.date", public_id=meetup.public_id, rid=rid(occurrence.recurrence_id))))
    return event


def series_events(meetup: Meetup, dates: Sequence[Occurrence], now: datetime) -> list[Event]:
    """Return the master with RRULE and EXDATE, and an override for each date that differs from it."""
    if meetup.rule is None:
        # What was a series once has older rows too.
        return [date_event(max(dates, key=lambda row: (row.cancelled_at is None, row.starts_at)))]
    own = [row for row in dates if row.recurrence_id >= meetup.starts]
    event = _event(meetup, meetup.place, f"event-{meetup.public_id}", meetup.title)
    info = zone(meetup.zone)
    event.add("dtstart", meetup.starts.replace(tzinfo=info))
    event.add("dtend", _end(meetup, info))
    event.add("rrule", vRecur.from_ical(_rule(meetup, own)))
    gone = [row for row in own if row.cancelled_at and row.cancelled_at < now - CANCELLED_SHOWN]
    for row in gone:
        event.add("exdate", row.recurrence_id.replace(tzinfo=info))
    event.add("status", "CONFIRMED")
    event.add("url", vUri(public_url("pages.meetup", public_id=meetup.public_id)))
    overrides = [_override(row) for row in own if row not in gone and _differs(row)]
    # Dates that were moved here from before the rule's new start: no instance speaks of them.
    strays = [date_event(row) for row in dates if row.recurrence_id < meetup.starts and row.starts_at > now]
    return [event, *overrides, *strays]


def _end(meetup: Meetup, info: ZoneInfo) -> datetime:
    # Elapsed minutes, also over a night when the clocks change.
    return (to_utc(meetup.starts, meetup.zone) + timedelta(minutes=meetup.duration)).astimezone(info)


def _rule(meetup: Meetup, dates: Sequence[Occurrence]) -> str:
    rule = parse_rule(meetup.rule or "")
    value = rrule_value(rule, meetup.starts, meetup.zone)
    if not meetup.cancelled_at:
        return value
    # Nothing comes after the last date that exists; those that exist say that they are cancelled.
    last = to_utc(max((row.recurrence_id for row in dates), default=meetup.starts), meetup.zone)
    parts = [part for part in value.split(";") if not part.startswith(("UNTIL=", "COUNT="))]
    return ";".join([*parts, f"UNTIL={last:%Y%m%dT%H%M%SZ}"])


def _differs(row: Occurrence) -> bool:
    meetup = row.meetup
    there = row.place_id == meetup.place_id
    length = row.ends_at - row.starts_at == timedelta(minutes=meetup.duration)
    usual = row.starts_at == to_utc(row.recurrence_id, meetup.zone)
    return bool(row.cancelled_at) or not (there and length and usual)


def _override(row: Occurrence) -> Event:
    meetup = row.meetup
    event = _event(meetup, row.place, f"event-{meetup.public_id}", _summary(row, maybe=False))
    event.add("recurrence-id", row.recurrence_id.replace(tzinfo=zone(meetup.zone)))
    _times(event, row)
    event.add("status", "CANCELLED" if row.cancelled_at else "CONFIRMED")
    event.add("url", vUri(public_url("pages.date", public_id=meetup.public_id, rid=rid(row.recurrence_id))))
    return event


def _summary(row: Occurrence, maybe: bool) -> str:
    # Google and Outlook go on showing a cancelled date: its name must say so.
    return f"Cancelled: {row.meetup.title}" if row.cancelled_at else f"{'Maybe: ' if maybe else ''}{row.meetup.title}"


def _event(meetup: Meetup, place: Place, uid: str, summary: str, *, with_spot: bool = False) -> Event:
    event = Event()
    event.add("uid", f"{uid}@{current_app.config['SETTINGS'].host}")
    # Stable while nothing changes, so that the feed's bytes and its ETag are too.
    event.add("dtstamp", meetup.changed_at)
    event.add("created", meetup.created_at)
    event.add("last-modified", meetup.changed_at)
    event.add("sequence", meetup.sequence)
    event.add("summary", summary)
    where = ", ".join(filter(None, [place.name, place.address, place.city]))
    event.add("location", where)
    event.add("geo", vGeo((place.lat, place.lon)))
    event["x-apple-structured-location"] = vUri(
        f"geo:{place.lat},{place.lon}",
        params={"VALUE": "URI", "X-APPLE-RADIUS": "70", "X-TITLE": place.name, "X-ADDRESS": where},
    )
    event.add(
        "description", f"How to find us: {meetup.spot}" if with_spot else "A meetup of mothers with small children."
    )
    event.add("categories", ["Hello Park"])
    event.add("transp", "OPAQUE")
    event.add("class", "PUBLIC")
    return event


def _times(event: Event, row: Occurrence) -> None:
    info = zone(row.meetup.zone)
    event.add("dtstart", to_local(row.starts_at, row.meetup.zone).replace(tzinfo=info))
    event.add("dtend", row.ends_at.astimezone(info))


def _timezone(name: str, year: int) -> Timezone:
    timezone = Timezone()
    timezone.add("tzid", name)
    for rule in observances(name, year):
        part = TimezoneDaylight() if rule.daylight else TimezoneStandard()
        part.add("dtstart", rule.starts)
        part.add("tzoffsetfrom", rule.offset_from)
        part.add("tzoffsetto", rule.offset_to)
        part.add("tzname", vText(rule.name))
        if rule.rule:
            part.add("rrule", vRecur(rule.rule))
        timezone.add_component(part)
    return timezone
