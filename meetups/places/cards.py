"""What is known of places as pages show it, and what a member has said herself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from meetups.accounts.models import Member
from meetups.domain.amenities import Known, Lap, lap_words, month_words
from meetups.domain.zones import to_local
from meetups.extensions import db
from meetups.places.models import LAP, Amenity, Place, PlaceAmenity, PlaceWord

NAMES = {
    Amenity.PLAYGROUND: "Playground",
    Amenity.FENCE: "Fence",
    Amenity.SHADE: "Shade",
    Amenity.TOILETS: "Toilets",
    Amenity.CHANGING_TABLE: "Changing table",
    Amenity.STROLLER_PATH: "Stroller paths",
    Amenity.WATER: "Drinking water",
    Amenity.SWINGS: "Swings",
    Amenity.SPLASH_PAD: "Splash pad",
    Amenity.PICNIC: "Picnic tables",
    Amenity.CAFE: "Café near by",
    Amenity.PARKING: "Parking",
    Amenity.INDOOR: "Indoors, for rain",
    Amenity.DOGS: "Dogs off the leash",
}
# What one who was there is asked, what matters most first; the rest is for the place's own page.
ASKED = (
    Amenity.FENCE,
    Amenity.SHADE,
    Amenity.TOILETS,
    Amenity.CHANGING_TABLE,
    Amenity.STROLLER_PATH,
    Amenity.WATER,
    Amenity.SWINGS,
    Amenity.CAFE,
    Amenity.PARKING,
)
QUESTIONS = {
    Amenity.FENCE: "Is the playground at {} fenced?",
    Amenity.SHADE: "Is there shade at {}?",
    Amenity.TOILETS: "Are there toilets at {}?",
    Amenity.CHANGING_TABLE: "Is there a changing table at {}?",
    Amenity.STROLLER_PATH: "Do the paths at {} work with a stroller?",
    Amenity.WATER: "Is there drinking water at {}?",
    Amenity.SWINGS: "Are there swings at {}?",
    Amenity.CAFE: "Is there a café near {}?",
    Amenity.PARKING: "Can one park at {}?",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One amenity as a page says it: what it is called, what is known, and who checked it when, in words."""

    amenity: str
    name: str
    known: Known | None
    note: str
    # What the reader has said herself; None where she has not, or does not know.
    mine: bool | None = None

    @property
    def words(self) -> str:
        """Return "Fence: yes", or "Fence: 3 say yes, 1 says no"; of what nobody knows only what it is called."""
        return f"{self.name}: {_state_words(self.known)}" if self.known else self.name

    @property
    def state(self) -> str:
        """Return has, lacks or disputed; empty where nobody knows."""
        if self.known is None:
            return ""
        return "disputed" if self.known.disputed else "has" if self.known.present else "lacks"


@dataclass(frozen=True, slots=True)
class Card:
    """What a place's page says: what somebody knows, what nobody does, and how long a lap is."""

    known: list[Said]
    unknown: list[Said]
    lap: str | None
    lap_note: str
    # What the reader has said of the lap, in minutes.
    my_lap: int | None = None


def _state_words(known: Known) -> str:
    if not known.disputed:
        return "yes" if known.present else "no"
    return f"{_say(known.yes)} yes, {_say(known.no)} no"


def _say(count: int) -> str:
    return "1 says" if count == 1 else f"{count} say"


def known_of(place_ids: Iterable[int]) -> dict[int, dict[str, PlaceAmenity]]:
    """Return what is known of places, by place id and amenity: one query for any number of them."""
    rows = db.session.scalars(select(PlaceAmenity).where(PlaceAmenity.place_id.in_(list(place_ids))))
    found: dict[int, dict[str, PlaceAmenity]] = {}
    for row in rows:
        found.setdefault(row.place_id, {})[row.amenity] = row
    return found


def said_by(member: Member | None, place_id: int) -> dict[str, PlaceWord]:
    """Return a member's own words of a place, by amenity; "not sure" is among them."""
    if member is None:
        return {}
    query = select(PlaceWord).where(PlaceWord.place_id == place_id, PlaceWord.member_id == member.id)
    return {row.amenity: row for row in db.session.scalars(query)}


def card(place: Place, viewer: Member | None, now: datetime) -> Card:
    """Return what is known of a place, in the order parents ask, with what the viewer has said."""
    rows, mine = known_of([place.id]).get(place.id, {}), said_by(viewer, place.id)
    every = [_said(amenity, rows.get(amenity), mine.get(amenity), place.zone, now) for amenity in Amenity]
    row, own = rows.get(LAP), mine.get(LAP)
    return Card(
        known=[said for said in every if said.known],
        unknown=[said for said in every if not said.known],
        lap=lap_words(Lap(row.least, row.most)) if row and row.least and row.most else None,
        lap_note=_note(row, place.zone, now) if row else "",
        my_lap=own.minutes if own else None,
    )


def shown(place: Place, now: datetime) -> list[Said]:
    """Return what is known of a place, in the order parents ask, for a page about something else."""
    return card(place, None, now).known


def known(row: PlaceAmenity) -> Known:
    """Return what a row says as the domain knows it."""
    return Known(row.present, row.yes, row.no, row.checked_at)


def _said(amenity: Amenity, row: PlaceAmenity | None, mine: PlaceWord | None, zone: str, now: datetime) -> Said:
    return Said(
        amenity=str(amenity),
        name=NAMES[amenity],
        known=known(row) if row else None,
        note=_note(row, zone, now) if row else "",
        mine=mine.present if mine else None,
    )


def _note(row: PlaceAmenity, zone: str, now: datetime) -> str:
    # A month, never a day, a count of one or a name.
    if row.checked_at is None:
        return "not checked by a mom yet"
    return f"checked by a mom in {month_words(to_local(row.checked_at, zone), to_local(now, zone))}"
