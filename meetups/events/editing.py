"""Editing a whole series: what moves, what stays, what is cancelled, and who is told."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from meetups.domain.errors import Problem
from meetups.domain.recurrence import expand
from meetups.events import queries
from meetups.events.dates import (
    Draft,
    cancel_row,
    check_start,
    coming_dates,
    copy_place,
    facts_before,
    fields_of,
    horizon_of,
    new_date,
    note_horizon,
    put_at,
    rule_of,
    tell,
    touch,
)  # fmt: skip
from meetups.events.models import ChangeKind, Meetup, Occurrence
from meetups.extensions import db

# How far a date may move when the days of its series change: Tuesday to Thursday is the same week's meetup.
NEAR = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Effect:
    """What an edit does to coming dates."""

    changed: int
    kept: int
    cancelled: int
    added: int


def edit(meetup: Meetup, draft: Draft, now: datetime) -> Effect:
    """Change a whole meetup from now on and return what that does to its coming dates.

    A date keeps what it has changed for itself. Where days or time change, a coming date moves to the new
    instance nearest to it, and those that fit none are cancelled. Raises Problem as `host` does.
    """
    if meetup.cancelled_at:
        raise Problem("This meetup is cancelled")
    coming = coming_dates(meetup, now)
    before = {row.id: facts_before(row) for row in coming}
    retimed = not _same_times(meetup, draft)
    moved = draft.place.id != meetup.place_id
    roomier = draft.capacity != meetup.capacity
    starts = check_start(draft, now) if retimed else meetup.starts
    for name, value in fields_of(draft, starts, now).items():
        setattr(meetup, name, value)
    for row in coming:
        copy_place(row, meetup)
    effect = _retime(meetup, coming, now) if retimed else _keep_times(meetup, coming)
    _tell_all(coming, before, now, moved=moved, roomier=roomier)
    touch(meetup, now)
    return effect


def _same_times(meetup: Meetup, draft: Draft) -> bool:
    # The form starts at the next date, which may be any instance of the same rule.
    rule = rule_of(meetup)
    if rule != draft.rule or draft.place.zone != meetup.zone:
        return False
    return draft.starts in expand(rule, meetup.starts, draft.starts, draft.starts + timedelta(minutes=1))


def _keep_times(meetup: Meetup, coming: list[Occurrence]) -> Effect:
    for row in coming:
        row.ends_at = row.starts_at + timedelta(minutes=meetup.duration)
    standing = [row for row in coming if not row.cancelled_at]
    kept = sum("starts" in row.own for row in standing)
    return Effect(changed=len(standing) - kept, kept=kept, cancelled=0, added=0)


def _tell_all(
    coming: list[Occurrence], before: dict[int, dict[str, str]], now: datetime, *, moved: bool, roomier: bool
) -> None:
    for row in coming:
        if row.cancelled_at:
            continue
        retimed = before[row.id]["starts"] != facts_before(row)["starts"]
        if moved or retimed:
            row.revision += 1
            tell(row, ChangeKind.MOVED, now, **before[row.id])
        if roomier:
            tell(row, ChangeKind.ROOM, now)


def _retime(meetup: Meetup, coming: list[Occurrence], now: datetime) -> Effect:
    """Give the coming rows the new instances, cancel those that fit none, add the instances left over."""
    rule = rule_of(meetup)
    horizon = horizon_of(meetup, now)
    past = {row.recurrence_id for row in queries.all_dates(meetup)} - {row.recurrence_id for row in coming}
    free = [start for start in expand(rule, meetup.starts, meetup.starts, horizon) if start not in past]
    matched = _match(coming, free)
    homeless = [row for row in coming if row.id not in matched and not row.cancelled_at]
    for row in homeless:
        cancel_row(row, "The days have changed.", now)
    _renumber(meetup, [(row, matched[row.id]) for row in coming if row.id in matched])
    db.session.add_all(new_date(meetup, start, now) for start in free)
    note_horizon(meetup, horizon)
    standing = [row for row in coming if row.id in matched and not row.cancelled_at]
    kept = sum("starts" in row.own for row in standing)
    return Effect(changed=len(standing) - kept, kept=kept, cancelled=len(homeless), added=len(free))


def _match(coming: list[Occurrence], free: list[datetime]) -> dict[int, datetime]:
    """Return the new recurrence id of each row that gets one, taking it out of `free`.

    The same instance first, then the same day, then whatever is near; a date that was cancelled only
    follows its own day, so that it stays cancelled when the hour changes.
    """
    matched: dict[int, datetime] = {}
    for reach in (timedelta(0), timedelta(days=1), NEAR):
        for row in coming:
            if row.id in matched or (row.cancelled_at and reach == NEAR):
                continue
            near = [start for start in free if abs(start - row.recurrence_id) <= reach]
            if reach == timedelta(days=1):
                near = [start for start in near if start.date() == row.recurrence_id.date()]
            if near:
                matched[row.id] = min(near, key=lambda start: abs(start - row.recurrence_id))
                free.remove(matched[row.id])
    return matched


def _renumber(meetup: Meetup, moving: list[tuple[Occurrence, datetime]]) -> None:
    # Recurrence ids are unique: first out of the way of each other, then to where they belong.
    for number, (row, _) in enumerate(moving):
        row.recurrence_id = datetime(1, 1, 1) + timedelta(minutes=number)
    db.session.flush()
    for row, starts in moving:
        row.recurrence_id = starts
        if "starts" not in row.own:
            put_at(row, starts, meetup.duration)
    db.session.flush()
