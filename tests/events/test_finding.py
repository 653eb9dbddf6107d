"""The queries of lists: along the index of the cells, whatever is asked for, on both databases."""

from datetime import date, timedelta
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import insert, literal, select, true

from benchmarks import scale_world
from benchmarks.plans import plan, walks
from meetups.accounts.models import Member
from meetups.domain.nearness import Point, metres
from meetups.events import finding
from meetups.events.circle import here
from meetups.events.models import Kind
from meetups.events.search import Cursor, Search
from meetups.extensions import db
from meetups.places.models import Amenity, Place, PlaceAmenity
from tests.conftest import NOW
from tests.factories import TUESDAY, WITHROW, add_meetup, add_place

EAST = Point(WITHROW.lat, WITHROW.lon + 0.008)
WEEK = timedelta(days=8)
NEAR = Search(near=WITHROW, within=1600, zone="America/Toronto")
ASKED = {
    "near": NEAR,
    "far": NEAR.but(within=3200),
    "kind and age": NEAR.but(kind=Kind.WALK, age=10),
    "a day": NEAR.but(day=TUESDAY.date()),
    "with a fence": NEAR.but(amenities=(Amenity.FENCE,)),
    "her own": NEAR.but(mine=True, kids=(date(2026, 4, 1), date(2027, 2, 1))),
}


@pytest.mark.one_database
def test_what_few_places_have_is_found_without_a_look_at_all_places(app: Flask) -> None:
    for number in range(50):
        add_place(f"Park {number}")
    fenced = add_place("Fenced")
    db.session.add(PlaceAmenity(place_id=fenced.id, amenity=Amenity.FENCE, present=True, source="tests"))
    db.session.flush()
    for amenities in ((Amenity.FENCE,), (Amenity.FENCE, Amenity.SHADE)):
        steps = plan(lambda amenities=amenities: here(Search(amenities=amenities)))
        assert not [step for step in steps if "SCAN" in step], steps
    found = here(Search(amenities=(Amenity.FENCE,)))
    assert found and (found.cells, found.places) == ((fenced.cell6,), (str(fenced.id),))


def test_a_list_is_a_walk_along_the_index_of_the_cells(app: Flask, unknowing: None) -> None:
    """In a country large enough for a database to think before it reads all of it."""
    scale_world.fill(12_000, 200)
    fences = select(Place.id, literal("fence"), true(), literal("tests"))
    db.session.execute(insert(PlaceAmenity).from_select(["place_id", "amenity", "present", "source"], fences))
    ana = db.session.scalars(select(Member).limit(1)).one()
    for (name, search), viewer in product(ASKED.items(), (None, ana)):
        found = plan(lambda search=search, viewer=viewer: finding.find(search, viewer, NOW))
        assert walks(found, "ix_occurrences_cell"), (name, found)
        found = plan(lambda search=search, viewer=viewer: finding.days(search, viewer, NOW, NOW + WEEK))
        # The dates of a few days in so small a country may as well be found by their starts.
        assert walks(found, "ix_occurrences_cell", "ix_occurrences_starts"), (name, found)


def test_only_places_in_the_circle_count_to_the_metre(app: Flask) -> None:
    inside, outside = add_place("Inside", WITHROW), add_place("Outside", EAST)
    for place in (inside, outside):
        add_meetup(title=place.name, place=place)
    db.session.commit()
    far = metres(WITHROW, EAST)
    for within, names in ((far - 1, ["Inside"]), (far + 1, ["Inside", "Outside"])):
        found = finding.find(Search(near=WITHROW, within=int(within)), None, NOW)
        assert sorted(row.place.name for row in found) == names


def test_the_line_where_days_begin_divides_no_circle(app: Flask) -> None:
    west = add_place("Taveuni", Point(-16.85, 179.995))
    add_meetup(place=west)
    db.session.commit()
    found = finding.find(Search(near=Point(-16.85, -179.998), within=3200), None, NOW)
    assert [row.place.name for row in found] == ["Taveuni"]


def test_pages_meet_where_many_begin_at_once(app: Flask) -> None:
    for number in range(7):
        add_meetup(title=f"Walk {number}", place=add_place(f"Park {number}", WITHROW if number % 2 else EAST))
    db.session.commit()
    everything = [row.id for row in finding.find(NEAR, None, NOW)]
    seen: list[int] = []
    cursor = None
    while some := finding.find(NEAR, None, NOW, 3, cursor):
        seen += [row.id for row in some]
        cursor = Cursor.of(some[-1])
    assert seen == everything and len(seen) == 7
