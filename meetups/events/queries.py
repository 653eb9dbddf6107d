"""Reading meetups and their dates, always past blocks."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from meetups.accounts.models import Member
from meetups.events.hosts import date_seen_past_blocks, seen_past_blocks
from meetups.events.models import Edit, Meetup, Occurrence, parse_rid
from meetups.extensions import db


def meetup(public_id: str, viewer: Member | None) -> Meetup | None:
    """Return a meetup with host and place; None where it is not there or a block stands between."""
    query = (
        select(Meetup)
        .where(Meetup.public_id == public_id, seen_past_blocks(viewer))
        .options(joinedload(Meetup.host), joinedload(Meetup.place))
    )
    return db.session.scalar(query)


def with_all(query: Select[Occurrence]) -> Select[Occurrence]:
    """Add what every page needs of a date: its meetup, host and place. The query must join the meetup."""
    return query.options(
        contains_eager(Occurrence.meetup).options(joinedload(Meetup.host), joinedload(Meetup.place)),
        joinedload(Occurrence.place),
    )


def occurrence(public_id: str, rid: str, viewer: Member | None) -> Occurrence | None:
    """Return one date of a meetup, likewise."""
    recurrence_id = parse_rid(rid)
    if recurrence_id is None:
        return None
    query = (
        select(Occurrence)
        .join(Occurrence.meetup)
        .where(Occurrence.recurrence_id == recurrence_id, date_seen_past_blocks(viewer))
    )
    found = db.session.scalar(with_all(query.where(Meetup.public_id == public_id)))
    # A date that "this and following" has taken along is still found where people know it.
    return found or db.session.scalar(with_all(query.where(_in_series_of(Meetup.public_id == public_id)).limit(1)))


def by_id(occurrence_id: int) -> Occurrence | None:
    """Return a date with all that a mail says of it."""
    query = select(Occurrence).join(Occurrence.meetup).where(Occurrence.id == occurrence_id)
    return db.session.scalar(with_all(query))


def _in_series_of(this: ColumnElement[bool]) -> ColumnElement[bool]:
    root = select(func.coalesce(Meetup.series_id, Meetup.id)).where(this).correlate(None).scalar_subquery()
    return or_(Meetup.id == root, Meetup.series_id == root)


def edit_of(of: Meetup, public_id: str) -> Edit | None:
    """Return an edit of a meetup, or of another part of its series."""
    query = select(Edit).join(Meetup, Meetup.id == Edit.meetup_id)
    return db.session.scalar(query.where(Edit.public_id == public_id, _in_series_of(Meetup.id == of.id)))


def upcoming(of: Meetup, now: datetime, limit: int) -> list[Occurrence]:
    """Return the next dates of a meetup and of all parts of its series that are not over, cancelled ones among them,
    soonest first."""
    root = of.series_id or of.id
    # By the series first: along the starts of all dates, a database would pass by a whole country's.
    parts = select(Meetup.id).where(or_(Meetup.id == root, Meetup.series_id == root))
    query = (
        select(Occurrence)
        .join(Occurrence.meetup)
        .where(Occurrence.meetup_id.in_(parts), Occurrence.ends_at > now)
        .order_by(Occurrence.starts_at, Occurrence.id)
        .limit(limit)
    )
    return list(db.session.scalars(with_all(query)))


def next_or_last(of: Meetup, now: datetime) -> Occurrence | None:
    """Return the next date that takes place, or else the last there is."""
    rows = select(Occurrence).join(Occurrence.meetup).where(Occurrence.meetup_id == of.id)
    coming = rows.where(Occurrence.ends_at > now).order_by(Occurrence.cancelled_at.is_not(None), Occurrence.starts_at)
    last = rows.order_by(Occurrence.starts_at.desc())
    return db.session.scalar(with_all(coming.limit(1))) or db.session.scalar(with_all(last.limit(1)))


def starts_within(now: datetime, ahead: timedelta) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for dates that take place and begin after now and no later than `ahead` from now."""
    return Occurrence.starts_at > now, Occurrence.starts_at <= now + ahead, Occurrence.cancelled_at.is_(None)


def all_dates(of: Meetup) -> list[Occurrence]:
    """Return every date of a meetup that exists as a row, by recurrence id."""
    query = select(Occurrence).join(Occurrence.meetup).where(Occurrence.meetup_id == of.id)
    return list(db.session.scalars(with_all(query.order_by(Occurrence.recurrence_id))))


def by_form_key(host: Member, form_key: str) -> Meetup | None:
    """Return the meetup that this form has already posted."""
    return db.session.scalar(select(Meetup).where(Meetup.host_id == host.id, Meetup.form_key == form_key))


def active_count(host: Member, now: datetime) -> int:
    """Return how many meetups a member hosts that have dates to come."""
    query = (
        select(func.count(func.distinct(Occurrence.meetup_id)))
        .join(Occurrence.meetup)
        .where(Meetup.host_id == host.id, Meetup.cancelled_at.is_(None), Occurrence.starts_at > now)
    )
    return db.session.scalar(query) or 0


def last_hosted(host: Member) -> Meetup | None:
    """Return what a member posted last."""
    query = select(Meetup).where(Meetup.host_id == host.id).options(joinedload(Meetup.place))
    return db.session.scalar(query.order_by(Meetup.id.desc()).limit(1))
