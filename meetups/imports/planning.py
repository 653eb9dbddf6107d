"""What a file would change: compared with what was read before and with what the host has put right since."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from meetups.domain.ages import ALL_AGES
from meetups.domain.errors import Problem
from meetups.domain.words import listed
from meetups.events.dates import check_time, series_of
from meetups.events.forms import usual_title
from meetups.events.models import Kind, Meetup
from meetups.events.queries import active_count
from meetups.events.services import MOST_ACTIVE
from meetups.imports import guesses, queries
from meetups.imports.models import Calendar, CalendarEvent
from meetups.imports.records import CUT_OFF, UNREADABLE, UNREADABLE_WHEN, File, Refused
from meetups.imports.settling import Settled, settle
from meetups.places.models import Place

MOST_OF_ADMIN = 500
NOWHERE = "We do not know where it is. Choose a place for the whole calendar."
TWICE = "It is in the file twice."
AT_THE_PLACE = "At the place itself"
# What could not be read this time may be as it was.
STAYS = (UNREADABLE, UNREADABLE_WHEN, CUT_OFF)
EMPTY = "Nothing in it is to come, so we left all as it was"
WHEN, HELD = "when", "held"


@dataclass(frozen=True, slots=True)
class Planned:
    """One meetup as its calendar has it: the words and guesses of an event at a place."""

    settled: Settled
    place: Place
    title: str
    note: str
    spot: str
    kind: str
    ages: int
    duration: int

    def digests(self) -> dict[str, str]:
        """Return each field as `CalendarEvent.read` keeps it."""
        return _digests(self) | {WHEN: _digest(self.settled.said)}


@dataclass(slots=True)
class Plan:
    """What a file comes to. `known` are the events that are meetups already, each with its row."""

    new: list[Planned] = field(default_factory=list)
    known: list[tuple[CalendarEvent, Planned]] = field(default_factory=list)
    gone: list[CalendarEvent] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def changed(self) -> list[Planned]:
        """The known events that say something else than before."""
        return [planned for row, planned in self.known if changes(row, planned)[1]]

    def words(self) -> str:
        """Return "3 new, 1 changed and 2 not taken"."""
        changed = len(self.changed)
        return counted(len(self.new), changed, len(self.known) - changed, len(self.gone), len(self.refused))


def counted(new: int, changed: int, same: int, gone: int, refused: int) -> str:
    """Return what reading a calendar comes to in words, what there is none of left out."""
    said = {"new": new, "changed": changed, "as before": same, "cancelled": gone, "not taken": refused}
    return listed(f"{number} {words}" for words, number in said.items() if number) or EMPTY


def _digest(value: object) -> str:
    return hashlib.sha256(str(value).encode()).hexdigest()[:16]


def _digests(of: Planned | Meetup) -> dict[str, str]:
    fields = {
        "title": of.title,
        "note": of.note or "",
        "spot": of.spot,
        "place": of.place.public_id,
        "kind": str(of.kind),
        "ages": of.ages,
        "duration": of.duration,
    }
    return {name: _digest(value) for name, value in fields.items()}


def held(meetup: Meetup) -> dict[str, str]:
    """Return each field of a meetup as it is now, likewise."""
    return _digests(meetup) | {WHEN: _digest(f"{meetup.starts.isoformat()} {meetup.zone} {meetup.rule}")}


def split(meetup: Meetup) -> bool:
    """Return whether its host has split a series in parts."""
    return len(series_of(meetup)) > 1


def changes(row: CalendarEvent, planned: Planned) -> tuple[set[str], set[str]]:
    """Return the fields that are the host's own by now, and those that the calendar has changed since.

    What she has put right once stays hers; a series that she has split is hers in all but which days are off.
    """
    if split(row.meetup):
        return set(held(row.meetup)), set()
    wrote = row.read | {WHEN: row.read[HELD]}
    own = {name for name, digest in held(row.meetup).items() if digest != wrote[name]} | set(row.corrected)
    return own, {name for name, digest in planned.digests().items() if digest != row.read[name]} - own


def plan(calendar: Calendar, file: File, now: datetime) -> Plan:
    """Return what a file would change in a calendar's meetups. Nothing is written."""
    rows, made = queries.events_of(calendar), Plan(refused=list(file.refused))
    room = (MOST_OF_ADMIN if calendar.member.admin else MOST_ACTIVE) - active_count(calendar.member, now)
    seen: set[tuple[str, str]] = set()
    for planned in _planned(calendar, file, rows, made, now):
        key = planned.settled.key
        if key in seen:
            made.refused.append(Refused(planned.title, TWICE, key))
        elif key in rows:
            made.known.append((rows[key], planned))
        elif len(made.new) < room:
            made.new.append(planned)
        else:
            made.refused.append(Refused(planned.title, _full(calendar)))
        seen.add(key)
    made.gone = _gone(rows, made, seen) if file.whole and seen else []
    return made


def _full(calendar: Calendar) -> str:
    most = MOST_OF_ADMIN if calendar.member.admin else MOST_ACTIVE
    return f"You can host {most} meetups at a time."


def _gone(rows: dict[tuple[str, str], CalendarEvent], made: Plan, seen: set[tuple[str, str]]) -> list[CalendarEvent]:
    stays = {refused.key for refused in made.refused if refused.reason in STAYS}
    return [row for key, row in rows.items() if key not in seen | stays and WHEN not in row.corrected]


def _planned(
    calendar: Calendar, file: File, rows: dict[tuple[str, str], CalendarEvent], made: Plan, now: datetime
) -> list[Planned]:
    found: list[Planned] = []
    known = {uid: row.meetup.place for (uid, _), row in rows.items()}
    places: dict[object, Place | None] = {}
    for event in file.events:
        asked = (event.where, event.point)
        if asked not in places:
            places[asked] = queries.place_called(event.where, event.point, calendar.place)
        place = places[asked] or known.get(event.key[0])
        try:
            if place is None:
                raise Problem(NOWHERE)
            several = settle(event, place.zone, now)
            for settled in several:
                check_time(settled.rule, settled.starts, place.zone, now)
            found += [_at(place, settled, calendar) for settled in several if not _held_in_series(settled, rows)]
        except Problem as problem:
            made.refused.append(Refused(event.title, problem.message, event.key))
    return found


def _held_in_series(settled: Settled, rows: dict[tuple[str, str], CalendarEvent]) -> bool:
    # A date that was moved while it was to come is one of its series' rows, and stays there.
    series = rows.get(settled.event.key)
    return (
        settled.moved_from is not None
        and series is not None
        and queries.date_of(series.meetup, settled.moved_from) is not None
    )


def _at(place: Place, settled: Settled, calendar: Calendar) -> Planned:
    event = settled.event
    kind = guesses.kind(event.title, event.where) or Kind(calendar.kind)
    return Planned(
        settled=settled,
        place=place,
        title=event.title or usual_title(kind, place),
        note=event.note,
        # Its name again would stay behind where the host puts the place right.
        spot=event.where if event.where and event.where.lower() != place.name.lower() else AT_THE_PLACE,
        kind=str(kind),
        ages=guesses.ages(event.title, event.note) or calendar.ages or int(ALL_AGES),
        duration=event.duration,
    )
