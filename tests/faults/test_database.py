"""Databases that go away, are busy, or are full, while mails are being sent."""

import time

import pytest

from meetups.config import Settings
from tests.faults import databases
from tests.faults.conftest import LONG, NOT_INJECTED, Record
from tests.faults.driving import is_done, settle
from tests.faults.invariants import judge
from tests.faults.processes import until, worker
from tests.faults.sink import Sink
from tests.faults.world import fill

pytestmark = [pytest.mark.real_clock, pytest.mark.usefixtures("app")]
FAMILIES = 12 if LONG else 1
KILLS = 10
AWAY = "database not available"
# Longer than config.BUSY_SECONDS.
LOCKED_SECONDS = 25
NOT_OURS = f"{NOT_INJECTED}this PostgreSQL is not ours to restart"


@pytest.mark.only("postgresql")
@pytest.mark.parametrize("how", ["fast", pytest.param("immediate", marks=pytest.mark.harder)])
def test_postgres_is_restarted_while_a_mail_is_being_sent(
    settings: Settings, post: Sink, record: Record, how: str
) -> None:
    if not databases.own_server():
        pytest.skip(NOT_OURS)
    world = fill(FAMILIES)
    restarts = 5 if LONG else 1
    with worker(settings, post.url) as process:
        for _ in range(restarts):
            post.arrived.clear()
            post.keep = 1
            assert post.arrived.wait(60)
            missed = process.said(AWAY)
            with databases.stopped(how):
                post.release()
                # What has left cannot be written down.
                until(lambda missed=missed: process.said(AWAY) > missed + 1)
        until(lambda: is_done(world, post.taken), within=90)
        assert process.poll() is None, "the worker goes on"
    # Nobody was killed: what had left when the database went is written down when it is back.
    record(f"PostgreSQL restarted ({how}) in mid-send", restarts, judge(world, post.taken))


@pytest.mark.harder
@pytest.mark.only("postgresql")
def test_the_worker_is_told_to_stop_while_postgres_is_away(settings: Settings, post: Sink, record: Record) -> None:
    if not databases.own_server():
        pytest.skip(NOT_OURS)
    world = fill(FAMILIES)
    post.keep = 1
    with worker(settings, post.url) as process:
        assert post.arrived.wait(60)
        with databases.stopped("fast"):
            post.release()
            until(lambda: process.said(AWAY))
            process.terminate()
            missed = process.said(AWAY)
            until(lambda: process.said(AWAY) > missed)
        assert process.wait(30) == 0
    # Not by the lease that it left, for it left none.
    settle(post.transport())
    record("worker told to stop, PostgreSQL away", 1, judge(world, post.taken))


@pytest.mark.harder
@pytest.mark.only("postgresql")
def test_backends_are_killed_under_a_worker(settings: Settings, post: Sink, record: Record) -> None:
    world = fill(FAMILIES)
    ended = 0
    with worker(settings, post.url):
        for _ in range(KILLS):
            seen = len(post.taken)
            until(lambda seen=seen: len(post.taken) > seen)
            ended += databases.end_backends()
        until(lambda: is_done(world, post.taken), within=90)
    record("PostgreSQL backends killed", ended, judge(world, post.taken))


@pytest.mark.harder
@pytest.mark.only("sqlite")
def test_sqlite_is_locked_longer_than_we_wait_while_a_mail_is_being_sent(
    settings: Settings, post: Sink, record: Record
) -> None:
    world = fill(FAMILIES)
    post.keep = 1
    with worker(settings, post.url) as process:
        assert post.arrived.wait(60)
        with databases.writing():
            post.release()
            time.sleep(LOCKED_SECONDS)
        until(lambda: is_done(world, post.taken), within=90)
        assert process.said(AWAY), "it was felt"
    record(f"SQLite write lock held {LOCKED_SECONDS} s", 1, judge(world, post.taken))
