"""The worker's step: reads the calendars that are followed, one at a time, whoever else does so too."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, update

from meetups.domain.errors import Problem
from meetups.extensions import db, take_oldest
from meetups.imports import queries
from meetups.imports.fetching import PUBLIC, Fetched, Guard, fetch
from meetups.imports.models import Calendar
from meetups.imports.reading import read
from meetups.imports.records import File
from meetups.imports.services import UPLOAD_KEPT, except_late_dates, take

# Longer than a fetch and what follows: a calendar whose lease is over belongs to a worker that died.
LEASE = timedelta(minutes=10)
# After the first, the second, and any later failure in a row.
WAITS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
# Dates that are meetups of their own are made half a year ahead: an unchanged file brings new ones in time.
WHOLE_EVERY = timedelta(days=7)
log = logging.getLogger("meetups.imports")


def read_calendars(now: datetime, guard: Guard = PUBLIC) -> int:
    """Read the calendar that has been due longest, and commit; return how many were read, 0 or 1.

    It is taken for LEASE in one transaction and brought up to date in another, and none is open while its site talks.
    """
    _forget_uploads(now)
    claimed = take_oldest(Calendar, Calendar.next_read, now, next_read=now + LEASE)
    if claimed is None:
        return 0
    if claimed.url is None:
        return _settle(claimed, now, lambda calendar: except_late_dates(calendar, now))
    known = claimed.whole_at is not None and now - claimed.whole_at < WHOLE_EVERY
    etag, last_modified = (claimed.etag, claimed.last_modified) if known else (None, None)
    try:
        found = fetch(claimed.url, etag=etag, last_modified=last_modified, guard=guard)
        file = read(found.body, now) if found else None
        return _settle(claimed, now, lambda calendar: _take(calendar, found, file, now))
    except Problem as problem:
        db.session.rollback()
        words = problem.message
        log.warning("calendar %s was not read: %s", claimed.id, words)
        return _settle(claimed, now, lambda calendar: _failed(calendar, words, now))


def _settle(claimed: Calendar, now: datetime, change: Callable[[Calendar], object]) -> int:
    calendar = queries.locked(claimed.id)
    # Removed meanwhile, or the lease ran out and another worker has it.
    if calendar is None or calendar.next_read != now + LEASE:
        db.session.rollback()
        return 0
    change(calendar)
    db.session.commit()
    return 1


def _take(calendar: Calendar, found: Fetched | None, file: File | None, now: datetime) -> None:
    if found is None or file is None:
        # Nothing has changed there; what was too far ahead may have come near.
        except_late_dates(calendar, now)
        calendar.read_at, calendar.failures = now, 0
        return
    report = take(calendar, file, now)
    calendar.etag, calendar.last_modified = found.etag, found.last_modified
    log.info("calendar %s: %s", calendar.id, report.words())


def _failed(calendar: Calendar, words: str, now: datetime) -> None:
    calendar.failures += 1
    calendar.outcome = words
    calendar.next_read = now + WAITS[min(calendar.failures, len(WAITS)) - 1]


def _forget_uploads(now: datetime) -> None:
    # A file that nobody has said yes to in a day; the calendar too, where it never brought anything.
    old = Calendar.uploaded_at < now - UPLOAD_KEPT
    db.session.execute(delete(Calendar).where(old, Calendar.read_at.is_(None)))
    db.session.execute(update(Calendar).where(old).values(upload=None, uploaded_at=None))
    db.session.commit()
