"""The cards of a list: dates as one reader sees them."""

from collections.abc import Sequence
from datetime import datetime

from meetups.accounts.models import Member
from meetups.domain.nearness import FARTHEST_WALK, Point, metres, walking_minutes
from meetups.events.dated import Dated
from meetups.events.search import Search
from meetups.events.shown import Shown, show
from meetups.rsvps.queries import answers_of, hidden_families


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
