"""The mail server's bad hours, each by a real connection: nothing owed is lost, and nothing comes twice unasked."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from meetups.mail.transport import SmtpTransport
from tests.faults.conftest import LONG, Record
from tests.faults.driving import a_round, pass_time, settle, waiting
from tests.faults.invariants import judge
from tests.faults.proxy import Proxy, proxy
from tests.faults.sink import Sink
from tests.faults.world import fill
from tests.mail.smtp import HANG_UP

pytestmark = [pytest.mark.real_clock, pytest.mark.usefixtures("app"), pytest.mark.first_database]
FAMILIES = 12 if LONG else 1
MINUTE = timedelta(minutes=1)


def before(post: Sink, line: Proxy, seconds: float = 10) -> SmtpTransport:
    """A transport that reaches the server only through a proxy."""
    return SmtpTransport(urlsplit(f"smtp://127.0.0.1:{line.port}"), seconds)


def upstream(post: Sink) -> str:
    return urlsplit(post.url).netloc


def test_the_server_is_down_for_an_hour(post: Sink, record: Record) -> None:
    world = fill(FAMILIES)
    with proxy(upstream(post)) as line:
        transport = before(post, line)
        line.down()
        refused = 0
        for minutes in (0, 1, 5, 15, 39):
            pass_time(minutes * MINUTE)
            assert a_round(transport) == 0 or not minutes
            refused += waiting()
        assert not post.taken and refused >= 4 * len({one.rcpt for one in world.owed})
        line.up()
        pass_time(60 * MINUTE)
        settle(transport)
        record("SMTP down an hour", refused, judge(world, post.taken))


def test_the_server_is_slow(post: Sink, record: Record) -> None:
    world = fill(FAMILIES)
    with proxy(upstream(post)) as line:
        line.latency = 0.05 if LONG else 0.01
        settle(before(post, line))
        record("SMTP slow (latency each way)", len(post.taken), judge(world, post.taken))


@pytest.mark.parametrize("fault", ["drip", "black hole"])
def test_the_server_never_comes_to_the_point(post: Sink, record: Record, fault: str) -> None:
    world = fill(1)
    with proxy(upstream(post)) as line:
        line.drip, line.black_hole = (0.1 if fault == "drip" else 0), fault == "black hole"
        a_round(before(post, line, seconds=0.3))
        left = waiting()
        assert not post.taken and left >= len({one.rcpt for one in world.owed})
        line.heal()
        pass_time(2 * MINUTE)
        settle(before(post, line))
        record(f"SMTP {fault}", left, judge(world, post.taken))


CODES = {
    "421 at RCPT, and closed": ("at_rcpt", "421 4.3.2 closing"),
    "421 at DATA, and closed": ("at_data", "421 4.3.2 closing"),
    "450 greylist": ("at_rcpt", "450 4.2.0 greylisted"),
    "451 at DATA": ("at_data", "451 4.3.0 later"),
    "452 full": ("at_rcpt", "452 4.2.2 full"),
}


@pytest.mark.parametrize("code", CODES)
def test_the_server_asks_to_come_later(post: Sink, record: Record, code: str) -> None:
    world = fill(FAMILIES)
    stage, reply = CODES[code]
    setattr(post, stage, reply)
    post.times = 4 if LONG else 1
    settle(post.transport())
    record(f"SMTP {code}", post.faults, judge(world, post.taken))
    assert post.faults >= post.times * len({one.rcpt for one in world.owed})


@pytest.mark.parametrize(("stage", "reply"), [("at_rcpt", "550 5.1.1 unknown"), ("at_data", "554 5.7.1 refused")])
def test_the_server_refuses_some_for_good(post: Sink, record: Record, stage: str, reply: str) -> None:
    world = fill(FAMILIES)
    refused = frozenset(one for one in world.owed if one.rcpt.partition("@")[0][-1] in "13579")
    post.only, post.times = frozenset(one.rcpt for one in refused), 99
    setattr(post, stage, reply)
    settle(post.transport())
    record(f"SMTP {reply[:3]} for some", post.faults, judge(world, post.taken, refused=refused))
    assert post.faults == len(post.only), "what was refused for good is not tried again"
    assert not {taken.rcpts[0] for taken in post.taken} & post.only


def test_the_connection_is_cut_between_the_message_and_its_250(post: Sink, record: Record) -> None:
    world = fill(FAMILIES)
    post.at_data, post.times = HANG_UP, 1
    settle(post.transport())
    verdict = judge(world, post.taken, kills=post.faults)
    record("SMTP cut after DATA, before 250", post.faults, verdict)
    # A yes that another mail has told meanwhile is not said again.
    assert post.faults - 1 <= verdict.doubled <= post.faults


@pytest.mark.parametrize(
    "after", [pytest.param(3, marks=pytest.mark.harder), 40, pytest.param(120, marks=pytest.mark.harder), 900]
)
def test_the_connection_is_cut_in_mid_sentence(post: Sink, record: Record, after: int) -> None:
    world = fill(FAMILIES)
    with proxy(upstream(post)) as line:
        line.cut(times=20 if LONG else 4, after=after)
        settle(before(post, line))
        record(f"SMTP cut after {after} bytes", line.cuts, judge(world, post.taken))
