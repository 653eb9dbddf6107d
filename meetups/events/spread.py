"""What a search finds, spread over the map and over days: each one query, as cheap in a large town as in a small."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import case, func, select

from meetups.accounts.models import Member
from meetups.columns import UTCDateTime
from meetups.domain.nearness import Point
from meetups.events import finding
from meetups.events.dated import Dated
from meetups.events.finding import LAST, SHAPES, STRIP_ROWS, Shape, soonest, with_all
from meetups.events.listed import Listed, columns
from meetups.events.models import Occurrence
from meetups.events.search import Search
from meetups.places.models import Place
from meetups.prepared import Prepared, given

# Of so many of the soonest dates a map says where they are.
SPOTS = 300


@dataclass(frozen=True, slots=True)
class Spread:
    """The first dates of each day, how many each day has, and the first day that was not counted to its end, if the
    town has more than we count. Days are numbers, from 0."""

    rows: list[tuple[int, Dated]]
    counts: dict[int, int]
    uncounted_from: int | None


def spots(search: Search, viewer: Member | None, now: datetime) -> list[tuple[int, Point, int]]:
    """Return where the soonest matching dates are, SPOTS of them: each place's id, its point, how many are there."""
    since, before = finding.bounds(search, (now, 0), (LAST, 0))
    rows = finding.ask(_spots, search, viewer, now, since, before, SPOTS)
    return [(place_id, Point(lat, lon), dates) for place_id, lat, lon, dates in rows]


@lru_cache(SHAPES)
def _spots(shape: Shape) -> Prepared:
    ids = soonest(shape)
    counted = select(Occurrence.place_id, func.count().label("dates")).join(ids, ids.c.id == Occurrence.id)
    found = counted.group_by(Occurrence.place_id).subquery()
    places = select(found.c.place_id, Place.lat, Place.lon, found.c.dates)
    return Prepared(places.join(Place, Place.id == found.c.place_id))


def spread(search: Search, viewer: Member | None, now: datetime, bounds: Sequence[datetime], each: int) -> Spread:
    """Return the coming dates from one bound to the next, `each` of a day at most, with meetup, host and place.

    `bounds` are the instants at which the days begin, and the last one's end. What `search.day` says is not asked.
    """
    stops = {f"stop{number}": stop for number, stop in enumerate(bounds[1:])}
    since, before = (max(now, bounds[0]), 0), (bounds[-1], 0)

    def prepared(shape: Shape) -> Prepared:
        return _spread(shape, len(stops), each)

    found = finding.ask(prepared, search, viewer, now, since, before, STRIP_ROWS, **stops)
    is_cut = bool(found) and found[0][2] >= STRIP_ROWS
    return Spread(
        rows=[(row[0], Listed(row[3:])) for row in found],
        counts={row[0]: row[1] for row in found},
        uncounted_from=found[-1][0] if is_cut else None,
    )


@lru_cache(SHAPES)
def _spread(shape: Shape, days: int, each: int) -> Prepared:
    ranked = _ranked(soonest(shape), days)
    query = select(ranked.c.day, ranked.c.dates, ranked.c.whole, *columns())
    return Prepared(with_all(query, ranked).where(ranked.c.rank <= each))


def _ranked(ids: Any, days: int) -> Any:
    stops = (given(f"stop{number}", UTCDateTime()) for number in range(days))
    day = case(*((Occurrence.starts_at < stop, number) for number, stop in enumerate(stops)))
    order = (Occurrence.starts_at, Occurrence.id)
    ranked = select(
        Occurrence.id,
        day.label("day"),
        func.row_number().over(partition_by=day, order_by=order).label("rank"),
        func.count().over(partition_by=day).label("dates"),
        func.count().over().label("whole"),
    )
    return ranked.join(ids, ids.c.id == Occurrence.id).subquery()
