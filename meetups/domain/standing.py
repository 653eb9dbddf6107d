"""A standing yes: whose turn it is, when it ends by itself, and when she is back."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import Enum
from typing import NamedTuple

from meetups.domain.capacity import Answer
from meetups.domain.errors import Problem

MISSES = 4
MONTHS_AHEAD = 6
FARTHEST = 366  # days


class Turn(NamedTuple):
    """A regular before a new date: since when she is one, and the last date before it that had no place for her."""

    member_id: int
    since: datetime
    left_out: datetime | None


def in_turn(regulars: Iterable[Turn]) -> list[int]:
    """Return the regulars' ids in the order in which a new date's places are given.

    Who has just been left out comes first; who never was, last, the newest of them at the end. So nobody is left
    out twice before each of those who were regulars in between has been once.
    """
    longest = sorted(regulars, key=lambda turn: (turn.since, turn.member_id))
    never = [turn.member_id for turn in longest if turn.left_out is None]
    times = sorted({turn.left_out for turn in longest if turn.left_out}, reverse=True)
    return [turn.member_id for time in times for turn in longest if turn.left_out == time] + never


class Went(Enum):
    """What a date that took place says of a regular: only her own "can't" is a miss."""

    CAME = "came"
    MISSED = "missed"
    NEITHER = "neither"


def went(answer: str, *, no_miss: bool) -> Went:
    """Return what an answer to a date that is over says; a "can't" is `no_miss` that was a pause's or a block's, or
    there was no place for her."""
    if answer == Answer.GOING:
        return Went.CAME
    return Went.MISSED if answer == Answer.NOT_GOING and not no_miss else Went.NEITHER


def has_gone_quiet(dates: Sequence[Went]) -> bool:
    """Return whether the last MISSES of a regular's dates, oldest first, were all missed; NEITHER does not count."""
    counted = [went for went in dates if went != Went.NEITHER][-MISSES:]
    return len(counted) == MISSES and all(went == Went.MISSED for went in counted)


def months_ahead(today: date) -> list[date]:
    """Return the first days of the next MONTHS_AHEAD months: when a pause may end, in one tap."""
    months = (today.year * 12 + today.month - 1 + ahead for ahead in range(1, MONTHS_AHEAD + 1))
    return [date(month // 12, month % 12 + 1, 1) for month in months]


def check_back(back: date, today: date) -> None:
    """Raise Problem for a day of coming back that is over, or more than a year ahead."""
    if back <= today:
        raise Problem("Choose a day to come", "back")
    if (back - today).days > FARTHEST:
        raise Problem("Choose a day within a year", "back")
