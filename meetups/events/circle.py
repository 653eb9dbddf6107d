"""Which places a search looks at: those of its circle, or the few that have what it asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, String, select

from meetups.domain.nearness import Point, cells_around, metres
from meetups.events.search import Search
from meetups.extensions import db, remembered
from meetups.places.models import Amenity, Place, PlaceAmenity
from meetups.prepared import Prepared, given

# Not nothing: PostgreSQL would conclude from it whatever it likes, and walk another index.
NO_PLACE = "0"
# Kinds of circles whose queries are kept.
KINDS = 128
# So few places are looked at one by one.
RARE = 64


@dataclass(frozen=True, slots=True)
class Here:
    """The places that are looked at, in the cells where they lie: the ids of each cell's as one text, and of all.

    It is filled up to a power of two cells, so that there are few shapes.
    """

    column: str
    cells: tuple[str, ...]
    places: tuple[str, ...]

    @property
    def everywhere(self) -> str:
        """The ids of all places."""
        return ",".join(self.places)


NOWHERE = Here("", (), ())


def here(search: Search) -> Here | None:
    """Return where the dates of a search may be: NOWHERE without a place there, None for anywhere."""
    if not search.near and not search.amenities:
        return None
    known, key = remembered("here"), (search.near, search.within, search.amenities)
    if key not in known:
        known[key] = _places_within(search, search.near) if search.near else _rare(search.amenities)
    found: Here | None = known[key]
    return found


def _rare(amenities: tuple[Amenity, ...]) -> Here | None:
    """Return the places that have some amenities where these are few; None where they are many, and soon met with."""
    # From what is known of the first: of the places without any of it none is looked at.
    first, *others = amenities
    query = select(Place.id, Place.cell6).join(PlaceAmenity, PlaceAmenity.place_id == Place.id)
    query = query.where(PlaceAmenity.amenity == first, PlaceAmenity.present)
    query = query.where(*(has(amenity, Place.id) for amenity in others)).limit(RARE + 1)
    found = db.session.execute(query).all()
    return None if len(found) > RARE else _places("cell6", [(row.id, row.cell6) for row in found])


def _places(column: str, found: Sequence[tuple[int, str]]) -> Here:
    if not found:
        return NOWHERE
    by_cell: dict[str, list[str]] = {}
    for place_id, cell in found:
        by_cell.setdefault(cell, []).append(str(place_id))
    places = tuple(",".join(ids) for ids in by_cell.values())
    return Here(column, _filled(tuple(by_cell), ""), _filled(places, NO_PLACE))


def _places_within(search: Search, near: Point) -> Here:
    column, cells = cells_around(near, search.within)
    around = _filled(cells, "")
    rows = _in_cells(column, len(around), search.amenities).in_transaction(**numbered("cell", around))
    found = [(place, cell) for place, cell, lat, lon in rows if metres(near, Point(lat, lon)) <= search.within]
    return _places(column, found)


@lru_cache(KINDS)
def _in_cells(column: str, cells: int, amenities: tuple[Amenity, ...]) -> Prepared:
    cell: Any = getattr(Place, column)
    having = [has(amenity, Place.id) for amenity in amenities]
    query = select(Place.id, cell, Place.lat, Place.lon).where(cell.in_(given_all("cell", cells, String())), *having)
    return Prepared(query.order_by(Place.id))


def _filled(values: tuple[Any, ...], nothing: Any) -> tuple[Any, ...]:
    # To a power of two.
    return values + (nothing,) * ((1 << (len(values) - 1).bit_length()) - len(values))


def numbered(name: str, values: tuple[Any, ...]) -> dict[str, Any]:
    """Return some values by the names of their parameters: name0, name1, and so on."""
    return {f"{name}{number}": value for number, value in enumerate(values)}


def given_all(name: str, count: int, kind: Any) -> list[BindParameter[Any]]:
    """Return the parameters of so many values, as `numbered` names them."""
    return [given(f"{name}{number}", kind) for number in range(count)]


def has(amenity: Amenity, place_id: Any) -> ColumnElement[bool]:
    """Return the condition that a place (a column with its id) has an amenity, as far as is known."""
    known = select(PlaceAmenity.place_id).where(PlaceAmenity.place_id == place_id, PlaceAmenity.present)
    return known.where(PlaceAmenity.amenity == amenity).correlate_except(PlaceAmenity).exists()
