"""Which hour suits most families around a park: shown to members who host, and telling of no family alone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import h3
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from benchmarks.plans import asked_for
from meetups.accounts.models import Member
from meetups.domain.ages import AgeBand
from meetups.domain.naps import HOUR, Sleeper, own
from meetups.domain.nearness import Point, area_of, cell_centre, cells_of, home_cell
from meetups.events import around
from meetups.extensions import db
from meetups.places.models import Place
from tests.conftest import NOW, counted_queries
from tests.factories import TUESDAY, WITHROW, add_block, add_kid, add_meetup, add_member, add_place, sign_in

# conftest's NOW is a Tuesday evening: what counts, is four weeks old by the Monday before.
LONG_AGO = NOW - timedelta(days=30)
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
WEEK = timedelta(weeks=1)
HOME = home_cell(WITHROW)
# One and a half, eleven months, and eight months old.
TODDLER, CRAWLER, BABY = date(2025, 5, 1), date(2025, 12, 1), date(2026, 3, 1)
TOO_FEW = "Not enough families here yet to tell."
DATE = {"date": "2026-12-01", "time": "10:00"}


@pytest.fixture(autouse=True)
def unmoved(monkeypatch: pytest.MonkeyPatch) -> None:
    """The naps as they are, so that a picture can be foretold."""
    monkeypatch.setattr(around, "SHIFTS", (0,))


@pytest.fixture
def park(app: Flask) -> Place:
    return add_place()


@pytest.fixture
def host(client: FlaskClient, park: Place) -> Member:
    member = add_member("Beatrice", home_cell=HOME, created_at=LONG_AGO)
    add_kid(member, TODDLER)
    sign_in(client, member)
    return member


def family(*months: date, cell: str = HOME, own_nap: int | None = None, **values: Any) -> Member:
    """A family around the park; a nap of its own that begins at an hour, if one is told."""
    member = add_member("Ana", **{"home_cell": cell, "created_at": LONG_AGO} | values)
    for month in months:
        kid = add_kid(member, month)
        if own_nap is not None:
            kid.sleeper = Sleeper(month, own(own_nap * HOUR, None), LONG_AGO.date())
    db.session.commit()
    return member


def shown(client: FlaskClient, **typed: Any) -> str:
    answer = client.get("/meetups/suits", query_string={"place": "Withrow Park"} | DATE | typed)
    assert answer.status_code == 200
    return answer.text


def bars(text: str) -> list[int]:
    """The level of each bar."""
    found = BeautifulSoup(text, "html.parser").select("svg rect")
    return [int(str(bar["class"][0]).removeprefix("level")) for bar in found]


def test_below_three_other_families_nothing_is_told_whatever_they_do(client: FlaskClient, host: Member) -> None:
    worlds = {shown(client)}
    family(TODDLER, own_nap=9)
    worlds.add(shown(client))
    family(TODDLER, BABY, own_nap=14)
    worlds.add(shown(client))
    assert len(worlds) == 1 and TOO_FEW in worlds.pop()
    # Who lives elsewhere, has nobody of an age to nap, or is new this week makes no third.
    family(TODDLER, cell=home_cell(Point(43.70, -79.30)))
    family(date(2027, 2, 1), date(2026, 10, 1), date(2019, 1, 1))
    family(TODDLER, created_at=NOW - timedelta(hours=20))
    family(TODDLER, cell=None)
    assert TOO_FEW in shown(client)
    family(TODDLER)
    assert TOO_FEW not in shown(client)


def test_what_they_nap_is_drawn_and_said(client: FlaskClient, host: Member, park: Place) -> None:
    # Two of four nap at nine, as they say, and two after lunch, as is usual.
    family(TODDLER, own_nap=9), family(TODDLER, own_nap=9), family(TODDLER), family(TODDLER)
    text = shown(client)
    assert bars(text) == [2, 1, 1, 2, 1, 1, 1, 2, 2, 2]
    page = BeautifulSoup(text, "html.parser")
    assert "most children around Withrow Park" in page.figcaption.text
    assert page.select_one("figure > p").text == "8 to 9, 11 to 12 and 15 to 18: most are awake."
    assert (
        page.svg["aria-label"]
        == "Most are awake from 8 to 9, 11 to 12 and 15 to 18; some nap from 9 to 11 and 12 to 15."
    )
    assert [label.text for label in page.select("text.chosen")] == ["10"]
    # No count, no name, no home.
    for secret in ("Ana", "four", " 4 ", HOME, "50", "%"):
        assert secret not in text
    # Her own words count for as long as they hold.
    for kid in db.session.scalars(db.select(around.Kid).where(around.Kid.naps.is_not(None))):
        kid.sleeper = Sleeper(kid.month, own(9 * HOUR, None), NOW.date() - timedelta(days=182))
    db.session.commit()
    assert bars(shown(client)) == [2, 2, 2, 2, 0, 0, 0, 2, 2, 2]


def test_who_hosts_for_the_first_time_starts_from_an_hour_that_suits(client: FlaskClient, host: Member) -> None:
    def hour() -> str:
        page = BeautifulSoup(client.get("/meetups/new").text, "html.parser")
        return str(page.select_one("input[name=time]")["value"])

    assert hour() == "10:00", "nobody can tell yet"
    family(TODDLER, own_nap=9), family(TODDLER, own_nap=9), family(TODDLER), family(TODDLER)
    assert hour() == "11:00"
    add_meetup(host, starts=TUESDAY.replace(hour=16))
    db.session.commit()
    assert hour() == "16:00"


def test_it_is_the_same_wherever_whenever_and_for_whomever_one_asks(client: FlaskClient, host: Member) -> None:
    families = [family(TODDLER, own_nap=hour) for hour in (9, 9, 10, 13)]
    middle = cell_centre(HOME)
    add_place("Next Park", Point(middle.lat + 0.001, middle.lon))
    # Farther, but in the same area.
    other = next(cell for cell in cells_of(area_of(HOME)) if cell != HOME)
    add_place("Far Park", cell_centre(other))
    db.session.commit()
    before = bars(shown(client))
    # Another park of the neighbourhood, a day next spring, a block: nothing to compare.
    assert bars(shown(client, place="Next Park")) == before == bars(shown(client, date="2027-05-20"))
    assert bars(shown(client, place="Far Park")) == before
    add_block(families[0], host)
    assert bars(shown(client)) == before
    # Nor does her own family count, whatever she says of it.
    host.kids[0].sleeper = Sleeper(TODDLER, own(15 * HOUR, None), NOW.date())
    db.session.commit()
    assert bars(shown(client)) == before
    hers = client.application.test_client()
    sign_in(hers, family(BABY, created_at=NOW))
    host.home_cell = None
    db.session.commit()
    assert bars(shown(hers)) == before


@pytest.mark.parametrize("what", ["account", "home", "child"])
def test_a_family_counts_from_the_monday_after_four_weeks_on(
    client: FlaskClient, host: Member, clock: Traveller, what: str
) -> None:
    for _ in range(2):
        family(TODDLER)
    new = family(TODDLER)
    before = {"account": (new, "created_at"), "home": (new, "home_since"), "child": (new.kids[0], "added_at")}
    row, column = before[what]
    setattr(row, column, MONDAY)
    db.session.commit()
    assert TOO_FEW in shown(client)
    clock.move_to(MONDAY + 5 * WEEK - timedelta(seconds=1))
    sign_in(client, host)
    assert TOO_FEW in shown(client)
    clock.move_to(MONDAY + 5 * WEEK)
    assert TOO_FEW not in shown(client)


def test_what_she_says_of_naps_counts_from_the_next_monday_on(
    client: FlaskClient, host: Member, clock: Traveller
) -> None:
    kids = [family(TODDLER).kids[0] for _ in range(3)]
    before = bars(shown(client))
    for kid in kids:
        kid.sleeper = Sleeper(TODDLER, own(9 * HOUR, None), MONDAY.date())
    db.session.commit()
    assert bars(shown(client)) == before == [2, 2, 2, 2, 0, 0, 0, 2, 2, 2]
    clock.move_to(MONDAY + WEEK)
    sign_in(client, host)
    assert bars(shown(client))[1:3] == [0, 0]


def test_since_when_is_kept_where_she_says_it_and_moving_house_begins_anew(app: Flask, client: FlaskClient) -> None:
    ana = add_member()
    sign_in(client, ana)
    client.post("/me/kids", data={"month": "5", "year": "2025"})
    client.post("/me/home", data={"near": "43.6747,-79.3476", "name": ""})
    db.session.refresh(ana)
    assert ana.kids[0].added_at == ana.home_since == NOW
    ana.home_since = None
    db.session.commit()
    client.post("/me/home", data={"near": "43.6747,-79.3476", "name": ""})
    db.session.refresh(ana)
    assert ana.home_since is None, "where she lives already"
    client.post("/me/home", data={"near": "43.70,-79.30", "name": ""})
    db.session.refresh(ana)
    assert ana.home_since == NOW


def test_nobody_finds_a_home_by_moving_made_up_families_from_park_to_park(app: Flask, client: FlaskClient) -> None:
    for number, cell in enumerate(sorted(h3.grid_disk(HOME, 2))):
        add_place(f"Green {number}", cell_centre(cell))
    family(TODDLER, own_nap=9)
    fakes = [family(TODDLER), family(TODDLER)]
    mover = app.test_client()
    sign_in(client, add_member("Host", created_at=LONG_AGO))
    shown_at = {}
    for number, cell in enumerate(sorted(h3.grid_disk(HOME, 2))):
        there = cell_centre(cell)
        for fake in fakes:
            sign_in(mover, fake)
            mover.post("/me/home", data={"near": f"{there.lat:.4f},{there.lon:.4f}", "name": ""})
        shown_at[cell] = TOO_FEW not in shown(client, place=f"Green {number}")
    assert not any(shown_at.values())


def test_a_home_is_read_to_its_area_and_no_closer(app: Flask, client: FlaskClient) -> None:
    """Made-up families everywhere, for as long as it takes: there is a picture in her whole area, and there alone."""
    cells = sorted(h3.grid_disk(HOME, 2))
    for number, cell in enumerate(cells):
        add_place(f"Green {number}", cell_centre(cell))
    family(TODDLER, own_nap=9)
    for area in {area_of(cell) for cell in cells}:
        for cell in cells_of(area)[:2]:
            family(TODDLER, cell=cell)
    sign_in(client, add_member("Host", created_at=LONG_AGO))
    db.session.commit()
    found = {cell for number, cell in enumerate(cells) if TOO_FEW not in shown(client, place=f"Green {number}")}
    assert found == {cell for cell in cells if area_of(cell) == area_of(HOME)}


def test_two_months_of_a_pair_are_never_told_apart(
    app: Flask, client: FlaskClient, clock: Traveller, park: Place
) -> None:
    family(TODDLER), family(TODDLER)
    told = set()
    for month in (date(2026, 7, 1), date(2026, 8, 1)):
        mei = family(month)
        seen = []
        for months in range(4):
            clock.move_to(NOW + timedelta(days=31 * months))
            sign_in(client, add_member("Host"))
            seen.append(shown(client))
        assert TOO_FEW in seen[0] and TOO_FEW not in seen[2]
        clock.move_to(NOW)
        db.session.delete(mei)
        db.session.commit()
        told.add(tuple(seen))
    assert len(told) == 1


def test_the_ages_welcome_choose_whose_naps_count(client: FlaskClient, host: Member) -> None:
    for _ in range(3):
        family(TODDLER), family(CRAWLER)
    babies, toddlers = int(AgeBand.CRAWLER), int(AgeBand.ONE)
    assert "most babies" in shown(client, ages=babies) and bars(shown(client, ages=babies))[2] == 0
    assert "most toddlers" in shown(client, ages=toddlers) and bars(shown(client, ages=toddlers))[2] == 2
    born = {
        "ages_by": "born",
        "born_from_month": 4,
        "born_from_year": 2025,
        "born_until_month": 6,
        "born_until_year": 2025,
    }
    assert bars(shown(client, **born)) == bars(shown(client, ages=toddlers))
    assert "most children" in shown(client, ages=[babies, toddlers])
    assert "most children" in shown(client, **born | {"born_from_year": ""})
    # Of two families more, of other ages, the difference would tell.
    family(date(2023, 5, 1))
    assert "most children" in shown(client, ages=int(AgeBand.PRESCHOOL)) and "most babies" in shown(client, ages=babies)


def test_it_stands_on_the_form_on_its_check_and_where_all_dates_are_edited(
    client: FlaskClient, host: Member, park: Place
) -> None:
    for _ in range(3):
        family(TODDLER)
    db.session.commit()
    form = BeautifulSoup(client.get(f"/meetups/new?place={park.public_id}").text, "html.parser")
    assert form.select_one("[data-suits='/meetups/suits'] figure.suits svg")
    typed = DATE | {
        "place": "Withrow Park",
        "repeat": "weekly",
        "spot": "Red stroller",
        "kind": "walk",
        "duration": "90",
        "ends": "never",
    }
    checked = BeautifulSoup(client.post("/meetups/new", data=typed).text, "html.parser")
    assert checked.select_one(".checked + div figure.suits svg") and len(checked.select("figure.suits")) == 1
    meetup = add_meetup(host, park, rule="FREQ=WEEKLY;BYDAY=TU", rolled_to=None)
    db.session.commit()
    page = BeautifulSoup(client.get(f"/meetups/{meetup.public_id}/edit").text, "html.parser")
    assert page.select_one("figure.suits svg")
    # Nothing chosen, nothing shown.
    assert client.get("/meetups/suits").text.strip() == "" == shown(client, place="Atlantis").strip()


def test_strangers_are_told_that_members_see_it(client: FlaskClient, park: Place) -> None:
    for _ in range(3):
        family(TODDLER)
    words = "Members see which hour suits most families around the park."
    assert words in shown(client) and "<svg" not in shown(client)
    page = client.get(f"/meetups/new?place={park.public_id}").text
    assert words in page and "figure" not in page


def test_where_naps_are_moved_to_stays_and_nobody_can_know(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def moved() -> list[int]:
        return [around.secret_number("naps", number, 5) for number in range(200)]

    before = moved()
    assert moved() == before and all(25 <= before.count(shift) <= 60 for shift in range(5))
    monkeypatch.setitem(app.config, "SECRET_KEY", "another key")
    assert moved() != before


def test_what_is_shown_of_one_family_is_moved(
    client: FlaskClient, host: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(around, "SHIFTS", (60,))
    for _ in range(3):
        family(TODDLER, own_nap=9)
    assert bars(shown(client)) == [2, 2, 0, 0, 2, 2, 2, 2, 2, 2]
    # What is usual is no secret, and no child's own.
    for _ in range(10):
        family(TODDLER)
    assert bars(shown(client)) == [2, 2, 2, 2, 0, 0, 0, 2, 2, 2]


@pytest.mark.parametrize("many", [3, 30])
def test_it_costs_two_queries_however_many_live_there(client: FlaskClient, host: Member, many: int) -> None:
    for _ in range(many):
        family(TODDLER, BABY)
    sign_in(client, host)
    with counted_queries() as seen:
        shown(client)
    # Who reads, the place by its name, its rain place, the families.
    assert len(seen) <= 5 and sum("home_cell IN" in query for query in seen) == 1


def test_families_are_found_by_their_cells(client: FlaskClient, host: Member) -> None:
    # So many that a database thinks before it reads all of them.
    for number in range(400):
        db.session.add(
            Member(first_name="Far", email=f"far{number}@example.org", created_at=NOW, home_cell=str(number))
        )
    db.session.commit()
    with asked_for() as asked:
        shown(client)
    seen = [one for one in asked if "home_cell IN" in one[0]]
    ((statement, parameters),) = seen
    with db.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            connection.exec_driver_sql("ANALYZE members")
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
        steps = " ".join(str(step) for step in connection.exec_driver_sql(f"{plan} {statement}", parameters))
    assert "ix_members_home_cell" in steps and "ix_kids_member_id" in steps


def test_an_area_is_seven_cells_and_a_cell_is_in_one() -> None:
    assert HOME in cells_of(area_of(HOME)) and len(cells_of(area_of(HOME))) == 7
    assert all(area_of(cell) == area_of(HOME) for cell in cells_of(area_of(HOME)))
