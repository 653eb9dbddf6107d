"""How the outbox stands, for whoever runs the site. Nothing here says to whom a mail goes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from meetups.extensions import db
from meetups.mail.models import IS_OPEN, Heartbeat, MailState, OutboxMail


@dataclass(frozen=True, slots=True)
class Due:
    """How many mails are due and not sent, and since when the oldest is (UTC)."""

    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """One mail that failed, or waits after a failure."""

    id: int
    template: str
    state: str
    attempts: int
    outcome: str | None
    created_at: datetime
    next_try: datetime
    finished_at: datetime | None


_TROUBLE = select(*(getattr(OutboxMail, name) for name in Trouble.__slots__))


def due(now: datetime) -> Due:
    """Return what a worker would take now. One that waits after a failure is due when it is tried again."""
    query = select(func.count(), func.min(OutboxMail.next_try)).where(IS_OPEN, OutboxMail.next_try <= now)
    count, oldest = db.session.execute(query).one()
    return Due(count, oldest)


def by_state() -> dict[str, int]:
    """Return how many mails there are in each state, of the month that they are kept."""
    query = select(OutboxMail.state, func.count()).group_by(OutboxMail.state)
    return {row[0]: row[1] for row in db.session.execute(query)}


def failures() -> list[tuple[str, int]]:
    """Return why mails have failed and how many for each reason, most first."""
    count = func.count().label("count")
    query = select(OutboxMail.outcome, count).where(failed()).group_by(OutboxMail.outcome).order_by(count.desc())
    return [(why or "", number) for why, number in db.session.execute(query)]


def troubles(limit: int) -> list[Trouble]:
    """Return the newest mails that failed or wait after a failure."""
    query = _TROUBLE.where(or_(failed(), waits())).order_by(OutboxMail.id.desc())
    return [Trouble(*row) for row in db.session.execute(query.limit(limit))]


def trouble(mail_id: int) -> Trouble | None:
    """Return one of them."""
    row = db.session.execute(_TROUBLE.where(OutboxMail.id == mail_id, or_(failed(), waits()))).one_or_none()
    return Trouble(*row) if row else None


def told(keys: Iterable[str]) -> set[str]:
    """Return those of some keys under which a mail has been sent, or will be."""
    query = select(OutboxMail.dedupe_key).where(OutboxMail.dedupe_key.in_(list(keys)))
    return set(db.session.scalars(query.where(OutboxMail.state != MailState.DROPPED)))


def failed() -> ColumnElement[bool]:
    """Return the condition that a mail has failed for good."""
    return OutboxMail.state == MailState.FAILED


def waits() -> ColumnElement[bool]:
    """Return the condition that a mail waits after a failure, and no worker has it."""
    return and_(OutboxMail.state == MailState.PENDING, OutboxMail.outcome.is_not(None))


def last_beat() -> datetime | None:
    """Return when a worker last finished a round (UTC)."""
    return db.session.scalar(select(func.max(Heartbeat.beat_at)))
