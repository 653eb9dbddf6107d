"""Which hour suits most families around a place, for a member who hosts there: from home cells, and never whose."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from meetups.accounts.models import Kid, Member
from meetups.domain.ages import AgeBand, Welcome, band_seen, bands_on
from meetups.domain.naps import Naps, Sleeper
from meetups.domain.nearness import area_of, cells_of
from meetups.domain.suits import (
    ALL_GROUPS,
    HOURS,
    SETTLED,
    SHIFTS,
    WORDS,
    Level,
    Levels,
    best_words,
    born_between,
    chosen,
    drawn_at,
    group_of,
    hours_words,
    levels,
    naps_seen,
    shifted,
)
from meetups.extensions import db
from meetups.places.models import Place
from meetups.web.signing import secret_number

_WHOSE = {
    AgeBand.BABY | AgeBand.CRAWLER: "babies",
    AgeBand.ONE | AgeBand.TWO: "toddlers",
    AgeBand.PRESCHOOL: "children of 3 and 4",
    ALL_GROUPS: "children",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """An hour of the picture; `chosen` is the one in which the meetup begins."""

    hour: int
    level: Level
    chosen: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """The hours as bars, in words, and with which children; no bars where too few families live around."""

    place: str
    whose: str
    bars: list[Bar]
    best: str
    words: str


def picture(place: Place, welcome: Welcome, starts: time | None, viewer: Member, now: datetime) -> Picture:
    """Return which hour suits the families around a place, other than the viewer's own, as they nap these days.

    It is the same for every place of an area, for every day to come and until the next Monday: nothing is to be learnt
    by comparing.
    """
    monday = drawn_at(now)
    day = monday.date()
    families = _families(place, viewer, monday)
    bands = [[band_seen(kid.month, day) for kid in family] for family in families]
    group = chosen(bands, group_of(bands_on(welcome, day)))
    naps = [
        [_naps(kid, day) for kid in family]
        for family, ages in zip(families, bands, strict=True)
        if any(band & group for band in ages)
    ]
    return _drawn(place, _WHOSE[group], levels(naps), starts)


def _families(place: Place, viewer: Member, monday: datetime) -> list[list[Kid]]:
    """Return the children of an age to nap of each family around a place that has been there for long enough."""
    query = (
        select(Kid)
        .join(Kid.member)
        .where(
            Member.home_cell.in_(cells_of(area_of(place.cell8))),
            Member.id != viewer.id,
            *(_settled(since, monday) for since in (Member.created_at, Member.home_since, Kid.added_at)),
            Kid.month.between(*born_between(monday.date())),
        )
    )
    found: dict[int, list[Kid]] = defaultdict(list)
    for kid in db.session.scalars(query):
        found[kid.member_id].append(kid)
    return list(found.values())


def _settled(since: InstrumentedAttribute[Any], monday: datetime) -> ColumnElement[bool]:
    # None is longer ago than we have kept it.
    return or_(since.is_(None), since < monday - SETTLED)


def _naps(kid: Kid, day: date) -> Naps:
    """Return when a child naps: as its mother says, moved by what nobody can know, or else as is usual."""
    found, told = naps_seen(kid.sleeper or Sleeper(kid.month), day)
    return shifted(found, SHIFTS[secret_number("naps", kid.id, len(SHIFTS))]) if told else found


def _drawn(place: Place, whose: str, found: Levels | None, starts: time | None) -> Picture:
    if found is None:
        return Picture(place.name, whose, [], "", "")
    chosen = starts.hour if starts else None
    bars = [Bar(hour, level, hour == chosen) for hour, level in zip(HOURS, found, strict=True)]
    said = [f"{WORDS[level]} from {hours}" for level in reversed(Level) if (hours := hours_words(found, level))]
    return Picture(place.name, whose, bars, best_words(found), "; ".join(said))
