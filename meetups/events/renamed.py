"""What an import has changed of places, passed on to the calendars of the meetups there."""

from datetime import datetime

from sqlalchemy import Select, or_, select, update

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
    # Whoever puts a date there meanwhile need not wait.
    places = list(db.session.scalars(renamed.with_for_update(skip_locked=True, key_share=True)))
    ids = [place.id for place in places]
    if not ids:
        return 0
    for meetup in _locked(ids, now):
        touch(meetup, now)
    _lock_dates(ids)
    for place in places:
        _follow(place)
        place.renamed_at = None
    return len(places)


def _locked(place_ids: list[int], now: datetime) -> list[Meetup]:
    """Return the meetups at some places, locked, and with them the first parts of their series.

    In the order of `dates.lock_date`: a first part is older than what was split off it, so it comes first by its id.
    """
    at = {row.id: row.series_id or row.id for row in db.session.execute(_at(place_ids, now))}
    rows = select(Meetup).where(Meetup.id.in_(at.keys() | set(at.values()))).order_by(Meetup.id).with_for_update()
    locked = db.session.scalars(rows, execution_options={"populate_existing": True})
    return [meetup for meetup in locked if meetup.id in at]


def _at(place_ids: list[int], now: datetime) -> Select[int, int | None]:
    here = Occurrence.place_id.in_(place_ids), Occurrence.starts_at > now - PAST_SHOWN
    dates = select(Occurrence.meetup_id).where(*here)
    return select(Meetup.id, Meetup.series_id).where(or_(Meetup.place_id.in_(place_ids), Meetup.id.in_(dates)))


def _lock_dates(place_ids: list[int]) -> None:
    here = select(Occurrence.id).where(Occurrence.place_id.in_(place_ids)).order_by(Occurrence.id)
    db.session.execute(here.with_for_update())


def _follow(place: Place) -> None:
    """Give the dates at a place its cells: a park that was put right on the map is found where it is."""
    here = update(Occurrence).where(Occurrence.place_id == place.id)
    db.session.execute(here.values(cell6=place.cell6, cell7=place.cell7, cell8=place.cell8))
