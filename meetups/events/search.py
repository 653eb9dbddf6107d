"""The search behind the front page, the map and the feeds: near here, soonest first, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import reduce
from typing import Any, Self

from sqlalchemy import ColumnElement, Select, Text, and_, cast, false, func, not_, or_, select, union_all
from sqlalchemy.orm import contains_eager, joinedload

from meetups.accounts.models import Member
from meetups.domain.ages import band_for_months, spans_of
from meetups.domain.errors import Problem
from meetups.domain.nearness import FARTHEST_WALK, Point, cells_around, metres, parse_point
from meetups.domain.zones import day_bounds, to_local
from meetups.events.hosts import date_seen_past_blocks
from meetups.events.models import Kind, Meetup, Occurrence, Visibility
from meetups.extensions import db, remembered
from meetups.places.models import Amenity, Place, PlaceAmenity

PAGE = 20
# Half a mile, said in metres: a quarter of an hour behind a stroller, and a little.
WITHIN = 800
WITHINS = (400, 800, 1600, 3200)
FARTHEST = FARTHEST_WALK
OLDEST_MONTHS = 215
# In addresses: the age of the reader's own children, and the order that suits her best.
MINE, BEST = "mine", "best"
FIRST_YEAR, LAST_YEAR = 2000, 2100
# More than any week strip can show; it keeps the strip's cost flat in the largest town.
STRIP_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Search:
    """What a mother looks for. `within` is metres, `age` months, `day` the local date in `zone`.

    `mine` asks for what fits the reader's own children, whose birth months are `kids`: no address says those, so that
    of a reader without children, or not signed in, it asks nothing. `best` asks for another order than soonest first.
    Where she has `moved` the circle, `near` is its middle and `origin` where she looks and walks from, if we know it.
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
    best: bool = False
    place_id: int | None = None
    moved: bool = False
    origin: Point | None = None

    @property
    def start(self) -> Point | None:
        """Where she looks from, and walks from."""
        return self.origin if self.moved else self.near

    @classmethod
    def from_args(cls, args: Mapping[str, Any]) -> Self:
        """Read the parameters of an address; what cannot be read counts as not asked for."""
        at, near = _near(args.get("at")), _near(args.get("near"))
        getlist = getattr(args, "getlist", lambda name: args.get(name) or ())
        return cls(
            near=at or near,
            moved=at is not None,
            origin=near if at else None,
            within=min(max(_number(args.get("within"), FARTHEST) or WITHIN, 100), FARTHEST),
            age=_number(args.get("age"), OLDEST_MONTHS),
            kind=next((kind for kind in Kind if kind == args.get("kind")), None),
            day=_day(args.get("day")),
            mine=args.get("age") == MINE,
            best=args.get("order") == BEST,
            amenities=tuple(sorted(amenity for amenity in Amenity if amenity in getlist("has"))),
        )

    def to_args(self) -> dict[str, Any]:
        """Return the parameters that `from_args` reads back, the fewest that say the same."""
        return {
            name: value
            for name, value in (
                ("near", _said(self.start)),
                ("at", _said(self.near) if self.moved else None),
                ("within", self.within if self.within != WITHIN else None),
                ("age", MINE if self.mine else self.age),
                ("kind", str(self.kind) if self.kind else None),
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
    def of(cls, occurrence: Occurrence) -> Self:
        """Return the place of an occurrence in the list."""
        return cls(occurrence.starts_at, occurrence.meetup.public_id)

    def __str__(self) -> str:
        return f"{int(self.starts_at.timestamp())}-{self.meetup_id}"


def visible(viewer: Member | None) -> ColumnElement[bool]:
    """Return the condition under which a viewer finds a meetup in a list: the one place that says so."""
    if viewer:
        return date_seen_past_blocks(viewer)
    return Meetup.visibility == Visibility.PUBLIC


def find(
    search: Search,
    viewer: Member | None,
    now: datetime,
    limit: int = PAGE,
    after: Cursor | None = None,
    until: Cursor | None = None,
) -> list[Occurrence]:
    """Return the coming dates that match, soonest first, with meetup, host and place loaded: those after one, or those
    up to one and it."""
    conditions = [*_conditions(search, viewer, now), *_following(after), *map(not_, _following(until))]
    ids = [row.id for row in db.session.execute(_walk(search, conditions, limit))]
    if not ids:
        return []
    loaded = (
        select(Occurrence)
        .join(Occurrence.meetup)
        .where(Occurrence.id.in_(ids))
        .options(contains_eager(Occurrence.meetup).joinedload(Meetup.host), joinedload(Occurrence.place))
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    return list(db.session.scalars(loaded))


def fingerprint(search: Search, since: Any, until: Any) -> Select[Any]:
    """Return a query for one text that changes whenever what a stranger finds from `since` to `until` may.

    It looks at all public meetups with dates in the cells of the circle, also just outside it, and at no place:
    whatever changes of a date raises its meetup's counter, but for the worker's making more of them.
    """
    column, cells = cells_around(search.near, search.within) if search.near else ("cell6", [])
    here = or_(false(), *(getattr(Occurrence, column) == cell for cell in cells))
    has = [Occurrence.place_id.in_(select(Place.id).where(*_having(search)))] if search.amenities else []
    dates = select(Occurrence.meetup_id, func.count().label("dates"))
    dates = dates.where(here, Occurrence.starts_at >= since, Occurrence.starts_at < until, *has)
    found = dates.group_by(Occurrence.meetup_id).subquery()
    versions = func.aggregate_strings(version_text(found.c.dates), ",").label("dates")
    return select(versions).select_from(found).join(Meetup, Meetup.id == found.c.meetup_id).where(visible(None))


def version_text(*columns: Any) -> ColumnElement[str]:
    """Return columns, and which version its calendars have of the row's meetup, as one text."""
    parts = (*columns, Meetup.id, Meetup.sequence, Meetup.changed_at)
    texts: list[ColumnElement[str]] = [cast(part, Text) for part in parts]
    return reduce(lambda said, part: said + ":" + part, texts)


def days(search: Search, viewer: Member | None, now: datetime, until: datetime) -> list[datetime]:
    """Return when each matching date before `until` (UTC) starts: what a week strip counts."""
    query = select(Occurrence.starts_at).join(Occurrence.meetup)
    where = [*_conditions(search.but(day=None), viewer, now), Occurrence.starts_at < until]
    if search.near:
        column, cells = cells_around(search.near, search.within)
        where.append(getattr(Occurrence, column).in_(cells))
    return list(db.session.scalars(query.where(*where).limit(STRIP_ROWS)))


def soonest(search: Search, viewer: Member | None, now: datetime, limit: int, *more: ColumnElement[bool]) -> Any:
    """Return a query for the ids of the soonest matching dates, `limit` of them, for other queries to stand on."""
    return _walk(search, [*_conditions(search, viewer, now), *more], limit)


def places_within(search: Search) -> dict[int, float]:
    """Return the metres to every place in the circle that has the amenities asked for, by its id."""
    if not search.near:
        return {}
    known, key = remembered("places within"), (search.near, search.within, search.amenities)
    if key not in known:
        known[key] = _places_within(search, search.near)
    return known[key]  # type: ignore[no-any-return]


def _places_within(search: Search, near: Point) -> dict[int, float]:
    column, cells = cells_around(near, search.within)
    query = select(Place.id, Place.lat, Place.lon).where(getattr(Place, column).in_(cells), *_having(search))
    found = {row.id: metres(near, Point(row.lat, row.lon)) for row in db.session.execute(query)}
    return {place_id: far for place_id, far in found.items() if far <= search.within}


def _walk(search: Search, conditions: Sequence[ColumnElement[bool]], limit: int) -> Any:
    # One short walk along (cell, starts_at, id) for each cell, merged: the cost does not grow with the town.
    page = select(Occurrence.id, Occurrence.starts_at).join(Occurrence.meetup).where(*conditions)
    page = page.order_by(Occurrence.starts_at, Occurrence.id).limit(limit)
    if not search.near:
        return page
    column, cells = cells_around(search.near, search.within)
    walks = [select(page.where(getattr(Occurrence, column) == cell).subquery()) for cell in cells]
    merged = union_all(*walks).subquery()
    return select(merged.c.id).order_by(merged.c.starts_at, merged.c.id).limit(limit)


def _conditions(search: Search, viewer: Member | None, now: datetime) -> list[ColumnElement[bool]]:
    conditions = [Occurrence.starts_at >= now, *_matching(search, viewer, now)]
    if search.day:
        start, stop = day_bounds(search.day, search.zone)
        conditions += [Occurrence.starts_at >= start, Occurrence.starts_at < stop]
    if search.place_id is not None:
        conditions.append(Occurrence.place_id == search.place_id)
    elif search.near:
        conditions.append(Occurrence.place_id.in_(places_within(search)))
    elif search.amenities:
        conditions.append(Occurrence.place_id.in_(select(Place.id).where(*_having(search))))
    return conditions


def _matching(search: Search, viewer: Member | None, now: datetime) -> list[ColumnElement[bool]]:
    conditions = [Occurrence.cancelled_at.is_(None), visible(viewer)]
    if search.kind:
        conditions.append(Occurrence.kind == search.kind)
    if search.age is not None:
        conditions.append(Occurrence.ages.bitwise_and(int(band_for_months(search.age))) != 0)
    if search.mine and search.kids:
        conditions.append(or_(*(_fits(kid, search.zone, now) for kid in search.kids)))
    return conditions


def _fits(kid: date, zone: str, now: datetime) -> ColumnElement[bool]:
    """Return the condition that a child born (or due) in a month fits a date on its day: each band has its own days."""
    today = to_local(now, zone).date()
    spans = [
        and_(Occurrence.ages.bitwise_and(int(band)) != 0, *_between(since, until, zone))
        for band, since, until in spans_of(kid)
        if until is None or until > today
    ]
    return or_(false(), *spans)


def _between(since: date | None, until: date | None, zone: str) -> list[ColumnElement[bool]]:
    first = [Occurrence.starts_at >= day_bounds(since, zone)[0]] if since else []
    return [*first, Occurrence.starts_at < day_bounds(until, zone)[0]] if until else first


def _having(search: Search) -> list[ColumnElement[bool]]:
    return [
        Place.id.in_(select(PlaceAmenity.place_id).where(PlaceAmenity.amenity == amenity, PlaceAmenity.present))
        for amenity in search.amenities
    ]


def _following(after: Cursor | None) -> list[ColumnElement[bool]]:
    if not after:
        return []
    last = (
        select(Occurrence.id)
        .join(Occurrence.meetup)
        .where(Meetup.public_id == after.meetup_id, Occurrence.starts_at == after.starts_at)
    )
    last_id = db.session.scalar(last) or 0
    same = and_(Occurrence.starts_at == after.starts_at, Occurrence.id > last_id)
    return [or_(Occurrence.starts_at > after.starts_at, same)]


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
