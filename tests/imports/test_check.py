"""The page about a newer file: the meetup as it will be, and what changes, in words; where nothing does, nothing to take."""

from datetime import datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from meetups.accounts.models import Member
from meetups.events.services import cancel_series
from meetups.extensions import db
from tests.conftest import NOW, counted_queries
from tests.factories import sign_in
from tests.imports.files import calendar, event
from tests.imports.uploads import DAY, WEEKLY, again, bring, dates, edited, look, meetups, outcome, post_file, state

NOTHING = "Nothing in it is new"


def checked(client: FlaskClient, base: str, data: bytes) -> BeautifulSoup:
    """Upload a newer file; return the page about it."""
    assert post_file(client, f"{base}/upload", data).location == f"{base}/check"
    return BeautifulSoup(client.get(f"{base}/check").text, "html.parser")


def lines(page: BeautifulSoup, title: str) -> list[list[str]]:
    """The lines of each meetup under a title."""
    section = next((one for one in page.select("section") if one.h2.text == title), None)
    return [list(item.stripped_strings) for item in section.select("li")] if section else []


def may_take(page: BeautifulSoup) -> bool:
    return page.select_one("main form:not([action]) button") is not None and "Take it" in page.text


def take(client: FlaskClient, base: str) -> str:
    assert client.post(f"{base}/check").status_code == 302
    return outcome()


def test_it_shows_the_meetup_as_it_will_be_and_what_changes(client: FlaskClient, host: Member) -> None:
    base = bring(client, calendar(event(rrule="FREQ=WEEKLY", summary="Story time", description="Songs")))
    edited(client, meetups()[0], place="Pape Library", ages=["2"])
    newer = event(start="20261201T103000", rrule="FREQ=WEEKLY", summary="Story hour", description="Rhymes")
    page = checked(client, base, calendar(newer.replace("PT1H", "PT45M")))
    assert lines(page, "Changed") == [
        [
            "Story hour",
            "Every Tuesday at 10:30",
            "Pape Library · 0 to 5 months",
            "When: Every Tuesday at 10:30, not Every Tuesday at 10:00",
            "Title: Story hour, not Story time",
            "How long: 45\u00a0min, not 1\u00a0h",
            "Another note",
        ]
    ]
    assert may_take(page)
    take(client, base)
    (meetup,) = meetups()
    assert (meetup.title, meetup.place.name, meetup.ages, meetup.duration) == ("Story hour", "Pape Library", 2, 45)


def test_a_place_that_the_calendar_changes_is_said(client: FlaskClient, host: Member) -> None:
    base = bring(client, calendar(WEEKLY))
    page = checked(
        client, base, calendar(event(rrule="FREQ=WEEKLY;BYDAY=TU", location="Pape Library, Room 2".replace(",", "\\,")))
    )
    assert "Park: Pape Library, not Withrow Park" in lines(page, "Changed")[0]
    assert "How people find you: Pape Library, Room 2, not At the place itself" in lines(page, "Changed")[0]


def test_dates_that_are_off_and_moved_are_said(client: FlaskClient, host: Member) -> None:
    base = bring(client, calendar(WEEKLY))
    newer = calendar(
        event("EXDATE:20261208T100000", "EXDATE:20270601T100000", rrule="FREQ=WEEKLY;BYDAY=TU"),
        event("RECURRENCE-ID:20261215T100000", start="20261216T110000"),
    )
    page = checked(client, base, newer)
    assert page.select_one(".lead, main p").text.startswith("1 changed")
    assert lines(page, "Changed")[0][3:] == [
        "Off: Tuesday 8 December at 10:00",
        "Moved: Tuesday 15 December at 10:00, to Wednesday 16 December at 11:00",
        "Off: Tuesday 1 June 2027 at 10:00",
    ]
    assert take(client, base) == "1 changed"
    # All of it is done or kept in mind.
    page = checked(client, base, newer)
    assert NOTHING in page.text and not may_take(page)
    assert take(client, base) == "1 as before"


def test_a_date_far_ahead_that_is_left_out_no_more_is_said(client: FlaskClient, host: Member) -> None:
    base = bring(client, calendar(event("EXDATE:20270601T100000", rrule="FREQ=WEEKLY;BYDAY=TU")))
    page = checked(client, base, calendar(WEEKLY))
    assert lines(page, "Changed")[0][3:] == ["On after all: Tuesday 1 June 2027 at 10:00"]
    assert take(client, base) == "1 changed"
    assert NOTHING in checked(client, base, calendar(WEEKLY)).text


def test_with_other_times_the_dates_of_those_times_are_said(client: FlaskClient, host: Member) -> None:
    base = bring(client, calendar(event("EXDATE:20261208T100000", rrule="FREQ=WEEKLY")))
    page = checked(
        client, base, calendar(event("EXDATE:20261210T100000", start="20261203T100000", rrule="FREQ=WEEKLY"))
    )
    assert lines(page, "Changed")[0][3:] == [
        "When: Every Thursday at 10:00, not Every Tuesday at 10:00",
        "Off: Thursday 10 December at 10:00",
    ]


def test_a_series_that_begins_later_says_from_when(client: FlaskClient, host: Member) -> None:
    base = bring(client, calendar(WEEKLY))
    page = checked(client, base, calendar(event(start="20261215T100000", rrule="FREQ=WEEKLY;BYDAY=TU")))
    assert lines(page, "Changed")[0][1:] == [
        "Every Tuesday at 10:00",
        "Withrow Park · All ages",
        "When: from Tuesday 15 December at 10:00 on",
    ]
    take(client, base)
    standing = [row.recurrence_id for row in dates(meetups()[0]) if row.cancelled_at is None]
    assert standing[0] == datetime(2026, 12, 15, 10)


@pytest.mark.parametrize(
    "data",
    [calendar(WEEKLY, event(uid="once", start="20261203T100000")), calendar(event(uid="over", start="20261101T100000")), calendar()],
    ids=["the same", "all over", "empty"],
)  # fmt: skip
def test_where_nothing_would_change_there_is_nothing_to_take(client: FlaskClient, host: Member, data: bytes) -> None:
    base = bring(client, calendar(WEEKLY, event(uid="once", start="20261203T100000")))
    before = state()
    page = checked(client, base, data)
    assert NOTHING in page.text and not may_take(page)
    assert page.select_one("main a[href='/calendars']").text == "Back to your calendars"
    take(client, base)
    assert state() == before


def test_what_is_the_hosts_own_and_changes_in_the_calendar_is_nothing_new(client: FlaskClient, host: Member) -> None:
    base = bring(client, calendar(WEEKLY))
    edited(client, meetups()[0], title="Slow stories")
    page = checked(client, base, calendar(event(rrule="FREQ=WEEKLY;BYDAY=TU", summary="Story hour")))
    assert NOTHING in page.text and lines(page, "Changed") == []


def test_what_the_host_has_cancelled_is_not_said_to_change(client: FlaskClient, host: Member) -> None:
    base = bring(client, calendar(WEEKLY, event(uid="once", start="20261203T100000")))
    cancel_series(meetups()[0], None, NOW)
    db.session.commit()
    newer = event("EXDATE:20261208T100000", rrule="FREQ=WEEKLY", summary="Story hour")
    page = checked(client, base, calendar(newer, event(uid="once", start="20261203T100000")))
    assert NOTHING in page.text
    # Nor is it cancelled once more where it is no longer in it.
    page = checked(client, base, calendar(event(uid="once", start="20261203T100000")))
    assert NOTHING in page.text and lines(page, "No longer in it, so cancelled") == []


def test_what_is_over_is_not_said_to_be_cancelled(client: FlaskClient, host: Member, clock: Any) -> None:
    base = bring(client, calendar(WEEKLY, event(uid="once", start="20261203T100000")))
    clock.move_to(NOW + 12 * DAY)
    sign_in(client, host)
    page = checked(client, base, calendar(WEEKLY))
    assert NOTHING in page.text
    assert take(client, base) == "1 as before"


def test_what_is_over_and_gets_a_new_date_is_shown_as_it_will_be(client: FlaskClient, host: Member, clock: Any) -> None:
    base = bring(client, calendar(event(start="20261125T100000")))
    clock.move_to(NOW + 3 * DAY)
    sign_in(client, host)
    page = checked(client, base, calendar(event(start="20261209T100000")))
    assert (
        "When: Once, on Wednesday 9 December at 10:00, not Once, on Wednesday 25 November at 10:00"
        in lines(page, "Changed")[0]
    )


def test_a_first_file_of_which_nothing_can_be_taken_says_so(client: FlaskClient, host: Member) -> None:
    page = BeautifulSoup(client.get(look(client, calendar(WEEKLY), place="")).text, "html.parser")
    assert "Nothing in it can be taken." in page.text and not may_take(page)
    assert "We do not know where it is." in page.text


def test_a_calendar_of_fifty_is_read_with_as_many_queries_as_one_of_five(client: FlaskClient, host: Member) -> None:
    host.admin = True
    db.session.commit()
    looked, taken = [], []
    for number in (5, 50):
        data = calendar(
            *(event("EXDATE:20261208T100000", "EXDATE:20270601T100000", uid=f"{number}-{n}", rrule="FREQ=WEEKLY") for n in range(number)),
            *(event(uid=f"{number}-{n}-once", start="20261203T100000") for n in range(number)),
        )  # fmt: skip
        base = bring(client, data, name=f"Library {number}")
        assert post_file(client, f"{base}/upload", data).status_code == 302
        with counted_queries() as seen:
            assert NOTHING in client.get(f"{base}/check").text
        looked.append(len(seen))
        with counted_queries() as seen:
            assert client.post(f"{base}/check").status_code == 302
        taken.append(len(seen))
    assert looked[0] == looked[1] < 15
    assert taken[0] == taken[1] < 15


def test_the_page_changes_nothing(client: FlaskClient, host: Member) -> None:
    base = bring(client, calendar(WEEKLY))
    before = state()
    checked(client, base, calendar(event("EXDATE:20261208T100000", rrule="FREQ=WEEKLY", summary="Story hour")))
    assert state() == before
    again(client, base, calendar(WEEKLY))
    assert state() == before
