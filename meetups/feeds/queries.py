"""What goes into which feed, always by what its reader may see."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from meetups.accounts.models import Member
from meetups.events import finding
from meetups.events.calendar import CANCELLED_SHOWN, PAST_SHOWN, midnight
from meetups.events.hosts import date_open_to
from meetups.events.models import Meetup, Occurrence
from meetups.events.search import Search
from meetups.extensions import db
from meetups.feeds.models import Feed, SavedSearch
from meetups.rsvps.models import Rsvp

SEARCH_AHEAD = timedelta(weeks=8)
MOST = 500


def of_member(member: Member) -> list[Feed]:
    """Return a member's feeds that have not ended, newest first."""
    query = select(Feed).where(Feed.member_id == member.id, Feed.ended_at.is_(None))
    return list(db.session.scalars(query.order_by(Feed.id.desc())))


def parts(ids: Sequence[int]) -> list[tuple[Meetup, list[Occurrence]]]:
    """Return the meetups of these ids, oldest first, each with all its rows by recurrence id."""
    meetups = select(Meetup).where(Meetup.id.in_(ids)).options(joinedload(Meetup.place)).order_by(Meetup.id)
    found: dict[int, tuple[Meetup, list[Occurrence]]] = {row.id: (row, []) for row in db.session.scalars(meetups)}
    dates = select(Occurrence).where(Occurrence.meetup_id.in_(ids)).options(joinedload(Occurrence.place))
    for row in db.session.scalars(dates.order_by(Occurrence.recurrence_id)):
        found[row.meetup_id][1].append(row)
    return list(found.values())


def own_conditions(member_id: Any, since: Any, cancelled_since: Any) -> list[ColumnElement[bool]]:
    """Return which dates a member's own feed holds: what she said going or maybe to, past blocks.

    Each argument may be a value, a column or a parameter; a cancelled date is told of from `cancelled_since` on.
    """
    return [
        Rsvp.member_id == member_id,
        or_(Rsvp.answer == "going", Rsvp.answer == "maybe"),
        Occurrence.starts_at >= since,
        or_(Occurrence.cancelled_at.is_(None), Occurrence.starts_at >= cancelled_since),
        date_open_to(member_id),
    ]


def own_dates(member_id: int, now: datetime) -> list[tuple[Occurrence, str]]:
    """Return the dates of a member's own feed: (date, answer), soonest first.

    Where there are too many, the oldest past is left out first, then the farthest to come.
    """
    day = midnight(now)
    past = Occurrence.starts_at < day
    query = (
        select(Occurrence, Rsvp.answer)
        .join(Rsvp, Rsvp.occurrence_id == Occurrence.id)
        .join(Occurrence.meetup)
        .where(*own_conditions(member_id, day - PAST_SHOWN, day - CANCELLED_SHOWN))
        .options(contains_eager(Occurrence.meetup).joinedload(Meetup.place), joinedload(Occurrence.place))
        .order_by(past, case((past, None), else_=Occurrence.starts_at), Occurrence.starts_at.desc(), Occurrence.id)
        .limit(MOST)
    )
    found = [(row, answer) for row, answer in db.session.execute(query)]
    return sorted(found, key=lambda pair: (pair[0].starts_at, pair[0].id))


def saved(public_id: str) -> SavedSearch | None:
    """Return a saved search."""
    return db.session.scalar(select(SavedSearch).where(SavedSearch.public_id == public_id))


def saved_by_digest(digest: str) -> SavedSearch | None:
    """Return the saved search of the same parameters."""
    return db.session.scalar(select(SavedSearch).where(SavedSearch.digest == digest))


def search_dates(query: Mapping[str, Any], now: datetime) -> list[Occurrence]:
    """Return what a stranger finds with a saved search, from today's midnight (UTC) on for eight weeks."""
    day = midnight(now)
    found = finding.find(Search.from_args(query), None, day, MOST)
    ids = [row.id for row in found if row.starts_at < day + SEARCH_AHEAD]
    rows = (
        select(Occurrence)
        .join(Occurrence.meetup)
        .where(Occurrence.id.in_(ids))
        .options(contains_eager(Occurrence.meetup).joinedload(Meetup.host), joinedload(Occurrence.place))
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    return list(db.session.scalars(rows))
