"""Import files, read row by row so that a large one needs little memory: CSV and GeoJSON.

CSV (UTF-8, a comma between columns, a header line) has these columns, the first three needed:

    name, lat, lon      what it is called, and degrees in WGS 84
    id                  its name at the source: the same id is the same place next time, also where it has moved
    kind                park (if empty), playground, cafe, library, other
    address, neighbourhood, city, country (two letters, ISO 3166)
    source              whose data it is (if empty, the file's name)
    attribution         what the owner of the data wants said
    playground, fence, shade, toilets, changing_table, stroller_path, water, swings, splash_pad, picnic, cafe,
    parking, indoor, dogs    yes, no, or empty where nobody knows

GeoJSON (RFC 7946, a FeatureCollection, or one feature a line as osmium and ogr2ogr write) has the same names as
properties, or OpenStreetMap's tags (`osm`). Points are places. A polygon is a place at its middle if it has a `kind`
or is tagged as a place, and the outline of a neighbourhood otherwise. What OpenStreetMap maps for itself in or beside a
place (toilets, swings, a paved path) is told of that place (`beside`). Water and the outlines of parks are for maps to
draw (`read_shapes`).
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from meetups.domain.errors import Problem
from meetups.domain.nearness import Point
from meetups.places import osm
from meetups.places.beside import Beside
from meetups.places.outlines import Ring, middle, rings_of
from meetups.places.records import Record, Refused, ShapeRecord, area, place, shape

NEEDED = ("name", "lat", "lon")
UNREADABLE = (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError)
CHUNK = 1 << 16
# Longer lines are cut (and then refused as rows); the largest outline of a country is smaller than this.
LONGEST_LINE = 1 << 20
LARGEST_FEATURE = 1 << 24
_FEATURES = re.compile(r'"features"\s*:\s*\[')
# Features one a line have no collection around them (RFC 8142 puts a mark before each).
_FEATURE = re.compile(r'[\s\x1e]*\{\s*"type"\s*:\s*"Feature"')


def read(path: Path) -> Iterator[Record]:
    """Yield what a file holds, refusals included; raise Problem for a file that is neither CSV nor GeoJSON."""
    # Broken bytes become lone surrogates: a row that has them is refused, the others are taken.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        if path.suffix.lower() == ".csv":
            yield from _csv(file, path.name)
            return
        mapped = _mapped(file, path.name)
        file.seek(0)
        yield from _geojson(file, path.name, mapped)


def read_shapes(path: Path) -> Iterator[ShapeRecord | Refused]:
    """Yield the water and green of a GeoJSON file that maps can draw, passing over all else; raise Problem for a file
    that is none."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        for number, (line, feature) in enumerate(_features(file, path.name), 1):
            where = f"feature {number} (line {line})"
            try:
                record = _shape(where, feature)
            except UNREADABLE:
                record = Refused(where, "its geometry or its properties cannot be read")
            if record:
                yield record


def _shape(where: str, feature: dict[str, Any]) -> ShapeRecord | Refused | None:
    tags, geometry = _tags(feature), feature["geometry"]
    kind = osm.drawn(tags)
    if kind is None or geometry["type"] not in ("Polygon", "MultiPolygon"):
        return None
    coordinates = geometry["coordinates"]
    return shape(where, kind, tags, rings_of([coordinates] if geometry["type"] == "Polygon" else coordinates))


def _csv(file: TextIO, name: str) -> Iterator[Record]:
    lines = csv.reader(iter(lambda: file.readline(LONGEST_LINE), ""))
    header = [column.strip().lower() for column in _header(lines, name)]
    while True:
        line = lines.line_num + 1
        try:
            values = next(lines, None)
        except csv.Error as error:
            # The reader goes on with the next line.
            yield Refused(f"line {line}", f"it is not CSV: {error}")
            continue
        if values is None:
            return
        if any(value.strip() for value in values):
            yield place(f"line {line}", dict(zip(header, values, strict=False)), name)


def _header(lines: Iterator[list[str]], name: str) -> list[str]:
    try:
        header = next(lines, [])
    except csv.Error as error:
        raise Problem(f"{name} is not CSV: {error}") from error
    missing = [column for column in NEEDED if column not in (cell.strip().lower() for cell in header)]
    if missing:
        raise Problem(f"{name} has no column {', '.join(missing)} (is it CSV in UTF-8, with commas?)")
    return header


def _mapped(file: TextIO, name: str) -> Beside:
    """Return what a file maps for itself; what cannot be read is refused as the places are."""
    found = Beside()
    for _, feature in _features(file, name):
        with suppress(*UNREADABLE):
            amenities = osm.beside(_tags(feature))
            if amenities:
                found.add(_about(feature["geometry"]), amenities)
    return found


def _about(geometry: dict[str, Any]) -> Point:
    # Of a line, a point of it: in which park a path lies, no end of it says.
    kind, coordinates = geometry["type"], geometry["coordinates"]
    if kind in ("Polygon", "MultiPolygon"):
        return middle(rings_of([coordinates] if kind == "Polygon" else coordinates))
    lon, lat = (coordinates if kind == "Point" else coordinates[len(coordinates) // 2])[:2]
    return Point(float(lat), float(lon))


def _geojson(file: TextIO, name: str, mapped: Beside) -> Iterator[Record]:
    for number, (line, feature) in enumerate(_features(file, name), 1):
        where = f"feature {number} (line {line})"
        try:
            record = _feature(where, feature, name, mapped)
        except UNREADABLE:
            record = Refused(where, "its geometry or its properties cannot be read")
        if record:
            yield record


def _features(file: TextIO, name: str) -> Iterator[tuple[int, Any]]:
    """Yield each feature with the line it begins on, holding one chunk of the file and one feature at a time."""
    decoder, text, line = json.JSONDecoder(), file.read(CHUNK), 1
    start = _FEATURES.search(text)
    skipped = start.end() if start else 0
    if not start and not _FEATURE.match(text):
        raise Problem(f"{name} is no GeoJSON feature collection")
    while True:
        line += text.count("\n", 0, skipped)
        text = text[skipped:]
        begins = len(text) - len(text.lstrip("\x1e, \t\r\n"))
        if begins == len(text):
            text, skipped = text + file.read(CHUNK), begins
            if len(text) == begins:
                return
            continue
        if text[begins] == "]":
            return
        feature, skipped, text = _next_feature(decoder, text, begins, file, name, line)
        yield line + text.count("\n", 0, begins), feature


def _next_feature(
    decoder: json.JSONDecoder, text: str, begins: int, file: TextIO, name: str, line: int
) -> tuple[Any, int, str]:
    """Return one feature, where it ends, and the text read so far; raise Problem where it is no JSON."""
    while True:
        try:
            feature, ends = decoder.raw_decode(text, begins)
            return feature, ends, text
        except (json.JSONDecodeError, RecursionError) as error:
            # Twice as much each time: a large feature is not decoded over and over.
            more = file.read(max(CHUNK, len(text))) if len(text) < LARGEST_FEATURE else ""
            if not more:
                raise Problem(f"{name} is not JSON from line {line + text.count(chr(10), 0, begins)} on") from error
            text += more


def _feature(where: str, feature: dict[str, Any], name: str, mapped: Beside) -> Record | None:
    tags = _tags(feature)
    if osm.beside(tags) and not osm.is_place(tags):
        return None
    why = osm.refusal(tags)
    if why:
        return Refused(where, why)
    said = osm.columns(tags) if osm.is_place(tags) else tags
    geometry = feature["geometry"]
    coordinates = geometry["coordinates"]
    if geometry["type"] == "Point":
        lon, lat = coordinates[:2]
        return place(where, _at(said, Point(float(lat), float(lon)), mapped), name)
    if geometry["type"] not in ("Polygon", "MultiPolygon"):
        return Refused(where, f"a {str(geometry['type'])[:20]} is neither a point nor an outline")
    rings = rings_of([coordinates] if geometry["type"] == "Polygon" else coordinates)
    if "kind" in said:
        return place(where, _at(said, middle(rings), mapped, rings), name)
    return area(where, said, rings)


def _tags(feature: dict[str, Any]) -> dict[str, str]:
    """Return a feature's properties as text, with its id."""
    given: dict[str, Any] = {str(key).lower(): value for key, value in (feature.get("properties") or {}).items()}
    tags = {key: _word(value) for key, value in given.items() if isinstance(value, str | int | float)}
    own_id = feature.get("id") or given.get("@id") or given.get("osm_id")
    if own_id:
        tags.setdefault("id", str(own_id))
    return tags


def _word(value: str | float) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _at(said: Mapping[str, str], point: Point, mapped: Beside, rings: Sequence[Ring] = ()) -> dict[str, str]:
    there = {str(amenity): "yes" for amenity in mapped.of(point, rings)}
    return {**there, **said, "lat": str(point.lat), "lon": str(point.lon)}
