"""What a member says: about where she lives, and about places she knows."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from meetups.accounts.models import Member
from meetups.domain import amenities
from meetups.domain.nearness import home_cell
from meetups.extensions import db, lock_row
from meetups.places.models import LAP, Place, PlaceAmenity, PlaceWord
from meetups.places.queries import Found

HOME_NAME = 80


def live_at(member: Member, found: Found, now: datetime) -> None:
    """Keep a member's neighbourhood: the cell and the name of the area around a point, which itself is kept nowhere.
    Of the cell that it is already, it stays since when."""
    cell = home_cell(found.point)
    if cell != member.home_cell:
        member.home_cell, member.home_since = cell, now
    member.home_name = found.area and found.area[:HOME_NAME]


def say(place: Place, member: Member, amenity: str, word: bool | None, now: datetime) -> None:
    """Keep what a member says of an amenity of a place, in the stead of what she said before; None: she is not sure."""
    _keep(place, member, amenity, now, present=word)


def say_lap(place: Place, member: Member, minutes: int, now: datetime) -> None:
    """Keep how many minutes a lap takes, by a member."""
    _keep(place, member, LAP, now, minutes=minutes)


def take_back(place: Place, member: Member, amenity: str) -> None:
    """Forget what a member has said of an amenity (or of the lap) of a place."""
    lock_row(Place, place.id)
    hers = PlaceWord.place_id == place.id, PlaceWord.member_id == member.id, PlaceWord.amenity == amenity
    db.session.execute(delete(PlaceWord).where(*hers))
    _reckon(place.id, amenity)


def _keep(place: Place, member: Member, amenity: str, now: datetime, **said: bool | int | None) -> None:
    # One at a time: of two who speak at once, the later must reckon with the word of the other.
    lock_row(Place, place.id)
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    told: dict[str, object] = {"present": None, "minutes": None, "at": now, **said}
    row = insert(PlaceWord).values(place_id=place.id, amenity=amenity, member_id=member.id, **told)
    db.session.execute(row.on_conflict_do_update(index_elements=["place_id", "amenity", "member_id"], set_=told))
    _reckon(place.id, amenity)


def _reckon(place_id: int, amenity: str) -> None:
    row = db.session.get(PlaceAmenity, (place_id, amenity), populate_existing=True)
    words, lap = _words(place_id, amenity)
    known = amenities.judge(row.told if row else None, words)
    if known is None:
        this = PlaceAmenity.place_id == place_id, PlaceAmenity.amenity == amenity
        db.session.execute(delete(PlaceAmenity).where(*this))
        return
    if row is None:
        row = PlaceAmenity(place_id=place_id, amenity=amenity, source="members")
        db.session.add(row)
    row.present, row.yes, row.no, row.checked_at = known
    row.least, row.most = lap or (None, None)
    db.session.flush()


def _words(place_id: int, amenity: str) -> tuple[list[amenities.Word], amenities.Lap | None]:
    """Return what members say of one amenity; how long a lap takes says also that there is one."""
    this = PlaceWord.place_id == place_id, PlaceWord.amenity == amenity
    said = list(db.session.scalars(select(PlaceWord).where(*this), execution_options={"populate_existing": True}))
    told = [row for row in said if _says(row)]
    newest = [max(row.at for row in told)] if told else []
    laps = [row.minutes for at in newest for row in told if row.minutes and at - row.at < amenities.OUTLIVED]
    words = [amenities.Word(bool(row.present or row.minutes), row.at) for row in told]
    return words, amenities.lap(laps)


def _says(row: PlaceWord) -> bool:
    return row.present is not None or row.minutes is not None
