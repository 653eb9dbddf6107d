"""Calendars over HTTP: true in three readers, cheap to ask again, silent about people."""

from datetime import datetime, timedelta
from io import StringIO
from urllib.parse import urlsplit

import pytest
import vobject
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select

from meetups.clock import utcnow
from meetups.domain.nearness import home_cell
from meetups.domain.recurrence import Frequency, Rule
from meetups.domain.zones import to_utc
from meetups.events import editing, services
from meetups.events.models import Visibility
from meetups.extensions import db
from meetups.feeds.models import SavedSearch
from meetups.feeds.services import add_feed
from tests.conftest import counted_queries
from tests.events.drafts import a_draft
from tests.factories import TUESDAY, WITHROW, add_meetup, add_member, add_place, add_rsvp, first_date, sign_in
from tests.feeds.hosting import TUESDAYS, dates, expanded, host, series, stored

SOME_RULES = [
    TUESDAYS,
    Rule(Frequency.WEEKLY, interval=2, weekdays=(1, 3), count=9),
    Rule(Frequency.DAILY, interval=3, until=TUESDAY.date() + timedelta(days=40)),
    Rule(Frequency.MONTHLY, weekdays=(1,), nth=1),
    Rule(Frequency.MONTHLY, weekdays=(1,), nth=-1),
    Rule(Frequency.MONTHLY, month_day=1),
    None,
]


@pytest.mark.parametrize("zone", ["America/Toronto", "Asia/Kolkata", "Europe/London", "Australia/Lord_Howe"])
@pytest.mark.parametrize("rule", SOME_RULES, ids=str)
def test_a_series_says_what_the_table_says_through_the_change_of_clocks(
    client: FlaskClient, rule: Rule | None, zone: str
) -> None:
    meetup = host(rule, place=add_place(zone=zone))
    until = TUESDAY + timedelta(days=150)
    assert expanded(series(client, meetup), until) == stored(meetup, until)


def test_moved_and_cancelled_dates_are_overrides(client: FlaskClient) -> None:
    meetup = host()
    rows = dates(meetup)
    services.move_date(rows[1], rows[1].recurrence_id + timedelta(days=1, hours=2), utcnow())
    services.cancel_date(rows[2], "Flu", utcnow())
    db.session.commit()
    body = series(client, meetup)
    until = TUESDAY + timedelta(days=150)
    assert expanded(body, until) == stored(meetup, until)
    calendar = Calendar.from_ical(body)
    overrides = {
        event["RECURRENCE-ID"].dt.replace(tzinfo=None): event
        for event in calendar.walk("VEVENT")
        if "RECURRENCE-ID" in event
    }
    assert set(overrides) == {rows[1].recurrence_id, rows[2].recurrence_id}
    assert str(overrides[rows[2].recurrence_id]["SUMMARY"]).startswith("Cancelled: ")
    assert "EXDATE" not in calendar.walk("VEVENT")[0]


def test_a_cancelled_date_becomes_an_exception_after_thirty_days(client: FlaskClient, clock: object) -> None:
    meetup = host()
    row = dates(meetup)[0]
    services.cancel_date(row, None, utcnow())
    db.session.commit()
    clock.move_to(row.starts_at + timedelta(days=31))  # type: ignore[attr-defined]
    master, *rest = Calendar.from_ical(series(client, meetup)).walk("VEVENT")
    assert rest == [] and "EXDATE" in master


def test_a_cancelled_series_ends_with_its_dates_cancelled(client: FlaskClient) -> None:
    meetup = host()
    services.cancel_series(meetup, "We move away", utcnow())
    db.session.commit()
    found = expanded(series(client, meetup), TUESDAY + timedelta(days=400))
    assert len(found) == len(dates(meetup)) and {status for *_, status in found} == {"CANCELLED"}


def test_every_change_raises_the_sequence_and_the_same_feed_has_the_same_bytes(client: FlaskClient) -> None:
    meetup = host()
    before = series(client, meetup)
    assert series(client, meetup) == before
    services.cancel_date(dates(meetup)[3], None, utcnow() + timedelta(minutes=1))
    db.session.commit()
    master = Calendar.from_ical(series(client, meetup)).walk("VEVENT")[0]
    assert master["SEQUENCE"] == Calendar.from_ical(before).walk("VEVENT")[0]["SEQUENCE"] + 1
    assert master["LAST-MODIFIED"].dt == utcnow() + timedelta(minutes=1)


def test_vobject_reads_the_same_start_and_the_lines_are_folded(client: FlaskClient) -> None:
    body = series(client, host())
    assert all(len(line) <= 75 for line in body.split(b"\r\n")) and b"\n" not in body.replace(b"\r\n", b"")
    event = vobject.readOne(StringIO(body.decode())).vevent
    assert event.dtstart.value.replace(tzinfo=None) == TUESDAY
    assert event.summary.value == "Slow walk, with “tea”; bring cups"


@pytest.mark.parametrize("forbidden", ["METHOD", "ATTENDEE", "ORGANIZER", "VALARM", "X-WR-TIMEZONE", "RDATE", "Beatrice", "Red stroller", "@example.org"])  # fmt: skip
def test_a_public_feed_carries_no_people_and_nothing_that_breaks_clients(client: FlaskClient, forbidden: str) -> None:
    assert forbidden not in series(client, host()).decode()


def test_asking_again_costs_nothing(client: FlaskClient) -> None:
    meetup = host()
    address = f"/meetups/{meetup.public_id}/slow-walk.ics"
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert not first.headers["ETag"].startswith("W/")
    assert "Last-Modified" not in first.headers
    head = client.head(address)
    assert head.status_code == 200 and head.headers["Content-Length"] == str(len(first.data))
    assert "Set-Cookie" not in first.headers and first.headers["X-Robots-Tag"] == "noindex"


def test_a_date_stays_itself_whatever_an_edit_makes_of_its_series(client: FlaskClient) -> None:
    meetup = host()
    address = f"/meetups/{meetup.public_id}/{{}}/walk.ics"
    before = Calendar.from_ical(client.get(address.format("2026-12-01T1000")).data).walk("VEVENT")[0]
    editing.edit(meetup, a_draft(meetup.place, TUESDAY.replace(hour=11)), utcnow())
    db.session.commit()
    after = Calendar.from_ical(client.get(address.format("2026-12-01T1100")).data).walk("VEVENT")[0]
    assert after["UID"] == before["UID"] and str(after["UID"]).startswith("date-")
    assert after["SEQUENCE"] > before["SEQUENCE"] and after["DTSTART"].dt.hour == 11


def test_a_date_moved_out_of_a_series_that_starts_later_is_still_in_its_feed(
    client: FlaskClient, clock: object
) -> None:
    meetup = host()
    first = dates(meetup)[0]
    services.move_date(first, datetime(2026, 12, 5, 15), utcnow())
    clock.move_to(to_utc(TUESDAY + timedelta(days=1), meetup.zone))  # type: ignore[attr-defined]
    editing.edit(
        meetup, a_draft(meetup.place, datetime(2026, 12, 9, 9), Rule(Frequency.WEEKLY, weekdays=(2,))), utcnow()
    )
    db.session.commit()
    until = TUESDAY + timedelta(days=150)
    assert expanded(series(client, meetup), until) == stored(meetup, until)
    assert first.starts_at in [starts for starts, *_ in expanded(series(client, meetup), until)]


def test_her_own_feed_is_never_stale(client: FlaskClient) -> None:
    ana, meetup = add_member("Ana"), add_meetup()
    token = add_feed(ana, "Phone", utcnow())
    rsvp = add_rsvp(first_date(meetup), ana, "maybe")
    db.session.commit()
    first = client.get(f"/feeds/{token}/my-meetups.ics")
    rsvp.answer = "going"
    db.session.commit()
    headers = {"If-None-Match": first.headers["ETag"], "If-Modified-Since": first.headers["Last-Modified"]}
    second = client.get(f"/feeds/{token}/my-meetups.ics", headers=headers)
    assert second.status_code == 200 and "Maybe: " in first.text and "Maybe: " not in second.text
    assert second.headers["Cache-Control"] == "private, no-cache"


def test_members_meetups_have_no_public_calendar(client: FlaskClient) -> None:
    meetup = host(visibility=Visibility.MEMBERS)
    assert client.get(f"/meetups/{meetup.public_id}/x.ics").status_code == 404
    assert client.get(f"/meetups/{meetup.public_id}/2026-12-01T1000/x.ics").status_code == 404


def test_her_own_feed_holds_what_she_answered_and_dies_with_its_token(client: FlaskClient) -> None:
    ana = add_member("Ana")
    coming, perhaps, other = add_meetup(title="Coming"), add_meetup(title="Perhaps"), add_meetup(title="Other")
    add_rsvp(first_date(coming), ana)
    add_rsvp(first_date(perhaps), ana, "maybe")
    add_rsvp(first_date(other), ana, "not_going")
    sign_in(client, ana)
    client.post("/me/calendar", data={"device": "My phone"})
    page = BeautifulSoup(client.get("/me/calendar").text, "html.parser")
    address = urlsplit(str(page.select_one("#address")["value"])).path
    assert address not in client.get("/me/calendar").text
    body = client.get(address)
    events = {str(event["SUMMARY"]): str(event["STATUS"]) for event in Calendar.from_ical(body.data).walk("VEVENT")}
    assert events == {"Coming": "CONFIRMED", "Maybe: Perhaps": "TENTATIVE"}
    assert "Red stroller" in body.text and "private" in body.headers["Cache-Control"]
    client.post(str(page.select_one("form[action$=remove]")["action"]))
    assert client.get(address).status_code == 410


def test_a_search_says_what_its_calendar_will_hold_before_it_is_one(client: FlaskClient) -> None:
    add_meetup(place=add_place("Withrow Park", WITHROW))
    db.session.commit()
    browse = client.get("/?near=43.675,-79.348&day=2026-12-01&order=best&within=400")
    link = BeautifulSoup(browse.text, "html.parser").select_one('a[href^="/near/new"]')
    asked = f"{link['href']}&age=3&kind=walk&has=fence"
    page = BeautifulSoup(client.get(asked).text, "html.parser")
    assert "10 minutes’ walk" in page.text
    for words in ("Stroller walk", "0-5 months", "Fence"):
        assert words in page.select_one(".tags").text
    form = page.select_one('form[method="post"]')
    fields = [(field["name"], field["value"]) for field in form.select("input") if field["name"] != "csrf_token"]
    assert dict(fields) == {
        "near": "43.675,-79.348", "within": "400", "age": "3", "kind": "walk", "has": "fence",
    }  # fmt: skip
    kept = client.post(str(form["action"]), data=dict(fields), follow_redirects=True)
    assert kept.status_code == 200 and "/near/" in kept.text
    assert client.get("/near/new").status_code == 404
    assert "call 555" not in client.get("/near/new?near=43.6,-79.3&name=call%20555").text


def test_a_saved_search_is_a_feed_of_what_a_stranger_finds(client: FlaskClient) -> None:
    add_meetup(title="Open")
    add_meetup(title="Closed", visibility=Visibility.MEMBERS)
    db.session.commit()
    sign_in(client, add_member("Ana"))
    answer = client.post("/near", data={"near": "43.675,-79.348", "name": "Riverdale"})
    again = client.post("/near", data={"near": "43.675,-79.348", "name": "Riverdale"})
    assert answer.location == again.location
    body = client.get(f"{answer.location}/meetups-near-riverdale.ics")
    assert [str(event["SUMMARY"]) for event in Calendar.from_ical(body.data).walk("VEVENT")] == ["Open"]


@pytest.mark.parametrize("many", [2, 50])
def test_a_feed_costs_the_same_with_many_dates(client: FlaskClient, many: int) -> None:
    ana = add_member("Ana")
    for number in range(many):
        add_rsvp(first_date(add_meetup(starts=TUESDAY + timedelta(hours=number))), ana)
    token = add_feed(ana, "Phone", utcnow())
    db.session.commit()
    with counted_queries() as queries:
        assert client.get(f"/feeds/{token}/my-meetups.ics").status_code == 200
    # Its dates, and that it was read today; what it is asks the driver itself.
    assert len(queries) == 2


def test_a_calendar_asked_for_from_all_meetups_is_of_one_neighbourhood(client: FlaskClient) -> None:
    add_place("Small Park", WITHROW)
    sign_in(client, add_member(home_cell=home_cell(WITHROW)))
    form = BeautifulSoup(client.get("/near/new?near=").text, "html.parser")
    said = {str(field["name"]): str(field["value"]) for field in form.select("form input[type=hidden]")}
    assert said["near"].startswith("43.")
    client.post("/near", data={"near": ""})
    assert db.session.scalars(select(SavedSearch)).one().query["near"].startswith("43.")
