"""What a load balancer and the one who keeps the site ask."""

from datetime import datetime, timedelta

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import false, select, update

from meetups.extensions import db, may_write
from meetups.mail.models import IS_OPEN, Heartbeat, OutboxMail
from meetups.schema import alembic_config

LATE = timedelta(minutes=5)


def problems(now: datetime) -> list[str]:
    """Return what keeps the site from doing its work; raises OperationalError where the database is away."""
    found = []
    _try_to_write()
    if not _at_head():
        found.append("schema is not at the newest migration")
    if _mail_is_late(now):
        found.append("mail has been due for more than 5 minutes")
    return found


def _try_to_write() -> None:
    # Changes no row, yet a full disk's or a standby's database refuses it.
    may_write.set(True)
    db.session.execute(update(Heartbeat).where(false()).values(beat_at=Heartbeat.beat_at))
    db.session.rollback()


def _at_head() -> bool:
    current = MigrationContext.configure(db.session.connection()).get_current_heads()
    return set(current) == set(ScriptDirectory.from_config(alembic_config()).get_heads())


def _mail_is_late(now: datetime) -> bool:
    due = select(OutboxMail.id).where(IS_OPEN, OutboxMail.next_try < now - LATE)
    return db.session.scalar(due.limit(1)) is not None
