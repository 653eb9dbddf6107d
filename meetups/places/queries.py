"""Finding places and neighbourhoods."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeVar

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from meetups.domain.errors import Problem
from meetups.domain.nearness import Point, cells_around, metres, parse_point
from meetups.domain.text import search_key
from meetups.extensions import db
from meetups.places import gazetteer
from meetups.places.models import Area, Place, Shape
from meetups.places.outlines import Box, contains

Row = TypeVar("Row", Place, Area)
# Circles in metres, widened until something is found.
RINGS = (800, 2000, 5000, 15000)
# Degrees from a point within which the middle of its neighbourhood lies.
AREA_REACH = 0.1
# Of a map: so many outlines at most, and the kinds of places that are dots on it.
MOST_AREAS, GREEN = 150, ("park", "playground")
# More of a typed name is not looked at, nor what folds out to more than any name has; a place and its neighbourhood are
# typed with a comma between them.
LONGEST, LONGEST_KEY, LONGEST_BOTH = 80, 120, 202
# Of so many names of each kind that a text may mean, the best is gone to and the others are offered.
OTHERS = 4
# Slips: in words from so many letters, of which the first are right; of so many names; so much alike (0 to 1).
SLIP_FROM, SLIP_SAME, SLIP_ROWS, SLIP_LIKE = 4, 2, 300, 0.8


@dataclass(frozen=True, slots=True)
class Found:
    """Where a typed name leads; `area` is the neighbourhood around it, if one is known."""

    name: str
    point: Point
    area: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """What a text names, whether by its whole name or its beginning, and what else of the site's own it may mean."""

    found: Found
    exact: bool
    begins: bool
    others: tuple[str, ...] = ()


def by_public_id(public_id: str) -> Place | None:
    """Return the place with this public id."""
    return db.session.scalar(select(Place).where(Place.public_id == public_id))


def suggest(text: str, limit: int = 8) -> list[Place]:
    """Return the places whose names have a word for each of `text` that begins so, best first.

    Accents, case and punctuation do not matter; where nothing fits, names that are spelled nearly so.
    """
    key = _key(text)
    return _ranked(Place, key, limit) or _nearly(Place, key, limit)


def suggest_areas(text: str, limit: int = 5) -> list[Area]:
    """Return the neighbourhoods, likewise."""
    key = _key(text)
    return _ranked(Area, key, limit) or _nearly(Area, key, limit)


def _key(text: str) -> str:
    key = search_key(text[:LONGEST])
    return key if len(key) <= LONGEST_KEY else ""


def _ranked(model: type[Row], key: str, limit: int) -> list[Row]:
    # The whole name before its beginning before words within; among equals the shortest, then by name.
    if not key:
        return []
    column = model.search_key
    rank = case((column == key, 0), (column.startswith(key, autoescape=True), 1), else_=2)
    query = select(model).where(*(_has_word(column, word) for word in key.split()))
    return list(db.session.scalars(query.order_by(rank, func.length(column), column, model.id).limit(limit)))


def _has_word(column: InstrumentedAttribute[str], beginning: str) -> ColumnElement[bool]:
    return or_(column.startswith(beginning, autoescape=True), column.contains(f" {beginning}", autoescape=True))


def _nearly(model: type[Row], key: str, limit: int) -> list[Row]:
    # A slip is seldom in the first letters: names with a word that begins as the longest typed, then by likeness.
    longest = max(key.split(), key=len, default="")
    if len(longest) < SLIP_FROM:
        return []
    query = select(model).where(_has_word(model.search_key, longest[:SLIP_SAME])).order_by(model.id)
    alike = [(_likeness(key, row.search_key), row) for row in db.session.scalars(query.limit(SLIP_ROWS))]
    alike = sorted((pair for pair in alike if pair[0] >= SLIP_LIKE), key=lambda pair: -pair[0])
    return [row for _, row in alike[:limit]]


def _likeness(key: str, name: str) -> float:
    # "leslevile" is like the first word of "Leslieville Tot Lot" as much as like a whole name.
    words, many = name.split(), len(key.split())
    parts = [name, *(" ".join(words[start : start + many]) for start in range(len(words)))]
    return max(SequenceMatcher(None, key, part).ratio() for part in parts)


def find(text: str) -> Found | None:
    """Return where a typed park or neighbourhood of the site's own, or a "lat,lon", is; right names before slips."""
    own = named(text)
    return own.found if own else nearly_named(text)


def named(text: str) -> Named | None:
    """Return the point, neighbourhood or park of the site's own that a text says rightly.

    An exact name wins, then a neighbourhood. A point is never given back in words: its name is that of what is
    around it.
    """
    try:
        return Named(_found_point(parse_point(text)), exact=True, begins=True)
    except Problem:
        key = _key(text)
        return _best(key, [*_ranked(Area, key, OTHERS), *_ranked(Place, key, OTHERS)])


def nearly_named(text: str) -> Found | None:
    """Return the neighbourhood or park whose name has a slip in a text."""
    key = _key(text)
    best = _best(key, [*_nearly(Area, key, 1), *_nearly(Place, key, 1)])
    return best.found if best else None


def _best(key: str, candidates: Sequence[Area | Place]) -> Named | None:
    best = next((row for row in candidates if row.search_key == key), next(iter(candidates), None))
    if best is None:
        return None
    point = Point(best.lat, best.lon)
    area = best.name if isinstance(best, Area) else best.neighbourhood or area_name(point)
    others = dict.fromkeys(row.name for row in candidates if row.search_key != best.search_key)
    said = best.search_key == key, best.search_key.startswith(key)
    return Named(Found(best.name, point, area), *said, tuple(others))


def _found_point(point: Point) -> Found:
    area = area_name(point) or gazetteer.name_of(point)
    return Found(area or "here", point, area)


def area_at(point: Point) -> str | None:
    """Return the name of the neighbourhood whose outline holds a point, in one query."""
    around = areas_in(Box(point.lat, point.lon, point.lat, point.lon))
    return next((area.name for area in around if contains(area.rings, point)), None)


def area_name(point: Point) -> str | None:
    """Return the name of the neighbourhood around a point, or else that of a park within 2 km."""
    reach = AREA_REACH
    query = select(Area).where(
        Area.lat.between(point.lat - reach, point.lat + reach), Area.lon.between(point.lon - reach, point.lon + reach)
    )
    around = (area.name for area in db.session.scalars(query.order_by(Area.id)) if contains(area.rings, point))
    near = (place.neighbourhood for place, far in nearest(point, 3) if far <= RINGS[1] and place.neighbourhood)
    return next(around, None) or next(near, None)


def nearest(point: Point, limit: int) -> list[tuple[Place, float]]:
    """Return the nearest places with metres, nearest first, at most 15 km away."""
    found: list[tuple[Place, float]] = []
    for within in RINGS:
        column, cells = cells_around(point, within)
        rows = db.session.scalars(select(Place).where(getattr(Place, column).in_(cells)))
        measured = ((row, metres(point, Point(row.lat, row.lon))) for row in rows)
        found = [(row, far) for row, far in measured if far <= within]
        if len(found) >= limit:
            break
    return sorted(found, key=lambda pair: (pair[1], pair[0].id))[:limit]


def areas_in(bounds: Box) -> list[Area]:
    """Return the neighbourhoods whose outlines may show in a box."""
    query = select(Area).where(
        func.coalesce(Area.south, Area.lat) <= bounds.north,
        func.coalesce(Area.north, Area.lat) >= bounds.south,
        func.coalesce(Area.west, Area.lon) <= bounds.east,
        func.coalesce(Area.east, Area.lon) >= bounds.west,
    )
    return list(db.session.scalars(query.order_by(Area.id).limit(MOST_AREAS)))


def shapes_in(bounds: Box, smallest: float, limit: int) -> list[Shape]:
    """Return the water and greens of at least so many metres that may show in a box, the largest first."""
    query = select(Shape).where(
        Shape.south <= bounds.north,
        Shape.north >= bounds.south,
        Shape.west <= bounds.east,
        Shape.east >= bounds.west,
        Shape.size >= smallest,
    )
    return list(db.session.scalars(query.order_by(Shape.size.desc(), Shape.id).limit(limit)))


def parks_in(point: Point, within: float, limit: int) -> list[tuple[str, float, float]]:
    """Return the parks and playgrounds nearest to a point, `within` metres or a little more: name, lat, lon."""
    column, cells = cells_around(point, within)
    query = select(Place.name, Place.lat, Place.lon).where(getattr(Place, column).in_(cells), Place.kind.in_(GREEN))
    return [(row.name, row.lat, row.lon) for row in db.session.execute(query.order_by(_far(Place, point)).limit(limit))]


def _far(model: type[Area] | type[Place], point: Point) -> ColumnElement[float]:
    # Squares of degrees, those of longitude as short as they are there: near enough to choose by.
    up, across = model.lat - point.lat, (model.lon - point.lon) * math.cos(math.radians(point.lat))
    return up * up + across * across


def areas_about(point: Point | None, limit: int = 30) -> list[Area]:
    """Return the neighbourhoods nearest to a point (or to the first there is), by name."""
    first = select(Area.lat, Area.lon).order_by(Area.id).limit(1)
    lat, lon = (point.lat, point.lon) if point else (db.session.execute(first).first() or (0.0, 0.0))
    query = select(Area).order_by(_far(Area, Point(lat, lon)), Area.id).limit(limit)
    return sorted(db.session.scalars(query), key=lambda area: area.search_key)


def called(text: str, limit: int = 6) -> list[Place]:
    """Return the places that a host may mean by "Name" or by "Name, neighbourhood"; exact names alone if any are."""
    text = text[:LONGEST_BOTH]
    found, key = suggest(text, limit), search_key(text)
    if not found and "," in text:
        name, _, hood = (search_key(part) for part in text.partition(","))
        return [row for row in called(name, limit) if search_key(row.neighbourhood or "") == hood]
    return [row for row in found if row.search_key == key] or found


def usual_zone() -> str:
    """Return the zone of the town: that of the first place there is."""
    return db.session.scalar(select(Place.zone).order_by(Place.id).limit(1)) or "UTC"


def attributions() -> list[str]:
    """Return what the owners of the data want said."""
    lines = select(Place.attribution).union(select(Area.attribution), select(Shape.attribution))
    said = [*db.session.scalars(lines), gazetteer.attribution()]
    return sorted(line for line in said if line)
