"""Who welcomes those who come: when the host is asked, when a regular, when families hear that nobody may be there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import Enum

from meetups.domain.reminders import ONE_DAY, evening_before
from meetups.domain.zones import to_local, to_utc

# The host is asked at reminders.EVENING. All other times of hosting stand here: wall clock at the place.
BATON_AT = time(20, 30)
# A host who is asked late (the mail was late, or it was her night) has an hour at least before those coming hear of
# it, and up to this long where half of the time that is left is more.
PATIENCE, MORE_PATIENCE = timedelta(hours=1), timedelta(minutes=90)
# Families hear two hours before; nobody is written to before breakfast, and for what begins sooner than an hour
# after that, they hear the evening before.
TOLD_BEFORE, BREAKFAST, AN_HOUR, LATE_EVENING = timedelta(hours=2), time(7, 30), timedelta(hours=1), time(21, 30)
# How much of a series' past says who is a regular, and for how long one who was asked is left in peace.
LAST_DATES, LEFT_IN_PEACE = 8, timedelta(weeks=4)
# So many dates in a row that nobody said yes to, and the series rests.
SILENT_DATES = 2


def is_yes(acted_at: datetime | None, starts_at: datetime, zone_name: str) -> bool:
    """Return whether what a host last did about a date (UTC) says that she comes: it was no longer ago than a day
    before she is asked."""
    return acted_at is not None and acted_at >= asked_at(starts_at, zone_name) - ONE_DAY


def asked_at(starts_at: datetime, zone_name: str) -> datetime:
    """Return when the host of a date is asked (both UTC)."""
    return evening_before(to_local(starts_at, zone_name), zone_name)


def baton_due(asked: datetime, starts_at: datetime, zone_name: str) -> datetime:
    """Return when a regular is asked in the host's stead, who was asked herself at `asked` (all UTC): an hour later,
    or half-way to when those coming hear, so that there is time for a regular's yes."""
    day = to_local(starts_at, zone_name).date() - ONE_DAY
    patience = min(PATIENCE, (unhosted_due(asked, starts_at, zone_name) - asked) / 2)
    return max(to_utc(datetime.combine(day, BATON_AT), zone_name), asked + patience)


def unhosted_due(asked: datetime, starts_at: datetime, zone_name: str) -> datetime:
    """Return when those coming hear that nobody may be there, the host having been asked at `asked` (all UTC).

    It may lie after the start, where the host was asked very late: then nobody hears it.
    """
    day = to_local(starts_at, zone_name).date()
    breakfast = to_utc(datetime.combine(day, BREAKFAST), zone_name)
    if starts_at - breakfast >= AN_HOUR:
        usual = max(starts_at - TOLD_BEFORE, breakfast)
    else:
        usual = to_utc(datetime.combine(day - ONE_DAY, LATE_EVENING), zone_name)
    half = (starts_at - asked) / 2
    return max(usual, asked + max(PATIENCE, min(half, MORE_PATIENCE)))


class Next(Enum):
    """What is to be done about a date whose host was asked and has not said a word."""

    WAIT = "wait"
    ASK_REGULAR = "ask a regular"
    TELL = "tell those coming"


def next_step(asked: datetime, starts_at: datetime, zone_name: str, now: datetime, *, regular_asked: bool) -> Next:
    """Return what is due at `now` for a silent date; nothing once it has begun."""
    if now >= starts_at:
        return Next.WAIT
    if now >= unhosted_due(asked, starts_at, zone_name):
        return Next.TELL
    due = now >= baton_due(asked, starts_at, zone_name)
    return Next.ASK_REGULAR if due and not regular_asked else Next.WAIT


@dataclass(frozen=True, slots=True)
class Regular:
    """A family that goes to a date: to how many of the last dates it came, when last, and when it was asked last."""

    member_id: int
    came: int
    last_came: datetime
    asked: datetime | None = None


def pick(regulars: Iterable[Regular], now: datetime) -> int | None:
    """Return who is asked to take the baton; None where nobody has ever come.

    Whoever came most often, of those who came last. Who was asked in the last weeks comes after all others, and of
    these, the one whom that was longest ago.
    """
    known = [one for one in regulars if one.came]
    return min(known, key=lambda one: _order(one, now)).member_id if known else None


def _order(one: Regular, now: datetime) -> tuple[object, ...]:
    lately = one.asked is not None and now - one.asked < LEFT_IN_PEACE
    asked = one.asked or datetime.min.replace(tzinfo=UTC)
    often = -one.came, -one.last_came.timestamp()
    return (lately, asked, *often, one.member_id) if lately else (lately, *often, asked, one.member_id)


def rests(silent: Sequence[bool]) -> bool:
    """Return whether a series rests, from whether each of its last dates to which families came was silent, the
    newest first; those that were cancelled do not count."""
    return len(silent) >= SILENT_DATES and all(silent[:SILENT_DATES])
