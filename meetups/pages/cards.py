"""The cards of a list: dates as one reader sees them, and those of one meetup as one card."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from meetups.accounts.models import Member
from meetups.domain.nearness import FARTHEST_WALK, Point, metres, walking_minutes
from meetups.domain.words import days_words
from meetups.events.dated import Dated
from meetups.events.hosts import root_of
from meetups.events.search import Search
from meetups.events.shown import Shown, show
from meetups.rsvps.queries import answers_of, hidden_families

# So many further dates stand on a card; the others are on the meetup's own page.
FURTHER = 3
STANDS = {"going": "you go", "maybe": "maybe", "waiting": "you wait", "offered": "a place is free"}


@dataclass(frozen=True, slots=True)
class Card:
    """A meetup in a list: its first date there, and the others of the same title and place, soonest first."""

    row: Dated
    shown: Shown
    also: tuple[Shown, ...] = ()

    @property
    def further(self) -> list[tuple[str, str]]:
        """The other dates that there is room for: their addresses, and when they are and how she stands in words."""
        return [(one.url, _further(one, self.shown)) for one in self.also[:FURTHER]]

    @property
    def more(self) -> bool:
        """Whether there are others besides: how many a page holds of a series says nothing of it."""
        return len(self.also) > FURTHER


def gathered(rows: Sequence[Dated], shown: Sequence[Shown]) -> list[Card]:
    """Return dates and how they are seen, in some order, as cards in the order of their first ones."""
    groups: dict[tuple[object, ...], list[tuple[Dated, Shown]]] = {}
    for row, one in zip(rows, shown, strict=True):
        groups.setdefault((root_of(row.meetup), row.place_id, one.title), []).append((row, one))
    return [_card(*group) for group in groups.values()]


def _card(first: tuple[Dated, Shown], *others: tuple[Dated, Shown]) -> Card:
    return Card(*first, tuple(sorted((one for _, one in others), key=lambda one: one.local)))


def _further(one: Shown, first: Shown) -> str:
    at = None if one.time == first.time else one.time
    stands = STANDS.get(one.answer or "", "full" if one.room == "no" else None)
    return ", ".join(filter(None, (days_words([one.local.date()]), at, stands)))


def cards(found: Sequence[Dated], search: Search, viewer: Member | None, now: datetime) -> list[Shown]:
    """Return the dates as the viewer sees them, with her answers, the walk from where she looks, whom they fit."""
    answers, hidden = answers_of(viewer, found), hidden_families(viewer, found)
    kids = viewer.kids if viewer else ()
    return [
        show(
            row,
            viewer,
            now,
            answer=answers.get(row.id),
            minutes=_minutes(row, search),
            hidden=hidden.get(row.id, 0),
            kids=kids,
        )
        for row in found
    ]


def _minutes(row: Dated, search: Search) -> int | None:
    if not search.start:
        return None
    far = metres(search.start, Point(row.place.lat, row.place.lon))
    # Moved far away, nobody walks there.
    return walking_minutes(far) if not search.moved or far <= FARTHEST_WALK else None
