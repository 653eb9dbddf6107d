"""Reading answers: one's own, and of others only what the reader may see."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, not_, or_, select
from sqlalchemy.orm import contains_eager, selectinload

from meetups.accounts.models import Member
from meetups.accounts.queries import not_blocked
from meetups.domain.ages import AgeBand, band_seen, kids_words
from meetups.domain.zones import to_local
from meetups.events.dated import Dated
from meetups.events.hosts import date_open_to, hosted_by, open_to
from meetups.events.models import Meetup, Occurrence
from meetups.events.told import counts_families
from meetups.extensions import db, remembered
from meetups.places.models import Place
from meetups.rsvps.models import Rsvp
from meetups.rsvps.standing_queries import is_regular

# Whose answers a change of the date is told to.
CONCERNED = ("going", "maybe", "waiting", "offered")
_STANDS = "stands"


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


def answers_of(member: Member | None, occurrences: Sequence[Dated]) -> dict[int, str]:
    """Return only the answers themselves, by the date's id."""
    if member is None or not occurrences:
        return {}
    ids = [row.id for row in occurrences]
    query = select(Rsvp.occurrence_id, Rsvp.answer).where(Rsvp.member_id == member.id, Rsvp.occurrence_id.in_(ids))
    return {row.occurrence_id: row.answer for row in db.session.execute(query)}


def hidden_families(viewer: Member | None, occurrences: Sequence[Dated]) -> dict[int, int]:
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
        select(Rsvp, is_regular(Rsvp.member_id, Meetup).label("regular"), Place.zone)
        .join(Rsvp.member)
        .join(Place, Place.id == Rsvp.for_place_id)
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
    for row, regular, zone in db.session.execute(query):
        found[row.occurrence_id].append(
            Guest(row.member.first_name, _bands(row, zone), row.asked_again, regular, row.late_now)
        )
    return found


def guests(occurrence_id: int, viewer: Member | None) -> list[Guest]:
    """Return who comes to one date, likewise."""
    return guests_of([occurrence_id], viewer).get(occurrence_id, [])


def _bands(row: Rsvp, zone: str) -> tuple[AgeBand, ...]:
    # On the day that she answered to: whoever moves a date to and fro would learn where a child's band ends.
    day = to_local(row.for_starts, zone).date()
    return tuple(band_seen(kid.month, day) for kid in row.kids)


def bands_coming(occurrence: Occurrence, viewer: Member | None) -> list[tuple[AgeBand, ...]]:
    """Return for each family that comes the age bands of its children; past blocks."""
    return [guest.bands for guest in guests(occurrence.id, viewer)]


def afresh(occurrence: Occurrence, member: Member) -> Rsvp | None:
    """Return a member's answer as it is now that the date is locked: since her page read it, another tap may have
    changed it, and the session would go on believing what it read first."""
    return afresh_of(occurrence.id, member.id)


def afresh_of(occurrence_id: int, member_id: int) -> Rsvp | None:
    """Return it likewise, by the ids of the date and the member."""
    query = select(Rsvp).where(Rsvp.occurrence_id == occurrence_id, Rsvp.member_id == member_id)
    return db.session.scalar(query.execution_options(populate_existing=True))


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
    known, asked = remembered(_STANDS), [(date_id, member_id) for date_id in occurrence_ids]
    if not all(pair in known for pair in asked):
        return _standing(asked)
    found = [row for pair in asked if (row := known[pair])]
    return sorted(found, key=lambda row: (row.occurrence.starts_at, row.occurrence_id))


def remember_standing(asked: Collection[tuple[int, int]]) -> None:
    """Read the answers of many members at once, by the ids of date and member."""
    remembered(_STANDS).update(dict.fromkeys(asked))
    remembered(_STANDS).update({(row.occurrence_id, row.member_id): row for row in _standing(asked)})


def _standing(asked: Collection[tuple[int, int]]) -> list[Rsvp]:
    query = select(Rsvp).join(Rsvp.member).join(Rsvp.occurrence).join(Occurrence.meetup)
    query = query.where(
        Rsvp.occurrence_id.in_({date_id for date_id, _ in asked}),
        Rsvp.member_id.in_({member_id for _, member_id in asked}),
        date_open_to(Rsvp.member_id),
    )
    meetup = contains_eager(Occurrence.meetup).options(selectinload(Meetup.host), selectinload(Meetup.place))
    date = contains_eager(Rsvp.occurrence).options(meetup, selectinload(Occurrence.place))
    query = query.options(date, contains_eager(Rsvp.member)).order_by(Occurrence.starts_at, Occurrence.id)
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
