"""What a map looks at: a middle and how far, in SVG units and in degrees; and steps over the earth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from meetups.domain.nearness import Point
from meetups.places.outlines import METRES_PER_DEGREE, Box

WIDTH, HEIGHT = 360, 300
SCALES = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
# On no map of a walk do the poles matter, where degrees of longitude end.
NORTHMOST = 85


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at: a middle, metres from it to the upper edge, and how tall the picture is."""

    middle: Point
    reach: float
    height: int = HEIGHT

    @property
    def scale(self) -> float:
        """SVG units per metre."""
        return self.height / 2 / self.reach

    @property
    def bounds(self) -> Box:
        """The picture's edges in degrees."""
        tall = self.reach / METRES_PER_DEGREE
        wide = tall * WIDTH / self.height / math.cos(math.radians(self.middle.lat))
        lat, lon = self.middle.lat, self.middle.lon
        return Box(lat - tall, lon - wide, lat + tall, lon + wide)

    @property
    def corner(self) -> float:
        """Metres from the middle to a corner."""
        return math.hypot(self.reach, self.reach * WIDTH / self.height)

    def xy(self, lat: float, lon: float) -> tuple[float, float]:
        """Return a point in SVG units (equirectangular: exact enough within a walk)."""
        east = _apart(lon, self.middle.lon) * METRES_PER_DEGREE * math.cos(math.radians(self.middle.lat))
        north = (lat - self.middle.lat) * METRES_PER_DEGREE
        return round(WIDTH / 2 + east * self.scale, 1), round(self.height / 2 - north * self.scale, 1)

    def inside(self, x: float, y: float, margin: float = 0) -> bool:
        """Return whether a point in SVG units lies in the picture, `margin` units from its edge."""
        return margin <= x <= WIDTH - margin and margin <= y <= self.height - margin


def _apart(lon: float, other: float) -> float:
    """Return how many degrees one longitude is east of another, the shorter way round."""
    return (lon - other + 180) % 360 - 180


def moved(point: Point, north: float, east: float) -> Point:
    """Return the point so many metres north and east of another, on this side of the poles."""
    lat = min(max(point.lat + north / METRES_PER_DEGREE, -NORTHMOST), NORTHMOST)
    lon = point.lon + east / METRES_PER_DEGREE / math.cos(math.radians(lat))
    return Point(lat, (lon + 180) % 360 - 180)


def on_grid(point: Point, step: float) -> Point:
    """Return the nearest point of a grid over the earth, `step` metres wide: it says no more of another."""
    up = step / METRES_PER_DEGREE
    lat = min(max(round(point.lat / up) * up, -NORTHMOST), NORTHMOST)
    across = up / math.cos(math.radians(lat))
    return Point(lat, (round(point.lon / across) * across + 180) % 360 - 180)


def around(points: Sequence[Point]) -> View | None:
    """Return the view that holds all points with some air; None where there are none."""
    if not points:
        return None
    first = points[0].lon
    lats, lons = [point.lat for point in points], [first + _apart(point.lon, first) for point in points]
    middle = Point((min(lats) + max(lats)) / 2, _apart((min(lons) + max(lons)) / 2, 0))
    tall = (max(lats) - min(lats)) * METRES_PER_DEGREE / 2
    wide = (max(lons) - min(lons)) * METRES_PER_DEGREE / 2 * math.cos(math.radians(middle.lat))
    return View(middle, max(tall, wide * HEIGHT / WIDTH, 400) * 1.25)


def scale_line(view: View) -> tuple[float, str]:
    """Return a round length of at most a quarter of the picture, in SVG units, and in words."""
    long = max((far for far in SCALES if far * view.scale <= WIDTH / 4), default=SCALES[0])
    return round(long * view.scale, 1), f"{long} m" if long < 1000 else f"{long // 1000} km"
