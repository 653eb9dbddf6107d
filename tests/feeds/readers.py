"""Three independent readers of a calendar, each with its own parser and its own expansion of rules."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import recurring_ical_events
import vobject
from dateutil import rrule
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar

# When it starts and ends (UTC), what it is called, whether it is off.
Read = tuple[datetime, datetime, str, bool]
Reader = Callable[[bytes, datetime, datetime], list[Read]]


def by_recurring_ical_events(body: bytes, since: datetime, until: datetime) -> list[Read]:
    found = recurring_ical_events.of(Calendar.from_ical(body)).between(since, until)
    return _within(
        ((e["DTSTART"].dt, e["DTEND"].dt, str(e["SUMMARY"]), str(e["STATUS"]) == "CANCELLED") for e in found),
        since,
        until,
    )


def by_ical(body: bytes, since: datetime, until: datetime) -> list[Read]:
    timeline = IcsCalendarStream.calendar_from_ics(body.decode()).timeline
    found = timeline.overlapping(since, until)
    return _within(((e.start, e.end, e.summary, e.status == "CANCELLED") for e in found), since, until)


def by_vobject(body: bytes, since: datetime, until: datetime) -> list[Read]:
    """Read with vobject, which knows no overrides of its own: they are laid over what dateutil expands."""
    events = list(vobject.readOne(StringIO(body.decode())).contents.get("vevent", []))
    replaced = {(e.uid.value, _utc(e.recurrence_id.value)) for e in events if hasattr(e, "recurrence_id")}
    return _within((read for event in events for read in _expanded(event, replaced, until)), since, until)


def _expanded(event: Any, replaced: set[tuple[str, datetime]], until: datetime) -> Iterator[Read]:
    said = event.summary.value, event.status.value == "CANCELLED"
    span = _utc(event.dtend.value) - _utc(event.dtstart.value) if hasattr(event, "dtend") else event.duration.value
    if not hasattr(event, "rrule"):
        yield event.dtstart.value, event.dtend.value, *said
        return
    rules = rrule.rruleset()
    # Aware all through, in the zone that the file itself declares.
    rules.rrule(rrule.rrulestr(event.rrule.value, dtstart=event.dtstart.value))
    for line in event.contents.get("exdate", []):
        for excepted in line.value:
            rules.exdate(excepted)
    for start in rules.between(event.dtstart.value - timedelta(days=1), until):
        if (event.uid.value, _utc(start)) not in replaced:
            yield start, _utc(start) + span, *said


def _within(found: Any, since: datetime, until: datetime) -> list[Read]:
    reads = ((_utc(start), _utc(end), title, off) for start, end, title, off in found)
    return sorted(read for read in reads if since <= read[0] < until)


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


READERS: dict[str, Reader] = {
    "recurring-ical-events": by_recurring_ical_events,
    "vobject and dateutil": by_vobject,
    "ical": by_ical,
}
