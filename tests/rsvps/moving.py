"""What families say to a date, and a host who moves it."""

from dataclasses import replace
from datetime import datetime

from meetups.domain.capacity import Answer
from meetups.events import exceptions, undo
from meetups.events.models import Occurrence
from meetups.events.scopes import draft_of_date
from meetups.rsvps.models import Rsvp
from meetups.rsvps.services import answer
from tests.conftest import NOW
from tests.factories import TUESDAY, add_member


def says(date: Occurrence, name: str, wanted: Answer = Answer.GOING, now: datetime = NOW) -> Rsvp:
    return answer(date, add_member(name), wanted, [], now)


def take_back(date: Occurrence, now: datetime) -> None:
    """Undo the newest edit of its meetup."""
    edit = undo.latest(date.meetup, now)
    assert edit
    undo.undo(edit, now)


def move(date: Occurrence, hour: int, now: datetime = NOW) -> None:
    """Move a date to an hour of its Tuesday, as its page does."""
    with undo.undoable(date.meetup, now):
        exceptions.edit_date(date, replace(draft_of_date(date), starts=TUESDAY.replace(hour=hour)), now)
