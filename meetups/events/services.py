"""What a host does: post, edit, move or cancel a date, cancel everything. Facts for those who come are Change rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from meetups.accounts.models import Member
from meetups.domain.errors import Problem
from meetups.domain.recurrence import Rule, expand, first_start, last_start, parse_rule, stored
from meetups.domain.zones import in_gap, to_local, to_utc
from meetups.events import queries
from meetups.events.models import Change, ChangeKind, Kind, Meetup, Occurrence, Visibility
from meetups.extensions import db
from meetups.places.models import Place

AHEAD = timedelta(weeks=26)
ROLL_EVERY = timedelta(days=1)
MOST_ACTIVE = 20
# How far a date may move when the days of its series change: Tuesday to Thursday is the same week's meetup.
NEAR = timedelta(days=4)
IN_GAP = "The clocks jump over that time. Choose another."
PAST = "That time is over. Choose one to come."


@dataclass(frozen=True, slots=True)
class Draft:
    """A meetup as its host wrote it. `starts` is wall clock at the place, `duration` minutes, `capacity` families."""

    place: Place
    starts: datetime
    rule: Rule | None
    spot: str
    kind: Kind
    title: str
    ages: int
    duration: int = 90
    capacity: int | None = None
    note: str | None = None
    visibility: Visibility = Visibility.PUBLIC


@dataclass(frozen=True, slots=True)
class Effect:
    """What an edit does to coming dates."""

    changed: int
    kept: int
    cancelled: int
    added: int


def host(member: Member, draft: Draft, now: datetime, form_key: str | None = None) -> Meetup:
    """Post a meetup and its dates for the next 26 weeks; the same form twice posts once.

    Raises Problem for a start that is over or skipped by the clocks, and beyond 20 meetups.
    """
    known = queries.by_form_key(member, form_key) if form_key else None
    if known:
        return known
    starts = check_start(draft, now)
    if queries.active_count(member, now) >= MOST_ACTIVE:
        raise Problem(f"You host {MOST_ACTIVE} meetups already. Cancel one first.")
    meetup = Meetup(host_id=member.id, form_key=form_key, created_at=now, sequence=0, **_fields(draft, starts, now))
    db.session.add(meetup)
    db.session.flush()
    _materialise(meetup, starts, now)
    return meetup


def check_start(draft: Draft, now: datetime) -> datetime:
    """Return the wall-clock start of the first date; raise Problem where it cannot be."""
    starts = first_start(draft.rule, draft.starts)
    if in_gap(starts, draft.place.zone):
        raise Problem(IN_GAP, "time")
    if to_utc(starts, draft.place.zone) <= now:
        raise Problem(PAST, "date")
    return starts


def _fields(draft: Draft, starts: datetime, now: datetime) -> dict[str, Any]:
    return {
        "place_id": draft.place.id,
        "place": draft.place,
        "zone": draft.place.zone,
        "starts": starts,
        "rule": stored(draft.rule) if draft.rule else None,
        "kind": draft.kind,
        "visibility": draft.visibility,
        "title": draft.title,
        "note": draft.note,
        "spot": draft.spot,
        "duration": draft.duration,
        "ages": draft.ages,
        "capacity": draft.capacity,
        "changed_at": now,
    }


def rule_of(meetup: Meetup) -> Rule | None:
    """Return a meetup's rule."""
    return parse_rule(meetup.rule) if meetup.rule else None


def _materialise(meetup: Meetup, after: datetime, now: datetime) -> list[Occurrence]:
    """Add the rows of the dates from local `after` to the horizon, and note how far they reach."""
    horizon = _horizon(meetup, now)
    rows = [_occurrence(meetup, starts, now) for starts in expand(rule_of(meetup), meetup.starts, after, horizon)]
    db.session.add_all(rows)
    _note_horizon(meetup, horizon)
    return rows


def _horizon(meetup: Meetup, now: datetime) -> datetime:
    # A first date may lie beyond the 26 weeks; it exists all the same.
    return max(to_local(now + AHEAD, meetup.zone), meetup.starts + timedelta(minutes=1))


def _note_horizon(meetup: Meetup, horizon: datetime) -> None:
    last = last_start(rule_of(meetup), meetup.starts)
    meetup.rolled_to = None if last is not None and last < horizon else horizon
    db.session.flush()


def _occurrence(meetup: Meetup, starts: datetime, now: datetime) -> Occurrence:
    row = Occurrence(meetup_id=meetup.id, recurrence_id=starts, taken=0, own=[], revision=0, changed_at=now)
    row.meetup = meetup
    _at(row, starts, meetup.duration)
    _copy(row, meetup)
    return row


def _at(row: Occurrence, starts: datetime, duration: int) -> None:
    row.starts_at = to_utc(starts, row.meetup.zone)
    row.ends_at = row.starts_at + timedelta(minutes=duration)


def _copy(row: Occurrence, meetup: Meetup) -> None:
    place = meetup.place
    row.place_id, row.place = place.id, place
    row.cell6, row.cell7, row.cell8 = place.cell6, place.cell7, place.cell8
    row.kind, row.ages, row.capacity = meetup.kind, meetup.ages, meetup.capacity


def touch(meetup: Meetup, now: datetime) -> None:
    """Note a change of a series or of one of its dates, as calendars notice it (RFC 5545 SEQUENCE)."""
    meetup.sequence += 1
    meetup.changed_at = now


def _tell(row: Occurrence, kind: ChangeKind, now: datetime, **before: Any) -> None:
    row.changed_at = now
    db.session.add(Change(occurrence_id=row.id, kind=kind, before=before, created_at=now))


def _before(row: Occurrence) -> dict[str, str]:
    return {"starts": to_local(row.starts_at, row.meetup.zone).isoformat(), "place": row.place.name}


def _open(row: Occurrence, now: datetime) -> None:
    if row.cancelled_at:
        raise Problem("This date is cancelled already")
    if row.starts_at <= now:
        raise Problem("This date has begun")


def cancel_date(row: Occurrence, reason: str | None, now: datetime) -> None:
    """Cancel one date; raise Problem where it has begun or is cancelled."""
    _open(row, now)
    _cancel(row, reason, now)
    touch(row.meetup, now)


def _cancel(row: Occurrence, reason: str | None, now: datetime) -> None:
    row.cancelled_at, row.cancel_reason = now, reason or None
    row.revision += 1
    _tell(row, ChangeKind.CANCELLED, now, **_before(row))


def move_date(row: Occurrence, starts: datetime, now: datetime) -> None:
    """Move one date to another wall-clock start; its recurrence id stays. Raises Problem where it cannot be."""
    _open(row, now)
    if in_gap(starts, row.meetup.zone):
        raise Problem(IN_GAP, "time")
    if to_utc(starts, row.meetup.zone) <= now:
        raise Problem(PAST, "date")
    before = _before(row)
    length = int((row.ends_at - row.starts_at).total_seconds() // 60)
    _at(row, starts, length)
    row.own = sorted({*row.own, "starts"})
    row.revision += 1
    _tell(row, ChangeKind.MOVED, now, **before)
    touch(row.meetup, now)


def cancel_series(meetup: Meetup, reason: str | None, now: datetime) -> None:
    """Cancel every coming date of a meetup, and make no more; raise Problem where that was done."""
    if meetup.cancelled_at:
        raise Problem("This meetup is cancelled already")
    for row in _coming(meetup, now):
        if row.cancelled_at is None:
            _cancel(row, reason, now)
    meetup.cancelled_at, meetup.rolled_to = now, None
    touch(meetup, now)


def _coming(meetup: Meetup, now: datetime) -> list[Occurrence]:
    return [row for row in queries.all_dates(meetup) if row.starts_at > now]


def edit(meetup: Meetup, draft: Draft, now: datetime) -> Effect:
    """Change a whole meetup from now on and return what that does to its coming dates.

    A date keeps what it has changed for itself. Where days or time change, a coming date moves to the new
    instance nearest to it, and those that fit none are cancelled. Raises Problem as `host` does.
    """
    if meetup.cancelled_at:
        raise Problem("This meetup is cancelled")
    coming = _coming(meetup, now)
    before = {row.id: _before(row) for row in coming}
    retimed = not _same_times(meetup, draft)
    moved = draft.place.id != meetup.place_id
    roomier = draft.capacity != meetup.capacity
    starts = check_start(draft, now) if retimed else meetup.starts
    for name, value in _fields(draft, starts, now).items():
        setattr(meetup, name, value)
    for row in coming:
        _copy(row, meetup)
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
        retimed = before[row.id]["starts"] != _before(row)["starts"]
        if moved or retimed:
            row.revision += 1
            _tell(row, ChangeKind.MOVED, now, **before[row.id])
        if roomier:
            _tell(row, ChangeKind.ROOM, now)


def _retime(meetup: Meetup, coming: list[Occurrence], now: datetime) -> Effect:
    """Give the coming rows the new instances, cancel those that fit none, add the instances left over."""
    rule = rule_of(meetup)
    horizon = _horizon(meetup, now)
    past = {row.recurrence_id for row in queries.all_dates(meetup)} - {row.recurrence_id for row in coming}
    free = [start for start in expand(rule, meetup.starts, meetup.starts, horizon) if start not in past]
    matched = _match(coming, free)
    homeless = [row for row in coming if row.id not in matched and not row.cancelled_at]
    for row in homeless:
        _cancel(row, "The days have changed.", now)
    _renumber(meetup, [(row, matched[row.id]) for row in coming if row.id in matched])
    db.session.add_all(_occurrence(meetup, start, now) for start in free)
    _note_horizon(meetup, horizon)
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
            _at(row, starts, meetup.duration)
    db.session.flush()


def roll_forward(now: datetime, limit: int = 200) -> int:
    """Add the dates that have come within 26 weeks; return how many meetups were looked at."""
    due = (
        select(Meetup)
        .where(Meetup.rolled_to < (now + AHEAD - ROLL_EVERY).replace(tzinfo=None))
        .order_by(Meetup.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = list(db.session.scalars(due))
    for meetup in rows:
        _materialise(meetup, meetup.rolled_to or meetup.starts, now)
    return len(rows)
