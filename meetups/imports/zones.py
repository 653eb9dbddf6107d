"""The time zones of other people's files: IANA names, Windows names, paths of either, or a definition alone."""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from meetups.domain.errors import Problem
from meetups.domain.zones import zone

UNKNOWN = "We do not know its time zone."
# A definition is compared with the zones we know on so many days: none of them changes its clocks in between unseen.
_EVERY, _TIMES = timedelta(days=7), 53


def zone_name(tzid: str, definitions: Mapping[str, tzinfo], now: datetime) -> str:
    """Return the IANA name of a TZID; raise Problem where there is none.

    `definitions` are the file's own VTIMEZONEs: one of a name that nobody knows is taken for the zone whose
    clocks go the same for a year from `now` (aware).
    """
    name = tzid.strip().strip('"')
    tails = ("/".join(name.split("/")[-parts:]) for parts in (1, 2, 3))
    for known in (name, WINDOWS_TO_OLSON.get(name), *tails):
        if known and _exists(known):
            return known
    defined = definitions.get(tzid)
    same = _same_clocks(defined, now) if defined else None
    if same is None:
        raise Problem(UNKNOWN)
    return same


def _exists(name: str) -> bool:
    try:
        return bool(zone(name))
    except Problem:
        return False


def _same_clocks(defined: tzinfo, now: datetime) -> str | None:
    moments = [now + turn * _EVERY for turn in range(_TIMES)]
    wanted = [moment.astimezone(defined).utcoffset() for moment in moments]
    # Which of several that agree is the same to us: only what its clocks show is used.
    names = dict.fromkeys(WINDOWS_TO_OLSON.values())
    same = (name for name in names if [moment.astimezone(zone(name)).utcoffset() for moment in moments] == wanted)
    return next(same, None)


def definition(lines: str) -> tuple[str, tzinfo] | None:
    """Return the TZID and the clock of a VTIMEZONE as text; None for one that cannot be read."""
    try:
        component: Any = Timezone.from_ical(lines)
        return str(component["TZID"]), component.to_tz()
    except Exception:
        # Whatever an odd definition breaks: its name alone may do.
        return None
