"""Which worker has which mail: taking rows of the outbox, giving them back, and writing down what became of them.

A row is PENDING until a worker takes it: one, then two, then more at a time while there are more. It is then SENDING:
its `owner` is that worker, `attempts` has grown, and the lease ends at `next_try`, and not before the machine's steady
clock has reached `held_until`: a wall clock that is set ahead ends no lease. What a worker writes about a
row it writes only where owner and attempts are still its own (a fence). Each row is marked in a transaction of its
own, before the next one is begun.

What each end of a worker leaves, by where it strikes (kill -9, power, the machine):

| where | the row in hand | the rows it has not begun |
| --- | --- | --- |
| before the message is handed over | goes out when the lease is over | likewise |
| after the server took it, before it is marked | goes out a second time, under the same Message-ID | likewise |
| after it is marked | is done | likewise |
| after it is marked, and the power goes (SQLite) | all of the last batch go out a second time | likewise |

So each kill doubles at most one mail and loses none. On SQLite marks do not wait for the disk (`in_haste`); claims do,
and so for all marks before them. With a mark that is lost goes what its reader was noted to know, and the mail comes
again under the same Message-ID. Told to stop (SIGTERM), a worker finishes the one in hand and gives the others back at
once. Where the database goes away, the worker keeps what it has to write and writes it first when the database is back
(`outbox.Unwritten`): nothing doubles, unless that takes longer than the lease.
What the steady clock cannot know (a worker on another machine, whose wall clock is ahead) may take rows that are not
its own yet: before each send a worker looks whether the row is still its own (`still_ours`), so that at most the one
in hand is sent twice.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import cast

from sqlalchemy import ColumnElement, FromClause, Table, Update, and_, bindparam, or_, select, update

from meetups.extensions import db, in_haste, run_alone
from meetups.mail.models import CUT_OFF, IS_OPEN, MailState, OutboxMail

# How many rows one worker takes at most at a time, and for how long it goes on with them: what it has not begun by
# then it gives back, so that nothing waits behind a slow mail server while another worker is free.
BATCH = 40
BATCH_FOR = timedelta(seconds=10)
# Longer than BATCH_FOR, the longest send (transport.TOTAL_SECONDS) and the longest wait for a busy database together:
# a row whose lease is over belongs to a worker that died.
LEASE = timedelta(minutes=5)
# After each failure, which a worker's death is not; after the last one a mail has failed.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440))
WHY_LENGTH = 200
_UNSEEN = {"synchronize_session": False}
# Asked and written for each mail: the table's own statements take a fraction of what the ORM's do.
_TABLE = cast(Table, OutboxMail.__table__)


def _is_ours(row: FromClause, prefix: str) -> ColumnElement[bool]:
    names = ("id", "owner", "attempts")
    return and_(*(row.c[name] == bindparam(f"{prefix}_{name}") for name in names))


_IS_OURS = _is_ours(_TABLE, "own")
_OURS = select(_TABLE.c.id).where(_IS_OURS, IS_OPEN)
_NEXT = _TABLE.alias("next")
_NEXT_IS_OURS = select(_NEXT.c.id).where(_is_ours(_NEXT, "next"), IS_OPEN).scalar_subquery()
Noted = Callable[[datetime], None]


def claim(owner: str, now: datetime, limit: int = 1, steady: float | None = None) -> list[OutboxMail]:
    """Take up to `limit` rows that have been due longest, for LEASE, and commit. No two workers take the same.

    `steady` is the machine's steady clock in seconds (without it, that of `now`). The rows are given back detached,
    with `next_try` still saying when they came due.
    """
    steady = now.timestamp() if steady is None else steady
    due = select(OutboxMail).where(OutboxMail.next_try <= now, IS_OPEN, _is_free(steady))
    due = due.order_by(OutboxMail.next_try, OutboxMail.id)
    # On SQLite the transaction began as the only writer (BEGIN IMMEDIATE), so nobody else can take the same.
    rows = list(db.session.scalars(due.limit(limit).with_for_update(skip_locked=True)))
    for row in rows:
        db.session.expunge(row)
    if rows:
        taken = update(OutboxMail).where(OutboxMail.id.in_([row.id for row in rows]))
        values = {"state": MailState.SENDING, "owner": owner, "attempts": OutboxMail.attempts + 1}
        values["may_have_left"] = or_(OutboxMail.may_have_left, OutboxMail.state == MailState.SENDING)
        ends = {"next_try": now + LEASE, "held_until": steady + LEASE.total_seconds()}
        db.session.execute(taken.values(**values, **ends), execution_options=_UNSEEN)
    db.session.commit()
    for row in rows:
        row.owner, row.attempts = owner, row.attempts + 1
        row.may_have_left = row.may_have_left or row.state == MailState.SENDING
    return rows


def _is_free(steady: float) -> ColumnElement[bool]:
    # Another machine's clock, and this one's before it was started anew, say nothing here: taken for a lease they
    # keep a row for LEASE at most.
    held, pending = OutboxMail.held_until, OutboxMail.state == MailState.PENDING
    return or_(pending, held.is_(None), held <= steady, held > steady + LEASE.total_seconds())


def still_ours(mail: OutboxMail) -> bool:
    """Return whether a row has not been taken by another worker meanwhile."""
    return db.session.connection().scalar(_OURS, _fence(mail)) is not None


def give_back(mails: Iterable[OutboxMail]) -> None:
    """Let others have rows that were taken and not begun, as they were before; commit."""
    for mail in mails:
        _change(mail, state=MailState.PENDING, owner=None, next_try=mail.next_try, attempts=mail.attempts - 1)
    db.session.commit()


def put_off(mail: OutboxMail, until: datetime) -> None:
    """Let a row that is not owed yet wait; nothing was tried. Commit."""
    _change(mail, state=MailState.PENDING, owner=None, next_try=until, attempts=mail.attempts - 1)
    db.session.commit()


def try_again(mail: OutboxMail, now: datetime, why: str) -> None:
    """Put a row that could not be sent back for the next of WAITS; commit."""
    later = now + WAITS[mail.failures]
    if mail.not_after and later >= mail.not_after:
        # The last moment at which it still helps.
        later = max(now + WAITS[0], mail.not_after - WAITS[0])
    known = {"failures": mail.failures + 1, "may_have_left": mail.may_have_left or why in CUT_OFF}
    _change(mail, state=MailState.PENDING, owner=None, next_try=later, outcome=why[:WHY_LENGTH], **known)
    db.session.commit()


def finish(
    mail: OutboxMail,
    state: MailState,
    now: datetime,
    why: str,
    noted: Noted | None = None,
    carries: tuple[int, ...] = (),
    then: OutboxMail | None = None,
) -> bool:
    """Mark a row as sent, failed or dropped, with what its reader knows by it, and the rows it `carries`; commit.

    Return whether the row that is sent `then` is still this worker's (`still_ours`), as seen in the same transaction.
    """
    how = {"state": state, "finished_at": now, "outcome": why[:WHY_LENGTH] or None}
    with in_haste():
        if not noted and not carries:
            marked = run_alone(_marks_alone(*how), _fence(mail) | how | _fence(then or mail, "next"))
            return then is not None and marked is not None and marked[0] is not None
        _change(mail, **how)
        if carries:
            # Whoever has taken one of them meanwhile has lost it, and can change it no more.
            told = {"state": state, "finished_at": now, "owner": None, "outcome": f"in one mail with {mail.id}"}
            others = update(OutboxMail).where(OutboxMail.id.in_(carries), OutboxMail.finished_at.is_(None))
            db.session.execute(others.values(**told), execution_options=_UNSEEN)
        if noted:
            noted(now)
        ours = then is not None and still_ours(then)
        db.session.commit()
    return ours


def _change(mail: OutboxMail, **values: object) -> None:
    db.session.connection().execute(_marks(*values), _fence(mail) | values)


@lru_cache
def _marks(*columns: str) -> Update:
    return update(_TABLE).where(_IS_OURS).values({name: bindparam(name) for name in columns})


@lru_cache
def _marks_alone(*columns: str) -> Update:
    return _marks(*columns).returning(_NEXT_IS_OURS)


def _fence(mail: OutboxMail, prefix: str = "own") -> dict[str, object]:
    return {f"{prefix}_id": mail.id, f"{prefix}_owner": mail.owner, f"{prefix}_attempts": mail.attempts}
