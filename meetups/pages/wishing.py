"""What a search that has found little offers: to be told once something starts there."""

from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from meetups.domain.ages import ALL_AGES, band_for_months
from meetups.domain.nearness import Point, home_cell
from meetups.domain.wishes import bands_of, others_words, waiting_for
from meetups.events.search import Search
from meetups.wishes.queries import waiting_at

# So few meetups on the first page are little.
SHORT = 5


@dataclass(frozen=True, slots=True)
class Offer:
    """Where she says that she wants to be told, and that others wait there, too, if enough do."""

    href: str
    others: str | None


def offer(search: Search, found: int, now: datetime) -> Offer | None:
    """Return what the first page of a search offers that has `found` so many meetups; None where these are enough, or
    nobody knows where she looks."""
    if search.near is None or found > SHORT:
        return None
    # Where she has moved to; her own home no address says, and that page knows it.
    looked = search.but(moved=False, origin=None, everywhere=False, home=search.home and not search.moved)
    args = {name: value for name, value in looked.to_args().items() if name in ("near", "within", "age")}
    return Offer(url_for("wishes.new", **args), None if found else _others(search, search.near, now))


def _others(search: Search, near: Point, now: datetime) -> str | None:
    cell = home_cell(near)
    return others_words(waiting_for(waiting_at([cell], now)[cell], _bands(search, now)))


def _bands(search: Search, now: datetime) -> int:
    if search.mine and search.kids:
        return bands_of(None, search.kids, now.date())
    return int(ALL_AGES) if search.age is None else int(band_for_months(search.age))
