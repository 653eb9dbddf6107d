"""What a map's pins stand on, whoever looks: neighbourhoods, water, greens, and the dots of parks, as SVG paths."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock

from cachetools import TTLCache
from sqlalchemy import Engine

from meetups.extensions import db
from meetups.places import queries
from meetups.places.models import Area, Shape
from meetups.places.outlines import Ring, contains
from meetups.places.view import WIDTH, View

Drawn = Sequence[tuple[float, float]]
# Outlines are cut so far outside of the picture that their cut edges are not seen (SVG units).
OUTSIDE = 6
# Points nearer than this to the one before only make the page heavier.
NEAR = 2
# The width of a letter of a name, about, and a name's height.
NAME_LETTER, NAME_TALL = 5.5, 13
# Water and greens shorter than this are specks; so many at most, and so many dots and names of parks.
SPECK, MOST_SHAPES, MOST_DOTS, PARK_NAMES = 5, 60, 250, 12
# Of a whole country no park is a dot: metres from the middle to a corner.
DOTS_WITHIN = 15_000


@dataclass(frozen=True, slots=True)
class Name:
    """A name and the middle of its foot."""

    name: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Outline:
    """A neighbourhood alone: an SVG path, and the middle of its name's foot."""

    name: str
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Ground:
    """SVG paths, names that may be written where there is room, what is in the middle, whose data it is."""

    land: str
    green: str
    water: str
    dots: str
    names: tuple[Name, ...]
    parks: tuple[Name, ...]
    here: str | None
    credits: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of what lies there."""
        return not (self.land or self.green or self.water or self.dots)


# Views are alike for all who look at a neighbourhood. An import is here within a minute, in every process.
_kept: TTLCache[tuple[Engine, View], Ground] = TTLCache(maxsize=256, ttl=60)
_lock = Lock()


def ground(view: View) -> Ground:
    """Return what lies in a view; what was so up to a minute ago may still be said."""
    key = db.engine, view
    with _lock:
        known = _kept.get(key)
    if known is None:
        known = _ground(view)
        with _lock:
            _kept[key] = known
    return known


def forget() -> None:
    """Read everything anew."""
    with _lock:
        _kept.clear()


def _ground(view: View) -> Ground:
    areas = queries.areas_in(view.bounds)
    shapes = queries.shapes_in(view.bounds, SPECK / view.scale, MOST_SHAPES)
    near = queries.parks_in(view.middle, view.corner, MOST_DOTS) if view.corner <= DOTS_WITHIN else []
    placed = ((name, *view.xy(lat, lon)) for name, lat, lon in near)
    parks = [(name, x, y) for name, x, y in placed if view.inside(x, y, 2)]
    here = next((area.name for area in areas if contains(area.rings, view.middle)), None)
    drawn = [(area.name, cut) for area in areas if (cut := cuts(view, area.rings))]
    return Ground(
        land="".join(path(cut) for _, cut in drawn),
        green=_paths(view, shapes, "green"),
        water=_paths(view, shapes, "water"),
        dots=dots((x, y) for _, x, y in parks),
        names=(*(_name(view, name, cut) for name, cut in drawn), *_waters(view, shapes)),
        parks=tuple(Name(name, x, y + NAME_TALL + 1) for name, x, y in parks),
        here=here,
        credits=_credits([*areas, *shapes]),
    )


def _paths(view: View, shapes: Sequence[Shape], kind: str) -> str:
    return "".join(path(cuts(view, shape.rings)) for shape in shapes if shape.kind == kind)


def _waters(view: View, shapes: Sequence[Shape]) -> list[Name]:
    cut = [(shape.name, cuts(view, shape.rings)) for shape in shapes if shape.kind == "water" and shape.name]
    return [_name(view, name, rings) for name, rings in cut if rings]


def _credits(rows: Iterable[Area | Shape]) -> tuple[str, ...]:
    return tuple(sorted({row.attribution for row in rows if row.attribution}))


def cuts(view: View, rings: Iterable[Ring]) -> list[Drawn]:
    """Return GeoJSON rings ([lon, lat] pairs) cut to a view, in SVG units; those that do not show are left out."""
    cut = (_cut(view, [view.xy(lat, lon) for lon, lat, *_ in ring]) for ring in rings)
    return [ring for ring in cut if len(ring) > 2]


def _cut(view: View, ring: Drawn) -> Drawn:
    # Sutherland and Hodgman: one edge of the picture after the other.
    for axis, limit, sign in (
        (0, -OUTSIDE, 1), (0, WIDTH + OUTSIDE, -1), (1, -OUTSIDE, 1), (1, view.height + OUTSIDE, -1),
    ):  # fmt: skip
        ring = _cut_once(ring, axis, limit, sign)
    return ring


def _cut_once(ring: Drawn, axis: int, limit: float, sign: int) -> Drawn:
    kept: list[tuple[float, float]] = []
    for before, point in zip([*ring[-1:], *ring[:-1]], ring, strict=True):
        was, is_inside = (sign * (one[axis] - limit) >= 0 for one in (before, point))
        if was != is_inside:
            part = (limit - before[axis]) / (point[axis] - before[axis])
            kept.append((before[0] + part * (point[0] - before[0]), before[1] + part * (point[1] - before[1])))
        if is_inside:
            kept.append(point)
    return kept


def path(rings: Iterable[Drawn]) -> str:
    """Return rings as an SVG path of whole units, each point from the one before: that is short."""
    return "".join(map(_path, rings))


def _path(ring: Drawn) -> str:
    points: list[tuple[int, int]] = []
    for x, y in ring:
        if not points or abs(x - points[-1][0]) + abs(y - points[-1][1]) >= NEAR:
            points.append((round(x), round(y)))
    (x_0, y_0), steps = points[0], pairwise(points)
    line = " ".join(f"{x - x_before} {y - y_before}" for (x_before, y_before), (x, y) in steps)
    return f"M{x_0} {y_0}l{line}z".replace(" -", "-") if len(points) > 2 else ""


def dots(points: Iterable[tuple[float, float]]) -> str:
    """Return a path with a dot at each point (a line without a length, with round ends)."""
    return "".join(f"M{round(x)} {round(y)}h0" for x, y in points)


def outline(view: View, name: str, rings: Iterable[Ring]) -> Outline | None:
    """Return one neighbourhood; None where nothing of it shows."""
    cut = cuts(view, rings)
    if not cut:
        return None
    at = _name(view, name, cut)
    return Outline(name, path(cut), at.x, at.y)


def _name(view: View, name: str, rings: Sequence[Drawn]) -> Name:
    # In the middle of what is seen, and if that lies outside of it, anywhere between two edges on its height.
    ring = max(rings, key=len)
    ys = [y for _, y in ring]
    y = (min(ys) + max(ys)) / 2
    edges = sorted(_crossings(ring, y))
    spans = [(right - left, (left + right) / 2) for left, right in zip(edges[::2], edges[1::2], strict=False)]
    _, x = max(spans, default=(0, ring[0][0]))
    return Name(name, round(min(max(x, 0), WIDTH)), round(min(max(y + 3, 12), view.height - 8)))


def _crossings(ring: Drawn, y: float) -> Iterable[float]:
    for (x_1, y_1), (x_2, y_2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y_1 > y) != (y_2 > y):
            yield x_1 + (x_2 - x_1) * (y - y_1) / (y_2 - y_1)


def names(view: View, wanted: Iterable[Name], boxes: list[tuple[float, float, float, float]]) -> list[Name]:
    """Return the names that can be written without covering a box (x, y of its middle, width, height), each other, or
    the edge; what is written is added to the boxes."""
    kept = []
    for name in wanted:
        wide = len(name.name) * NAME_LETTER
        y = name.y - NAME_TALL / 4
        free = all(abs(name.x - x) > (wide + w) / 2 or abs(y - other) > (NAME_TALL + h) / 2 for x, other, w, h in boxes)
        if free and wide / 2 < name.x < WIDTH - wide / 2 and NAME_TALL < name.y < view.height - 4:
            boxes.append((name.x, y, wide, NAME_TALL))
            kept.append(name)
    return kept


def park_names(view: View, wanted: Sequence[Name], boxes: list[tuple[float, float, float, float]]) -> list[Name]:
    """Return the names of parks that can be written; the dots themselves must stay free, too."""
    dotted = [*boxes, *((name.x, name.y - NAME_TALL - 1, 6.0, 6.0) for name in wanted)]
    middle = (WIDTH / 2, view.height / 2)
    nearest = sorted(wanted, key=lambda name: math.dist((name.x, name.y), middle))
    return names(view, nearest, dotted)[:PARK_NAMES]
