"""Best for you: the soonest dates of a search in the order that suits one reader, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

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
from meetups.pages.cards import Card, cards, gathered
from meetups.rsvps.familiar import faces

# So many of the soonest are put in order; what comes after them follows soonest first.
WINDOW = 100
# Pages that are known by numbers end here: each reads all that came before it.
DEEPEST = 1000


@dataclass(frozen=True, slots=True)
class Arranged:
    """One page: its cards, whether it is the first, where the next one is, and whether that goes on soonest first."""

    cards: list[Card]
    first: bool
    next: str | None
    later: bool


def arrange(search: Search, viewer: Member | None, now: datetime, skipped: int) -> Arranged:
    """Return the page of a search after so many dates, what suits the viewer best first.

    An address that named the dates she has seen would tell how old her children are, and where she lives.
    """
    found = finding.find(search, viewer, now, WINDOW + 1)
    ordered = _ordered(found[:WINDOW], search, viewer, now)[skipped:]
    rest = ordered[PAGE:]
    later = not rest and len(found) > WINDOW
    following = _later(search, found[WINDOW - 1]) if later else numbered(search, skipped + PAGE)
    listed = gathered([row for row, _ in ordered[:PAGE]], [shown for _, shown in ordered[:PAGE]])
    return Arranged(listed, not skipped, following if later or rest else None, later)


def _later(search: Search, last: Dated) -> str:
    """Return where what comes after the window follows soonest first."""
    soonest = search.but(best=False)
    return numbered(soonest, WINDOW) if soonest.personal else after(soonest, last)


def numbered(search: Search, skipped: int) -> str:
    """Return the address of the page after so many dates, known by their number alone."""
    return url_for("pages.browse", **search.to_args(), page=skipped)


def after(search: Search, last: Dated) -> str:
    """Return the address of the page after a date, which it names."""
    return url_for("pages.browse", **search.to_args(), page=str(Cursor.of(last)))


def number(text: str | None) -> int:
    """Return how many dates come before a page that is known by their number alone ("30"); 0 for any other."""
    return int(text) if text and text.isdecimal() and len(text) < len(str(DEEPEST)) else 0


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
