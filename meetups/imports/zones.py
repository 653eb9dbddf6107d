"""The time zones of other people's files: IANA names, Windows names, paths of either, or a definition alone."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from meetups.domain.errors import Problem
from meetups.domain.zones import zone

UNKNOWN = "We do not know its time zone."
# A definition is compared with the zones we know on so many days: none of them changes its clocks in between unseen.
_EVERY, _TIMES = timedelta(days=7), 53
# A clock is looked up by expanding the rules of its changes: only those of a clock, twice a year, are let in.
_FOLD, _TZID = re.compile(r"\r?\n[ \t]"), re.compile(r"^TZID[^:\r\n]*:([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_RULE = re.compile(r"^RRULE[^:\r\n]*:([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_CHANGE = re.compile(
    r"(?:(?:FREQ=YEARLY|BYMONTH=\d\d?|BYDAY=[+-]?\d?[A-Z]{2}|BYMONTHDAY=[\d,-]+|WKST=[A-Z]{2}|INTERVAL=1|UNTIL=\w+|COUNT=\d+)"
    r"(?:;|$))+"
)
MOST_RULES, MOST_DEFINITIONS = 8, 5
KEPT_AS = "a-definition-of-somebody-else"


def zone_name(tzid: str, definitions: Mapping[str, str], now: datetime) -> str:
    """Return the IANA name of a TZID; raise Problem where there is none.

    `definitions` are the file's own VTIMEZONEs (`by_name`): one of a name that nobody knows is taken for the zone
    whose clocks go the same for a year from `now` (aware).
    """
    name = tzid.strip().strip('"')
    tails = ("/".join(name.split("/")[-parts:]) for parts in (1, 2, 3))
    for known in (name, WINDOWS_TO_OLSON.get(name), *tails):
        if known and _exists(known):
            return known
    defined = _clock(definitions[name]) if name in definitions else None
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


def by_name(definitions: Iterable[str]) -> dict[str, str]:
    """Return VTIMEZONEs as text by their TZID: the first few, for each may have to be tried."""
    unfolded = [_FOLD.sub("", text) for text in definitions]
    named = [(found[1].strip(), text) for text in unfolded if (found := _TZID.search(text))]
    return dict(named[:MOST_DEFINITIONS])


def _clock(text: str) -> tzinfo | None:
    rules = _RULE.findall(text)
    if len(rules) > MOST_RULES or not all(_CHANGE.fullmatch(rule) and "BYMONTH=" in rule for rule in rules):
        return None
    try:
        # The library keeps every definition it reads for all later files, by its name: all get one, and nobody asks.
        component: Any = Timezone.from_ical(_TZID.sub(f"TZID:{KEPT_AS}", text))
        clock: tzinfo = component.to_tz(lookup_tzid=False)
    except Exception:
        # Whatever an odd definition breaks, its event is refused and the others are read.
        return None
    return clock
