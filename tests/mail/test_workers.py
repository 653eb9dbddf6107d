"""Worker processes on one outbox: two send each mail once, and one that is killed loses none."""

import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, func, select

from meetups.accounts.sign_in import begin
from meetups.clock import utcnow
from meetups.config import Settings
from meetups.extensions import db
from meetups.mail import claims, outbox
from meetups.mail.models import Heartbeat, MailState, OutboxMail
from tests.mail.processes import STARTS_WITHIN, worker_process
from tests.mail.smtp import Inbox

pytestmark = [pytest.mark.real_clock, pytest.mark.slow]


def queue(count: int) -> None:
    """Queue real mails: sign-in codes."""
    for number in range(count):
        begin(f"member{number}@example.org", None, {"action": None, "next": "/"}, utcnow())
    db.session.commit()


def read(query: Select[Any]) -> list[Any]:
    """Read, and hold no lock that a worker waits for."""
    rows = list(db.session.execute(query))
    db.session.rollback()
    return rows


def states() -> dict[str, int]:
    return dict(read(select(OutboxMail.state, func.count()).group_by(OutboxMail.state)))


def message_ids() -> set[str]:
    return {row.message_id for row in read(select(OutboxMail.message_id))}


def heartbeats() -> int:
    return len(read(select(Heartbeat.worker)))


def until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + STARTS_WITHIN
    while not true():
        assert time.monotonic() < ends, "it never came true"
        time.sleep(0.02)


def test_two_workers_at_once_send_each_mail_once(app: Flask, settings: Settings, inbox: Inbox) -> None:
    queue(60)
    inbox.hold = True  # until both are at it
    with worker_process(settings, inbox.url, "--once") as one, worker_process(settings, inbox.url, "--once") as two:
        until(lambda: len(inbox.taken) == 2)
        inbox.hold = False
        assert (one.wait(STARTS_WITHIN), two.wait(STARTS_WITHIN)) == (0, 0)
    assert states() == {MailState.SENT: 60}
    assert Counter(taken.id for taken in inbox.taken) == dict.fromkeys(message_ids(), 1)
    assert len({row.owner for row in read(select(OutboxMail.owner))}) == 2
    assert heartbeats() == 2


def test_a_worker_killed_in_mid_send_loses_no_mail(app: Flask, settings: Settings, inbox: Inbox) -> None:
    queue(5)
    inbox.hold = True
    with worker_process(settings, inbox.url, "--every", "0.1") as killed:
        assert inbox.arrived.wait(STARTS_WITHIN)
        killed.kill()
        assert killed.wait(STARTS_WITHIN) == -signal.SIGKILL
    inbox.hold = False
    assert states() == {MailState.SENDING: 1, MailState.PENDING: 4}
    with worker_process(settings, inbox.url, "--once") as next_one:
        assert next_one.wait(STARTS_WITHIN) == 0
    assert states() == {MailState.SENDING: 1, MailState.SENT: 4}, "a row whose lease runs is nobody else's"
    later = utcnow() + claims.LEASE + timedelta(seconds=1)
    assert outbox.send_due(inbox.transport(), "later", lambda: later, lambda: False) == 1
    assert states() == {MailState.SENT: 5}
    counted = Counter(taken.id for taken in inbox.taken)
    assert set(counted) == message_ids()
    # The server had it when the worker died before it knew: twice, under one id, and only that one.
    assert sorted(counted.values()) == [1, 1, 1, 1, 2]


@pytest.mark.one_database
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_told_to_stop_finishes_the_mail_in_hand_and_takes_no_other(
    app: Flask, settings: Settings, inbox: Inbox, number: signal.Signals
) -> None:
    queue(3)
    inbox.hold = True
    with worker_process(settings, inbox.url) as worker:
        assert inbox.arrived.wait(STARTS_WITHIN)
        worker.send_signal(number)
        time.sleep(0.2)
        assert worker.poll() is None
        inbox.hold = False
        assert worker.wait(STARTS_WITHIN) == 0
    assert states() == {MailState.SENT: 1, MailState.PENDING: 2}
    assert len(inbox.taken) == 1


@pytest.mark.one_database
def test_an_idle_worker_stops_at_once(app: Flask, settings: Settings, inbox: Inbox) -> None:
    with worker_process(settings, inbox.url, "--every", "600") as worker:
        until(lambda: heartbeats() == 1)
        began = time.monotonic()
        worker.terminate()
        assert worker.wait(STARTS_WITHIN) == 0
        assert time.monotonic() - began < 3


@pytest.mark.one_database
def test_a_mail_that_comes_while_the_worker_waits_goes_out_in_the_next_round(
    app: Flask, settings: Settings, inbox: Inbox
) -> None:
    with worker_process(settings, inbox.url, "--every", "0.1"):
        until(lambda: heartbeats() == 1)
        queue(1)
        assert inbox.arrived.wait(STARTS_WITHIN)
        until(lambda: states() == {MailState.SENT: 1})
