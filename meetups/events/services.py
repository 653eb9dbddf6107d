"""What a host does: post, edit, move or cancel a date, cancel everything. Facts for those who come are Change rows."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from meetups.accounts.models import Member
from meetups.domain.errors import Problem
from meetups.events import queries
from meetups.events.beginnings import begins
from meetups.events.dates import (
    AHEAD,
    Draft,
    cancel_row,
    check_reach,
    check_start,
    check_wall,
    coming_dates,
    facts_of,
    fields_of,
    length_of,
    lock,
    materialise,
    moved,
    put_at,
    refuse_closed,
    series_of,
    touch,
)  # fmt: skip
from meetups.events.models import Meetup, Occurrence
from meetups.events.welcome import confirm_soon
from meetups.extensions import db

ROLL_EVERY = timedelta(days=1)
MOST_ACTIVE = 20


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
    meetup = Meetup(host_id=member.id, form_key=form_key, created_at=now, sequence=0, **fields_of(draft, starts, now))
    try:
        with db.session.begin_nested():
            db.session.add(meetup)
    except IntegrityError:
        # Two taps in the same instant: the other one has posted it.
        other = queries.by_form_key(member, form_key) if form_key else None
        if other is None:
            raise
        return other
    materialise(meetup, starts, now)
    begins(meetup, now)
    confirm_soon(meetup, member, now)
    return meetup


def cancel_date(row: Occurrence, reason: str | None, now: datetime) -> None:
    """Cancel one date; raise Problem where it has begun or is cancelled."""
    refuse_closed(row, now)
    cancel_row(row, reason, now)
    row.own = sorted({*row.own, "cancelled"})
    touch(row.meetup, now)


def move_date(row: Occurrence, starts: datetime, now: datetime) -> None:
    """Move one date to another wall-clock start; its recurrence id stays. Raises Problem where it cannot be."""
    refuse_closed(row, now)
    check_reach(starts, None, now)
    check_wall(starts, row.meetup.zone, now)
    was = facts_of(row)
    put_at(row, starts, length_of(row))
    if row.meetup.rule or "extra" in row.own:
        row.own = sorted({*row.own, "starts"})
    else:
        # There is no series that this date could differ from.
        row.meetup.starts = starts
    moved(row, now, was)
    touch(row.meetup, now)


def cancel_series(meetup: Meetup, reason: str | None, now: datetime) -> None:
    """Cancel every coming date of a meetup, also of the parts it was split into, and make no more.

    Raises Problem where that was done or none comes.
    """
    lock(meetup)
    if meetup.cancelled_at:
        raise Problem("This meetup is cancelled already")
    parts = [(part, coming_dates(part, now)) for part in series_of(meetup) if not part.cancelled_at]
    if not any(coming for _, coming in parts):
        raise Problem("Every date of this meetup is over")
    for part, coming in parts:
        if coming:
            _cancel_part(part, coming, reason, now)


def _cancel_part(meetup: Meetup, coming: list[Occurrence], reason: str | None, now: datetime) -> None:
    for row in coming:
        if row.cancelled_at is None:
            cancel_row(row, reason, now)
    meetup.cancelled_at, meetup.rolled_to = now, None
    touch(meetup, now)


def roll_forward(now: datetime, limit: int = 200) -> int:
    """Add the dates that have come within 26 weeks; return how many meetups were looked at."""
    due = (
        select(Meetup)
        .where(Meetup.resting_at.is_(None), Meetup.rolled_to < (now + AHEAD - ROLL_EVERY).replace(tzinfo=None))
        .options(joinedload(Meetup.place, innerjoin=True))
        # Along the index: those that were rolled on are behind.
        .order_by(Meetup.rolled_to, Meetup.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Meetup)
    )
    rows = list(db.session.scalars(due))
    for meetup in rows:
        materialise(meetup, meetup.rolled_to or meetup.starts, now)
    return len(rows)
