"""The outbox: a mail is a row, written with the fact it tells of, and sent by whichever worker takes it first."""

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

from flask import current_app
from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from meetups.columns import public_id
from meetups.extensions import db, take_oldest
from meetups.mail.composers import compose
from meetups.mail.message import Drop, UnsafeMessage, Wait, build
from meetups.mail.models import IS_OPEN, Heartbeat, MailboxMessage, MailState, OutboxMail
from meetups.mail.transport import Outcome, Result, Transport

# Longer than the longest send (transport.TOTAL_SECONDS): a row whose lease is over belongs to a worker that died.
LEASE = timedelta(minutes=5)
# After each failure; after the last one a mail has failed.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440))
# A slow mail server must not keep the worker from its other duties.
SENDS_FOR = timedelta(seconds=30)
KEPT = timedelta(days=30)
MAILBOX_KEPT = timedelta(days=7)
HEARTBEATS_KEPT = timedelta(days=1)
WHY_LENGTH = 200
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
    """Add a mail to the current transaction; False where one of this key is there already.

    One that was dropped, and is owed after all, takes its place in the line again. It is sent at `due` (UTC) or soon
    after, and never after `not_after`.
    """
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    row = insert(OutboxMail).values(
        dedupe_key=dedupe_key, template=template, rcpt=rcpt, data=data, state=MailState.PENDING, attempts=0,
        message_id=f"<{public_id()}@{current_app.config['SETTINGS'].host}>",
        created_at=now, next_try=due, not_after=not_after,
    )  # fmt: skip
    again = ("template", "rcpt", "data", "state", "attempts", "created_at", "next_try", "not_after")
    added = row.on_conflict_do_update(
        index_elements=["dedupe_key"],
        set_={name: row.excluded[name] for name in again} | {"finished_at": None, "outcome": None},
        where=OutboxMail.state == MailState.DROPPED,
    )
    return db.session.execute(added.returning(OutboxMail.id)).first() is not None


def send_due(transport: Transport, owner: str, clock: Callable[[], datetime], stop: Callable[[], bool]) -> int:
    """Send what is due, for about SENDS_FOR; return how many rows were sent, dropped or given up.

    Each row is taken in one transaction and marked in another, and none is open while the mail server talks.
    `clock` gives the time of each row; `stop` is asked before each. Raises OperationalError where the database
    is away: the row in hand comes back when its lease is over.
    """
    done, ends = 0, clock() + SENDS_FOR
    while not stop() and (now := clock()) <= ends:
        mail = claim(owner, now)
        if mail is None:
            break
        done += _deliver(mail, transport, now)
    return done


def claim(owner: str, now: datetime) -> OutboxMail | None:
    """Take the row that has been due longest, for LEASE, and commit; None where none is due.

    The row is given back detached, as it was when it was taken.
    """
    sending = {"state": MailState.SENDING, "owner": owner, "attempts": OutboxMail.attempts + 1}
    return take_oldest(OutboxMail, OutboxMail.next_try, now, IS_OPEN, **sending, next_try=now + LEASE)


@dataclass(frozen=True, slots=True)
class _Written:
    """A finished message, and what its reader knows by it."""

    message: EmailMessage
    noted: Callable[[datetime], None] | None = None
    carries: tuple[int, ...] = ()


def _deliver(mail: OutboxMail, transport: Transport, now: datetime) -> int:
    written = _write(mail, now)
    # Composers only read, and nothing is held open while the server talks.
    db.session.rollback()
    if isinstance(written, Drop):
        return _mark(mail, MailState.DROPPED, now, written.reason)
    if isinstance(written, Wait):
        return _put_off(mail, max(written.until, now + WAITS[0]))
    result = written if isinstance(written, Result) else transport.send(written.message, mail.rcpt)
    noted, carries = (written.noted, written.carries) if isinstance(written, _Written) else (None, ())
    if result.outcome == Outcome.RETRY and mail.attempts <= len(WAITS):
        return _again(mail, now, result.why)
    sent = result.outcome == Outcome.SENT
    # What has failed for good will not be told better by another try.
    return _mark(mail, MailState.SENT if sent else MailState.FAILED, now, result.why, noted, carries)


def _write(mail: OutboxMail, now: datetime) -> _Written | Drop | Wait | Result:
    if mail.not_after and mail.not_after <= now:
        return Drop("too late")
    try:
        found = compose(mail, now)
        if isinstance(found, Drop | Wait):
            return found
        return _Written(build(found, mail.rcpt, mail.message_id, now), found.noted, found.carries)
    except OperationalError:
        raise
    except UnsafeMessage as error:
        return Result(Outcome.FAILED, f"unsafe header {error}")
    except Exception as error:
        # One mail that cannot be written must not hold up the others; once that is mended, it goes out.
        log.error("mail %s (%s) cannot be written: %s", mail.id, mail.template, _where(error))
        return Result(Outcome.RETRY, f"cannot be written: {type(error).__name__}")


def _where(error: Exception) -> str:
    # Not the error's own words, which may quote an address.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name}, line {frame.lineno}"


def _again(mail: OutboxMail, now: datetime, why: str) -> int:
    later = now + WAITS[mail.attempts - 1]
    if mail.not_after and later >= mail.not_after:
        # The last moment at which it still helps.
        later = max(now + WAITS[0], mail.not_after - WAITS[0])
    _change(mail, state=MailState.PENDING, owner=None, next_try=later, outcome=why[:WHY_LENGTH])
    db.session.commit()
    log.warning("mail %s (%s) waits: %s", mail.id, mail.template, why)
    return 0


def _put_off(mail: OutboxMail, until: datetime) -> int:
    # Nothing was tried.
    _change(mail, state=MailState.PENDING, owner=None, next_try=until, attempts=mail.attempts - 1)
    db.session.commit()
    return 0


def _mark(
    mail: OutboxMail,
    state: MailState,
    now: datetime,
    why: str,
    noted: Callable[[datetime], None] | None = None,
    carries: tuple[int, ...] = (),
) -> int:
    _change(mail, state=state, finished_at=now, outcome=why[:WHY_LENGTH] or None)
    if carries:
        # Whoever has taken one of them meanwhile has lost it, and can change it no more.
        told = {"state": state, "finished_at": now, "owner": None, "outcome": f"in one mail with {mail.id}"}
        others = update(OutboxMail).where(OutboxMail.id.in_(carries), OutboxMail.finished_at.is_(None))
        db.session.execute(others.values(**told), execution_options={"synchronize_session": False})
    if noted:
        noted(now)
    db.session.commit()
    log.info("mail %s (%s) %s %s", mail.id, mail.template, state, why)
    return 1


def _change(mail: OutboxMail, **values: object) -> None:
    # Only the owner's: where the lease ran out, another worker has the row.
    own = update(OutboxMail).where(
        OutboxMail.id == mail.id, OutboxMail.owner == mail.owner, OutboxMail.attempts == mail.attempts
    )
    db.session.execute(own.values(**values), execution_options={"synchronize_session": False})


def forget_old(now: datetime) -> None:
    """Delete finished mails after a month, the mailbox's after a week, dead workers' heartbeats after a day."""
    db.session.execute(delete(OutboxMail).where(OutboxMail.finished_at < now - KEPT))
    db.session.execute(delete(MailboxMessage).where(MailboxMessage.created_at < now - MAILBOX_KEPT))
    db.session.execute(delete(Heartbeat).where(Heartbeat.beat_at < now - HEARTBEATS_KEPT))
