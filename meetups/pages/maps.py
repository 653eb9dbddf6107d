"""The maps of pages as plain values: of the dates in a list, and of one place."""

from collections.abc import Iterable
from dataclasses import dataclass

from meetups.accounts.models import Member
from meetups.domain.nearness import Point
from meetups.events.dated import Dated
from meetups.events.search import Search
from meetups.places import map as drawing
from meetups.places import queries as places

# Metres from a place to the nearer edge of its map.
AROUND_SPOT = 1000


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


def draw(found: Iterable[Dated], search: Search, viewer: Member | None, first: int) -> Drawn | None:
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
