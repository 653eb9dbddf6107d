"""What a search finds, spread over the map and over days: each one query, as cheap in a large town as in a small."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import contains_eager, joinedload

from meetups.accounts.models import Member
from meetups.domain.nearness import Point
from meetups.events.models import Meetup, Occurrence
from meetups.events.search import STRIP_ROWS, Search, soonest
from meetups.extensions import db
from meetups.places.models import Place

# Of so many of the soonest dates a map says where they are.
SPOTS = 300


@dataclass(frozen=True, slots=True)
class Spread:
    """The first dates of each day, how many each day has, and the first day that was not counted to its end, if the
    town has more than we count. Days are numbers, from 0."""

    rows: list[tuple[int, Occurrence]]
    counts: dict[int, int]
    uncounted_from: int | None


def spots(search: Search, viewer: Member | None, now: datetime) -> list[tuple[int, Point, int]]:
    """Return where the soonest matching dates are, SPOTS of them: each place's id, its point, how many are there."""
    ids = soonest(search, viewer, now, SPOTS).subquery()
    counted = select(Occurrence.place_id, func.count().label("dates")).join(ids, ids.c.id == Occurrence.id)
    found = counted.group_by(Occurrence.place_id).subquery()
    query = select(found.c.place_id, Place.lat, Place.lon, found.c.dates).join(Place, Place.id == found.c.place_id)
    return [(row.place_id, Point(row.lat, row.lon), row.dates) for row in db.session.execute(query)]


def spread(search: Search, viewer: Member | None, now: datetime, bounds: Sequence[datetime], each: int) -> Spread:
    """Return the coming dates from one bound to the next, `each` of a day at most, with meetup, host and place loaded.

    `bounds` are the instants at which the days begin, and the last one's end. What `search.day` says is not asked.
    """
    within = (Occurrence.starts_at >= bounds[0], Occurrence.starts_at < bounds[-1])
    ranked = _ranked(soonest(search.but(day=None), viewer, now, STRIP_ROWS, *within), bounds)
    query = (
        select(Occurrence, ranked.c.day, ranked.c.dates, ranked.c.whole)
        .join(ranked, ranked.c.id == Occurrence.id)
        .join(Occurrence.meetup)
        .where(ranked.c.rank <= each)
        .options(contains_eager(Occurrence.meetup).joinedload(Meetup.host), joinedload(Occurrence.place))
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    found = db.session.execute(query).all()
    is_cut = bool(found) and found[0].whole >= STRIP_ROWS
    return Spread(
        rows=[(row.day, row.Occurrence) for row in found],
        counts={row.day: row.dates for row in found},
        uncounted_from=found[-1].day if is_cut else None,
    )


def _ranked(soonest: Any, bounds: Sequence[datetime]) -> Any:
    ids = soonest.subquery()
    day = case(*((Occurrence.starts_at < stop, number) for number, stop in enumerate(bounds[1:])))
    order = (Occurrence.starts_at, Occurrence.id)
    ranked = select(
        Occurrence.id,
        day.label("day"),
        func.row_number().over(partition_by=day, order_by=order).label("rank"),
        func.count().over(partition_by=day).label("dates"),
        func.count().over().label("whole"),
    )
    return ranked.join(ids, ids.c.id == Occurrence.id).subquery()
