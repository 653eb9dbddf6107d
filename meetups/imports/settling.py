"""From what a file says to what can be posted at a place: wall clock there, one rule or single dates. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from meetups.domain.errors import Problem
from meetups.domain.recurrence import Rule, stored
from meetups.domain.zones import to_local, to_utc
from meetups.imports.records import Read
from meetups.imports.rules import AHEAD, FARTHEST, dates_between, from_now

MOST_DATES = 200
OVER = "It is over."
FAR = "It is more than two years ahead."
NO_DATES = "No date of it comes in the next 26 weeks."


@dataclass(frozen=True, slots=True)
class Settled:
    """One meetup to be: wall clock at its place, after `now`. `said` is how its file gave its times, to compare.

    `changes` are the dates of the series that are off (None) or moved. `moved_from` is the start, over by now, that a
    series gave a date which is still to come.
    """

    event: Read
    key: tuple[str, str]
    starts: datetime
    rule: Rule | None
    said: str
    changes: tuple[tuple[datetime, datetime | None], ...] = ()
    moved_from: datetime | None = None


def settle(event: Read, zone: str, now: datetime) -> list[Settled]:
    """Return what an event is at a place in a zone, from `now` (aware) on.

    A series where one rule of ours has its dates; single dates for the next 26 weeks, at most MOST_DATES, where it
    takes several rules or the clocks of another zone to say them. Raises Problem where nothing comes.
    """
    here = to_local(now, zone)
    if not event.rules and not event.extra:
        return [_once(event, event.key, _at(event, event.starts, zone), here)]
    if len(event.rules) == 1 and not event.extra and _same_clocks(event, zone, here):
        return _series(event, here)
    singles = [
        Settled(event, (event.key[0], start.isoformat()), local, None, f"{start.isoformat()} {event.zone}")
        for start, local in _single_dates(event, zone, here)
    ][:MOST_DATES]
    if not singles:
        raise Problem(NO_DATES)
    return singles


def _at(event: Read, wall: datetime, zone: str) -> datetime:
    return to_local(to_utc(wall, event.zone), zone) if event.zone and event.zone != zone else wall


def _once(event: Read, key: tuple[str, str], starts: datetime, here: datetime) -> Settled:
    if starts <= here:
        raise Problem(OVER)
    if starts - here >= FARTHEST:
        raise Problem(FAR)
    return Settled(event, key, starts, None, f"{event.starts.isoformat()} {event.zone}")


def _same_clocks(event: Read, zone: str, here: datetime) -> bool:
    """Return whether the clocks of the file's zone show what those of the place do, for as long as dates are made."""
    days = (here + timedelta(days=number) for number in range(0, AHEAD.days + 7, 7))
    return event.zone in (None, zone) or all(_at(event, day, zone) == day for day in days)


def _series(event: Read, here: datetime) -> list[Settled]:
    late = [
        Settled(event, (event.key[0], was.isoformat()), instead, None, f"{instead.isoformat()} moved", moved_from=was)
        for was, instead in event.changes
        if instead and was <= here < instead
    ]
    off = _all_off(event, here)
    found = None if off else from_now(event.rules[0], event.starts, here)
    if found is None and not late:
        raise Problem(NO_DATES if off else OVER)
    if found is None:
        return late
    starts, rule = found
    said = f"{event.starts.isoformat()} {event.zone} {stored(event.rules[0])}"
    return [Settled(event, event.key, starts, rule, said, event.changes), *late]


def _all_off(event: Read, here: datetime) -> bool:
    # Every date of it has a name of its own, or the summer has begun.
    coming, changes = dates_between(event.rules[0], event.starts, here, here + AHEAD), dict(event.changes)
    return bool(coming) and all(changes.get(start, start) is None for start in coming)


def _single_dates(event: Read, zone: str, here: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield (start as the rule gave it, start at the place) of the dates that come, soonest first."""
    # A day to either side for what is another date there.
    after, before = here - timedelta(days=2), here + AHEAD
    starts = {start for rule in event.rules for start in dates_between(rule, event.starts, after, before)}
    starts |= {start for start in (*event.extra, event.starts) if after <= start < before}
    changes = dict(event.changes)
    for start in sorted(starts):
        takes_place = changes.get(start, start)
        local = _at(event, takes_place, zone) if takes_place else None
        if local is not None and here < local < before:
            yield start, local
