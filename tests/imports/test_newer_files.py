"""A newer file of a calendar: what it changes, what its host has put right, what it no longer holds."""

from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from meetups.accounts.models import Member
from meetups.domain.zones import to_local
from meetups.events.models import Change
from meetups.events.services import cancel_series
from meetups.extensions import db
from meetups.imports.models import CalendarEvent
from tests.conftest import NOW
from tests.events.drafts import saved
from tests.events.test_editing import edit_page
from tests.factories import TORONTO, add_member, add_rsvp, first_date, sign_in
from tests.imports.files import calendar, event
from tests.imports.uploads import DAY, WEEKLY, again, bring, dates, edited, meetups, outcome, post_file, state


def test_the_same_file_twice_changes_nothing(client: FlaskClient, host: Member) -> None:
    data = calendar(
        event("EXDATE:20261208T100000", rrule="FREQ=WEEKLY;COUNT=12"),
        event("RECURRENCE-ID:20261215T100000", start="20261216T110000"),
        event(uid="once", start="20261203T100000"),
        event(uid="two", rrule="FREQ=MONTHLY;BYDAY=1TU,3TU"),
    )
    base = bring(client, data)
    before = state()
    again(client, base, data)
    assert state() == before
    assert "as before" in outcome()
    assert db.session.scalar(select(func.count(CalendarEvent.id))) == len(meetups())


def test_another_day_the_same_file_changes_nothing_either(client: FlaskClient, host: Member, clock: Any) -> None:
    data = calendar(
        event("EXDATE:20261208T100000", rrule="FREQ=WEEKLY;COUNT=12"), event(uid="once", start="20261203T100000")
    )
    base = bring(client, data)
    before = state()
    clock.move_to(NOW + 8 * DAY)
    sign_in(client, host)
    again(client, base, data)
    assert state() == before


def test_a_changed_event_changes_its_meetup_and_whoever_comes_is_told(client: FlaskClient, host: Member) -> None:
    base = bring(client, calendar(WEEKLY))
    add_rsvp(first_date(meetups()[0]), add_member("Bea"))
    db.session.commit()
    again(client, base, calendar(event(start="20261201T103000", rrule="FREQ=WEEKLY;BYDAY=TU", summary="Story hour")))
    (meetup,) = meetups()
    assert (meetup.title, meetup.starts) == ("Story hour", datetime(2026, 12, 1, 10, 30))
    assert to_local(first_date(meetup).starts_at, TORONTO) == datetime(2026, 12, 1, 10, 30)
    assert first_date(meetup).taken == 1
    told = db.session.scalars(select(Change).where(Change.occurrence_id == first_date(meetup).id)).all()
    assert [change.kind for change in told] == ["moved"]
    assert outcome() == "1 changed"


def test_what_the_host_puts_right_stays_hers_and_the_rest_follows(client: FlaskClient, host: Member) -> None:
    base = bring(client, calendar(event(rrule="FREQ=WEEKLY", summary="Story time", description="Songs")))
    edited(client, meetups()[0], place="Pape Library", ages=["2"])
    again(client, base, calendar(event(rrule="FREQ=WEEKLY", summary="Toddler time", description="Rhymes")))
    (meetup,) = meetups()
    assert (meetup.title, meetup.note) == ("Toddler time", "Rhymes")
    assert (meetup.place.name, meetup.ages) == ("Pape Library", 2)
    before = state()
    again(client, base, calendar(event(rrule="FREQ=WEEKLY", summary="Toddler time", description="Rhymes")))
    assert state() == before
    assert db.session.scalars(select(CalendarEvent.corrected)).one() == ["ages", "place"]


def test_a_time_that_the_host_has_put_right_stays(client: FlaskClient, host: Member) -> None:
    base = bring(client, calendar(WEEKLY))
    edited(client, meetups()[0], time="11:00")
    again(client, base, calendar(event(start="20261201T090000", rrule="FREQ=WEEKLY", summary="Early birds")))
    (meetup,) = meetups()
    assert (meetup.title, meetup.starts) == ("Early birds", datetime(2026, 12, 1, 11))


def test_an_event_that_is_over_and_gets_a_new_date_is_posted_anew(
    client: FlaskClient, host: Member, clock: Any
) -> None:
    base = bring(client, calendar(event(start="20261125T100000")))
    clock.move_to(NOW + 3 * DAY)
    sign_in(client, host)
    again(client, base, calendar(event(start="20261209T100000")))
    assert [meetup.starts for meetup in meetups()] == [datetime(2026, 11, 25, 10), datetime(2026, 12, 9, 10)]
    again(client, base, calendar(event(start="20261209T110000")))
    assert [meetup.starts for meetup in meetups()][1:] == [datetime(2026, 12, 9, 11)]


def test_a_date_that_the_host_moves_stays_where_she_put_it(client: FlaskClient, host: Member) -> None:
    data = calendar(WEEKLY, event("RECURRENCE-ID:20261208T100000", start="20261209T100000"))
    base = bring(client, data)
    (meetup,) = meetups()
    sent = edit_page(client, meetup, "2026-12-08T1000/edit") | {"date": ["2026-12-10"]}
    assert saved(client, f"/meetups/{meetup.public_id}/2026-12-08T1000/edit", sent).status_code == 302
    again(client, base, data)
    assert to_local(dates(meetup)[1].starts_at, TORONTO) == datetime(2026, 12, 10, 10)


def test_what_is_no_longer_in_it_is_cancelled_and_comes_anew_should_it_come_back(
    client: FlaskClient, host: Member
) -> None:
    whole = calendar(WEEKLY, event(uid="once", start="20261203T100000"))
    base = bring(client, whole)
    page = post_file(client, f"{base}/upload", calendar(WEEKLY))
    assert "No longer in it, so cancelled" in client.get(page.location).text
    client.post(page.location)
    kept, gone = meetups()
    assert (kept.cancelled_at, gone.cancelled_at) == (None, NOW)
    assert first_date(gone).cancel_reason == "It is no longer in the East York library's calendar."
    again(client, base, whole)
    assert [meetup.cancelled_at is None for meetup in meetups()] == [True, False, True]


@pytest.mark.parametrize(
    "data",
    [
        calendar(),
        calendar(event(uid="over", start="20261101T100000")),
        calendar(WEEKLY)[:-20] + b"BEGIN:VEVENT\r\n",
        calendar(event(uid="other", start="20261203T100000"), event(uid="story@library", start="soon")),
    ],
    ids=["empty", "all over", "cut off", "unreadable"],
)
def test_an_empty_or_broken_file_cancels_nothing(client: FlaskClient, host: Member, data: bytes) -> None:
    base = bring(
        client,
        calendar(WEEKLY, event(uid="once", start="20261203T110000")) if b"other" not in data else calendar(WEEKLY),
    )
    again(client, base, data)
    assert [meetup.cancelled_at for meetup in meetups() if meetup.title == "Story time"] == [None] * len(meetups())


def test_what_the_host_cancels_here_stays_cancelled(client: FlaskClient, host: Member) -> None:
    base = bring(client, calendar(WEEKLY))
    cancel_series(meetups()[0], None, NOW)
    db.session.commit()
    again(client, base, calendar(event(rrule="FREQ=WEEKLY", summary="Story hour")))
    (meetup,) = meetups()
    assert (meetup.cancelled_at, meetup.title) == (NOW, "Story time")
