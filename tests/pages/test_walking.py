"""Minutes on foot: from the middle of her neighbourhood, on every list and page of hers, and on nobody else's."""

import re

import pytest
from flask.testing import FlaskClient

from meetups.accounts.models import Member
from meetups.domain.nearness import Point, cell_centre, home_cell, metres, walk_from, walking_minutes
from meetups.domain.taps import Purpose
from meetups.events.models import Meetup
from meetups.extensions import db
from meetups.rsvps import mail_links
from tests.factories import WITHROW, add_meetup, add_member, add_place, add_rsvp, first_date, sign_in

HOME = home_cell(Point(43.668, -79.352))
# As it is said of a way: minutes are also what a lap takes.
WALK = re.compile(r"15 min(utes)? (walk|on foot)")


@pytest.fixture
def meetup(client: FlaskClient) -> Meetup:
    meetup = add_meetup(place=add_place("Withrow Park", WITHROW))
    db.session.commit()
    return meetup


def signed_in(client: FlaskClient, **values: object) -> Member:
    member = add_member("Ana", **values)
    sign_in(client, member)
    return member


def test_the_minutes_are_a_line_with_a_detour_at_a_prams_pace_rounded_up_to_five() -> None:
    far = metres(cell_centre(HOME), WITHROW)
    assert 10 < far * 1.3 / 67 < 15 and walk_from(HOME, WITHROW) == walking_minutes(far) == 15
    assert walking_minutes(0) == 5 and {walking_minutes(far) % 5 for far in range(0, 5000, 37)} == {0}
    # Who lives where in her cell cannot be told: all of it walks the same.
    assert home_cell(Point(43.6675, -79.3515)) == HOME


def test_nobody_walks_to_the_other_end_of_the_country() -> None:
    assert walk_from(HOME, Point(45.5, -73.6)) is None and walk_from(None, WITHROW) is None


PAGES = (
    "/",
    "/?near=",
    "/mine",
    "/meetups/{id}/2026-12-01T1000",
    "/places/{place}",
    "/meetups/{id}/2026-12-01T1000/answer",
)


@pytest.mark.parametrize("page", PAGES)
def test_a_member_with_a_home_reads_it_everywhere_and_nobody_else_does(
    client: FlaskClient, meetup: Meetup, page: str
) -> None:
    address = page.format(id=meetup.public_id, place=meetup.place.public_id)
    homeless = signed_in(client)
    add_rsvp(first_date(meetup), homeless)
    db.session.commit()
    assert "Withrow Park" in client.get(address).text and not WALK.search(client.get(address).text)
    ana = signed_in(client, home_cell=HOME, home_name="Riverdale")
    add_rsvp(first_date(meetup), ana)
    db.session.commit()
    assert WALK.search(client.get(address).text)


def test_where_she_looks_counts_more_than_where_she_lives(client: FlaskClient, meetup: Meetup) -> None:
    signed_in(client, home_cell=HOME, home_name="Riverdale")
    near = client.get("/?near=43.675,-79.348").text
    # From where she looks, which is not home.
    assert "5 min walk" in near and "from home" not in near
    assert "15 min walk from home" in client.get("/?near=").text


def test_half_a_mile_is_how_far_one_looks_unless_asked_otherwise(client: FlaskClient) -> None:
    north = 800 / 111_195
    add_meetup(title="Within", place=add_place("A", Point(43.675 + north - 0.0002, -79.348)))
    add_meetup(title="Beyond", place=add_place("B", Point(43.675 + north + 0.0004, -79.348)))
    db.session.commit()
    page = client.get("/?near=43.675,-79.348").text
    assert "Within" in page and "Beyond" not in page


def test_a_link_that_works_without_signing_in_says_nothing_of_her_home(client: FlaskClient, meetup: Meetup) -> None:
    ana = add_member("Ana", home_cell=HOME, home_name="Riverdale")
    add_rsvp(first_date(meetup), ana)
    db.session.commit()
    page = client.get(mail_links.to_date(ana, first_date(meetup), Purpose.CANT))
    assert "Withrow Park" in page.text and "min walk" not in page.text
