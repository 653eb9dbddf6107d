"""The queries behind the front page, the map and the feeds: near here, soonest first, at a cost that does not grow with
the town.

Each is put into words once for a shape of searches, and asked with the values of one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache, reduce
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    Text,
    and_,
    cast,
    false,
    func,
    not_,
    or_,
    select,
    tuple_,
    union_all,
)

from meetups.accounts.models import Member
from meetups.columns import UTCDateTime
from meetups.domain.ages import band_for_months, spans_of
from meetups.domain.naps import Stretch, stretches
from meetups.domain.nearness import Point, cells_around, metres
from meetups.domain.zones import day_bounds, to_local
from meetups.events.hosts import date_open_to
from meetups.events.listed import Holder, Listed, columns
from meetups.events.models import Meetup, Occurrence, Visibility
from meetups.events.naptime import in_nap_time
from meetups.events.search import PAGE, Cursor, Search
from meetups.extensions import db, remembered
from meetups.places.models import Amenity, Place, PlaceAmenity
from meetups.prepared import Prepared, given

# More than any week strip can show; it keeps the strip's cost flat in the largest town.
STRIP_ROWS = 2000
BY_START = "ix_occurrences_starts_at_occurrences_id"
# So few places are looked at one by one.
RARE = 64
# Later than any date.
LAST = datetime(9999, 1, 1, tzinfo=UTC)
# The place of a shape, whichever it is.
ANY_PLACE = 0
# Shapes of searches whose queries are kept.
SHAPES = 512
# The start of a date and its id: where it stands in the order of all lists.
Moment = tuple[datetime, int]


def visible(viewer: Member | None) -> ColumnElement[bool]:
    """Return the condition under which a viewer finds a meetup in a list: the one place that says so."""
    return visible_to(viewer.id if viewer else None)


def visible_to(member_id: Any) -> ColumnElement[bool]:
    """Return it for a member's id, or a parameter for it; None is a stranger."""
    return Meetup.visibility == Visibility.PUBLIC if member_id is None else date_open_to(member_id)


def find(
    search: Search,
    viewer: Member | None,
    now: datetime,
    limit: int = PAGE,
    after: Cursor | None = None,
    until: Cursor | None = None,
) -> list[Listed]:
    """Return the coming dates that match, soonest first: those after one, or those up to one and it."""
    since, before = bounds(search, _after(after, viewer) or (now, 0), _after(until, viewer) or (LAST, 0))
    return [Listed(row) for row in ask(_soonest, search, viewer, now, since, before, limit)]


def bounds(search: Search, since: Moment, before: Moment) -> tuple[Moment, Moment]:
    """Return two moments, or the ends of the day that is asked for where these are nearer."""
    if not search.day:
        return since, before
    start, stop = day_bounds(search.day, search.zone)
    return max(since, (start, 0)), min(before, (stop, 0))


def ask(
    prepared: Callable[["Shape"], Prepared],
    search: Search,
    viewer: Member | None,
    now: datetime,
    since: Moment,
    before: Moment,
    most: int,
    **more: Any,
) -> list[tuple[Any, ...]]:
    """Return the rows of a query for the shape of a search, of its dates after one moment and up to another."""
    here = _here(search)
    if here == NOWHERE:
        return []
    values = _values(search, viewer, here, since, before)
    return prepared(_shape(search, viewer, here, now)).in_transaction(most=most, **values, **more)


def fingerprint(search: Search, since: Any, until: Any) -> Select[Any]:
    """Return a query for one text that changes whenever what a stranger finds from `since` to `until` may.

    It looks at all public meetups with dates in the cells of the circle, also just outside it, and at no place:
    whatever changes of a date raises its meetup's counter, but for the worker's making more of them.
    """
    column, cells = cells_around(search.near, search.within) if search.near else ("cell6", [])
    here = or_(false(), *(getattr(Occurrence, column) == cell for cell in cells))
    has = [_has(amenity, Occurrence.place_id) for amenity in search.amenities]
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
    rows = ask(_starts, search, viewer, now, (now, 0), (until, 0), STRIP_ROWS)
    return [starts_at for (starts_at,) in rows]


@dataclass(frozen=True, slots=True)
class _Here:
    """The places of a circle, and the cells in which they lie; filled up, so that there are few shapes."""

    column: str
    cells: tuple[str, ...]
    places: tuple[int, ...]


NOWHERE = _Here("", (), ())


def _here(search: Search) -> _Here | None:
    """Return where the dates of a search may be: NOWHERE without a place there, None for anywhere."""
    if not search.near and not search.amenities:
        return None
    known, key = remembered("here"), (search.near, search.within, search.amenities)
    if key not in known:
        known[key] = _places_within(search, search.near) if search.near else _rare(search.amenities)
    found: _Here | None = known[key]
    return found


def _rare(amenities: tuple[Amenity, ...]) -> _Here | None:
    """Return the places that have some amenities where these are few; None where they are many, and soon met with."""
    having = (_has(amenity, Place.id) for amenity in amenities)
    found = db.session.execute(select(Place.id, Place.cell6).where(*having).limit(RARE + 1)).all()
    return None if len(found) > RARE else _places("cell6", [(row.id, row.cell6) for row in found])


def _places(column: str, found: Sequence[tuple[int, str]]) -> _Here:
    if not found:
        return NOWHERE
    places, cells = zip(*found, strict=True)
    return _Here(column, _filled(tuple(dict.fromkeys(cells)), ""), _filled(places, 0))


def _places_within(search: Search, near: Point) -> _Here:
    column, cells = cells_around(near, search.within)
    around = _filled(cells, "")
    rows = _in_cells(column, len(around), search.amenities).in_transaction(**_numbered("cell", around))
    found = [(place, cell) for place, cell, lat, lon in rows if metres(near, Point(lat, lon)) <= search.within]
    return _places(column, found)


@lru_cache(SHAPES)
def _in_cells(column: str, cells: int, amenities: tuple[Amenity, ...]) -> Prepared:
    cell: Any = getattr(Place, column)
    having = [_has(amenity, Place.id) for amenity in amenities]
    query = select(Place.id, cell, Place.lat, Place.lon).where(cell.in_(_given_all("cell", cells, String())), *having)
    return Prepared(query.order_by(Place.id))


def _filled(values: tuple[Any, ...], nothing: Any) -> tuple[Any, ...]:
    # To a power of two.
    return values + (nothing,) * ((1 << (len(values) - 1).bit_length()) - len(values))


def _numbered(name: str, values: tuple[Any, ...]) -> dict[str, Any]:
    return {f"{name}{number}": value for number, value in enumerate(values)}


def _given_all(name: str, count: int, kind: Any) -> list[BindParameter[Any]]:
    return [given(f"{name}{number}", kind) for number in range(count)]


@dataclass(frozen=True, slots=True)
class Shape:
    """What the words of a query hang on; its values are given whenever it is asked. `today` (local) and the `naps`
    ahead are for the reader's own children."""

    matching: Search
    signed_in: bool
    today: date | None
    naps: tuple[Stretch, ...] | None
    column: str | None
    cells: int
    places: int


def _shape(search: Search, viewer: Member | None, here: _Here | None, now: datetime) -> Shape:
    own = search.mine and bool(search.kids)
    matching = Search(
        age=search.age,
        kind=search.kind,
        # The places of a circle have them.
        amenities=() if here else search.amenities,
        mine=own,
        kids=search.kids if own else (),
        zone=search.zone if own else "",
        place_id=ANY_PLACE if search.place_id is not None else None,
    )
    today = to_local(now, search.zone).date()
    naps = None
    if search.awake and search.sleepers:
        # From midnight on, so that a day has one shape.
        naps = tuple(stretches(search.sleepers, search.zone, day_bounds(today, search.zone)[0]))
    counts = (here.column, len(here.cells), len(here.places)) if here else (None, 0, 0)
    return Shape(matching, viewer is not None, today if own else None, naps, *counts)


def _values(search: Search, viewer: Member | None, here: _Here | None, since: Moment, before: Moment) -> dict[str, Any]:
    values = {"since": since[0], "since_id": since[1], "before": before[0], "before_id": before[1]}
    if viewer:
        values["viewer"] = viewer.id
    if search.place_id is not None:
        values["place"] = search.place_id
    return values | _numbered("cell", here.cells) | _numbered("place", here.places) if here else values


@lru_cache(SHAPES)
def _soonest(shape: Shape) -> Prepared:
    return Prepared(with_all(select(*columns()), soonest(shape)))


def with_all(query: Select[Any], found: Any) -> Select[Any]:
    """Return a query for the columns of lists with the tables they are of, of the dates that a subquery has found, in
    the order of all lists."""
    joined = (
        query.select_from(found)
        .join(Occurrence, Occurrence.id == found.c.id)
        .join(Meetup, Meetup.id == Occurrence.meetup_id)
        .join(Place, Place.id == Occurrence.place_id)
        .join(Member, Member.id == Meetup.host_id)
        .outerjoin(Holder, Holder.id == Occurrence.held_by_id)
    )
    return joined.order_by(Occurrence.starts_at, Occurrence.id)


def soonest(shape: Shape) -> Any:
    """Return a subquery for the ids and starts of the soonest dates of a shape of searches, for others to stand on."""
    # A walk along (cell, starts_at, id) for each cell, all merged as they go: as many steps as a page has rows, however
    # large the town.
    walk = _dates(shape, Occurrence.id, Occurrence.starts_at).order_by(Occurrence.starts_at, Occurrence.id)
    most = given("most", Integer())
    if not shape.column:
        return walk.limit(most).subquery()
    cells = _given_all("cell", shape.cells, String())
    walks = (walk.where(getattr(Occurrence, shape.column) == cell).subquery() for cell in cells)
    return union_all(*map(select, walks)).order_by("starts_at", "id").limit(most).subquery()


@lru_cache(SHAPES)
def _starts(shape: Shape) -> Prepared:
    dates = _dates(shape, Occurrence.starts_at)
    if shape.column:
        dates = dates.where(getattr(Occurrence, shape.column).in_(_given_all("cell", shape.cells, String())))
    return Prepared(dates.limit(given("most", Integer())))


def _dates(shape: Shape, *wanted: Any) -> Select[Any]:
    """Return a query for columns of the dates of a shape between two moments: after the first, up to the second."""
    moment = tuple_(Occurrence.starts_at, Occurrence.id)
    since, before = (_given_moment(name) for name in ("since", "before"))
    viewer = given("viewer", Integer()) if shape.signed_in else None
    query = select(*wanted).join(Meetup, Meetup.id == Occurrence.meetup_id)
    query = query.where(moment > since, moment <= before, Occurrence.cancelled_at.is_(None), visible_to(viewer))
    query = query.where(*_matching(shape.matching, shape.today))
    if shape.naps is not None:
        query = query.where(not_(in_nap_time(shape.naps)))
    if shape.column:
        return query.where(Occurrence.place_id.in_(_given_all("place", shape.places, Integer())))
    # It would rather skip through all cells there are, and sort.
    return query.with_hint(Occurrence, f"INDEXED BY {BY_START}", "sqlite")


def _given_moment(name: str) -> Any:
    return tuple_(given(name, UTCDateTime()), given(f"{name}_id", Integer()))


def _matching(search: Search, today: date | None) -> list[ColumnElement[bool]]:
    conditions = [_has(amenity, Occurrence.place_id) for amenity in search.amenities]
    if search.place_id is not None:
        conditions.append(Occurrence.place_id == given("place", Integer()))
    if search.kind:
        conditions.append(Occurrence.kind == search.kind)
    if search.age is not None:
        conditions.append(Occurrence.ages.bitwise_and(int(band_for_months(search.age))) != 0)
    if today:
        conditions.append(or_(*(_fits(kid, search.zone, today) for kid in search.kids)))
    return conditions


def _fits(kid: date, zone: str, today: date) -> ColumnElement[bool]:
    """Return the condition that a child born (or due) in a month fits a date on its day: each band has its own days."""
    spans = [
        and_(Occurrence.ages.bitwise_and(int(band)) != 0, *_between(since, until, zone))
        for band, since, until in spans_of(kid)
        if until is None or until > today
    ]
    return or_(false(), *spans)


def _between(since: date | None, until: date | None, zone: str) -> list[ColumnElement[bool]]:
    first = [Occurrence.starts_at >= day_bounds(since, zone)[0]] if since else []
    return [*first, Occurrence.starts_at < day_bounds(until, zone)[0]] if until else first


def _has(amenity: Amenity, place_id: Any) -> ColumnElement[bool]:
    known = select(PlaceAmenity.place_id).where(PlaceAmenity.place_id == place_id, PlaceAmenity.present)
    return known.where(PlaceAmenity.amenity == amenity).correlate_except(PlaceAmenity).exists()


def _after(cursor: Cursor | None, viewer: Member | None) -> Moment | None:
    """Return the moment of the date that a cursor names; that of its start where the date is gone."""
    if not cursor:
        return None
    last = (
        select(Occurrence.id)
        .join(Occurrence.meetup)
        # An address may name any meetup: of one that is not there for her it must not say whether it begins then.
        .where(Meetup.public_id == cursor.meetup_id, Occurrence.starts_at == cursor.starts_at, visible(viewer))
    )
    return cursor.starts_at, db.session.scalar(last) or 0
