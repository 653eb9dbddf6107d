"""The outbox: a mail is a row, written with the fact it tells of, and sent by whichever worker takes it first."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from meetups.columns import public_id
from meetups.extensions import db
from meetups.mail.composers import compose
from meetups.mail.message import Drop, Message, UnsafeMessage, build
from meetups.mail.models import MailboxMessage, MailState, OutboxMail
from meetups.mail.transport import Outcome, Result, Transport

# Longer than the longest send: a row whose lease is over belongs to a worker that died.
LEASE = timedelta(minutes=5)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440))
KEPT = timedelta(days=30)
MAILBOX_KEPT = timedelta(days=7)
OPEN = (MailState.PENDING, MailState.SENDING)
log = logging.getLogger("meetups.mail")


def enqueue(
    template: str,
    rcpt: str,
    data: dict[str, Any],
    *,
    dedupe_key: str,
    due: datetime,
    now: datetime,
    not_after: datetime | None = None,
) -> bool:
    """Add a mail to the current transaction; False where one of this key was ever added.

    It is sent at `due` (UTC) or soon after, and never after `not_after`.
    """
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    row = insert(OutboxMail).values(
        dedupe_key=dedupe_key, template=template, rcpt=rcpt, data=data, state=MailState.PENDING, attempts=0,
        message_id=f"<{public_id()}@{current_app.config['SETTINGS'].host}>",
        created_at=now, next_try=due, not_after=not_after,
    )  # fmt: skip
    added = db.session.execute(row.on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(OutboxMail.id))
    return added.first() is not None


def send_due(transport: Transport, owner: str, clock: Callable[[], datetime], stop: Callable[[], bool]) -> int:
    """Send what is due, one transaction to take a row and one to mark it; return how many rows were finished.

    `clock` gives the time of each row, `stop` is asked between rows.
    """
    done = 0
    while not stop():
        mail = claim(owner, clock())
        if mail is None:
            break
        done += _deliver(mail, transport, clock())
    return done


def claim(owner: str, now: datetime) -> OutboxMail | None:
    """Take the row that has been due longest, for LEASE; None where none is due."""
    oldest = (
        select(OutboxMail.id)
        .where(OutboxMail.state.in_(OPEN), OutboxMail.next_try <= now)
        .order_by(OutboxMail.next_try, OutboxMail.id)
        .limit(1)
    )
    if db.engine.dialect.name == "postgresql":
        oldest = oldest.with_for_update(skip_locked=True)
    taken = (
        update(OutboxMail)
        .where(OutboxMail.id == oldest.scalar_subquery(), OutboxMail.next_try <= now)
        .values(state=MailState.SENDING, owner=owner, next_try=now + LEASE, attempts=OutboxMail.attempts + 1)
        .returning(OutboxMail.id)
    )
    row_id = db.session.execute(taken).scalar()
    db.session.commit()
    return db.session.get(OutboxMail, row_id, populate_existing=True) if row_id else None


def _deliver(mail: OutboxMail, transport: Transport, now: datetime) -> int:
    row_id, owner, attempts, rcpt = mail.id, mail.owner, mail.attempts, mail.rcpt
    written = _compose(mail, now)
    if isinstance(written, Message):
        try:
            finished = build(written, rcpt, mail.message_id, now)
        except UnsafeMessage as error:
            written = Drop(f"unsafe header {error}")
    # No transaction is open while the server talks.
    not_after = mail.not_after
    if isinstance(written, Drop):
        db.session.rollback()
        return _mark(row_id, owner, MailState.DROPPED, now, written.reason)
    db.session.rollback()
    result = transport.send(finished, rcpt)
    if result.outcome == Outcome.RETRY:
        return _again(row_id, owner, attempts, not_after, now, result)
    state = MailState.SENT if result.outcome == Outcome.SENT else MailState.FAILED
    return _mark(row_id, owner, state, now, result.why)


def _compose(mail: OutboxMail, now: datetime) -> Message | Drop:
    if mail.not_after and mail.not_after <= now:
        return Drop("too late")
    try:
        return compose(mail, now)
    except Exception:
        # One mail that cannot be written must not hold up the others.
        log.exception("mail %s (%s) cannot be written", mail.id, mail.template)
        return Drop("cannot be written")


def _again(
    row_id: int, owner: str | None, attempts: int, not_after: datetime | None, now: datetime, result: Result
) -> int:
    if attempts > len(WAITS):
        return _mark(row_id, owner, MailState.FAILED, now, result.why)
    later = now + WAITS[attempts - 1]
    if not_after and later >= not_after:
        # The last moment at which it still helps.
        later = max(now + WAITS[0], not_after - WAITS[0])
    row = update(OutboxMail).where(OutboxMail.id == row_id, OutboxMail.owner == owner)
    db.session.execute(row.values(state=MailState.PENDING, owner=None, next_try=later, outcome=result.why))
    db.session.commit()
    log.warning("mail %s waits: %s", row_id, result.why)
    return 0


def _mark(row_id: int, owner: str | None, state: MailState, now: datetime, why: str) -> int:
    # Only the owner: where the lease ran out, another worker has the row.
    row = update(OutboxMail).where(OutboxMail.id == row_id, OutboxMail.owner == owner, OutboxMail.state.in_(OPEN))
    db.session.execute(row.values(state=state, finished_at=now, outcome=why or None))
    db.session.commit()
    log.info("mail %s %s %s", row_id, state, why)
    return 1


def forget_old(now: datetime) -> None:
    """Delete what was finished a month ago, and the mailbox's messages after a week."""
    db.session.execute(delete(OutboxMail).where(OutboxMail.finished_at < now - KEPT))
    db.session.execute(delete(MailboxMessage).where(MailboxMessage.created_at < now - MAILBOX_KEPT))
