"""Who waits for a meetup that is new, and what of it a mail may tell when it leaves."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from meetups.accounts.models import Member
from meetups.domain.nearness import Point
from meetups.domain.wishes import cells_to_place, suits, to_place
from meetups.events import undo
from meetups.events.beginnings import Beginning
from meetups.events.dates import TELL_AFTER
from meetups.events.finding import visible
from meetups.events.hosts import acts_as_host, open_to
from meetups.events.models import Meetup, Occurrence
from meetups.events.queries import with_all
from meetups.extensions import db, remembered
from meetups.mail.models import IS_OPEN, OutboxMail
from meetups.places.models import Place
from meetups.rsvps.queries import answers_of
from meetups.wishes.models import Wish
from meetups.wishes.queries import is_open, reaches
from meetups.wishes.services import resting_from

TEMPLATE = "wish"
# What begins sooner nobody can come to who hears of it now.
SOONEST = timedelta(minutes=30)
# What a child grows into later than this is nothing that starts now.
SPAN, DATES = timedelta(weeks=4), 28
_WISHES = "wishes"


def due(now: datetime, limit: int) -> list[Beginning]:
    """Return what has begun and was not looked at, locked for the transaction."""
    query = select(Beginning).where(Beginning.due <= now).options(joinedload(Beginning.meetup, innerjoin=True))
    query = query.order_by(Beginning.due, Beginning.id).limit(limit).with_for_update(skip_locked=True, of=Beginning)
    return list(db.session.scalars(query))


def coming(meetup: str, now: datetime, viewer: Member | None = None) -> list[Occurrence]:
    """Return the next dates of a meetup (by its public id) that take place, from the first of them on for SPAN; of a
    viewer those that she finds."""
    query = (
        select(Occurrence)
        .join(Occurrence.meetup)
        .where(
            Meetup.public_id == meetup,
            Occurrence.cancelled_at.is_(None),
            Occurrence.starts_at > now + SOONEST,
            *([visible(viewer)] if viewer else []),
        )
        .order_by(Occurrence.starts_at, Occurrence.id)
        .limit(DATES)
    )
    dates = list(db.session.scalars(with_all(query)))
    return [date for date in dates if date.starts_at < dates[0].starts_at + SPAN]


def waiting_for(beginning: Beginning, dates: Sequence[Occurrence], now: datetime, limit: int) -> list[Wish]:
    """Return who waits within a walk of where some dates of a meetup are, past blocks with its hosts, and asked before
    it was there; in the order of their ids, after those that were looked at."""
    meetup = beginning.meetup
    places = {date.place_id: _point(date.place) for date in dates}
    query = (
        select(Wish)
        .join(Wish.member)
        .where(
            or_(*(reaches(cells_to_place(place)) for place in places.values())),
            is_open(now),
            Wish.id > beginning.reached,
            Wish.created_at < beginning.created_at,
            Wish.member_id != meetup.host_id,
            Member.wants_wishes,
            open_to(Wish.member_id, meetup),
        )
        .options(contains_eager(Wish.member).selectinload(Member.kids), joinedload(Wish.kid))
        .order_by(Wish.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def queued(wishes: Collection[Wish]) -> Counter[str]:
    """Return how many of these mails wait for each of some wishes, by their public ids."""
    addresses = [wish.member.email for wish in wishes]
    query = select(OutboxMail.data).where(OutboxMail.rcpt.in_(addresses), OutboxMail.template == TEMPLATE, IS_OPEN)
    return Counter(str(data["wish"]) for data in db.session.scalars(query))


def first_for(wish: Wish, dates: Sequence[Occurrence]) -> Occurrence | None:
    """Return the first of some dates that is within the walk of a wish, and for whom it waits."""
    kids = [kid.month for kid in wish.kids]
    return next((date for date in dates if _near(wish, date) and suits(wish.ages, kids, date.day, date.welcome)), None)


def _near(wish: Wish, date: Occurrence) -> bool:
    return to_place(wish.cell, _point(date.place)) <= wish.within


def _point(place: Place) -> Point:
    return Point(place.lat, place.lon)


def told_of(wish: Wish, meetup: str, now: datetime) -> Occurrence | None:
    """Return the date of a meetup that the member of a wish is to be told of, as it stands now; None where there is
    none that she finds, it is hers, or she has found it herself; or its host has cancelled on her lately."""
    dates = coming(meetup, now, wish.member)
    if not dates or acts_as_host(dates[0].meetup, wish.member) or answers_of(wish.member, dates):
        return None
    if resting_from(dates[0].meetup.host.public_id, {wish.member_id}, now):
        return None
    return first_for(wish, dates)


def to_look_at(now: datetime, limit: int) -> list[Wish]:
    """Return the told wishes of which it is time to look whether anything came of it, locked for the transaction."""
    query = select(Wish).where(Wish.look_at <= now).options(joinedload(Wish.member, innerjoin=True))
    query = query.order_by(Wish.look_at, Wish.id).limit(limit).with_for_update(skip_locked=True, of=Wish)
    return list(db.session.scalars(query))


def starts_of(meetups: Collection[str]) -> dict[str, list[datetime]]:
    """Return when each of some meetups (public ids) has its dates that take place, or have; none where it is gone."""
    query = (
        select(Meetup.public_id, Occurrence.starts_at)
        .join(Occurrence.meetup)
        .where(Meetup.public_id.in_(meetups), Occurrence.cancelled_at.is_(None))
    )
    found: dict[str, list[datetime]] = {meetup: [] for meetup in meetups}
    for meetup, starts in db.session.execute(query):
        found[meetup].append(starts)
    return found


def read_ahead(public_ids: Collection[str]) -> list[Wish]:
    """Read several wishes that still wait or not, with their members."""
    query = select(Wish).where(Wish.public_id.in_(public_ids))
    query = query.options(joinedload(Wish.member).options(selectinload(Member.kids)), joinedload(Wish.kid))
    found = list(db.session.scalars(query))
    remembered(_WISHES).update(dict.fromkeys(public_ids) | {wish.public_id: wish for wish in found})
    return found


def wish(public_id: str) -> Wish | None:
    """Return a wish."""
    known = remembered(_WISHES)
    if public_id not in known:
        read_ahead([public_id])
    found: Wish | None = remembered(_WISHES)[public_id]
    return found


def instead(over: Wish, meetup: str, now: datetime) -> Wish | None:
    """Return another wish of the same member that still waits for such a meetup; None where none does."""
    query = select(Wish).where(Wish.member_id == over.member_id, Wish.id != over.id, is_open(now)).order_by(Wish.id)
    query = query.options(joinedload(Wish.member).options(selectinload(Member.kids)), joinedload(Wish.kid))
    return next((one for one in db.session.scalars(query) if told_of(one, meetup, now)), None)


def whose(mail: OutboxMail, now: datetime) -> Wish | None:
    """Return the wish that a row is told for: its own, or where that is over another that waits for its meetup too."""
    own = wish(str(mail.data["wish"]))
    return instead(own, str(mail.data["meetup"]), now) if own and own.ends_at <= now else own


def in_line(mail: OutboxMail, told: Wish, now: datetime) -> list[OutboxMail]:
    """Return the rows to the reader of a mail that are still to be sent for a wish, whichever they were queued for, the
    oldest first."""
    query = select(OutboxMail).where(OutboxMail.rcpt == mail.rcpt, OutboxMail.template == TEMPLATE, IS_OPEN)
    rows = db.session.scalars(query.order_by(OutboxMail.id), execution_options={"populate_existing": True})
    return [row for row in rows if (one := whose(row, now)) and one.id == told.id]


def taken_back_until(meetup: str, now: datetime) -> datetime | None:
    """Return until when the last edit of a meetup can be undone; None where none can."""
    found = db.session.scalar(select(Meetup).where(Meetup.public_id == meetup))
    edit = undo.latest(found, now) if found else None
    return edit.created_at + TELL_AFTER if edit else None
