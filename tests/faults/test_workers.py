"""Workers that are killed, that are several, that were away, and whose clock is wrong."""

import importlib.util
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.config import Settings
from meetups.extensions import db
from meetups.mail.claims import LEASE
from meetups.mail.models import Heartbeat, MailState
from tests.faults.conftest import LONG, NOT_INJECTED, Record
from tests.faults.driving import is_done, open_now, pass_time, settle
from tests.faults.invariants import judge
from tests.faults.processes import Process, until, worker
from tests.faults.sink import Sink
from tests.faults.world import fill, late, queued

pytestmark = [pytest.mark.real_clock, pytest.mark.usefixtures("app")]
FAMILIES = 12 if LONG else 1
KILLS = 10 if LONG else 2
HOUR = timedelta(hours=1)


def kill_in_mid_send(process: Process, post: Sink) -> None:
    """Kill a worker once the server has its message and has not said so."""
    post.arrived.wait(60)
    process.send_signal(signal.SIGKILL)
    process.wait(10)


def test_a_worker_is_killed_in_mid_send_again_and_again(settings: Settings, post: Sink, record: Record) -> None:
    world = fill(FAMILIES)
    for _ in range(KILLS):
        post.hold = True
        post.arrived.clear()
        with worker(settings, post.url) as process:
            kill_in_mid_send(process, post)
        post.hold = False
        pass_time(2 * LEASE)
    settle(post.transport())
    verdict = judge(world, post.taken, kills=KILLS)
    record("worker killed -9 in mid-send", KILLS, verdict)
    assert verdict.doubled


@pytest.mark.harder
def test_three_workers_at_once(settings: Settings, post: Sink, record: Record) -> None:
    world = fill(FAMILIES * 3)
    post.hold = True  # until all are at it
    with worker(settings, post.url), worker(settings, post.url), worker(settings, post.url):
        until(lambda: len(post.taken) == 3)
        post.hold = False
        until(lambda: is_done(world, post.taken))
    owners = {row.owner for row in queued() if row.state == MailState.SENT and row.owner}
    record("three workers at once", len(owners), judge(world, post.taken))
    assert len(owners) == 3


@pytest.mark.harder
def test_three_workers_are_killed_together_again_and_again(settings: Settings, post: Sink, record: Record) -> None:
    world = fill(FAMILIES)
    for _ in range(KILLS):
        in_hand, post.hold = len(post.taken) + 3, True
        with worker(settings, post.url) as one, worker(settings, post.url) as two, worker(settings, post.url) as three:
            until(lambda in_hand=in_hand: len(post.taken) >= in_hand)
            for process in (one, two, three):
                process.kill()
        post.hold = False
        pass_time(2 * LEASE)
    settle(post.transport())
    record("three workers killed -9 in mid-send", 3 * KILLS, judge(world, post.taken, kills=3 * KILLS))


@pytest.mark.first_database
def test_the_worker_was_down_for_six_hours(settings: Settings, post: Sink, record: Record) -> None:
    now = utcnow()
    world = fill(FAMILIES, now - 6 * HOUR)
    late(world, db.session.get_one(Member, world.host), now, now - 6 * HOUR)
    waited = len([row for row in queued() if row.state == MailState.PENDING and row.next_try <= now])
    with worker(settings, post.url):
        until(lambda: is_done(world, post.taken))
    record("worker down six hours", waited, judge(world, post.taken))


FAKETIME = importlib.util.find_spec("libfaketime")
LIBRARY = Path((FAKETIME and FAKETIME.origin) or "/").parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"
needs_faketime = pytest.mark.skipif(not LIBRARY.is_file(), reason=f"{NOT_INJECTED}no libfaketime on this platform")


def wrong_clock(file: Path) -> dict[str, str]:
    """Let a process read its wall clock through a file that says how wrong it is; what is steady stays steady."""
    return {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


def beats() -> set[tuple[str, object]]:
    found = {(beat.worker, beat.beat_at) for beat in db.session.scalars(select(Heartbeat))}
    db.session.rollback()
    return found


def was_ahead(post: Sink) -> bool:
    """Return whether a mail was written by a clock that was ahead."""
    return any(parsedate_to_datetime(str(taken.mail["Date"])) > utcnow() + 5 * HOUR for taken in post.taken)


@contextmanager
def standing_still(process: Process) -> Iterator[None]:
    """Stop a process that has just ended a round, and let it go on."""
    seen = beats()
    until(lambda: beats() != seen)
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@pytest.mark.harder
@needs_faketime
def test_the_clock_jumps_ahead_while_a_mail_is_being_sent(
    settings: Settings, post: Sink, record: Record, tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("+0")
    wrong = wrong_clock(clock)
    with worker(settings, post.url, every=1, **wrong) as one, worker(settings, post.url, every=1, **wrong) as other:
        until(lambda: len(beats()) == 2)
        with standing_still(other):
            world = fill(FAMILIES)
            post.keep = 1
            assert post.arrived.wait(60)
            clock.write_text("+6h")
        # The second sends all but what the first has, and has its chances to take that too.
        until(lambda: not any(row.state == MailState.PENDING and row.next_try <= utcnow() for row in queued()))
        for _ in range(2):
            seen = beats()
            until(lambda seen=seen: beats() != seen)
        post.release()
        until(lambda: not open_now())
        assert one.poll() is None
    record("clock +6 h in mid-send, two workers", int(was_ahead(post)), judge(world, post.taken))


@pytest.mark.harder
@needs_faketime
def test_the_clock_jumps_back_while_a_mail_is_being_sent(
    settings: Settings, post: Sink, record: Record, tmp_path: Path
) -> None:
    world = fill(FAMILIES)
    clock = tmp_path / "clock"
    clock.write_text("+6h")
    post.keep = 1
    with worker(settings, post.url, **wrong_clock(clock)), worker(settings, post.url, **wrong_clock(clock)):
        assert post.arrived.wait(60)
        clock.write_text("+0")
        post.release()
        until(lambda: post.taken and not open_now())
    # What was queued by the wrong clock is due by it: late, but not lost.
    pass_time(6 * HOUR, tried=False)
    settle(post.transport())
    record("clock back 6 h in mid-send, two workers", int(was_ahead(post)), judge(world, post.taken))
