"""The outbox against a real mail server: once, again, never, and by one worker at a time."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from meetups import logs
from meetups.extensions import db
from meetups.mail import claims, outbox
from meetups.mail.composers import composer
from meetups.mail.message import Drop, FinishedMail, Message
from meetups.mail.models import MailboxMessage, MailState, OutboxMail
from meetups.mail.transport import MailboxTransport, Outcome, Result
from tests.conftest import NOW
from tests.mail.outbox_rows import add, minutes, row, send
from tests.mail.smtp import HANG_UP, Inbox

pytestmark = pytest.mark.usefixtures("app")


class Refusing:
    """A transport without a server behind it."""

    def __init__(self, outcome: Outcome = Outcome.RETRY) -> None:
        self.outcome, self.sent = outcome, []  # type: ignore[var-annotated]

    def send(self, mail: FinishedMail, rcpt: str) -> Result:
        self.sent.append(rcpt)
        return Result(self.outcome, "said so")


def test_a_mail_is_delivered_once_and_to_nobody_else(inbox: Inbox) -> None:
    assert add()
    assert send(inbox.transport()) == 1
    assert send(inbox.transport(), NOW + timedelta(days=2)) == 0
    (taken,) = inbox.taken
    assert taken.rcpts == ["member1@example.org"]
    assert taken.id == row().message_id
    assert (row().state, row().finished_at, row().outcome) == (MailState.SENT, NOW, None)


def test_the_same_key_queues_one_mail_however_often_it_is_queued(inbox: Inbox) -> None:
    assert add(subject="first")
    assert not add(subject="second")
    send(inbox.transport())
    assert not add(subject="third")
    send(inbox.transport())
    assert [taken.subject for taken in inbox.taken] == ["first"]


def test_a_mail_goes_with_the_transaction_it_was_written_in() -> None:
    outbox.enqueue("tests_note", "member1@example.org", {}, dedupe_key="tests_note:1", due=NOW, now=NOW)
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(OutboxMail)) == 0


def test_a_mail_waits_until_it_is_due(inbox: Inbox) -> None:
    add(due=NOW + minutes(10))
    assert send(inbox.transport(), NOW + minutes(9)) == 0
    assert send(inbox.transport(), NOW + minutes(10)) == 1


def test_a_451_is_tried_again_a_minute_later_with_the_same_message_id(inbox: Inbox) -> None:
    inbox.to_data = ["451 4.7.1 Greylisted"]
    add()
    assert send(inbox.transport()) == 0
    assert (row().state, row().next_try) == (MailState.PENDING, NOW + minutes(1))
    assert row().outcome == "the mail server said 451"
    assert send(inbox.transport(), NOW + minutes(0.5)) == 0 and not inbox.taken
    assert send(inbox.transport(), NOW + minutes(1)) == 1
    assert [taken.id for taken in inbox.taken] == [row().message_id]


def test_a_451_for_the_recipient_is_tried_again(inbox: Inbox) -> None:
    inbox.to_rcpt = ["451 4.7.1 Greylisted"]
    add()
    assert send(inbox.transport()) == 0 and row().state == MailState.PENDING
    assert send(inbox.transport(), NOW + minutes(1)) == 1 and len(inbox.taken) == 1


@pytest.mark.parametrize("stage", ["to_rcpt", "to_data"])
def test_a_550_has_failed_and_is_never_tried_again(inbox: Inbox, stage: str) -> None:
    setattr(inbox, stage, ["550 5.1.1 No such user"])
    add()
    assert send(inbox.transport()) == 1
    assert (row().state, row().outcome, row().attempts) == (MailState.FAILED, "the mail server said 550 5.1.1", 1)
    assert send(inbox.transport(), NOW + timedelta(days=3)) == 0 and not inbox.taken


def test_a_server_that_is_away_is_asked_at_growing_intervals_for_two_days_and_then_no_more() -> None:
    add()
    transport, at, waits = Refusing(), NOW, []
    while row().state == MailState.PENDING:
        send(transport, at)
        waits.append(round((row().next_try - at) / minutes(1)))
        at = row().next_try
    assert waits[:8] == [1, 5, 15, 60, 180, 360, 720, 1440]
    assert (row().state, len(transport.sent)) == (MailState.FAILED, 9)


def test_a_connection_cut_after_the_message_repeats_it_under_the_same_id(inbox: Inbox) -> None:
    inbox.to_data = [HANG_UP]
    add()
    assert send(inbox.transport()) == 0
    assert send(inbox.transport(), NOW + minutes(1)) == 1
    assert [taken.id for taken in inbox.taken] == [row().message_id] * 2


def test_what_is_too_late_is_dropped_and_says_so(inbox: Inbox) -> None:
    add(not_after=NOW + minutes(30))
    assert send(inbox.transport(), NOW + minutes(30)) == 1
    assert (row().state, row().outcome) == (MailState.DROPPED, "too late") and not inbox.taken


def test_the_last_try_comes_while_the_mail_still_helps() -> None:
    add(not_after=NOW + minutes(4))
    send(Refusing(), NOW)
    send(Refusing(), NOW + minutes(1))
    assert row().next_try == NOW + minutes(3)
    assert send(Refusing(Outcome.SENT), NOW + minutes(3)) == 1


def test_a_composer_that_drops_a_mail_leaves_the_reason(inbox: Inbox) -> None:
    add(drop="no longer so")
    assert send(inbox.transport()) == 1
    assert (row().state, row().outcome) == (MailState.DROPPED, "no longer so") and not inbox.taken


def test_a_mail_that_cannot_be_written_holds_up_no_other_and_goes_out_when_it_can(
    inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "meetups"):
        add(1, fault=True)
        add(2)
        assert send(inbox.transport()) == 1
    assert [taken.rcpts for taken in inbox.taken] == [["member2@example.org"]]
    lines = "\n".join(logs.formatter("text").format(record) for record in caplog.records)
    assert "RuntimeError in note" in lines and "example.org" not in lines
    mended = row(1)
    mended.data = {}
    db.session.commit()
    assert send(inbox.transport(), NOW + minutes(1)) == 1 and len(inbox.taken) == 2


def test_a_broken_query_of_one_composer_does_not_break_the_next_mail(inbox: Inbox) -> None:
    @composer("tests_note_broken")
    def broken(_mail: OutboxMail, _now: object) -> Message | Drop:
        db.session.add(OutboxMail(dedupe_key="tests_note:2"))
        db.session.flush()
        raise AssertionError("a row without its columns was taken")

    outbox.enqueue("tests_note_broken", "member1@example.org", {}, dedupe_key="tests_note:1", due=NOW, now=NOW)
    add(2)
    assert send(inbox.transport()) == 1
    assert (row(1).state, row(1).outcome) == (MailState.PENDING, "cannot be written: IntegrityError")


def test_a_mail_whose_database_went_away_before_it_was_begun_waits_for_no_lease(inbox: Inbox) -> None:
    @composer("tests_note_away")
    def away(_mail: OutboxMail, _now: object) -> Message | Drop:
        if calls.pop():
            raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))
        return Message("A note", "Hello\n", "<p>Hello</p>")

    calls = [False, True]
    outbox.enqueue("tests_note_away", "member1@example.org", {}, dedupe_key="tests_note:1", due=NOW, now=NOW)
    db.session.commit()
    with pytest.raises(OperationalError):
        send(inbox.transport())
    assert (row().state, row().attempts, row().owner) == (MailState.PENDING, 0, None)
    assert send(inbox.transport()) == 1 and len(inbox.taken) == 1


def test_a_row_that_is_being_sent_is_nobody_elses_until_its_lease_is_over() -> None:
    add()
    (first,) = claims.claim("first", NOW)
    assert claims.claim("second", NOW + minutes(1)) == []
    (second,) = claims.claim("second", NOW + claims.LEASE)
    assert (second.id, second.attempts, second.owner) == (first.id, 2, "second")


def test_a_wall_clock_that_is_set_ahead_ends_no_lease() -> None:
    add()
    assert claims.claim("first", NOW, steady=100)
    assert claims.claim("second", NOW + minutes(360), steady=110) == []
    assert claims.claim("second", NOW + minutes(360), steady=100 + claims.LEASE.total_seconds())


def test_a_lease_of_another_steady_clock_ends_by_the_wall_clock() -> None:
    # The machine was started anew, and counts from nothing.
    add()
    assert claims.claim("first", NOW, steady=1_000_000)
    assert claims.claim("second", NOW + minutes(1), steady=10) == []
    assert claims.claim("second", NOW + claims.LEASE, steady=10)


def test_what_nobody_holds_any_more_waits_for_no_lease_of_before() -> None:
    add()
    claims.give_back(claims.claim("first", NOW, steady=100))
    (second,) = claims.claim("second", NOW, steady=101)
    claims.try_again(second, NOW, "later")
    assert claims.claim("third", NOW + minutes(1), steady=102)


def test_a_worker_whose_lease_ran_out_does_not_overwrite_what_the_next_one_did() -> None:
    add()

    class Slow(Refusing):
        def send(self, mail: FinishedMail, rcpt: str) -> Result:
            assert send(Refusing(Outcome.SENT), NOW + claims.LEASE, "second") == 1
            return super().send(mail, rcpt)

    send(Slow(Outcome.FAILED), NOW, "first")
    assert (row().state, row().owner) == (MailState.SENT, "second")


def test_no_transaction_is_open_while_the_mail_server_talks() -> None:
    class Looking(Refusing):
        def send(self, mail: FinishedMail, rcpt: str) -> Result:
            assert not db.session.registry().in_transaction()
            return super().send(mail, rcpt)

    add()
    assert send(Looking(Outcome.SENT)) == 1


def test_sending_stops_between_two_mails_when_told_to_and_after_half_a_minute() -> None:
    for number in range(3):
        add(number)
    transport = Refusing(Outcome.SENT)
    assert outbox.send_due(transport, "tests", lambda: NOW, lambda: len(transport.sent) == 2) == 2
    moments = iter([NOW, NOW, NOW, NOW + minutes(1)])
    add(4)
    assert outbox.send_due(transport, "tests", lambda: next(moments), lambda: False) == 1
    assert row(4).attempts == 0


def test_more_are_taken_at_a_time_while_there_are_more_and_what_is_not_begun_is_given_back_as_it_was() -> None:
    for number in range(20):
        add(number, due=NOW - minutes(number))
    transport = Refusing(Outcome.SENT)
    held: list[int] = []

    def stop() -> bool:
        held.append(db.session.scalar(select(func.count()).where(OutboxMail.state == MailState.SENDING)) or 0)
        db.session.rollback()
        return len(transport.sent) == 5

    assert outbox.send_due(transport, "tests", lambda: NOW, stop) == 5
    assert max(held) == 4
    left = db.session.scalars(select(OutboxMail).where(OutboxMail.state == MailState.PENDING)).all()
    assert {mail.rcpt: mail.next_try for mail in left} == {
        f"member{number}@example.org": NOW - minutes(number) for number in range(15)
    }
    assert {(mail.attempts, mail.owner) for mail in left} == {(0, None)}


def test_a_slow_server_keeps_no_more_than_one_mail_from_other_workers_for_long() -> None:
    for number in range(10):
        add(number)
    moment = [NOW]

    class Slow(Refusing):
        def send(self, mail: FinishedMail, rcpt: str) -> Result:
            moment[0] += timedelta(seconds=11)
            return super().send(mail, rcpt)

    transport = Slow(Outcome.SENT)
    outbox.send_due(transport, "slow", lambda: moment[0], lambda: False)
    assert len(transport.sent) == 3  # a batch of one, then the first of two, then of four
    assert [mail.attempts for number in range(3, 10) for mail in [row(number)]] == [0] * 7


def test_a_worker_sends_nothing_that_another_has_taken_meanwhile() -> None:
    for number in range(3):
        add(number)

    class Jumping(Refusing):
        def send(self, mail: FinishedMail, rcpt: str) -> Result:
            if len(self.sent) == 1:
                # The other's clock is far ahead, and all leases are over for it.
                send(other, NOW + claims.LEASE, "other")
            return super().send(mail, rcpt)

    other, transport = Refusing(Outcome.SENT), Jumping(Outcome.SENT)
    send(transport)
    # Only what was in hand as it jumped goes out twice.
    assert transport.sent == ["member0@example.org", "member1@example.org"]
    assert other.sent == ["member1@example.org", "member2@example.org"]


def test_what_could_not_be_written_down_is_written_when_the_database_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        add(number)
    unwritten, transport = outbox.Unwritten(), Refusing(Outcome.SENT)

    def away(*_: object, **_more: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("server closed the connection"))

    class Breaking(Refusing):
        def send(self, mail: FinishedMail, rcpt: str) -> Result:
            if len(self.sent) == 1:
                monkeypatch.setattr(claims, "_change", away)
                monkeypatch.setattr(claims, "run_alone", away)
            return super().send(mail, rcpt)

    transport = Breaking(Outcome.SENT)
    with pytest.raises(OperationalError):
        outbox.send_due(transport, "tests", lambda: NOW, lambda: False, unwritten)
    monkeypatch.undo()
    assert outbox.send_due(transport, "tests", lambda: NOW, lambda: False, unwritten) == 2
    assert transport.sent == [f"member{number}@example.org" for number in range(4)] and not unwritten
    assert {row(number).state for number in range(4)} == {MailState.SENT}


@composer("tests_note_noted")
def _noting(_mail: OutboxMail, _now: object) -> Message:
    def broken(_now: object) -> None:
        raise RuntimeError("a bug of ours")

    return Message("A note", "Hello\n", "<p>Hello</p>", noted=broken)


def add_one_that_cannot_be_noted() -> None:
    outbox.enqueue("tests_note_noted", "member1@example.org", {}, dedupe_key="tests_note:1", due=NOW, now=NOW)
    db.session.commit()


def test_a_mail_that_has_left_and_cannot_be_noted_does_not_leave_again(inbox: Inbox) -> None:
    add_one_that_cannot_be_noted()
    assert send(inbox.transport()) == 1
    assert row().state == MailState.SENT
    assert send(inbox.transport(), NOW + claims.LEASE) == 0 and len(inbox.taken) == 1


def test_a_mail_in_the_mailbox_stays_there_whatever_becomes_of_its_row() -> None:
    add_one_that_cannot_be_noted()
    assert send(MailboxTransport()) == 1
    assert row().state == MailState.SENT
    assert list(db.session.scalars(select(MailboxMessage.subject))) == ["A note"]


def test_the_longest_due_goes_first() -> None:
    add(1, due=NOW - minutes(1))
    add(2, due=NOW - minutes(2))
    transport = Refusing(Outcome.SENT)
    send(transport)
    assert transport.sent == ["member2@example.org", "member1@example.org"]


def test_finished_mails_are_forgotten_after_a_month_and_open_ones_never() -> None:
    add(1)
    send(Refusing(Outcome.SENT))
    add(2, due=NOW + timedelta(days=60))
    outbox.forget_old(NOW + timedelta(days=30))
    assert row(1) and row(2)
    outbox.forget_old(NOW + timedelta(days=31))
    db.session.commit()
    assert list(db.session.scalars(select(OutboxMail.dedupe_key))) == ["tests_note:2"]


def test_the_next_mails_are_found_by_an_index_in_their_order_however_many_were_sent() -> None:
    plan = "EXPLAIN QUERY PLAN" if db.engine.dialect.name == "sqlite" else "EXPLAIN"
    asked: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT outbox"):
            asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    claims.claim("tests", NOW)
    event.remove(db.engine, "before_cursor_execute", note)
    with db.engine.connect() as connection:
        if plan == "EXPLAIN":
            # Of so few rows, however many there have been, anything is quick.
            for other in ("seqscan", "bitmapscan", "sort"):
                connection.exec_driver_sql(f"SET LOCAL enable_{other} = off")
        ((statement, parameters),) = asked
        steps = " ".join(str(step) for step in connection.exec_driver_sql(f"{plan} {statement}", parameters))
    assert "ix_outbox_due" in steps and "sort" not in steps.lower() and "B-TREE" not in steps, steps
