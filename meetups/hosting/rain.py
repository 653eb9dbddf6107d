"""The rain plan, put into effect for one date by one tap, and taken back by another. All are told at once."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import update

from meetups.accounts import limits
from meetups.accounts.models import Member
from meetups.domain.errors import Problem
from meetups.domain.hosting import asked_at
from meetups.events.dates import lock_date, soonest
from meetups.events.exceptions import edit_date
from meetups.events.forms import usual_title
from meetups.events.hosts import acts_as_host
from meetups.events.models import Change, ChangeKind, Kind, Occurrence
from meetups.events.scopes import draft_of_date
from meetups.events.shown import rain_words_of
from meetups.events.welcome import confirm_soon
from meetups.extensions import db
from meetups.hosting.states import is_open
from meetups.places.models import Place
from meetups.rsvps.models import Rsvp

# Each tap writes to all who come.
TURNS_AN_HOUR, HOUR = 4, timedelta(hours=1)


def may_say(row: Occurrence, member: Member, now: datetime) -> bool:
    """Return whether a member may say of a date that its rain plan holds, or not any more: where it has one, or had one
    when she said so."""
    return may_take_back(row, member, now) and rain_words_of(row) is not None


def may_take_back(row: Occurrence, member: Member, now: datetime) -> bool:
    """Return whether a member may say of a date that no rain plan holds, whether it has one or not: from the evening
    before until it begins."""
    soon = is_open(row, now) and now >= asked_at(row.starts_at, row.meetup.zone)
    return soon and acts_as_host(row.meetup, member)


def gone_elsewhere(row: Occurrence) -> bool:
    """Return whether a date is at another place by now than where its rain plan has moved it."""
    return row.dry_place_id is not None and not row.moved_by_rain


def rain(row: Occurrence, member: Member, now: datetime) -> None:
    """Put a date's rain plan into effect; the same again changes nothing. Raises Problem where it cannot be, or has
    been turned too often."""
    _lock(row, member, now)
    if row.raining:
        return
    if row.meetup.rain_plan is None:
        raise Problem("There is no rain plan any more.")
    _count(row, now)
    row.dry_place_id = row.wet_place_id = None
    row.rain_at = now
    place = row.meetup.rain_place
    if place is not None and place.id != row.place_id:
        was, spot = row.place_id, row.own_spot
        _move(row, place, now)
        row.dry_place_id, row.wet_place_id = was, place.id
        # What it says for itself is about the place that it leaves.
        row.dry_spot, row.own_spot = spot, None
    else:
        _tell(row, now)
    confirm_soon(row.meetup, member, now, row)


def dry(row: Occurrence, member: Member, now: datetime) -> None:
    """Take that back: the date is where it was before, unless its host has put it elsewhere since. Raises Problem
    likewise."""
    _lock(row, member, now)
    if not row.raining:
        return
    _count(row, now)
    was, spot, stays = row.dry_place, row.dry_spot, gone_elsewhere(row)
    row.rain_at = row.dry_place_id = row.wet_place_id = row.dry_spot = None
    if was is None:
        _tell(row, now)
    elif not stays:
        _move(row, was, now)
        row.own_spot = spot
    confirm_soon(row.meetup, member, now, row)


def _lock(row: Occurrence, member: Member, now: datetime) -> None:
    lock_date(row)
    if not may_take_back(row, member, now):
        raise Problem("This date has begun or is cancelled.")


def _count(row: Occurrence, now: datetime) -> None:
    if not limits.allow(f"rain:{row.id}", TURNS_AN_HOUR, HOUR, now):
        raise Problem(
            "You have changed this four times within the hour, and all who come were told each time. Wait a little."
        )


def _tell(row: Occurrence, now: datetime) -> None:
    row.revision += 1
    db.session.add(Change(occurrence_id=row.id, kind=ChangeKind.RAIN, created_at=now, due=soonest(row, now)))


def _move(row: Occurrence, place: Place, now: datetime) -> None:
    was, kind = row.place_id, Kind(row.kind)
    # A title that we made of the park names the other one.
    title = usual_title(kind, place) if row.title == usual_title(kind, row.place) else row.title
    edit_date(row, replace(draft_of_date(row), place=place, title=title), now)
    db.session.flush()
    news = update(Change).where(Change.occurrence_id == row.id, Change.handled_at.is_(None))
    db.session.execute(news.values(due=soonest(row, now)), execution_options={"synchronize_session": False})
    # It was announced: nobody is asked again.
    here = Rsvp.occurrence_id == row.id, Rsvp.for_place_id == was, Rsvp.for_starts == row.starts_at
    db.session.execute(
        update(Rsvp).where(*here).values(for_place_id=place.id), execution_options={"synchronize_session": "fetch"}
    )
