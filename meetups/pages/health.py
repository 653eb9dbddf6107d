"""What a load balancer and the one who keeps the site ask."""

from datetime import datetime, timedelta
from functools import cache

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import false, update

from meetups.extensions import db, may_write
from meetups.mail.models import Heartbeat
from meetups.mail.queries import due, last_beat
from meetups.places import gazetteer
from meetups.schema import alembic_config

LATE = timedelta(minutes=5)
# A worker that is started beside this process finishes its first round within seconds.
STARTING = 60.0  # seconds
LATE_MAIL = "mail has been due for more than 5 minutes"
NO_ROUND = "no worker has finished a round for more than 5 minutes"
NO_GAZETTEER = "note: no gazetteer, so of all towns and postal codes none is found (flask build-gazetteer)"


def problems(now: datetime) -> list[str]:
    """Return what keeps the site from doing its work; raises OperationalError where the database is away."""
    found = []
    _try_to_write()
    if not _at_head():
        found.append("schema is not at the newest migration")
    oldest, beat = due(now).oldest, last_beat()
    if oldest and oldest < now - LATE:
        found.append(LATE_MAIL)
    if beat is None or beat < now - LATE:
        found.append(NO_ROUND)
    return found


def is_starting(found: list[str], seconds: float) -> bool:
    """Return whether nothing is amiss but what a worker puts right that has not come round yet, in a process that is so
    many seconds old."""
    return NO_ROUND in found and {NO_ROUND, LATE_MAIL}.issuperset(found) and seconds < STARTING


def notes() -> list[str]:
    """Return what the site works without, and whoever keeps it may want to know."""
    return [] if gazetteer.there() else [NO_GAZETTEER]


def _try_to_write() -> None:
    # Changes no row, yet a full disk's or a standby's database refuses it.
    may_write.set(True)
    db.session.execute(update(Heartbeat).where(false()).values(beat_at=Heartbeat.beat_at))
    db.session.rollback()
    # What follows only reads, and must not keep SQLite's one writer waiting: anybody may ask, as often as he likes.
    may_write.set(False)


def _at_head() -> bool:
    return set(MigrationContext.configure(db.session.connection()).get_current_heads()) == _heads()


@cache
def _heads() -> set[str]:
    # They are read from a dozen files, which stay as they are while this process lives.
    return set(ScriptDirectory.from_config(alembic_config()).get_heads())
