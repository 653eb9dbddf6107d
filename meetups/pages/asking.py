"""The one short question to a mother who has just been at a place: what nobody knows of it, or what is oldest.

She is asked about one date once: whatever she says, be it that she is not sure, is the last of it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, union_all
from sqlalchemy.orm import joinedload

from meetups.accounts.models import Member
from meetups.domain.amenities import ASKED_FOR, question
from meetups.domain.capacity import Answer
from meetups.events.hosts import date_open_to
from meetups.events.models import Meetup, Occurrence
from meetups.extensions import db
from meetups.places import cards
from meetups.places.models import Amenity, Place
from meetups.rsvps.models import Rsvp


@dataclass(frozen=True, slots=True)
class Question:
    """One question about a place, in words, and which amenity it is about."""

    words: str
    place_id: str
    amenity: str


def at_date(
    occurrence: Occurrence, viewer: Member | None, is_host: bool, answer: str | None, now: datetime
) -> Question | None:
    """Return what to ask a viewer on the page of a date; None where she was not there, or has been asked."""
    was_there = is_host or answer == Answer.GOING
    lately = occurrence.ends_at <= now < occurrence.ends_at + ASKED_FOR
    if viewer is None or not was_there or not lately or occurrence.cancelled_at:
        return None
    return _about(occurrence.place, viewer, occurrence.ends_at, now)


def lately(member: Member, now: datetime) -> Question | None:
    """Return what to ask a member of the last place where she went or hosted, in the last week; None for nothing."""
    over = (
        Occurrence.ends_at <= now,
        Occurrence.ends_at > now - ASKED_FOR,
        Occurrence.cancelled_at.is_(None),
    )
    went = select(Occurrence.id).join(Rsvp, Rsvp.occurrence_id == Occurrence.id)
    led = select(Occurrence.id).join(Meetup, Meetup.id == Occurrence.meetup_id)
    hers = union_all(
        went.where(Rsvp.member_id == member.id, Rsvp.answer == Answer.GOING, *over),
        led.where(Meetup.host_id == member.id, *over),
    )
    query = (
        select(Occurrence)
        .join(Meetup, Meetup.id == Occurrence.meetup_id)
        .where(Occurrence.id.in_(hers), date_open_to(member.id))
        .options(joinedload(Occurrence.place))
        .order_by(Occurrence.ends_at.desc(), Occurrence.id)
        .limit(1)
    )
    last = db.session.scalar(query)
    return _about(last.place, member, last.ends_at, now) if last else None


def _about(place: Place, member: Member, since: datetime, now: datetime) -> Question | None:
    said = cards.said_by(member, place.id)
    if any(word.at >= since for word in said.values()):
        return None
    known = {amenity: cards.known(row) for amenity, row in cards.known_of([place.id]).get(place.id, {}).items()}
    asked = question(known, list(said), [str(amenity) for amenity in cards.ASKED], now)
    return Question(cards.QUESTIONS[Amenity(asked)].format(place.name), place.public_id, asked) if asked else None
