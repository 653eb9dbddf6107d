"""The map's drawing: pins that lie over nothing, outlines that end where the picture does, what is written where."""

import math
import re
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from meetups.app import create_app
from meetups.config import Settings
from meetups.domain.nearness import Point, metres, walking_minutes
from meetups.extensions import db
from meetups.places import ground
from meetups.places import map as drawing
from meetups.places import view as looking
from meetups.places.map import TALL, Pin, Stop
from meetups.places.models import Area, Shape
from meetups.places.outlines import box, contains, simplified
from meetups.places.view import HEIGHT, WIDTH, View
from tests.factories import WITHROW, add_place

VIEW = View(WITHROW, 900)
BOUNDS = VIEW.bounds
# Anywhere in the picture, also many at the same few spots.
spots = st.builds(
    Point,
    st.one_of(st.sampled_from([WITHROW.lat, BOUNDS.north]), st.floats(BOUNDS.south, BOUNDS.north)),
    st.one_of(st.sampled_from([WITHROW.lon, BOUNDS.west]), st.floats(BOUNDS.west, BOUNDS.east)),
)


def stop(number: int, point: Point) -> Stop:
    return Stop(number, point, f"#m{number}", f"Walk {number}, at a park", f"Walk {number}")


def apart(pins: list[Pin]) -> bool:
    return all(abs(a.x - b.x) >= (a.wide + b.wide) / 2 or abs(a.y - b.y) >= TALL for a, b in combinations(pins, 2))


@given(st.lists(spots, max_size=30), st.lists(st.tuples(spots, st.integers(1, 300)), max_size=60))
def test_no_pin_covers_another_and_none_is_lost(points: list[Point], counted: list[tuple[Point, int]]) -> None:
    pins = drawing.pins(VIEW, [stop(number, point) for number, point in enumerate(points, 1)])
    more = drawing.clusters(VIEW, [(at, point, count) for at, (point, count) in enumerate(counted)], pins)
    every = [*pins, *more]
    assert apart(every)  # type: ignore[arg-type]
    assert all(VIEW.inside(pin.x, pin.y, TALL / 2) for pin in every)
    assert sorted(number for pin in pins for number in pin.numbers) == list(range(1, len(points) + 1))
    assert sum(cluster.count for cluster in more) == sum(count for _, count in counted)
    # In the order of the list, as the tab key goes.
    assert [pin.numbers[0] for pin in pins] == sorted(pin.numbers[0] for pin in pins)
    for pin in pins:
        assert pin.at is None or math.dist(pin.at, (pin.x, pin.y)) > 0
        assert all(f"{number}: Walk {number}" in pin.words for number in pin.numbers)


@pytest.mark.parametrize("apart_by", [0.00002, 0.0002, 0.002])
def test_thirty_parks_of_one_street_are_all_in_pins_that_can_be_told_apart(apart_by: float) -> None:
    street = [Point(WITHROW.lat, WITHROW.lon + (number - 15) * apart_by) for number in range(30)]
    pins = drawing.pins(View(WITHROW, 5000), [stop(number, point) for number, point in enumerate(street)])
    assert apart(pins) and len(pins) < 30
    assert sorted(number for pin in pins for number in pin.numbers) == list(range(30))
    # None is far from where it belongs.
    assert all(math.dist(pin.at, (pin.x, pin.y)) <= 56 for pin in pins if pin.at)


def test_dates_of_one_place_share_a_pin_and_its_neighbour_makes_room() -> None:
    near = Point(WITHROW.lat, WITHROW.lon + 0.0005)
    shared, beside = drawing.pins(VIEW, [stop(1, WITHROW), stop(2, near), stop(3, WITHROW), stop(4, WITHROW)])
    assert (shared.label, shared.href, shared.at) == ("1 +2", "#m1", None)
    assert shared.words == "1: Walk 1, at a park; 3: Walk 3; 4: Walk 4"
    assert beside.label == "2" and beside.at == VIEW.xy(near.lat, near.lon)


@given(st.floats(100, 20_000), st.floats(-80, 80))
def test_a_view_and_its_edges_agree(reach: float, lat: float) -> None:
    view = View(Point(lat, 10), reach)
    assert view.xy(view.bounds.north, view.bounds.west) == (0, 0)
    assert view.xy(view.bounds.south, view.bounds.east) == (WIDTH, HEIGHT)
    assert looking.scale_line(view)[0] <= WIDTH / 2


@given(st.integers(100, 5000))
def test_a_circles_minutes_are_what_a_place_on_it_takes(within: int) -> None:
    view = View(WITHROW, within * 1.12)
    for walk in drawing.walks(view, WITHROW, within, []):
        on_it = Point(WITHROW.lat + (walk.radius / view.scale - 15) / 111_320, WITHROW.lon)
        assert walking_minutes(metres(WITHROW, on_it)) == walk.minutes
        assert walk.radius / view.scale > within or (walk.written and view.inside(*walk.written))


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-9000, 9000), st.floats(-9000, 9000))
def test_moving_the_map_stays_on_earth(lat: float, lon: float, north: float, east: float) -> None:
    there = looking.moved(Point(lat, lon), north, east)
    assert abs(there.lat) <= 85 and abs(there.lon) <= 180


numbers = st.floats(-1000, 1400)


@given(st.lists(st.tuples(numbers, numbers), min_size=3, max_size=12), st.floats(1, 359), st.floats(1, 299))
def test_an_outline_is_cut_at_the_picture_and_not_bent(ring: list[tuple[float, float]], x: float, y: float) -> None:
    cut = ground._cut(VIEW, ring)
    assert all(-6.01 <= x <= WIDTH + 6.01 and -6.01 <= y <= HEIGHT + 6.01 for x, y in cut)
    # What lies inside of it does so still, and what does not, not (but on an edge, where rounding decides).
    whole, part = ([[*one, one[0]]] if one else [] for one in (ring, list(cut)))
    around = [(x + a, y + b) for a in (-0.01, 0, 0.01) for b in (-0.01, 0, 0.01)]
    if len({contains(whole, Point(b, a)) for a, b in around}) == 1:
        assert contains(whole, Point(y, x)) == contains(part, Point(y, x))


@given(st.lists(st.tuples(st.floats(-0.02, 0.02), st.floats(-0.02, 0.02)), min_size=4, max_size=60, unique=True))
def test_a_simplified_outline_is_nowhere_farther_off_than_it_says(points: list[tuple[float, float]]) -> None:
    ring = [[lon, lat] for lon, lat in [*points, points[0]]]
    (kept,) = simplified([ring], 20, 1000) or [[]]
    assert len(kept) <= len(ring) and (not kept or kept[0] == kept[-1])
    for lon, lat in ring if kept else ():
        away = min(_far((lon, lat), a, b) for a, b in pairwise(kept))
        assert away * 111_320 <= 20.2
    assert sum(map(len, simplified([ring], 1, 10))) <= 10


def _far(point: tuple[float, float], a: list[float], b: list[float]) -> float:
    long = math.dist(a, b)
    part = ((point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1])) / long**2 if long else 0
    part = min(max(part, 0), 1)
    return math.dist(point, (a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])))


@given(st.lists(st.tuples(st.integers(-6, 366), st.integers(-6, 306)), min_size=3, max_size=20))
def test_a_path_says_every_point_from_the_one_before(ring: list[tuple[int, int]]) -> None:
    found = ground.path([ring])
    steps = [tuple(map(int, re.findall(r"-?\d+", step))) for step in re.findall(r"M[^l]*|l[^z]*", found)]
    if found:
        x, y = steps[0]
        assert (x, y) == ring[0]
        walked = [(x, y)]
        for dx, dy in zip(steps[1][::2], steps[1][1::2], strict=True):
            x, y = x + dx, y + dy
            walked.append((x, y))
        assert set(walked) <= set(ring)


def square(middle: Point, half: float) -> list[list[list[float]]]:
    """A square of so many degrees each way."""
    south, north, west, east = middle.lat - half, middle.lat + half, middle.lon - half, middle.lon + half
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def area(name: str, middle: Point, half: float) -> Area:
    rings = square(middle, half)
    around = box(rings)
    return Area(
        name=name, search_key=name.lower(), city="Toronto", country="CA", lat=middle.lat, lon=middle.lon, rings=rings,
        attribution="Outlines: the city", south=around.south, west=around.west, north=around.north, east=around.east,
    )  # fmt: skip


def shape(kind: str, name: str, middle: Point, half: float, ref: str) -> Shape:
    rings = square(middle, half)
    around = box(rings)
    return Shape(
        kind=kind, name=name, rings=rings, source="OpenStreetMap", source_ref=ref, attribution="© Mappers",
        south=around.south, west=around.west, north=around.north, east=around.east, size=round(around.size),
    )  # fmt: skip


def test_a_large_neighbourhood_around_the_view_is_drawn_and_named(app: Flask) -> None:
    # No corner of it, and not its middle, is in the picture.
    db.session.add(area("Riverdale", Point(WITHROW.lat + 0.04, WITHROW.lon), 0.06))
    db.session.add(area("Elsewhere", Point(WITHROW.lat + 1, WITHROW.lon), 0.06))
    db.session.commit()
    found = ground.ground(VIEW)
    assert found.here == "Riverdale" and [name.name for name in found.names] == ["Riverdale"]
    assert found.land.startswith("M") and found.land.endswith("z")
    assert found.credits == ("Outlines: the city",)


def test_water_and_greens_are_drawn_and_a_speck_is_not(app: Flask) -> None:
    db.session.add_all(
        [
            shape("water", "The Lake", Point(WITHROW.lat - 0.02, WITHROW.lon), 0.018, "1"),
            shape("green", "Withrow Park", WITHROW, 0.002, "2"),
            shape("water", "A puddle", WITHROW, 0.00005, "3"),
            shape("green", "Far away", Point(WITHROW.lat, WITHROW.lon + 1), 0.01, "4"),
        ]
    )
    add_place("Withrow Park")
    add_place("A café", kind="cafe")
    db.session.commit()
    found = ground.ground(VIEW)
    assert found.water.count("M") == 1 and found.green.count("M") == 1
    assert [name.name for name in found.names] == ["The Lake"]
    assert [name.name for name in found.parks] == ["Withrow Park"] and found.dots.count("h0") == 1
    assert found.credits == ("© Mappers",)


def test_what_is_kept_is_read_anew_when_it_is_forgotten(app: Flask) -> None:
    assert ground.ground(VIEW).dots == ""
    add_place("New Park")
    db.session.commit()
    assert ground.ground(VIEW).dots == ""
    ground.forget()
    assert ground.ground(VIEW).dots != ""


@pytest.mark.one_database
def test_what_is_kept_is_of_one_database(app: Flask, settings: Settings, tmp_path: Path) -> None:
    add_place("New Park")
    db.session.commit()
    other = create_app(replace(settings, database_url=f"sqlite:///{tmp_path}/other.sqlite"))
    with other.app_context():
        db.create_all()
        assert ground.ground(VIEW).dots == ""
        db.session.remove()
        db.engine.dispose()
    assert ground.ground(VIEW).dots != ""


@pytest.mark.parametrize("many", [1, 40])
def test_names_cover_neither_pins_nor_each_other(many: int) -> None:
    wanted = [ground.Name(f"Park number {at}", 40 + at * 7 % 280, 30 + at * 13 % 240) for at in range(many)]
    boxes = [(180.0, 150.0, 40.0, 30.0)]
    kept = ground.names(VIEW, wanted, boxes)
    assert kept and len(boxes) == len(kept) + 1
    for (x, y, w, h), (x_2, y_2, w_2, h_2) in combinations(boxes, 2):
        assert abs(x - x_2) > (w + w_2) / 2 or abs(y - y_2) > (h + h_2) / 2
