"""Which answers and dates have no reminders queued yet, and what a reminder needs to read again."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from meetups.accounts.models import Member
from meetups.accounts.queries import not_blocked
from meetups.events.models import Meetup, Occurrence
from meetups.extensions import db
from meetups.rsvps.models import Rsvp


def unplanned(now: datetime, limit: int) -> list[Rsvp]:
    """Return families going to coming dates for whom nothing is queued."""
    query = (
        select(Rsvp)
        .join(Rsvp.occurrence)
        .join(Occurrence.meetup)
        .join(Rsvp.member)
        .where(
            Rsvp.planned_at.is_(None),
            Rsvp.answer == "going",
            Occurrence.starts_at > now,
            Occurrence.cancelled_at.is_(None),
        )
        .options(contains_eager(Rsvp.occurrence).contains_eager(Occurrence.meetup), contains_eager(Rsvp.member))
        .order_by(Rsvp.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Rsvp)
    )
    return list(db.session.scalars(query))


def hosted_soon(now: datetime, ahead: timedelta) -> list[Occurrence]:
    """Return the coming dates with at least one family going that start within `ahead`."""
    query = (
        select(Occurrence)
        .join(Occurrence.meetup)
        .where(
            Occurrence.starts_at > now,
            Occurrence.starts_at <= now + ahead,
            Occurrence.cancelled_at.is_(None),
            Occurrence.taken > 0,
        )
        .options(contains_eager(Occurrence.meetup).joinedload(Meetup.host))
    )
    return list(db.session.scalars(query))


def going(occurrence_id: int, member_id: int, revision: int) -> Rsvp | None:
    """Return the answer a reminder was queued for, if everything is still as it was then."""
    query = (
        select(Rsvp)
        .join(Rsvp.occurrence)
        .join(Occurrence.meetup)
        .join(Member, Member.id == Rsvp.member_id)
        .where(
            Rsvp.occurrence_id == occurrence_id,
            Rsvp.member_id == member_id,
            Rsvp.answer == "going",
            Occurrence.revision == revision,
            Occurrence.cancelled_at.is_(None),
        )
        .options(
            contains_eager(Rsvp.occurrence).options(
                contains_eager(Occurrence.meetup).joinedload(Meetup.host), joinedload(Occurrence.place)
            ),
            joinedload(Rsvp.member),
        )
    )
    found = db.session.scalar(query)
    if found and not db.session.scalar(select(not_blocked(found.member, found.occurrence.meetup.host_id))):
        return None
    return found


def hosted(occurrence_id: int, revision: int) -> Occurrence | None:
    """Return the date a host's list was queued for, if it still stands."""
    query = (
        select(Occurrence)
        .where(Occurrence.id == occurrence_id, Occurrence.revision == revision, Occurrence.cancelled_at.is_(None))
        .options(joinedload(Occurrence.meetup).joinedload(Meetup.host), joinedload(Occurrence.place))
    )
    return db.session.scalar(query)
