"""What others learn of who waits: words from three families up, the same for every reader, once a day."""

from datetime import date, timedelta

import h3
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from meetups.accounts.models import Member
from meetups.domain.ages import AgeBand
from meetups.domain.nearness import Point, area_of, cell_centre, cells_of, home_cell
from meetups.domain.wishes import REACHES, how_many
from meetups.events.models import Meetup
from meetups.extensions import db
from meetups.places.models import Place
from meetups.wishes import services
from meetups.wishes.models import Wish
from meetups.wishes.queries import waiting_at
from tests.conftest import NOW, counted_queries
from tests.events.test_hosting import filled
from tests.factories import WITHROW, add_block, add_kid, add_meetup, add_member, add_place, add_wish, sign_in

NEAR = "43.675,-79.348"
FEW, MANY = "A few others wait here, too.", "More than ten others wait here, too."
AWAY = Point(43.70, -79.30)
PROMISE = "We will tell the families who wait near here."
DAY = timedelta(days=1)


@pytest.fixture
def park(app: Flask) -> Place:
    return add_place()


@pytest.fixture
def ana(client: FlaskClient, park: Place) -> Member:
    ana = add_member("Ana")
    sign_in(client, ana)
    return ana


def wait(families: int, **values: object) -> list[Wish]:
    found = [add_wish(add_member(), **values) for _ in range(families)]  # type: ignore[arg-type]
    db.session.commit()
    return found


def said(client: FlaskClient, more: str = "") -> list[str]:
    """What browse and the wish's own page say of others."""
    pages = [client.get(f"/?near={NEAR}{more}").text, client.get(f"/wishes/new?near={NEAR}{more}").text]
    return [next((words for words in (FEW, MANY) if words in page), "") for page in pages]


def block_of(page: str) -> list[str]:
    """What a host's page says of families that wait."""
    found = BeautifulSoup(page, "html.parser").select_one("[data-waiting]:not([hidden])")
    return [line.text for line in found.select("p")] if found else []


@pytest.mark.parametrize(("families", "words"), [(0, ""), (2, ""), (3, FEW), (10, FEW), (11, MANY)])
def test_from_three_others_up_never_a_number_and_the_same_signed_out(
    client: FlaskClient, app: Flask, ana: Member, families: int, words: str
) -> None:
    add_wish(ana)
    wait(families)
    # Where the two differed she would know to the one how many others there are.
    assert said(client) == said(app.test_client()) == [words, words]


def test_a_member_counts_once_however_often_she_waits(client: FlaskClient, ana: Member) -> None:
    eve = add_member("Eve")
    for within in (500, 800, 1600, 3200):
        add_wish(eve, within=within)
    wait(2)
    assert said(client) == ["", ""]


def test_a_block_changes_nothing_for_anybody(client: FlaskClient, app: Flask, ana: Member) -> None:
    waiting = wait(4)
    add_block(ana, waiting[0].member)
    add_block(waiting[1].member, ana)
    db.session.commit()
    other = app.test_client()
    sign_in(other, add_member("Eve"))
    sign_in(client, ana)
    assert said(client) == said(other) == said(app.test_client()) == [FEW, FEW]


def test_it_changes_at_midnight_alone_and_counts_nothing_younger_than_a_day(
    client: FlaskClient, ana: Member, clock: Traveller
) -> None:
    wait(3)
    (made,) = wait(1, created_at=NOW)
    assert said(client) == ["", ""]
    clock.move_to(NOW + DAY)
    assert said(client) == ["", ""], "a day old, and the day it came of age is not over"
    clock.move_to((NOW + 2 * DAY).replace(hour=0))
    assert said(client) == [FEW, FEW]
    services.end(made, NOW + 2 * DAY)
    db.session.commit()
    clock.move_to((NOW + 2 * DAY).replace(hour=23))
    services.forget_old(NOW + 2 * DAY)
    db.session.commit()
    assert said(client) == [FEW, FEW], "who ends one is not seen to"
    clock.move_to((NOW + 3 * DAY).replace(hour=0))
    assert said(client) == ["", ""]


def test_who_has_stopped_these_mails_waits_for_nothing(client: FlaskClient, ana: Member) -> None:
    wait(4)[0].member.wants_wishes = False
    db.session.commit()
    assert said(client) == ["", ""]


@pytest.mark.parametrize("within", REACHES)
def test_it_is_the_same_anywhere_in_an_area_and_nowhere_else_however_far_they_walk(
    client: FlaskClient, ana: Member, within: int
) -> None:
    wait(4, within=within)
    around = h3.grid_disk(home_cell(WITHROW), 3)
    said_in = set()
    for cell in around:
        there = cell_centre(cell)
        if FEW in client.get(f"/wishes/new?near={there.lat},{there.lon}").text:
            said_in.add(cell)
    assert said_in == set(cells_of(area_of(home_cell(WITHROW))))


def test_made_up_wishes_that_reach_for_miles_do_not_tell_in_which_cell_a_family_waits(
    client: FlaskClient, park: Place
) -> None:
    areas = sorted({area_of(cell) for cell in h3.grid_disk(home_cell(WITHROW), 3)})
    for area in areas:
        wait(3, cell=cells_of(area)[0], within=5000)
    add_wish(add_member("Mei"))
    db.session.commit()
    cells = [cell for area in areas for cell in cells_of(area)]
    found = {cell for cell, families in waiting_at(cells, NOW).items() if how_many(len(families))}
    assert found == set(cells_of(area_of(home_cell(WITHROW))))


def test_a_wish_for_her_own_child_does_not_tell_which_month_of_a_pair(client: FlaskClient, park: Place) -> None:
    wait(3)
    told = set()
    for month in (date(2026, 7, 1), date(2026, 8, 1)):
        mei = add_member("Mei")
        add_kid(mei, month)
        wish = add_wish(mei, ages=None)
        db.session.commit()
        moments = [NOW + timedelta(days=31 * months) for months in range(5)]
        seen = [[bool(bands & AgeBand.BABY) for bands in waiting_at([wish.cell], at)[wish.cell]] for at in moments]
        assert seen[0].count(True) == 4 and seen[-1].count(True) == 3
        told.add(str(seen))
        db.session.delete(wish)
        db.session.delete(mei)
        db.session.commit()
    assert len(told) == 1


def test_it_is_of_the_ages_that_are_looked_for(client: FlaskClient, ana: Member) -> None:
    wait(3, ages=int(AgeBand.BABY))
    kid_s = add_member("Kid’s")
    add_kid(kid_s, date(2026, 9, 1))
    add_wish(kid_s, ages=None)
    # Two children of one age are one family.
    add_kid(kid_s, date(2026, 9, 1))
    add_kid(ana, date(2026, 10, 1))
    db.session.commit()
    assert said(client, "&age=2") == said(client, "&age=mine") == said(client) == [FEW, FEW]
    assert said(client, "&age=14") == ["", ""]


def test_a_host_reads_who_waits_near_the_chosen_park_by_age(client: FlaskClient, ana: Member, park: Place) -> None:
    wait(4, ages=int(AgeBand.BABY))
    wait(3, ages=int(AgeBand.ONE))
    first = "Families near here wait for something to start: a few."
    lines = [first, "Ages they ask for: 0-5 months (a few)."]
    add_place("Far Park", AWAY)
    db.session.commit()
    assert block_of(client.get(f"/meetups/new?place={park.public_id}").text) == lines
    assert block_of(client.get(f"/meetups/new?near={NEAR}").text) == lines
    assert block_of(client.post("/meetups/new", data=filled(confirm="")).text) == lines, "as she checks it"
    assert client.get("/meetups/preview", query_string=filled()).json["waiting"] == lines
    far = filled(place="Far Park")
    assert client.get("/meetups/preview", query_string=far).json["waiting"] == []
    assert block_of(client.post("/meetups/new", data=far | {"confirm": ""}).text) == []


def test_of_the_parks_beside_her_those_are_marked_where_families_wait(client: FlaskClient, ana: Member) -> None:
    add_place("Other Park", Point(43.690, -79.330))
    wait(4, within=500)
    chips = BeautifulSoup(client.get(f"/meetups/new?near={NEAR}").text, "html.parser").select("label.chip")
    marked = {
        chip.text: "families wait" in chip.text for chip in chips if "hangout" not in chip.text and "Park" in chip.text
    }
    assert marked == {"Withrow Parkfamilies wait": True, "Other Park": False}


def test_strangers_are_shown_nothing_of_it_as_hosts(app: Flask, park: Place) -> None:
    wait(11)
    stranger = app.test_client()
    page = stranger.get(f"/meetups/new?place={park.public_id}").text
    assert "data-waiting" not in page and "families wait" not in page
    assert stranger.get("/meetups/preview", query_string=filled()).json["waiting"] == []


@pytest.mark.parametrize(("families", "promised"), [(3, False), (4, True)])
def test_who_has_posted_reads_that_they_are_told_but_not_of_few(
    client: FlaskClient, ana: Member, families: int, promised: bool
) -> None:
    wait(families, ages=int(AgeBand.BABY))
    wait(3, ages=int(AgeBand.SCHOOL))
    sent = filled(ages=[int(AgeBand.BABY)], confirm="1")
    page = client.post("/meetups/new", data=sent, follow_redirects=True).text
    assert "Posted." in page and (PROMISE in page) == promised


def test_an_edit_says_nothing_of_it(client: FlaskClient, ana: Member, park: Place) -> None:
    walk: Meetup = add_meetup(ana, park)
    wait(4)
    page = client.get(f"/meetups/{walk.public_id}/edit").text
    assert "Which park?" in page and "data-waiting" not in page


def test_it_costs_one_question_however_many_wait(client: FlaskClient, ana: Member, park: Place) -> None:
    def cost(path: str) -> int:
        with counted_queries() as seen:
            assert client.get(path).status_code == 200
        assert len([one for one in seen if "FROM wishes" in one]) == 1
        return len(seen)

    paths = [f"/?near={NEAR}", f"/meetups/new?near={NEAR}", f"/wishes/new?near={NEAR}"]
    # What a process keeps, the first look has asked for.
    before = [[cost(path) for path in paths] for _ in range(2)][1]
    for _ in range(40):
        member = add_member()
        add_kid(member, date(2026, 9, 1))
        add_wish(member, ages=None)
    db.session.commit()
    assert [cost(path) for path in paths] == before
    add_meetup(place=park)
    db.session.commit()
    with counted_queries() as seen:
        client.get(f"/?near={NEAR}")
    assert not any("FROM wishes" in one for one in seen), "where something is on, nobody asks"


def test_nobody_is_counted_for_a_child_who_is_not_there(app: Flask) -> None:
    wait(4, ages=None)
    cell = home_cell(WITHROW)
    assert waiting_at([cell], NOW) == {cell: []}
