"""Bringing a file in, through the pages: look first, take, read again, correct, remove."""

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.domain.ages import AgeBand
from meetups.domain.nearness import Point
from meetups.domain.zones import to_local
from meetups.events.models import Change, Meetup, Occurrence
from meetups.events.services import MOST_ACTIVE, cancel_series, roll_forward
from meetups.extensions import db
from meetups.imports.following import read_calendars
from meetups.imports.models import Calendar, CalendarEvent
from meetups.imports.services import MOST_CALENDARS
from tests.conftest import NOW
from tests.events.drafts import saved
from tests.events.test_editing import edit_page
from tests.factories import TORONTO, add_meetup, add_member, add_place, add_rsvp, first_date, sign_in
from tests.imports.files import calendar, event

DAY = timedelta(days=1)
WEEKLY = event(rrule="FREQ=WEEKLY;BYDAY=TU")


@pytest.fixture
def host(client: FlaskClient) -> Member:
    member = add_member("Ana")
    add_place("Withrow Park")
    add_place("Pape Library", Point(43.6690, -79.3430))
    sign_in(client, member)
    return member


def post_file(client: FlaskClient, path: str, data: bytes, **fields: str) -> Any:
    return client.post(path, data={"file": (io.BytesIO(data), "library.ics"), **fields})


def look(client: FlaskClient, data: bytes, name: str = "East York library", place: str = "Withrow Park") -> str:
    """Upload a new calendar; return the address of the page that says what comes of it."""
    answer = post_file(client, "/calendars/new", data, name=name, place=place, kind="other")
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def bring(client: FlaskClient, data: bytes, **fields: str) -> str:
    """Upload a new calendar and take it; return the beginning of its addresses."""
    check = look(client, data, **fields)
    assert client.post(check).location == "/calendars"
    return check.removesuffix("/check")


def again(client: FlaskClient, base: str, data: bytes) -> None:
    assert post_file(client, f"{base}/upload", data).location == f"{base}/check"
    assert client.post(f"{base}/check").status_code == 302


def meetups() -> list[Meetup]:
    return list(db.session.scalars(select(Meetup).order_by(Meetup.id)))


def dates(meetup: Meetup) -> list[Occurrence]:
    query = select(Occurrence).where(Occurrence.meetup_id == meetup.id).order_by(Occurrence.recurrence_id)
    return list(db.session.scalars(query))


def outcome() -> str:
    return str(db.session.scalars(select(Calendar.outcome)).one())


def state() -> list[tuple[Any, ...]]:
    """All that readers and calendars can see of what there is."""
    rows = select(Occurrence.starts_at, Occurrence.revision, Occurrence.cancelled_at)
    heads = select(Meetup.title, Meetup.sequence, Meetup.changed_at, Meetup.starts, Meetup.rule)
    found = [*db.session.execute(heads.order_by(Meetup.id)), *db.session.execute(rows.order_by(Occurrence.id))]
    return [tuple(row) for row in found]


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


def edited(client: FlaskClient, meetup: Meetup, **fields: Any) -> None:
    """Correct a meetup through the ordinary edit page."""
    given = {
        "place": meetup.place.name, "date": f"{meetup.starts:%Y-%m-%d}", "time": f"{meetup.starts:%H:%M}",
        "repeat": "weekly", "weekdays": "1", "interval": "1", "spot": meetup.spot, "kind": meetup.kind,
        "title": meetup.title, "note": meetup.note or "", "ages": [str(int(b)) for b in AgeBand if b & meetup.ages],
        "duration": "60", "ends": "never",
    } | fields  # fmt: skip
    answer = saved(client, f"/meetups/{meetup.public_id}/edit", given)
    assert answer.status_code == 302, answer.text


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


def test_removing_asks_first_then_cancels_what_is_to_come(client: FlaskClient, host: Member) -> None:
    base = bring(client, calendar(WEEKLY))
    assert "1 meetup to come will be cancelled" in client.get(f"{base}/remove").text
    assert meetups()[0].cancelled_at is None
    client.post(f"{base}/remove")
    assert meetups()[0].cancelled_at == NOW
    assert first_date(meetups()[0]).cancel_reason == "The East York library's calendar is no longer shown here."
    assert db.session.scalars(select(Calendar)).all() == []
    assert client.get(f"{base}/remove").status_code == 404


def test_nobody_reaches_the_calendar_of_another(client: FlaskClient, host: Member) -> None:
    base = look(client, calendar(WEEKLY)).removesuffix("/check")
    other = client.application.test_client()
    assert other.get("/calendars").status_code == 302
    sign_in(other, add_member("Bea"))
    for path in ("/check", "/upload", "/remove"):
        assert other.get(base + path).status_code == 404
        assert other.post(base + path).status_code == 404
    assert "East York" not in other.get("/calendars").text
    assert meetups() == []


@pytest.mark.parametrize(
    ("fields", "data", "words"),
    [
        ({"name": ""}, calendar(WEEKLY), "Say whose calendar it is"),
        ({}, b"", "Choose a calendar file"),
        ({}, b"<!doctype html><p>Sign in", "That is a web page, not a calendar."),
        ({"place": "Atlantis Gardens"}, calendar(WEEKLY), "We know no park called so."),
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


def test_a_file_may_be_a_megabyte_here_and_nowhere_else(client: FlaskClient, host: Member) -> None:
    def post(path: str, lines: int) -> int:
        file = calendar(WEEKLY, *("X-PADDING:" + "x" * 60 + "\r\n" for _ in range(lines)))
        part = b'--line\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
        fields = part % (b"name", b"", b"Library") + part % (b"kind", b"", b"other")
        body = fields + part % (b"file", b'; filename="a.ics"', file) + b"--line--\r\n"
        return client.post(path, data=body, content_type="multipart/form-data; boundary=line").status_code

    assert post("/calendars/new", 13_000) == 302
    assert post("/calendars/new", 15_000) == 413
    assert post("/meetups/new", 1_000) == 413


def test_a_file_that_waits_too_long_is_forgotten(client: FlaskClient, host: Member) -> None:
    look(client, calendar(WEEKLY))
    read_calendars(NOW + DAY)
    assert db.session.scalar(select(func.count(Calendar.id))) == 1
    read_calendars(NOW + DAY + timedelta(seconds=1))
    assert db.session.scalar(select(func.count(Calendar.id))) == 0


def test_a_calendar_once_read_outlives_a_newer_file_that_waits_too_long(client: FlaskClient, host: Member) -> None:
    base = bring(client, calendar(WEEKLY))
    post_file(client, f"{base}/upload", calendar())
    read_calendars(NOW + 2 * DAY)
    assert db.session.scalars(select(Calendar.upload)).one() is None
    assert client.get("/calendars").status_code in (200, 302)


def test_uploads_are_counted(client: FlaskClient, host: Member) -> None:
    answers = [post_file(client, "/calendars/new", b"", name="Library").text for _ in range(21)]
    assert ["often enough" in answer for answer in answers] == [False] * 20 + [True]


def test_an_event_that_our_rules_refuse_takes_no_other_with_it(client: FlaskClient, host: Member) -> None:
    # The clocks jump over half past two on 14 March 2027.
    bring(client, calendar(WEEKLY, event(uid="gap", start="20270314T023000")))
    assert len(meetups()) == 1
    assert "The clocks jump over that time" in client.get("/calendars").text


def test_meetups_that_she_hosts_otherwise_are_left_alone(client: FlaskClient, host: Member) -> None:
    add_meetup(host, add_place("Greenwood Park"))
    db.session.commit()
    base = bring(client, calendar(WEEKLY))
    client.post(f"{base}/remove")
    assert [meetup.cancelled_at is None for meetup in meetups()] == [True, False]


def test_an_admin_is_made_by_command(client: FlaskClient, host: Member) -> None:
    run = client.application.test_cli_runner().invoke
    assert "for an address" not in client.get("/calendars/new").text
    assert run(args=["make-admin", "nobody@example.org"]).exit_code == 1
    assert run(args=["make-admin", f" {host.email.upper()} "]).exit_code == 0
    assert "Or an address to follow" in client.get("/calendars/new").text
    assert utcnow() == NOW


def test_a_folder_of_files_is_tried_by_command(client: FlaskClient, tmp_path: Any) -> None:
    (tmp_path / "a.ics").write_bytes(calendar(WEEKLY, event(uid="b", start="soon")))
    (tmp_path / "b.ics").write_bytes(b"<html>")
    said = client.application.test_cli_runner().invoke(args=["try-calendars", str(tmp_path), "--zone", TORONTO]).output
    assert "2 files" in said
    assert "1  event: taken as a series" in said
    assert "1  event: We cannot read when it takes place." in said
    assert "1  whole file: That is a web page" in said


def test_a_place_for_those_without_one_may_be_said_later(client: FlaskClient, host: Member) -> None:
    lost = event(uid="lost", location="Room 9")
    base = look(client, calendar(lost), place="").removesuffix("/check")
    assert "Look again" in client.get(f"{base}/check").text
    page = client.post(f"{base}/place", data={"place": "Withrow Park"}, follow_redirects=True).text
    assert "1 new" in page
    client.post(f"{base}/check")
    assert [meetup.place.name for meetup in meetups()] == ["Withrow Park"]
    wrong = client.post(f"{base}/place", data={"place": "Nowhere at all"}, follow_redirects=True).text
    assert "We know no park called so" in wrong
    page = client.post(f"{base}/upload", data={"file": (io.BytesIO(calendar(lost)), "a.ics"), "place": ""})
    assert page.status_code == 302
