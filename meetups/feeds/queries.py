"""What goes into which feed, always by what its reader may see."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import contains_eager, joinedload

from meetups.accounts.models import Member
from meetups.accounts.queries import not_blocked
from meetups.columns import hashed
from meetups.events import search as searching
from meetups.events.models import Meetup, Occurrence
from meetups.events.search import Search
from meetups.extensions import db
from meetups.feeds.models import Feed, SavedSearch
from meetups.rsvps.models import Rsvp

PAST_SHOWN, CANCELLED_SHOWN = timedelta(days=90), timedelta(days=30)
SEARCH_AHEAD = timedelta(weeks=8)
MOST = 500


def by_token(token: str) -> Feed | None:
    """Return the feed of a secret token."""
    query = select(Feed).where(Feed.token_hash == hashed(token)).options(joinedload(Feed.member))
    return db.session.scalar(query)


def of_member(member: Member) -> list[Feed]:
    """Return a member's feeds, newest first."""
    return list(db.session.scalars(select(Feed).where(Feed.member_id == member.id).order_by(Feed.id.desc())))


def own_dates(member: Member, now: datetime) -> list[tuple[Occurrence, str]]:
    """Return the dates a member answered with going or maybe: (date, answer)."""
    query = (
        select(Occurrence, Rsvp.answer)
        .join(Rsvp, Rsvp.occurrence_id == Occurrence.id)
        .join(Occurrence.meetup)
        .where(
            Rsvp.member_id == member.id,
            Rsvp.answer.in_(("going", "maybe")),
            Occurrence.starts_at > now - PAST_SHOWN,
            or_(Occurrence.cancelled_at.is_(None), Occurrence.cancelled_at > now - CANCELLED_SHOWN),
            not_blocked(member, Meetup.host_id),
        )
        .options(contains_eager(Occurrence.meetup).joinedload(Meetup.place), joinedload(Occurrence.place))
        .order_by(Occurrence.starts_at, Occurrence.id)
        .limit(MOST)
    )
    return [(row, answer) for row, answer in db.session.execute(query)]


def saved(public_id: str) -> SavedSearch | None:
    """Return a saved search."""
    return db.session.scalar(select(SavedSearch).where(SavedSearch.public_id == public_id))


def saved_by_digest(digest: str) -> SavedSearch | None:
    """Return the saved search of the same parameters."""
    return db.session.scalar(select(SavedSearch).where(SavedSearch.digest == digest))


def search_dates(query: Mapping[str, Any], zone: str, now: datetime) -> list[Occurrence]:
    """Return what a stranger finds with a saved search in the next eight weeks."""
    search = Search.from_args(query).but(zone=zone)
    found = searching.find(search, None, now, MOST)
    return [row for row in found if row.starts_at < now + SEARCH_AHEAD]
