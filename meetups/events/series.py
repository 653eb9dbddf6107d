"""A series as iCalendar: a master with its rule, overrides for the dates that differ, events for all others."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from icalendar import Event, vRecur

from meetups.domain.recurrence import END_OF_TIME, expand, last_start, parse_rule, rrule_value
from meetups.domain.text import clean
from meetups.domain.zones import in_gap, to_local, to_utc, zone
from meetups.events.calendar import (
    CANCELLED_SHOWN,
    Written,
    attempt,
    date_event,
    date_url,
    describe,
    document,
    fitting,
    log,
    midnight,
    new_event,
    public_words,
    put,
    series_uid,
    shown,
    tell_date,
)  # fmt: skip
from meetups.events.models import Meetup, Occurrence
from meetups.faults import where
from meetups.web.links import public_url

A_MINUTE, A_DAY = timedelta(minutes=1), timedelta(days=1)
Part = tuple[Meetup, Sequence[Occurrence]]


def series_calendar(name: str, parts: Sequence[Part], now: datetime) -> bytes:
    """Return all parts of a series, each with all its rows, as one calendar.

    A part whose rule cannot be read is left out and logged, as any one date is.
    """
    plans = [plan for part in parts if (plan := _safely(part, now))]
    kept = fitting([event for plan in plans for event in (*plan.overrides.values(), *plan.others)], now)
    stays = {id(event) for event in kept}
    return document(name, [event for plan in plans for event in _events(plan, stays, now)], now)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A part of a series before its master is written: `overrides` by the instance they replace."""

    meetup: Meetup
    own: "_Instances"
    overrides: dict[datetime, Written]
    others: list[Written]


def _safely(part: Part, now: datetime) -> _Plan | None:
    try:
        return _plan(*part, now)
    except Exception as error:
        log.error("meetup %s cannot be written: %s", part[0].id, where(error))
        return None


def _plan(meetup: Meetup, rows: Sequence[Occurrence], now: datetime) -> _Plan:
    own = _instances(meetup, rows)
    changed_at = _changed_at(meetup, own, now)
    known = {row.id for row in own.rows}
    overrides = {
        row.recurrence_id: written
        for row in own.rows
        if _differs(row) and not _gone(row, now) and (written := attempt(row, partial(_override, row, changed_at)))
    }
    others = [
        written
        for row in rows
        if row.id not in known and shown(row, now) and (written := attempt(row, partial(date_event, row)))
    ]
    return _Plan(meetup, own, overrides, others)


def _events(plan: _Plan, stays: set[int], now: datetime) -> list[Written]:
    """Return a part's events: those of its dates that stay, after a master if it has any instance left."""
    overrides = {start: event for start, event in plan.overrides.items() if id(event) in stays}
    # What fell off or cannot be written is no date at all: never the rule's own time in its stead.
    lost = [row.recurrence_id for row in plan.own.rows if _differs(row) and row.recurrence_id not in overrides]
    without = sorted({*plan.own.missing, *lost})
    series = [_master(plan, without, now), *overrides.values()] if len(without) < plan.own.many else []
    return [*series, *(event for event in plan.others if id(event) in stays)]


@dataclass(frozen=True, slots=True)
class _Instances:
    """What a rule says up to where rows exist: `rows` that are its instances, `missing` ones without a row.

    `many` is how many instances it has in all, those yet to get a row among them.
    """

    rows: list[Occurrence]
    missing: list[datetime]
    many: float


def _instances(meetup: Meetup, rows: Sequence[Occurrence]) -> _Instances:
    if meetup.rule is None:
        return _Instances([], [], 0)
    rule = parse_rule(meetup.rule)
    reach = max((row.recurrence_id + A_MINUTE for row in rows), default=meetup.starts)
    ends = last_start(rule, meetup.starts) is not None
    # Nothing follows the last row of what is cancelled; where the worker has more to make, the rule goes on.
    horizon = reach if meetup.cancelled_at else meetup.rolled_to or (END_OF_TIME if ends else reach)
    starts = expand(rule, meetup.starts, meetup.starts, max(horizon, reach))
    # Readers part ways over a time that the clocks skip: such a date is an event of its own.
    instances = {start for start in starts if not in_gap(start, meetup.zone)}
    own = [row for row in rows if row.recurrence_id in instances]
    missing = sorted(set(starts) - {row.recurrence_id for row in own})
    goes_on = meetup.rolled_to is not None and not meetup.cancelled_at
    return _Instances(own, missing, math.inf if goes_on else len(starts))


def _gone(row: Occurrence, now: datetime) -> bool:
    """Return whether a cancelled date is told of no more."""
    return row.cancelled_at is not None and not shown(row, now)


def _changed_at(meetup: Meetup, own: _Instances, now: datetime) -> datetime:
    """Return when the series changed last: also when a cancelled date fell off, for some readers skip a series
    whose LAST-MODIFIED has not grown."""
    fell = [midnight(row.starts_at) + CANCELLED_SHOWN + A_DAY for row in own.rows if _gone(row, now)]
    return max([meetup.changed_at, *fell])


def _master(plan: _Plan, without: Sequence[datetime], now: datetime) -> Written:
    meetup, info = plan.meetup, zone(plan.meetup.zone)
    event = new_event(meetup, series_uid(meetup), _changed_at(meetup, plan.own, now))
    event.add("dtstart", meetup.starts.replace(tzinfo=info))
    starts_at, length = to_utc(meetup.starts, meetup.zone), timedelta(minutes=meetup.duration)
    if _crosses(starts_at, starts_at + length, meetup.zone):
        # Else its end would say how long all the others are, an hour off.
        event.add("duration", length)
    else:
        event.add("dtend", (starts_at + length).astimezone(info))
    event.add("rrule", vRecur.from_ical(_rule(plan)))
    for start in without:
        event.add("exdate", start.replace(tzinfo=info))
    event.add("summary", clean(meetup.title))
    event.add("status", "CONFIRMED")
    event.add("transp", "OPAQUE")
    put(event, meetup.place)
    describe(event, public_words(meetup.welcome, None), public_url("pages.meetup", public_id=meetup.public_id))
    return Written(starts_at, meetup.zone, event.to_ical())


def _rule(plan: _Plan) -> str:
    meetup = plan.meetup
    value = rrule_value(parse_rule(meetup.rule or ""), meetup.starts, meetup.zone)
    if not meetup.cancelled_at:
        return value
    # Nothing comes after the last date that exists; those that exist say that they are cancelled.
    last = to_utc(max((row.recurrence_id for row in plan.own.rows), default=meetup.starts), meetup.zone)
    parts = [part for part in value.split(";") if not part.startswith(("UNTIL=", "COUNT="))]
    return ";".join([*parts, f"UNTIL={last:%Y%m%dT%H%M%SZ}"])


def _differs(row: Occurrence) -> bool:
    meetup = row.meetup
    there = row.place_id == meetup.place_id and row.title == meetup.title
    length = row.ends_at - row.starts_at == timedelta(minutes=meetup.duration)
    usual = row.starts_at == to_utc(row.recurrence_id, meetup.zone)
    if row.cancelled_at or not (there and length and usual and row.welcome == meetup.welcome):
        return True
    # Some readers count a length by the wall clock, some by elapsed time.
    return _crosses(row.starts_at, row.ends_at, meetup.zone)


def _crosses(starts_at: datetime, ends_at: datetime, zone_name: str) -> bool:
    """Return whether the clocks change between two instants."""
    return to_local(ends_at, zone_name) - to_local(starts_at, zone_name) != ends_at - starts_at


def _override(row: Occurrence, changed_at: datetime) -> Event:
    event = new_event(row.meetup, series_uid(row.meetup), changed_at)
    event.add("recurrence-id", row.recurrence_id.replace(tzinfo=zone(row.meetup.zone)))
    tell_date(event, row)
    describe(event, public_words(row.welcome, row.day), date_url(row))
    return event
