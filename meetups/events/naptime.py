"""Nap time as a condition on dates, so that a page of a search is full and "soonest first" stays a walk along an index.

Naps are told by the wall clock, and rows know only UTC: so the time ahead is cut where the clocks or the naps change.
There are a handful of such stretches, each with one difference to UTC.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, cast, extract, false, or_

from meetups.domain.naps import COUNTS, Stretch
from meetups.events.models import Occurrence

MINUTE, DAY = 60, 86_400  # seconds


def in_nap_time(ahead: Iterable[Stretch]) -> ColumnElement[bool]:
    """Return the condition that a date is in nap time: `domain.naps.disturbs`, in SQL."""
    return or_(false(), *(_in_stretch(stretch) for stretch in ahead))


def _in_stretch(stretch: Stretch) -> ColumnElement[bool]:
    starts = (_seconds(Occurrence.starts_at) + int(stretch.ahead.total_seconds())) % DAY
    ends = starts + _seconds(Occurrence.ends_at) - _seconds(Occurrence.starts_at)
    naps = [and_(starts <= (nap.stop - COUNTS) * MINUTE, ends >= (nap.start + COUNTS) * MINUTE) for nap in stretch.naps]
    within = [Occurrence.starts_at >= stretch.start]
    if stretch.stop:
        within.append(Occurrence.starts_at < stretch.stop)
    return and_(*within, or_(*naps))


def _seconds(instant: Any) -> ColumnElement[int]:
    # Since 1970 in UTC, whatever the zone of the database's session.
    return cast(extract("epoch", instant), BigInteger)
