"""Rounds as a worker does them, in this process, and time that passes for what waits."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import update

from meetups.clock import steady, utcnow
from meetups.extensions import db
from meetups.mail.models import MailState, OutboxMail
from meetups.mail.transport import Connection
from meetups.worker import run_round
from tests.faults.invariants import missing
from tests.faults.world import World, queued
from tests.mail.smtp import Taken

OPEN = (MailState.PENDING, MailState.SENDING)
# More than any mail is tried.
MOST_ROUNDS = 12
A_MOMENT = timedelta(minutes=2)


def a_round(transport: Connection) -> int:
    """Do one round now; return how many mails were finished."""
    try:
        return run_round(utcnow(), transport=transport, owner="tests", clock=utcnow, steady=steady)
    finally:
        transport.close()


def open_now() -> int:
    """Return how many mails are due or in hand."""
    return sum(row.state in OPEN and (row.next_try <= utcnow() or bool(row.attempts)) for row in queued())


def is_done(world: World, taken: Sequence[Taken]) -> bool:
    """Return whether all that is owed was taken, and nothing is due or in hand. What waits for a mail that it falls
    together with (reminders/emails.py) need not wait for its minute."""
    if put_off():
        pass_time(A_MOMENT, tried=False)
    return not missing(world, queued(), {mail.id for mail in taken}) and not open_now()


def put_off() -> bool:
    """Return whether a mail waits for a moment."""
    return any(row.state == MailState.PENDING and utcnow() < row.next_try <= utcnow() + A_MOMENT for row in queued())


def waiting() -> int:
    """Return how many mails were tried and are to be tried again."""
    return sum(row.attempts > 0 for row in queued() if row.state in OPEN)


def pass_time(span: timedelta, tried: bool = True) -> None:
    """Let time pass for what was tried before: its next try, and the lease of who died with it, come nearer.

    Without `tried` it passes for what is due within that time, tried or not.
    """
    for row in queued():
        if row.state in OPEN and (row.attempts if tried else row.next_try <= utcnow() + span):
            # Not where a worker has taken it since: that would end its lease.
            same = (OutboxMail.id == row.id, OutboxMail.state == row.state, OutboxMail.next_try == row.next_try)
            moved = {"next_try": row.next_try - span, "held_until": None}
            db.session.execute(update(OutboxMail).where(*same).values(**moved))
    db.session.commit()


def settle(transport: Connection) -> None:
    """Do rounds, with days between them, until nothing is due, was tried or waits for a moment."""
    for _ in range(MOST_ROUNDS):
        a_round(transport)
        if not open_now() and not put_off():
            return
        pass_time(timedelta(days=2))
        pass_time(A_MOMENT, tried=False)
    raise AssertionError("some mails are tried without an end")
