"""The days of a search: how many dates each has, and where it leads."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import url_for

from meetups.accounts.models import Member
from meetups.domain.zones import to_local
from meetups.events import finding
from meetups.events.search import Search

STRIP_DAYS = 7


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the week strip; `count` is how many dates it has."""

    date: date
    name: str
    number: str
    count: int
    href: str
    chosen: bool


def week(search: Search, viewer: Member | None, now: datetime) -> list[Day]:
    """Return the next seven local days with how many dates each has."""
    today = to_local(now, search.zone).date()
    until = now + timedelta(days=STRIP_DAYS + 1)
    counts = Counter(to_local(start, search.zone).date() for start in finding.days(search, viewer, now, until))
    return [_day(search, today + timedelta(days=n), today, counts) for n in range(STRIP_DAYS)]


def _day(search: Search, day: date, today: date, counts: Counter[date]) -> Day:
    chosen = search.day == day
    return Day(
        date=day,
        name="Today" if day == today else f"{day:%a}",
        number=str(day.day),
        count=counts[day],
        href=url_for("pages.browse", **search.but(day=None if chosen else day).to_args()),
        chosen=chosen,
    )
