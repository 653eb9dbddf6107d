"""Nap time as a condition on dates, so that a page of a search is full and "soonest first" stays a walk along an index.

Naps are told by the wall clock, and rows know only UTC: so the time ahead is cut where the clocks or the naps change.
There are a handful of such stretches; within each, a nap is at one time of the UTC day. They are a small table of the
query's own, for it is asked of many cells, and what is written out for each takes longer to read than to answer.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, String, and_, literal, or_, select, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from meetups.columns import UTCDateTime
from meetups.domain.naps import COUNTS, DAY, Nap, Stretch
from meetups.events.models import Occurrence

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class UtcClock(FunctionElement[str]):
    """The time of the UTC day of an instant, as "HH:MM"."""

    name = "utc_clock"
    type = String()
    inherit_cache = True


@compiles(UtcClock)
def _of_instant(element: Any, compiler: Any, **options: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **options)} AT TIME ZONE 'UTC', 'HH24:MI')"


@compiles(UtcClock, "sqlite")
def _of_text(element: Any, compiler: Any, **options: Any) -> str:
    # "2026-12-01 15:00:00.000000": strftime would take ten times as long for each date that is passed by.
    return f"substr({compiler.process(element.clauses, **options)}, 12, 5)"


def in_nap_time(ahead: Iterable[Stretch]) -> ColumnElement[bool]:
    """Return the condition that a date is in nap time: `domain.naps.disturbs`, in SQL."""
    naps = _table([(stretch, nap) for stretch in ahead for nap in stretch.naps]).c
    within = Occurrence.starts_at >= naps.since, Occurrence.starts_at < naps.until
    starts = _between(UtcClock(Occurrence.starts_at), naps.midnight, naps.last_start)
    ends = _between(UtcClock(Occurrence.ends_at), naps.first_end, naps.last_minute)
    return select(literal(1)).where(*within, starts, ends).correlate(Occurrence).exists()


def _table(naps: list[tuple[Stretch, Nap]]) -> CTE:
    """Return the naps as rows: in which stretch, and between which times of the UTC day a date starts and ends that
    takes half an hour of it or more. Without naps it has one row that nothing falls into."""
    rows = [_row(stretch, nap) for stretch, nap in naps] or [select(*_columns(NEVER, NEVER, ["", "", "", ""]))]
    # Not VALUES, which SQLAlchemy would put into words anew for each search.
    return union_all(*rows).cte("naps")


def _row(stretch: Stretch, nap: Nap) -> Select[Any]:
    minutes = 0, nap.stop - COUNTS, nap.start + COUNTS, DAY - 1
    clocks = [_clock(minute, stretch) for minute in minutes]
    return select(*_columns(stretch.start, stretch.stop or NEVER, clocks))


def _columns(since: datetime, until: datetime, clocks: list[str]) -> list[ColumnElement[Any]]:
    names = "midnight", "last_start", "first_end", "last_minute"
    named = [literal(clock, String()).label(name) for name, clock in zip(names, clocks, strict=True)]
    return [literal(since, UTCDateTime()).label("since"), literal(until, UTCDateTime()).label("until"), *named]


def _between(clock: Any, since: Any, until: Any) -> ColumnElement[bool]:
    """Return the condition that a time of the UTC day is between two; a local day may begin in the one before."""
    return or_(and_(clock >= since, clock <= until), and_(since > until, or_(clock >= since, clock <= until)))


def _clock(minute: int, stretch: Stretch) -> str:
    hour, rest = divmod((minute - int(stretch.ahead.total_seconds()) // 60) % DAY, 60)
    return f"{hour:02}:{rest:02}"
