"""Rules of others (RFC 5545 section 3.3.10) in the words of ours: the same dates, or a refusal."""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from meetups.domain.errors import Problem
from meetups.domain.recurrence import DAY_CODES, END_OF_TIME, Frequency, Rule, expand
from meetups.domain.zones import to_local

ODD = "It repeats in a way that we cannot hold."
TOO_OFTEN = "It repeats many times a day."
AHEAD = timedelta(weeks=26)
# What a host may plan ahead, and a first date may be (events.dates.FARTHEST).
FARTHEST = timedelta(days=2 * 366)
_SEVERAL_A_DAY = ("SECONDLY", "MINUTELY", "HOURLY")
_A_LEAP_YEAR = 2024
Parts = dict[str, str]


def our_rules(text: str, starts: datetime, zone_name: str) -> tuple[Rule, ...]:
    """Return the rules whose dates together are those of an RRULE value, from a wall-clock start in a zone.

    Mostly one; "the first and third Tuesday" is two. Nothing is expanded here, so that no rule costs time.
    Raises Problem, in plain words, for one that says something else than our rules can.
    """
    parts = _parts(text)
    if parts.get("FREQ") in _SEVERAL_A_DAY:
        raise Problem(TOO_OFTEN)
    read = _READERS.get(parts.pop("FREQ", ""))
    if read is None:
        raise Problem(ODD)
    try:
        _drop_the_start(parts, starts)
        ends = {"interval": int(parts.pop("INTERVAL", 1)), "until": _until(parts.pop("UNTIL", ""), starts, zone_name)}
        count = int(parts.pop("COUNT", 0)) or None
        rules = tuple(replace(rule, count=count) for rule in read(parts, starts, **ends))
    except ValueError as error:
        raise Problem(ODD) from error
    if parts or (count and len(rules) > 1) or any(_never(rule, starts) for rule in rules):
        raise Problem(ODD)
    return rules


def _parts(text: str) -> Parts:
    parts = [part.partition("=") for part in text.upper().split(";") if part]
    return {name: value for name, _, value in parts}


def _drop_the_start(parts: Parts, starts: datetime) -> None:
    # Many programs repeat in the rule what the start says.
    for name, said in (("BYHOUR", starts.hour), ("BYMINUTE", starts.minute), ("BYSECOND", 0)):
        if name in parts and int(parts[name]) == said:
            del parts[name]


def _until(text: str, starts: datetime, zone_name: str) -> date | None:
    if not text:
        return None
    if "T" not in text:
        return datetime.strptime(text[:8], "%Y%m%d").date()
    ends = datetime.strptime(text[:15], "%Y%m%dT%H%M%S")
    if ends >= END_OF_TIME:
        # "99991231T235959Z" is how some programs say that it never ends.
        return None
    if text.endswith("Z"):
        ends = to_local(ends.replace(tzinfo=UTC), zone_name)
    return ends.date() if ends.time() >= starts.time() else ends.date() - timedelta(days=1)


def _days(text: str) -> list[tuple[int | None, int]]:
    return [(int(day[:-2]) if day[:-2] else None, DAY_CODES.index(day[-2:])) for day in text.split(",") if day]


def _daily(parts: Parts, starts: datetime, interval: int, until: date | None) -> list[Rule]:
    if "BYDAY" in parts and interval == 1:
        return _weekly(parts, starts, interval, until)
    if "BYDAY" in parts:
        raise Problem(ODD)
    if interval % 7 == 0:
        return _weekly(parts, starts, interval // 7, until)
    parts.pop("WKST", None)
    return [Rule(Frequency.DAILY, interval, until=until)]


def _weekly(parts: Parts, starts: datetime, interval: int, until: date | None) -> list[Rule]:
    days = _days(parts.pop("BYDAY", "")) or [(None, starts.weekday())]
    weekdays = tuple(day for _, day in days)
    # A week that begins on Sunday has another Sunday in it than one that begins on Monday.
    sunday_first = parts.pop("WKST", "MO") != "MO"
    if any(number for number, _ in days) or (sunday_first and interval > 1 and 6 in weekdays and len(weekdays) > 1):
        raise Problem(ODD)
    return [Rule(Frequency.WEEKLY, interval, weekdays, until=until)]


def _monthly(parts: Parts, starts: datetime, interval: int, until: date | None) -> list[Rule]:
    days, dates = _days(parts.pop("BYDAY", "")), parts.pop("BYMONTHDAY", "")
    position = parts.pop("BYSETPOS", None)
    parts.pop("WKST", None)
    if days and dates:
        raise Problem(ODD)
    if position is not None:
        if len(days) != 1 or days[0][0]:
            raise Problem(ODD)
        days = [(int(position), days[0][1])]
    if days and not any(number for number, _ in days) and interval == 1:
        return [Rule(Frequency.WEEKLY, weekdays=tuple(day for _, day in days), until=until)]
    if days:
        return [Rule(Frequency.MONTHLY, interval, (day,), nth=number, until=until) for number, day in days]
    each = [int(day) for day in dates.split(",")] if dates else [starts.day]
    return [Rule(Frequency.MONTHLY, interval, month_day=day, until=until) for day in each]


def _yearly(parts: Parts, starts: datetime, interval: int, until: date | None) -> list[Rule]:
    # A year is twelve months from the month it starts in.
    by_month = parts.pop("BYMONTH", None)
    if (by_month is None and ("BYDAY" in parts or "BYMONTHDAY" in parts)) or int(by_month or starts.month) != (
        starts.month
    ):
        raise Problem(ODD)
    if "BYDAY" in parts and not any(number for number, _ in _days(parts["BYDAY"])):
        raise Problem(ODD)
    return _monthly(parts, starts, interval * 12, until)


_READERS: dict[str, Callable[..., list[Rule]]] = {
    "DAILY": _daily,
    "WEEKLY": _weekly,
    "MONTHLY": _monthly,
    "YEARLY": _yearly,
}


def _never(rule: Rule, starts: datetime) -> bool:
    # The 30th of every twelfth month from February: a search for its dates would go on to the end of the calendar.
    if rule.month_day is None:
        return False
    months = ((starts.month - 1 + turn * rule.interval) % 12 + 1 for turn in range(12))
    return all(monthrange(_A_LEAP_YEAR, month)[1] < rule.month_day for month in months)


def dates_between(rule: Rule, starts: datetime, after: datetime, before: datetime) -> list[datetime]:
    """Return the wall-clock dates in [after, before) of a rule that may have begun centuries ago."""
    return expand(rule, starts if rule.count else _near(rule, starts, after), after, before)


def from_now(rule: Rule, starts: datetime, now: datetime) -> tuple[datetime, Rule] | None:
    """Return the first date after a wall-clock `now`, and the rule as it reads from there; None where none comes.

    None too where the first lies more than two years ahead. An end that lies beyond is brought to there.
    """
    coming = dates_between(rule, starts, now + timedelta(minutes=1), END_OF_TIME if rule.count else now + FARTHEST)
    if not coming or coming[0] - now >= FARTHEST:
        return None
    last = (now + FARTHEST - timedelta(days=2)).date()
    return coming[0], replace(
        rule,
        count=len(coming) if rule.count else None,
        until=min(rule.until, last) if rule.until else None,
    )


def _near(rule: Rule, starts: datetime, after: datetime) -> datetime:
    """Return a start not long before `after` from which the rule has the same dates: it keeps step."""
    if rule.frequency == Frequency.MONTHLY:
        months = (after.year - starts.year) * 12 + after.month - starts.month
        steps = months // rule.interval - 1
        if steps <= 0:
            return starts
        year, month = divmod(starts.year * 12 + starts.month - 1 + steps * rule.interval, 12)
        return starts.replace(year=year, month=month + 1, day=1)
    step = timedelta(days=rule.interval * (7 if rule.frequency == Frequency.WEEKLY else 1))
    return starts + max((after - starts) // step - 1, 0) * step
