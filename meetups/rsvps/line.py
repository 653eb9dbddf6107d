"""The line of those who wait for a place: how long it is, who is next, and whose offer has run out."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, not_, or_, select, true
from sqlalchemy.orm import selectinload

from meetups.accounts.models import Member
from meetups.events.hosts import open_to
from meetups.events.models import Occurrence
from meetups.extensions import db
from meetups.mail.models import MailState, OutboxMail
from meetups.rsvps.models import Rsvp


def waiting_count(occurrence: Occurrence, asking: bool = False) -> int:
    """Return how many families wait for a place; where they are `asking`, those who have let one pass do not count.

    Whom the mail never reached has let none pass.
    """
    return db.session.scalar(select(func.count(Rsvp.id)).where(*_in_line(occurrence, asking))) or 0


def all_waiting(occurrence: Occurrence) -> int:
    """Return how many families wait for a place, those who are passed over too. Nearly always nobody does."""
    return db.session.scalar(select(func.count(Rsvp.id)).where(*_waiting(occurrence))) or 0


def kept_out(occurrence: Occurrence) -> int:
    """Return how many families wait for a place and are passed over for a block with a host."""
    query = select(func.count(Rsvp.id)).where(*_waiting(occurrence), ~open_to(Rsvp.member_id, occurrence.meetup))
    return db.session.scalar(query) or 0


def place_in_line(row: Rsvp) -> int:
    """Return how many families get a free place no later than this one."""
    earlier = (Rsvp.waiting_since < row.waiting_since) | (
        (Rsvp.waiting_since == row.waiting_since) & (Rsvp.id <= row.id)
    )
    return db.session.scalar(select(func.count(Rsvp.id)).where(*_in_line(row.occurrence), earlier)) or 1


def first_waiting(occurrence: Occurrence, limit: int, asking: bool = False) -> list[Rsvp]:
    """Return the families next in line likewise, afresh. A block between two of them is none of the line's business.

    Where they are `asking`, whoever could not be asked comes after all who have not been tried, so that an address
    that takes no mail holds up nobody.
    """
    tried = (Rsvp.offered_until.is_not(None), Rsvp.offered_until) if asking else ()
    query = (
        select(Rsvp)
        .where(*_in_line(occurrence, asking))
        .options(selectinload(Rsvp.member))
        .order_by(*tried, Rsvp.waiting_since, Rsvp.id)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))


def _waiting(occurrence: Occurrence) -> tuple[ColumnElement[bool], ...]:
    return Rsvp.occurrence_id == occurrence.id, Rsvp.answer == "waiting"


def _in_line(occurrence: Occurrence, asking: bool = False) -> tuple[ColumnElement[bool], ...]:
    # A place must not go to a family that may not even see the meetup.
    seen = open_to(Rsvp.member_id, occurrence.meetup)
    able = or_(Rsvp.offered_until.is_(None), not_(Rsvp.offer_told)) if asking else true()
    return *_waiting(occurrence), seen, able


def offers_over(now: datetime, limit: int) -> list[tuple[int, int]]:
    """Return the offers that nobody has taken in time, as (date's id, member's id), in the order of locking.

    One whose mail a worker has in hand is not among them: it may have left.
    """
    in_hand = exists().where(
        OutboxMail.rcpt == Member.email, OutboxMail.template == "offered", OutboxMail.state == MailState.SENDING
    )
    over = Rsvp.answer == "offered", Rsvp.offered_until <= now, or_(Rsvp.offer_told, ~in_hand)
    query = select(Rsvp.occurrence_id, Rsvp.member_id).join(Rsvp.member).where(*over)
    found = db.session.execute(query.order_by(Rsvp.occurrence_id, Rsvp.id).limit(limit))
    return [(row.occurrence_id, row.member_id) for row in found]
