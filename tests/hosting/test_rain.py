"""The rain plan: said beforehand, put into effect by one tap, told at once, and taken back."""

import re
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.extensions import db
from meetups.hosting.tokens import local_address
from meetups.rsvps.models import Rsvp
from tests.events.drafts import saved
from tests.events.test_scopes import date_page
from tests.factories import add_member, add_place, sign_in
from tests.hosting.world import HOUR, MINUTE, World

ADDRESS = "/meetups/{}/2026-12-01T1000"


@pytest.fixture
def world(app: Flask) -> World:
    return World()


@pytest.fixture
def morning(world: World, client: FlaskClient, clock: Any) -> Any:
    """Three hours before the walk, with its host signed in; reminders up to now have left."""
    sign_in(client, world.host)
    world.rounds(world.start - 25 * HOUR, world.start - 3 * HOUR)
    world.mails.clear()
    clock.move_to(world.start - 3 * HOUR)
    return world.start - 3 * HOUR


def plan(world: World, how: str | None, place: Any = None) -> None:
    world.meetup.rain_plan, world.meetup.rain_place_id = how, place.id if place else None
    world.date.confirmed_at = world.evening
    db.session.commit()


def press(client: FlaskClient, address: str, button: str) -> str:
    page = BeautifulSoup(client.get(address).text, "html.parser")
    (form,) = [form for form in page.select("form") if form.button and form.button.text.strip() == button]
    return str(client.post(form["action"], follow_redirects=True).text)


def test_with_a_place_it_moves_there_at_once_and_nobody_is_asked_again(
    world: World, client: FlaskClient, morning: Any
) -> None:
    library = add_place("Riverdale Library", kind="library")
    plan(world, "place", library)
    address = ADDRESS.format(world.meetup.public_id)
    assert "If it rains, we meet at Riverdale Library" in client.get(address).text
    assert "Rain plan today: we meet at Riverdale Library" in press(client, address, "Rain plan today")
    told = world.round(morning + MINUTE)
    assert sorted(told) == [
        (to, "Rain plan: Slow walk, Tue 1 Dec, 10:00, is at another place") for to in ("ana", "bea")
    ]
    assert "Riverdale Library" in world.text() and "Your answer stands." in world.text()
    db.session.expire_all()
    assert world.date.place_id == library.id and world.date.taken == 2
    assert not any(row.asked_again for row in db.session.scalars(select(Rsvp)))
    # The reminder that is due later names the other place.
    reminded = world.rounds(morning + 2 * MINUTE, world.start)
    assert [subject for to, subject in reminded if to == "bea"] == ["Today 10:00: Slow walk"]
    # The words of the series are about the park, and of the library she has said none.
    assert "Hana will be there." in world.text() and "How to find" not in world.text()


def test_where_exactly_in_the_rain_is_for_those_who_come(world: World, client: FlaskClient, morning: Any) -> None:
    plan(world, "place", add_place("Riverdale Library", kind="library"))
    world.meetup.rain_spot, world.date.own_spot = "By the picture books", "By the slide today"
    address, readers = ADDRESS.format(world.meetup.public_id), (world.ana, add_member("Zoe"), None)
    db.session.commit()

    def pages() -> list[tuple[bool, bool]]:
        found = []
        for reader in readers:
            guest = client.application.test_client()
            if reader:
                sign_in(guest, reader)
            page = guest.get(address).text
            found.append(("picture books" in page, "slide" in page))
        return found

    before = "If it rains, we meet at Riverdale Library. How to find each other there: By the picture books"
    assert before in client.get(address).text
    assert pages() == [(True, True), (False, False), (False, False)]
    press(client, address, "Rain plan today")
    assert pages() == [(True, False), (False, False), (False, False)]
    world.round(morning + MINUTE)
    assert "How to find each other: By the picture books" in world.text() and "slide" not in world.text()
    assert "picture" not in world.mails[-1]["Subject"]
    # A plan that has changed since speaks of another place.
    world.meetup.rain_place_id = add_place("Pape Cafe").id
    db.session.commit()
    assert pages() == [(False, False)] * 3
    assert "They read no word of where exactly." in client.get(address).text
    # Nor need she say one to change something else.
    sent = date_page(client, world.date) | {"note": "Bring a book"}
    assert sent["spot"] == [""] and saved(client, f"{address}/edit", sent).status_code == 302
    press(client, address, "Take it back")
    assert pages() == [(True, True), (False, False), (False, False)]


def test_what_is_said_in_the_rain_of_the_wet_place_goes_with_the_rain(
    world: World, client: FlaskClient, morning: Any
) -> None:
    plan(world, "place", add_place("Riverdale Library", kind="library"))
    address = ADDRESS.format(world.meetup.public_id)
    press(client, address, "Rain plan today")
    assert saved(client, f"{address}/edit", date_page(client, world.date, spot="Upstairs")).status_code == 302
    db.session.expire_all()
    assert world.date.spot == "Upstairs"
    press(client, address, "Take it back")
    db.session.expire_all()
    assert world.date.spot == "Red stroller by the gate"


def test_taken_back_it_is_where_it_was_and_they_hear_that(world: World, client: FlaskClient, morning: Any) -> None:
    park = world.date.place_id
    plan(world, "place", add_place("Riverdale Library"))
    address = ADDRESS.format(world.meetup.public_id)
    press(client, address, "Rain plan today")
    world.round(morning + MINUTE)
    press(client, address, "Take it back")
    assert world.date.spot == "Red stroller by the gate"
    # Not again within five minutes, however often she taps.
    assert world.round(morning + 5 * MINUTE) == []
    told = world.round(morning + 6 * MINUTE)
    assert sorted(told) == [(to, "Changed: Slow walk is now Tue 1 Dec, 10:00") for to in ("ana", "bea")]
    db.session.expire_all()
    assert world.date.place_id == park and "place" not in world.date.own
    assert not any(row.asked_again for row in db.session.scalars(select(Rsvp)))


@pytest.mark.parametrize("since", ["another plan", "another place"])
def test_it_goes_back_from_where_the_tap_put_it_and_stays_where_its_host_has_put_it_since(
    world: World, client: FlaskClient, morning: Any, since: str
) -> None:
    park, other = world.date.place_id, add_place("Pape Cafe")
    plan(world, "place", add_place("Riverdale Library"))
    address = ADDRESS.format(world.meetup.public_id)
    press(client, address, "Rain plan today")
    if since == "another plan":
        world.meetup.rain_place_id = other.id
        db.session.commit()
    else:
        assert saved(client, f"{address}/edit", date_page(client, world.date, place="Pape Cafe")).status_code == 302
    link = local_address("dry", world.date.uid, world.host)
    stays = "You have changed the place since: it stays Pape Cafe."
    assert (stays in client.get(link).text) == (since == "another place")
    press(client, address, "Take it back")
    there = "Withrow Park" if since == "another plan" else "Pape Cafe"
    assert f"The rain plan is off. You meet at {there}." in client.get(link).text
    db.session.expire_all()
    assert world.date.place_id == (park if since == "another plan" else other.id) and not world.date.raining


@pytest.mark.parametrize("since", ["another plan", "no plan"])
def test_what_was_said_with_the_tap_is_what_all_read_and_can_be_taken_back(
    world: World, client: FlaskClient, morning: Any, since: str
) -> None:
    plan(world, "place", add_place("Riverdale Library"))
    address = ADDRESS.format(world.meetup.public_id)
    press(client, address, "Rain plan today")
    plan(world, *(("place", add_place("Pape Cafe")) if since == "another plan" else (None,)))
    page = client.get(address).text
    assert "Rain plan today: we meet at Riverdale Library" in page and "Pape Cafe" not in page
    assert "Those coming are told: in the rain, we meet at Riverdale Library." in page
    said = client.get(local_address("rain", world.date.uid, world.host)).text
    assert "Everybody who comes is told at once: we meet at Riverdale Library." in said
    assert "As planned" in press(client, address, "Take it back")
    again = client.post(local_address("rain", world.date.uid, world.host))
    assert again.status_code == (302 if since == "another plan" else 404)


def test_there_and_back_before_the_mail_leaves_says_nothing(world: World, client: FlaskClient, morning: Any) -> None:
    plan(world, "place", add_place("Riverdale Library"))
    address = ADDRESS.format(world.meetup.public_id)
    press(client, address, "Rain plan today")
    press(client, address, "Take it back")
    assert world.round(morning + MINUTE) == []


def test_rain_or_shine_is_told_once_and_so_is_its_end(world: World, client: FlaskClient, morning: Any) -> None:
    plan(world, "go")
    address = ADDRESS.format(world.meetup.public_id)
    press(client, address, "Rain plan today")
    told = world.rounds(morning + MINUTE, morning + 30 * MINUTE)
    assert sorted(told) == [(to, "Today 10:00: rain or shine, we go") for to in ("ana", "bea")]
    assert "Rain or shine: we go anyway." in world.text()
    press(client, address, "Take it back")
    told = world.rounds(morning + 31 * MINUTE, morning + 50 * MINUTE)
    assert sorted(told) == [(to, "Today 10:00: no longer rain or shine") for to in ("ana", "bea")]


def test_the_same_tap_twice_is_one_and_it_says_that_she_comes(world: World, client: FlaskClient, morning: Any) -> None:
    plan(world, "go")
    world.date.confirmed_at = None
    db.session.commit()
    page = client.get(ADDRESS.format(world.meetup.public_id)).text
    link = next(
        found for found in re.findall(r'action="(/host/[^"]+)"', page) if "Rain plan today" in client.get(found).text
    )
    for _ in range(2):
        client.post(link)
    assert len(world.rounds(morning + MINUTE, morning + 40 * MINUTE)) == 2
    db.session.expire_all()
    assert world.date.confirmed_at == morning


def test_the_plan_is_a_tap_only_from_the_evening_before_and_only_for_the_host(
    world: World, client: FlaskClient, clock: Any
) -> None:
    plan(world, "go")
    address = ADDRESS.format(world.meetup.public_id)
    sign_in(client, world.host)
    clock.move_to(world.evening - MINUTE)
    assert "Rain plan today" not in client.get(address).text
    clock.move_to(world.evening)
    assert "Rain plan today" in client.get(address).text
    sign_in(client, world.ana)
    page = client.get(address).text
    assert "Rain plan today" not in page and "If it rains, we go anyway" in page


def test_the_plan_is_written_and_changed_with_the_meetup(world: World, client: FlaskClient) -> None:
    add_place("Riverdale Library")
    add_place("Far away", zone="Europe/London")
    sign_in(client, world.host)
    address = f"/meetups/{world.meetup.public_id}/edit"
    form = BeautifulSoup(client.get(address).text, "html.parser")
    sent = {
        "place": "Withrow Park", "date": "2026-12-01", "time": "10:00", "repeat": "weekly", "weekdays": ["1"],
        "spot": "Red stroller by the gate", "title": "Slow walk", "duration": "60", "kind": "walk", "ends": "never",
        "ages": [box["value"] for box in form.select("input[name=ages]")],
    }  # fmt: skip
    assert "Say where you go in the rain" in client.post(address, data=sent | {"rain": "place"}).text
    far = client.post(address, data=sent | {"rain": "place", "rain_place": "Far away"})
    assert far.status_code == 422 and "another clock" in far.text
    # What stands in the field of a plan that was not chosen is nobody's mistake.
    assert client.post(address, data=sent | {"rain": "go", "rain_place": "nowhere"}).status_code == 200
    page = client.post(address, data=sent | {"rain": "place", "rain_place": "Riverdale Library"}).text
    assert "If it rains: we meet at Riverdale Library, not no plan" in page
    wet = {"rain": "place", "rain_place": "Riverdale Library", "rain_spot": "Upstairs"}
    assert "How people find you in the rain: Upstairs" in client.post(address, data=sent | wet).text
    assert saved(client, address, sent | wet).status_code == 302
    db.session.expire_all()
    said = world.meetup.rain_plan, world.meetup.rain_place.name, world.meetup.rain_spot
    assert said == ("place", "Riverdale Library", "Upstairs")
    again = BeautifulSoup(client.get(address).text, "html.parser")
    assert again.select_one("input[name=rain_place]")["value"] == "Riverdale Library"
    assert again.select_one("input[name=rain_spot]")["value"] == "Upstairs"
    assert again.select_one("input[name=rain][checked]")["value"] == "place"


def test_a_plan_of_a_day_that_has_moved_on_holds_no_more(world: World, client: FlaskClient, morning: Any) -> None:
    plan(world, "go")
    address = ADDRESS.format(world.meetup.public_id)
    press(client, address, "Rain plan today")
    world.date.starts_at += timedelta(days=3)
    db.session.commit()
    assert "Rain plan today" not in client.get(address).text


def test_somebody_else_has_no_use_for_the_link(world: World, client: FlaskClient, morning: Any) -> None:
    plan(world, "go")
    stranger = add_member("Zoe")
    for purpose in ("rain", "dry", "still_on", "baton"):
        assert client.post(local_address(purpose, world.date.uid, stranger)).status_code == 404


@pytest.mark.one_database
def test_to_and_fro_is_told_four_times_an_hour(world: World, client: FlaskClient, morning: Any, clock: Any) -> None:
    plan(world, "go")
    address = ADDRESS.format(world.meetup.public_id)
    for number, button in enumerate(("Rain plan today", "Take it back") * 2):
        clock.move_to(morning + 6 * number * MINUTE)
        press(client, address, button)
        world.round(morning + 6 * number * MINUTE)
    clock.move_to(morning + 24 * MINUTE)
    assert "Wait a little." in press(client, address, "Rain plan today")
    world.rounds(morning + 24 * MINUTE, morning + HOUR)
    assert [mail["To"] for mail in world.mails].count(world.ana.email) == 4
    db.session.expire_all()
    assert not world.date.raining
    clock.move_to(morning + HOUR)
    press(client, address, "Rain plan today")
    db.session.expire_all()
    assert world.date.raining
