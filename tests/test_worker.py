"""One round of the worker: every duty, each by itself, and a sign of life."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from meetups import worker
from meetups.events.models import Change, ChangeKind
from meetups.extensions import db
from meetups.mail import claims
from meetups.mail.models import Heartbeat, MailboxMessage
from meetups.mail.outbox import Unwritten
from meetups.worker import run_round
from tests.conftest import NOW
from tests.factories import add_meetup, add_member, add_rsvp, first_date
from tests.mail.outbox_rows import add, row

pytestmark = pytest.mark.usefixtures("app")
DAY = timedelta(days=1)


def subjects() -> list[str]:
    return list(db.session.scalars(select(MailboxMessage.subject).order_by(MailboxMessage.id)))


def test_one_round_turns_a_change_into_a_mail_and_sends_it() -> None:
    date = first_date(add_meetup())
    add_rsvp(date, add_member())
    date.cancelled_at = NOW
    db.session.add(Change(occurrence_id=date.id, kind=ChangeKind.CANCELLED, created_at=NOW, due=NOW))
    db.session.commit()
    assert run_round(NOW) == 1
    assert [subject.split(":")[0] for subject in subjects()] == ["Cancelled"]


def test_a_round_plans_reminders_and_a_later_one_sends_them() -> None:
    add_rsvp(first_date(add_meetup()), add_member())
    db.session.commit()
    assert run_round(NOW) == 0
    assert run_round(NOW + 6 * DAY) == 0  # Monday 8:00
    assert run_round(NOW + 6 * DAY + timedelta(hours=2)) == 1
    assert subjects() == ["Tomorrow 10:00: Stroller walk at Withrow Park"]


def test_each_round_leaves_a_heartbeat_and_those_of_workers_long_gone_go() -> None:
    run_round(NOW, owner="first")
    run_round(NOW + timedelta(minutes=1), owner="first")
    run_round(NOW + 2 * DAY, owner="second")
    beats = {beat.worker: beat.beat_at for beat in db.session.scalars(select(Heartbeat))}
    assert beats == {"second": NOW + 2 * DAY}


def test_a_duty_that_breaks_keeps_no_mail_from_going_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_now: object) -> None:
        db.session.add(Heartbeat())
        db.session.flush()

    monkeypatch.setattr(worker, "plan", broken)
    add()
    assert run_round(NOW) == 1
    assert next((record.message, getattr(record, "step", "")) for record in caplog.records) == (
        "a step did not work",
        "broken",
    )


def test_a_database_that_is_away_ends_the_round_and_the_worker_goes_on(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_now: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))

    monkeypatch.setattr(worker, "handle_changes", away)
    add()
    with pytest.raises(OperationalError):
        run_round(NOW)
    assert app.test_cli_runner().invoke(args=["worker", "--once"]).exit_code == 0
    monkeypatch.undo()
    assert app.test_cli_runner().invoke(args=["worker", "--once"]).exit_code == 0
    assert row().state == "sent"


def test_a_worker_that_is_told_to_stop_begins_nothing() -> None:
    add()
    assert run_round(NOW, stop=lambda: True) == 0
    assert row().attempts == 0


def test_what_a_round_does_it_does_once() -> None:
    add_rsvp(first_date(add_meetup()), add_member())
    db.session.commit()
    moment = NOW + 6 * DAY + timedelta(hours=3)
    assert run_round(moment) == 1
    assert run_round(moment) == 0


class Away:
    """The outbox cannot be written to from the moment a mail has left, for so many tries."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tries: int) -> None:
        self.left, self.marks = tries, 0
        # A mark is one or the other: with what its reader knows by it, or alone.
        for way in ("_change", "run_alone"):
            monkeypatch.setattr(claims, way, partial(self.mark, getattr(claims, way)))

    def mark(self, really: Callable[..., Any], *given: Any, **values: Any) -> Any:
        self.marks += 1
        if self.marks <= self.left:
            raise OperationalError("UPDATE outbox", {}, Exception("server closed the connection"))
        return really(*given, **values)


def test_what_has_left_is_written_down_before_anything_else_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    add()
    away, unwritten, seen = Away(monkeypatch, 1), Unwritten(), []
    with pytest.raises(OperationalError):
        run_round(NOW, unwritten=unwritten)
    assert away.marks and row().state == "sending"
    # Whoever has looked holds no lock that the worker waits for.
    db.session.rollback()
    monkeypatch.setattr(worker, "roll_forward", lambda _now: seen.append(row().state))
    run_round(NOW, unwritten=unwritten)
    assert seen == ["sent"] and len(subjects()) == 1


def test_a_worker_that_is_told_to_stop_still_tries_for_a_moment_to_write_down_what_has_left(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    add()
    monkeypatch.setattr(worker, "LAST_PAUSE", 0)
    away = Away(monkeypatch, 3)
    assert app.test_cli_runner().invoke(args=["worker", "--once"]).exit_code == 0
    assert (away.marks, row().state) == (4, "sent")


def test_and_not_for_ever(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    add()
    monkeypatch.setattr(worker, "LAST_SECONDS", 0)
    away = Away(monkeypatch, 99)
    assert app.test_cli_runner().invoke(args=["worker", "--once"]).exit_code == 0
    assert (away.marks, row().state) == (2, "sending")
