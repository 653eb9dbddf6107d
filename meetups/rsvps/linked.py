"""What a mail's link leads to: her answer to one date, to each date that a mail told of, or a yes that has ended."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, select

from meetups.domain.taps import Purpose
from meetups.events import queries as events
from meetups.events.dates import series_of
from meetups.events.hosts import date_open_to
from meetups.events.models import Meetup, Occurrence
from meetups.extensions import db
from meetups.rsvps import queries, standing_queries
from meetups.rsvps.mail_links import Link, seconds
from meetups.rsvps.models import Rsvp, StandingYes


def over(link: Link, now: datetime) -> bool:
    """Return whether all dates are over that a link is for. Blocks are not looked at: a link that has ended for
    everybody must not say that it has ended for one."""
    ends = select(Occurrence.ends_at).where(_dates(link)).order_by(Occurrence.ends_at.desc()).limit(1)
    last = db.session.scalar(ends)
    return last is not None and last <= now


def answers(link: Link, now: datetime) -> list[Rsvp]:
    """Return the answers that a link is for whose dates are not over, the first date first; none where the date is
    gone or a block stands between its host and her."""
    mine = Rsvp.member_id == link.member.id, Occurrence.ends_at > now
    ids = select(Rsvp.occurrence_id).join(Rsvp.occurrence).where(_dates(link), *mine)
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
    if link.purpose != Purpose.DATES:
        return Occurrence.uid == link.what
    # In whatever parts it has been split since.
    meetup, until = _meetup(link), datetime.fromtimestamp(link.moment, UTC)
    parts = [part.id for part in series_of(meetup)] if meetup else []
    return and_(Occurrence.meetup_id.in_(parts), Occurrence.starts_at < until)


def standing(link: Link) -> StandingYes | None:
    """Return the standing yes that an AGAIN link is for, blocks or not; None where there never was one."""
    meetup = _meetup(link)
    return standing_queries.of(meetup, link.member) if meetup else None


def used_up(link: Link, row: StandingYes) -> bool:
    """Return whether a standing yes has ended since once more: another mail, or she herself, has said so."""
    return row.ended_at is not None and seconds(row.ended_at) != link.moment


def _meetup(link: Link) -> Meetup | None:
    return db.session.scalar(select(Meetup).where(Meetup.public_id == link.what))
