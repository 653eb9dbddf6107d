"""What a mail's link leads to: her answer to one date, or to each date of a meetup."""

from sqlalchemy import ColumnElement, select

from meetups.domain.taps import Purpose
from meetups.events.dates import series_of
from meetups.events.models import Meetup, Occurrence
from meetups.extensions import db
from meetups.rsvps import queries
from meetups.rsvps.mail_links import Link
from meetups.rsvps.models import Rsvp


def answers(link: Link) -> list[Rsvp]:
    """Return the answers that a link is for, the first date first; none where the date is gone or a block stands
    between its host and her."""
    which = _of_series(link.what) if link.purpose == Purpose.DATES else Occurrence.uid == link.what
    ids = select(Rsvp.occurrence_id).join(Rsvp.occurrence).where(Rsvp.member_id == link.member.id, which)
    return queries.all_standing(list(db.session.scalars(ids)), link.member.id)


def _of_series(meetup_public_id: str) -> ColumnElement[bool]:
    # In whatever parts it has been split since.
    meetup = db.session.scalar(select(Meetup).where(Meetup.public_id == meetup_public_id))
    return Occurrence.meetup_id.in_([part.id for part in series_of(meetup)] if meetup else [])
