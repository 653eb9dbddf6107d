"""A meetup in a list is one card: its first date there, and when else it is."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient

from meetups.domain.capacity import Answer
from meetups.domain.nearness import Point
from meetups.domain.recurrence import Frequency, Rule, stored
from meetups.extensions import db
from meetups.rsvps.services import answer
from tests.conftest import NOW
from tests.events.drafts import dates_of
from tests.factories import TUESDAY, add_meetup, add_member, add_place, sign_in

WEEK = timedelta(days=7)


def cards(client: FlaskClient, address: str = "/") -> list[tuple[str, str]]:
    """Return of each card its first date and what its line about others says."""
    page = BeautifulSoup(client.get(address).text, "html.parser")
    return [(_words(one.time), _words(one.select_one(".also"))) for one in page.select(".meet")]


def _words(tag: Tag | None) -> str:
    return " ".join(tag.text.split()) if tag else ""


def test_a_series_is_one_card_that_says_when_else_it_is(client: FlaskClient) -> None:
    add_meetup(dates=[TUESDAY + n * WEEK for n in range(6)])
    add_meetup(starts=TUESDAY + timedelta(days=1))
    db.session.commit()
    assert cards(client) == [
        ("Tuesday 1 December, 10:00", "Also Tue 8 Dec · Tue 15 Dec · Tue 22 Dec · more dates"),
        ("Wednesday 2 December, 10:00", ""),
    ]


def test_its_dates_and_all_the_others_are_a_tap_away(client: FlaskClient) -> None:
    weekly = stored(Rule(Frequency.WEEKLY, weekdays=(TUESDAY.weekday(),)))
    walk = add_meetup(dates=[TUESDAY + n * WEEK for n in range(6)], rule=weekly)
    db.session.commit()
    page = BeautifulSoup(client.get("/").text, "html.parser")
    links = [str(link["href"]) for link in page.select(".also a")]
    assert links[0].endswith("/2026-12-08T1000") and links[3] == f"/meetups/{walk.public_id}#dates"
    opened = [client.get(link.partition("#")[0], follow_redirects=True) for link in links]
    assert [answer.status_code for answer in opened] == [200] * 4
    assert "Tue 29 Dec" in _words(BeautifulSoup(opened[3].text, "html.parser").select_one("#dates"))


def test_a_date_at_another_hour_says_so_and_one_elsewhere_or_of_another_title_has_a_card(client: FlaskClient) -> None:
    walk = add_meetup(dates=[TUESDAY + n * WEEK for n in range(4)])
    _, later, away, party = dates_of(walk)
    later.starts_at += timedelta(hours=1)
    away.place = add_place("Oak Park", Point(43.676, -79.349))
    party.own_title = "Christmas party"
    db.session.commit()
    assert cards(client) == [
        ("Tuesday 1 December, 10:00", "Also Tue 8 Dec, 11:00"),
        ("Tuesday 15 December, 10:00", ""),
        ("Tuesday 22 December, 10:00", ""),
    ]
    page = BeautifulSoup(client.get("/?near=43.675,-79.348").text, "html.parser")
    assert [pin["href"] for pin in page.select(".map-pin")] == ["#m1", "#m2"]


def test_each_date_says_how_she_stands_or_that_it_is_full(client: FlaskClient) -> None:
    walk = add_meetup(dates=[TUESDAY + n * WEEK for n in range(4)], capacity=2)
    ana, dates = add_member("Ana"), dates_of(walk)
    for date in (*dates[:2], dates[3]):
        date.capacity = 1
        answer(date, ana if date is not dates[3] else add_member("Bea"), Answer.GOING, [], NOW)
    answer(dates[2], ana, Answer.MAYBE, [], NOW)
    sign_in(client, ana)
    assert cards(client) == [
        ("Tuesday 1 December, 10:00", "Also Tue 8 Dec, you go · Tue 15 Dec, maybe · Tue 22 Dec, full")
    ]


def test_the_parts_of_a_series_that_was_split_are_one(client: FlaskClient) -> None:
    first, park = add_meetup(), add_place()
    add_meetup(host=first.host, place=first.place, starts=TUESDAY + WEEK, series_id=first.id)
    add_meetup(host=first.host, place=first.place, starts=TUESDAY + 2 * WEEK)
    add_meetup(place=park, starts=TUESDAY + 3 * WEEK, title=first.title)
    db.session.commit()
    assert [also for _, also in cards(client)] == ["Also Tue 8 Dec", "", ""]


@pytest.mark.parametrize("order", ["soonest", "best"])
def test_the_others_are_in_the_order_of_time_whichever_comes_first(client: FlaskClient, order: str) -> None:
    walk = add_meetup(dates=[TUESDAY + timedelta(days=n) for n in range(3)], capacity=2)
    dates_of(walk)[0].taken = 2
    db.session.commit()
    first, also = cards(client, f"/?order={order}")[0]
    if order == "best":
        assert (first, also) == ("Wednesday 2 December, 10:00", "Also Tue 1 Dec, full · Thu 3 Dec")
    else:
        assert (first, also) == ("Tuesday 1 December, 10:00", "Also Wed 2 Dec · Thu 3 Dec")


def test_a_place_lists_its_meetups_likewise(client: FlaskClient) -> None:
    walk = add_meetup(dates=[TUESDAY + n * WEEK for n in range(3)])
    db.session.commit()
    assert cards(client, f"/places/{walk.place.public_id}") == [
        ("Tuesday 1 December, 10:00", "Also Tue 8 Dec · Tue 15 Dec")
    ]
