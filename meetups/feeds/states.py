"""What each calendar's bytes hang on, in one indexed query: asking again costs no more than that."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import icalendar
import tzdata
from flask import current_app
from sqlalchemy import Select, String, func, or_, select
from sqlalchemy.orm import aliased

from meetups.columns import UTCDateTime, hashed
from meetups.domain.visibility import Audience, Shows, shows
from meetups.events import finding
from meetups.events.calendar import CANCELLED_SHOWN, PAST_SHOWN, midnight
from meetups.events.finding import version_text
from meetups.events.models import Meetup, Occurrence, Visibility
from meetups.events.search import Search
from meetups.extensions import db
from meetups.feeds.models import Feed, SavedSearch
from meetups.feeds.queries import SEARCH_AHEAD, own_conditions
from meetups.places.models import Place
from meetups.prepared import Prepared, given
from meetups.rsvps.models import Rsvp
from meetups.web.kept import minute, until_written

# Raise it when the same rows are written in other bytes.
WRITER = 2
# The time by which a change's own clock may be behind its commit: a Last-Modified younger than that promises nothing.
COMMITTED = timedelta(minutes=1)
KEPT_SEARCHES = 1000
KEPT_STATES = 2000


@dataclass(frozen=True, slots=True)
class State:
    """What a calendar is now: equal tags, equal bytes. Without a tag nothing can be promised; `at` is since when."""

    tag: str | None
    at: datetime | None


UNKNOWN = State(None, None)


@dataclass(frozen=True, slots=True)
class SeriesState:
    """A series with the ids of those of its parts that a stranger may see."""

    state: State
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OwnState:
    """A member's feed as it is, and as its device has read it last."""

    state: State
    before: State
    feed_id: int
    member_id: int
    read_on: date | None
    ended: bool


@dataclass(frozen=True, slots=True)
class KeptSearch:
    """A saved search, which never changes, and the query for its state."""

    name: str
    query: dict[str, Any]
    asked: Prepared


def _tag(*key: object) -> str:
    written_by = (WRITER, icalendar.__version__, tzdata.IANA_VERSION, current_app.config["SETTINGS"].public_url)
    return hashlib.sha256(repr((written_by, key)).encode()).hexdigest()[:32]


# While the calendars have not been told of a place's new name, their counters do not know of it either.
_UNSETTLED = select(Place.id).where(Place.renamed_at.is_not(None)).exists().label("unsettled")


def _series() -> Any:
    wanted = aliased(Meetup)
    root = func.coalesce(wanted.series_id, wanted.id)
    columns = (Meetup.id, Meetup.public_id, Meetup.visibility, Meetup.sequence, Meetup.changed_at, Meetup.rolled_to)
    parts = or_(Meetup.id == root, Meetup.series_id == root)
    named = wanted.public_id == given("public_id", String())
    query: Any = select(*columns, _UNSETTLED).select_from(wanted).join(Meetup, parts)
    return query.where(named).order_by(Meetup.id)


_SERIES = Prepared(_series())


def series(public_id: str, now: datetime) -> SeriesState | None:
    """Return the state of the whole series that a meetup is part of; None where a stranger sees nothing of it."""
    return _series_state(public_id, minute(now))


@until_written(KEPT_STATES)
def _series_state(public_id: str, now: datetime) -> SeriesState | None:
    rows = _SERIES.all(public_id=public_id)
    seen = [row for row in rows if open_to_strangers(row["visibility"])]
    if not any(row["public_id"] == public_id for row in seen):
        return None
    day, ids = midnight(now), tuple(row["id"] for row in seen)
    if seen[0]["unsettled"]:
        return SeriesState(UNKNOWN, ids)
    # Nothing of what becomes of a hidden part; where one is hidden or shown, all parts are touched.
    at = max([day, *(row["changed_at"] for row in seen)])
    tag = _tag("series", public_id, [tuple(row.values()) for row in seen], day)
    return SeriesState(State(tag, at if at <= now - COMMITTED else None), ids)


def open_to_strangers(visibility: str) -> bool:
    """Return whether a stranger may see when and where a meetup of this visibility is."""
    return Shows.WHOLE in (shows(Audience.STRANGER, members_only=visibility == Visibility.MEMBERS) or Shows(0))


def one_date(row: Occurrence, now: datetime) -> State:
    """Return the state of one date's file, from its row."""
    meetup = row.meetup
    if row.place.renamed_at:
        return UNKNOWN
    return State(_tag("date", row.uid, meetup.sequence, meetup.changed_at, midnight(now)), None)


def _own() -> Select[Any]:
    since, cancelled_since = (given(name, UTCDateTime()) for name in ("since", "cancelled_since"))
    dates = (
        select(func.aggregate_strings(version_text(Rsvp.id, Rsvp.answer), ","))
        .select_from(Rsvp)
        .join(Rsvp.occurrence)
        .join(Occurrence.meetup)
        .where(*own_conditions(Feed.member_id, since, cancelled_since))
        .correlate(Feed)
        .scalar_subquery()
        .label("dates")
    )
    columns = (Feed.id, Feed.member_id, Feed.ended_at, Feed.read_on, Feed.tag, Feed.tag_at)
    return select(*columns, _UNSETTLED, dates).where(Feed.token_hash == given("token_hash", String()))


_OWN = Prepared(_own())


def own(token: str, now: datetime) -> OwnState | None:
    """Return the state of the feed of a secret token."""
    day = midnight(now)
    bounds = {"since": day - PAST_SHOWN, "cancelled_since": day - CANCELLED_SHOWN}
    row = next(iter(_OWN.all(token_hash=hashed(token), **bounds)), None)
    if row is None:
        return None
    tag = None if row.pop("unsettled") else _tag("own", row.pop("dates"), day)
    before = State(row["tag"], row["tag_at"])
    state = before if tag == before.tag else State(tag, None)
    return OwnState(state, before, row["id"], row["member_id"], row["read_on"], row["ended_at"] is not None)


@lru_cache(maxsize=KEPT_SEARCHES)
def _kept(public_id: str) -> KeptSearch:
    row = db.session.scalar(select(SavedSearch).where(SavedSearch.public_id == public_id))
    if row is None:
        # Raised, not returned: what is not there is not remembered.
        raise LookupError
    since, until = given("since", UTCDateTime()), given("until", UTCDateTime())
    there = select(SavedSearch.id).where(SavedSearch.public_id == public_id).exists().label("there")
    statement = finding.fingerprint(Search.from_args(row.query), since, until).add_columns(there, _UNSETTLED)
    return KeptSearch(row.name, row.query, Prepared(statement))


def search(public_id: str, now: datetime) -> tuple[State, KeptSearch] | None:
    """Return the state of a saved search, and the search."""
    return _search_state(public_id, midnight(now))


@until_written(KEPT_STATES)
def _search_state(public_id: str, day: datetime) -> tuple[State, KeptSearch] | None:
    try:
        kept = _kept(public_id)
    except LookupError:
        return None
    (row,) = kept.asked.all(since=day, until=day + SEARCH_AHEAD)
    state = UNKNOWN if row["unsettled"] else State(_tag("search", public_id, row["dates"], day), None)
    return (state, kept) if row["there"] else None
