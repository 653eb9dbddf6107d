"""Outlines in degrees, as GeoJSON writes them (RFC 7946): rings of [lon, lat]."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from meetups.domain.nearness import Point

Ring = Sequence[Sequence[float]]
METRES_PER_DEGREE = 111_320


@dataclass(frozen=True, slots=True)
class Box:
    """A box in degrees."""

    south: float
    west: float
    north: float
    east: float

    @property
    def size(self) -> float:
        """Its longer side, in metres."""
        narrow = math.cos(math.radians((self.south + self.north) / 2))
        return max(self.north - self.south, (self.east - self.west) * narrow) * METRES_PER_DEGREE


def rings_of(polygons: Sequence[Sequence[Ring]]) -> list[list[list[float]]]:
    """Return the rings of GeoJSON polygons as numbers; raise ValueError where they are no outline on this earth."""
    rings = [[[float(lon), float(lat)] for lon, lat, *_ in ring] for polygon in polygons for ring in polygon]
    if not rings or min(len(ring) for ring in rings) < 4:
        raise ValueError("a ring needs four points")
    if not all(on_earth(lat, lon) for ring in rings for lon, lat in ring):
        raise ValueError("a point lies nowhere")
    return rings


def box(rings: Sequence[Ring]) -> Box:
    """Return the box around rings."""
    lons, lats = [point[0] for ring in rings for point in ring], [point[1] for ring in rings for point in ring]
    return Box(min(lats), min(lons), max(lats), max(lons))


def simplified(rings: Sequence[Ring], tolerance: float, most: int) -> list[list[list[float]]]:
    """Return rings with only the points that matter by `tolerance` metres (Douglas and Peucker), `most` in all: the
    tolerance doubles until they fit. What is left of a ring without an area is dropped."""
    kept = [_simplified(ring, tolerance / METRES_PER_DEGREE) for ring in rings]
    kept = [ring for ring in kept if len(ring) > 3]
    if sum(map(len, kept)) > most:
        return simplified(rings, 2 * tolerance, most)
    return kept


def _simplified(ring: Ring, tolerance: float) -> list[list[float]]:
    # A ring begins where it ends: it is cut at the point farthest from there. A degree of longitude is shorter.
    narrow = math.cos(math.radians(ring[0][1]))
    points = [(lon * narrow, lat) for lon, lat, *_ in ring]
    far = max(range(len(points)), key=lambda at: math.dist(points[0], points[at]))
    keep, parts = {0, far, len(points) - 1}, [(0, far), (far, len(points) - 1)]
    while parts:
        first, last = parts.pop()
        between = ((_away(points[at], points[first], points[last]), at) for at in range(first + 1, last))
        away, at = max(between, default=(0.0, 0))
        if away > tolerance:
            keep.add(at)
            parts += [(first, at), (at, last)]
    return [[round(ring[at][0], 6), round(ring[at][1], 6)] for at in sorted(keep)]


def _away(point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]) -> float:
    along = (end[0] - start[0], end[1] - start[1])
    long = along[0] ** 2 + along[1] ** 2
    if not long:
        return math.dist(point, start)
    part = ((point[0] - start[0]) * along[0] + (point[1] - start[1]) * along[1]) / long
    part = min(max(part, 0), 1)
    return math.dist(point, (start[0] + part * along[0], start[1] + part * along[1]))


def middle(rings: Sequence[Ring]) -> Point:
    """Return the centre of gravity of the ring with the most points; the middle of its box where it has no area."""
    ring = max(rings, key=len)
    # Summed from its first point: the areas are small and the degrees large.
    lon_0, lat_0 = ring[0][0], ring[0][1]
    points = [(point[0] - lon_0, point[1] - lat_0) for point in ring]
    crosses = [(x1 * y2 - x2 * y1, x1 + x2, y1 + y2) for (x1, y1), (x2, y2) in pairwise(points)]
    double = sum(cross for cross, _, _ in crosses)
    if abs(double) < 1e-12:
        lons, lats = [point[0] for point in ring], [point[1] for point in ring]
        return Point((min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2)
    lon = sum(cross * x for cross, x, _ in crosses) / (3 * double)
    lat = sum(cross * y for cross, _, y in crosses) / (3 * double)
    return Point(round(lat_0 + lat, 6), round(lon_0 + lon, 6))


def contains(rings: Sequence[Ring], point: Point) -> bool:
    """Return whether a point lies within an outline: a ray from it crosses the rings an odd number of times."""
    crossed = False
    for ring in rings:
        for (lon_1, lat_1), (lon_2, lat_2) in pairwise(ring):
            if (lat_1 > point.lat) != (lat_2 > point.lat):
                lon = lon_1 + (lon_2 - lon_1) * (point.lat - lat_1) / (lat_2 - lat_1)
                crossed ^= point.lon < lon
    return crossed


def on_earth(lat: float, lon: float) -> bool:
    """Return whether degrees are those of a point."""
    return math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180
