"""What `flask import-outlines` takes for maps to draw, refuses, and leaves alone the second time."""

import math
from pathlib import Path
from typing import Any

from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from meetups.demo import town
from meetups.extensions import db
from meetups.places.commands import import_outlines
from meetups.places.models import Area, Place, Shape
from meetups.places.outlines import contains
from meetups.places.queries import Point
from tests.places.test_import import feature, geojson, square
from tests.places.test_import import take as take_places


def take(app: Flask, path: Path) -> Result:
    result = app.test_cli_runner().invoke(import_outlines, [str(path)])
    db.session.expire_all()
    return result


def shapes() -> list[Shape]:
    return list(db.session.scalars(db.select(Shape).order_by(Shape.id)))


def polygon(tags: dict[str, Any], rings: Any, **more: Any) -> dict[str, Any]:
    return feature(tags, rings, "Polygon", **more)


def test_water_and_greens_are_taken_with_few_points_and_whose_they_are(app: Flask, tmp_path: Path) -> None:
    # A pond of a hundred metres, a thousand points of a circle.
    around = [(math.cos(at * math.pi / 500), math.sin(at * math.pi / 500)) for at in range(1001)]
    pond = [[-79.3 + 0.0009 * x, 43.65 + 0.0009 * y] for x, y in around]
    pond[-1] = pond[0]
    path = geojson(
        tmp_path,
        polygon({"natural": "water", "name": "Grenadier Pond"}, [pond], id="way/1"),
        polygon({"waterway": "riverbank"}, square(-79.32, 43.65), id="way/2"),
        polygon({"leisure": "park", "name": "Oak Park"}, square(-79.34, 43.65), id="way/3"),
        feature({"leisure": "park", "name": "Two halves"}, [square(-79.36, 43.65), square(-79.36, 43.67)], "MultiPolygon", id="relation/4"),
    )  # fmt: skip
    assert "4 added, 0 changed, 0 unchanged, 0 refused" in take(app, path).output
    found = shapes()
    assert [(row.kind, row.name, row.source_ref) for row in found] == [
        ("water", "Grenadier Pond", "way/1"),
        ("water", "", "way/2"),
        ("green", "Oak Park", "way/3"),
        ("green", "Two halves", "relation/4"),
    ]
    (ring,) = found[0].rings
    assert 8 <= len(ring) < 40 and contains([ring], Point(43.65, -79.3))
    assert [len(row.rings) for row in found] == [1, 1, 1, 2]
    assert {row.attribution for row in found} == {"© OpenStreetMap contributors, ODbL"}
    assert (found[2].south, found[2].west, found[2].north, found[2].east, found[2].size) == (
        43.65,
        -79.34,
        43.66,
        -79.33,
        1113,
    )
    # Not a place, not a neighbourhood.
    assert not db.session.scalars(db.select(Place)).all() and not db.session.scalars(db.select(Area)).all()


def test_the_same_file_twice_changes_nothing_and_a_newer_one_what_it_says(app: Flask, tmp_path: Path) -> None:
    path = geojson(tmp_path, polygon({"natural": "water", "name": "Pond"}, square(-79.3, 43.6), id="way/1"))
    take(app, path)
    assert "0 added, 0 changed, 1 unchanged, 0 refused" in take(app, path).output
    path = geojson(tmp_path, polygon({"natural": "water", "name": "Pond"}, square(-79.4, 43.6), id="way/1"))
    assert "0 added, 1 changed" in take(app, path).output
    (pond,) = shapes()
    assert pond.west == -79.4


def test_what_cannot_be_drawn_is_passed_over_or_refused(app: Flask, tmp_path: Path) -> None:
    path = geojson(
        tmp_path,
        feature({"natural": "water", "name": "A spring"}),
        feature({"natural": "coastline"}, [[-79.3, 43.6], [-79.2, 43.6]], "LineString"),
        polygon({"building": "yes"}, square(-79.3, 43.6)),
        polygon({"natural": "water", "name": "A puddle"}, square(-79.3, 43.6, 0.0001), id="way/2"),
        polygon({"natural": "water"}, [[[-79.3, 43.6], [-79.3, 143.6], [-79.3, 43.6], [-79.3, 43.6]]], id="way/3"),
        polygon({"natural": "water"}, square(-79.3, 43.6), id="way/4"),
        polygon({"natural": "water"}, square(-79.5, 43.6), id="way/4"),
    )
    output = take(app, path).output
    assert "1 added, 0 changed, 0 unchanged, 3 refused" in output
    assert "A puddle: too small to be seen on a map" in output
    assert "cannot be read" in output and "it came before in this file" in output
    (tmp_path / "no.geojson").write_text("nothing")
    assert take(app, tmp_path / "no.geojson").exit_code == 1


def test_water_among_places_is_no_neighbourhood(app: Flask, tmp_path: Path) -> None:
    path = geojson(tmp_path, polygon({"natural": "water", "name": "Pond"}, square(-79.3, 43.6)))
    assert "maps can draw it: flask import-outlines" in take_places(app, path).output
    assert not db.session.scalars(db.select(Area)).all()


def test_the_demo_towns_lake_is_where_no_neighbourhood_is(app: Flask, client: FlaskClient) -> None:
    assert "1 added" in take(app, town.DATA / "water.geojson").output
    take_places(app, town.DATA / "neighbourhoods.geojson")
    take_places(app, town.DATA / "parks.csv")
    (lake,) = shapes()
    # The outlines of both are simplified: a few parks lie on the shore.
    wet = [
        park.name for park in db.session.scalars(db.select(Place)) if contains(lake.rings, Point(park.lat, park.lon))
    ]
    assert len(wet) <= 2, wet
    areas = db.session.scalars(db.select(Area)).all()
    in_it = [area.name for area in areas if contains(lake.rings, Point(area.lat, area.lon))]
    assert in_it == ["Ashbridges Bay"]
    page = client.get("/?near=43.665,-79.300").text
    assert "Lake Ontario" in page and 'class="map-water" d="M' in page
    assert "Open Government Licence - Toronto" in client.get("/about").text
