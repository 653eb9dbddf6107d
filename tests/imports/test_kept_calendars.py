"""What becomes of calendars: removed, forgotten, kept from others and within bounds; the commands."""

from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, select

from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.extensions import db
from meetups.imports.following import read_calendars
from meetups.imports.models import Calendar
from tests.conftest import NOW
from tests.factories import TORONTO, add_meetup, add_member, add_place, first_date, sign_in
from tests.imports.files import calendar, event
from tests.imports.uploads import DAY, WEEKLY, bring, look, meetups, post_file


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
