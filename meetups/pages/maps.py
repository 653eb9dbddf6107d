"""The maps of pages as plain values: of the dates in a list with all that match, and of one place."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from flask import url_for

from meetups.domain.nearness import Point, rounded
from meetups.events.search import FARTHEST, WITHINS, Search
from meetups.pages.cards import Card
from meetups.places import ground as under
from meetups.places import map as drawing
from meetups.places import view as looking
from meetups.places.ground import Ground, Name
from meetups.places.map import Cluster, Pin, Stop, Walk
from meetups.places.models import Place
from meetups.places.outlines import Box
from meetups.places.view import View

# Metres from a place to the upper edge of its map, and how tall that is.
AROUND_SPOT, SPOT_TALL = 600, 200
# How much of a map's height lies outside of the circle of the search; how far one tap moves it, of that circle.
MARGIN, STRIDE = 1.12, 1.0
# Metres that "nearer" and "farther" lead through.
ZOOMS = (200, *WITHINS, FARTHEST)
# A map moved from her home starts from a grid so wide (metres), that several neighbourhoods share a point of it.
HOME_GRID = 2500
# Metres by which an address may be off.
ROUNDING = 80
# What names keep clear of: where she is, a circle's minutes, the scale (SVG units).
YOU, MINUTES, SCALE = 14.0, (34.0, 12.0), (100.0, 20.0)


@dataclass(frozen=True, slots=True)
class Move:
    """A link that moves the map: a name for scripts, its words, its sign, and its address; None where it cannot go."""

    name: str
    words: str
    sign: str
    href: str | None


@dataclass(frozen=True, slots=True)
class More:
    """A count of further dates, and the address of a nearer look at them."""

    cluster: Cluster
    href: str
    words: str


@dataclass(frozen=True, slots=True)
class Ways:
    """How to get to a place: by the phone's own map (RFC 5870), and on a page of another site. Nothing is asked of
    either before she taps."""

    phone: str
    site: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A map in SVG units: its size, what lies under it, the names there is room for, walking circles around `you`, the
    pins and counts, a scale, where its links lead; `here` is what lies in its middle."""

    width: int
    height: int
    ground: Ground
    names: list[Name]
    parks: list[Name]
    scale: tuple[float, str]
    walks: list[Walk] = field(default_factory=list)
    you: tuple[float, float] | None = None
    pins: list[Pin] = field(default_factory=list)
    more: list[More] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    back: str | None = None
    bounds: Box | None = None
    spot: tuple[float, float] | None = None

    @property
    def here(self) -> str | None:
        """The name of the neighbourhood in the middle."""
        return self.ground.here


def draw(
    cards: Sequence[Card],
    search: Search,
    spots: Sequence[tuple[int, Point, int]],
    following: str | None,
) -> Drawn | None:
    """Return the map of a page's cards, numbered as they are, and of `spots`: places with matching dates and how many.
    A place of this page has its pin, all others are counted. `following` is the next page."""
    stops = [_stop(card, number) for number, card in enumerate(cards, 1)]
    view = _view(search, [stop.point for stop in stops])
    if not view:
        return None
    pins = drawing.pins(view, stops)
    here = {card.row.place_id for card in cards}
    others = drawing.clusters(view, [spot for spot in spots if spot[0] not in here], pins)
    you = view.xy(search.start.lat, search.start.lon) if search.start else None
    walks = drawing.walks(view, search.start, search.within, [*pins, *others]) if search.start else []
    return Drawn(
        **_below(view, _taken(view, pins, others, you, walks)),
        walks=walks,
        you=you if you and view.inside(*you) else None,
        pins=pins,
        more=[_more(search, view, other, following) for other in others],
        moves=_moves(search, view),
        bounds=view.bounds,
        back=url_for("pages.browse", **_home(search).to_args()) if search.moved else None,
    )


def spot(point: Point) -> Drawn:
    """Return the map around one place, which is its middle."""
    view = View(point, AROUND_SPOT, SPOT_TALL)
    x, y = view.xy(point.lat, point.lon)
    # Its own name stands beside the map.
    return Drawn(**_below(view, [(x, y - 10, 30.0, 40.0), _scale(view)]), spot=(x, y))


def _below(view: View, boxes: list[tuple[float, float, float, float]]) -> dict[str, Any]:
    """Return what every map has: its size, what lies under it, and the names that cover none of some boxes."""
    ground = under.ground(view)
    return {
        "width": looking.WIDTH,
        "height": view.height,
        "ground": ground,
        "names": under.names(view, ground.names, boxes),
        "parks": under.park_names(view, ground.parks, boxes),
        "scale": looking.scale_line(view),
    }


def ways(place: Place) -> Ways:
    """Return the addresses that lead to a place in other maps."""
    at = f"{place.lat:.5f},{place.lon:.5f}"
    pinned = f"mlat={place.lat:.5f}&mlon={place.lon:.5f}#map=17/{place.lat:.5f}/{place.lon:.5f}"
    return Ways(f"geo:{at}?q={at}({quote(place.name)})", f"https://www.openstreetmap.org/?{pinned}")


def _stop(card: Card, number: int) -> Stop:
    place, shown = card.row.place, card.shown
    walk = f", {shown.minutes} min walk" if shown.minutes else ""
    short = f"{shown.title}, {shown.day}, {shown.time}"
    return Stop(number, Point(place.lat, place.lon), f"#m{number}", f"{short}, {place.name}{walk}", short)


def _view(search: Search, points: Sequence[Point]) -> View | None:
    return View(search.near, search.within * MARGIN) if search.near else looking.around(points)


def _scale(view: View) -> tuple[float, float, float, float]:
    return (50.0, view.height - 16.0, *SCALE)


def _taken(
    view: View, pins: Sequence[Pin], others: Sequence[Cluster], you: tuple[float, float] | None, walks: Sequence[Walk]
) -> list[tuple[float, float, float, float]]:
    both: list[Pin | Cluster] = [*pins, *others]
    boxes = [(one.x, one.y, one.wide + 4, 28.0) for one in both]
    boxes += [(walk.written[0], walk.written[1] - 3, *MINUTES) for walk in walks if walk.written]
    return [*boxes, _scale(view), *([(*you, YOU, YOU)] if you else [])]


def _more(search: Search, view: View, cluster: Cluster, following: str | None) -> More:
    name = f"{cluster.count} more {'date' if cluster.count == 1 else 'dates'}"
    # All must be in it, also where its middle is rounded; halfway is enough, so that she still knows where she is.
    circle = _circle(search, view)
    nearer = [step for step in ZOOMS if step <= circle * 0.9] or [ZOOMS[0]]
    holding = [step for step in nearer if step >= cluster.reach + ROUNDING]
    # What is spread too wide for any nearer look is looked at in its middle.
    step = max((step for step in holding if step <= circle / 2), default=holding[0] if holding else nearer[-1])
    if (rounded(cluster.middle), step) == (search.near, search.within):
        # There is none: they are on the pages that follow, or else on those before.
        return More(cluster, following or url_for("pages.browse", **search.to_args()), f"{name}: in the list")
    return More(cluster, _look(search, cluster.middle, step), f"{name}: look nearer")


def _circle(search: Search, view: View) -> float:
    return search.within if search.near else view.reach / MARGIN


def _look(search: Search, point: Point, within: int) -> str:
    looked = search.but(near=rounded(point), within=within, moved=True, origin=search.start)
    return url_for("pages.browse", **looked.to_args())


def _home(search: Search) -> Search:
    return search.but(near=search.origin, moved=False, origin=None)


def _moves(search: Search, view: View) -> list[Move]:
    within = _circle(search, view)
    nearest = min(ZOOMS, key=lambda step: abs(step - within))
    same = search.within if search.near else nearest
    middle, stride = view.middle, within * STRIDE
    if search.home and not search.moved:
        # An address of a map moved from her home must not say where it was moved from; nor must several, of narrow and
        # wide ones, so all start from one grid. Half of it on, a step leads where it says, wherever she lives.
        middle, stride = looking.on_grid(view.middle, HOME_GRID), (HOME_GRID + stride) / 2
    around = [
        Move(name, f"Move the map {name}", sign, _look(search, looking.moved(middle, north, east), same))
        for name, sign, north, east in (
            ("north", "↑", stride, 0.0),
            ("south", "↓", -stride, 0.0),
            ("west", "←", 0.0, -stride),
            ("east", "→", 0.0, stride),
        )
    ]
    nearer = max((step for step in ZOOMS if step < within * 0.9), default=None)
    farther = min((step for step in ZOOMS if step > within * 1.1), default=None)
    return [
        Move("nearer", "Look nearer", "+", _zoomed(search, view, nearer)),
        Move("farther", "Look farther", "−", _zoomed(search, view, farther)),
        *around,
    ]


def _zoomed(search: Search, view: View, within: int | None) -> str | None:
    if within is None:
        return None
    if search.near:
        return url_for("pages.browse", **search.but(within=within).to_args())
    return _look(search, view.middle, within)
