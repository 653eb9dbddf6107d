"""What a mail's link leads to: her answer to one date, or to each date of a meetup."""

from datetime import datetime

from sqlalchemy import ColumnElement, select

from meetups.domain.taps import Purpose
from meetups.events import queries as events
from meetups.events.dates import series_of
from meetups.events.hosts import date_open_to
from meetups.events.models import Meetup, Occurrence
from meetups.extensions import db
from meetups.rsvps import queries, standing_queries
from meetups.rsvps.mail_links import Link
from meetups.rsvps.models import Rsvp


def answers(link: Link) -> list[Rsvp]:
    """Return the answers that a link is for, the first date first; none where the date is gone or a block stands
    between its host and her."""
    ids = select(Rsvp.occurrence_id).join(Rsvp.occurrence).where(Rsvp.member_id == link.member.id, _dates(link))
    return queries.all_standing(list(db.session.scalars(ids)), link.member.id)


def unanswered(link: Link, now: datetime) -> list[Rsvp]:
    """Return, for dates that are not over and have no answer of hers any more (a pause has taken it back), one that
    is not given yet and in no table; past blocks, the first date first."""
    hers = select(Rsvp.id).where(Rsvp.member_id == link.member.id, Rsvp.occurrence_id == Occurrence.id)
    query = (
        select(Occurrence)
        .join(Occurrence.meetup)
        .where(_dates(link), Occurrence.ends_at > now, ~hers.exists())
        .where(date_open_to(link.member.id))
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    dates = list(db.session.scalars(events.with_all(query)))
    kids = standing_queries.last_kids(dates[0].meetup, link.member) if dates else []
    return [Rsvp(occurrence=date, member=link.member, kids=list(kids)) for date in dates]


def _dates(link: Link) -> ColumnElement[bool]:
    return _of_series(link.what) if link.purpose == Purpose.DATES else Occurrence.uid == link.what


def _of_series(meetup_public_id: str) -> ColumnElement[bool]:
    # In whatever parts it has been split since.
    meetup = db.session.scalar(select(Meetup).where(Meetup.public_id == meetup_public_id))
    return Occurrence.meetup_id.in_([part.id for part in series_of(meetup)] if meetup else [])
