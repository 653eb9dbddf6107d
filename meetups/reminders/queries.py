"""Which answers and dates have no reminders queued yet, and what a reminder needs to read again."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from meetups.accounts.models import Member
from meetups.events.hosts import date_open_to
from meetups.events.models import Meetup, Occurrence
from meetups.events.queries import starts_within
from meetups.extensions import db
from meetups.mail.models import IS_OPEN, MailState, OutboxMail
from meetups.rsvps.models import Rsvp

# What is due so close to each other is told in one mail.
TOGETHER = timedelta(minutes=30)
# The mails of rsvps.emails.news.
NEWS = ("promoted", "changed", "cancelled", "changes")


def unplanned(now: datetime, limit: int) -> list[Rsvp]:
    """Return families going for whom nothing is queued, locked for the transaction.

    Those whose date is over are among them, so that they are marked and never looked at again.
    """
    query = (
        select(Rsvp)
        .join(Rsvp.occurrence)
        .join(Occurrence.meetup)
        .join(Rsvp.member)
        .where(
            Rsvp.planned_at.is_(None),
            Rsvp.answer == "going",
            or_(Occurrence.cancelled_at.is_(None), Occurrence.starts_at <= now),
        )
        .options(contains_eager(Rsvp.occurrence).contains_eager(Occurrence.meetup), contains_eager(Rsvp.member))
        .order_by(Rsvp.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Rsvp)
    )
    return list(db.session.scalars(query))


def hosted_soon(now: datetime, ahead: timedelta, limit: int) -> list[Occurrence]:
    """Return the dates with a family going that start within `ahead` and whose host has no list queued."""
    query = (
        select(Occurrence)
        .join(Occurrence.meetup)
        .where(
            *starts_within(now, ahead),
            Occurrence.taken > 0,
            Occurrence.listed_for.is_distinct_from(Occurrence.starts_at),
        )
        .options(contains_eager(Occurrence.meetup).joinedload(Meetup.host))
        .order_by(Occurrence.starts_at, Occurrence.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def facts(occurrence: Occurrence) -> str:
    """Return the time (UTC) and place that a mail before a date is about: for others it is not sent."""
    return f"{occurrence.starts_at.isoformat()} {occurrence.place_id}"


# Thousands are due at once, and building a query takes longer than asking it.
_GOING = (
    select(Rsvp)
    .join(Rsvp.occurrence)
    .join(Occurrence.meetup)
    .where(
        Rsvp.occurrence_id == bindparam("occurrence"),
        Rsvp.member_id == bindparam("member"),
        Rsvp.answer == "going",
        date_open_to(Rsvp.member_id),
    )
    .options(
        contains_eager(Rsvp.occurrence).options(
            contains_eager(Occurrence.meetup).joinedload(Meetup.host), joinedload(Occurrence.place)
        ),
        joinedload(Rsvp.member),
    )
)


def going(occurrence_id: int, member_id: int) -> Rsvp | None:
    """Return the answer a reminder was queued for, if it still is a yes and no block stands between."""
    return db.session.scalar(_GOING, {"occurrence": occurrence_id, "member": member_id})


def news_is_queued(rsvp: Rsvp) -> bool:
    """Return whether a mail that tells a family how its date stands now is still to leave."""
    query = select(OutboxMail.data).where(OutboxMail.rcpt == rsvp.member.email, OutboxMail.template.in_(NEWS), IS_OPEN)
    about = (data.get("dates") or [data["occurrence"]] for data in db.session.scalars(query))
    return any(rsvp.occurrence_id in ids for ids in about)


def hosted(occurrence_id: int) -> Occurrence | None:
    """Return the date a host's list was queued for, if it still stands."""
    query = (
        select(Occurrence)
        .where(Occurrence.id == occurrence_id, Occurrence.cancelled_at.is_(None))
        .options(joinedload(Occurrence.meetup).joinedload(Meetup.host), joinedload(Occurrence.place))
    )
    return db.session.scalar(query)


def falling_together(mail: OutboxMail) -> list[OutboxMail]:
    """Return the rows that are still to be sent to one reader, of one kind and due within half an hour, the first
    date first. The mail's own is among them, unless it has been told with another."""
    query = (
        select(OutboxMail)
        .where(OutboxMail.rcpt == mail.rcpt, OutboxMail.template == mail.template, IS_OPEN)
        .order_by(OutboxMail.not_after, OutboxMail.id)
        .execution_options(populate_existing=True)
    )
    due = datetime.fromisoformat(mail.data["due"])
    rows = db.session.scalars(query)
    return [row for row in rows if abs(datetime.fromisoformat(row.data["due"]) - due) <= TOGETHER]


def untried(member: Member, kind: str) -> list[OutboxMail]:
    """Return the rows of one kind that wait for a member and were never tried, locked for the transaction."""
    hers = (OutboxMail.rcpt == member.email, OutboxMail.template == kind)
    query = select(OutboxMail).where(*hers, OutboxMail.state == MailState.PENDING, OutboxMail.attempts == 0)
    return list(db.session.scalars(query.where(IS_OPEN).with_for_update()))


def dates_ahead(member: Member, now: datetime) -> ColumnElement[bool]:
    """Return the condition for a member's answers to dates that have not begun."""
    ahead = select(Occurrence.id).where(Occurrence.starts_at > now)
    return and_(Rsvp.member_id == member.id, Rsvp.occurrence_id.in_(ahead))
