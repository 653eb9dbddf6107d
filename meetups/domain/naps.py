"""When a child naps, roughly: wall-clock spans of a day, told by her mother or usual for the age (docs/naps.md).

All times are minutes of the local day. Nights are not looked at: a day goes from seven to seven.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple, Self

from meetups.domain.ages import month_after, months_between, own_words
from meetups.domain.errors import Problem
from meetups.domain.vtimezone import changes
from meetups.domain.words import listed
from meetups.domain.zones import day_bounds, to_local

HOUR, DAY = 60, 24 * 60
UP, BED = 7 * HOUR, 19 * HOUR
# So much of a nap must fall into a date before that counts as in nap time: naps are no trains.
COUNTS = 30  # minutes
# A first nap and a last one: when they may begin; with more than this between the two there is one in the middle.
FIRSTS = tuple(range(8 * HOUR, 14 * HOUR + 1, HOUR // 2))
LASTS = tuple(range(12 * HOUR, 16 * HOUR + 31, HOUR // 2))
MIDDLE_FROM, APART = 6 * HOUR + HOUR // 2, 2 * HOUR + HOUR // 2
# How long naps take where there are one, two or three of them.
_LENGTHS = {1: (120,), 2: (75, 90), 3: (60, 75, 45)}
# For how long what she said herself holds: less where the child was under a year and a half as she said it.
FAST_UNTIL = 18  # months
HOLDS_FAST, HOLDS = timedelta(days=91), timedelta(days=182)
# Dates are made half a year ahead; what comes after this is reckoned as the last day of it.
LOOKED_AHEAD = timedelta(days=200)


class Nap(NamedTuple):
    """A span of the local day, [start, stop), in minutes."""

    start: int
    stop: int


Naps = tuple[Nap, ...]


def _naps(*spans: tuple[float, float]) -> Naps:
    return tuple(Nap(round(start * HOUR), round(stop * HOUR)) for start, stop in spans)


# Before this age they sleep at any hour; past the other one nobody is asked (months).
REGULAR_FROM, ASKED_UNTIL = 4, 60
# From which age in months which naps are usual, in hours of the day.
USUAL: dict[int, Naps] = {
    0: (),
    REGULAR_FROM: _naps((9, 10), (12, 13.5), (15.5, 16.25)),
    6: _naps((9.25, 10.5), (13, 14.5)),
    9: _naps((9.75, 10.75), (14, 15.25)),
    15: _naps((12.5, 14.5)),
    36: (),
}


def usual(months: int) -> Naps:
    """Return the naps that are usual at an age in whole months; none before birth, and where nobody can say."""
    return USUAL[max(start for start in USUAL if start <= max(months, 0))]


def own(first: int, last: int | None) -> Naps:
    """Return the naps of a child whose first begins at one minute of the day and whose last at another (None: there
    is but one); raise Problem where the two are too close."""
    if last is not None and last < first + APART:
        raise Problem("The last nap begins two and a half hours after the first, or later", "last")
    if last is None:
        starts = [first]
    elif last - first < MIDDLE_FROM:
        starts = [first, last]
    else:
        starts = [first, (first + last) // 2 // 15 * 15, last]
    return tuple(Nap(start, start + length) for start, length in zip(starts, _LENGTHS[len(starts)], strict=True))


@dataclass(frozen=True, slots=True)
class Sleeper:
    """A child as its naps know it: birth month, and the naps its mother told (None: the usual ones) and when."""

    month: date
    own: Naps | None = None
    since: date | None = None

    @classmethod
    def read(cls, month: date, text: str, since: date | None) -> Self:
        """Return the child whose naps are stored as `text`: what `stored` wrote, or "usual"."""
        if text == "usual":
            return cls(month)
        spans = (span.split("-") for span in text.split(",") if text != "none")
        return cls(month, tuple(Nap(int(start), int(stop)) for start, stop in spans), since)

    @property
    def stored(self) -> str:
        """What is kept of it: "usual", "none", or spans in minutes: "570-645,840-930"."""
        if self.own is None:
            return "usual"
        return ",".join(f"{nap.start}-{nap.stop}" for nap in self.own) or "none"

    @property
    def holds_until(self) -> date | None:
        """The day from which what she told is too old, and the usual naps count; None where she told nothing."""
        if self.own is None or self.since is None:
            return None
        return self.since + (HOLDS_FAST if months_between(self.month, self.since) < FAST_UNTIL else HOLDS)

    def on(self, day: date) -> Naps:
        """Return the naps on a day."""
        if self.own is not None and (self.holds_until is None or day < self.holds_until):
            return self.own
        return usual(months_between(self.month, day))

    @property
    def turns(self) -> list[date]:
        """The days on which its naps change."""
        grows = [month_after(self.month, months) for months in USUAL]
        return [*grows, self.holds_until] if self.holds_until else grows


def disturbs(naps: Naps, starts: int, minutes: int) -> bool:
    """Return whether a date that starts at a minute of the day and takes so many falls into nap time: COUNTS minutes
    of a nap or more. What goes on past midnight is no matter of naps."""
    ends = starts + minutes
    return ends < DAY and any(starts <= nap.stop - COUNTS and ends >= nap.start + COUNTS for nap in naps)


def asleep(sleepers: Iterable[Sleeper], local: datetime, minutes: int) -> list[Sleeper]:
    """Return the children in whose nap time a date is that starts at a wall-clock time."""
    starts = local.hour * HOUR + local.minute
    return [one for one in sleepers if disturbs(one.on(local.date()), starts, minutes)]


def nap_words(sleepers: Iterable[Sleeper], local: datetime, minutes: int, *, several: bool) -> str | None:
    """Return in whose nap time a date is, for their mother alone: "in nap time", and "in your 8-month-old's nap time"
    where she has several children; None where it is in nobody's."""
    found = asleep(sleepers, local, minutes)
    if not found:
        return None
    whose = dict.fromkeys(own_words(one.month, local.date()) for one in sorted(found, key=lambda one: one.month))
    return f"in your {listed(f'{who}’s' for who in whose)} nap time" if several else "in nap time"


def naps_words(naps: Naps) -> str:
    """Return naps as "9:15 to 10:30 and 13 to 14:30"."""
    return listed(f"{minute_words(nap.start)} to {minute_words(nap.stop)}" for nap in naps)


def awake_words(naps: Naps) -> str:
    """Return when a child with these naps is awake: "7 to 9:15, 10:30 to 13 and 14:30 to 19"."""
    edges = [UP, *(edge for nap in sorted(naps) for edge in nap), BED]
    return naps_words(tuple(map(Nap, edges[::2], edges[1::2])))


def minute_words(minute: int) -> str:
    """Return a minute of the day as "9:15", a whole hour as "13"."""
    hour, rest = divmod(minute, HOUR)
    return f"{hour}:{rest:02}" if rest else str(hour)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time [start, stop) during which neither the clocks nor any naps change (`stop` None: it has no end): how far
    the wall clock is ahead of UTC, and the naps of all."""

    start: datetime
    stop: datetime | None
    ahead: timedelta
    naps: Naps


def stretches(sleepers: Sequence[Sleeper], zone_name: str, since: datetime) -> list[Stretch]:
    """Return the stretches from `since` (UTC) on in which anybody naps, for a search that knows no wall clock."""
    today, until = to_local(since, zone_name).date(), since + LOOKED_AHEAD
    days = {day for one in sleepers for day in one.turns if today < day < until.date()}
    turns = {day_bounds(day, zone_name)[0] for day in days}
    turns |= {change for year in range(since.year, until.year + 1) for change in changes(zone_name, year)}
    starts = [since, *sorted(turn for turn in turns if since < turn < until)]
    found = (_stretch(sleepers, zone_name, *ends) for ends in zip(starts, [*starts[1:], None], strict=True))
    return [stretch for stretch in found if stretch.naps]


def _stretch(sleepers: Sequence[Sleeper], zone_name: str, start: datetime, stop: datetime | None) -> Stretch:
    local = to_local(start, zone_name)
    naps = {nap for one in sleepers for nap in one.on(local.date())}
    return Stretch(start, stop, local - start.replace(tzinfo=None), tuple(sorted(naps)))
