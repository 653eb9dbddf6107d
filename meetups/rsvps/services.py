"""Answering a date. The row of the date is locked, so that places never go to more families than there are."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from meetups.accounts.models import Kid, Member
from meetups.domain.capacity import Answer, decide, promotions
from meetups.domain.errors import Problem
from meetups.events.models import Change, ChangeKind, Occurrence
from meetups.extensions import db
from meetups.mail.outbox import enqueue
from meetups.rsvps import queries
from meetups.rsvps.models import Rsvp


def answer(
    occurrence: Occurrence, member: Member, wanted: Answer, kids: Sequence[Kid], adults: int, now: datetime
) -> Rsvp:
    """Give a member's answer to a date and let in whoever waits for the place it frees.

    Going becomes waiting where it is full. Raises Problem for a date that has begun, is cancelled or is her own.
    """
    _lock(occurrence)
    _refuse(occurrence, member, now)
    row = db.session.scalar(select(Rsvp).where(Rsvp.occurrence_id == occurrence.id, Rsvp.member_id == member.id))
    current = Answer(row.answer) if row else None
    decision = decide(wanted, current, occurrence.capacity, occurrence.taken)
    if row is None:
        row = Rsvp(occurrence_id=occurrence.id, member_id=member.id, created_at=now)
        db.session.add(row)
    _write(row, decision.answer, current, now)
    row.kids, row.adults = list(kids), adults
    occurrence.taken += decision.delta
    db.session.flush()
    if decision.answer == Answer.GOING and current != Answer.GOING:
        tell("youre_in", occurrence, member, now, stamp=f"{now.timestamp():.0f}")
    if decision.delta < 0:
        promote(occurrence, now)
    return row


def _lock(occurrence: Occurrence) -> None:
    # On SQLite the transaction is the only writer already; both read the row afresh.
    locked = select(Occurrence).where(Occurrence.id == occurrence.id).with_for_update()
    # Only a row that is fetched overwrites what the session remembers of it.
    db.session.scalars(locked, execution_options={"populate_existing": True}).one()


def _refuse(occurrence: Occurrence, member: Member, now: datetime) -> None:
    if occurrence.meetup.host_id == member.id:
        raise Problem("You host this, so you are counted in")
    if occurrence.cancelled_at:
        raise Problem("This date is cancelled")
    if occurrence.starts_at <= now:
        raise Problem("This date has begun")


def _write(row: Rsvp, new: Answer, current: Answer | None, now: datetime) -> None:
    if new == current:
        return
    row.answer, row.changed_at = new, now
    row.waiting_since = now if new == Answer.WAITING else None
    row.planned_at = None


def promote(occurrence: Occurrence, now: datetime) -> int:
    """Let in the families that have waited longest, as far as there is room, and tell them; return how many."""
    waiting = queries.waiting_count(occurrence.id)
    free = 0 if occurrence.cancelled_at or occurrence.starts_at <= now else waiting
    rows = queries.first_waiting(occurrence.id, promotions(occurrence.capacity, occurrence.taken, free))
    for row in rows:
        _write(row, Answer.GOING, Answer.WAITING, now)
        occurrence.taken += 1
        tell("promoted", occurrence, row.member, now, stamp=f"{now.timestamp():.0f}")
    db.session.flush()
    return len(rows)


def tell(template: str, occurrence: Occurrence, member: Member, now: datetime, stamp: str, **data: str) -> None:
    """Queue one mail about a date to one member; the same `stamp` never twice."""
    enqueue(
        template,
        member.email,
        {"occurrence": occurrence.id, "member": member.id, "revision": occurrence.revision, **data},
        dedupe_key=f"{template}:{occurrence.id}:{member.id}:{stamp}",
        due=now,
        now=now,
        not_after=occurrence.ends_at,
    )


def handle_changes(now: datetime, limit: int = 100) -> int:
    """Tell those who come of what hosts have changed, several changes of one date as one; return how many dates."""
    unhandled = (
        select(Change)
        .where(Change.handled_at.is_(None))
        .order_by(Change.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    by_date: dict[int, list[Change]] = {}
    for change in db.session.scalars(unhandled):
        by_date.setdefault(change.occurrence_id, []).append(change)
        change.handled_at = now
    for changes in by_date.values():
        _handle(changes, now)
    return len(by_date)


def _handle(changes: list[Change], now: datetime) -> None:
    occurrence = changes[0].occurrence
    _lock(occurrence)
    kinds = {change.kind for change in changes}
    if ChangeKind.CANCELLED in kinds:
        _tell_all("cancelled", occurrence, changes[0], now)
    elif ChangeKind.MOVED in kinds:
        _tell_all("changed", occurrence, next(change for change in changes if change.kind == ChangeKind.MOVED), now)
    if ChangeKind.ROOM in kinds:
        promote(occurrence, now)


def _tell_all(template: str, occurrence: Occurrence, oldest: Change, now: datetime) -> None:
    for row in queries.touched(occurrence.id):
        row.planned_at = None
        tell(template, occurrence, row.member, now, stamp=str(occurrence.revision), **oldest.before)
