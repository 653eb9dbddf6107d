"""What lies in or beside a place: OpenStreetMap maps toilets, taps, swings and cafés for themselves, not on the park.

It can only say that something is there: what nobody has mapped may be there all the same.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from meetups.domain.nearness import Point, metres
from meetups.places.models import Amenity
from meetups.places.outlines import METRES_PER_DEGREE, Ring, contains

# Metres from the middle of a place within which something still belongs to it; within its outline all does.
REACH = {Amenity.CAFE: 300, Amenity.PARKING: 200, Amenity.TOILETS: 150, Amenity.CHANGING_TABLE: 150, Amenity.WATER: 150}
# The rest belongs to what it stands in.
OTHERWISE = 40
SQUARE = 0.005  # degrees


@dataclass(slots=True)
class Beside:
    """The mapped things of a file, by squares of degrees."""

    _squares: dict[tuple[int, int], list[tuple[Point, Amenity]]] = field(default_factory=dict)

    def add(self, point: Point, amenities: Iterable[Amenity]) -> None:
        """Note what is at a point."""
        found = self._squares.setdefault(_square(point.lat, point.lon), [])
        found += [(point, amenity) for amenity in amenities]

    def of(self, middle: Point, rings: Sequence[Ring] = ()) -> set[Amenity]:
        """Return what lies in or beside a place: within its outline, or near its middle."""
        return {
            amenity
            for point, amenity in self._about(middle, rings)
            if metres(middle, point) <= REACH.get(amenity, OTHERWISE) or contains(rings, point)
        }

    def _about(self, middle: Point, rings: Sequence[Ring]) -> Iterable[tuple[Point, Amenity]]:
        tall = max(REACH.values()) / METRES_PER_DEGREE
        wide = tall / max(math.cos(math.radians(middle.lat)), 0.01)
        lats = [middle.lat - tall, middle.lat + tall, *(lat for ring in rings for _, lat, *_ in ring)]
        lons = [middle.lon - wide, middle.lon + wide, *(lon for ring in rings for lon, *_ in ring)]
        (south, west), (north, east) = _square(min(lats), min(lons)), _square(max(lats), max(lons))
        if (north - south + 1) * (east - west + 1) > len(self._squares):
            return (one for square in self._squares.values() for one in square)
        squares = ((y, x) for y in range(south, north + 1) for x in range(west, east + 1))
        return (one for square in squares for one in self._squares.get(square, ()))


def _square(lat: float, lon: float) -> tuple[int, int]:
    return math.floor(lat / SQUARE), math.floor(lon / SQUARE)
