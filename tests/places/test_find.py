"""Where a typed name leads, and what is suggested while it is typed."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetups.domain.nearness import Point
from meetups.places import queries
from tests.conftest import counted_queries
from tests.factories import add_place


@pytest.mark.parametrize(
    ("typed", "name", "area"),
    [
        ("Leslieville", "Leslieville", "Leslieville"),
        ("the beaches", "The Beaches", "The Beaches"),
        ("beach", "The Beaches", "The Beaches"),
        ("east york", "Old East York", "Old East York"),
        ("danforth", "Danforth", "Danforth"),
        ("o'connor", "O'Connor-Parkview", "O'Connor-Parkview"),
        ("Withrow Park", "Withrow Park", "North Riverdale"),
        ("  WITHROW  ", "Withrow Park", "North Riverdale"),
        ("park withrow", "Withrow Park", "North Riverdale"),
        ("monarch p", "Monarch Park", "Greenwood-Coxwell"),
        ("réservoir", None, None),
        ("lesliville", "Leslieville", "Leslieville"),
        ("withrow prak", "Withrow Park", "North Riverdale"),
        ("Hiddeaway Park", "Hideaway Park", "Leslieville"),
        ("zzzz", None, None),
        ("%", None, None),
        ("_", None, None),
        ("", None, None),
        ("x" * 5000, None, None),
    ],
)
def test_a_typed_name_leads_to_a_place(east: None, typed: str, name: str | None, area: str | None) -> None:
    found = queries.find(typed)
    assert (found.name, found.area) == (name, area) if name else found is None


def test_accents_in_a_name_or_in_what_is_typed_do_not_matter(app: Flask) -> None:
    add_place("Parc des Érables")
    for typed in ("parc des erables", "erab", "ÉRABLES"):
        assert [place.name for place in queries.suggest(typed)] == ["Parc des Érables"]


def test_an_exact_name_comes_before_a_beginning_before_a_word_within(app: Flask) -> None:
    for name in ("Upper Oak Green", "Oakwood", "Oak Field", "Oak", "Smoak Park"):
        add_place(name)
    assert [place.name for place in queries.suggest("oak")] == ["Oak", "Oakwood", "Oak Field", "Upper Oak Green"]


def test_a_point_is_never_given_back_in_words(east: None) -> None:
    found = queries.find("43.6745,-79.3469")
    assert found == queries.Found("North Riverdale", Point(43.6745, -79.3469), "North Riverdale")
    assert queries.find("10,10") == queries.Found("here", Point(10, 10), None)
    assert queries.find("91,10") is None


def test_the_nearest_parks_come_first_with_their_distance(east: None) -> None:
    found = queries.nearest(Point(43.674432, -79.346933), 4)
    assert found[0][0].name == "Withrow Park"
    assert found[0][1] < 1
    distances = [far for _, far in found]
    assert distances == sorted(distances)
    assert 100 < distances[1] < 500


def test_every_park_of_the_demo_town_lies_in_the_neighbourhood_it_names(east: None) -> None:
    rows = queries.suggest("park", 200)
    assert len(rows) > 100
    assert {row.name: queries.area_name(Point(row.lat, row.lon)) for row in rows} == {
        row.name: row.neighbourhood for row in rows
    }


def test_what_the_owners_of_the_data_want_said_is_kept(east: None) -> None:
    assert queries.attributions() == ["Contains information licensed under the Open Government Licence - Toronto."]


def test_the_about_page_says_it(east: None, client: FlaskClient) -> None:
    assert "Contains information licensed under the Open Government Licence - Toronto." in client.get("/about").text


def test_suggestions_name_neighbourhoods_and_parks(east: None, client: FlaskClient) -> None:
    with counted_queries() as seen:
        answer = client.get("/places/suggest?q=leslie")
    assert len(seen) <= 3
    assert [(row["name"], row["note"]) for row in answer.json] == [
        ("Leslieville", "Toronto"),
        ("Leslie Grove Park", "Leslieville"),
    ]
    assert answer.json[0]["id"] == ""
    assert queries.by_public_id(answer.json[1]["id"]).name == "Leslie Grove Park"


def test_suggestions_for_a_host_are_parks_alone(east: None, client: FlaskClient) -> None:
    names = [row["name"] for row in client.get("/places/suggest?q=oak&only=places").json]
    assert set(names) == {"Oak Street Park", "Oakcrest Parkette", "Oakridge Park", "Four Oaks Gate Park"}


@pytest.mark.parametrize("query", ["", "?q=", "?q=%25", "?q=" + "a+" * 3000])
def test_nothing_fit_to_search_suggests_nothing(east: None, client: FlaskClient, query: str) -> None:
    answer = client.get(f"/places/suggest{query}")
    assert answer.status_code == 200
    assert isinstance(answer.json, list)
