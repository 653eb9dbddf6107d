"""A map drawn by us: the circle of the search, neighbourhoods, parks and numbered pins as SVG coordinates."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from meetups.domain.nearness import Point
from meetups.places.outlines import Ring

METRES_PER_DEGREE = 111_320
WIDTH, HEIGHT = 360, 240
# Pins nearer than this (SVG units) would cover each other: they become one with several numbers.
TOUCHING = 26
# The width of a letter of a name, about, in SVG units.
NAME_LETTER = 5


@dataclass(frozen=True, slots=True)
class Pin:
    """A numbered place; `x` and `y` in SVG units from the top left."""

    x: float
    y: float
    numbers: tuple[int, ...]
    href: str
    words: str

    @property
    def label(self) -> str:
        """What is written in the pin: its number, or the first and how many more."""
        first = str(self.numbers[0])
        return first if len(self.numbers) == 1 else f"{first}+"

    @property
    def several(self) -> bool:
        """True where several dates share the pin."""
        return len(self.numbers) > 1


@dataclass(frozen=True, slots=True)
class Outline:
    """A neighbourhood: an SVG path and where its name goes."""

    name: str
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at: a middle, and metres from it to the nearer edge."""

    middle: Point
    reach: float

    @property
    def scale(self) -> float:
        """SVG units per metre."""
        return HEIGHT / 2 / self.reach

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(south, west, north, east) in degrees."""
        tall = self.reach / METRES_PER_DEGREE
        wide = tall * WIDTH / HEIGHT / math.cos(math.radians(self.middle.lat))
        return self.middle.lat - tall, self.middle.lon - wide, self.middle.lat + tall, self.middle.lon + wide

    def xy(self, lat: float, lon: float) -> tuple[float, float]:
        """Return a point in SVG units (equirectangular: exact enough within a walk)."""
        east = (lon - self.middle.lon) * METRES_PER_DEGREE * math.cos(math.radians(self.middle.lat))
        north = (lat - self.middle.lat) * METRES_PER_DEGREE
        return round(WIDTH / 2 + east * self.scale, 1), round(HEIGHT / 2 - north * self.scale, 1)

    def inside(self, x: float, y: float, margin: float = 0) -> bool:
        """Return whether a point in SVG units lies in the picture, `margin` units from its edge."""
        return margin <= x <= WIDTH - margin and margin <= y <= HEIGHT - margin


def around(points: Sequence[Point]) -> View | None:
    """Return the view that holds all points with some air; None where there are none."""
    if not points:
        return None
    lats, lons = [point.lat for point in points], [point.lon for point in points]
    middle = Point((min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2)
    tall = (max(lats) - min(lats)) * METRES_PER_DEGREE / 2
    wide = (max(lons) - min(lons)) * METRES_PER_DEGREE / 2 * math.cos(math.radians(middle.lat))
    return View(middle, max(tall, wide * HEIGHT / WIDTH, 400) * 1.25)


def outline(view: View, name: str, rings: Iterable[Ring]) -> Outline | None:
    """Return a neighbourhood of GeoJSON rings ([lon, lat] pairs) as a path; None where nothing of it shows."""
    drawn = [[view.xy(lat, lon) for lon, lat, *_ in ring] for ring in rings]
    seen = [(x, y) for ring in drawn for x, y in ring if view.inside(x, y)]
    if not seen:
        return None
    path = "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in _thinned(ring)) + "Z" for ring in drawn)
    xs, ys = [x for ring in drawn for x, _ in ring], [y for ring in drawn for _, y in ring]
    x = min(max((min(xs) + max(xs)) / 2, 50), WIDTH - 50)
    y = min(max((min(ys) + max(ys)) / 2, 16), HEIGHT - 10)
    return Outline(name, path, round(x, 1), round(y, 1))


def names(outlines: Iterable[Outline], taken: Iterable[Pin]) -> list[Outline]:
    """Return the outlines whose names can be written without covering a pin, each other, or the edge."""
    boxes = [(pin.x, pin.y, 40.0, 30.0) for pin in taken]
    kept = []
    for area in outlines:
        wide = len(area.name) * NAME_LETTER
        free = all(abs(area.x - x) > (wide + w) / 2 or abs(area.y - 3 - y) > (12 + h) / 2 for x, y, w, h in boxes)
        if free and wide / 2 < area.x < WIDTH - wide / 2:
            boxes.append((area.x, area.y - 3, wide, 12))
            kept.append(area)
    return kept


def pins(view: View, stops: Iterable[tuple[int, Point, str, str]]) -> list[Pin]:
    """Return pins for (number, point, href, words); those that would touch share one."""
    made: list[Pin] = []
    for number, point, href, words in stops:
        x, y = view.xy(point.lat, point.lon)
        near = next((i for i, pin in enumerate(made) if math.hypot(pin.x - x, pin.y - y) < TOUCHING), None)
        if near is None:
            made.append(Pin(x, y, (number,), href, words))
        else:
            pin = made[near]
            made[near] = Pin(pin.x, pin.y, (*pin.numbers, number), pin.href, f"{pin.words}; {number}: {words}")
    return made


def _thinned(ring: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    # Points far outside the picture, and points nearer than two units, only make the page heavier.
    kept: list[tuple[float, float]] = []
    for x, y in ring:
        x, y = min(max(x, -WIDTH), 2 * WIDTH), min(max(y, -HEIGHT), 2 * HEIGHT)
        if not kept or abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= 2:
            kept.append((round(x), round(y)))
    return kept
