"""Editing a whole series: what moves, what stays, what is cancelled, and who is told."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from meetups.domain.errors import Problem
from meetups.domain.recurrence import Rule, expand
from meetups.domain.zones import to_utc
from meetups.events import queries
from meetups.events.beginnings import begins
from meetups.events.dates import (
    A_MINUTE,
    Draft,
    Facts,
    cancel_row,
    check_start,
    coming_dates,
    copy_fields,
    facts_of,
    fields_of,
    horizon_of,
    length_of,
    lock,
    moved,
    new_date,
    note_horizon,
    out_of_the_way,
    put_at,
    rule_of,
    series_of,
    tell,
    touch,
    usual_length,
)  # fmt: skip
from meetups.events.models import ChangeKind, Meetup, Occurrence
from meetups.extensions import db

A_DAY = timedelta(days=1)
# How far a date may move when the days of its series change: Tuesday to Thursday is the same week's meetup.
NEAR = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Effect:
    """What an edit does to coming dates."""

    changed: int
    kept: int
    cancelled: int
    added: int


@dataclass(frozen=True, slots=True)
class Was:
    """A date before an edit: its facts, all that anybody sees of it, whether it was off."""

    facts: Facts
    seen: tuple[Any, ...]
    capacity: int | None
    off: bool


def as_they_are(rows: list[Occurrence]) -> dict[int, Was]:
    """Return dates as they are before an edit, by their ids."""
    return {row.id: Was(facts_of(row), _seen(row), row.capacity, row.cancelled_at is not None) for row in rows}


def edit(meetup: Meetup, draft: Draft, now: datetime, was: dict[int, Was] | None = None) -> Effect:
    """Change a whole meetup from now on and return what that does to its coming dates.

    `was` is how they were, where something of them has changed already.

    A date keeps what it has changed for itself. Where days or time change, a coming date moves to the new
    instance nearest to it, and those that fit none are cancelled; a count counts from the draft's start.
    Raises Problem as `host` does, and where nothing is left to come.
    """
    lock(meetup)
    coming = coming_dates(meetup, now)
    if meetup.cancelled_at or all(row.cancelled_at for row in coming):
        raise Problem("Nothing of this meetup is left to change. Host a new one.")
    was = was or as_they_are(coming)
    rule, seen_by, place_id = rule_of(meetup), meetup.visibility, meetup.place_id
    retimed = not _same_times(meetup, draft, now)
    starts = check_start(draft, now) if retimed else meetup.starts
    # As it is stored, a count goes on counting from the first date of all.
    kept = draft if retimed else replace(draft, rule=rule)
    for name, value in fields_of(kept, starts, now).items():
        setattr(meetup, name, value)
    for row in coming:
        copy_fields(row, meetup)
        # In another zone too, 10:00 stays 10:00.
        put_at(row, was[row.id].facts.starts, length_of(row))
    if retimed and (rule or draft.rule):
        cancelled, added = _retime(meetup, coming, once=rule is None, now=now)
    else:
        cancelled = added = 0
        _keep_dates(coming)
        if retimed:
            _move_only_date(meetup, coming, now)
    if meetup.place_id != place_id:
        begins(meetup, now)
    standing = [row for row in coming if not row.cancelled_at]
    _tell_all(standing, was, now)
    # A part that leaves the calendar of its series, or comes into it, is news for all the others.
    for part in [meetup] if meetup.visibility == seen_by else series_of(meetup):
        touch(part, now)
    changed = sum(was[row.id].off or was[row.id].seen != _seen(row) for row in standing)
    return Effect(changed, kept=len(standing) - changed, cancelled=cancelled, added=added)


def _seen(row: Occurrence) -> tuple[Any, ...]:
    """Return all that anybody sees of a date."""
    words = row.title, row.note, row.host_spot
    return row.starts_at, row.ends_at, row.place.id, row.kind, row.welcome, row.capacity, *words


def next_instance(meetup: Meetup, now: datetime) -> datetime:
    """Return the wall-clock start from which an edit goes on: that of the first coming date, as the rule gave it."""
    coming = [row for row in coming_dates(meetup, now) if not row.cancelled_at and not _apart(row, now)]
    if meetup.rule is None or not coming:
        return meetup.starts
    return coming[0].recurrence_id


def rule_left(meetup: Meetup, at: datetime) -> Rule | None:
    """Return a meetup's rule as it reads from one of its instances on: a count without the dates before."""
    rule = rule_of(meetup)
    if rule is None or rule.count is None:
        return rule
    return replace(rule, count=max(rule.count - len(expand(rule, meetup.starts, meetup.starts, at)), 1))


def _same_times(meetup: Meetup, draft: Draft, now: datetime) -> bool:
    # A start later than the next date says that the dates between are to go.
    if draft.place.zone != meetup.zone or draft.starts > next_instance(meetup, now):
        return False
    if not expand(rule_of(meetup), meetup.starts, draft.starts, draft.starts + A_MINUTE):
        return False
    return draft.rule == rule_left(meetup, draft.starts)


def _apart(row: Occurrence, now: datetime) -> bool:
    """Return whether no rule to come speaks of a coming date: one that was added, or moved out of the past."""
    moved = "starts" in row.own and to_utc(row.recurrence_id, row.meetup.zone) <= now
    return "extra" in row.own or moved


def _move_only_date(meetup: Meetup, coming: list[Occurrence], now: datetime) -> None:
    # Beside it there may be what is left of a series that this once was.
    for row in coming:
        if row.cancelled_at is None and not _apart(row, now):
            put_at(row, meetup.starts, meetup.duration)


def _keep_dates(coming: list[Occurrence]) -> None:
    for row in coming:
        row.ends_at = row.starts_at + timedelta(minutes=usual_length(row))


def _tell_all(standing: list[Occurrence], was: dict[int, Was], now: datetime) -> None:
    for row in standing:
        if was[row.id].off or was[row.id].facts != facts_of(row):
            moved(row, now, was[row.id].facts)
        if was[row.id].capacity != row.capacity:
            tell(row, ChangeKind.ROOM, now)


def _retime(meetup: Meetup, coming: list[Occurrence], *, once: bool, now: datetime) -> tuple[int, int]:
    """Give the coming rows the new instances, cancel those that fit none, add those left over; return how many."""
    following = [row for row in coming if not _apart(row, now)]
    rows = queries.all_dates(meetup)
    # Never before a row that exists: the worker would make it once more.
    horizon = max([horizon_of(meetup, now), *(row.recurrence_id + A_MINUTE for row in rows)])
    taken = {row.recurrence_id for row in rows if row not in following}
    # The last date may move to beyond the horizon: it is looked for as far as a date may go.
    given = expand(rule_of(meetup), meetup.starts, meetup.starts, horizon + NEAR)
    free = [start for start in given if start not in taken]
    matched = _match(following, free, once=once)
    horizon = max([horizon, *(start + A_MINUTE for start in matched.values())])
    free = [start for start in free if start < horizon]
    homeless = [row for row in following if row.id not in matched and not row.cancelled_at]
    for row in homeless:
        cancel_row(row, "The days have changed.", now)
    _renumber(meetup, [(row, matched[row.id]) for row in following if row.id in matched])
    db.session.add_all(new_date(meetup, start) for start in free)
    note_horizon(meetup, horizon)
    return len(homeless), len(free)


def _match(following: list[Occurrence], free: list[datetime], *, once: bool) -> dict[int, datetime]:
    """Return the new recurrence id of each row that gets one, taking it out of `free`.

    The same instance first, then the same day, then whatever is near; the one date of what took place `once`
    goes as far as it must. One that its host cancelled follows like any other, after those that stand: her free
    week stays free. One that an edit cancelled only follows its own day, and takes place again when that does.
    """
    at = {row.id: _place_in_time(row, once=once) for row in following}
    # Those at their recurrence id come first: nobody else may be given it while they keep it. What an edit has
    # cancelled comes last, so that it never takes the place of a date that stands or of a cancelled one.
    rows = sorted(
        following, key=lambda row: (at[row.id] != row.recurrence_id, row.cancelled_at is not None, _left_over(row))
    )
    matched: dict[int, datetime] = {}
    for reach in (timedelta(0), A_DAY, timedelta.max if once else NEAR):
        for row in rows:
            if row.id in matched or reach > _farthest(row, reach):
                continue
            near = [start for start in free if abs(start - at[row.id]) <= reach]
            if reach == A_DAY:
                near = [start for start in near if start.date() == at[row.id].date()]
            if near:
                matched[row.id] = min(near, key=lambda start: abs(start - at[row.id]))
                free.remove(matched[row.id])
    return matched


def _place_in_time(row: Occurrence, *, once: bool) -> datetime:
    # What takes place once may have been moved since: it has no other time than that.
    moved = once and row.cancelled_at is None
    return facts_of(row).starts if moved else row.recurrence_id


def _farthest(row: Occurrence, reach: timedelta) -> timedelta:
    if row.cancelled_at is None:
        return reach
    return A_DAY if _left_over(row) else NEAR


def _left_over(row: Occurrence) -> bool:
    return row.cancelled_at is not None and "cancelled" not in row.own


def _renumber(meetup: Meetup, moving: list[tuple[Occurrence, datetime]]) -> None:
    out_of_the_way(row for row, _ in moving)
    for row, starts in moving:
        row.recurrence_id = starts
        if meetup.rule is None:
            # There is no series any more that this date could differ from.
            row.own = [name for name in row.own if name != "starts"]
        if "starts" not in row.own:
            put_at(row, starts, usual_length(row))
        if "cancelled" not in row.own:
            row.cancelled_at = row.cancel_reason = None
    db.session.flush()
