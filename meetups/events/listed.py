"""Dates as lists need them: plain rows of one query, for the ORM takes longer to build its objects than all else."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Label
from sqlalchemy.orm import aliased

from meetups.accounts.models import Member
from meetups.domain.ages import Welcome
from meetups.events.ages import read_welcome
from meetups.events.dated import Dated
from meetups.events.models import Meetup, Occurrence
from meetups.places.models import Place

# Who stands in for the host of a date.
Holder = aliased(Member)

_DATE = (
    "id", "uid", "recurrence_id", "starts_at", "ends_at", "place_id", "kind", "ages", "born", "capacity", "taken",
    "own", "own_title", "own_note", "own_spot", "cancelled_at", "cancel_reason", "confirmed_at", "held_by_id",
    "held_spot", "unhosted_at", "rain_at", "dry_place_id", "wet_place_id",
)  # fmt: skip
_MEETUP = (
    "id", "public_id", "host_id", "series_id", "visibility", "title", "note", "spot", "zone", "rule", "source",
    "rain_spot", "rain_place_id", "created_at",
)  # fmt: skip
_PLACE = ("id", "public_id", "name", "neighbourhood", "lat", "lon")


class Named:
    """A member of whom a list knows no more than what she is called."""

    def __init__(self, first_name: str | None) -> None:
        self.first_name = first_name


class ListedPlace:
    """The place of a listed date."""

    if TYPE_CHECKING:
        id: int
        public_id: str
        name: str
        neighbourhood: str | None
        lat: float
        lon: float

    def __init__(self, values: Iterator[tuple[str, Any]]) -> None:
        self.__dict__.update(values)


class ListedMeetup:
    """The meetup of a listed date."""

    if TYPE_CHECKING:
        id: int
        public_id: str
        host_id: int
        series_id: int | None
        visibility: str
        zone: str
        rule: str | None
        source: str | None

    def __init__(self, values: Iterator[tuple[str, Any]], host: Named) -> None:
        self.__dict__.update(values)
        self.host = host


class Listed(Dated):
    """One date of a list, with its meetup, host and place: what `shown.show` reads of an `Occurrence`."""

    def __init__(self, row: Sequence[Any]) -> None:
        self.__dict__.update(zip(_DATE, row, strict=False))
        self.meetup = ListedMeetup(zip(_MEETUP, row[_MEETUP_AT:], strict=False), Named(row[-2]))
        self.place = ListedPlace(zip(_PLACE, row[_PLACE_AT:], strict=False))
        self.held_by = Named(row[-1]) if self.held_by_id else None

    @property
    def welcome(self) -> Welcome:
        """Whom it welcomes."""
        return read_welcome(self.__dict__["ages"], self.__dict__["born"])


_MEETUP_AT = len(_DATE)
_PLACE_AT = _MEETUP_AT + len(_MEETUP)


def columns() -> list[Label[Any]]:
    """Return the columns of a query whose rows `Listed` takes: of Occurrence, Meetup, Place, its host and `Holder`."""
    parts = ((Occurrence, _DATE), (Meetup, _MEETUP), (Place, _PLACE))
    found = [getattr(table, name).label(f"{table.__name__}_{name}") for table, names in parts for name in names]
    return [*found, Member.first_name.label("host_name"), Holder.first_name.label("holder_name")]
