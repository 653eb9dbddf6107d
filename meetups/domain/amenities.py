"""What is known of an amenity of a place, from what files and mothers say; and what to ask whoever has been there.

Everybody's word counts alike, and for everybody: a fence does not depend on who tells of it, and what is known of a
place would otherwise differ between a member and who has blocked her, which would tell of the block.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median_low
from typing import NamedTuple

from meetups.domain.nearness import METRES_A_MINUTE
from meetups.domain.words import MONTHS

# A word this much older than the newest one is of another park: a fence has been built since.
OUTLIVED = timedelta(days=730)
# What was checked longer ago may be asked again.
STALE = timedelta(days=180)
# For how long after a date one who was there is asked.
ASKED_FOR = timedelta(days=7)
# What a lap may be said to take, in minutes behind a pram.
LAPS = (5, 10, 15, 20, 30, 45, 60)


class Word(NamedTuple):
    """What one member says: whether it is there, and when (UTC) she said so."""

    present: bool
    at: datetime


class Known(NamedTuple):
    """What is known of an amenity: `yes` and `no` count the mothers who say so, `checked_at` is when the last did.

    Both are 0, and there is no time, where only a file tells of it.
    """

    present: bool
    yes: int = 0
    no: int = 0
    checked_at: datetime | None = None

    @property
    def disputed(self) -> bool:
        """True where mothers disagree."""
        return self.yes > 0 and self.no > 0


class Lap(NamedTuple):
    """How long a lap takes, in minutes behind a pram: one figure where mothers agree by a factor of two."""

    least: int
    most: int


def judge(told: bool | None, words: Iterable[Word]) -> Known | None:
    """Return what is known from what a file tells (None: nothing) and the words of members; None where it is nothing.

    Those who have been there count more than a file. Where they disagree, it is taken as present by more of them
    than not; at evens it is not, for a fence that may be missing is none.
    """
    words = list(words)
    if not words:
        return None if told is None else Known(told)
    newest = max(word.at for word in words)
    counted = [word.present for word in words if newest - word.at < OUTLIVED]
    yes = sum(counted)
    no = len(counted) - yes
    return Known(yes > no, yes, no, newest)


def lap(minutes: Collection[int]) -> Lap | None:
    """Return how long a lap takes by what each member says, in minutes; None where nobody does."""
    if not minutes:
        return None
    least, most = min(minutes), max(minutes)
    middle = median_low(minutes)
    return Lap(least, most) if most > 2 * least else Lap(middle, middle)


def question(known: Mapping[str, Known], said: Collection[str], amenities: Sequence[str], now: datetime) -> str | None:
    """Return which of `amenities` (what parents ask first comes first) to ask one who was just there; None for none.

    What nobody knows comes first, then what only a file tells, then what is disputed, then what was checked longest
    ago; never what she has `said` already, nor what was checked lately.
    """
    ranked = [
        (*_need(known.get(amenity), now), place, amenity)
        for place, amenity in enumerate(amenities)
        if amenity not in said
    ]
    need, _, _, amenity = min(ranked, default=(_NONE, 0.0, 0, ""))
    return amenity if need < _NONE else None


_NONE = 4


def _need(known: Known | None, now: datetime) -> tuple[int, float]:
    if known is None:
        return 0, 0.0
    if known.checked_at is None:
        return 1, 0.0
    if known.disputed:
        return 2, 0.0
    stale = now - known.checked_at >= STALE
    return (3 if stale else _NONE), known.checked_at.timestamp()


def month_words(at: datetime, now: datetime) -> str:
    """Return "October", with its year where that is not this one or less than eleven months ago: never a day."""
    lately = at.year == now.year or now - at < timedelta(days=330)
    return MONTHS[at.month - 1] if lately else f"{MONTHS[at.month - 1]} {at.year}"


def lap_words(lap: Lap) -> str:
    """Return "about 15 min behind a pram, 1 km" or "10 to 30 min behind a pram: mothers disagree"."""
    if lap.least < lap.most:
        return f"{lap.least} to {lap.most} min behind a pram: mothers disagree"
    metres = round(lap.least * METRES_A_MINUTE / 50) * 50
    far = f"{metres} m" if metres < 1000 else f"{round(metres / 1000, 1):g} km"
    return f"about {lap.least} min behind a pram, {far}"
