"""Dates, times and rules as people say them. All times are local wall clock, 24 hours."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from meetups.domain.recurrence import Frequency, Rule

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
HALF_A_YEAR = 183  # days
NTHS = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}
_NUMBERS = (
    "",
    "",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
)

_COUNTED = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def clock_words(local: datetime) -> str:
    """Return "9:30"."""
    return f"{local.hour}:{local:%M}"


def rule_words(rule: Rule | None, starts: datetime) -> str:
    """Return a rule and its time: "Every Tuesday at 10:00", "Once, on Tuesday 1 December at 10:00"."""
    if rule is None:
        return f"Once, on {when_words(starts)}"
    return f"{_days_words(rule)} at {clock_words(starts)}{_end_words(rule)}"


def _days_words(rule: Rule) -> str:
    if rule.frequency == Frequency.DAILY:
        return "Every day" if rule.interval == 1 else f"Every {_NUMBERS[rule.interval]} day"
    if rule.frequency == Frequency.WEEKLY:
        days = listed(DAYS[day] for day in rule.weekdays)
        return f"Every {days}" if rule.interval == 1 else f"Every {_NUMBERS[rule.interval]} week on {days}"
    which = f"The {NTHS[rule.nth]} {DAYS[rule.weekdays[0]]}" if rule.nth else f"Day {rule.month_day}"
    every = "every month" if rule.interval == 1 else f"every {_NUMBERS[rule.interval]} month"
    return f"{which} of {every}"


def _end_words(rule: Rule) -> str:
    if rule.until:
        return f" until {rule.until.day} {MONTHS[rule.until.month - 1]} {rule.until.year}"
    if rule.count:
        return ", once" if rule.count == 1 else f", {rule.count} times"
    return ""


def listed(words: Iterable[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    words = list(words)
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def number_words(number: int) -> str:
    """Return "two", and digits from thirteen on."""
    return _COUNTED[number] if 0 <= number < len(_COUNTED) else str(number)


def dates_words(starts: Iterable[datetime]) -> str:
    """Return "1 Dec, 8 Dec, 15 Dec"."""
    return ", ".join(f"{start.day} {MONTHS[start.month - 1][:3]}" for start in starts)


def when_words(local: datetime, today: date | None = None) -> str:
    """Return "Tuesday 1 December at 10:00"; with the year where that is more than half a year from `today`."""
    far = today is not None and abs((local.date() - today).days) >= HALF_A_YEAR
    return f"{date_words(local.date())}{f' {local.year}' if far else ''} at {clock_words(local)}"


def effect_words(changed: int, kept: int, cancelled: int, added: int, families: int) -> str:
    """Return what an edit does: "4 dates change, 1 stays as it is. 11 families will be told."."""
    parts = [
        (changed, "date changes", "dates change"),
        (kept, "stays as it is", "stay as they are"),
        (cancelled, "is cancelled", "are cancelled"),
        (added, "is new", "are new"),
    ]
    said = ", ".join(f"{n} {one if n == 1 else many}" for n, one, many in parts if n) or "No date changes"
    return f"{said}. {told_words(families)}"


def told_words(families: int) -> str:
    """Return how many families will hear of a change: "11 families will be told."."""
    if not families:
        return "Nobody needs to be told."
    return f"{families} {'family' if families == 1 else 'families'} will be told."


def short_when(local: datetime) -> str:
    """Return "Tue 1 Dec, 10:00"."""
    return f"{DAYS[local.weekday()][:3]} {dates_words([local])}, {clock_words(local)}"


def days_words(days: Sequence[date], most: int = 5) -> str:
    """Return "Tue 1 Dec, Tue 8 Dec and 3 more"."""
    named = [f"{DAYS[day.weekday()][:3]} {day.day} {MONTHS[day.month - 1][:3]}" for day in days[:most]]
    return listed([*named, f"{len(days) - most} more"] if len(days) > most else named)


def date_words(day: date) -> str:
    """Return "Tuesday 1 December"."""
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"


def day_words(day: date, today: date) -> str:
    """Return "Today", "Tomorrow" or "Tuesday 1 December"; the year where it is not this one or the next 6 months."""
    if day in (today, today + timedelta(days=1)):
        return "Today" if day == today else "Tomorrow"
    year = "" if abs((day - today).days) < HALF_A_YEAR else f" {day.year}"
    return date_words(day) + year


def duration_words(minutes: int) -> str:
    """Return "45 min", "1 h", "1 h 30 min"; no line ends between a number and its unit."""
    hours, rest = divmod(minutes, 60)
    units = [f"{hours}\u00a0h" if hours else "", f"{rest}\u00a0min" if rest or not hours else ""]
    return " ".join(filter(None, units))
