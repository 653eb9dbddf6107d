"""The yearly rules of a time zone, as a VTIMEZONE states them (RFC 5545 section 3.6.5)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from dateutil.rrule import rrulestr

from meetups.domain.zones import zone

DAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# A rule counts as one when it holds for this many years from the one asked for: until then every
# weekday has fallen on every day of the month.
YEARS = 28
ANCHOR_YEAR = 1970
# How far ahead the changes of a zone without a yearly rule are listed: dates are made half a year ahead.
LISTED_YEARS = 4
Value = str | int | list[int]
Rule = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Observance:
    """One half of a zone's year, or all of it: `starts` is local time before the change, `rule` an RRULE value."""

    name: str
    starts: datetime
    offset_from: timedelta
    offset_to: timedelta
    daylight: bool
    rule: Rule | None


@dataclass(frozen=True, slots=True)
class _Change:
    at: datetime  # UTC
    before: timedelta
    after: timedelta

    @property
    def local(self) -> datetime:
        """The wall clock at the change, as it went before it."""
        return (self.at + self.before).replace(tzinfo=None)


@lru_cache(maxsize=500)
def observances(zone_name: str, year: int) -> list[Observance]:
    """Return the observances of a zone from `year` on.

    Zones whose changes follow no yearly rule (those that pause for Ramadan, those whose law changes) get each change
    from a year before to three years after.
    """
    years = [_changes(zone_name, year + n) for n in range(YEARS)]
    rules = [_rule([both[n] for both in years]) for n in range(2)] if all(len(c) == 2 for c in years) else []
    if not rules or None in rules:
        return _each_change(zone_name, year)
    return [_observance(zone_name, change, rule) for change, rule in zip(years[0], rules, strict=True) if rule]


@lru_cache(maxsize=500)
def changes(zone_name: str, year: int) -> tuple[datetime, ...]:
    """Return when (UTC) a zone's clocks change in a year."""
    return tuple(change.at for change in _changes(zone_name, year))


def _changes(zone_name: str, year: int) -> list[_Change]:
    info = zone(zone_name)
    found = []
    for day in range(366):
        start = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day)
        if start.year > year:
            break
        low, high = start, start + timedelta(days=1)
        before, after = _offset(low, info), _offset(high, info)
        if before == after:
            continue
        while high - low > timedelta(minutes=1):
            middle = low + (high - low) / 2
            middle = middle.replace(second=0, microsecond=0)
            low, high = (middle, high) if _offset(middle, info) == before else (low, middle)
        found.append(_Change(high, before, after))
    return found


def _offset(instant: datetime, info: object) -> timedelta:
    return instant.astimezone(info).utcoffset() or timedelta()  # type: ignore[arg-type]


def _rule(each: list[_Change]) -> Rule | None:
    """Return the yearly rule that all changes keep to, else None."""
    months = {change.local.month for change in each}
    weekdays = {change.local.weekday() for change in each}
    same = {(change.local.time(), change.before, change.after) for change in each}
    if len(months) != 1 or len(weekdays) != 1 or len(same) != 1:
        return None
    rule: Rule = {"FREQ": "YEARLY", "BYMONTH": months.pop()}
    code = DAY_CODES[weekdays.pop()]
    days = [change.local.date() for change in each]
    if all((day + timedelta(days=7)).month != day.month for day in days):
        return rule | {"BYDAY": f"-1{code}"}
    if len({(day.day - 1) // 7 for day in days}) == 1:
        return rule | {"BYDAY": f"{(days[0].day - 1) // 7 + 1}{code}"}
    # "The first Sunday from the 2nd on" (Chile): one of seven days that are no week of the month.
    first = min(day.day for day in days)
    if max(day.day for day in days) > first + 6:
        return None
    return rule | {"BYDAY": code, "BYMONTHDAY": list(range(first, first + 7))}


def _observance(zone_name: str, change: _Change, rule: Rule | None) -> Observance:
    local = change.at.astimezone(zone(zone_name))
    return Observance(
        name=local.tzname() or zone_name,
        starts=_anchored(rule, change) if rule else change.local,
        offset_from=change.before,
        offset_to=change.after,
        daylight=bool(local.dst()),
        rule=rule,
    )


def _anchored(rule: Rule, change: _Change) -> datetime:
    text = ";".join(f"{key}={','.join(map(str, listed(value)))}" for key, value in rule.items())
    first: datetime = rrulestr(text, dtstart=datetime.combine(date(ANCHOR_YEAR, 1, 1), change.local.time()))[0]
    return first


def listed(value: Value) -> list[str | int]:
    """Return a rule part's values as a list."""
    return [*value] if isinstance(value, list) else [value]


def _each_change(zone_name: str, year: int) -> list[Observance]:
    each = [change for n in range(-1, LISTED_YEARS) for change in _changes(zone_name, year + n)]
    return [_fixed(zone_name, year - 1), *(_observance(zone_name, change, None) for change in each)]


def _fixed(zone_name: str, year: int) -> Observance:
    local = datetime(year, 1, 1, tzinfo=UTC).astimezone(zone(zone_name))
    offset = local.utcoffset() or timedelta()
    return Observance(local.tzname() or zone_name, datetime(ANCHOR_YEAR, 1, 1), offset, offset, False, None)
