"""What an import file says of one place or neighbourhood, checked; every refusal says where and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from meetups.domain.nearness import Point
from meetups.domain.text import clean
from meetups.places.models import Amenity
from meetups.places.osm import CREDIT, yes_or_no
from meetups.places.outlines import box, middle, on_earth, simplified

# Of what is drawn: metres by which an outline may be off, its points, and metres under which it is a speck.
DETAIL, MOST_POINTS, SMALLEST = 5, 3000, 30
KINDS = ("park", "playground", "cafe", "library", "other")


@dataclass(frozen=True, slots=True)
class PlaceRecord:
    """A place as a file tells of it; `amenities` holds only what the file knows."""

    where: str
    ref: str
    name: str
    point: Point
    kind: str
    address: str | None
    neighbourhood: str | None
    city: str | None
    country: str | None
    source: str
    attribution: str | None
    amenities: Mapping[Amenity, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AreaRecord:
    """A neighbourhood's outline as a file tells of it: GeoJSON rings, [lon, lat] each."""

    where: str
    name: str
    city: str
    country: str
    point: Point
    rings: list[list[list[float]]]
    attribution: str


@dataclass(frozen=True, slots=True)
class ShapeRecord:
    """Water or green as a file tells of it, for maps to draw: few points, [lon, lat] each."""

    where: str
    ref: str
    kind: str
    name: str
    rings: list[list[list[float]]]
    source: str
    attribution: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be taken: where it is in the file, and why."""

    where: str
    why: str


Record = PlaceRecord | AreaRecord | Refused


def place(where: str, said: Mapping[str, str], default_source: str) -> PlaceRecord | Refused:
    """Read a place from the columns that `readers` documents."""
    name = clean(said.get("name") or "")[:120].strip()
    if _broken(said):
        return Refused(where, "it is not UTF-8")
    if not name:
        return Refused(where, "it has no name")
    point = _point(said)
    if point is None:
        return Refused(where, f"{name}: its coordinates are missing or impossible")
    kind = clean(said.get("kind") or "park").lower()
    return PlaceRecord(
        where=where,
        ref=clean(said.get("id") or "")[:80] or f"{name[:50]}@{point.lat:.4f},{point.lon:.4f}",
        name=name,
        point=point,
        kind=kind if kind in KINDS else "other",
        address=_text(said, "address", 200),
        neighbourhood=_text(said, "neighbourhood", 80),
        city=_text(said, "city", 80),
        country=_country(said),
        source=_text(said, "source", 200) or default_source,
        attribution=_text(said, "attribution", 200),
        amenities=_amenities(said),
    )


def area(where: str, said: Mapping[str, str], rings: list[list[list[float]]]) -> AreaRecord | Refused:
    """Read a neighbourhood from a polygon's properties and rings (checked by `outlines.rings_of`)."""
    name = clean(said.get("name") or "")[:80].strip()
    if _broken(said):
        return Refused(where, "it is not UTF-8")
    if not name:
        return Refused(where, "it has no name")
    return AreaRecord(
        where=where,
        name=name,
        city=_text(said, "city", 80) or "",
        country=_country(said) or "",
        point=middle(rings),
        rings=rings,
        attribution=_text(said, "attribution", 200) or "",
    )


def shape(where: str, kind: str, said: Mapping[str, str], rings: list[list[list[float]]]) -> ShapeRecord | Refused:
    """Read what is drawn from a polygon's properties and rings (checked by `outlines.rings_of`)."""
    name = clean(said.get("name") or "")[:120].strip()
    if _broken(said):
        return Refused(where, "it is not UTF-8")
    kept = simplified(rings, DETAIL, MOST_POINTS)
    if not kept or box(kept).size < SMALLEST:
        return Refused(where, f"{name or kind}: too small to be seen on a map")
    at = middle(kept)
    return ShapeRecord(
        where=where,
        ref=clean(said.get("id") or "")[:80] or f"{name[:50]}@{at.lat:.4f},{at.lon:.4f}",
        kind=kind,
        name=name,
        rings=kept,
        source=_text(said, "source", 200) or "OpenStreetMap",
        attribution=_text(said, "attribution", 200) or CREDIT,
    )


def _point(said: Mapping[str, str]) -> Point | None:
    try:
        lat, lon = float(said["lat"]), float(said["lon"])
    except (KeyError, ValueError):
        return None
    return Point(lat, lon) if on_earth(lat, lon) and (lat, lon) != (0, 0) else None


def _broken(said: Mapping[str, str]) -> bool:
    # The readers let bytes that are no UTF-8 through as lone surrogates (PEP 383), so that one row fails alone.
    return any(0xDC80 <= ord(letter) <= 0xDCFF for value in said.values() for letter in value)


def _amenities(said: Mapping[str, str]) -> dict[Amenity, bool]:
    answers = {amenity: yes_or_no(said.get(amenity) or "") for amenity in Amenity}
    return {amenity: answer for amenity, answer in answers.items() if answer is not None}


def _country(said: Mapping[str, str]) -> str | None:
    code = clean(said.get("country") or "").upper()
    return code if len(code) == 2 and code.isalpha() else None


def _text(said: Mapping[str, str], name: str, most: int) -> str | None:
    return clean(said.get(name) or "")[:most].strip() or None
