"""Following an address: read again and again, by one worker at a time, and never mistaken for empty."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from meetups.events.models import Meetup
from meetups.extensions import db
from meetups.imports import fetching, services
from meetups.imports.following import LEASE, read_calendars
from meetups.imports.models import Calendar
from meetups.worker import run_round
from tests.conftest import NOW
from tests.factories import add_member, add_place, sign_in
from tests.imports.files import calendar, event
from tests.imports.sites import Site, says, site

# Another machine's answers are part of it: the real clock runs, and `now` is given.
pytestmark = pytest.mark.real_clock
HOURS = timedelta(hours=1)
STORIES = calendar(event(start="20261201T100000", rrule="FREQ=WEEKLY"), event(uid="once", start="20261203T100000"))


@pytest.fixture
def library(app: Flask) -> Iterator[Site]:
    with site() as here:
        here.answer = says(STORIES, etag='"one"')
        yield here


def follow(library: Site) -> Calendar:
    place = add_place()
    followed = services.add(
        add_member(admin=True),
        NOW,
        name="East York library",
        url=library.url,
        place_id=place.id,
        kind="other",
        ages=127,
        next_read=NOW,
    )
    db.session.commit()
    return followed


def meetups() -> list[Meetup]:
    return list(db.session.scalars(select(Meetup).order_by(Meetup.id)))


def row() -> Calendar:
    db.session.rollback()
    return db.session.scalars(select(Calendar)).one()


def test_what_is_due_is_read_and_again_six_hours_later(library: Site) -> None:
    follow(library)
    assert read_calendars(NOW, library.guard()) == 1
    assert [meetup.source for meetup in meetups()] == ["East York library"] * 2
    assert (row().outcome, row().read_at, row().next_read) == ("2 new", NOW, NOW + 6 * HOURS)
    assert read_calendars(NOW + 5 * HOURS, library.guard()) == 0
    library.answer = says(b"", 304)
    assert read_calendars(NOW + 6 * HOURS, library.guard()) == 1
    assert library.asked[1]["if-none-match"] == '"one"'
    assert (row().read_at, row().next_read) == (NOW + 6 * HOURS, NOW + 12 * HOURS)
    assert [meetup.sequence for meetup in meetups()] == [0, 0]


def test_an_unchanged_file_is_read_whole_once_a_week_for_the_dates_that_come_near(library: Site) -> None:
    follow(library)
    library.answer = says(calendar(event(start="20261201T100000", rrule="FREQ=MONTHLY;BYDAY=1TU,3TU")), etag='"one"')
    read_calendars(NOW, library.guard())
    before = len(meetups())
    later = NOW + timedelta(days=6, hours=23)
    assert read_calendars(later, library.guard()) == 1
    assert len(meetups()) == before
    read_calendars(later + 6 * HOURS, library.guard())
    later += timedelta(days=21)
    assert read_calendars(later, library.guard()) == 1
    assert [asked.get("if-none-match") for asked in library.asked] == [None, '"one"', '"one"', None]
    assert len(meetups()) == before + 2
    assert [meetup.starts for meetup in meetups()[-2:]] == [datetime(2027, 6, 1, 10), datetime(2027, 6, 15, 10)]


def test_what_changes_there_changes_here(library: Site) -> None:
    follow(library)
    read_calendars(NOW, library.guard())
    library.answer = says(calendar(event(start="20261201T110000", rrule="FREQ=WEEKLY")))
    read_calendars(NOW + 6 * HOURS, library.guard())
    first, gone = meetups()
    assert first.starts == datetime(2026, 12, 1, 11)
    assert gone.cancelled_at is None and row().outcome.startswith("1 changed")
    read_calendars(NOW + 12 * HOURS, library.guard())
    assert gone.cancelled_at == NOW + 12 * HOURS and "1 cancelled" in row().outcome


def test_what_is_missing_once_and_back_again_keeps_its_answers(library: Site) -> None:
    follow(library)
    read_calendars(NOW, library.guard())
    whole = library.answer
    library.answer = says(calendar(event(start="20261201T110000", rrule="FREQ=WEEKLY")))
    read_calendars(NOW + 6 * HOURS, library.guard())
    library.answer = whole
    for turn in (2, 3, 4):
        read_calendars(NOW + 6 * turn * HOURS, library.guard())
    assert [meetup.cancelled_at for meetup in meetups()] == [None, None]


@pytest.mark.parametrize("body", [b"<!doctype html><title>Please sign in</title>", calendar(), b"", STORIES[:-60]])
def test_a_login_page_or_an_empty_calendar_cancels_nothing(library: Site, body: bytes) -> None:
    follow(library)
    read_calendars(NOW, library.guard())
    library.answer = says(body)
    assert read_calendars(NOW + 6 * HOURS, library.guard()) == 1
    assert [meetup.cancelled_at for meetup in meetups()] == [None, None]


def test_failures_wait_an_hour_a_day_a_week_and_are_forgotten_after_one_success(library: Site) -> None:
    follow(library)
    library.answer = says(b"", 503)
    now = NOW
    for wait in (1, 24, 24 * 7, 24 * 7):
        assert read_calendars(now, library.guard()) == 1
        assert row().next_read == now + wait * HOURS
        now += wait * HOURS
    assert row().outcome == "That site answered with an error (503)."
    library.answer = says(STORIES)
    read_calendars(now, library.guard())
    assert (row().failures, row().next_read) == (0, now + 6 * HOURS)


def test_no_address_is_logged_or_kept_as_an_outcome(library: Site, caplog: pytest.LogCaptureFixture) -> None:
    followed = follow(library)
    followed.url = library.url + "?token=secret"
    db.session.commit()
    caplog.set_level("DEBUG", "meetups")
    for answer in (says(b"", 404), says(STORIES)):
        library.answer = answer
        read_calendars(row().next_read or NOW, library.guard())
    assert row().read_at
    assert "secret" not in caplog.text + (row().outcome or "")
    assert "localhost" not in caplog.text


def test_without_our_guard_this_machine_is_never_asked(library: Site) -> None:
    followed = follow(library)
    followed.url = "https://localhost/library.ics"
    db.session.commit()
    assert read_calendars(NOW) == 1
    assert (row().outcome, library.asked) == (fetching.NOT_OUTSIDE, [])


def test_the_worker_does_it_in_its_round(library: Site) -> None:
    followed = follow(library)
    followed.url = "https://localhost/library.ics"
    db.session.commit()
    run_round(NOW)
    assert (row().outcome, row().next_read) == (fetching.NOT_OUTSIDE, NOW + HOURS)


def test_many_workers_read_one_calendar_once(app: Flask, library: Site) -> None:
    follow(library)
    together, done = threading.Barrier(3), list[int]()

    def work() -> None:
        with app.app_context():
            together.wait()
            done.append(read_calendars(NOW, library.guard()))
            db.session.remove()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert (sorted(done), len(library.asked)) == ([0, 0, 1], 1)
    assert len(meetups()) == 2


def test_no_connection_to_the_database_is_held_while_the_site_talks(library: Site) -> None:
    follow(library)
    pool, held = db.engine.pool, list[int]()

    def answer(request: BaseHTTPRequestHandler) -> None:
        held.append(pool.checkedout())  # type: ignore[attr-defined]
        says(STORIES)(request)

    library.answer = answer
    assert read_calendars(NOW, library.guard()) == 1
    assert held == [0]


def test_a_worker_that_died_gives_its_calendar_back_and_one_that_is_late_changes_nothing(
    app: Flask, library: Site
) -> None:
    follow(library)

    def overtaken(request: BaseHTTPRequestHandler) -> None:
        # The first worker hangs for so long that its lease is over and another one reads the calendar.
        library.answer = says(STORIES)
        with app.app_context():
            assert read_calendars(NOW + LEASE - HOURS / 60, library.guard()) == 0
            assert read_calendars(NOW + LEASE, library.guard()) == 1
        says(calendar(event(uid="late", start="20261201T100000")))(request)

    library.answer = overtaken
    assert read_calendars(NOW, library.guard()) == 0
    assert [meetup.title for meetup in meetups()] == ["Story time"] * 2
    assert row().next_read == NOW + LEASE + 6 * HOURS


def test_a_calendar_that_is_removed_while_it_is_read_brings_nothing(app: Flask, library: Site) -> None:
    follow(library)

    def answer(request: BaseHTTPRequestHandler) -> None:
        with app.app_context():
            services.remove(db.session.scalars(select(Calendar)).one(), NOW)
            db.session.commit()
        says(STORIES)(request)

    library.answer = answer
    assert read_calendars(NOW, library.guard()) == 0
    assert db.session.scalar(select(func.count(Meetup.id))) == 0


def admin_page(client: FlaskClient, library: Site, monkeypatch: pytest.MonkeyPatch, **fields: str) -> Any:
    monkeypatch.setattr(fetching, "PUBLIC", library.guard())
    sign_in(client, add_member(admin=True))
    add_place("Withrow Park")
    db.session.commit()
    given = {"name": "East York library", "place": "Withrow Park", "kind": "other", "url": library.url}
    return client.post("/calendars/new", data=given | fields)


def test_an_admin_gives_an_address_looks_and_takes_it(
    client: FlaskClient, library: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.answer = says(
        calendar(event(start="20991201T100000"), event(uid="b", start="", summary="Sale")), etag='"one"'
    )
    answer = admin_page(client, library, monkeypatch)
    assert answer.status_code == 302
    assert "It does not say when it starts." in client.get(answer.location).text
    assert client.post(answer.location).location == "/calendars"
    assert "We read it every six hours." in client.get("/calendars").text
    assert (row().url, row().etag, row().upload) == (library.url, '"one"', None)
    assert row().next_read is not None
    base = answer.location.removesuffix("/check")
    assert client.get(f"{base}/upload").status_code == 404


def test_an_address_that_leads_to_no_calendar_is_said_beside_its_field(
    client: FlaskClient, library: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.answer = says(b"<html>Sign in</html>")
    answer = admin_page(client, library, monkeypatch)
    assert answer.status_code == 422
    assert "That is a web page, not a calendar." in answer.text
    assert db.session.scalars(select(Calendar)).all() == []


def test_an_address_inside_is_refused_on_the_page(client: FlaskClient, app: Flask) -> None:
    sign_in(client, add_member(admin=True))
    for url, words in (
        ("https://169.254.169.254/meta.ics", fetching.NOT_OUTSIDE),
        ("http://library.example/", fetching.NO_ADDRESS),
    ):
        answer = client.post("/calendars/new", data={"name": "Library", "place": "", "kind": "other", "url": url})
        assert (answer.status_code, words in answer.text) == (422, True)


def test_who_is_no_admin_follows_nothing(client: FlaskClient, library: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PUBLIC", library.guard())
    sign_in(client, add_member())
    answer = client.post("/calendars/new", data={"name": "Library", "place": "", "kind": "other", "url": library.url})
    assert (answer.status_code, library.asked) == (422, [])
