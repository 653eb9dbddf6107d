"""The outbox: a mail is a row, written with the fact it tells of, and sent by whichever worker takes it first."""

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from flask import current_app
from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.sql.dml import ReturningInsert

from meetups.columns import public_id
from meetups.extensions import db, forget_transaction, one_by_one
from meetups.faults import where
from meetups.mail.claims import BATCH, BATCH_FOR, WAITS, Noted, claim, finish, give_back, put_off, try_again
from meetups.mail.message import Drop, Wait
from meetups.mail.models import Heartbeat, MailboxMessage, MailState, OutboxMail
from meetups.mail.transport import Outcome, Result, TakesAhead, Transport
from meetups.mail.writing import Drafts, Written
from meetups.metrics import MAILS

# A slow mail server must not keep the worker from its other duties.
SENDS_FOR = timedelta(seconds=30)
KEPT = timedelta(days=30)
MAILBOX_KEPT = timedelta(days=7)
HEARTBEATS_KEPT = timedelta(days=1)
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
    mail = {
        "dedupe_key": dedupe_key, "template": template, "rcpt": rcpt, "data": data, "state": MailState.PENDING,
        "attempts": 0, "failures": 0, "message_id": f"<{public_id()}@{current_app.config['SETTINGS'].host}>",
        "created_at": now, "next_try": due, "not_after": not_after,
    }  # fmt: skip
    return db.session.connection().execute(_adding(db.engine.dialect.name), mail).first() is not None


@cache
def _adding(dialect: str) -> ReturningInsert[tuple[int]]:
    # Built once: many mails are added at a time.
    row = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(OutboxMail)
    again = ("template", "rcpt", "data", "state", "attempts", "failures", "created_at", "next_try", "not_after")
    return row.on_conflict_do_update(
        index_elements=["dedupe_key"],
        set_={name: row.excluded[name] for name in again} | {"finished_at": None, "outcome": None},
        where=OutboxMail.state == MailState.DROPPED,
    ).returning(OutboxMail.id)


# What was to be written down when the database went away, oldest first.
Unwritten = deque[Callable[[], object]]


def send_due(
    transport: Transport,
    owner: str,
    clock: Callable[[], datetime],
    stop: Callable[[], bool],
    unwritten: Unwritten | None = None,
    steady: Callable[[], float] | None = None,
) -> int:
    """Send what is due, for about SENDS_FOR; return how many rows were sent, dropped or given up.

    Rows are taken and marked as `claims` says, and no transaction is open while the mail server talks. `clock` gives
    the time of each row, `steady` that of leases (seconds; without it, of `clock`); `stop` is asked before each.
    Raises OperationalError where the database is away: what was to be written is then in `unwritten`, and is written
    first when that is handed in again; without it, the rows come back when their lease is over.
    """
    unwritten = deque() if unwritten is None else unwritten
    catch_up(unwritten)
    done, ends, size = 0, clock() + SENDS_FOR, 1
    while not stop() and (now := clock()) <= ends:
        batch = claim(owner, now, size, steady and steady())
        if not batch:
            break
        # Of a short queue each worker takes a little, and one that is killed holds up but one code.
        size = min(2 * size, BATCH)
        done += Batch(deque(batch), transport, clock, unwritten).send(stop, now)
    return done


def catch_up(unwritten: Unwritten) -> None:
    """Write what is still to be written, oldest first. Raises OperationalError where the database is still away."""
    while unwritten:
        write = unwritten.popleft()
        try:
            write()
        except OperationalError:
            forget_transaction()
            unwritten.appendleft(write)
            raise


@dataclass(slots=True)
class Batch:
    """Rows that one worker has taken, and has not begun."""

    left: deque[OutboxMail]
    transport: Transport
    clock: Callable[[], datetime]
    unwritten: Unwritten
    drafts: Drafts = field(default_factory=Drafts)
    # Whether the first that is left was still this worker's as the one before was marked.
    sure: bool = False

    def send(self, stop: Callable[[], bool], began: datetime) -> int:
        """Send them one by one, for BATCH_FOR; give back what is left then, when told to stop or where it breaks."""
        done = 0
        try:
            self.drafts.write_ahead(self.left, began)
            with one_by_one():
                while self.left and not stop() and (now := self.clock()) <= began + BATCH_FOR:
                    done += self._deliver(self.left.popleft(), now)
        finally:
            if self.left:
                self._put_down(partial(give_back, self.left))
        return done

    def _deliver(self, mail: OutboxMail, now: datetime) -> int:
        """Return 1 where this was the last that is heard of a row."""
        began = time.perf_counter()
        sure, self.sure = self.sure, False
        try:
            written = self.drafts.of(mail, now, sure)
        except OperationalError:
            # Not begun: it need not wait for its lease.
            self.left.appendleft(mail)
            raise
        if written is None:
            return 0
        if isinstance(written, Wait):
            self._put_down(partial(put_off, mail, max(written.until, now + WAITS[0])))
            return 0
        noted, carries = (written.noted, written.carries) if isinstance(written, Written) else (None, ())
        state, why = self._sent(mail, written)
        if state == MailState.PENDING:
            self._put_down(partial(try_again, mail, now, why))
        else:
            then = self.left[0] if self.left else None
            if then:
                self._say_ahead(then, now)
            self.sure = self._put_down(partial(_finish, mail, state, now, why, noted, carries, then))
        _note(mail, state, why, time.perf_counter() - began)
        return state != MailState.PENDING

    def _say_ahead(self, then: OutboxMail, now: datetime) -> None:
        # While this one is written down, the server can look who the next is for.
        message = self.drafts.ahead(then, now)
        if message and isinstance(self.transport, TakesAhead):
            self.transport.ahead(message, then.rcpt)

    def _sent(self, mail: OutboxMail, written: Written | Drop | Result) -> tuple[MailState, str]:
        if isinstance(written, Drop):
            return MailState.DROPPED, written.reason
        result = written if isinstance(written, Result) else self.transport.send(written.message, mail.rcpt)
        # What has failed for good will not be told better by another try.
        again = result.outcome == Outcome.RETRY and mail.failures < len(WAITS)
        return MailState.PENDING if again else _ENDS.get(result.outcome, MailState.FAILED), result.why

    def _put_down(self, write: Callable[[], bool | None]) -> bool:
        try:
            return bool(write())
        except OperationalError:
            forget_transaction()
            self.unwritten.append(write)
            raise


def _finish(
    mail: OutboxMail,
    state: MailState,
    now: datetime,
    why: str,
    noted: Noted | None,
    carries: tuple[int, ...],
    then: OutboxMail | None,
) -> bool:
    try:
        return finish(mail, state, now, why, noted, carries, then)
    except OperationalError:
        raise
    except Exception as error:
        # It has left, whatever is wrong with what was to be noted: it must not leave again every five minutes.
        forget_transaction()
        log.error("what was sent cannot be noted", extra={"mail": mail.id, "why": where(error)})
        return finish(mail, state, now, why, carries=carries, then=then)


_ENDS = {Outcome.SENT: MailState.SENT}


def _note(mail: OutboxMail, state: MailState, why: str, seconds: float) -> None:
    MAILS.labels(mail.template, "retry" if state == MailState.PENDING else str(state)).inc()
    level = logging.WARNING if state in (MailState.PENDING, MailState.FAILED) else logging.INFO
    facts = {"mail": mail.id, "template": mail.template, "state": str(state), "attempts": mail.attempts, "why": why}
    log.log(level, "mail", extra=facts | {"duration": round(seconds, 4)})


def forget_old(now: datetime) -> None:
    """Delete finished mails after a month, the mailbox's after a week, dead workers' heartbeats after a day."""
    db.session.execute(delete(OutboxMail).where(OutboxMail.finished_at < now - KEPT))
    db.session.execute(delete(MailboxMessage).where(MailboxMessage.created_at < now - MAILBOX_KEPT))
    db.session.execute(delete(Heartbeat).where(Heartbeat.beat_at < now - HEARTBEATS_KEPT))
