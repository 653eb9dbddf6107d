"""Recurrence rules: the part of RFC 5545 section 3.3.10 that people walk by, in wall-clock time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from dateutil import rrule

from meetups.domain.errors import Problem
from meetups.domain.zones import to_utc

MOST_INTERVAL = 12
MOST_COUNT = 200
NTHS = (1, 2, 3, 4, -1)
DAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = {"DAILY": rrule.DAILY, "WEEKLY": rrule.WEEKLY, "MONTHLY": rrule.MONTHLY}
# Day 31 every 12th month from a short month never comes: the search for a first instance ends here.
SEARCH_YEARS = 8
END_OF_TIME = datetime(2200, 1, 1)


class Frequency(StrEnum):
    """What an interval counts."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"


@dataclass(frozen=True, slots=True)
class Rule:
    """A recurrence rule. Weekdays count from Monday as 0; `until` is a local date, included.

    Monthly rules have a `month_day` (months without it are skipped) or `nth` (1 to 4, or -1 for the last)
    with one weekday. Raises Problem for any other combination.
    """

    frequency: Frequency
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    month_day: int | None = None
    nth: int | None = None
    until: date | None = None
    count: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "weekdays", tuple(sorted(set(self.weekdays))))
        for wrong, message, field in _refusals(self):
            if wrong:
                raise Problem(message, field)


def _refusals(rule: Rule) -> Iterator[tuple[bool, str, str]]:
    yield not 1 <= rule.interval <= MOST_INTERVAL, f"Choose every 1 to {MOST_INTERVAL}", "interval"
    yield not all(0 <= day <= 6 for day in rule.weekdays), "Choose days of the week", "weekdays"
    weekly, monthly = rule.frequency == Frequency.WEEKLY, rule.frequency == Frequency.MONTHLY
    yield weekly and not rule.weekdays, "Choose at least one day of the week", "weekdays"
    yield not weekly and rule.nth is None and bool(rule.weekdays), "Days of the week belong to weeks", "weekdays"
    yield (
        not monthly and (rule.month_day is not None or rule.nth is not None),
        "A day of the month belongs to months",
        "monthly",
    )
    yield monthly and (rule.month_day is None) == (rule.nth is None), "Choose which day of the month", "monthly"
    yield rule.month_day is not None and not 1 <= rule.month_day <= 31, "Choose a day from 1 to 31", "monthly"
    yield (
        rule.nth is not None and (rule.nth not in NTHS or len(rule.weekdays) != 1),
        "Choose which week of the month",
        "monthly",
    )
    yield rule.count is not None and rule.until is not None, "Choose a last date or a number of times, not both", "ends"
    yield rule.count is not None and not 1 <= rule.count <= MOST_COUNT, f"Choose 1 to {MOST_COUNT} times", "count"


def parse_rule(text: str) -> Rule:
    """Read what `stored` wrote, or any RRULE value of the accepted kinds; raise Problem for all others."""
    try:
        parts = dict(part.split("=", 1) for part in text.upper().removeprefix("RRULE:").split(";"))
        frequency = Frequency(parts.pop("FREQ"))
        parts.pop("WKST", None)
        nth, weekdays = _read_days(parts.pop("BYDAY", ""))
        until = parts.pop("UNTIL", None)
        rule = Rule(
            frequency,
            interval=int(parts.pop("INTERVAL", 1)),
            weekdays=weekdays,
            month_day=_int(parts.pop("BYMONTHDAY", None)),
            nth=nth,
            until=datetime.strptime(until[:8], "%Y%m%d").date() if until else None,
            count=_int(parts.pop("COUNT", None)),
        )
    except (KeyError, ValueError) as error:
        raise error if isinstance(error, Problem) else Problem("That is not a rule we know", "repeat") from error
    if parts:
        raise Problem("That is not a rule we know", "repeat")
    return rule


def _read_days(text: str) -> tuple[int | None, tuple[int, ...]]:
    days = [day for day in text.split(",") if day]
    if len(days) == 1 and len(days[0]) > 2:
        return int(days[0][:-2]), (DAY_CODES.index(days[0][-2:]),)
    return None, tuple(DAY_CODES.index(day) for day in days)


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)


def stored(rule: Rule) -> str:
    """Return the rule as the database keeps it: an RRULE value whose UNTIL is a local date."""
    return _value(rule, f"{rule.until:%Y%m%d}" if rule.until else None)


def rrule_value(rule: Rule, starts: datetime, zone_name: str) -> str:
    """Return the RFC 5545 RRULE value of a rule from a local start; UNTIL is the last instance in UTC."""
    until = None
    if rule.until:
        last = last_start(rule, starts) or starts
        until = f"{to_utc(last, zone_name):%Y%m%dT%H%M%SZ}"
    return _value(rule, until)


def _value(rule: Rule, until: str | None) -> str:
    days = ",".join(f"{rule.nth or ''}{DAY_CODES[day]}" for day in rule.weekdays)
    parts = {
        "FREQ": rule.frequency.value,
        "INTERVAL": rule.interval if rule.interval > 1 else None,
        "BYDAY": days or None,
        "BYMONTHDAY": rule.month_day,
        "UNTIL": until,
        "COUNT": rule.count,
    }
    return ";".join(f"{name}={value}" for name, value in parts.items() if value is not None)


def first_start(rule: Rule | None, starts: datetime) -> datetime:
    """Return the first instance at or after a local time: where DTSTART must be (RFC 5545 section 3.8.2.4).

    Raises Problem where the rule has none.
    """
    if rule is None:
        return starts
    found = next(_instances(rule, starts, starts + timedelta(days=366 * SEARCH_YEARS)), None)
    if found is None:
        raise Problem("No date fits these days before the end", "ends")
    return found


def expand(rule: Rule | None, starts: datetime, after: datetime, before: datetime) -> list[datetime]:
    """Return the local starts in [after, before) of a rule that began at `starts`, itself an instance."""
    if rule is None:
        return [starts] if after <= starts < before else []
    return [start for start in _instances(rule, starts, before) if after <= start < before]


def last_start(rule: Rule | None, starts: datetime) -> datetime | None:
    """Return the last local start of a rule, or None where it never ends."""
    if rule is None:
        return starts
    if rule.until is None and rule.count is None:
        return None
    return max(_instances(rule, starts, END_OF_TIME), default=starts)


def _instances(rule: Rule, starts: datetime, until: datetime) -> Iterator[datetime]:
    ends = datetime.combine(rule.until, time.max) if rule.until else until
    return iter(
        rrule.rrule(
            _FREQUENCIES[rule.frequency],
            dtstart=starts,
            interval=rule.interval,
            byweekday=[rrule.weekday(day, rule.nth) for day in rule.weekdays] or None,
            bymonthday=rule.month_day,
            count=rule.count,
            until=min(ends, until) if rule.count is None else None,
            wkst=rrule.MO,
        )
    )
