"""Reading answers: one's own, and of others only what the reader may see."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select, true
from sqlalchemy.orm import contains_eager, selectinload

from meetups.accounts.models import Member
from meetups.accounts.queries import not_blocked
from meetups.domain.ages import AgeBand, band_at, kids_words
from meetups.domain.zones import to_local
from meetups.events.hosts import date_open_to, hosted_by, open_to
from meetups.events.models import Meetup, Occurrence
from meetups.events.told import counts_families
from meetups.extensions import db
from meetups.mail.models import MailState, OutboxMail
from meetups.places.models import Place
from meetups.rsvps.models import Rsvp
from meetups.rsvps.standing_queries import is_regular

# Whose answers a change of the date is told to.
CONCERNED = ("going", "maybe", "waiting", "offered")


@dataclass(frozen=True, slots=True)
class Guest:
    """A family that comes: a first name and the ages of the children, never more."""

    first_name: str
    bands: tuple[AgeBand, ...]
    # The date has moved since she said so, and she has not answered again.
    asked: bool = False
    # She comes every time.
    regular: bool = False
    # How many minutes late she is.
    late: int | None = None

    @property
    def words(self) -> str:
        """The children in words."""
        return kids_words(self.bands)


def answer_of(member: Member | None, occurrences: Sequence[Occurrence]) -> dict[int, Rsvp]:
    """Return a member's answers, with the kids she brings, by the date's id."""
    if member is None or not occurrences:
        return {}
    ids = [row.id for row in occurrences]
    query = select(Rsvp).where(Rsvp.member_id == member.id, Rsvp.occurrence_id.in_(ids))
    rows = db.session.scalars(query.options(selectinload(Rsvp.kids)))
    return {row.occurrence_id: row for row in rows}


def answers_of(member: Member | None, occurrences: Sequence[Occurrence]) -> dict[int, str]:
    """Return only the answers themselves, by the date's id."""
    if member is None or not occurrences:
        return {}
    ids = [row.id for row in occurrences]
    query = select(Rsvp.occurrence_id, Rsvp.answer).where(Rsvp.member_id == member.id, Rsvp.occurrence_id.in_(ids))
    return {row.occurrence_id: row.answer for row in db.session.execute(query)}


def hidden_families(viewer: Member | None, occurrences: Sequence[Occurrence]) -> dict[int, int]:
    """Return how many of the taken places a viewer does not know of as families that go, by the date's id: a block
    stands between, or the place is only offered."""
    if viewer is None or not occurrences:
        return {}
    query = select(Rsvp.occurrence_id, func.count(Rsvp.id).label("families")).where(
        Rsvp.occurrence_id.in_([row.id for row in occurrences]),
        or_(
            Rsvp.answer == "offered",
            and_(Rsvp.answer == "going", not_(not_blocked(viewer, Rsvp.member_id))),
        ),
    )
    return {row.occurrence_id: row.families for row in db.session.execute(query.group_by(Rsvp.occurrence_id))}


def guests_of(occurrence_ids: Sequence[int], viewer: Member | None) -> dict[int, list[Guest]]:
    """Return who comes to each date, past blocks, in the order they said so. Visibility is the caller's to ask."""
    if not occurrence_ids:
        return {}
    query = (
        select(Rsvp, is_regular(Rsvp.member_id, Meetup).label("regular"))
        .join(Rsvp.member)
        .join(Rsvp.occurrence)
        .join(Occurrence.meetup)
        .where(
            Rsvp.occurrence_id.in_(occurrence_ids),
            Rsvp.answer == "going",
            not_blocked(viewer, Rsvp.member_id),
        )
        .options(
            contains_eager(Rsvp.member),
            contains_eager(Rsvp.occurrence).contains_eager(Occurrence.meetup),
            selectinload(Rsvp.kids),
        )
        .order_by(Rsvp.created_at, Rsvp.id)
    )
    found: dict[int, list[Guest]] = defaultdict(list)
    for row, regular in db.session.execute(query):
        found[row.occurrence_id].append(
            Guest(row.member.first_name, _bands(row), row.asked_again, regular, row.late_now)
        )
    return found


def guests(occurrence_id: int, viewer: Member | None) -> list[Guest]:
    """Return who comes to one date, likewise."""
    return guests_of([occurrence_id], viewer).get(occurrence_id, [])


def _bands(row: Rsvp) -> tuple[AgeBand, ...]:
    day = to_local(row.occurrence.starts_at, row.occurrence.meetup.zone).date()
    return tuple(band_at(kid.month, day) for kid in row.kids)


def bands_coming(occurrence: Occurrence, viewer: Member | None) -> list[int]:
    """Return for each family that comes the age bands of its children, as bits; past blocks."""
    return [sum(set(guest.bands)) for guest in guests(occurrence.id, viewer)]


def afresh(occurrence: Occurrence, member: Member) -> Rsvp | None:
    """Return a member's answer as it is now that the date is locked: since her page read it, another tap may have
    changed it, and the session would go on believing what it read first."""
    return afresh_of(occurrence.id, member.id)


def afresh_of(occurrence_id: int, member_id: int) -> Rsvp | None:
    """Return it likewise, by the ids of the date and the member."""
    query = select(Rsvp).where(Rsvp.occurrence_id == occurrence_id, Rsvp.member_id == member_id)
    return db.session.scalar(query.execution_options(populate_existing=True))


def waiting_count(occurrence: Occurrence, asking: bool = False) -> int:
    """Return how many families wait for a place; where they are `asking`, those who have let one pass do not count.

    Whom the mail never reached has let none pass.
    """
    return db.session.scalar(select(func.count(Rsvp.id)).where(*_in_line(occurrence, asking))) or 0


def kept_out(occurrence: Occurrence) -> int:
    """Return how many families wait for a place and are passed over for a block with a host."""
    waiting = Rsvp.occurrence_id == occurrence.id, Rsvp.answer == "waiting"
    query = select(func.count(Rsvp.id)).where(*waiting, ~open_to(Rsvp.member_id, occurrence.meetup))
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


def _in_line(occurrence: Occurrence, asking: bool = False) -> tuple[ColumnElement[bool], ...]:
    # A place must not go to a family that may not even see the meetup.
    seen = open_to(Rsvp.member_id, occurrence.meetup)
    able = or_(Rsvp.offered_until.is_(None), not_(Rsvp.offer_told)) if asking else true()
    return Rsvp.occurrence_id == occurrence.id, Rsvp.answer == "waiting", seen, able


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


def news_for_host(occurrence: Occurrence) -> list[Rsvp]:
    """Return who gave up her place or said how late she is shortly before a date, past blocks with its host."""
    query = (
        select(Rsvp)
        .where(
            Rsvp.occurrence_id == occurrence.id,
            Rsvp.news_at.is_not(None),
            Rsvp.member_id != occurrence.meetup.host_id,
            open_to(Rsvp.member_id, occurrence.meetup),
        )
        .options(selectinload(Rsvp.member))
        .order_by(Rsvp.news_at, Rsvp.id)
    )
    return list(db.session.scalars(query))


def excused(occurrence: Occurrence) -> list[tuple[str, str | None]]:
    """Return who said of late, or with a reason, that she cannot come: first name and reason. It is for those who host
    a date that is not over; nobody is shown later who was not there."""
    query = (
        select(Member.first_name, Rsvp.reason)
        .join(Member, Member.id == Rsvp.member_id)
        .where(
            Rsvp.occurrence_id == occurrence.id,
            Rsvp.answer == "not_going",
            or_(Rsvp.reason.is_not(None), Rsvp.news_at.is_not(None)),
            open_to(Rsvp.member_id, occurrence.meetup),
        )
        .order_by(Rsvp.changed_at, Rsvp.id)
    )
    return [(row.first_name, row.reason) for row in db.session.execute(query)]


def touched(occurrence: Occurrence) -> list[Rsvp]:
    """Return the answers of everybody who must be told of a change, past blocks with the host."""
    query = (
        select(Rsvp)
        .join(Rsvp.member)
        .where(
            Rsvp.occurrence_id == occurrence.id,
            Rsvp.answer.in_(CONCERNED),
            open_to(Rsvp.member_id, occurrence.meetup),
        )
        .options(contains_eager(Rsvp.member))
        .order_by(Rsvp.id)
    )
    return list(db.session.scalars(query))


@counts_families
def families_of(occurrence_ids: Sequence[int], since: datetime | None) -> int:
    """Return how many families have said going, maybe or waiting to any of some dates, or have said so since; past
    blocks with the host, as `touched` tells them."""
    query = (
        select(func.count(Rsvp.member_id.distinct()))
        .join(Rsvp.occurrence)
        .join(Occurrence.meetup)
        .where(
            Rsvp.occurrence_id.in_(occurrence_ids),
            Rsvp.answer.in_(CONCERNED),
            open_to(Rsvp.member_id),
        )
    )
    return db.session.scalar(query.where(Rsvp.changed_at >= since) if since else query) or 0


def place_name(place_id: int) -> str:
    """Return what a place is called."""
    return db.session.get_one(Place, place_id).name


def standing(occurrence_id: int, member_id: int) -> Rsvp | None:
    """Return a member's answer to a date with all that a mail needs, past a block with the host."""
    return next(iter(all_standing([occurrence_id], member_id)), None)


def all_standing(occurrence_ids: Sequence[int], member_id: int) -> list[Rsvp]:
    """Return a member's answers to some dates likewise, the first date first."""
    query = (
        select(Rsvp)
        .join(Rsvp.member)
        .join(Rsvp.occurrence)
        .join(Occurrence.meetup)
        .where(
            Rsvp.occurrence_id.in_(occurrence_ids),
            Rsvp.member_id == member_id,
            date_open_to(Rsvp.member_id),
        )
        .options(
            contains_eager(Rsvp.occurrence).options(
                contains_eager(Occurrence.meetup).options(selectinload(Meetup.host), selectinload(Meetup.place)),
                selectinload(Occurrence.place),
            ),
            contains_eager(Rsvp.member),
        )
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    return list(db.session.scalars(query))


def between(one: int, other: int, now: datetime) -> list[Rsvp]:
    """Return the answers that two members gave to each other's coming dates."""
    query = (
        select(Rsvp)
        .join(Rsvp.occurrence)
        .join(Occurrence.meetup)
        .where(
            or_(
                and_(or_(hosted_by(one), Occurrence.held_by_id == one), Rsvp.member_id == other),
                and_(or_(hosted_by(other), Occurrence.held_by_id == other), Rsvp.member_id == one),
            ),
            Rsvp.answer != "not_going",
            Occurrence.starts_at > now,
        )
        .options(contains_eager(Rsvp.occurrence).contains_eager(Occurrence.meetup))
        .order_by(Rsvp.occurrence_id)
    )
    return list(db.session.scalars(query))
