"""What is known of one event of a file, and of the whole file, at each step of reading it."""

from dataclasses import dataclass, field
from datetime import datetime, time

from meetups.domain.nearness import Point
from meetups.domain.recurrence import Rule
from meetups.domain.zones import to_local, to_utc

UNREADABLE = "We cannot read it."
UNREADABLE_WHEN = "We cannot read when it takes place."
TOO_LARGE, MOST_OF_EVENT = "It is longer than we read.", 64 * 1024
CUT_OFF = "The file ends in the middle of it."
CANCELLED = "It is cancelled."


@dataclass(frozen=True, slots=True)
class Read:
    """One event as its file says it. Times are wall clock in `zone`; None is the zone of wherever it takes place.

    `key` is (UID, recurrence id or ""); `duration` minutes; `rules` together give the dates, `extra` come besides;
    `changes` are the dates that differ: (the start the rule gave, the start instead or None where it is off).
    """

    key: tuple[str, str]
    title: str
    note: str
    where: str
    point: Point | None
    starts: datetime
    zone: str | None
    duration: int
    rules: tuple[Rule, ...] = ()
    extra: tuple[datetime, ...] = ()
    changes: tuple[tuple[datetime, datetime | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that is not taken, and why, in plain words. `key` is None where not even that could be read."""

    summary: str
    reason: str
    key: tuple[str, str] | None = None


@dataclass(slots=True)
class File:
    """What a file says; where `whole` is False, what is missing may stand in the part that could not be read."""

    events: list[Read] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    whole: bool = True


@dataclass(frozen=True, slots=True)
class When:
    """A time as written: wall clock, and the zone ("UTC", an IANA name, None for none). `day` has no time of day."""

    wall: datetime
    zone: str | None
    day: bool

    def on(self, zone: str | None, at: time) -> datetime:
        """Return the wall clock in another zone; a day is its date at a time of day."""
        if self.day:
            return datetime.combine(self.wall.date(), at)
        if None in (zone, self.zone) or zone == self.zone:
            return self.wall
        return to_local(to_utc(self.wall, str(self.zone)), str(zone))


@dataclass(frozen=True, slots=True)
class Entry:
    """One VEVENT, understood but for what it has to do with others of its UID."""

    read: Read
    instance: When | None
    exdates: tuple[When, ...]
    sequence: int
    cancelled: bool
    onwards: bool
