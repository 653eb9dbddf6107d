"""Nap time while browsing: marked for their mother alone, hidden on wish, with full pages and a flat cost."""

from datetime import date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from time_machine import Traveller

from meetups.accounts.models import Kid, Member
from meetups.domain.naps import Nap, Sleeper, asleep, own, stretches
from meetups.domain.nearness import home_cell
from meetups.domain.zones import to_local
from meetups.events.models import Occurrence
from meetups.events.naptime import in_nap_time
from meetups.extensions import db
from meetups.feeds.models import SavedSearch
from tests.conftest import NOW, counted_queries
from tests.factories import (
    TORONTO,
    TUESDAY,
    WITHROW,
    add_kid,
    add_meetup,
    add_member,
    add_occurrence,
    add_place,
    first_date,
    sign_in,
)

NEAR = "43.675,-79.348"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Eight months old in the first days of December: naps at 9:15 to 10:30 and 13 to 14:30.
BABY, TODDLER = date(2026, 4, 1), date(2024, 12, 1)


def naps(kid: Kid, sleeper: Sleeper) -> None:
    kid.sleeper = sleeper
    db.session.commit()


@pytest.fixture
def ana(client: FlaskClient) -> Member:
    member = add_member("Ana", home_cell=home_cell(WITHROW), home_name="Riverdale")
    naps(add_kid(member, BABY), Sleeper(BABY))
    sign_in(client, member)
    return member


def cards(client: FlaskClient, address: str) -> dict[str, str | None]:
    """Return the mark of each card by its title."""
    page = BeautifulSoup(client.get(address).text, "html.parser")
    found = page.select(".list .meet")
    return {card.h3.text.strip(): mark.text.strip() if (mark := card.select_one(".nap")) else None for card in found}


def walks(*hours: float) -> None:
    place = add_place()
    for hour in hours:
        add_meetup(title=f"At {hour}", place=place, starts=TUESDAY.replace(hour=0) + hour * HOUR)
    db.session.commit()


def test_what_falls_into_a_nap_is_marked_for_her_alone(client: FlaskClient, ana: Member) -> None:
    walks(9, 11, 12.75, 14)
    mark = "in nap time"
    assert cards(client, "/") == {"At 9": mark, "At 11": None, "At 12.75": mark, "At 14": mark}
    page = BeautifulSoup(client.get("/").text, "html.parser")
    assert page.select_one("input[name=nap]:not([checked])")
    date_page = page.select_one("h3 a")["href"]
    said = client.get(str(date_page)).text
    assert "In nap time" in said
    place_page = str(BeautifulSoup(said, "html.parser").select_one(".facts a")["href"])
    assert client.get(place_page).text.count("in nap time") == 3
    # Nothing said, nothing marked; and nobody else's pages know of it.
    bea, hers = add_member("Bea"), client.application.test_client()
    add_kid(bea, BABY)
    sign_in(hers, bea)
    for other in (client.application.test_client(), hers):
        for path in (f"/?near={NEAR}", str(date_page), place_page, f"/browse.geojson?near={NEAR}"):
            assert "nap time" not in other.get(path).text.lower()
        assert len(cards(other, f"/?near={NEAR}&nap=no")) == 4


def test_whose_nap_it_is_is_said_where_she_has_several(client: FlaskClient, ana: Member) -> None:
    add_kid(ana, TODDLER)
    walks(9, 13)
    assert set(cards(client, "/").values()) == {"in your 8-month-old’s nap time"}
    naps(ana.kids[1], Sleeper(TODDLER))
    naps(ana.kids[0], Sleeper(BABY))
    assert "in your 2-year-old’s and 8-month-old’s nap time" in cards(client, "/").values()


def test_she_hides_them_and_the_address_says_no_more(client: FlaskClient, ana: Member) -> None:
    walks(9, 11, 13, 15)
    assert list(cards(client, "/?nap=no")) == ["At 11", "At 15"]
    page = BeautifulSoup(client.get("/?nap=no&kind=walk").text, "html.parser")
    assert page.select_one("details.filters:not([open]) input[name=nap][checked]")["value"] == "no"
    assert all("nap=no" in day["href"] for day in page.select(".week a"))
    assert all("nap=no" in link["href"] for link in page.select("nav[aria-label=Order] a"))
    assert [f["properties"]["title"] for f in client.get("/browse.geojson?nap=no").json["features"]] == [
        "At 11",
        "At 15",
    ]
    # What anybody may subscribe to knows nothing of her child.
    client.post("/near", data={"near": NEAR, "nap": "no", "age": "mine"})
    assert list(db.session.scalars(select(SavedSearch)).one().query) == ["near"]
    # Best for you knows it as well, hidden or not.
    assert list(cards(client, "/?nap=no&order=best")) == ["At 11", "At 15"]
    assert list(cards(client, "/?order=best")) == ["At 11", "At 15", "At 9", "At 13"]


def test_pages_stay_full_and_go_on_where_they_ended(client: FlaskClient, ana: Member) -> None:
    place = add_place()
    for number in range(90):
        add_meetup(
            title=f"Walk {number}", place=place, starts=TUESDAY.replace(hour=8) + number // 9 * DAY + number % 9 * HOUR
        )
    db.session.commit()
    awake = [number for number in range(90) if number % 9 in (0, 3, 4, 7, 8)]
    seen, address, sizes = [], "/?nap=no", []
    while address:
        page = BeautifulSoup(client.get(address).text, "html.parser")
        titles = [link.text for link in page.select(".list h3 a")]
        seen, sizes = seen + titles, [*sizes, len(titles)]
        following = page.select_one("a[rel=next]")
        address = str(following["href"]) if following else ""
    assert seen == [f"Walk {number}" for number in awake]
    assert sizes == [30, 20]


@pytest.mark.parametrize("many", [3, 60])
def test_hiding_costs_no_query(client: FlaskClient, ana: Member, many: int) -> None:
    add_kid(ana, TODDLER)
    place = add_place()
    for number in range(many):
        add_meetup(place=place, starts=TUESDAY + timedelta(hours=number))
    sign_in(client, ana)
    counts = []
    # What lies under the map is read once in a minute.
    client.get(f"/?near={NEAR}")
    for address in (f"/?near={NEAR}", f"/?near={NEAR}&nap=no"):
        with counted_queries() as seen:
            assert client.get(address).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] == (8 if many == 3 else 9)


def test_ten_oclock_stays_ten_oclock_and_a_baby_grows(client: FlaskClient, ana: Member, clock: Traveller) -> None:
    clock.move_to(datetime(2027, 3, 10, 13, tzinfo=NOW.tzinfo))
    sign_in(client, ana)
    kid = ana.kids[0]
    naps(kid, Sleeper(BABY, own(600, None), date(2027, 3, 1)))
    # The clocks change on 14 March; what she said on the first holds until the end of May.
    days = [datetime(2027, month, day, 12) for month, day in ((3, 11), (3, 16), (5, 30), (5, 31))]
    place = add_place()
    for day in days:
        for hour in (11.75, 12):
            add_meetup(title=f"{day:%-d %B} {hour}", place=place, starts=day.replace(hour=0) + (hour - 0.25) * HOUR)
    db.session.commit()
    hidden = ["31 May 11.75", "31 May 12"]
    assert [title for title in cards(client, "/?nap=no") if title not in hidden] == [
        f"{day:%-d %B} 12" for day in days[:3]
    ]
    assert [title for title, mark in cards(client, "/").items() if not mark and title not in hidden] == [
        f"{day:%-d %B} 12" for day in days[:3]
    ]


spans = st.lists(
    st.builds(lambda start, length: Nap(start * 15, (start + length) * 15), st.integers(28, 70), st.integers(2, 10)),
    max_size=3,
).map(tuple)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spans, st.dates(date(2026, 9, 1), date(2026, 11, 24)))
def test_the_database_finds_what_the_rule_says(
    year_of_dates: list[Occurrence], found: tuple[Nap, ...], since: date
) -> None:
    kids = [Sleeper(BABY, found, since), Sleeper(date(2025, 10, 1))]
    hidden = set(db.session.scalars(select(Occurrence.id).where(in_nap_time(stretches(kids, TORONTO, NOW)))))
    for row in year_of_dates:
        local, minutes = to_local(row.starts_at, TORONTO), int((row.ends_at - row.starts_at).total_seconds() // 60)
        assert (row.id in hidden) == bool(asleep(kids, local, minutes)), local


@pytest.fixture
def year_of_dates(client: FlaskClient) -> list[Occurrence]:
    """Dates at all hours on both sides of a change of the clocks, of half an hour and of four."""
    meetup = add_meetup(starts=datetime(2026, 11, 25, 0))
    rows = [first_date(meetup)]
    for number in range(1, 180):
        at = datetime(2026, 11, 25) + number * timedelta(hours=25, minutes=45)
        row = add_occurrence(meetup, at)
        row.ends_at = row.starts_at + timedelta(minutes=(30, 60, 240)[number % 3])
        rows.append(row)
    db.session.flush()
    return rows
