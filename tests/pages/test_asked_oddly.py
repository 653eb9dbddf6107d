"""Addresses that no page of ours has made: what somebody may not see is in none of their answers."""

import re
from datetime import date, timedelta
from urllib.parse import unquote_plus

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from meetups.domain.ages import AgeBand
from meetups.domain.nearness import Point, cell_centre, home_cell
from meetups.domain.zones import to_utc
from meetups.events.models import Visibility
from meetups.extensions import db
from meetups.feeds.models import SavedSearch
from tests.factories import (
    TORONTO,
    TUESDAY,
    WITHROW,
    add_block,
    add_kid,
    add_meetup,
    add_member,
    add_place,
    sign_in,
)


def found(client: FlaskClient, address: str) -> list[str]:
    """The titles that an address finds; what is shown in their stead, where there are none, is not among them."""
    page = BeautifulSoup(client.get(address).text, "html.parser")
    return [] if page.select_one(".empty") else [link.text for link in page.select(".list h3 a")]


@pytest.mark.parametrize("who", ["stranger", "blocked"])
@pytest.mark.parametrize("page", ["1.{}-{}", "1.{}-{}&order=best"])
def test_a_page_after_what_one_may_not_see_does_not_say_when_it_is(client: FlaskClient, who: str, page: str) -> None:
    open_one = add_meetup(title="Open walk", place=add_place())
    hidden = add_meetup(add_member("Beatrice"), open_one.place, title="Hidden walk")
    if who == "stranger":
        hidden.visibility = Visibility.MEMBERS
    else:
        zoe = add_member("Zoe")
        add_block(hidden.host, zoe)
        sign_in(client, zoe)
    db.session.commit()
    at = int(to_utc(TUESDAY, TORONTO).timestamp())
    answers = [
        found(client, f"/?page={page.format(at, meetup_id)}") for meetup_id in (hidden.public_id, "nothing-there")
    ]
    assert answers[0] == answers[1] != ["Hidden walk"]


def test_no_address_that_she_may_send_on_says_where_she_lives(client: FlaskClient) -> None:
    cell = home_cell(WITHROW)
    home, park = cell_centre(cell), add_place()
    for number in range(35):
        add_meetup(title=f"Walk {number}", place=park, starts=TUESDAY + timedelta(hours=number))
    add_meetup(title="Far off", place=add_place("High Park", Point(43.6465, -79.4637)))
    sign_in(client, add_member("Ana", home_cell=cell, home_name="Riverdale"))
    for path in ("/", "/?kind=walk", "/?order=best", "/?day=2026-12-01", "/?kind=coffee"):
        page = client.get(path).text
        assert f"{home.lat:.3f}" not in page and f"{home.lon:.3f}" not in page
    # All the same they lead on from her home: days, pages, filters.
    page = BeautifulSoup(client.get("/").text, "html.parser")
    assert len(found(client, "/")) == 30 and len(found(client, str(page.select_one("a[rel=next]")["href"]))) == 5
    assert "Far off" not in found(client, str(page.select(".week a")[-1]["href"]))


@pytest.mark.parametrize("asked", ["order=best", "age=mine", "nap=no", "age=mine&order=best"])
def test_further_pages_of_what_suits_her_children_name_no_date(client: FlaskClient, asked: str) -> None:
    # Which are there and which are not would tell how old they are, and when they sleep.
    park, ana = add_place(), add_member("Ana", home_cell=home_cell(WITHROW))
    add_kid(ana, date(2026, 4, 1)).naps = "usual"
    for number in range(170):
        ages = AgeBand.CRAWLER if number % 2 else AgeBand.TWO
        add_meetup(title=f"Walk {number}", place=park, starts=TUESDAY + timedelta(hours=number), ages=int(ages))
    sign_in(client, ana)
    address, seen = f"/?near=43.675,-79.348&{asked}", []
    while address:
        page = BeautifulSoup(client.get(address).text, "html.parser")
        seen += [link.text for link in page.select(".list h3 a")]
        following = page.select_one("a[rel=next]")
        address = str(following["href"]) if following else ""
        # Which is the hundredth of all dates is nobody's own.
        named = r"|\d+-\S+" if asked == "order=best" and len(seen) > 90 else ""
        assert re.fullmatch(rf"\d*{named}", address.partition("page=")[2])
    assert len(seen) == len(set(seen)) >= 60


@pytest.mark.one_database
def test_pages_known_by_numbers_end_and_do_not_begin_again(client: FlaskClient) -> None:
    park, ana = add_place(), add_member("Ana", home_cell=home_cell(WITHROW))
    add_meetup(place=park, dates=[TUESDAY + timedelta(hours=number) for number in range(1025)])
    sign_in(client, ana)
    page = BeautifulSoup(client.get("/?page=990").text, "html.parser")
    assert page.select_one("ol.list li") and page.select_one("a[rel=next]") is None


@pytest.mark.parametrize("order", ["", "&order=best"])
def test_further_pages_from_home_name_no_date(client: FlaskClient, order: str) -> None:
    park, cell = add_place(), home_cell(WITHROW)
    for number in range(135):
        add_meetup(title=f"Walk {number}", place=park, starts=TUESDAY + timedelta(hours=number))
    sign_in(client, add_member("Ana", home_cell=cell))
    address, seen = f"/?kind=walk{order}", []
    while address:
        assert re.fullmatch(r"(\d+)?", address.partition("page=")[2])
        page = BeautifulSoup(client.get(address).text, "html.parser")
        seen += [link.text for link in page.select(".list h3 a")]
        following = page.select_one("a[rel=next]")
        address = str(following["href"]) if following else ""
    assert sorted(seen) == sorted(f"Walk {number}" for number in range(135))
    for junk in ("-1", "9999999", "1.x", "٣"):
        assert client.get(f"/?page={junk}{order}").status_code == 200


@pytest.mark.parametrize("park", [Point(43.6755, -79.3490), Point(43.70, -79.37)])
def test_a_search_kept_from_home_begins_at_a_park_however_far(client: FlaskClient, park: Point) -> None:
    # Home rounded to a hundredth of a degree would be one or two neighbourhoods.
    add_place(point=park)
    sign_in(client, add_member("Ana", home_cell=home_cell(WITHROW), home_name="Home of Ana"))
    page = BeautifulSoup(client.get("/near/new").text, "html.parser")
    fields = page.select("form[action='/near'] input[name]")
    assert client.post("/near", data={field["name"]: field["value"] for field in fields}).status_code == 302
    kept = db.session.scalars(db.select(SavedSearch)).one()
    assert kept.query["near"] == f"{park.lat:.3f},{park.lon:.3f}"
    assert "Ana" not in kept.name


def test_where_there_is_no_park_no_search_can_be_kept_from_home(client: FlaskClient) -> None:
    sign_in(client, add_member("Ana", home_cell=home_cell(WITHROW)))
    assert client.get("/near/new").status_code == 404 and client.post("/near").status_code == 400


@pytest.mark.parametrize("path", ["/", "/?within=1600&age=mine", "/?kind=coffee", "/week", "/month", "/?order=best"])
def test_nothing_that_she_may_send_on_says_what_her_neighbourhood_is_called(client: FlaskClient, path: str) -> None:
    # What the form holds becomes its address, and what the page offers is copied.
    add_meetup()
    sign_in(client, add_member("Ana", home_cell=home_cell(WITHROW), home_name="Home of Ana"))
    page = BeautifulSoup(client.get(path).text, "html.parser")
    said = [value for tag in page.select("main a, main input, main option") for value in map(str, tag.attrs.values())]
    assert said and not any("Home of Ana" in unquote_plus(value) for value in said)


@pytest.mark.parametrize("what", ["", "/answer", "/cant", "/late", "/edit", "/cancel", "/restore", "/walk.ics"])
def test_no_address_of_a_date_says_whether_a_members_meetup_is_then(client: FlaskClient, what: str) -> None:
    hidden = add_meetup(add_member("Beatrice"), visibility=Visibility.MEMBERS)
    db.session.commit()
    answers = []
    for rid in ("2026-12-01T1000", "2026-12-01T1100"):
        path = f"/meetups/{hidden.public_id}/{rid}{what}"
        for answer in (client.get(path), client.post(path, data={"answer": "going"})):
            answers.append((answer.status_code, (answer.location or "").replace("T1100", "T1000")))
    assert answers[:2] == answers[2:]
