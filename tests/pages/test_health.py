"""What a load balancer asks, and what a crawler may read."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.robotparser import RobotFileParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from meetups.clock import steady, utcnow
from meetups.extensions import db
from meetups.mail.models import Heartbeat
from meetups.mail.outbox import enqueue
from meetups.pages.health import LATE_MAIL

HOUR = timedelta(hours=1)


def beat(minutes: float) -> None:
    db.session.merge(Heartbeat(worker="one", beat_at=utcnow() - timedelta(minutes=minutes)))
    db.session.commit()


def test_ready_is_said_while_everything_works(client: FlaskClient) -> None:
    beat(4)
    assert client.get("/healthz").text == "ok\n"
    answer = client.get("/readyz")
    assert answer.status_code == 200 and answer.text.splitlines()[0] == "ready"


@pytest.fixture(autouse=True)
def started(app: Flask) -> Iterator[None]:
    """The site runs for hours."""
    before = app.config["STARTED"]
    app.config["STARTED"] = steady() - 7200
    yield
    app.config["STARTED"] = before


def test_in_its_first_minute_a_site_is_starting_whatever_its_worker_is_still_to_do(
    app: Flask, client: FlaskClient
) -> None:
    for beats in ([], [90]):
        for minutes in beats:
            beat(minutes)
        enqueue("code", "ana@example.org", {}, dedupe_key=f"{beats}", due=utcnow() - HOUR, now=utcnow() - HOUR)
        db.session.commit()
        for seconds, status, line in ((5, 200, "starting"), (59, 200, "starting"), (61, 503, LATE_MAIL)):
            app.config["STARTED"] = steady() - seconds
            answer = client.get("/readyz")
            assert (answer.status_code, answer.text.splitlines()[0]) == (status, line)
    # What no worker can put right is said at once, and so is late mail beside one that works.
    app.config["STARTED"] = steady()
    beat(1)
    assert client.get("/readyz").status_code == 503


def test_without_a_worker_the_site_is_not_ready(client: FlaskClient) -> None:
    assert client.get("/readyz").status_code == 503
    beat(6)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.text.splitlines()[0] == "no worker has finished a round for more than 5 minutes"
    beat(1)
    assert client.get("/readyz").status_code == 200


def test_late_mail_makes_the_site_not_ready(client: FlaskClient) -> None:
    beat(1)
    due = utcnow() - timedelta(minutes=6)
    enqueue("code", "ana@example.org", {}, dedupe_key="late", due=due, now=due)
    db.session.commit()
    answer = client.get("/readyz")
    assert answer.status_code == 503 and "mail" in answer.text and "ana" not in answer.text


def test_an_old_schema_makes_the_site_not_ready(app: Flask, client: FlaskClient) -> None:
    beat(1)
    head = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    db.session.execute(text("UPDATE alembic_version SET version_num = 'old'"))
    db.session.commit()
    app.config["STARTED"] = steady()
    try:
        assert client.get("/readyz").status_code == 503
    finally:
        db.session.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head})
        db.session.commit()


@pytest.mark.one_database
def test_asking_keeps_sqlites_one_writer_waiting_for_no_longer_than_a_try(client: FlaskClient) -> None:
    beat(1)
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest):  # type: ignore[no-untyped-def]
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get("/readyz").status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    locked = seen.index("BEGIN IMMEDIATE")
    assert seen[locked + 1].startswith("UPDATE heartbeats") and seen[locked + 2] == "BEGIN"
    assert any("alembic_version" in statement for statement in seen[locked + 2 :])


def test_crawlers_are_kept_out_of_what_is_personal(client: FlaskClient) -> None:
    lines = client.get("/robots.txt").text.splitlines()
    assert {"Disallow: /me$", "Disallow: /me/", "Disallow: /mine"} <= set(lines)


@pytest.mark.parametrize("path", ["/meetups/x/walk.ics", "/feeds/x/my-meetups.ics", "/near/x/near.ics", "/meetups/x"])
def test_calendars_may_be_read_by_programs_that_obey(client: FlaskClient, path: str) -> None:
    robots = RobotFileParser()
    robots.parse(client.get("/robots.txt").text.splitlines())
    assert robots.can_fetch("Google-Calendar-Importer", path)
