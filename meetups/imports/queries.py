"""Reading calendars and their events, and finding the places they speak of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, literal, or_, select
from sqlalchemy.orm import joinedload

from meetups.accounts.models import Member
from meetups.domain.nearness import Point, metres
from meetups.domain.text import search_key
from meetups.events.dates import series_of
from meetups.events.models import Meetup, Occurrence
from meetups.extensions import db
from meetups.imports.models import Calendar, CalendarEvent
from meetups.places import queries as places
from meetups.places.models import Place

# As near as this to a point, the place is the one meant.
AT_THE_POINT = 150  # metres
# A shorter name ("Oak Park") inside an address may be a street's or a town's.
SHORTEST_INSIDE = 6
NAME_LETTERS = 120


def of_member(member: Member) -> list[Calendar]:
    """Return a member's calendars, the newest first."""
    query = select(Calendar).where(Calendar.member_id == member.id).options(joinedload(Calendar.place))
    return list(db.session.scalars(query.order_by(Calendar.id.desc())))


def own(member: Member, public_id: str) -> Calendar | None:
    """Return one of a member's calendars."""
    query = select(Calendar).where(Calendar.member_id == member.id, Calendar.public_id == public_id)
    return db.session.scalar(query.options(joinedload(Calendar.place)))


def locked(calendar_id: int) -> Calendar | None:
    """Return a calendar and keep every other reader of it waiting until this transaction ends; None once removed."""
    query = select(Calendar).where(Calendar.id == calendar_id).with_for_update()
    return db.session.scalar(query, execution_options={"populate_existing": True})


def events_of(calendar: Calendar) -> dict[tuple[str, str], CalendarEvent]:
    """Return what a calendar has brought, by (UID, recurrence id)."""
    query = select(CalendarEvent).where(CalendarEvent.calendar_id == calendar.id)
    whole = joinedload(CalendarEvent.meetup).joinedload(Meetup.place)
    return {(row.uid, row.recurrence_id): row for row in db.session.scalars(query.options(whole))}


@dataclass(frozen=True, slots=True)
class Date:
    """One date as far as a calendar may change it."""

    starts_at: datetime
    off: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is of all that a calendar has brought. A series is named by the id of its first part.

    `split` are the series that their hosts have split, `coming` those with dates to come, cancelled ones among them;
    `dates` are found by series and recurrence id.
    """

    split: frozenset[int]
    coming: frozenset[int]
    dates: dict[tuple[int, datetime], Date]


def root_of(meetup: Meetup) -> int:
    """Return the id of the first part of a meetup's series; of most meetups, its own."""
    return meetup.series_id or meetup.id


def standing(calendar: Calendar, now: datetime, late: Sequence[datetime]) -> Standing:
    """Return what there is of a calendar's meetups and their coming dates, and those of `late` recurrence ids.

    For hundreds of meetups it takes as many queries as for one: two.
    """
    root = func.coalesce(Meetup.series_id, Meetup.id)
    brought = select(root).join(CalendarEvent, CalendarEvent.meetup_id == Meetup.id)
    brought = brought.where(CalendarEvent.calendar_id == calendar.id)
    split = db.session.scalars(select(Meetup.series_id).where(Meetup.series_id.in_(brought)).distinct())
    dates = (
        select(root, Occurrence.recurrence_id, Occurrence.starts_at, Occurrence.cancelled_at)
        .join(Occurrence, Occurrence.meetup_id == Meetup.id)
        .where(root.in_(brought), or_(Occurrence.starts_at > now, Occurrence.recurrence_id.in_(late)))
    )
    rows = db.session.execute(dates).all()
    return Standing(
        split=frozenset(filter(None, split)),
        coming=frozenset(series for series, _, starts_at, _ in rows if starts_at > now),
        dates={(series, was): Date(starts_at, off is not None) for series, was, starts_at, off in rows},
    )


def coming_counts(member: Member, now: datetime) -> dict[int, int]:
    """Return how many meetups with dates to come each of a member's calendars has, by the calendar's id."""
    query = (
        select(CalendarEvent.calendar_id, func.count(func.distinct(CalendarEvent.meetup_id)))
        .join(CalendarEvent.calendar)
        .join(Occurrence, Occurrence.meetup_id == CalendarEvent.meetup_id)
        .where(Calendar.member_id == member.id, Occurrence.starts_at > now, Occurrence.cancelled_at.is_(None))
        .group_by(CalendarEvent.calendar_id)
    )
    return dict(iter(db.session.execute(query)))


def date_of(meetup: Meetup, recurrence_id: datetime) -> Occurrence | None:
    """Return the date of a meetup, or of a part that it was split into, that the rule gave this wall-clock start."""
    parts = [part.id for part in series_of(meetup)]
    dates = select(Occurrence).where(Occurrence.meetup_id.in_(parts), Occurrence.recurrence_id == recurrence_id)
    return db.session.scalar(dates.limit(1))


def place_called(where: str, point: Point | None, usual: Place | None) -> Place | None:
    """Return the place that an event means: at its point, or named in its line of text; `usual` where it says none.

    Of several of one name, the nearest to the point or else to the usual place.
    """
    if point:
        near = places.nearest(point, 1)
        if near and near[0][1] <= AT_THE_POINT:
            return near[0][0]
    about = point or (Point(usual.lat, usual.lon) if usual else None)
    return _one_of(_named(where), about) or usual


def _named(where: str) -> list[Place]:
    parts = [search_key(part)[:NAME_LETTERS] for part in (where, *re.split(r"[,;()/\u2013\u2014]| - ", where))]
    exact = select(Place).where(Place.search_key.in_([part for part in parts if part]))
    return _several(exact) or _longest(_several(_inside(search_key(where))))


def _inside(key: str) -> Select[Place]:
    # The names that stand within the line, as whole words.
    inside = literal(f" {key} ").contains(literal(" ").concat(Place.search_key).concat(" "))
    return select(Place).where(func.length(Place.search_key) >= SHORTEST_INSIDE, inside)


def _several(query: Select[Place]) -> list[Place]:
    return list(db.session.scalars(query.order_by(Place.id).limit(20)))


def _longest(found: list[Place]) -> list[Place]:
    longest = max((len(place.search_key) for place in found), default=0)
    return [place for place in found if len(place.search_key) == longest]


def _one_of(found: list[Place], about: Point | None) -> Place | None:
    if about:
        return min(found, key=lambda place: metres(about, Point(place.lat, place.lon)), default=None)
    return found[0] if len(found) == 1 else None
