"""Outlines in degrees, as GeoJSON writes them (RFC 7946): rings of [lon, lat]."""

import math
from collections.abc import Sequence
from itertools import pairwise

from meetups.domain.nearness import Point

Ring = Sequence[Sequence[float]]


def rings_of(polygons: Sequence[Sequence[Ring]]) -> list[list[list[float]]]:
    """Return the rings of GeoJSON polygons as numbers; raise ValueError where they are no outline on this earth."""
    rings = [[[float(lon), float(lat)] for lon, lat, *_ in ring] for polygon in polygons for ring in polygon]
    if not rings or min(len(ring) for ring in rings) < 4:
        raise ValueError("a ring needs four points")
    if not all(on_earth(lat, lon) for ring in rings for lon, lat in ring):
        raise ValueError("a point lies nowhere")
    return rings


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
