"""What a host reads of the families that wait near the places she may choose: in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from meetups.domain.ages import bands_on
from meetups.domain.wishes import demand_lines, how_many, waiting_for
from meetups.events.models import Meetup
from meetups.places.models import Place
from meetups.wishes.queries import waiting_at


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is said of the chosen place, and at which of those beside it families wait (public ids)."""

    lines: list[str]
    places: frozenset[str]


def waiting(chosen: Place | None, near: Sequence[Place], now: datetime) -> Waiting:
    """Return what a host reads of the place she has chosen, and of those that she is offered; in one query."""
    cells = {place.cell8 for place in (chosen, *near) if place}
    found = waiting_at(cells, now) if cells else {}
    lines = demand_lines(found[chosen.cell8]) if chosen else []
    return Waiting(lines, frozenset(place.public_id for place in near if how_many(len(found[place.cell8]))))


def promise(meetup: Meetup, now: datetime) -> str:
    """Return that families who wait near a meetup just posted are told of it. Of too few nothing is said, for it
    would tell."""
    found = waiting_at([meetup.place.cell8], now)[meetup.place.cell8]
    bands = int(bands_on(meetup.welcome, meetup.starts.date()))
    return " We will tell the families who wait near here." if how_many(waiting_for(found, bands)) else ""
