"""What a file would change: compared with what was read before and with what the host has put right since."""

from dataclasses import dataclass, field
from datetime import datetime

from meetups.domain.ages import ALL_AGES
from meetups.domain.errors import Problem
from meetups.domain.words import listed
from meetups.events.dates import check_time
from meetups.events.forms import usual_title
from meetups.events.models import Kind
from meetups.events.queries import active_count
from meetups.events.services import MOST_ACTIVE
from meetups.imports import guesses, queries
from meetups.imports.comparing import WHEN, Known, Planned, compare
from meetups.imports.models import Calendar, CalendarEvent
from meetups.imports.queries import Standing, root_of
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


@dataclass(slots=True)
class Plan:
    """What a file comes to. `known` are the events that are meetups already."""

    new: list[Planned] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)
    # Those of `gone` that have dates to come are cancelled; the others are over, or were cancelled by their host.
    gone: list[CalendarEvent] = field(default_factory=list)
    cancelled: list[CalendarEvent] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def changed(self) -> list[Known]:
        """The known events that say something else than before."""
        return [known for known in self.known if known.differs]

    @property
    def nothing(self) -> bool:
        """Whether taking it would change nothing."""
        return not (self.new or self.changed or self.cancelled)

    def words(self) -> str:
        """Return "3 new, 1 changed and 2 not taken"."""
        changed = len(self.changed)
        return counted(len(self.new), changed, len(self.known) - changed, len(self.cancelled), len(self.refused))


def counted(new: int, changed: int, same: int, gone: int, refused: int) -> str:
    """Return what reading a calendar comes to in words, what there is none of left out."""
    said = {"new": new, "changed": changed, "as before": same, "cancelled": gone, "not taken": refused}
    return listed(f"{number} {words}" for words, number in said.items() if number) or EMPTY


def plan(calendar: Calendar, file: File, now: datetime) -> Plan:
    """Return what a file would change in a calendar's meetups. Nothing is written."""
    rows, made = queries.events_of(calendar), Plan(refused=list(file.refused))
    room = (MOST_OF_ADMIN if calendar.member.admin else MOST_ACTIVE) - active_count(calendar.member, now)
    seen: set[tuple[str, str]] = set()
    several = _planned(calendar, file, rows, made, now)
    late = [planned.settled.moved_from for planned in several if planned.settled.moved_from]
    standing = queries.standing(calendar, now, late)
    for planned in several:
        key = planned.settled.key
        if _held_in_series(planned.settled, rows, standing):
            continue
        if key in seen:
            made.refused.append(Refused(planned.title, TWICE, key))
        elif key in rows:
            made.known.append(compare(rows[key], planned, standing, now))
        elif len(made.new) < room:
            made.new.append(planned)
        else:
            made.refused.append(Refused(planned.title, _full(calendar)))
        seen.add(key)
    made.gone = _gone(rows, made, seen) if file.whole and seen else []
    made.cancelled = [row for row in made.gone if _stands(row, standing)]
    return made


def _stands(row: CalendarEvent, standing: Standing) -> bool:
    return row.meetup.cancelled_at is None and root_of(row.meetup) in standing.coming


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
            found += [_at(place, settled, calendar) for settled in several]
        except Problem as problem:
            made.refused.append(Refused(event.title, problem.message, event.key))
    return found


def _held_in_series(settled: Settled, rows: dict[tuple[str, str], CalendarEvent], standing: Standing) -> bool:
    # A date that was moved while it was to come is one of its series' rows, and stays there.
    series = rows.get(settled.event.key)
    return (
        settled.moved_from is not None
        and series is not None
        and (root_of(series.meetup), settled.moved_from) in standing.dates
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
