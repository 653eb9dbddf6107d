"""Which hour suits most families around a place: a picture in three levels, from three families up.

It must not tell of one family when she is asleep, whoever compares it with which other: docs/safety.md says why each
rule is here.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum

from meetups.domain.ages import AgeBand, month_after, month_seen
from meetups.domain.naps import ASKED_UNTIL, HOUR, REGULAR_FROM, Nap, Naps, Sleeper, disturbs
from meetups.domain.visibility import FAMILIES_FROM
from meetups.domain.words import listed

# Each hour of the day that has a bar, from that hour to the next.
HOURS = range(8, 18)
# What a mother told of a child is moved by one of these, always the same, so that no bar is its hour (minutes).
SHIFTS = (-60, -30, 0, 30, 60)
# Ages are looked at together or by one of these: with finer ones, two pictures would differ by one family.
GROUPS = (AgeBand.BABY | AgeBand.CRAWLER, AgeBand.ONE | AgeBand.TWO, AgeBand.PRESCHOOL)
ALL_GROUPS = GROUPS[0] | GROUPS[1] | GROUPS[2]


# For how long a family must have had its account, its home and its child before it counts.
SETTLED = timedelta(weeks=4)


class Level(IntEnum):
    """How many of the families are awake in an hour: under a half, under three quarters, or more."""

    FEW = 0
    SOME = 1
    MOST = 2


Levels = tuple[Level, ...]
WORDS = {Level.MOST: "most are awake", Level.SOME: "some nap", Level.FEW: "many nap"}


def drawn_at(now: datetime) -> datetime:
    """Return the moment (UTC) whose facts a picture shows: the beginning of this week's Monday, for everybody."""
    monday = now.date() - timedelta(days=now.weekday())
    return datetime.combine(monday, time(), UTC)


def born_between(day: date) -> tuple[date, date]:
    """Return the first and the last birth month of the children who count on a day: of an age to nap, as others reckon
    it, so both months of a pair or none."""
    oldest, youngest = (month_after(day, -months) for months in (ASKED_UNTIL - 1, REGULAR_FROM))
    first = month_after(oldest, -1) if month_seen(oldest) == oldest else oldest
    return first, youngest if month_seen(youngest) == youngest else month_after(youngest, -1)


def naps_seen(sleeper: Sleeper, day: date) -> tuple[Naps, bool]:
    """Return a child's naps on a day by its month as others reckon it, and whether its mother told them. What she told
    on the day or after it does not count yet."""
    known = sleeper.own is not None and sleeper.since is not None and sleeper.since < day
    seen = Sleeper(month_seen(sleeper.month), *((sleeper.own, sleeper.since) if known else ()))
    found = seen.on(day)
    return found, known and found is seen.own


def group_of(bands: int) -> AgeBand:
    """Return the ages to look at where a meetup welcomes some: those of the one group that has them all, or all."""
    wanted = AgeBand(bands) & ALL_GROUPS
    return next((group for group in GROUPS if wanted and wanted in group), ALL_GROUPS)


def chosen(families: Iterable[Sequence[AgeBand]], group: AgeBand) -> AgeBand:
    """Return the ages to look at where a group is asked for, from the ages of each family's children: all, where that
    group's families are too few, or the others so few that the two pictures together would tell of them."""
    of_group = [any(band & group for band in bands) for bands in families]
    few = any(0 < of_group.count(which) < FAMILIES_FROM for which in (True, False))
    return ALL_GROUPS if few or not any(of_group) else group


def shifted(naps: Naps, by: int) -> Naps:
    """Return naps that begin so many minutes later."""
    return tuple(Nap(nap.start + by, nap.stop + by) for nap in naps)


def levels(families: Sequence[Sequence[Naps]]) -> Levels | None:
    """Return the level of each hour of HOURS, from the naps of each child of each family; None below FAMILIES_FROM.

    A family is awake where all its children are.
    """
    if len(families) < FAMILIES_FROM:
        return None
    awake = [sum(not any(disturbs(naps, hour * HOUR, HOUR) for naps in kids) for kids in families) for hour in HOURS]
    return tuple(_level(count, len(families)) for count in awake)


def _level(awake: int, families: int) -> Level:
    # No family more or less moves a share by more than a quarter, nor a bar by more than one level.
    return Level.FEW if 2 * awake < families else Level.SOME if 4 * awake < 3 * families else Level.MOST


def best_words(found: Levels) -> str:
    """Return the hours that suit most: "11 to 12 and 15 to 18"; "" where all are alike."""
    return hours_words(found, max(found)) if len(set(found)) > 1 else ""


def hours_words(found: Levels, level: Level) -> str:
    """Return the hours of a level: "11 to 12 and 15 to 18"; "" for none."""
    hours = [hour for hour, one in zip(HOURS, found, strict=True) if one == level]
    firsts = [hour for hour in hours if hour - 1 not in hours]
    lasts = [hour + 1 for hour in hours if hour + 1 not in hours]
    return listed(f"{first} to {last}" for first, last in zip(firsts, lasts, strict=True))
