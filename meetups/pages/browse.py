"""The front page as plain values: what was asked, the cards, their map, the week, and what is nearest instead."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import url_for

from meetups.accounts.models import Member
from meetups.domain.nearness import cell_centre, rounded
from meetups.domain.zones import zone_at
from meetups.events import finding, spread
from meetups.events.dated import Dated
from meetups.events.search import FARTHEST, PAGE, Cursor, Search
from meetups.events.shown import Shown
from meetups.pages import best, calendar, maps
from meetups.pages.cards import Card, cards, gathered
from meetups.places import gazetteer, meaning
from meetups.places import queries as places

# Shown to somebody whose search found nothing.
NEAREST, LOOKED_AT = 3, 60


@dataclass(frozen=True, slots=True)
class Other:
    """The same search about another place: what it is called, and its address."""

    name: str
    href: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A search, the words it was typed in, where those words led, and the searches they may mean besides."""

    search: Search
    typed: str
    name: str | None
    others: tuple[Other, ...] = ()

    @property
    def unknown(self) -> bool:
        """Whether something was typed and nothing is called so."""
        return bool(self.typed) and not self.name and not self.others


@dataclass(frozen=True, slots=True)
class Browsed:
    """Everything the front page shows."""

    asked: Asked
    cards: list[Card]
    map: maps.Drawn | None
    days: list[calendar.Day]
    next: str | None
    nearest: list[Shown]
    # Whether this is the first page, whether the next one goes on soonest first after the best of the window, and the
    # two orders as links.
    first: bool
    later: bool = False
    orders: tuple[tuple[str, str, bool], ...] = ()


def ask(args: Any, viewer: Member | None) -> Asked:
    """Read an address's parameters; a typed place wins over `near`, and her own neighbourhood over nothing."""
    search = _of_hers(Search.from_args(args), viewer)
    typed = str(args.get("q") or "").strip()[: gazetteer.LONGEST]
    if typed:
        return _in_zone(_typed(search, typed, viewer))
    home = cell_centre(viewer.home_cell) if viewer and viewer.home_cell and not search.everywhere else None
    if search.near:
        origin = search.origin or home if search.moved else None
        at_home = search.moved and not search.origin and home is not None
        origin = rounded(origin) if origin else None
        return _in_zone(Asked(search.but(near=rounded(search.near), origin=origin, home=at_home), "", None))
    if viewer and home:
        return _in_zone(Asked(search.but(near=rounded(home), home=True), "", viewer.home_name))
    return _in_zone(Asked(search, "", None))


def _of_hers(search: Search, viewer: Member | None) -> Search:
    kids = viewer.kids if viewer else []
    return search.but(kids=tuple(kid.month for kid in kids), sleepers=tuple(kid.sleeper for kid in kids if kid.sleeper))


def _typed(search: Search, typed: str, viewer: Member | None) -> Asked:
    meant = meaning.look_up(typed, viewer)
    search = search.but(near=None, moved=False, origin=None, everywhere=False)
    same = search.to_args()
    others = tuple(Other(name, url_for("pages.browse", q=name, **same)) for name in meant.others)
    if not meant.found:
        return Asked(search, typed, None, others)
    return Asked(search.but(near=rounded(meant.found.point)), meant.again, meant.name, others)


def _in_zone(asked: Asked) -> Asked:
    zone = zone_at(asked.search.near) if asked.search.near else places.usual_zone()
    return replace(asked, search=asked.search.but(zone=zone))


def browse(asked: Asked, viewer: Member | None, now: datetime, page: str | None) -> Browsed:
    """Run the search and lay out what it found."""
    search = asked.search
    if search.best:
        return _best(asked, viewer, now, page)
    # Which date comes after which would tell what only she knows: such pages are known by their numbers.
    before, cursor = (best.number(page), None) if search.personal else (0, Cursor.parse(page))
    found = finding.find(search, viewer, now, before + PAGE + 1, cursor)[before:]
    shown, rest = found[:PAGE], found[PAGE:]
    listed = gathered(shown, cards(shown, search, viewer, now))
    first = not (before or cursor)
    following = _next(search, shown[-1], before + PAGE) if rest else None
    return Browsed(
        asked=asked,
        cards=listed,
        first=first,
        map=maps.draw(listed, search, spread.spots(search, viewer, now) if rest or not first else [], following),
        days=calendar.week(search, viewer, now),
        next=following,
        nearest=[] if found else nearest(search, viewer, now),
        orders=_orders(search, viewer),
    )


def _best(asked: Asked, viewer: Member | None, now: datetime, page: str | None) -> Browsed:
    search = asked.search
    arranged = best.arrange(search, viewer, now, best.number(page))
    others = spread.spots(search, viewer, now) if arranged.next or not arranged.first else []
    return Browsed(
        asked=asked,
        cards=arranged.cards,
        first=arranged.first,
        map=maps.draw(arranged.cards, search, others, arranged.next),
        days=calendar.week(search, viewer, now),
        next=arranged.next,
        nearest=[] if arranged.cards else nearest(search, viewer, now),
        later=arranged.later,
        orders=_orders(search, viewer),
    )


def _orders(search: Search, viewer: Member | None) -> tuple[tuple[str, str, bool], ...]:
    """Return the orders to choose from: words, address, whether it is chosen. What is best for her nobody can say of
    whom no home and no children are known; she finds it all the same where she has its address."""
    known = viewer is not None and (viewer.home_cell or search.kids)
    if not known and not search.best:
        return ()
    both = (("Soonest first", False), ("Best for you", True))
    return tuple(
        (words, url_for("pages.browse", **search.but(best=is_best).to_args()), is_best == search.best)
        for words, is_best in both
    )


def nearest(search: Search, viewer: Member | None, now: datetime) -> list[Shown]:
    """Return what comes closest to a search that found nothing: farther, at any time, of any kind."""
    for wider in (
        search.but(day=None),
        search.but(day=None, within=FARTHEST),
        Search(search.near, FARTHEST, zone=search.zone),
    ):
        found = cards(finding.find(wider, viewer, now, LOOKED_AT), wider, viewer, now)
        if found:
            return _nearest_first(found)[:NEAREST]
    return []


def _nearest_first(found: list[Shown]) -> list[Shown]:
    """Return one date of each meetup, the least walk first and then the soonest."""
    firsts: dict[str, Shown] = {}
    for shown in found:
        firsts.setdefault(shown.meetup_id, shown)
    return sorted(firsts.values(), key=lambda shown: shown.minutes or 0)


def _next(search: Search, last: Dated, skipped: int) -> str | None:
    if not search.personal:
        return best.after(search, last)
    return best.numbered(search, skipped) if skipped < best.DEEPEST else None
