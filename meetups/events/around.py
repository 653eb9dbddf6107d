"""Which hour suits most families around a place, for a member who hosts there: from home cells, and never whose."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from meetups.accounts.models import Kid, Member
from meetups.domain.ages import AgeBand, Welcome, band_at, bands_on, month_after
from meetups.domain.naps import ASKED_UNTIL, REGULAR_FROM, Naps, Sleeper
from meetups.domain.nearness import cells_beside
from meetups.domain.suits import (
    ALL_GROUPS,
    HOURS,
    SHIFTS,
    WORDS,
    Level,
    Levels,
    best_words,
    chosen,
    group_of,
    hours_words,
    levels,
    shifted,
)
from meetups.domain.zones import to_local, to_utc
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

    It is the same for every place in a neighbourhood and for every day to come: nothing is to be learnt by comparing.
    """
    today = to_local(now, place.zone).date()
    families = _families(place, viewer, today)
    bands = [[band_at(kid.month, today) for kid in family] for family in families]
    group = chosen(bands, group_of(bands_on(welcome, today)))
    naps = [
        [_naps(kid, today) for kid in family]
        for family, ages in zip(families, bands, strict=True)
        if any(band & group for band in ages)
    ]
    return _drawn(place, _WHOSE[group], levels(naps), starts)


def _families(place: Place, viewer: Member, today: date) -> list[list[Kid]]:
    """Return the children of an age to nap of each family around a place; who is new counts from the next week on."""
    monday = datetime.combine(today - timedelta(days=today.weekday()), time())
    oldest, youngest = (month_after(today, -months) for months in (ASKED_UNTIL - 1, REGULAR_FROM))
    query = (
        select(Kid)
        .join(Kid.member)
        .where(
            Member.home_cell.in_(cells_beside(place.cell8)),
            Member.id != viewer.id,
            Member.created_at < to_utc(monday, place.zone),
            Kid.month.between(oldest, youngest),
        )
    )
    found: dict[int, list[Kid]] = defaultdict(list)
    for kid in db.session.scalars(query):
        found[kid.member_id].append(kid)
    return list(found.values())


def _naps(kid: Kid, today: date) -> Naps:
    """Return when a child naps: as its mother says, moved by what nobody can know, or else as is usual."""
    sleeper = kid.sleeper or Sleeper(kid.month)
    found = sleeper.on(today)
    return shifted(found, SHIFTS[secret_number("naps", kid.id, len(SHIFTS))]) if found is sleeper.own else found


def _drawn(place: Place, whose: str, found: Levels | None, starts: time | None) -> Picture:
    if found is None:
        return Picture(place.name, whose, [], "", "")
    chosen = starts.hour if starts else None
    bars = [Bar(hour, level, hour == chosen) for hour, level in zip(HOURS, found, strict=True)]
    said = [f"{WORDS[level]} from {hours}" for level in reversed(Level) if (hours := hours_words(found, level))]
    return Picture(place.name, whose, bars, best_words(found), "; ".join(said))
