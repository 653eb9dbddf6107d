"""Taking places and neighbourhoods in. Twice the same file changes nothing the second time."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import selectinload

from meetups.domain.errors import Problem
from meetups.domain.nearness import Point, cells, metres
from meetups.domain.text import search_key
from meetups.domain.zones import zone, zone_at
from meetups.extensions import db
from meetups.places.models import Area, Place, PlaceAmenity, Shape
from meetups.places.outlines import box
from meetups.places.records import AreaRecord, PlaceRecord, Record, Refused, ShapeRecord

BATCH = 500
# Two places of one name nearer than this are one place, told of by two sources.
SAME_PLACE = 200  # metres


@dataclass(slots=True)
class Report:
    """What an import did."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)

    def count(self, new: bool, changed: bool) -> None:
        """Note one row that was taken."""
        if new:
            self.added += 1
        elif changed:
            self.changed += 1
        else:
            self.unchanged += 1


def take(records: Iterable[Record], now: datetime) -> Report:
    """Add or update what `records` tell, in batches, without committing; refuse what came before in the file.

    A place is known by its source and its id there: moved or renamed it stays the same row, so the meetups there
    follow it. Their coming dates keep the cells they were posted with (those rows stand on a higher floor).
    """
    report, seen = Report(), set[tuple[str, str]]()
    records = iter(records)
    while batch := list(islice(records, BATCH)):
        fresh = list(_fresh(batch, seen, report))
        _take_places([record for record in fresh if isinstance(record, PlaceRecord)], now, report)
        _take_areas([record for record in fresh if isinstance(record, AreaRecord)], report)
        db.session.flush()
    return report


def _fresh(batch: list[Record], seen: set[tuple[str, str]], report: Report) -> Iterator[Record]:
    for record in batch:
        if isinstance(record, Refused):
            report.refused.append(record)
            continue
        # A place and a neighbourhood may have the same name.
        key = (record.source, record.ref) if isinstance(record, PlaceRecord) else ("\0" + record.city, record.name)
        if key in seen:
            report.refused.append(Refused(record.where, f"{record.name}: it came before in this file"))
            continue
        seen.add(key)
        yield record


def _take_places(records: list[PlaceRecord], now: datetime, report: Report) -> None:
    known = _known_places(records)
    twins = _same_names(records)
    for record in records:
        place = known.get((record.source, record.ref))
        twin = None if place else _twin(record, twins)
        if twin:
            report.refused.append(Refused(record.where, f"{record.name}: {twin.source} has it already"))
            continue
        new = place is None
        place = place or Place(source=record.source, source_ref=record.ref, created_at=now)
        changed = _update(place, _facts(place, record))
        if changed and not new:
            place.renamed_at = now
        if new:
            db.session.add(place)
            twins.setdefault(place.search_key, []).append(place)
        changed = _tell_amenities(place, record) or changed
        report.count(new, changed)


def _known_places(records: list[PlaceRecord]) -> dict[tuple[str, str], Place]:
    keys = [(record.source, record.ref) for record in records]
    query = select(Place).where(tuple_(Place.source, Place.source_ref).in_(keys)).options(selectinload(Place.amenities))
    # As `services` does: no word is lost that a mother says meanwhile.
    held = query.order_by(Place.id).with_for_update(key_share=True)
    return {(place.source, place.source_ref): place for place in db.session.scalars(held)}


def _same_names(records: list[PlaceRecord]) -> dict[str, list[Place]]:
    keys = {search_key(record.name)[:120] for record in records}
    found: dict[str, list[Place]] = {}
    for place in db.session.scalars(select(Place).where(Place.search_key.in_(keys))):
        found.setdefault(place.search_key, []).append(place)
    return found


def _twin(record: PlaceRecord, twins: dict[str, list[Place]]) -> Place | None:
    alike = twins.get(search_key(record.name)[:120], [])
    return next((row for row in alike if is_same(row, record.name, metres(_point(row), record.point))), None)


def is_same(place: Place, name: str, far: float) -> bool:
    """Return whether a name, `far` metres from a place, is that place told of once more."""
    return far < SAME_PLACE and place.search_key == search_key(name)[:120]


def _point(place: Place) -> Point:
    return Point(place.lat, place.lon)


def _facts(place: Place, record: PlaceRecord) -> dict[str, Any]:
    cell6, cell7, cell8 = cells(record.point)
    moved = (place.lat, place.lon) != (record.point.lat, record.point.lon)
    return {
        "name": record.name,
        "search_key": search_key(record.name)[:120],
        "kind": record.kind,
        "lat": record.point.lat,
        "lon": record.point.lon,
        "address": record.address,
        "neighbourhood": record.neighbourhood,
        "city": record.city,
        "country": record.country,
        "attribution": record.attribution,
        "zone": _zone(record.point) if moved else place.zone,
        "cell6": cell6,
        "cell7": cell7,
        "cell8": cell8,
    }


def _zone(point: Point) -> str:
    try:
        return zone(zone_at(point)).key
    except Problem:
        # The outlines may know a zone that is newer than the zone data.
        return "UTC"


def _update(row: Place | Area | Shape, facts: dict[str, Any]) -> bool:
    changed = {name: value for name, value in facts.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


def _tell_amenities(place: Place, record: PlaceRecord) -> bool:
    # What another source tells is not this file's to change; what mothers say stands, whatever a file tells.
    rows = {row.amenity: row for row in place.amenities}
    ours = {amenity: row for amenity, row in rows.items() if row.told is None or row.source == record.source}
    before = {amenity: row.told for amenity, row in ours.items() if row.told is not None}
    told = {
        str(amenity): present for amenity, present in record.amenities.items() if amenity in ours or amenity not in rows
    }
    for amenity in told.keys() | before.keys():
        _tell(place, ours.get(amenity), amenity, told.get(amenity), record.source)
    return told != before


def _tell(place: Place, row: PlaceAmenity | None, amenity: str, told: bool | None, source: str) -> None:
    if row is None:
        row = PlaceAmenity(amenity=amenity, yes=0, no=0)
        place.amenities.append(row)
    row.told, row.source = told, source
    if row.checked_at:
        return
    if told is None:
        # The file knows it no longer: unknown again.
        place.amenities.remove(row)
    else:
        row.present = told


def _take_areas(records: list[AreaRecord], report: Report) -> None:
    keys = [(record.city, record.name) for record in records]
    query = select(Area).where(tuple_(Area.city, Area.name).in_(keys))
    known = {(area.city, area.name): area for area in db.session.scalars(query)}
    for record in records:
        area = known.get((record.city, record.name))
        new = area is None
        area = area or Area(name=record.name, city=record.city)
        changed = _update(area, _area_facts(record))
        if new:
            db.session.add(area)
        report.count(new, changed)


def _area_facts(record: AreaRecord) -> dict[str, Any]:
    return {
        "search_key": search_key(record.name)[:80],
        "country": record.country,
        "lat": record.point.lat,
        "lon": record.point.lon,
        "rings": record.rings,
        "attribution": record.attribution,
        **asdict(box(record.rings)),
    }


def take_shapes(records: Iterable[ShapeRecord | Refused]) -> Report:
    """Add or update what maps draw, in batches, without committing; a shape is known by its source and its id there."""
    report, seen = Report(), set[tuple[str, str]]()
    records = iter(records)
    while batch := list(islice(records, BATCH)):
        shapes: dict[tuple[str, str], ShapeRecord] = {}
        for one in batch:
            if isinstance(one, Refused):
                report.refused.append(one)
            elif (key := (one.source, one.ref)) in seen:
                report.refused.append(Refused(one.where, "it came before in this file"))
            else:
                seen.add(key)
                shapes[key] = one
        _take_shapes(shapes, report)
        db.session.flush()
    return report


def _take_shapes(shapes: Mapping[tuple[str, str], ShapeRecord], report: Report) -> None:
    query = select(Shape).where(tuple_(Shape.source, Shape.source_ref).in_(list(shapes)))
    known = {(row.source, row.source_ref): row for row in db.session.scalars(query)}
    for key, record in shapes.items():
        row = known.get(key) or Shape(source=record.source, source_ref=record.ref)
        around = box(record.rings)
        said = {"kind": record.kind, "name": record.name, "rings": record.rings, "attribution": record.attribution}
        changed = _update(row, {**said, **asdict(around), "size": round(around.size)})
        if key not in known:
            db.session.add(row)
        report.count(key not in known, changed)
