"""A mail that may have arrived though nobody could write it down: what was taken back since is told all the same."""

from datetime import timedelta

import pytest

from meetups.events.models import Occurrence
from meetups.extensions import db
from meetups.mail.claims import LEASE, WAITS, claim
from meetups.mail.message import FinishedMail
from meetups.mail.transport import Outcome, Result
from tests.conftest import NOW
from tests.rsvps.moving import move, says
from tests.rsvps.post import MINUTE, Post

TOLD = NOW + 10 * MINUTE
AS_IT_WAS = ["As it was: Slow walk, Tue 1 Dec, 10:00"]


class Killed(Post):
    """The mail is taken, and the worker ends before it writes anything down."""

    def send(self, finished: FinishedMail, rcpt: str) -> Result:
        super().send(finished, rcpt)
        raise KeyboardInterrupt


class CutOff(Post):
    """The mail is taken, and the connection ends before the server says so."""

    def send(self, finished: FinishedMail, rcpt: str) -> Result:
        super().send(finished, rcpt)
        return Result(Outcome.RETRY, "SMTPServerDisconnected")


@pytest.mark.parametrize("minutes", [1, 6])
def test_a_worker_is_killed_and_the_next_one_has_to_wait_for_what_can_be_undone(date: Occurrence, minutes: int) -> None:
    post, ana = Post(), says(date, "Ana").member
    post.round(NOW)
    move(date, 11)
    with pytest.raises(KeyboardInterrupt):
        Killed().round(TOLD)
    db.session.rollback()
    move(date, 10, TOLD + minutes * MINUTE)
    post.rounds(TOLD + minutes * MINUTE)
    assert post.to(ana)[1:] == AS_IT_WAS


def test_the_connection_is_cut_and_the_next_try_is_asked_to_come_later(date: Occurrence) -> None:
    post, ana = Post(), says(date, "Ana").member
    post.round(NOW)
    move(date, 11)
    CutOff().round(TOLD)
    move(date, 10, TOLD)
    post.grey = True
    for minute in range(1, 14):
        post.round(TOLD + minute * MINUTE)
    post.grey = False
    post.rounds(TOLD + 14 * MINUTE)
    assert post.to(ana)[1:] == AS_IT_WAS


def test_kills_do_not_use_up_the_tries_of_a_mail(date: Occurrence) -> None:
    ana, now, post = says(date, "Ana").member, NOW, Post(grey=True)
    db.session.commit()
    for kill in range(len(WAITS)):
        assert len(claim(f"dead {kill}", now, 40)) == 1
        now += LEASE + MINUTE
    post.deliver(now)
    post.grey = False
    post.deliver(now + timedelta(hours=1))
    assert post.to(ana) == ["You are in: Tue 1 Dec, 10:00, Withrow Park"]
