"""A member's neighbourhood over HTTP: typed, tapped or where the phone is, and nothing finer kept."""

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from meetups.accounts.models import Member
from meetups.domain.nearness import Point, home_cell
from meetups.extensions import db
from tests.factories import add_member, sign_in


@pytest.fixture
def ana(east: None, client: FlaskClient) -> Iterator[Member]:
    """A signed-in member in the east of Toronto who has not said where she lives."""
    member = add_member()
    sign_in(client, member)
    yield member


def page(client: FlaskClient, path: str = "/me/home") -> BeautifulSoup:
    answer = client.get(path)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html5lib")


def home(member: Member) -> tuple[str | None, str | None]:
    db.session.refresh(member)
    return member.home_cell, member.home_name


def test_strangers_are_asked_to_sign_in(app: Flask, client: FlaskClient) -> None:
    answer = client.get("/me/home")
    assert answer.status_code == 302
    assert "/signin" in answer.location


@pytest.mark.parametrize(
    ("typed", "point", "name"),
    [
        ("Leslieville", None, "Leslieville"),
        ("withrow", Point(43.674432, -79.346933), "North Riverdale"),
        ("43.6645,-79.3380", Point(43.6645, -79.3380), "Leslieville"),
    ],
)
def test_a_typed_name_or_point_is_kept_as_a_cell_and_the_name_of_its_neighbourhood(
    ana: Member, client: FlaskClient, typed: str, point: Point | None, name: str
) -> None:
    answer = client.post("/me/home", data={"name": typed})
    assert (answer.status_code, answer.location) == (302, "/me")
    cell, kept = home(ana)
    assert kept == name
    assert point is None or cell == home_cell(point)


def test_every_neighbourhood_can_be_tapped_on_the_map_and_in_the_list(ana: Member, client: FlaskClient) -> None:
    soup = page(client)
    tapped = soup.select("svg.map a, .map svg a")
    buttons = soup.select("button[name=name]")
    assert len(tapped) == len(buttons) == 24
    assert "Leslieville" in [button["value"] for button in buttons]
    # Each outline leads to the same page with that name filled in, and saves nothing yet.
    link = next(a["href"] for a in tapped if "Leslieville" in a["href"])
    chosen = page(client, link.split("#")[0])
    assert chosen.select_one("input[name=name]")["value"] == "Leslieville"
    assert chosen.select_one(".map-chosen") is not None
    assert home(ana) == (None, None)


def test_tapping_a_neighbourhood_in_the_list_saves_it(ana: Member, client: FlaskClient) -> None:
    client.post("/me/home", data={"name": "The Beaches"})
    assert home(ana)[1] == "The Beaches"
    assert page(client).select_one("button[aria-current]")["value"] == "The Beaches"


def test_where_the_phone_is_is_shown_as_a_neighbourhood_and_saved_by_her(ana: Member, client: FlaskClient) -> None:
    soup = page(client, "/me/home?near=43.668,-79.328")
    assert soup.select_one("input[name=name]")["value"] == "Leslieville"
    assert home(ana) == (None, None)
    near = soup.select_one("input[name=near]")["value"]
    client.post("/me/home", data={"name": "Leslieville", "near": near})
    assert home(ana) == (home_cell(Point(43.668, -79.328)), "Leslieville")


def test_another_name_typed_over_it_wins(ana: Member, client: FlaskClient) -> None:
    client.post("/me/home", data={"name": "The Beaches", "near": "43.668,-79.328"})
    assert home(ana)[1] == "The Beaches"


def test_nothing_finer_than_the_cell_is_kept(ana: Member, client: FlaskClient) -> None:
    client.post("/me/home", data={"name": "43.66812,-79.32845"})
    stored = {column.name: getattr(ana, column.name) for column in Member.__table__.columns}
    assert "43.66" not in str(stored)
    assert "43.66" not in page(client, "/me").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [("Atlantis", "We know no place of that name"), ("", "Type a neighbourhood"), ("95,200", "We know no")],
)
def test_what_is_not_known_is_said_beside_the_field_and_stays_there(
    ana: Member, client: FlaskClient, typed: str, said: str
) -> None:
    answer = client.post("/me/home", data={"name": typed})
    assert answer.status_code == 422
    soup = BeautifulSoup(answer.text, "html5lib")
    assert said in soup.select_one(".field-error").text
    assert said in soup.select_one("[role=alert]").text
    assert soup.select_one("input[name=name]").get("value", "") == typed
    assert home(ana) == (None, None)


def test_the_form_needs_its_token(ana: Member, app: Flask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    assert client.post("/me/home", data={"name": "Leslieville"}).status_code == 400
    assert home(ana) == (None, None)
