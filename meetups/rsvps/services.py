"""Answering a date. The row of the date is locked, so that places never go to more families than there are."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from meetups.accounts import queries as accounts
from meetups.accounts.models import Kid, Member
from meetups.domain.capacity import Answer, decide, promotions
from meetups.domain.errors import Problem
from meetups.domain.zones import to_local
from meetups.events.models import Change, Occurrence
from meetups.extensions import db, lock_row
from meetups.mail.outbox import enqueue
from meetups.rsvps import queries
from meetups.rsvps.invitations import wanted
from meetups.rsvps.models import Rsvp


def answer(occurrence: Occurrence, member: Member, wanted: Answer, kids: Sequence[Kid], now: datetime) -> Rsvp:
    """Give a member's answer to a date and let in whoever waits for the place it frees.

    Going becomes waiting where it is full. Raises Problem for a date that has begun, is cancelled or is her own,
    and for kids who are not hers.
    """
    lock_row(Occurrence, occurrence.id)
    _refuse(occurrence, member, kids, now)
    # The host may just have made room: who waits for it comes before whoever answers now.
    promote(occurrence, now)
    row = _row(occurrence, member, now)
    current = Answer(row.answer) if row.answer else None
    decision = decide(wanted, current, occurrence.capacity, occurrence.taken)
    _write(row, decision.answer, current, now)
    row.kids = list(kids)
    row.answered(now)
    occurrence.taken += decision.delta
    db.session.flush()
    if decision.answer == Answer.GOING and current != Answer.GOING:
        _tell_in("youre_in", occurrence, member, now)
    if decision.delta < 0:
        promote(occurrence, now)
    return row


def _row(occurrence: Occurrence, member: Member, now: datetime) -> Rsvp:
    row = queries.afresh(occurrence, member)
    if row is None:
        row = Rsvp(occurrence=occurrence, member=member, created_at=now)
        db.session.add(row)
    return row


def refusal(occurrence: Occurrence, member: Member | None, now: datetime) -> str | None:
    """Return why a date takes no answer from a member, or from somebody new; None where it does."""
    if member is not None and occurrence.meetup.host_id == member.id:
        return "You host this, so you are counted in"
    if occurrence.cancelled_at:
        return "This date is cancelled"
    return "This date has begun" if occurrence.starts_at <= now else None


def _refuse(occurrence: Occurrence, member: Member, kids: Sequence[Kid], now: datetime) -> None:
    why = refusal(occurrence, member, now)
    if why:
        raise Problem(why)
    if any(kid.member_id != member.id for kid in kids):
        raise Problem("Choose among your own children", "kids")


def _write(row: Rsvp, new: Answer, current: Answer | None, now: datetime) -> None:
    if new == current:
        return
    row.answer, row.changed_at = new, now
    row.waiting_since = now if new == Answer.WAITING else None
    row.planned_at = None


def promote(occurrence: Occurrence, now: datetime) -> int:
    """Let in the families that have waited longest, as far as there is room, and tell them; return how many."""
    if occurrence.cancelled_at or occurrence.starts_at <= now:
        return 0
    free = promotions(occurrence.capacity, occurrence.taken, queries.waiting_count(occurrence))
    rows = queries.first_waiting(occurrence, free) if free else []
    for row in rows:
        _write(row, Answer.GOING, Answer.WAITING, now)
        row.answered(now)
        occurrence.taken += 1
        _tell_in("promoted", occurrence, row.member, now)
    db.session.flush()
    return len(rows)


def _tell_in(template: str, occurrence: Occurrence, member: Member, now: datetime) -> None:
    # The moment of her yes: the mail of a yes that she took back, even to give it again, is not sent.
    since = now.isoformat()
    tell(template, occurrence, member, now, stamp=since, since=since)


def tell(template: str, occurrence: Occurrence, member: Member, now: datetime, stamp: str, **data: Any) -> None:
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


def handle_changes(now: datetime, limit: int = 400) -> int:
    """Tell those who come of what hosts have changed and that is due: several changes of one date as one, and
    several dates of one meetup in one mail.

    Return how many dates it was about.
    """
    due = (
        select(Change.occurrence_id)
        .where(Change.handled_at.is_(None), Change.due <= now)
        .group_by(Change.occurrence_id)
        .order_by(func.min(Change.due))
        .limit(limit)
    )
    # With what is due goes all that has happened to the date since: it is told as it stands.
    unhandled = (
        select(Change)
        .where(Change.handled_at.is_(None), Change.occurrence_id.in_(list(db.session.scalars(due))))
        .order_by(Change.id)
        .with_for_update(skip_locked=True)
    )
    dates: dict[int, Occurrence] = {}
    for change in db.session.scalars(unhandled):
        dates[change.occurrence_id] = change.occurrence
        change.handled_at = now
    news: dict[tuple[int, int], list[Rsvp]] = defaultdict(list)
    # In one order, so that two workers never wait for each other's rows.
    for _, occurrence in sorted(dates.items()):
        for row in _handle(occurrence, now):
            news[row.member_id, occurrence.meetup_id].append(row)
    for rows in news.values():
        _tell_changes(rows, now)
    return len(dates)


def _handle(occurrence: Occurrence, now: datetime) -> list[Rsvp]:
    """Settle one changed date, and return the answers of those who have not heard how it stands."""
    lock_row(Occurrence, occurrence.id)
    rows = queries.touched(occurrence)
    for row in rows:
        # Reminders know a revision: they are queued anew.
        row.planned_at = None
    promote(occurrence, now)
    return [row for row in rows if not row.knows]


def _tell_changes(rows: list[Rsvp], now: datetime) -> None:
    # Of a whole series one mail; but an invitation is of one date, and her calendar needs each.
    together = [row for row in rows if not wanted(row)] if len(rows) > 1 else []
    for row in (row for row in rows if row not in together):
        template = "cancelled" if row.occurrence.cancelled_at else "changed"
        tell(template, row.occurrence, row.member, now, stamp=str(row.occurrence.revision), **_was(row))
    if together:
        _tell_together(together, now)
    for row in rows:
        row.tell(now)


def _tell_together(rows: list[Rsvp], now: datetime) -> None:
    first, member = rows[0].occurrence, rows[0].member
    dates = [{"occurrence": row.occurrence_id, "revision": row.occurrence.revision, **_was(row)} for row in rows]
    enqueue(
        "changes",
        member.email,
        {"member": member.id, "dates": dates},
        dedupe_key=f"changes:{first.id}:{member.id}:{first.revision}",
        due=now,
        now=now,
        not_after=max(row.occurrence.ends_at for row in rows),
    )


def _was(row: Rsvp) -> dict[str, Any]:
    # What counts is how the date stands now, against what she has heard of it last.
    occurrence = row.occurrence
    return {
        "starts": to_local(row.told_starts, occurrence.meetup.zone).isoformat(),
        "place": queries.place_name(row.told_place_id),
        "moved": (row.told_starts, row.told_place_id) != (occurrence.starts_at, occurrence.place_id),
        "off": row.told_off,
        "spot": row.told_spot != occurrence.spot,
    }


def settle_blocks(now: datetime, limit: int = 100) -> int:
    """Take back the answers that members who do not want to meet gave to each other's coming dates; return how
    many blocks were settled. Nobody is told of it, but whoever waits for the place."""
    blocks = accounts.unsettled_blocks(limit)
    for block in blocks:
        for row in queries.between(block.blocker_id, block.blocked_id, now):
            _withdraw(row, now)
        block.settled_at = now
    return len(blocks)


def _withdraw(row: Rsvp, now: datetime) -> None:
    occurrence = row.occurrence
    lock_row(Occurrence, occurrence.id)
    db.session.refresh(row, ["answer"])
    occurrence.taken -= row.answer == Answer.GOING
    _write(row, Answer.NOT_GOING, Answer(row.answer), now)
    db.session.flush()
    promote(occurrence, now)
