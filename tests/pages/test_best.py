"""Best for you: who is offered it, what comes first, and pages that neither repeat nor drop a date."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from meetups.accounts.models import Member
from meetups.domain.ages import AgeBand
from meetups.domain.nearness import Point, home_cell
from meetups.events.models import Occurrence
from meetups.extensions import db
from meetups.pages import best
from tests.conftest import NOW, counted_queries
from tests.factories import (
    TUESDAY,
    WITHROW,
    add_block,
    add_kid,
    add_meetup,
    add_member,
    add_occurrence,
    add_place,
    add_rsvp,
    first_date,
    sign_in,
)

NEAR = "43.675,-79.348"
# The middle of her neighbourhood.
HOME = "43.677,-79.343"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def ana(client: FlaskClient) -> Member:
    """A mother of a baby of eight months, at home around Withrow Park."""
    member = add_member("Ana", home_cell=home_cell(WITHROW), home_name="Riverdale")
    add_kid(member, date(2026, 4, 1))
    sign_in(client, member)
    return member


def read(client: FlaskClient, address: str) -> BeautifulSoup:
    answer = client.get(address)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def titles(client: FlaskClient, address: str = "/?order=best") -> list[str]:
    return [link.text for link in read(client, address).select(".list h3 a")]


def pages(client: FlaskClient, address: str) -> list[list[str]]:
    """Return what each page shows, up to the last."""
    found = []
    while address:
        page = read(client, address)
        assert len(found) < 20, "pages without end"
        found.append([link.text for link in page.select(".list h3 a")])
        following = page.select_one("a[rel=next]")
        address = str(following["href"]) if following else ""
    return found


def orders(client: FlaskClient, address: str = "/") -> dict[str, str | None]:
    links = read(client, address).select('nav[aria-label="Order"] a')
    return {link.text: link.get("aria-current") for link in links}


def test_soonest_first_stays_the_default_and_the_other_is_one_link_away(client: FlaskClient, ana: Member) -> None:
    place = add_place()
    add_meetup(title="Soon, for bigger ones", place=place, ages=int(AgeBand.PRESCHOOL))
    add_meetup(title="Later, for hers", place=place, starts=TUESDAY + 2 * DAY, ages=int(AgeBand.CRAWLER))
    db.session.commit()
    assert titles(client, "/") == ["Soon, for bigger ones", "Later, for hers"]
    assert orders(client) == {"Soonest first": "true", "Best for you": None}
    link = read(client, "/?kind=walk").find("a", string="Best for you")
    assert link["href"] == "/?kind=walk&order=best"
    assert titles(client, str(link["href"])) == ["Later, for hers", "Soon, for bigger ones"]
    # What she searches for next, or which day, is in the order she has chosen.
    page = read(client, str(link["href"]))
    assert page.select_one("form.find [name=order]")["value"] == "best"
    assert all("order=best" in day["href"] for day in page.select(".week a"))


def test_it_is_offered_to_whom_something_is_known_of_and_works_for_all(client: FlaskClient) -> None:
    add_meetup(title="Far", place=add_place("Far", Point(43.6715, -79.3476)))
    add_meetup(title="Near", place=add_place("Near"), starts=TUESDAY + HOUR)
    bea = add_member("Bea")
    db.session.commit()
    assert orders(client) == {}
    assert titles(client, f"/?near={NEAR}&order=best") == ["Near", "Far"]
    assert orders(client, "/?order=best") == {"Soonest first": None, "Best for you": "true"}
    sign_in(client, bea)
    assert orders(client) == {} and titles(client) == ["Far", "Near"]
    bea.home_cell = home_cell(WITHROW)
    db.session.commit()
    assert orders(client) == {"Soonest first": "true", "Best for you": None} and titles(client) == ["Near", "Far"]


def met(ana: Member, *others: Member) -> None:
    """Let them have been at a date together, two weeks ago."""
    past = first_date(add_meetup(add_member("Helper"), title="Over", starts=TUESDAY - 14 * DAY))
    for member in (ana, *others):
        add_rsvp(past, member)


def two_walks(guests: list[Member]) -> tuple[Occurrence, Occurrence]:
    """A walk of strangers, and an hour after it one to which these guests come."""
    place = add_place()
    strangers = first_date(add_meetup(title="Strangers", place=place))
    theirs = first_date(add_meetup(title="Theirs", place=place, starts=TUESDAY + HOUR))
    for member in guests:
        add_rsvp(theirs, member)
        add_rsvp(strangers, add_member("Stranger"))
    return strangers, theirs


def test_familiar_faces_count_from_three_of_them_up_and_are_told_to_nobody(client: FlaskClient, ana: Member) -> None:
    faces = [add_member(name) for name in ("Cara", "Dana", "Eve")]
    met(ana, *faces)
    # One whom she knows among three families would be named by where the date stands.
    _, theirs = two_walks([*faces[:2], add_member("Frieda")])
    db.session.commit()
    assert titles(client) == ["Strangers", "Theirs"]
    add_rsvp(theirs, faces[2])
    db.session.commit()
    assert titles(client) == ["Theirs", "Strangers"]
    assert "Cara" not in client.get("/?order=best").text


def test_whom_a_block_hides_is_no_familiar_face(client: FlaskClient, ana: Member) -> None:
    faces = [add_member(name) for name in ("Cara", "Dana", "Eve")]
    met(ana, *faces)
    two_walks([*faces, *(add_member("Guest") for _ in range(3))])
    db.session.commit()
    assert titles(client)[0] == "Theirs"
    add_block(faces[0], ana)
    db.session.commit()
    assert titles(client)[0] == "Strangers"


def test_a_host_she_has_been_with_is_a_familiar_face_whoever_comes(client: FlaskClient, ana: Member) -> None:
    bea, place = add_member("Bea"), add_place()
    add_rsvp(first_date(add_meetup(bea, title="Over", starts=TUESDAY - 14 * DAY)), ana)
    add_meetup(title="Strangers", place=place)
    add_meetup(bea, title="Bea’s", place=place, starts=TUESDAY + HOUR)
    db.session.commit()
    assert titles(client) == ["Bea’s", "Strangers"]


@pytest.mark.parametrize("left", ["cancelled", "cannot", "long ago", "to come"])
def test_no_face_is_familiar_from_where_she_has_not_been(client: FlaskClient, ana: Member, left: str) -> None:
    bea, place = add_member("Bea"), add_place()
    when = {"long ago": NOW.replace(tzinfo=None) - 400 * DAY, "to come": TUESDAY - 5 * DAY}.get(
        left, TUESDAY - 14 * DAY
    )
    past = add_meetup(bea, title="Over", place=place, starts=when, ages=0)
    add_rsvp(first_date(past), ana, "not_going" if left == "cannot" else "going")
    first_date(past).cancelled_at = NOW if left in ("cancelled", "to come") else None
    add_meetup(title="Strangers", place=place)
    add_meetup(bea, title="Bea’s", place=place, starts=TUESDAY + HOUR)
    db.session.commit()
    assert titles(client) == ["Strangers", "Bea’s"]


def many(place: Any, number: int, ages: int = 127) -> None:
    meetup = add_meetup(place=place, title="Other", starts=TUESDAY + number * HOUR, ages=ages)
    meetup.title = f"Walk {number}"


@pytest.mark.parametrize("near", ["", "&near=43.675,-79.348"])
def test_pages_neither_repeat_nor_drop(client: FlaskClient, ana: Member, near: str) -> None:
    place = add_place()
    for number in range(130):
        many(place, number, int(AgeBand.CRAWLER if number % 7 == 0 else AgeBand.TWO))
    db.session.commit()
    found = pages(client, f"/?order=best{near}")
    shown = [title for page in found for title in page]
    assert sorted(shown) == sorted(f"Walk {number}" for number in range(130))
    assert found[0][:3] == ["Walk 0", "Walk 7", "Walk 14"]
    # After the best of the hundred soonest all others follow by their time.
    assert shown[-30:] == [f"Walk {number}" for number in range(100, 130)]


def test_the_numbers_match_the_map_on_every_page(client: FlaskClient, ana: Member) -> None:
    place = add_place()
    for number in range(35):
        many(place, number)
    db.session.commit()
    second = read(client, str(read(client, "/?order=best").select_one("a[rel=next]")["href"]))
    assert [item["id"] for item in second.select(".list li")] == [f"m{number}" for number in range(1, 6)]
    assert second.select_one(".map-pin")["href"] == "#m1" and second.select_one("a[rel=next]") is None


@pytest.mark.parametrize("junk", ["zzz", "~", "1.1-x", "30.", "30x", "-30", "9999", "9" * 6000])
def test_a_page_that_is_none_of_ours_is_the_first(client: FlaskClient, ana: Member, junk: str) -> None:
    add_meetup(title="One")
    db.session.commit()
    assert titles(client, f"/?order=best&page={junk}") == ["One"]


@pytest.mark.one_database
def test_the_window_is_said_in_the_docs_as_it_is() -> None:
    said = (Path(__file__).parents[2] / "docs/architecture.md").read_text(encoding="utf-8")
    assert f"puts the {best.WINDOW} soonest dates of a search in another order" in said


@pytest.mark.parametrize("number", [3, 150])
def test_the_number_of_queries_does_not_grow(client: FlaskClient, ana: Member, number: int) -> None:
    meetup = add_meetup()
    for hours in range(1, number):
        add_occurrence(meetup, TUESDAY + hours * HOUR)
    met(ana, add_member("Cara"))
    sign_in(client, ana)
    with counted_queries() as seen:
        assert client.get("/?order=best").status_code == 200
    # Three are the map's, and where there are more than a page one counts them.
    assert len(seen) == (13 if number == 3 else 14)
