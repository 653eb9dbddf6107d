"""Bringing a file in for the first time: look first, then take."""

import io
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from meetups.accounts.models import Member
from meetups.domain.ages import AgeBand
from meetups.domain.zones import to_local
from meetups.events.services import MOST_ACTIVE, roll_forward
from meetups.extensions import db
from meetups.imports.following import read_calendars
from meetups.imports.models import Calendar
from meetups.imports.services import MOST_CALENDARS
from tests.conftest import NOW
from tests.factories import TORONTO, add_member, sign_in
from tests.imports.files import calendar, event
from tests.imports.uploads import DAY, WEEKLY, again, bring, dates, look, meetups, outcome, post_file


def test_first_the_page_says_what_comes_of_it_and_keeps_nothing(client: FlaskClient, host: Member) -> None:
    check = look(client, calendar(WEEKLY, event("DTSTART;VALUE=DATE:20261203", uid="b", summary="Book sale", start="")))
    for _ in range(2):
        page = client.get(check).text
        assert "1 new and 1 not taken." in page
        assert "Every Tuesday at 10:00" in page
        assert "Withrow Park" in page
        assert "Book sale" in page
        assert "It lasts all day: there is no time to meet at." in page
    assert meetups() == []
    assert "Look at it and take it" in client.get("/calendars").text


def test_taken_it_is_a_public_meetup_of_the_librarys_calendar(client: FlaskClient, host: Member) -> None:
    bring(
        client,
        calendar(
            event(
                rrule="FREQ=WEEKLY",
                location="Pape Library\\, children's room",
                summary="Baby time",
                description="<b>Songs</b>",
            )
        ),
    )
    (meetup,) = meetups()
    assert (meetup.host_id, meetup.source, meetup.visibility) == (host.id, "East York library", "public")
    assert (meetup.title, meetup.spot, meetup.note) == ("Baby time", "Pape Library, children's room", "Songs")
    assert (meetup.place.name, AgeBand(meetup.ages)) == ("Pape Library", AgeBand.BABY | AgeBand.CRAWLER)
    assert (meetup.starts, meetup.rule) == (datetime(2026, 12, 1, 10), "FREQ=WEEKLY;BYDAY=TU")
    assert len(dates(meetup)) == 25
    page = client.application.test_client().get(f"/meetups/{meetup.public_id}/2026-12-01T1000").text
    assert "From the East York library&#39;s calendar" in page
    assert "Ana" not in page
    assert outcome() == "1 new"


def test_members_read_the_source_where_a_hosts_name_would_stand(client: FlaskClient, host: Member) -> None:
    bring(client, calendar(WEEKLY), name="The East York library")
    (meetup,) = meetups()
    other = client.application.test_client()
    sign_in(other, add_member("Bea"))
    page = other.get(f"/meetups/{meetup.public_id}/2026-12-01T1000").text
    assert "From the East York library&#39;s calendar" in page
    assert "Ana" not in page
    assert "do not want to meet" not in page


def test_left_out_and_moved_dates_are_cancelled_and_moved(client: FlaskClient, host: Member) -> None:
    bring(
        client,
        calendar(
            event("EXDATE:20261208T100000", rrule="FREQ=WEEKLY"),
            event("RECURRENCE-ID:20261215T100000", start="20261216T110000"),
        ),
    )
    first, off, moved, *_ = dates(meetups()[0])
    assert (first.cancelled_at, off.cancelled_at) == (None, NOW)
    assert off.cancel_reason == "Not on this day, says the East York library's calendar."
    assert to_local(moved.starts_at, TORONTO) == datetime(2026, 12, 16, 11)


def test_a_date_left_out_half_a_year_ahead_is_cancelled_when_it_comes_near(client: FlaskClient, host: Member) -> None:
    bring(client, calendar(event("EXDATE:20270601T100000", rrule="FREQ=WEEKLY")))
    later = NOW + 14 * DAY
    roll_forward(later)
    db.session.commit()
    assert dates(meetups()[0])[-1].recurrence_id == datetime(2027, 6, 1, 10)
    assert read_calendars(later) == 1
    assert [row.recurrence_id for row in dates(meetups()[0]) if row.cancelled_at] == [datetime(2027, 6, 1, 10)]
    assert db.session.scalars(select(Calendar.next_read)).one() is None


def test_where_nothing_says_where_it_is_refused(client: FlaskClient, host: Member) -> None:
    check = look(client, calendar(WEEKLY, event(uid="there", location="Pape Library")), place="")
    page = client.get(check).text
    assert "We do not know where it is." in page
    client.post(check)
    assert [meetup.place.name for meetup in meetups()] == ["Pape Library"]


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ({"location": "Withrow Park"}, "Withrow Park"),
        ({"location": "The pape library\\, 701 Pape Ave\\, Toronto"}, "Pape Library"),
        ({"location": "701 Pape Ave (Pape Library)"}, "Pape Library"),
        ({"location": "Zoom"}, "Withrow Park"),
        ({"geo": "43.6691;-79.3431"}, "Pape Library"),
        ({"geo": "43.6800;-79.3431", "location": "Room 2"}, "Withrow Park"),
        ({"geo": "99;999", "location": "Pape Library"}, "Pape Library"),
    ],
)
def test_the_place_is_guessed_by_point_by_name_or_is_the_calendars(
    client: FlaskClient, host: Member, where: dict[str, str], place: str
) -> None:
    bring(client, calendar(event(**where)))
    assert [meetup.place.name for meetup in meetups()] == [place]


def test_a_host_may_bring_in_twenty_and_an_admin_many_more(client: FlaskClient, host: Member) -> None:
    data = calendar(*(event(uid=str(number)) for number in range(MOST_ACTIVE + 5)))
    base = bring(client, data)
    assert len(meetups()) == MOST_ACTIVE
    assert "You can host 20 meetups at a time." in client.get("/calendars").text
    host = db.session.get(Member, host.id)
    host.admin = True
    db.session.commit()
    again(client, base, data)
    assert len(meetups()) == MOST_ACTIVE + 5


@pytest.mark.parametrize(
    ("fields", "data", "words"),
    [
        ({"name": ""}, calendar(WEEKLY), "Say whose calendar it is"),
        ({}, b"", "Choose a calendar file"),
        ({}, b"<!doctype html><p>Sign in", "That is a web page, not a calendar."),
        ({"place": "Atlantis Gardens"}, calendar(WEEKLY), "We know no park of that name."),
    ],
)
def test_what_is_missing_is_said_beside_its_field(
    client: FlaskClient, host: Member, fields: dict[str, str], data: bytes, words: str
) -> None:
    answer = post_file(client, "/calendars/new", data, **({"name": "Library", "place": "", "kind": "other"} | fields))
    assert (answer.status_code, words in answer.text) == (422, True)
    assert db.session.scalars(select(Calendar)).all() == []


def test_the_same_calendar_is_not_brought_in_twice(client: FlaskClient, host: Member) -> None:
    bring(client, calendar(WEEKLY))
    answer = post_file(
        client, "/calendars/new", calendar(WEEKLY), name="East-York Library", place="Withrow Park", kind="other"
    )
    assert (answer.status_code, "You have brought this calendar in already." in answer.text) == (422, True)
    assert db.session.scalar(select(func.count(Calendar.id))) == 1


def test_there_is_an_end_to_how_many_calendars_a_host_has(client: FlaskClient, host: Member) -> None:
    for number in range(MOST_CALENDARS):
        look(client, calendar(WEEKLY), name=f"Library {number}")
    answer = post_file(client, "/calendars/new", calendar(WEEKLY), name="One more", place="", kind="other")
    assert (answer.status_code, f"You have {MOST_CALENDARS} calendars already." in answer.text) == (422, True)


def test_an_event_that_our_rules_refuse_takes_no_other_with_it(client: FlaskClient, host: Member) -> None:
    # The clocks jump over half past two on 14 March 2027.
    bring(client, calendar(WEEKLY, event(uid="gap", start="20270314T023000")))
    assert len(meetups()) == 1
    assert "The clocks jump over that time" in client.get("/calendars").text


def test_a_place_for_those_without_one_may_be_said_later(client: FlaskClient, host: Member) -> None:
    lost = event(uid="lost", location="Room 9")
    base = look(client, calendar(lost), place="").removesuffix("/check")
    assert "Look again" in client.get(f"{base}/check").text
    page = client.post(f"{base}/place", data={"place": "Withrow Park"}, follow_redirects=True).text
    assert "1 new" in page
    client.post(f"{base}/check")
    assert [meetup.place.name for meetup in meetups()] == ["Withrow Park"]
    wrong = client.post(f"{base}/place", data={"place": "Nowhere at all"}, follow_redirects=True).text
    assert "We know no park of that name" in wrong
    page = client.post(f"{base}/upload", data={"file": (io.BytesIO(calendar(lost)), "a.ics"), "place": ""})
    assert page.status_code == 302
