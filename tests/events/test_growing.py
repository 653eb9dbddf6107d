"""A meetup for a group that grows up together: hosted, changed, searched and said, always as old as it is on the day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.accounts.models import Member
from meetups.domain.ages import AgeBand, Born
from meetups.events import services
from meetups.events.models import Meetup, Occurrence
from meetups.extensions import db
from tests.conftest import NOW
from tests.events.drafts import a_draft, dates_of, saved
from tests.events.test_editing import edit_page
from tests.events.test_hosting import filled
from tests.factories import TUESDAY, add_kid, add_meetup, add_member, add_place, sign_in
from tests.imports.files import calendar
from tests.imports.uploads import WEEKLY, again, bring, meetups

# Six to eight months at the first date, and a year in March, April and May.
SPRING = {
    "ages_by": "born", "born_from_month": "3", "born_from_year": "2026", "born_until_month": "5", "born_until_year": "2026",
}  # fmt: skip
WORDS = "Babies born March to May 2026"
BORN = "2026-03/2026-05"
CRAWLER, ONE = int(AgeBand.CRAWLER), int(AgeBand.ONE)


@pytest.fixture
def host(client: FlaskClient) -> Member:
    add_place()
    member = add_member("Beatrice")
    sign_in(client, member)
    return member


@pytest.fixture
def meetup(client: FlaskClient, host: Member) -> Meetup:
    assert client.post("/meetups/new", data=filled(**SPRING)).status_code == 302
    return the_meetup()


def the_meetup() -> Meetup:
    db.session.rollback()
    return db.session.scalars(select(Meetup).order_by(Meetup.id)).first()  # type: ignore[return-value]


def ages() -> dict[date, int]:
    db.session.rollback()
    return {row.day: row.ages for row in db.session.scalars(select(Occurrence).order_by(Occurrence.starts_at))}


def save(client: FlaskClient, meetup: Meetup, what: str = "edit", **changes: Any) -> None:
    answer = saved(client, f"/meetups/{meetup.public_id}/{what}", edit_page(client, meetup, what) | changes)
    assert answer.status_code == 302, answer.text


def test_the_host_reads_whom_she_welcomes_before_she_posts(client: FlaskClient, host: Member) -> None:
    page = client.post("/meetups/new", data=filled(**SPRING, confirm="")).text
    assert f"For b{WORDS[1:]} (7 to 9 months) at the first date, and older at each after it." in page
    preview = client.get("/meetups/preview", query_string=filled(**SPRING)).json
    assert WORDS[1:] in preview["ages"] and preview["problem"] == ""
    assert db.session.scalar(select(Meetup)) is None


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"born_until_month": "2"}, "The last month comes before the first"),
        ({"born_from_year": ""}, "Type a year"),
        ({"born_from_year": "26"}, "Type a year"),
        ({"born_from_month": "13"}, "Not a valid choice"),
        ({"born_from_year": "2023"}, "at most two years of birth"),
    ],
)
def test_months_that_cannot_be_are_said_beside_them(
    client: FlaskClient, host: Member, typed: dict[str, str], words: str
) -> None:
    answer = client.post("/meetups/new", data=filled(**SPRING | typed))
    assert answer.status_code == 422 and words in BeautifulSoup(answer.text, "html.parser").select_one(".wrong").text
    assert client.get("/meetups/preview", query_string=filled(**SPRING | typed)).json["problem"]
    # What stands in months that are not asked for is nobody's mistake.
    assert client.post("/meetups/new", data=filled(**SPRING | typed | {"ages_by": "age"})).status_code == 302


def test_each_date_has_the_ages_of_its_own_day_and_so_has_what_the_worker_adds(
    client: FlaskClient, meetup: Meetup
) -> None:
    assert meetup.born == BORN
    found = ages()
    assert found[date(2026, 12, 1)] == found[date(2027, 2, 23)] == CRAWLER
    assert found[date(2027, 3, 2)] == found[date(2027, 4, 27)] == CRAWLER | ONE
    assert found[date(2027, 5, 4)] == ONE
    services.roll_forward(NOW + timedelta(weeks=52))
    db.session.commit()
    assert ages()[date(2028, 5, 2)] == int(AgeBand.TWO) and ages()[date(2028, 4, 25)] == ONE | int(AgeBand.TWO)


def test_a_search_by_age_finds_the_dates_at_which_it_fits(client: FlaskClient, meetup: Meetup) -> None:
    def found(age: int, day: str) -> bool:
        return "Stroller walk at Withrow Park" in client.get(f"/?age={age}&day={day}").text.split("The nearest")[0]

    assert found(6, "2026-12-01") and not found(12, "2026-12-01") and not found(0, "2026-12-01")
    assert found(6, "2027-04-27") and found(12, "2027-04-27")
    assert found(12, "2027-05-04") and not found(6, "2027-05-04")


def test_a_date_late_at_night_is_of_the_month_at_its_place(client: FlaskClient, host: Member) -> None:
    # In Toronto it is the last of November still, in UTC December has begun.
    late = datetime(2026, 11, 30, 23, 30)
    born = Born(date(2025, 12, 1), date(2025, 12, 1))
    meetup = services.host(host, a_draft(add_place("Riverdale Park"), late, None, ages=born), NOW)
    (row,) = dates_of(meetup)
    assert row.starts_at == datetime(2026, 12, 1, 4, 30, tzinfo=UTC) and row.ages == CRAWLER
    services.move_date(row, late + timedelta(hours=1), NOW)
    assert row.ages == ONE


def test_edits_of_other_things_keep_the_group(client: FlaskClient, meetup: Meetup) -> None:
    save(client, meetup, title="Slow walk")
    save(client, meetup, "2026-12-15T1000/edit", time="11:00", scope="this")
    save(client, meetup, "2026-12-22T1000/edit", title="Slower walk", scope="following")
    db.session.rollback()
    assert {part.born for part in db.session.scalars(select(Meetup))} == {BORN}
    assert {row.born for row in db.session.scalars(select(Occurrence))} == {BORN}
    assert ages()[date(2027, 3, 2)] == CRAWLER | ONE


def test_moving_the_days_moves_the_ages(client: FlaskClient, meetup: Meetup) -> None:
    assert ages()[date(2027, 3, 2)] == CRAWLER | ONE
    save(client, meetup, date="2026-11-30", weekdays=["0"])
    assert ages()[date(2027, 3, 1)] == CRAWLER | ONE and date(2027, 3, 2) not in ages()
    save(client, meetup, date="2026-12-06", weekdays=["6"])
    assert ages()[date(2027, 2, 28)] == CRAWLER


def test_one_date_may_welcome_others_whatever_becomes_of_the_group(client: FlaskClient, meetup: Meetup) -> None:
    save(client, meetup, "2026-12-08T1000/edit", ages_by="age", ages=[str(ONE)], scope="this")
    save(client, meetup, born_until_month="4")
    assert the_meetup().born == "2026-03/2026-04"
    first, own, *others = dates_of(the_meetup())
    assert (own.welcome, own.own) == (ONE, ["ages"])
    assert {row.born for row in (first, *others)} == {"2026-03/2026-04"}


def test_all_ages_of_one_date_are_its_own_too(client: FlaskClient, meetup: Meetup) -> None:
    save(client, meetup, "2026-12-08T1000/edit", ages_by="age", ages=[str(int(band)) for band in AgeBand], scope="this")
    save(client, meetup, ages_by="age", ages=[str(ONE)])
    assert ages()[date(2026, 12, 8)] == 127 and ages()[date(2026, 12, 15)] == ONE


def test_this_and_following_may_grow_from_then_on(client: FlaskClient, host: Member) -> None:
    client.post("/meetups/new", data=filled(ages=[str(CRAWLER)]))
    page = edit_page(client, the_meetup(), "2026-12-22T1000/edit") | SPRING | {"scope": "following"}
    read = client.post(f"/meetups/{the_meetup().public_id}/2026-12-22T1000/edit", data=page).text
    assert f"Children: {WORDS} (7 to 9 months), not 6 to 11 months" in read
    save(client, the_meetup(), "2026-12-22T1000/edit", **SPRING, scope="following")
    first, second = db.session.scalars(select(Meetup).order_by(Meetup.id)).all()
    assert (first.welcome, second.born) == (CRAWLER, BORN)
    assert ages()[date(2026, 12, 15)] == CRAWLER and ages()[date(2027, 5, 4)] == ONE


def test_undo_brings_the_group_back(client: FlaskClient, meetup: Meetup) -> None:
    before = ages()
    save(client, meetup, ages_by="age", ages=[str(ONE)])
    assert set(ages().values()) == {ONE} and the_meetup().born is None
    page = BeautifulSoup(client.get(f"/meetups/{meetup.public_id}/2026-12-01T1000").text, "html.parser")
    assert client.post(page.select_one("form.notice")["action"]).status_code == 302
    assert ages() == before and the_meetup().born == BORN


def test_the_next_meetup_of_hers_starts_with_the_same_group(client: FlaskClient, meetup: Meetup) -> None:
    page = BeautifulSoup(client.get("/meetups/new").text, "html.parser")
    assert page.select_one("[name=ages_by][checked]")["value"] == "born"
    assert page.select_one("[name=born_from_month] [selected]")["value"] == "3"
    assert page.select_one("[name=born_until_year]")["value"] == "2026"


def test_pages_and_calendars_say_it_alike(client: FlaskClient, meetup: Meetup) -> None:
    said = f"{WORDS} (7 to 9 months)"
    address = f"/meetups/{meetup.public_id}/2026-12-01T1000"
    assert said in client.get(address).text and said in client.get("/").text
    assert client.get("/browse.geojson").json["features"][0]["properties"]["ages"] == said
    one = client.get(f"/meetups/{meetup.public_id}/2026-12-01T1000/walk.ics").text.replace("\r\n ", "")
    assert f"Children welcome: b{said[1:]}" in one
    series = client.get(f"/meetups/{meetup.public_id}/calendar.ics").text.replace("\r\n ", "")
    assert "Children welcome: children born March to May 2026" in series and series.count("BEGIN:VEVENT") == 1


def test_a_date_that_welcomes_others_says_so_in_the_series_calendar(client: FlaskClient, meetup: Meetup) -> None:
    save(client, meetup, "2026-12-08T1000/edit", ages_by="age", ages=[str(ONE)], scope="this")
    series = client.get(f"/meetups/{meetup.public_id}/calendar.ics").text.replace("\r\n ", "")
    assert series.count("BEGIN:VEVENT") == 2 and "Children welcome: 1 year" in series


def test_a_group_given_to_what_a_calendar_brought_stays_the_hosts_own(client: FlaskClient, host: Member) -> None:
    base = bring(client, calendar(WEEKLY))
    save(client, meetups()[0], **SPRING)
    assert WORDS in client.get("/").text
    again(client, base, calendar(WEEKLY.replace("Story time", "Story hour for 2-3 years")))
    (meetup,) = meetups()
    assert meetup.born == BORN


@pytest.mark.parametrize(
    ("born", "words"), [((2026, 4), "fits your 8-month-old"), ((2027, 2), "fits your bump"), ((2023, 1), None)]
)
def test_a_mother_reads_on_the_card_which_of_hers_it_fits_and_nobody_else_does(
    client: FlaskClient, born: tuple[int, int], words: str | None
) -> None:
    ana, bea = add_member("Ana"), add_member("Bea")
    add_kid(ana, date(*born, 1))
    meetup = add_meetup(ages=int(AgeBand.BUMP | AgeBand.CRAWLER))
    db.session.commit()
    address = f"/meetups/{meetup.public_id}/2026-12-01T1000"
    for who, reads in ((None, False), (bea, False), (meetup.host, False), (ana, words is not None)):
        if who:
            sign_in(client, who)
        for page in ("/", address, f"/places/{meetup.place.public_id}"):
            text = client.get(page).text
            assert ("fits your" in text) == reads and (not reads or str(words) in text)


def test_her_own_children_may_be_asked_for_at_their_age_on_the_day(client: FlaskClient) -> None:
    ana, place = add_member("Ana"), add_place()
    add_kid(ana, date(2026, 4, 1))
    add_kid(ana, date(2027, 2, 1))
    for title, starts, band in (
        ("Crawlers now", TUESDAY, AgeBand.CRAWLER),
        ("Ones now", TUESDAY, AgeBand.ONE),
        ("Crawlers in March", datetime(2027, 3, 30, 10), AgeBand.CRAWLER),
        ("Crawlers in April", datetime(2027, 4, 1, 10), AgeBand.CRAWLER),
        ("Ones in April", datetime(2027, 4, 1, 10), AgeBand.ONE),
        ("Bumps now", TUESDAY, AgeBand.BUMP),
        ("Bumps in February", datetime(2027, 2, 1, 10), AgeBand.BUMP),
        ("Newborns in February", datetime(2027, 2, 1, 10), AgeBand.BABY),
    ):
        add_meetup(title=title, place=place, starts=starts, ages=int(band))
    sign_in(client, ana)
    page = BeautifulSoup(client.get("/?age=mine").text, "html.parser")
    found = {link.text for link in page.select(".list h3 a")}
    assert found == {"Crawlers now", "Crawlers in March", "Ones in April", "Bumps now", "Newborns in February"}
    assert page.select_one("[name=age] [selected]")["value"] == "mine"


def test_nobody_else_is_asked_for_children_by_an_address(client: FlaskClient) -> None:
    add_meetup(title="Ones", ages=ONE)
    bea = add_member("Bea")
    db.session.commit()
    for who in (None, bea):
        if who:
            sign_in(client, who)
        page = client.get("/?age=mine").text
        assert "Ones" in page and 'value="mine"' not in page


def test_a_saved_search_knows_of_nobodys_children(client: FlaskClient) -> None:
    ana = add_member("Ana")
    add_kid(ana, date(2026, 4, 1))
    sign_in(client, ana)
    answer = client.post("/near", data={"near": "43.675,-79.348", "age": "mine", "order": "best"})
    page = client.get(answer.location).text
    assert "age=mine" not in page and "order=best" not in page
