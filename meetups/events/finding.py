"""The queries behind the front page, the map and the feeds: near here, soonest first, at a cost that does not grow with
the town.

Each is put into words once for a shape of searches, and asked with the values of one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache, reduce
from typing import Any

from sqlalchemy import (
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
from meetups.domain.nearness import cells_around
from meetups.domain.zones import day_bounds, to_local
from meetups.events.circle import NOWHERE, Here, given_all, has, here, numbered
from meetups.events.hosts import date_open_to
from meetups.events.listed import Holder, Listed, columns
from meetups.events.models import Meetup, Occurrence, Visibility
from meetups.events.naptime import in_nap_time
from meetups.events.search import PAGE, Cursor, Search
from meetups.extensions import db
from meetups.places.models import Amenity, Place
from meetups.prepared import Among, Prepared, given

# More than any week strip can show; it keeps the strip's cost flat in the largest town.
STRIP_ROWS = 2000
BY_START = "ix_occurrences_starts_at_occurrences_id"
# Later than any date.
LAST = datetime(9999, 1, 1, tzinfo=UTC)
# Shapes of searches whose queries are kept.
SHAPES = 128
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
) -> list[Listed]:
    """Return the coming dates that match, soonest first: or those after one."""
    since, before = bounds(search, _after(after, viewer) or (now, 0), (LAST, 0))
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
    there = here(search)
    if there == NOWHERE:
        return []
    values = _values(search, viewer, there, since, before)
    return prepared(_shape(search, viewer, there, now)).in_transaction(most=most, **values, **more)


def fingerprint(search: Search, since: Any, until: Any) -> Select[Any]:
    """Return a query for one text that changes whenever what a stranger finds from `since` to `until` may.

    It looks at all public meetups with dates in the cells of the circle, also just outside it, and at no place:
    whatever changes of a date raises its meetup's counter, but for the worker's making more of them.
    """
    column, cells = cells_around(search.near, search.within) if search.near else ("cell6", [])
    around = or_(false(), *(getattr(Occurrence, column) == cell for cell in cells))
    having = [has(amenity, Occurrence.place_id) for amenity in search.amenities]
    dates = select(Occurrence.meetup_id, func.count().label("dates"))
    dates = dates.where(around, Occurrence.starts_at >= since, Occurrence.starts_at < until, *having)
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
class Shape:
    """What the words of a query hang on: which filters there are and in how many cells it looks; their values are given
    whenever it is asked. Only the reader's own children are in the words: the birth months of `kids`, whose bands have
    days in `zone` from `today` on, and the `naps` ahead."""

    signed_in: bool
    kind: bool
    age: bool
    place: bool
    amenities: tuple[Amenity, ...]
    kids: tuple[date, ...]
    zone: str
    today: date | None
    naps: tuple[Stretch, ...] | None
    column: str | None
    cells: int


def _shape(search: Search, viewer: Member | None, there: Here | None, now: datetime) -> Shape:
    own = search.mine and bool(search.kids)
    today = to_local(now, search.zone).date()
    naps = None
    if search.awake and search.sleepers:
        # From midnight on, so that a day has one shape.
        naps = tuple(stretches(search.sleepers, search.zone, day_bounds(today, search.zone)[0]))
    return Shape(
        signed_in=viewer is not None,
        kind=search.kind is not None,
        age=search.age is not None,
        place=search.place_id is not None,
        # The places that are looked at have them.
        amenities=() if there else search.amenities,
        kids=search.kids if own else (),
        zone=search.zone if own else "",
        today=today if own else None,
        naps=naps,
        column=there.column if there else None,
        cells=len(there.cells) if there else 0,
    )


def _values(search: Search, viewer: Member | None, there: Here | None, since: Moment, before: Moment) -> dict[str, Any]:
    values = {"since": since[0], "since_id": since[1], "before": before[0], "before_id": before[1]}
    found = {
        "viewer": viewer.id if viewer else None,
        "kind": search.kind,
        "band": int(band_for_months(search.age)) if search.age is not None else None,
        "place": search.place_id,
    }
    values |= {name: value for name, value in found.items() if value is not None}
    if there is None:
        return values
    return values | numbered("cell", there.cells) | numbered("places", there.places) | {"places": there.everywhere}


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
    cells, places = (given_all(name, shape.cells, String()) for name in ("cell", "places"))
    walks = (
        walk.where(getattr(Occurrence, shape.column) == cell, Among(Occurrence.place_id, ids)).subquery()
        for cell, ids in zip(cells, places, strict=True)
    )
    return union_all(*map(select, walks)).order_by("starts_at", "id").limit(most).subquery()


@lru_cache(SHAPES)
def _starts(shape: Shape) -> Prepared:
    dates = _dates(shape, Occurrence.starts_at)
    if shape.column:
        cells = given_all("cell", shape.cells, String())
        there = Among(Occurrence.place_id, given("places", String()))
        dates = dates.where(getattr(Occurrence, shape.column).in_(cells), there)
    return Prepared(dates.limit(given("most", Integer())))


def _dates(shape: Shape, *wanted: Any) -> Select[Any]:
    """Return a query for columns of the dates of a shape between two moments: after the first, up to the second."""
    moment = tuple_(Occurrence.starts_at, Occurrence.id)
    since, before = (_given_moment(name) for name in ("since", "before"))
    viewer = given("viewer", Integer()) if shape.signed_in else None
    query = select(*wanted).join(Meetup, Meetup.id == Occurrence.meetup_id)
    query = query.where(moment > since, moment <= before, Occurrence.cancelled_at.is_(None), visible_to(viewer))
    query = query.where(*_matching(shape))
    if shape.naps is not None:
        query = query.where(not_(in_nap_time(shape.naps)))
    if shape.column:
        return query
    # It would rather skip through all cells there are, and sort.
    return query.with_hint(Occurrence, f"INDEXED BY {BY_START}", "sqlite")


def _given_moment(name: str) -> Any:
    return tuple_(given(name, UTCDateTime()), given(f"{name}_id", Integer()))


def _matching(shape: Shape) -> list[ColumnElement[bool]]:
    conditions = [has(amenity, Occurrence.place_id) for amenity in shape.amenities]
    if shape.place:
        conditions.append(Occurrence.place_id == given("place", Integer()))
    if shape.kind:
        conditions.append(Occurrence.kind == given("kind", String()))
    if shape.age:
        conditions.append(Occurrence.ages.bitwise_and(given("band", Integer())) != 0)
    if shape.today:
        conditions.append(or_(*(_fits(kid, shape.zone, shape.today) for kid in shape.kids)))
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
