"""The front page as plain values: what was asked, the cards, their map, the week, and what is nearest instead."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from flask import url_for

from meetups.accounts.models import Member
from meetups.domain.nearness import Point, cell_centre, rounded
from meetups.domain.zones import to_local, zone_at
from meetups.events import search as searching
from meetups.events.models import Occurrence
from meetups.events.search import FARTHEST, PAGE, Cursor, Search
from meetups.events.shown import Shown
from meetups.pages import best
from meetups.pages.cards import cards
from meetups.places import gazetteer, meaning
from meetups.places import map as drawing
from meetups.places import queries as places

STRIP_DAYS = 7
# Metres from a place to the nearer edge of its map.
AROUND_SPOT = 1000
# Shown to somebody whose search found nothing.
NEAREST = 3


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
class Day:
    """One day of the week strip; `count` is how many dates it has."""

    date: date
    name: str
    number: str
    count: int
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """The map: its size in SVG units, outlines, pins, where the reader looks from, the circle's radius."""

    width: int
    height: int
    outlines: list[drawing.Outline]
    names: list[drawing.Outline]
    pins: list[drawing.Pin]
    you: tuple[float, float] | None
    circle: float | None


@dataclass(frozen=True, slots=True)
class Browsed:
    """Everything the front page shows."""

    asked: Asked
    cards: list[Shown]
    first: int
    map: Drawn | None
    days: list[Day]
    next: str | None
    nearest: list[Shown]
    # Whether the next page goes on soonest first after the best of the window, and the two orders as links.
    later: bool = False
    orders: tuple[tuple[str, str, bool], ...] = ()


def ask(args: Any, viewer: Member | None) -> Asked:
    """Read an address's parameters; a typed place wins over `near`, and her own neighbourhood over nothing."""
    search = Search.from_args(args).but(kids=tuple(kid.month for kid in viewer.kids) if viewer else ())
    typed = str(args.get("q") or "").strip()[: gazetteer.LONGEST]
    if typed:
        return _in_zone(_typed(search, typed, viewer))
    if search.near:
        return _in_zone(Asked(search.but(near=rounded(search.near)), "", None))
    if viewer and viewer.home_cell and args.get("near") != "":
        here = cell_centre(viewer.home_cell)
        return _in_zone(Asked(search.but(near=rounded(here)), "", viewer.home_name))
    return _in_zone(Asked(search, "", None))


def _typed(search: Search, typed: str, viewer: Member | None) -> Asked:
    meant = meaning.look_up(typed, viewer)
    same = search.but(near=None).to_args()
    others = tuple(Other(name, url_for("pages.browse", q=name, **same)) for name in meant.others)
    if not meant.found:
        return Asked(search, typed, None, others)
    return Asked(search.but(near=rounded(meant.found.point)), meant.again, meant.found.name, others)


def _in_zone(asked: Asked) -> Asked:
    zone = zone_at(asked.search.near) if asked.search.near else places.usual_zone()
    return replace(asked, search=asked.search.but(zone=zone))


def browse(asked: Asked, viewer: Member | None, now: datetime, page: str | None) -> Browsed:
    """Run the search and lay out what it found."""
    search = asked.search
    if search.best:
        return _best(asked, viewer, now, page)
    skipped, cursor = _page(page)
    found = searching.find(search, viewer, now, PAGE + 1, cursor)
    shown, rest = found[:PAGE], found[PAGE:]
    first = skipped + 1
    return Browsed(
        asked=asked,
        cards=cards(shown, search, viewer, now),
        first=first,
        map=draw(shown, search, viewer, first),
        days=week(search, viewer, now),
        next=_next(search, shown[-1], skipped + PAGE) if rest else None,
        nearest=[] if found else nearest(search, viewer, now),
        orders=_orders(search, viewer),
    )


def _best(asked: Asked, viewer: Member | None, now: datetime, page: str | None) -> Browsed:
    search = asked.search
    arranged = best.arrange(search, viewer, now, page)
    return Browsed(
        asked=asked,
        cards=arranged.cards,
        first=arranged.first,
        map=draw(arranged.rows, search, viewer, arranged.first),
        days=week(search, viewer, now),
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
        found = searching.find(wider, viewer, now, NEAREST)
        if found:
            return cards(found, wider, viewer, now)
    return []


def week(search: Search, viewer: Member | None, now: datetime) -> list[Day]:
    """Return the next seven local days with how many dates each has."""
    today = to_local(now, search.zone).date()
    until = now + timedelta(days=STRIP_DAYS + 1)
    counts = Counter(to_local(start, search.zone).date() for start in searching.days(search, viewer, now, until))
    return [_day(search, today + timedelta(days=n), today, counts) for n in range(STRIP_DAYS)]


def _day(search: Search, day: date, today: date, counts: Counter[date]) -> Day:
    chosen = search.day == day
    return Day(
        date=day,
        name="Today" if day == today else f"{day:%a}",
        number=str(day.day),
        count=counts[day],
        href=url_for("pages.browse", **search.but(day=None if chosen else day).to_args()),
        chosen=chosen,
    )


def draw(found: Iterable[Occurrence], search: Search, viewer: Member | None, first: int) -> Drawn | None:
    """Return the map of these dates, numbered from `first` as their cards are."""
    stops = [
        (number, Point(row.place.lat, row.place.lon), f"#m{number}", row.place.name)
        for number, row in enumerate(found, first)
    ]
    if search.near:
        view: drawing.View | None = drawing.View(search.near, search.within * 1.15)
    else:
        view = drawing.around([point for _, point, _, _ in stops])
    if not view:
        return None
    return _drawn(
        view,
        drawing.pins(view, stops),
        you=view.xy(search.near.lat, search.near.lon) if search.near else None,
        circle=round(search.within * view.scale, 1) if search.near else None,
    )


def spot(point: Point) -> Drawn:
    """Return the map around one place, which is its middle."""
    view = drawing.View(point, AROUND_SPOT)
    return _drawn(view, [], you=view.xy(point.lat, point.lon), circle=None)


def _drawn(view: drawing.View, pins: list[drawing.Pin], you: tuple[float, float] | None, circle: float | None) -> Drawn:
    shapes = (drawing.outline(view, area.name, area.rings) for area in places.areas_in(view.bounds))
    outlines = [shape for shape in shapes if shape]
    names = drawing.names(outlines, pins)
    return Drawn(drawing.WIDTH, drawing.HEIGHT, outlines, names, pins, you, circle)


def _next(search: Search, last: Occurrence, skipped: int) -> str:
    return url_for("pages.browse", **search.to_args(), page=f"{skipped}.{Cursor.of(last)}")


def _page(text: str | None) -> tuple[int, Cursor | None]:
    # How many cards came before, so that numbers go on counting; then the last of them.
    skipped, _, cursor = (text or "").partition(".")
    parsed = Cursor.parse(cursor)
    return (int(skipped), parsed) if parsed and skipped.isdecimal() and len(skipped) < 6 else (0, None)
