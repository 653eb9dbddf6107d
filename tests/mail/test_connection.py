"""One connection for many mails: what is said on it ahead, and what becomes of the mails when it breaks."""

import time
from collections.abc import Iterator

import pytest
from flask import Flask

from meetups.mail.message import FinishedMail, Message, build
from meetups.mail.transport import MAILS_PER_CONNECTION, Outcome, SmtpTransport
from tests.conftest import NOW
from tests.mail.smtp import HANG_UP, Inbox, mail_server

pytestmark = pytest.mark.one_database


@pytest.fixture(params=["one command at a time", "several at once"])
def inbox(app: Flask, request: pytest.FixtureRequest) -> Iterator[Inbox]:
    """A server of either kind (RFC 2920); messages are built inside the application's context."""
    with mail_server() as running:
        running.pipelining = request.param == "several at once"
        yield running


def note(number: int = 1) -> FinishedMail:
    return build(Message("A walk", "Hello\n", "<p>Hello</p>"), f"m{number}@example.org", f"<{number}@localhost>", NOW)


def hand_over(transport: SmtpTransport, count: int, ahead: bool = True) -> list[Outcome]:
    """Send some, as the outbox does: once one has left, the server is told who the next is for."""
    outcomes = []
    for number in range(count):
        outcomes.append(transport.send(note(number), f"m{number}@example.org").outcome)
        if ahead and number + 1 < count:
            transport.ahead(note(number + 1), f"m{number + 1}@example.org")
    return outcomes


def test_one_connection_takes_many_mails_and_a_new_one_what_is_too_many_for_one(inbox: Inbox) -> None:
    assert set(hand_over(inbox.transport(), 5)) == {Outcome.SENT}
    assert (inbox.talks, len(inbox.taken)) == (1, 5)
    assert set(hand_over(inbox.transport(), MAILS_PER_CONNECTION + 1)) == {Outcome.SENT}
    assert inbox.talks == 3


@pytest.mark.parametrize("code", ["421 4.7.0 Enough for one session", "450 4.7.1 Too much mail", "503 5.5.1 Nested"])
def test_a_server_that_ends_the_talk_after_some_mails_loses_none_and_gets_none_twice(inbox: Inbox, code: str) -> None:
    inbox.per_talk, inbox.enough = 2, code
    assert hand_over(inbox.transport(), 7) == [Outcome.SENT] * 7
    assert [taken.id for taken in inbox.taken] == [f"<{number}@localhost>" for number in range(7)]
    assert inbox.talks == 4


@pytest.mark.parametrize("stage", ["to_rcpt", "to_data"])
def test_421_in_the_middle_of_a_later_mail_is_no_failure_of_that_mail(inbox: Inbox, stage: str) -> None:
    setattr(inbox, stage, ["250 OK", "421 4.3.2 Shutting down"])
    assert hand_over(inbox.transport(), 3) == [Outcome.SENT] * 3
    assert [taken.id for taken in inbox.taken] == [f"<{number}@localhost>" for number in range(3)]


def test_a_connection_that_was_cut_while_nobody_talked_is_made_anew(inbox: Inbox) -> None:
    transport = inbox.transport()
    hand_over(transport, 1)
    inbox.cut_all()
    assert hand_over(transport, 1) == [Outcome.SENT]
    assert len(inbox.taken) == 2


def test_a_connection_that_is_cut_when_the_words_are_there_is_not_made_anew_for_the_same_mail(inbox: Inbox) -> None:
    inbox.to_data = ["250 OK", HANG_UP]
    transport = inbox.transport()
    # The server may have taken it: that is for the outbox to repeat, later and under the same id.
    assert hand_over(transport, 2) == [Outcome.SENT, Outcome.RETRY]
    assert len(inbox.taken) == 2
    assert hand_over(transport, 1) == [Outcome.SENT]


def test_after_a_refusal_the_same_connection_takes_the_next_mail(inbox: Inbox) -> None:
    inbox.to_rcpt, inbox.to_data = ["550 5.1.1 No such user"], ["554 5.6.0 No", "250 OK"]
    assert hand_over(inbox.transport(), 3) == [Outcome.FAILED, Outcome.FAILED, Outcome.SENT]
    assert inbox.talks == 1
    assert [taken.rcpts for taken in inbox.taken] == [["m2@example.org"]]


def test_each_mail_on_one_connection_has_the_whole_of_its_time_and_no_more(inbox: Inbox) -> None:
    transport = inbox.transport(seconds=1)
    hand_over(transport, 1)
    inbox.hold = True
    began = time.monotonic()
    assert hand_over(transport, 1) == [Outcome.RETRY]
    assert 0.8 < time.monotonic() - began < 2
    inbox.hold = False
    assert hand_over(transport, 1) == [Outcome.SENT]


def envelope(inbox: Inbox) -> list[str]:
    return ["MAIL", "RCPT"] if inbox.pipelining else ["MAIL"]


def test_the_server_hears_who_the_next_is_for_and_gets_the_mail_only_when_it_is_sent(inbox: Inbox) -> None:
    transport = inbox.transport()
    hand_over(transport, 1)
    transport.ahead(note(1), "m1@example.org")
    assert inbox.heard(2 + len(envelope(inbox)))[2:] == envelope(inbox)
    assert len(inbox.taken) == 1
    assert transport.send(note(1), "m1@example.org").outcome == Outcome.SENT
    assert inbox.heard(2 - len(envelope(inbox))) == ["MAIL", "RCPT"][len(envelope(inbox)) :]
    assert [taken.rcpts for taken in inbox.taken] == [["m0@example.org"], ["m1@example.org"]]


def test_another_is_sent_than_was_said_and_neither_gets_what_is_the_others(inbox: Inbox) -> None:
    transport = inbox.transport()
    hand_over(transport, 1)
    transport.ahead(note(1), "m1@example.org")
    assert transport.send(note(2), "m2@example.org").outcome == Outcome.SENT
    assert transport.send(note(1), "m1@example.org").outcome == Outcome.SENT
    said = [*envelope(inbox), "RSET", "MAIL", "RCPT", "MAIL", "RCPT"]
    assert inbox.heard(2 + len(said))[2:] == said
    assert [(taken.id[1], taken.rcpts[0][1]) for taken in inbox.taken] == [(n, n) for n in "021"]


def test_a_connection_is_cut_after_it_was_said_who_is_next(inbox: Inbox) -> None:
    transport = inbox.transport()
    hand_over(transport, 1)
    transport.ahead(note(1), "m1@example.org")
    inbox.cut_all()
    # Neither the mail that was said nor another is taken for one that may have arrived.
    assert transport.send(note(2), "m2@example.org").outcome == Outcome.SENT
    assert [taken.rcpts for taken in inbox.taken] == [["m0@example.org"], ["m2@example.org"]]


def test_what_was_said_is_never_sent(inbox: Inbox) -> None:
    transport = inbox.transport()
    hand_over(transport, 1)
    transport.ahead(note(1), "m1@example.org")
    transport.close()
    assert len(inbox.taken) == 1
    assert transport.send(note(2), "m2@example.org").outcome == Outcome.SENT
    assert [taken.rcpts for taken in inbox.taken] == [["m0@example.org"], ["m2@example.org"]]


def test_with_no_connection_nothing_is_said(inbox: Inbox) -> None:
    inbox.transport().ahead(note(1), "m1@example.org")
    assert inbox.talks == 0
