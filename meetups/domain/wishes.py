"""Wishes: which meetups a member who waits near a neighbourhood is told of, and what others learn of how many wait.

A wish is kept as a cell and a reach, so nothing here can say where in her 0.7 square kilometres somebody is.
"""

import math
from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import h3

from meetups.domain.ages import (
    ALL_AGES,
    BAND_WORDS,
    AgeBand,
    Welcome,
    band_at,
    band_seen,
    bands_on,
    bands_words,
    fits,
    kids_words,
)
from meetups.domain.nearness import FARTHEST_WALK, Point, cell_centre, home_cell, metres, reach_minutes
from meetups.domain.visibility import FAMILIES_FROM
from meetups.domain.words import listed

# How far she walks, in metres: what a wish asks for is the next of these.
REACHES = (500, 800, 1600, 3200, FARTHEST_WALK)
USUAL_REACH = 800
LASTS = timedelta(weeks=26)
MOST_OPEN = 10
# What others are shown changes once a day, and a wish is in it once it is a day old.
COUNTS_AFTER = timedelta(days=1)
# Everybody reads the same, and may be one of those who wait: so three besides whoever reads; and more than ten.
SHOWN_FROM, MANY = FAMILIES_FROM + 1, 12
# Cells around one by their reach: the last of REACHES and a cell, whose corners are about 531 metres from its middle
# (h3geo.org, "Tables of cell statistics"), over the least distance of two rings.
_RINGS = math.ceil((FARTHEST_WALK + 531) / (1.5 * 531 / 1.3)) + 1

Steps = tuple[tuple[int, tuple[str, ...]], ...]


def reach_of(within: float) -> int:
    """Return the reach of a wish that asks for what is within some metres."""
    return next((reach for reach in REACHES if within <= reach), REACHES[-1])


def to_place(cell: str, place: Point) -> float:
    """Return the metres that a walk from a cell must reach to a place: from its middle; none where it lies in it."""
    return 0.0 if home_cell(place) == cell else metres(cell_centre(cell), place)


@lru_cache(1024)
def cells_to_place(place: Point) -> Steps:
    """Return the cells from which a walk may come to a place, by the reach that it takes."""
    reaches: dict[int, list[str]] = {reach: [] for reach in REACHES}
    for cell in sorted(h3.grid_disk(home_cell(place), _RINGS)):
        needed = to_place(cell, place)
        if needed <= FARTHEST_WALK:
            reaches[reach_of(needed)].append(cell)
    return tuple((reach, tuple(cells)) for reach, cells in reaches.items() if cells)


def suits(ages: int | None, kids: Iterable[date], day: date, welcome: Welcome) -> bool:
    """Return whether a date is for whom a wish waits: for bands (AgeBand bits), or where it names none for any of her
    `kids` (birth or due months), each at its age on that day. Of somebody without children nothing is."""
    if ages is None:
        return any(fits(month, day, welcome) for month in kids)
    return bool(bands_on(welcome, day) & ages)


def bands_of(ages: int | None, kids: Iterable[date], day: date) -> int:
    """Return the bands that a wish waits for, as others read them on a day."""
    if ages is not None:
        return ages
    bits = AgeBand(0)
    for month in kids:
        bits |= band_seen(month, day)
    return int(bits)


def whom_words(ages: int | None, kids: Iterable[date], day: date) -> str:
    """Return for whom a wish waits, for its own member's eyes: "any age", "0 to 5 months", "your 1-year-old"."""
    if ages is None:
        return f"your {kids_words([band_at(month, day) for month in kids]).removeprefix('a ') or 'children'}"
    words = bands_words(ages)
    return "any age" if ages == ALL_AGES else f"{words[0].lower()}{words[1:]}"


def counted_at(now: datetime) -> datetime:
    """Return the moment (UTC) whose wishes others are shown: the midnight before, for everybody, so that nobody can
    watch one come or go."""
    return datetime.combine(now.date(), time(), now.tzinfo)


def how_many(families: int) -> str | None:
    """Return how many families wait, in words, and never a number: "a few", "more than ten"; None below SHOWN_FROM."""
    if families < SHOWN_FROM:
        return None
    return "more than ten" if families >= MANY else "a few"


def waiting_for(families: Collection[int], bands: int) -> int:
    """Return how many of some families, each by the bands (bits) it waits for, wait for any of some bands."""
    return sum(1 for own in families if own & bands)


def wish_words(name: str | None, within: int, whom: str) -> str:
    """Return a wish in words: "near Riverdale, up to 15 minutes on foot, for any age"."""
    where = f"near {name}" if name else "near where you looked"
    return f"{where}, up to {reach_minutes(within)} minutes on foot, for {whom}"


def others_words(families: int) -> str | None:
    """Return that others wait where somebody looks: "A few others wait here, too."; None below SHOWN_FROM."""
    many = how_many(families)
    return f"{many[0].upper()}{many[1:]} others wait here, too." if many else None


def demand_lines(families: Collection[int]) -> list[str]:
    """Return what a host reads of the families that wait near a place, each by the bands it waits for; nothing below
    SHOWN_FROM families, and of a band only from as many that ask for it."""
    everybody = how_many(len(families))
    if everybody is None:
        return []
    particular = [own for own in families if own != ALL_AGES]
    asked = ((BAND_WORDS[band], how_many(waiting_for(particular, band))) for band in AgeBand)
    bands = listed(f"{words[0].lower()}{words[1:]} ({many})" for words, many in asked if many)
    first = f"Families near here wait for something to start: {everybody}."
    return [first, f"Ages they ask for: {bands}."] if bands else [first]
