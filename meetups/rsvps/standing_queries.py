"""Reading standing yeses: whose they are, which dates have no answer yet, and what became of those that are over."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from meetups.accounts.models import Kid, Member
from meetups.domain.standing import Went, went
from meetups.events.dates import TELL_AFTER
from meetups.events.hosts import date_open_to, hosted_by, open_to, root_of
from meetups.events.models import Edit, Meetup, Occurrence
from meetups.extensions import db
from meetups.rsvps.models import Rsvp, StandingYes

# A date that is over longer has been looked at.
JUST_OVER = timedelta(days=1)


def _in_series(series_id: Any) -> ColumnElement[bool]:
    return or_(Meetup.id == series_id, Meetup.series_id == series_id)


def of(meetup: Meetup, member: Member) -> StandingYes | None:
    """Return what a member has said to a whole series, also where it has ended."""
    query = select(StandingYes).where(StandingYes.series_id == root_of(meetup), StandingYes.member_id == member.id)
    return db.session.scalar(query.options(selectinload(StandingYes.kids)))


def locked(standing_id: int) -> StandingYes:
    """Return a standing yes afresh, kept from others until the transaction ends: always before its dates are."""
    query = select(StandingYes).where(StandingYes.id == standing_id).with_for_update()
    return db.session.scalars(query, execution_options={"populate_existing": True}).one()


def series_of(member: Member) -> set[int]:
    """Return the ids of the series, by their first parts, that a member comes to every time, paused or not."""
    query = select(StandingYes.series_id).where(StandingYes.member_id == member.id, StandingYes.ended_at.is_(None))
    return set(db.session.scalars(query))


def active_of(member: Member, now: datetime) -> list[tuple[StandingYes, Occurrence]]:
    """Return what a member comes to every time, past blocks, each with the next date that takes place."""
    part = aliased(Meetup)
    following = (
        select(Occurrence.id)
        .join(part, part.id == Occurrence.meetup_id)
        .where(
            or_(part.id == StandingYes.series_id, part.series_id == StandingYes.series_id),
            Occurrence.ends_at > now,
            Occurrence.cancelled_at.is_(None),
        )
        .order_by(Occurrence.starts_at, Occurrence.id)
        .limit(1)
        .correlate(StandingYes)
        .scalar_subquery()
    )
    query = (
        select(StandingYes, Occurrence)
        .join(Occurrence, Occurrence.id == following)
        .join(Occurrence.meetup)
        .where(
            StandingYes.member_id == member.id,
            StandingYes.ended_at.is_(None),
            date_open_to(member.id),
        )
        .options(
            contains_eager(Occurrence.meetup).options(joinedload(Meetup.host), joinedload(Meetup.place)),
            joinedload(Occurrence.place),
        )
        .order_by(Occurrence.starts_at, StandingYes.id)
    )
    return [(row, following) for row, following in db.session.execute(query)]


def last_kids(meetup: Meetup, member: Member) -> list[Kid]:
    """Return whom a member brought, or meant to, when she last answered a date of a series; at first, all her kids."""
    query = (
        select(Rsvp)
        .join(Rsvp.occurrence)
        .join(Occurrence.meetup)
        .where(_in_series(root_of(meetup)), Rsvp.member_id == member.id)
        .options(selectinload(Rsvp.kids))
        .order_by(Rsvp.changed_at.desc(), Rsvp.id.desc())
        .limit(1)
    )
    row = db.session.scalar(query)
    return list(row.kids if row else member.kids)


def is_regular(member_id: Any, meetup: Any) -> ColumnElement[bool]:
    """Return the condition that the member of a column comes every time to the meetup of (aliased) columns."""
    return (
        select(StandingYes.id)
        .where(
            StandingYes.member_id == member_id,
            StandingYes.series_id == func.coalesce(meetup.series_id, meetup.id),
            StandingYes.ended_at.is_(None),
        )
        .correlate_except(StandingYes)
        .exists()
    )


def due_series(now: datetime, limit: int) -> list[int]:
    """Return the series whose new dates are to be looked for, the longest due first."""
    query = (
        select(StandingYes.series_id)
        .where(StandingYes.ended_at.is_(None), StandingYes.look_at <= now)
        .group_by(StandingYes.series_id)
        .order_by(func.min(StandingYes.look_at), StandingYes.series_id)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def regulars_of(series_id: int) -> list[StandingYes]:
    """Return who comes to a series every time, past blocks with its host, locked and afresh."""
    query = (
        select(StandingYes)
        .join(StandingYes.series)
        .where(
            StandingYes.series_id == series_id,
            StandingYes.ended_at.is_(None),
            open_to(StandingYes.member_id),
        )
        .options(selectinload(StandingYes.member), selectinload(StandingYes.kids))
        .order_by(StandingYes.id)
        .with_for_update(of=StandingYes)
    )
    return list(db.session.scalars(query, execution_options={"populate_existing": True}))


def just_edited(series_id: int, now: datetime) -> bool:
    """Return whether an edit of a series can still be undone: an answer to a date it made would stand in the way."""
    query = select(Edit.id).join(Meetup, Meetup.id == Edit.meetup_id)
    recent = query.where(_in_series(series_id), Edit.created_at > now - TELL_AFTER)
    return db.session.scalar(recent.limit(1)) is not None


def coming(series_id: int, now: datetime) -> list[Occurrence]:
    """Return the dates of a series that can be answered, soonest first."""
    query = (
        select(Occurrence)
        .join(Occurrence.meetup)
        .where(_in_series(series_id), Occurrence.starts_at > now, Occurrence.cancelled_at.is_(None))
        .options(contains_eager(Occurrence.meetup).joinedload(Meetup.host), joinedload(Occurrence.place))
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    return list(db.session.scalars(query))


def answered(dates: Iterable[Occurrence], members: Iterable[int]) -> set[tuple[int, int]]:
    """Return which of some members have answered which of some dates, as (date's id, member's id); what a pause said
    for them is no answer."""
    ids = [row.id for row in dates]
    query = select(Rsvp.occurrence_id, Rsvp.member_id).where(
        Rsvp.occurrence_id.in_(ids),
        Rsvp.member_id.in_(list(members)),
        not_(and_(Rsvp.by_standing, Rsvp.answer == "not_going")),
    )
    return {(row.occurrence_id, row.member_id) for row in db.session.execute(query)}


def left_out(series_id: int, members: Sequence[int]) -> dict[int, list[datetime]]:
    """Return the starts of the dates of a series that had no place for a regular, by her id."""
    query = (
        select(Rsvp.member_id, Occurrence.starts_at)
        .join(Rsvp.occurrence)
        .join(Occurrence.meetup)
        .where(_in_series(series_id), Rsvp.member_id.in_(members), Rsvp.answer == "waiting")
    )
    found: dict[int, list[datetime]] = defaultdict(list)
    for row in db.session.execute(query):
        found[row.member_id].append(row.starts_at)
    return found


def given(row: StandingYes, now: datetime) -> list[Rsvp]:
    """Return the answers to coming dates that a standing yes gave and that still are its own."""
    return list(db.session.scalars(_answers(row, now).where(Rsvp.by_standing)))


def coming_answers(row: StandingYes, now: datetime) -> list[Rsvp]:
    """Return her answers to the coming dates of the series, given either way, the first date first."""
    return list(db.session.scalars(_answers(row, now)))


def _answers(row: StandingYes, now: datetime) -> Select[Any]:
    return (
        select(Rsvp)
        .join(Rsvp.occurrence)
        .join(Occurrence.meetup)
        .where(_in_series(row.series_id), Rsvp.member_id == row.member_id, Occurrence.starts_at > now)
        .options(
            contains_eager(Rsvp.occurrence).options(
                contains_eager(Occurrence.meetup).joinedload(Meetup.host), joinedload(Occurrence.place)
            ),
            joinedload(Rsvp.member),
        )
        .order_by(Occurrence.starts_at, Occurrence.id)
    )


def just_over(series_id: int, now: datetime) -> bool:
    """Return whether a date of a series has ended of late."""
    query = select(Occurrence.id).join(Occurrence.meetup)
    over = query.where(_in_series(series_id), Occurrence.ends_at <= now, Occurrence.ends_at > now - JUST_OVER)
    return db.session.scalar(over.limit(1)) is not None


def history(regulars: Sequence[StandingYes], now: datetime) -> dict[int, list[Went]]:
    """Return what became of the dates of one series that took place since each came every time, by her id, oldest
    first."""
    since = {row.member_id: row.since for row in regulars}
    query = (
        select(Rsvp.member_id, Rsvp.answer, Rsvp.no_miss, Occurrence.starts_at)
        .join(Rsvp.occurrence)
        .join(Occurrence.meetup)
        .where(
            _in_series(regulars[0].series_id),
            Rsvp.member_id.in_(since),
            Occurrence.starts_at >= min(since.values()),
            Occurrence.ends_at <= now,
            Occurrence.cancelled_at.is_(None),
        )
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    found: dict[int, list[Went]] = defaultdict(list)
    for row in db.session.execute(query):
        if row.starts_at >= since[row.member_id]:
            found[row.member_id].append(went(row.answer, no_miss=row.no_miss))
    return found


def for_mail(standing_id: int) -> StandingYes | None:
    """Return a standing yes with its member and series, past a block with the host."""
    query = (
        select(StandingYes)
        .join(StandingYes.series)
        .where(StandingYes.id == standing_id, open_to(StandingYes.member_id))
        .options(
            contains_eager(StandingYes.series).options(joinedload(Meetup.host), joinedload(Meetup.place)),
            joinedload(StandingYes.member),
        )
    )
    return db.session.scalar(query)


def between(pairs: Sequence[tuple[int, int]]) -> list[StandingYes]:
    """Return what either of each two members has said to the other's series, locked, in the order of their ids."""
    if not pairs:
        return []
    either = or_(
        *(
            hosted_by(host) & (StandingYes.member_id == member)
            for one, other in pairs
            for host, member in ((one, other), (other, one))
        )
    )
    query = select(StandingYes).join(StandingYes.series).where(either, StandingYes.ended_at.is_(None))
    return list(db.session.scalars(query.order_by(StandingYes.id).with_for_update(of=StandingYes)))
