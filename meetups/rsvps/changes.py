"""What hosts have changed, told to those who come: several changes of a date as one, several dates in one mail."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import func, select

from meetups.events.models import Change, Occurrence
from meetups.extensions import db, lock_row
from meetups.mail.outbox import enqueue
from meetups.rsvps import queries
from meetups.rsvps.invitations import wanted
from meetups.rsvps.models import Rsvp
from meetups.rsvps.services import promote
from meetups.rsvps.telling import tell_news


def handle_changes(now: datetime, limit: int = 400) -> int:
    """Tell those who come of what hosts have changed and that is due: several changes of one date as one, and
    several dates of one meetup in one mail.

    Return how many dates it was about.
    """
    due = (
        select(Change.occurrence_id)
        .where(Change.handled_at.is_(None), Change.due <= now)
        .group_by(Change.occurrence_id)
        .order_by(func.min(Change.due))
        .limit(limit)
    )
    # With what is due goes all that has happened to the date since: it is told as it stands.
    unhandled = (
        select(Change)
        .where(Change.handled_at.is_(None), Change.occurrence_id.in_(list(db.session.scalars(due))))
        .order_by(Change.id)
        .with_for_update(skip_locked=True)
    )
    dates: dict[int, Occurrence] = {}
    for change in db.session.scalars(unhandled):
        dates[change.occurrence_id] = change.occurrence
        change.handled_at = now
    news: dict[tuple[int, int], list[Rsvp]] = defaultdict(list)
    # In one order, so that two workers never wait for each other's rows.
    for _, occurrence in sorted(dates.items()):
        for row in _handle(occurrence, now):
            news[row.member_id, occurrence.meetup_id].append(row)
    for rows in news.values():
        _tell_changes(rows, now)
    return len(dates)


def _handle(occurrence: Occurrence, now: datetime) -> list[Rsvp]:
    """Settle one changed date, and return the answers of those who have not heard how it stands."""
    lock_row(Occurrence, occurrence.id)
    rows = queries.touched(occurrence)
    for row in rows:
        # Reminders know a time and a place: they are queued anew.
        row.planned_at = None
    let_in = promote(occurrence, now)
    return [row for row in rows if not row.knows and row not in let_in]


def _tell_changes(rows: list[Rsvp], now: datetime) -> None:
    # Of a whole series one mail; but an invitation is of one date, and her calendar needs each. And so is a place.
    together = [row for row in rows if not wanted(row) and not row.let_in] if len(rows) > 1 else []
    for row in (row for row in rows if row not in together):
        tell_news(row, now)
    if together:
        _tell_together(together, now)


def _tell_together(rows: list[Rsvp], now: datetime) -> None:
    first, member = rows[0].occurrence, rows[0].member
    enqueue(
        "changes",
        member.email,
        {"member": member.id, "dates": [row.occurrence_id for row in rows]},
        dedupe_key=f"changes:{first.id}:{member.id}:{first.revision}",
        due=now,
        now=now,
        not_after=max(row.occurrence.ends_at for row in rows),
    )
