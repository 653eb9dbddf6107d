"""What no form of ours would send, and two taps in the same instant."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from meetups.accounts.models import Member, SignIn
from meetups.accounts.sign_in import code_for
from meetups.domain.nearness import Point, home_cell
from meetups.events import services
from meetups.events.models import Meetup, Occurrence
from meetups.extensions import db
from tests.conftest import NOW
from tests.events.drafts import a_draft, dates_of, saved
from tests.factories import WITHROW, add_member, add_place, sign_in
from tests.taps import held_back

pytestmark = pytest.mark.one_database

FIVE = {"place": "Withrow Park", "date": "2026-12-01", "time": "10:00", "repeat": "weekly", "spot": "Red stroller"}
KEY = "a" * 22


def filled(**changes: object) -> dict[str, object]:
    return FIVE | {"kind": "walk", "duration": "90", "ends": "never", "confirm": "1"} | changes


@pytest.fixture
def host(client: FlaskClient) -> Member:
    add_place()
    member = add_member("Beatrice", home_cell=home_cell(WITHROW))
    sign_in(client, member)
    return member


def posted() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Meetup.id))) or 0


@pytest.fixture
def quick() -> Iterator[None]:
    """Fail a test that counts its way to the year 9999."""
    began = time.perf_counter()
    yield
    assert time.perf_counter() - began < 2


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"date": "9999-12-31"}, "within the next two years"),
        ({"date": "9999-12-31", "repeat": "none"}, "within the next two years"),
        ({"date": "2029-01-01"}, "within the next two years"),
        ({"date": "0001-01-01", "time": "00:00"}, "is over"),
        ({"repeat": "daily", "ends": "until", "until": "9999-12-31"}, "within the next two years"),
        ({"repeat": "monthly_day", "date": "2026-12-31", "interval": "0"}, "1 to 12"),
        ({"weekdays": ["9"]}, ""),
        ({"repeat": "yearly"}, ""),
        ({"ends": "count", "count": "201"}, "1 to 200"),
        ({"time": "10:00:30"}, ""),
        ({"duration": "100000"}, ""),
        ({"capacity": "9" * 30}, "1 to 200"),
        ({"ages": ["3"]}, ""),
        ({"kind": "party"}, ""),
    ],
)
def test_what_cannot_be_is_refused_at_once(
    client: FlaskClient, host: Member, typed: dict[str, object], words: str
) -> None:
    assert client.get("/meetups/preview", query_string=filled(**typed)).status_code == 200
    answer = client.post("/meetups/new", data=filled(**typed))
    assert answer.status_code == 422 and posted() == 0
    assert words in BeautifulSoup(answer.text, "html.parser").select_one("[role=alert]").text


def test_what_stands_in_a_part_not_asked_for_is_nobodys_mistake(client: FlaskClient, host: Member) -> None:
    assert client.post("/meetups/new", data=filled(until="junk", count="999")).status_code == 302


@pytest.mark.parametrize("key", ["x" * 60, ""])
def test_a_key_that_no_form_of_ours_made_is_no_key(client: FlaskClient, host: Member, key: str) -> None:
    for _ in range(2):
        assert client.post("/meetups/new", data=filled(form_key=key)).status_code == 302
    assert posted() == 2


def test_an_age_that_is_sent_twice_is_one_age(client: FlaskClient, host: Member) -> None:
    for ages in (["64"] * 2000, ["2", "2"]):
        assert client.post("/meetups/new", data=filled(ages=ages, repeat="none")).status_code == 302
    assert db.session.scalars(select(Meetup.ages).order_by(Meetup.id)).all() == [64, 2]


@pytest.mark.slow
def test_taps_in_the_same_instant_post_one_meetup(app: Flask, client: FlaskClient, host: Member) -> None:
    place = add_place("Greenwood Park", Point(43.67, -79.33))
    db.session.commit()
    # The first tap has written and not yet committed while the others come.
    first = services.host(host, a_draft(place), NOW, KEY).public_id

    def tap() -> tuple[int, str]:
        other = app.test_client()
        other._cookies = dict(client._cookies or {})
        answer = other.post("/meetups/new", data=filled(form_key=KEY))
        return answer.status_code, answer.location

    assert set(held_back(app, tap, db.session.commit)) == {(302, f"/meetups/{first}/2026-12-01T1000")}
    assert posted() == 1


def test_nobody_hosts_more_than_twenty_meetups_at_once(client: FlaskClient, host: Member) -> None:
    for _ in range(20):
        assert client.post("/meetups/new", data=filled(repeat="none")).status_code == 302
    refused = client.post("/meetups/new", data=filled(repeat="none"))
    assert refused.status_code == 422 and "You host 20 meetups already" in refused.text
    first = db.session.scalars(select(Meetup).order_by(Meetup.id)).first()
    client.post(f"/meetups/{first.public_id}/cancel", data={"reason": ""})
    assert client.post("/meetups/new", data=filled(repeat="none")).status_code == 302


def test_a_park_near_her_is_one_tap_and_what_she_types_still_counts(client: FlaskClient, host: Member) -> None:
    greenwood = add_place("Greenwood Park", Point(43.67, -79.33))
    db.session.commit()
    page = BeautifulSoup(client.get("/meetups/new").text, "html.parser")
    chips = {label.text.strip(): label.input["value"] for label in page.select("label:has([type=radio][name=place])")}
    assert chips == {"The one above": "", "Withrow Park": page.select("[type=radio][name=place]")[1]["value"],
                     "Greenwood Park": greenwood.public_id}  # fmt: skip
    for typed in ("", "Withrow Park"):
        client.post("/meetups/new", data=filled(place=[typed, greenwood.public_id]))
    client.post("/meetups/new", data=filled(place=["Withrow Park", ""]))
    db.session.rollback()
    names = [meetup.place.name for meetup in db.session.scalars(select(Meetup).order_by(Meetup.id))]
    assert names == ["Greenwood Park", "Greenwood Park", "Withrow Park"]


def test_the_last_friday_is_not_the_fourth(client: FlaskClient, host: Member) -> None:
    words = {
        repeat: client.get("/meetups/preview", query_string=filled(repeat=repeat, date="2027-02-26")).json["words"]
        for repeat in ("monthly_nth", "monthly_last")
    }
    assert words == {
        "monthly_nth": "The fourth Friday of every month at 10:00",
        "monthly_last": "The last Friday of every month at 10:00",
    }


@pytest.mark.parametrize(
    ("date", "time_", "words"),
    [
        ("2027-03-14", "02:30", "clocks jump"),
        ("2026-11-24", "07:59", "is over"),
        ("2040-01-01", "10:00", "within the next two years"),
        ("", "10:00", "Choose a date"),
    ],
)
def test_a_date_is_moved_only_to_where_it_can_be(
    client: FlaskClient, host: Member, date: str, time_: str, words: str
) -> None:
    client.post("/meetups/new", data=filled())
    db.session.rollback()
    meetup = db.session.scalars(select(Meetup)).one()
    path = f"/meetups/{meetup.public_id}/2026-12-01T1000/edit"
    answer = client.post(path, data=filled(date=date, time=time_, scope="this"))
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    assert words in page.select_one(".field-error").text
    assert (page.select_one("[name=date]")["value"], page.select_one("[name=time]")["value"]) == (date, time_)
    db.session.rollback()
    assert dates_of(meetup)[0].own == [] and meetup.sequence == 0


def test_a_moved_date_says_so_to_calendars_and_to_those_who_come(client: FlaskClient, host: Member) -> None:
    client.post("/meetups/new", data=filled())
    meetup = db.session.scalars(select(Meetup)).one()
    path = f"/meetups/{meetup.public_id}/2026-12-01T1000/edit"
    page = saved(client, path, filled(date="2026-12-02", time="15:00", scope="this"), follow_redirects=True)
    assert page.status_code == 200 and "15:00" in page.text
    db.session.rollback()
    row = dates_of(meetup)[0]
    assert (row.own, row.revision, meetup.sequence) == (["starts"], 1, 1)
    assert row.recurrence_id == datetime(2026, 12, 1, 10)
    assert row.ends_at - row.starts_at == timedelta(minutes=90)


def test_a_link_alone_changes_nothing(client: FlaskClient, host: Member) -> None:
    client.post("/meetups/new", data=filled())
    meetup = db.session.scalars(select(Meetup)).one()
    for what in ("edit", "cancel", "2026-12-01T1000/cancel", "2026-12-01T1000/edit", "add"):
        assert client.get(f"/meetups/{meetup.public_id}/{what}").status_code == 200
    db.session.rollback()
    assert meetup.sequence == 0 and not any(row.cancelled_at for row in dates_of(meetup))


def test_a_strangers_meetup_is_posted_once_however_often_she_confirms(client: FlaskClient) -> None:
    add_place()
    db.session.commit()
    typed = filled(first_name="Ana", email="ana@example.org", form_key=KEY)
    pages = [client.post("/meetups/new", data=typed).location for _ in range(2)]
    for page, sign_in_id in zip(pages, db.session.scalars(select(SignIn.public_id).order_by(SignIn.id)), strict=True):
        for _ in range(2):
            client.post(page, data={"code": code_for(sign_in_id)})
    assert posted() == 1


def test_what_a_stranger_wrote_too_late_comes_back_with_its_mistake(client: FlaskClient, clock: object) -> None:
    add_place()
    db.session.commit()
    soon = filled(first_name="Ana", email="ana@example.org", date="2026-11-24", time="08:05", repeat="none")
    code_page = client.post("/meetups/new", data=soon | {"note": "We walk slowly"}).location
    clock.move_to(NOW + timedelta(minutes=8))  # type: ignore[attr-defined]
    own_id = db.session.scalars(select(SignIn.public_id)).one()
    page = client.post(code_page, data={"code": code_for(own_id)}, follow_redirects=True)
    assert "That time is over" in page.text and "We walk slowly" in page.text and "Red stroller" in page.text
    assert posted() == 0


def test_a_date_in_the_hour_the_clocks_skip_is_held_an_hour_later(client: FlaskClient, host: Member) -> None:
    client.post("/meetups/new", data=filled(date="2027-03-07", time="02:30"))
    rows = list(db.session.scalars(select(Occurrence).order_by(Occurrence.recurrence_id)))
    assert [row.starts_at.hour for row in rows[:3]] == [7, 7, 6]
