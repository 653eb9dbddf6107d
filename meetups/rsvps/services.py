"""Answering a date. The row of the date is locked, so that places never go to more families than there are."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update

from meetups.accounts import limits
from meetups.accounts import queries as accounts
from meetups.accounts.models import Kid, Member
from meetups.domain.capacity import Answer, Decision, Room, asks, decide, offered_until, promotions, room
from meetups.domain.errors import Problem
from meetups.domain.excuses import CHANGES_WITHIN, QUICK_CHANGES, Reason, may_be_late, settled
from meetups.domain.reminders import day_before
from meetups.domain.zones import to_local
from meetups.events.models import Change, ChangeKind, Meetup, Occurrence
from meetups.extensions import db, lock_row
from meetups.rsvps import host_news, invitations, line, queries, standing_queries
from meetups.rsvps.models import Rsvp
from meetups.rsvps.telling import tell

# Who has slipped on the button says yes again, and nothing is sent.
SECOND_THOUGHTS = timedelta(minutes=2)


def answer(
    occurrence: Occurrence,
    member: Member,
    wanted: Answer,
    kids: Sequence[Kid],
    now: datetime,
    replied: datetime | None = None,
    reason: Reason | None = None,
) -> Rsvp:
    """Give a member's answer to a date and let in whoever waits for the place it frees.

    `replied` is when her calendar program said so (UTC), where it was that; `reason` is why she cannot come. Going
    becomes waiting where it is full.
    Raises Problem for a date that has begun, is cancelled or is her own, and for kids who are not hers.
    """
    lock_row(Occurrence, occurrence.id)
    _refuse(occurrence, member, kids, now)
    # The host may just have made room: who waits for it comes before whoever answers now.
    promote(occurrence, now)
    row = _row(occurrence, member, now)
    current = Answer(row.answer) if row.answer else None
    # What she says herself her standing yes does not take back; nor was it an invitation until now.
    given, row.by_standing = row.by_standing, False
    invited = current == Answer.GOING and invitations.wanted(row)
    in_calendar = invited and not given
    asked = row.asked_again
    # Who has been let in, and says yes before she hears of it, needs the date for her calendar all the same.
    confirmed = current == Answer.GOING and row.told_in and not (invited and given)
    decision = _put(row, wanted, current, kids, now)
    row.replied_at, row.reason = replied or row.replied_at, _reason(row, reason)
    changes = asked or current not in (None, decision.answer)
    due = _due(row, now) if changes else now
    if decision.answer == Answer.GOING and not confirmed:
        _confirm("youre_in", row, now, due)
    elif decision.answer == Answer.NOT_GOING and in_calendar and not replied:
        _confirm("youre_out", row, now, max(due, now + SECOND_THOUGHTS))
    gave_up = current == Answer.GOING and decision.answer != Answer.GOING
    if gave_up or (changes and row.news_at):
        host_news.note(row, now, due)
    if decision.delta < 0:
        promote(occurrence, now)
    return row


def _reason(row: Rsvp, reason: Reason | None) -> str | None:
    # A second tap without one leaves what she has said.
    return reason or row.reason if row.answer == Answer.NOT_GOING else None


def _due(row: Rsvp, now: datetime) -> datetime:
    # Whoever has got hold of her link, or she herself, must not fill a mailbox by tapping to and fro: hers or the
    # host's. Her answer counts at once all the same, and the page says so.
    key = f"answer:{row.occurrence_id}:{row.member_id}"
    quick = limits.allow(key, QUICK_CHANGES, CHANGES_WITHIN, now)
    return now if quick else settled(row.occurrence.starts_at, now)


def say_late(occurrence: Occurrence, member: Member, minutes: int | None, now: datetime) -> None:
    """Note how many minutes late a member who comes is, None for on time; raise Problem where she cannot say so."""
    lock_row(Occurrence, occurrence.id)
    row = queries.afresh(occurrence, member)
    if row is None or row.answer != Answer.GOING or occurrence.cancelled_at:
        raise Problem("Only who comes can be late")
    if not may_be_late(occurrence.starts_at, occurrence.ends_at, now):
        raise Problem("From three hours before you can say that you are late")
    if row.late != minutes:
        row.late = minutes
        host_news.note(row, now, _due(row, now))


def answer_for(
    occurrence: Occurrence, member: Member, kids: Sequence[Kid], now: datetime, *, told: bool = False
) -> None:
    """Give the yes of a member who comes every time to a date that she has not answered herself; others stay.

    Unless another mail has `told` her of it, she hears of a date put in so late that no reminder would name it.
    """
    lock_row(Occurrence, occurrence.id)
    found = queries.afresh(occurrence, member)
    if refusal(occurrence, member, now) or (found and not found.skipped):
        return
    promote(occurrence, now)
    row = _row(occurrence, member, now)
    row.by_standing = True
    decision = _put(row, Answer.GOING, Answer.NOT_GOING if found else None, kids, now)
    if row.news_at:
        host_news.note(row, now, _due(row, now))
    local = to_local(occurrence.starts_at, occurrence.meetup.zone)
    soon = day_before(local, occurrence.meetup.zone) <= now
    if decision.answer == Answer.GOING and soon and not told:
        _confirm("youre_in", row, now, now)


def _put(row: Rsvp, wanted: Answer, current: Answer | None, kids: Sequence[Kid], now: datetime) -> Decision:
    decision = decide(wanted, current, row.occurrence.capacity, row.occurrence.taken)
    _write(row, decision.answer, current, now)
    row.kids, row.offered_until = list(kids), None
    if not current == decision.answer == Answer.GOING or row.asked_again:
        row.late = None
    row.answered(now)
    row.occurrence.taken += decision.delta
    db.session.flush()
    return decision


def take_back(rows: Sequence[Rsvp], now: datetime, *, pauses: bool = False) -> None:
    """Take back answers that a standing yes gave, as if they had not been given, and let in whoever waits.

    Of what is so near that the host must hear of it, a no stays; where it only `pauses`, that is the standing yes's
    own, which gives its yes again when she is back.
    """
    for row in sorted(rows, key=lambda row: row.occurrence_id):
        lock_row(Occurrence, row.occurrence_id)
        found = queries.afresh(row.occurrence, row.member)
        if found is None or not found.by_standing:
            continue
        date = row.occurrence
        if host_news.hears(date, now) and not refusal(date, row.member, now):
            if not found.skipped:
                answer(date, row.member, Answer.NOT_GOING, found.kids, now)
            found.by_standing, found.no_miss = pauses, True
            continue
        date.taken -= Answer(found.answer).holds
        db.session.delete(found)
        db.session.flush()
        promote(date, now)


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
    if new != Answer.OFFERED:
        row.waiting_since = now if new == Answer.WAITING else None
    row.planned_at = None
    if new in (Answer.GOING, Answer.WAITING, Answer.OFFERED):
        row.no_miss = new != Answer.GOING


def promote(occurrence: Occurrence, now: datetime) -> list[Rsvp]:
    """Let in the families that have waited longest, as far as there is room, and tell them; return their answers.

    Shortly before it begins they are offered a place instead, which is held for each until she says.
    """
    if occurrence.cancelled_at or occurrence.starts_at <= now or not _has_room(occurrence):
        return []
    waiting = line.all_waiting(occurrence)
    if not waiting:
        return []
    asking = asks(occurrence.starts_at, now)
    in_line = line.waiting_count(occurrence, asking)
    free = promotions(occurrence.capacity, occurrence.taken, in_line)
    rows = line.first_waiting(occurrence, free, asking) if free else []
    for row in rows:
        occurrence.taken += 1
        (_offer if asking else _let_in)(row, now)
    db.session.flush()
    if _has_room(occurrence) and in_line < waiting and line.kept_out(occurrence):
        # A block that the worker has not seen yet may be taken back before it does: then the place is hers.
        db.session.add(Change(occurrence_id=occurrence.id, kind=ChangeKind.ROOM, created_at=now, due=now))
    return rows


def _has_room(occurrence: Occurrence) -> bool:
    return room(occurrence.capacity, occurrence.taken) != Room.NO


def _let_in(row: Rsvp, now: datetime) -> None:
    _write(row, Answer.GOING, Answer.WAITING, now)
    # She waits for the time and place that she knows of: of another one she is asked again.
    row.for_starts, row.for_place_id = row.told_starts, row.told_place_id
    row.offered_until = None
    tell("promoted", row.occurrence, row.member, now, stamp=now.isoformat())


def _offer(row: Rsvp, now: datetime) -> None:
    _write(row, Answer.OFFERED, Answer.WAITING, now)
    # So long it is kept at least: from when the mail has left it is as long anew (`offers`).
    row.offered_until, row.offer_told = offered_until(row.occurrence.starts_at, now), False
    _confirm("offered", row, now, now)


def expire_offers(now: datetime, limit: int = 100) -> int:
    """Offer the places that nobody has taken in time to whoever waits next; return how many offers were over.

    Who let one pass goes on waiting, but is not asked again so shortly before; whom its mail has not reached keeps
    her place in the line, and is asked again once all others have been. A worker's step.
    """
    found = line.offers_over(now, limit)
    for occurrence_id, member_id in found:
        lock_row(Occurrence, occurrence_id)
        row = queries.afresh_of(occurrence_id, member_id)
        # She may just have answered.
        if row and row.answer == Answer.OFFERED:
            row.occurrence.taken -= 1
            since = row.waiting_since
            _write(row, Answer.WAITING, Answer.OFFERED, now)
            row.waiting_since = row.waiting_since if row.offer_told else since or now
            db.session.flush()
            promote(row.occurrence, now)
    return len(found)


def _confirm(template: str, row: Rsvp, now: datetime, due: datetime) -> None:
    # The moment of her answer: the mail of one that she took back, even to give it again, is not sent.
    since = row.changed_at.isoformat()
    tell(template, row.occurrence, row.member, now, stamp=since, due=due, since=since)


def settle_blocks(now: datetime, limit: int = 100) -> int:
    """Take back the answers that members who do not want to meet gave to each other's coming dates; return how
    many blocks were settled. Nobody is told of it, but whoever waits for the place."""
    blocks = accounts.unsettled_blocks(limit)
    # In the order in which answering for regulars locks: what they have said first, then the dates.
    for standing in standing_queries.between([(block.blocker_id, block.blocked_id) for block in blocks]):
        standing.ended_at = now
    for block in blocks:
        for row in queries.between(block.blocker_id, block.blocked_id, now):
            withdraw(row, now)
        block.settled_at = now
    return len(blocks)


def forget_reasons(meetup: Meetup) -> None:
    """Forget why families cannot come to a meetup's dates: they told it to who hosted, not to who does from now on."""
    dates = select(Occurrence.id).where(Occurrence.meetup_id == meetup.id)
    told = Rsvp.occurrence_id.in_(dates), Rsvp.reason.is_not(None)
    db.session.execute(
        update(Rsvp).where(*told).values(reason=None), execution_options={"synchronize_session": "fetch"}
    )


def withdraw(row: Rsvp, now: datetime) -> None:
    """Take a member's answer back for her, and let in whoever waits for the place; she is not told."""
    occurrence = row.occurrence
    lock_row(Occurrence, occurrence.id)
    db.session.refresh(row, ["answer"])
    occurrence.taken -= Answer(row.answer).holds
    _write(row, Answer.NOT_GOING, Answer(row.answer), now)
    row.no_miss = True
    db.session.flush()
    promote(occurrence, now)
