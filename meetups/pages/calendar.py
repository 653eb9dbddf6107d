"""The days of a search, as a strip, a week and a month: how many dates each has, and where it leads."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import url_for

from meetups.accounts.models import Member
from meetups.domain.words import MONTHS
from meetups.domain.zones import day_bounds, to_local
from meetups.events import finding
from meetups.events.dates import AHEAD
from meetups.events.search import Search
from meetups.events.shown import Shown
from meetups.events.spread import Spread, spread
from meetups.pages.cards import cards

STRIP_DAYS = 7
# From this hour on nobody is asked to host on the day itself.
LAST_HOUR = 18
# So many dates of a day stand in a week, and in a month.
WEEK_EACH, MONTH_EACH = 8, 3


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


@dataclass(frozen=True, slots=True)
class Square:
    """A day of a week or month: its first dates, how many it has (None where they were not all counted), and where its
    list and a new meetup on it are; neither for a day that is over or that no date is made for yet."""

    date: date
    is_today: bool
    over: bool
    cards: list[Shown]
    count: int | None
    href: str | None
    host: str | None

    @property
    def more(self) -> bool:
        """Whether it has more dates than are shown."""
        return self.count is None or self.count > len(self.cards)


@dataclass(frozen=True, slots=True)
class Grid:
    """A week or a month: its days (None where a week of it has another month's), and what comes before and after."""

    title: str
    squares: list[Square | None]
    earlier: str | None
    later: str | None
    # Where nothing is in what is left of it: the day of the next date, and the address of its week or month.
    following: tuple[date, str] | None = None

    @property
    def weeks(self) -> list[list[Square | None]]:
        """The days by the week."""
        return [self.squares[at : at + 7] for at in range(0, len(self.squares), 7)]


def week_of(search: Search, viewer: Member | None, now: datetime) -> Grid:
    """Return the week, from Monday, of the day that is asked for, or of today; never before this one or beyond the
    dates that are made."""
    today = to_local(now, search.zone).date()
    day = _within(search.day, today)
    monday = day - timedelta(days=day.weekday())
    squares = _squares(search, viewer, now, [monday + timedelta(days=n) for n in range(7)], WEEK_EACH)
    return Grid(
        title="This week" if monday <= today else f"Week of {monday.day} {MONTHS[monday.month - 1]}",
        squares=list(squares),
        earlier=_view("pages.week", search, monday - timedelta(days=7)) if monday > today else None,
        later=_view("pages.week", search, monday + timedelta(days=7))
        if monday + timedelta(days=7) <= today + AHEAD
        else None,
        following=_following("pages.week", search, viewer, now, squares),
    )


def _following(
    endpoint: str, search: Search, viewer: Member | None, now: datetime, squares: list[Square]
) -> tuple[date, str] | None:
    if any(square.more or square.cards for square in squares):
        return None
    over, _ = day_bounds(squares[-1].date + timedelta(days=1), search.zone)
    found = finding.find(search.but(day=None), viewer, max(now, over), 1)
    if not found:
        return None
    day = to_local(found[0].starts_at, search.zone).date()
    return day, _view(endpoint, search, day)


def month_of(search: Search, viewer: Member | None, now: datetime) -> Grid:
    """Return the month of the day that is asked for, or of today, likewise."""
    today = to_local(now, search.zone).date()
    first = _within(search.day, today).replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    squares = _squares(
        search, viewer, now, [first + timedelta(days=n) for n in range((following - first).days)], MONTH_EACH
    )
    blank = [None] * first.weekday()
    tail = [None] * (-(len(blank) + len(squares)) % 7)
    return Grid(
        title=f"{MONTHS[first.month - 1]} {first.year}",
        squares=[*blank, *squares, *tail],
        earlier=_view("pages.month", search, first - timedelta(days=1)) if first > today else None,
        later=_view("pages.month", search, following) if following <= today + AHEAD else None,
        following=_following("pages.month", search, viewer, now, squares),
    )


def _within(day: date | None, today: date) -> date:
    return min(max(day or today, today), today + AHEAD)


def _view(endpoint: str, search: Search, day: date) -> str:
    return url_for(endpoint, **search.but(day=day, best=False).to_args())


def _squares(search: Search, viewer: Member | None, now: datetime, days: list[date], each: int) -> list[Square]:
    bounds = [day_bounds(day, search.zone)[0] for day in (*days, days[-1] + timedelta(days=1))]
    found = spread(search, viewer, now, bounds, each)
    shown = cards([row for _, row in found.rows], search, viewer, now)
    by_day = [(number, card) for (number, _), card in zip(found.rows, shown, strict=True)]
    local = to_local(now, search.zone)
    return [
        _square(search, day, local, [card for at, card in by_day if at == number], _count(found, number))
        for number, day in enumerate(days)
    ]


def _count(found: Spread, number: int) -> int | None:
    is_cut = found.uncounted_from is not None and number >= found.uncounted_from
    return None if is_cut else found.counts.get(number, 0)


def _square(search: Search, day: date, local: datetime, shown: list[Shown], count: int | None) -> Square:
    today = local.date()
    is_open = today <= day <= today + AHEAD
    is_late = day == today and local.hour >= LAST_HOUR
    near = search.to_args().get("at") or search.to_args().get("near")
    return Square(
        date=day,
        is_today=day == today,
        over=day < today,
        cards=shown,
        count=count if is_open else 0,
        href=url_for("pages.browse", **search.but(day=day, best=False).to_args()) if is_open else None,
        host=url_for("events.new", date=day.isoformat(), near=near) if is_open and not is_late else None,
    )
