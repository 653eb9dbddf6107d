"""How far things are on foot, and the hexagons (H3, h3geo.org) by which the near ones are found."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import h3

from meetups.domain.errors import Problem

EARTH_RADIUS = 6_371_009  # metres, mean
# Streets are not straight: people walk about 1.3 times the line, 67 metres a minute behind a stroller (sources:
# docs/architecture.md, "Near here, soonest first").
DETOUR = 1.3
METRES_A_MINUTE = 67
MINUTES_STEP = 5
# Farther than this nobody walks, and no minutes are said (metres).
FARTHEST_WALK = 5000
HOME_RESOLUTION, AREA_RESOLUTION = 8, 7
MOST_CELLS = 40
# Average edge of a cell in metres (h3geo.org, "Tables of cell statistics"), times what the longest may exceed it by.
_EDGES = {8: 531 * 1.3, 7: 1_406 * 1.3, 6: 3_725 * 1.3}


@dataclass(frozen=True, slots=True)
class Point:
    """A point in degrees (WGS 84)."""

    lat: float
    lon: float


class Cells(NamedTuple):
    """The H3 cells of a place, as text: about 36, 5 and 0.7 square kilometres."""

    cell6: str
    cell7: str
    cell8: str


def parse_point(text: str) -> Point:
    """Read "LAT,LON" in degrees; raise Problem for anything else."""
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        raise Problem("That is not a place on the map", "near") from None
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        raise Problem("That is not a place on the map", "near")
    return Point(lat, lon)


def metres(a: Point, b: Point) -> float:
    """Return the great-circle distance in metres (haversine formula)."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    across = math.sin((lat_b - lat_a) / 2) ** 2
    along = math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    return 2 * EARTH_RADIUS * math.asin(math.sqrt(across + math.cos(lat_a) * math.cos(lat_b) * along))


def walking_minutes(distance: float) -> int:
    """Return the minutes that a straight distance in metres takes on foot, rounded up to 5: never a home's position."""
    steps = math.ceil(distance * DETOUR / METRES_A_MINUTE / MINUTES_STEP)
    return max(steps, 1) * MINUTES_STEP


def reach_minutes(distance: float) -> int:
    """Return how far a search for what is within a straight distance in metres reaches, in minutes to the nearest 5."""
    return max(round(distance * DETOUR / METRES_A_MINUTE / MINUTES_STEP), 1) * MINUTES_STEP


def walk_from(cell: str | None, place: Point) -> int | None:
    """Return the minutes on foot from the middle of a home's cell to a place; None without a home, and where the place
    is too far to walk to."""
    if not cell:
        return None
    far = metres(cell_centre(cell), place)
    return walking_minutes(far) if far <= FARTHEST_WALK else None


def rounded(point: Point) -> Point:
    """Return the point to about 100 metres: what a search keeps of where somebody stands."""
    return Point(round(point.lat, 3), round(point.lon, 3))


def cells(point: Point) -> Cells:
    """Return the cells a point lies in."""
    return Cells(*(h3.latlng_to_cell(point.lat, point.lon, resolution) for resolution in (6, 7, 8)))


def home_cell(point: Point) -> str:
    """Return the neighbourhood-sized cell that stands for a home."""
    return str(h3.latlng_to_cell(point.lat, point.lon, HOME_RESOLUTION))


def area_of(cell: str) -> str:
    """Return the area (about 5 square kilometres) that a neighbourhood's cell is a part of. Areas are fixed and share
    no cell, so that what is counted by areas cannot be laid one over the other."""
    return str(h3.cell_to_parent(cell, AREA_RESOLUTION))


@lru_cache(1024)
def cells_of(area: str) -> tuple[str, ...]:
    """Return the neighbourhoods' cells of an area: seven."""
    return tuple(sorted(h3.cell_to_children(area, HOME_RESOLUTION)))


def cell_centre(cell: str) -> Point:
    """Return the middle of a cell."""
    return Point(*h3.cell_to_latlng(cell))


@lru_cache(1024)
def cells_around(point: Point, within: float) -> tuple[str, tuple[str, ...]]:
    """Return a column ("cell8", "cell7" or "cell6") and its cells that together cover a circle of `within` metres.

    The finest resolution that needs at most MOST_CELLS cells; circles up to about 20 km have one.
    """
    for resolution in (8, 7, 6):
        cover = _cover(point, within, resolution)
        if len(cover) <= MOST_CELLS or resolution == 6:
            return f"cell{resolution}", cover
    raise AssertionError("unreachable")


def _cover(point: Point, within: float, resolution: int) -> tuple[str, ...]:
    # Every point of a cell lies within one edge of its middle; so a cell that touches the circle has
    # its middle within `within` + edge. Neighbouring middles are at least an edge and a half apart.
    edge = _EDGES[resolution]
    rings = math.ceil((within + edge) / (edge / 1.3)) + 1
    disk = h3.grid_disk(h3.latlng_to_cell(point.lat, point.lon, resolution), rings)
    return tuple(sorted(cell for cell in disk if metres(point, cell_centre(cell)) <= within + edge))
