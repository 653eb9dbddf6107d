"""Addresses that no page of ours has made: what somebody may not see is in none of their answers."""

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from meetups.domain.nearness import Point, cell_centre, home_cell
from meetups.domain.zones import to_utc
from meetups.events.models import Visibility
from meetups.events.search import PAGE
from meetups.extensions import db
from meetups.feeds.models import SavedSearch
from meetups.pages.best import MARK, MOST_SKIPPED
from tests.factories import (
    TORONTO,
    TUESDAY,
    WITHROW,
    add_block,
    add_meetup,
    add_member,
    add_occurrence,
    add_place,
    sign_in,
)


def found(client: FlaskClient, address: str) -> list[str]:
    """The titles that an address finds; what is shown in their stead, where there are none, is not among them."""
    page = BeautifulSoup(client.get(address).text, "html.parser")
    return [] if page.select_one(".empty") else [link.text for link in page.select(".list h3 a")]


@pytest.mark.parametrize("who", ["stranger", "blocked"])
@pytest.mark.parametrize("page", ["1.{}-{}", "{}-{}~aaaaaa&order=best"])
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


def test_the_next_page_of_what_is_best_for_her_does_not_say_in_which_order_that_was(client: FlaskClient) -> None:
    park, cell = add_place(), home_cell(WITHROW)
    for number in range(35):
        add_meetup(title=f"Walk {number}", place=park, starts=TUESDAY + timedelta(hours=number))
    sign_in(client, add_member("Ana", home_cell=cell))
    page = BeautifulSoup(client.get("/?order=best&near=43.675,-79.348").text, "html.parser")
    marks = str(page.select_one("a[rel=next]")["href"]).partition("~")[2]
    each = [marks[at : at + MARK] for at in range(0, len(marks), MARK)]
    assert len(each) == 30 and each == sorted(each)


@pytest.mark.parametrize("order", ["", "&order=best"])
def test_further_pages_from_home_name_no_date(client: FlaskClient, order: str) -> None:
    park, cell = add_place(), home_cell(WITHROW)
    for number in range(135):
        add_meetup(title=f"Walk {number}", place=park, starts=TUESDAY + timedelta(hours=number))
    sign_in(client, add_member("Ana", home_cell=cell))
    address, seen = f"/?kind=walk{order}", []
    while address:
        assert re.fullmatch(r"(\d+\.)?", address.partition("page=")[2])
        page = BeautifulSoup(client.get(address).text, "html.parser")
        seen += [link.text for link in page.select(".list h3 a")]
        following = page.select_one("a[rel=next]")
        address = str(following["href"]) if following else ""
    assert sorted(seen) == sorted(f"Walk {number}" for number in range(135))
    for junk in ("-1.", "9999999.", "1.x", "٣."):
        assert client.get(f"/?page={junk}{order}").status_code == 200


def test_further_pages_from_home_end_and_never_lead_back_to_the_first(client: FlaskClient) -> None:
    meetup = add_meetup()
    for number in range(1, MOST_SKIPPED + 2 * PAGE):
        add_occurrence(meetup, TUESDAY + timedelta(minutes=number))
    sign_in(client, add_member("Ana", home_cell=home_cell(WITHROW)))
    page = BeautifulSoup(client.get(f"/?page={MOST_SKIPPED - PAGE}.").text, "html.parser")
    last = BeautifulSoup(client.get(str(page.select_one("a[rel=next]")["href"])).text, "html.parser")
    assert last.select_one("ol.list")["start"] == str(MOST_SKIPPED + 1)
    assert last.select_one("a[rel=next]") is None


@pytest.mark.parametrize("parks", [1, 0])
def test_a_search_kept_from_home_begins_at_a_park_and_not_where_she_lives(client: FlaskClient, parks: int) -> None:
    cell = home_cell(WITHROW)
    if parks:
        add_place(point=Point(43.6755, -79.3490))
    sign_in(client, add_member("Ana", home_cell=cell, home_name="Riverdale"))
    page = BeautifulSoup(client.get("/near/new").text, "html.parser")
    fields = page.select("form[action='/near'] input[name]")
    assert client.post("/near", data={field["name"]: field["value"] for field in fields}).status_code == 302
    near = db.session.scalars(db.select(SavedSearch)).one().query["near"]
    home = cell_centre(cell)
    assert near == ("43.675,-79.349" if parks else f"{home.lat:.2f}0,{home.lon:.2f}0")
    assert client.application.test_client().post("/near", data={}).status_code == 400


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
