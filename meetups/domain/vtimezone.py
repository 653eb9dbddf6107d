"""The yearly rules of a time zone, as a VTIMEZONE states them (RFC 5545 section 3.6.5)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from meetups.domain.zones import zone

DAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# A rule counts as one when it holds for this many years from the one asked for.
YEARS = 5
ANCHOR_YEAR = 1970


@dataclass(frozen=True, slots=True)
class Observance:
    """One half of a zone's year, or all of it: `starts` is local time before the change, `rule` an RRULE value."""

    name: str
    starts: datetime
    offset_from: timedelta
    offset_to: timedelta
    daylight: bool
    rule: dict[str, str | int] | None


@dataclass(frozen=True, slots=True)
class _Change:
    at: datetime  # UTC
    before: timedelta
    after: timedelta

    @property
    def local(self) -> datetime:
        """The wall clock at the change, as it went before it."""
        return (self.at + self.before).replace(tzinfo=None)


def observances(zone_name: str, year: int) -> list[Observance]:
    """Return the observances of a zone from `year` on.

    Zones whose changes follow no yearly rule (those that pause for Ramadan) get the offset of 1 January alone.
    """
    years = [_changes(zone_name, year + n) for n in range(YEARS)]
    rules = [_rule([changes[n] for changes in years]) for n in range(2)] if all(len(c) == 2 for c in years) else []
    if not rules or None in rules:
        return [_fixed(zone_name, year)]
    return [_observance(zone_name, change, rule) for change, rule in zip(years[0], rules, strict=True) if rule]


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


def _rule(changes: list[_Change]) -> tuple[int, int, int] | None:
    """Return (month, nth weekday or -1, weekday) where all changes keep to it, else None."""
    months = {change.local.month for change in changes}
    weekdays = {change.local.weekday() for change in changes}
    same = {(change.local.time(), change.before, change.after) for change in changes}
    if len(months) != 1 or len(weekdays) != 1 or len(same) != 1:
        return None
    days = [change.local.date() for change in changes]
    if all((day + timedelta(days=7)).month != day.month for day in days):
        return months.pop(), -1, weekdays.pop()
    nths = {(day.day - 1) // 7 + 1 for day in days}
    return (months.pop(), nths.pop(), weekdays.pop()) if len(nths) == 1 else None


def _observance(zone_name: str, change: _Change, rule: tuple[int, int, int]) -> Observance:
    month, nth, weekday = rule
    local = change.at.astimezone(zone(zone_name))
    return Observance(
        name=local.tzname() or zone_name,
        starts=datetime.combine(_nth(ANCHOR_YEAR, month, nth, weekday), change.local.time()),
        offset_from=change.before,
        offset_to=change.after,
        daylight=bool(local.dst()),
        rule={"FREQ": "YEARLY", "BYMONTH": month, "BYDAY": f"{nth}{DAY_CODES[weekday]}"},
    )


def _nth(year: int, month: int, nth: int, weekday: int) -> date:
    days = [date(year, month, 1) + timedelta(days=n) for n in range(31)]
    fitting = [day for day in days if day.month == month and day.weekday() == weekday]
    return fitting[nth - 1 if nth > 0 else nth]


def _fixed(zone_name: str, year: int) -> Observance:
    local = datetime(year, 1, 1, tzinfo=UTC).astimezone(zone(zone_name))
    offset = local.utcoffset() or timedelta()
    return Observance(local.tzname() or zone_name, datetime(ANCHOR_YEAR, 1, 1), offset, offset, False, None)
