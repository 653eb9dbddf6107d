"""A map drawn by us: the numbered pins, the counts and the walking circles in what is looked at, in SVG units."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from meetups.domain.nearness import DETOUR, METRES_A_MINUTE, Point, metres
from meetups.places.view import WIDTH, View, around

# A pin's height, the air around it that belongs to it under a thumb (a half of it each way), a letter, its rounding.
TALL, AIR, LETTER, ENDS = 24, 9, 8, 10
# Where a pin may go instead of its place: so many ways, so far each time, at most (SVG units); the last count anywhere.
WAYS, STEP, FARTHEST, ANYWHERE = 16, 8, 56, 400
AROUND = (
    (0, (0.0, 0.0)),
    *(
        (far, (far * math.cos(2 * math.pi * way / WAYS), far * math.sin(2 * math.pi * way / WAYS)))
        for far in range(STEP, ANYWHERE, STEP)
        for way in range(WAYS)
    ),
)
# Places nearer than this (SVG units) are counted together; farther ones too where there would be more than so many.
TOGETHER, MOST_CLUSTERS = 48, 12
# A place's id, where it is, how many dates are counted there.
Spot = tuple[int, Point, int]
# Where a pin is, and how wide.
Seat = tuple[float, float, float]
Mark = TypeVar("Mark", "Pin", "Cluster")
RING_MINUTES = (5, 10, 15, 20, 30, 45, 60, 90)


@dataclass(frozen=True, slots=True)
class Stop:
    """A numbered date: where it is, the page's own address of its card, all of it in words, and that without where."""

    number: int
    point: Point
    href: str
    words: str
    short: str


@dataclass(frozen=True, slots=True)
class Pin:
    """The dates of a place, and of others where there is no room for theirs: `x` and `y` of the pin, `at` the place
    itself where the pin had to make room."""

    x: float
    y: float
    numbers: tuple[int, ...]
    href: str
    words: str
    at: tuple[float, float] | None = None

    @property
    def order(self) -> int:
        """As in the list."""
        return self.numbers[0]

    @property
    def label(self) -> str:
        """What is written in the pin: its number, both numbers, or the first and how many more."""
        first, *more = self.numbers
        return str(first) if not more else f"{first}·{more[0]}" if len(more) == 1 else f"{first} +{len(more)}"

    @property
    def wide(self) -> float:
        """Its width in SVG units."""
        return _wide(self.label)


@dataclass(frozen=True, slots=True)
class Cluster:
    """How many further dates there are around a point, at which places, and how far from it (metres)."""

    x: float
    y: float
    spots: tuple[Spot, ...]
    middle: Point
    reach: float
    at: tuple[float, float] | None = None

    @property
    def count(self) -> int:
        """All dates together."""
        return sum(count for *_, count in self.spots)

    @property
    def order(self) -> int:
        """The largest come first."""
        return -self.count

    @property
    def label(self) -> str:
        """What is written in it."""
        return f"+{self.count}"

    @property
    def wide(self) -> float:
        """Its width in SVG units."""
        return _wide(self.label)


@dataclass(frozen=True, slots=True)
class Walk:
    """The circle around a start that so many minutes of walking reach; `written` is where these stand, None where they
    would not be seen."""

    minutes: int
    x: float
    y: float
    radius: float
    written: tuple[float, float] | None


def pins(view: View, stops: Iterable[Stop]) -> list[Pin]:
    """Return a pin for each place with its dates' numbers, in the order of the first ones, none over another."""
    made: dict[tuple[float, float], Pin] = {}
    for stop in stops:
        at = view.xy(stop.point.lat, stop.point.lon)
        pin = made.get(at)
        if pin is None:
            made[at] = Pin(*at, (stop.number,), stop.href, f"{stop.number}: {stop.words}")
        else:
            numbers, words = (*pin.numbers, stop.number), f"{pin.words}; {stop.number}: {stop.short}"
            made[at] = replace(pin, numbers=numbers, words=words)
    return _arranged(view, list(made.values()), (), _shared)


def _shared(one: Pin, other: Pin) -> Pin:
    first, second = sorted((one, other), key=lambda pin: pin.numbers)
    numbers = tuple(sorted((*first.numbers, *second.numbers)))
    return replace(first, numbers=numbers, words=f"{first.words}; {second.words}")


def clusters(view: View, spots: Iterable[Spot], taken: Sequence[Pin]) -> list[Cluster]:
    """Return counts of the dates of places that are near each other, none over a pin or another."""
    groups = _grouped(view, sorted(spots, key=lambda spot: (-spot[2], spot[0])), TOGETHER)
    found = [_cluster(view, group) for group in groups]
    return _arranged(view, found, taken, lambda one, other: _cluster(view, [*one.spots, *other.spots]))


def _arranged(view: View, ones: list[Mark], taken: Sequence[Pin], join: Callable[[Mark, Mark], Mark]) -> list[Mark]:
    """Return pins or counts put where they lie over nothing. One without room near it is joined with its neighbour, for
    a long line to where it belongs is hard to follow; and then all are put anew, for that one is wider."""
    while True:
        placed, boxes = list[Mark](), [(one.x, one.y, one.wide) for one in taken]
        for one in ones:
            at = _free(view, (one.x, one.y, one.wide), boxes, FARTHEST if len(ones) > 1 else ANYWHERE)
            if at is None and len(ones) > 1:
                break
            x, y = at or (one.x, one.y)
            boxes.append((x, y, one.wide))
            placed.append(replace(one, x=x, y=y, at=None if (x, y) == (one.x, one.y) else (one.x, one.y)))
        if len(placed) == len(ones):
            return placed
        lost = ones.pop(len(placed))
        near = min(range(len(ones)), key=lambda at: math.dist((ones[at].x, ones[at].y), (lost.x, lost.y)))
        ones[near] = join(ones[near], lost)
        ones.sort(key=lambda one: one.order)


def _grouped(view: View, spots: Sequence[Spot], room: float) -> list[list[Spot]]:
    groups: list[list[Spot]] = []
    for spot in spots:
        group = next((group for group in groups if math.dist(_xy(view, group[0]), _xy(view, spot)) < room), None)
        if group is None:
            groups.append([spot])
        else:
            group.append(spot)
    return groups if len(groups) <= MOST_CLUSTERS else _grouped(view, spots, room * 1.4)


def _xy(view: View, spot: Spot) -> tuple[float, float]:
    return view.xy(spot[1].lat, spot[1].lon)


def _cluster(view: View, group: Sequence[Spot]) -> Cluster:
    points = [point for _, point, _ in group]
    whole = around(points)
    middle = whole.middle if whole else points[0]
    reach = max(metres(middle, point) for point in points)
    return Cluster(*view.xy(middle.lat, middle.lon), tuple(group), middle, reach)


def _free(view: View, own: Seat, taken: Sequence[Seat], farthest: float) -> tuple[float, float] | None:
    """Return the spot nearest to its own (x, y, width) where a pin lies over no other and inside the picture."""
    own_x, own_y, wide = own
    side, end = wide / 2 + 2, TALL / 2 + 2
    # Only these can be in its way, wherever it goes.
    near = [
        (x, y, (wide + other) / 2 + AIR)
        for x, y, other in taken
        if abs(x - own_x) < farthest + (wide + other) / 2 + AIR and abs(y - own_y) < farthest + TALL + AIR
    ]
    for far, (along, down) in AROUND:
        if far >= farthest:
            return None
        x, y = round(own_x + along, 1), round(own_y + down, 1)
        if side <= x <= WIDTH - side and end <= y <= view.height - end:
            for other_x, other_y, room in near:
                if abs(x - other_x) < room and abs(y - other_y) < TALL + AIR:
                    break
            else:
                return x, y
    return None


def _wide(label: str) -> float:
    return max(TALL, len(label) * LETTER + ENDS)


def walks(view: View, start: Point, within: float, taken: Sequence[Pin | Cluster]) -> list[Walk]:
    """Return two circles of walking minutes around a start, the outer one no wider than `within` metres; what is
    written on them keeps clear of pins."""
    reach = {minutes: minutes * METRES_A_MINUTE / DETOUR for minutes in RING_MINUTES}
    outer = max((minutes for minutes, far in reach.items() if far <= within), default=RING_MINUTES[0])
    inner = max((minutes for minutes, far in reach.items() if far <= within * 0.7), default=outer)
    return [
        _walk(view, start, minutes, reach[minutes] * view.scale, taken) for minutes in dict.fromkeys((inner, outer))
    ]


def _walk(view: View, start: Point, minutes: int, radius: float, taken: Sequence[Pin | Cluster]) -> Walk:
    x, y = view.xy(start.lat, start.lon)
    # On top of the circle, or else further along it.
    angles = (math.pi * eighth / 4 for eighth in (-2, 2, -1, -3, 1, 3, 0, 4))
    around = ((round(x + radius * math.cos(at), 1), round(y + radius * math.sin(at) + 3, 1)) for at in angles)
    written = next((at for at in around if view.inside(*at, 20) and not any(_over(at, one) for one in taken)), None)
    return Walk(minutes, x, y, round(radius, 1), written)


def _over(at: tuple[float, float], one: Pin | Cluster) -> bool:
    return abs(at[0] - one.x) < one.wide / 2 + 18 and abs(at[1] - 3 - one.y) < TALL / 2 + 7
