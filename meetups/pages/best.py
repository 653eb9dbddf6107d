"""Best for you: the soonest dates of a search in the order that suits one reader, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from flask import url_for

from meetups.accounts.models import Member
from meetups.domain.ages import fits
from meetups.domain.capacity import room
from meetups.domain.naps import asleep
from meetups.domain.order import Candidate, best_first
from meetups.events import finding
from meetups.events.dated import Dated
from meetups.events.search import PAGE, Cursor, Search
from meetups.events.shown import Shown
from meetups.pages.cards import cards
from meetups.rsvps.familiar import faces

# So many of the soonest are put in order; what comes after them follows soonest first.
WINDOW = 100
# So many dates may come before a page that is known by their number: each of these is read anew.
MOST_SKIPPED = 990
# So many letters of a date's uid tell it from all others of a window.
MARK = 6


@dataclass(frozen=True, slots=True)
class Seen:
    """What the pages before have shown: the last date of the window, and the marks of the dates. With it a page neither
    repeats nor drops a date, however the points have changed and whatever has been posted meanwhile."""

    until: Cursor | None = None
    marks: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """Read what `str` wrote; nothing seen for anything else."""
        cursor, _, marks = (text or "").partition("~")
        until = Cursor.parse(cursor)
        if until is None or not marks or len(marks) % MARK or len(marks) > 2 * WINDOW * MARK:
            return cls()
        return cls(until, tuple(marks[at : at + MARK] for at in range(0, len(marks), MARK)))

    def __str__(self) -> str:
        # Not in her order, which knows where she lives and how old her children are: addresses are sent on.
        return f"{self.until}~{''.join(sorted(self.marks))}"


@dataclass(frozen=True, slots=True)
class Arranged:
    """One page: its dates and their cards, the number of the first, where the next one is, and whether that goes on
    soonest first."""

    rows: list[Dated]
    cards: list[Shown]
    first: int
    next: str | None
    later: bool


def arrange(search: Search, viewer: Member | None, now: datetime, text: str | None) -> Arranged:
    """Return a page of a search, what suits the viewer best first; `text` is the page's parameter."""
    if search.home:
        return _by_number(search, viewer, now, number(text))
    seen = Seen.parse(text)
    found = finding.find(search, viewer, now, 2 * WINDOW if seen.until else WINDOW, until=seen.until)
    left = [row for row in found if _mark(row) not in seen.marks]
    ordered = _ordered(left, search, viewer, now)
    rows, shown = [row for row, _ in ordered[:PAGE]], [card for _, card in ordered[:PAGE]]
    until = seen.until or (Cursor.of(found[-1]) if found else None)
    seen_then = Seen(until, (*seen.marks, *map(_mark, rows)))
    following = _next(search, seen_then) if ordered[PAGE:] else None
    whole = seen.until is None and len(found) < WINDOW
    later = None if following or whole else _later(search, viewer, now, seen_then)
    return Arranged(rows, shown, len(seen.marks) + 1, following or later, later is not None)


def _by_number(search: Search, viewer: Member | None, now: datetime, skipped: int) -> Arranged:
    """Return the page after so many dates: an address that names dates around her home would tell where it is."""
    found = finding.find(search, viewer, now, WINDOW + 1)
    page = _ordered(found[:WINDOW], search, viewer, now)[skipped:]
    later = not page[PAGE:] and len(found) > WINDOW
    asked = search.but(best=False) if later else search
    following = url_for("pages.browse", **asked.to_args(), page=f"{WINDOW if later else skipped + PAGE}.")
    rows, shown = [row for row, _ in page[:PAGE]], [card for _, card in page[:PAGE]]
    return Arranged(rows, shown, skipped + 1, following if later or page[PAGE:] else None, later)


def number(text: str | None) -> int:
    """Return how many dates come before a page that is known by their number alone ("30."), MOST_SKIPPED at most; 0 for
    any other page."""
    digits, point, rest = (text or "").partition(".")
    return min(int(digits), MOST_SKIPPED) if digits.isdecimal() and point and not rest and len(digits) < 5 else 0


def _mark(row: Dated) -> str:
    return str(row.uid)[:MARK]


def _ordered(rows: Sequence[Dated], search: Search, viewer: Member | None, now: datetime) -> list[tuple[Dated, Shown]]:
    shown = {row.id: (row, card) for row, card in zip(rows, cards(rows, search, viewer, now), strict=True)}
    families = {row.id: card.families or 0 for row, card in shown.values()}
    known = faces(viewer, rows, families, now) if viewer else {}
    found = [_candidate(row, card, viewer, known.get(row.id, 0)) for row, card in shown.values()]
    return [shown[key] for key in best_first(found, now)]


def _candidate(row: Dated, card: Shown, viewer: Member | None, known: int) -> Candidate:
    kids = viewer.kids if viewer else []
    sleepers = [kid.sleeper for kid in kids if kid.sleeper]
    return Candidate(
        key=row.id,
        starts_at=row.starts_at,
        minutes=card.minutes,
        fit=sum(fits(kid.month, row.day, row.welcome) for kid in kids),
        kids=len(kids),
        asleep=len(asleep(sleepers, card.local, card.duration)),
        faces=known,
        room=room(row.capacity, row.taken),
    )


def _next(search: Search, seen: Seen) -> str:
    return url_for("pages.browse", **search.to_args(), page=str(seen))


def _later(search: Search, viewer: Member | None, now: datetime, seen: Seen) -> str | None:
    """Return where what comes after the window follows soonest first; None where nothing does."""
    if not finding.find(search, viewer, now, 1, seen.until):
        return None
    return url_for("pages.browse", **search.but(best=False).to_args(), page=f"{len(seen.marks)}.{seen.until}")
