"""What a mother looks for, as it stands in addresses, and the place of a date in a list."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Self

from meetups.domain.errors import Problem
from meetups.domain.naps import Sleeper
from meetups.domain.nearness import FARTHEST_WALK, Point, parse_point
from meetups.events.dated import Dated
from meetups.events.models import Kind
from meetups.places.models import Amenity

PAGE = 30
# Half a mile, said in metres: a quarter of an hour behind a stroller, and a little.
WITHIN = 800
# What each leaves out takes longer on foot than it is called (nearness.reach_minutes); of the first all but 15 metres.
WITHINS = (500, 800, 1600, 3200)
FARTHEST = FARTHEST_WALK
OLDEST_MONTHS = 215
# In addresses: the age of the reader's own children, the order that suits her best, and none in their nap time.
MINE, BEST, NO_NAP = "mine", "best", "no"
FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True, slots=True)
class Search:
    """What a mother looks for. `within` is metres, `age` months, `day` the local date in `zone`.

    `mine` asks for what fits the reader's own children, whose birth months are `kids`: no address says those, so that
    of a reader without children, or not signed in, it asks nothing. `awake` likewise leaves out what is in the nap time
    of her `sleepers`. `best` asks for another order than soonest first.
    Where she looks from her own `home`, no address says that: whoever she sends one to would read where she lives.
    Where she has `moved` the circle, `near` is its middle and `origin` where she looks and walks from, if we know it.
    Where she asks for all there is, `everywhere`, an address says so: without a word it would lead home; so does one of
    a map that she has `moved` from there.
    `place_id` is the one place that is asked about, with `near` around it; no address says it either.
    """

    near: Point | None = None
    within: int = WITHIN
    age: int | None = None
    kind: Kind | None = None
    day: date | None = None
    amenities: tuple[Amenity, ...] = ()
    zone: str = "UTC"
    mine: bool = False
    kids: tuple[date, ...] = ()
    awake: bool = False
    sleepers: tuple[Sleeper, ...] = ()
    best: bool = False
    place_id: int | None = None
    home: bool = False
    moved: bool = False
    origin: Point | None = None
    everywhere: bool = False

    @property
    def start(self) -> Point | None:
        """Where she looks from, and walks from."""
        return self.origin if self.moved else self.near

    @property
    def personal(self) -> bool:
        """Whether what it finds hangs on what its reader alone knows: her home, her children, their naps."""
        return self.home or (self.mine and bool(self.kids)) or (self.awake and bool(self.sleepers))

    @classmethod
    def from_args(cls, args: Mapping[str, Any]) -> Self:
        """Read the parameters of an address; what cannot be read counts as not asked for."""
        at, near = _near(args.get("at")), _near(args.get("near"))
        getlist = getattr(args, "getlist", lambda name: args.get(name) or ())
        return cls(
            near=at or near,
            moved=at is not None,
            origin=near if at else None,
            everywhere=args.get("near") == "",
            within=min(max(_number(args.get("within"), FARTHEST) or WITHIN, 100), FARTHEST),
            age=_number(args.get("age"), OLDEST_MONTHS),
            kind=next((kind for kind in Kind if kind == args.get("kind")), None),
            day=_day(args.get("day")),
            mine=args.get("age") == MINE,
            awake=args.get("nap") == NO_NAP,
            best=args.get("order") == BEST,
            amenities=tuple(sorted(amenity for amenity in Amenity if amenity in getlist("has"))),
        )

    def to_args(self) -> dict[str, Any]:
        """Return the parameters that `from_args` reads back, the fewest that say the same."""
        return {
            name: value
            for name, value in (
                ("near", "" if self.everywhere else _said(self.start) if not self.home else None),
                ("at", _said(self.near) if self.moved else None),
                ("within", self.within if self.within != WITHIN else None),
                ("age", MINE if self.mine else self.age),
                ("kind", str(self.kind) if self.kind else None),
                ("nap", NO_NAP if self.awake else None),
                ("day", self.day.isoformat() if self.day else None),
                ("has", [str(amenity) for amenity in self.amenities]),
                ("order", BEST if self.best else None),
            )
            if value not in (None, [])
        }

    def but(self, **changes: Any) -> Self:
        """Return this search with some fields changed."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: the next one starts after it, whatever has been posted meanwhile."""

    starts_at: datetime
    meetup_id: str

    @classmethod
    def parse(cls, text: str | None) -> Self | None:
        """Read what `str` wrote; None for anything else."""
        seconds, _, meetup_id = (text or "").partition("-")
        if not (seconds.isdecimal() and len(seconds) < 12 and meetup_id.isprintable() and meetup_id):
            return None
        return cls(datetime.fromtimestamp(int(seconds), UTC), meetup_id)

    @classmethod
    def of(cls, occurrence: Dated) -> Self:
        """Return the place of an occurrence in the list."""
        return cls(occurrence.starts_at, occurrence.meetup.public_id)

    def __str__(self) -> str:
        return f"{int(self.starts_at.timestamp())}-{self.meetup_id}"


def _said(point: Point | None) -> str | None:
    return f"{point.lat:.3f},{point.lon:.3f}" if point else None


def _near(text: str | None) -> Point | None:
    try:
        return parse_point(text) if text else None
    except Problem:
        return None


def _number(text: Any, most: int) -> int | None:
    text = str(text or "")
    return min(int(text), most) if text.isdecimal() and len(text) < 7 else None


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    # Beyond the calendar's own ends there is no day before or after.
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None
