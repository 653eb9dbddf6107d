"""What an import has changed of places, passed on to the calendars of the meetups there."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, update

from meetups.events.calendar import PAST_SHOWN
from meetups.events.dates import touch
from meetups.events.models import Meetup, Occurrence
from meetups.extensions import db
from meetups.places.models import Place


def tell_calendars(now: datetime, limit: int = 100) -> int:
    """Raise the SEQUENCE of every meetup at a place that an import has changed; return how many places that were.

    A place's own row says that it has news, so that none is missed however long the import took.
    """
    renamed = select(Place).where(Place.renamed_at.is_not(None)).order_by(Place.id).limit(limit)
    places = list(db.session.scalars(renamed.with_for_update(skip_locked=True)))
    for meetup in db.session.scalars(_at(places, now)):
        touch(meetup, now)
    for place in places:
        _follow(place)
        place.renamed_at = None
    return len(places)


def _at(places: list[Place], now: datetime) -> Select[Any]:
    ids = [place.id for place in places]
    dates = select(Occurrence.meetup_id).where(Occurrence.place_id.in_(ids), Occurrence.starts_at > now - PAST_SHOWN)
    at: ColumnElement[bool] = or_(Meetup.place_id.in_(ids), Meetup.id.in_(dates))
    # In one order, so that two workers never wait for each other's rows.
    return select(Meetup).where(at).order_by(Meetup.id).with_for_update()


def _follow(place: Place) -> None:
    """Give the dates at a place its cells: a park that was put right on the map is found where it is."""
    here = update(Occurrence).where(Occurrence.place_id == place.id)
    db.session.execute(here.values(cell6=place.cell6, cell7=place.cell7, cell8=place.cell8))
