"""What `flask import-places` takes, refuses, and leaves alone the second time."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from meetups.clock import utcnow
from meetups.domain.nearness import Point, cells
from meetups.extensions import db
from meetups.places import readers, services
from meetups.places.commands import import_places
from meetups.places.models import Amenity, Area, Place
from tests.factories import add_member

HEADER = "id,name,lat,lon,neighbourhood,toilets,fence,source\n"
WITHROW = "w1,Withrow Park,43.674432,-79.346933,North Riverdale,yes,,City\n"


def take(app: Flask, path: Path) -> Result:
    result = app.test_cli_runner().invoke(import_places, [str(path)])
    db.session.expire_all()
    return result


def write(folder: Path, text: str | bytes, name: str = "parks.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def geojson(folder: Path, *features: dict[str, Any]) -> Path:
    return write(folder, json.dumps({"type": "FeatureCollection", "features": features}, indent=1), "places.geojson")


def feature(tags: dict[str, Any], coordinates: Any = (-79.3, 43.6), kind: str = "Point", **more: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": tags, "geometry": {"type": kind, "coordinates": coordinates}, **more}


def places() -> list[Place]:
    return list(db.session.scalars(db.select(Place).order_by(Place.id)))


def known(place: Place) -> dict[str, bool]:
    return {row.amenity: row.present for row in place.amenities}


def square(west: float, south: float, side: float = 0.01) -> list[list[list[float]]]:
    east, north = west + side, south + side
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def test_a_park_gets_its_zone_its_cells_and_what_is_known(app: Flask, tmp_path: Path) -> None:
    result = take(app, write(tmp_path, HEADER + WITHROW))
    assert "1 added, 0 changed, 0 unchanged, 0 refused" in result.output
    (park,) = places()
    assert park.zone == "America/Toronto"
    assert [park.cell6, park.cell7, park.cell8] == ["862b9bc67ffffff", "872b9bc62ffffff", "882b9bc62dfffff"]
    # A blank is not a no.
    assert known(park) == {Amenity.TOILETS: True}


@pytest.mark.parametrize(
    ("lat", "lon", "zone"),
    [
        (49.2827, -123.1207, "America/Vancouver"),
        (53.5461, -0.1, "Europe/London"),
        (-37.8, 144.97, "Australia/Melbourne"),
    ],
)
def test_the_zone_comes_from_the_point(app: Flask, tmp_path: Path, lat: float, lon: float, zone: str) -> None:
    take(app, write(tmp_path, f"name,lat,lon\nSome Park,{lat},{lon}\n"))
    assert places()[0].zone == zone


def test_the_same_file_twice_changes_nothing(app: Flask, tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + WITHROW)
    take(app, path)
    before = [(row.id, row.public_id, row.created_at) for row in places()]
    assert "0 added, 0 changed, 1 unchanged, 0 refused" in take(app, path).output
    assert [(row.id, row.public_id, row.created_at) for row in places()] == before


def test_a_place_that_moved_stays_the_same_place(app: Flask, tmp_path: Path) -> None:
    take(app, write(tmp_path, HEADER + WITHROW))
    before = places()[0].public_id
    moved = WITHROW.replace("43.674432,-79.346933", "49.2827,-123.1207").replace("Withrow", "Stanley")
    assert "0 added, 1 changed" in take(app, write(tmp_path, HEADER + moved)).output
    (park,) = places()
    assert (park.public_id, park.name, park.zone) == (before, "Stanley Park", "America/Vancouver")
    assert park.cell8 == cells(Point(49.2827, -123.1207)).cell8


def test_what_a_file_no_longer_says_is_unknown_again(app: Flask, tmp_path: Path) -> None:
    take(app, write(tmp_path, HEADER + WITHROW))
    take(app, write(tmp_path, HEADER + WITHROW.replace("yes,,City", ",no,City")))
    assert known(places()[0]) == {Amenity.FENCE: False}


def test_what_a_member_has_checked_stands_against_the_file(app: Flask, tmp_path: Path) -> None:
    take(app, write(tmp_path, HEADER + WITHROW))
    ana, (park,) = add_member(), places()
    services.say(park, ana, Amenity.TOILETS, False, utcnow())
    services.say(park, ana, Amenity.FENCE, True, utcnow())
    db.session.commit()
    assert "1 unchanged" in take(app, write(tmp_path, HEADER + WITHROW)).output
    assert known(places()[0]) == {Amenity.TOILETS: False, Amenity.FENCE: True}
    # What the file says meanwhile is what stands once she takes her word back.
    assert "1 changed" in take(app, write(tmp_path, HEADER + WITHROW.replace("yes,,City", ",no,City"))).output
    assert known(places()[0]) == {Amenity.TOILETS: False, Amenity.FENCE: True}
    for amenity in (Amenity.TOILETS, Amenity.FENCE):
        services.take_back(places()[0], ana, amenity)
    db.session.commit()
    assert known(places()[0]) == {Amenity.FENCE: False}


def test_refusals_say_which_line_and_why_and_the_rest_is_taken(app: Flask, tmp_path: Path) -> None:
    rows = [
        "1,,43.6,-79.3,,,,City",
        "2,North of north,95,-79.3,,,,City",
        "3,No numbers,here,there,,,,City",
        "4,Null Island,0,0,,,,City",
        "5,Not a number,nan,-79.3,,,,City",
        '6,"Two\nlines",43.61,-79.31,,,,City',
        "6,Same id,43.62,-79.32,,,,City",
        "",
        "7,Short row",
        "8,Last Park,43.63,-79.33,,,,City",
    ]
    output = take(app, write(tmp_path, HEADER + "\n".join(rows) + "\n")).output
    assert "2 added, 0 changed, 0 unchanged, 7 refused" in output
    for said in (
        "line 2: it has no name",
        "line 3: North of north: its coordinates are missing or impossible",
        "line 4: No numbers: its coordinates",
        "line 5: Null Island: its coordinates",
        "line 6: Not a number: its coordinates",
        "line 9: Same id: it came before in this file",
        "line 11: Short row: its coordinates",
    ):
        assert said in output
    assert [row.name for row in places()] == ["Two lines", "Last Park"]


def test_a_park_that_another_source_told_of_is_not_taken_twice(app: Flask, tmp_path: Path) -> None:
    take(app, write(tmp_path, HEADER + WITHROW))
    near = feature({"leisure": "park", "name": "Withrow park"}, (-79.3468, 43.6745), id="way/1")
    far = feature({"leisure": "park", "name": "Withrow park"}, (-79.5, 43.8), id="way/2")
    output = take(app, geojson(tmp_path, near, far)).output
    assert "1 added" in output
    assert "feature 1 (line 4): Withrow park: City has it already" in output


def test_a_row_with_broken_bytes_is_refused_alone(app: Flask, tmp_path: Path) -> None:
    rows = HEADER.encode() + "9,Caf\xe9 Park,43.6,-79.3,,,,City\n".encode("latin-1") + WITHROW.encode()
    output = take(app, write(tmp_path, rows)).output
    assert "1 added, 0 changed, 0 unchanged, 1 refused" in output
    assert "line 2: it is not UTF-8" in output


def test_a_huge_field_is_refused_and_the_rest_is_taken(app: Flask, tmp_path: Path) -> None:
    rows = f"1,{'x' * 200_000},43.6,-79.3,,,,City\n2,{'Long ' * 100},43.6,-79.3,,,,City\n"
    output = take(app, write(tmp_path, HEADER + rows + WITHROW)).output
    assert "2 added, 0 changed, 0 unchanged, 1 refused" in output
    assert "line 2: it is not CSV: field larger than field limit" in output
    assert max(len(row.name) for row in places()) <= 120


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "has no column name, lat, lon"),
        ("a.csv", b"name;lat;lon\nA;1;2", "has no column"),
        ("a.csv", "name,lat,lon\nA,1,2".encode("utf-16"), "has no column"),
        ("a.geojson", b"[]", "no GeoJSON feature collection"),
        ("a.geojson", b'{"type": "Topology"}', "no GeoJSON feature collection"),
        ("a.geojson", b'{"type":"FeatureCollection","features":[\n\n{"type" oops', "is not JSON from line 3 on"),
        ("a.geojson", b'{"type":"FeatureCollection","features":[' + b"[" * 50_000, "is not JSON from line 1 on"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_to_be_and_nothing_is_taken(
    app: Flask, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    result = take(app, write(tmp_path, content, name))
    assert result.exit_code == 1
    assert said in result.output
    assert places() == []


def test_a_file_cut_short_leaves_nothing_behind(app: Flask, tmp_path: Path) -> None:
    path = geojson(tmp_path, feature({"name": "First", "leisure": "park"}), feature({"name": "Cut", "leisure": "park"}))
    path.write_bytes(path.read_bytes()[:-60])
    assert take(app, path).exit_code == 1
    db.session.rollback()
    assert places() == []


def test_openstreetmaps_tags_are_understood(app: Flask, tmp_path: Path) -> None:
    tags = {
        "@id": "way/42", "leisure": "playground", "name": "Tot Lot", "fenced": "yes", "toilets": "no", "diaper": "yes",
        "drinking_water": "yes", "playground:splash_pad": "yes", "picnic_table": "yes", "wheelchair": "limited",
        "shade": "partial", "dog": "no", "addr:housenumber": "9", "addr:street": "Queen St", "addr:city": "Toronto",
    }  # fmt: skip
    take(app, geojson(tmp_path, feature(tags)))
    (place,) = places()
    assert (place.kind, place.source, place.source_ref) == ("playground", "OpenStreetMap", "way/42")
    assert (place.address, place.city, place.attribution) == (
        "9 Queen St",
        "Toronto",
        "© OpenStreetMap contributors, ODbL",
    )
    # "limited" and "partial" are neither yes nor no, and parking was never spoken of.
    assert known(place) == {
        Amenity.PLAYGROUND: True, Amenity.FENCE: True, Amenity.TOILETS: False, Amenity.CHANGING_TABLE: True,
        Amenity.WATER: True, Amenity.SPLASH_PAD: True, Amenity.PICNIC: True, Amenity.DOGS: False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tags", "kind", "amenities"),
    [
        (
            {"leisure": "park", "barrier": "fence", "playground": "splash_pad"},
            "park",
            {"fence": True, "splash_pad": True},
        ),
        ({"amenity": "cafe", "changing_table": "no"}, "cafe", {"cafe": True, "changing_table": False}),
        ({"amenity": "library", "parking": "surface"}, "library", {"indoor": True, "parking": True}),
        ({"leisure": "park", "dog": "unleashed"}, "park", {"dogs": True}),
        ({"leisure": "park", "dog": "yes", "shade": ""}, "park", {}),
        ({"leisure": "playground", "playground": "swing"}, "playground", {"playground": True, "swings": True}),
        ({"leisure": "park", "wheelchair": "yes", "swings": "no"}, "park", {"stroller_path": True, "swings": False}),
        # Steps may keep a wheelchair out, and be two that a stroller takes.
        ({"leisure": "park", "wheelchair": "no", "surface": "grass"}, "park", {}),
    ],
)
def test_each_tag_says_its_own(
    app: Flask, tmp_path: Path, tags: dict[str, str], kind: str, amenities: dict[str, bool]
) -> None:
    take(app, geojson(tmp_path, feature({"name": "A", **tags}, id="node/1")))
    assert (places()[0].kind, known(places()[0])) == (kind, amenities)


def test_what_is_mapped_for_itself_is_told_of_the_park_it_lies_in(app: Flask, tmp_path: Path) -> None:
    inside, outside = (-79.341, 43.661), (-79.36, 43.66)
    things: list[dict[str, Any]] = [
        {"amenity": "toilets", "changing_table": "yes"}, {"playground": "swing"}, {"amenity": "drinking_water"},
        {"leisure": "playground", "fenced": "yes"}, {"amenity": "parking", "access": "private"},
    ]  # fmt: skip
    path = [[-79.35, 43.661], [-79.345, 43.665], [-79.34, 43.669]]
    features = [
        *(feature(tags, inside) for tags in things),
        feature({"highway": "footway", "surface": "asphalt"}, path, "LineString"),
        feature({"highway": "path", "surface": "mud"}, path, "LineString"),
        feature({"leisure": "picnic_table"}, outside),
        feature({"name": "Oak Park", "leisure": "park", "drinking_water": "no"}, square(-79.35, 43.66), "Polygon"),
        feature({"name": "Elm Park", "leisure": "park"}, (-79.4, 43.7)),
        feature({"name": "Corner Café", "amenity": "cafe"}, (-79.401, 43.701)),
    ]
    file = geojson(tmp_path, *features)
    output = take(app, file).output
    # The nameless playground is no place that anybody could find.
    assert "3 added, 0 changed, 0 unchanged, 3 refused" in output
    oak, elm, cafe = places()
    assert known(oak) == {
        Amenity.TOILETS: True, Amenity.CHANGING_TABLE: True, Amenity.SWINGS: True, Amenity.PLAYGROUND: True,
        Amenity.FENCE: True, Amenity.STROLLER_PATH: True, Amenity.WATER: False,
    }  # fmt: skip
    assert known(elm) == {Amenity.CAFE: True} == known(cafe)
    assert "0 added, 0 changed, 3 unchanged" in take(app, file).output


def test_things_far_apart_are_found_as_well_as_near_ones(app: Flask, tmp_path: Path) -> None:
    """By squares of the map or one by one, whichever is less."""
    far = [feature({"amenity": "toilets"}, (-79.3 + n / 50, 43.6)) for n in range(60)]
    large = feature({"name": "Large Park", "leisure": "park"}, square(-79.3001, 43.5, 1.2), "Polygon", id="way/1")
    small = feature({"name": "Small Park", "leisure": "park"}, (-78.3001, 43.6), id="node/2")
    none = feature({"name": "Third Park", "leisure": "park"}, (-78.31, 43.6), id="node/3")
    take(app, geojson(tmp_path, *far, large, small, none))
    assert [known(place) for place in places()] == [{Amenity.TOILETS: True}, {Amenity.TOILETS: True}, {}]


def test_what_is_no_public_place_is_refused(app: Flask, tmp_path: Path) -> None:
    output = take(
        app,
        geojson(
            tmp_path,
            feature({"name": "Pitch", "leisure": "pitch"}),
            feature({"name": "Garden", "leisure": "garden", "access": "private"}),
            feature({"name": "Road", "leisure": "park"}, [[-79.3, 43.6], [-79.4, 43.6]], "LineString"),
            feature({"name": "Outer space", "leisure": "park"}, square(200, 43)[0:1], "Polygon"),
            {"type": "Feature", "properties": {"name": "Nowhere"}, "geometry": None},
        ),
    ).output
    assert "0 added, 0 changed, 0 unchanged, 5 refused" in output
    for said in ("leisure=pitch is no place", "not open to everybody", "a LineString is neither", "cannot be read"):
        assert said in output


def test_a_polygon_is_a_park_where_it_is_tagged_so_and_a_neighbourhood_otherwise(app: Flask, tmp_path: Path) -> None:
    park = feature({"name": "Oak Park", "leisure": "park"}, square(-79.35, 43.66), "Polygon", id="way/7")
    two = [square(-79.35, 43.66, 0.02), square(-79.31, 43.66)]
    hood = feature({"name": "Oakville", "city": "Toronto", "country": "CA"}, two, "MultiPolygon")
    path = geojson(tmp_path, park, hood)
    assert "2 added" in take(app, path).output
    assert "2 unchanged" in take(app, path).output
    assert (places()[0].lat, places()[0].lon) == pytest.approx((43.665, -79.345))
    (area,) = db.session.scalars(db.select(Area))
    assert (area.name, area.city, len(area.rings)) == ("Oakville", "Toronto", 2)
    assert (area.lat, area.lon) == pytest.approx((43.67, -79.34))


def test_features_one_a_line_are_read_too(app: Flask, tmp_path: Path) -> None:
    lines = [json.dumps(feature({"leisure": "park", "name": f"Park {n}"}, (-79.3, 43.6 + n / 100))) for n in range(3)]
    assert "3 added" in take(app, write(tmp_path, "\n\x1e".join(lines) + "\n", "export.geojsonseq")).output


def test_a_large_file_is_read_piece_by_piece(tmp_path: Path) -> None:
    features = [feature({"leisure": "park", "name": f"Park {n}", "note": "é" * 2000}) for n in range(200)]
    records = list(readers.read(geojson(tmp_path, *features)))
    assert [getattr(record, "name", record) for record in records] == [f"Park {n}" for n in range(200)]
    assert records[-1].where.startswith("feature 200 (line ")


def test_a_file_that_is_not_there_is_said_to_be(app: Flask) -> None:
    assert app.test_cli_runner().invoke(import_places, ["nowhere.csv"]).exit_code == 2
