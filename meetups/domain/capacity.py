"""Places at a meetup, counted in families, and who gets the next free one."""

from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import NamedTuple

# A place that comes free later than this before the start is offered, not given.
ASK_WITHIN = timedelta(hours=2)
OFFERED_FOR = timedelta(minutes=20)


class Answer(StrEnum):
    """A member's answer to one date."""

    GOING = "going"
    MAYBE = "maybe"
    NOT_GOING = "not_going"
    WAITING = "waiting"
    OFFERED = "offered"

    @property
    def holds(self) -> bool:
        """Whether a place is hers: one that is offered is kept for her until she says."""
        return self in (Answer.GOING, Answer.OFFERED)


class Room(Enum):
    """What anybody may know about the places left."""

    YES = "yes"
    FEW = "few"
    NO = "no"


class Decision(NamedTuple):
    """The answer she gets, and by how many the places that are taken change."""

    answer: Answer
    delta: int


def room(capacity: int | None, taken: int) -> Room:
    """Return whether places are left; few means a quarter of them, at least the last two."""
    if capacity is None:
        return Room.YES
    left = capacity - taken
    if left <= 0:
        return Room.NO
    return Room.FEW if left <= max(2, capacity // 4) else Room.YES


def decide(wanted: Answer, current: Answer | None, capacity: int | None, taken: int) -> Decision:
    """Return what comes of wanting an answer, given how many places `taken` says are given or held now.

    Going when it is full becomes waiting, and waiting when it is not becomes going; whoever is
    going stays so, and a place that is offered to her is hers. The row of the date must be locked by the caller.
    """
    held = current is not None and current.holds
    # Nobody can wish to be offered a place: she wishes for one.
    if wanted in (Answer.GOING, Answer.WAITING, Answer.OFFERED):
        if held:
            return Decision(Answer.GOING, 0)
        full = capacity is not None and taken >= capacity
        return Decision(Answer.WAITING, 0) if full else Decision(Answer.GOING, 1)
    return Decision(wanted, -1 if held else 0)


def promotions(capacity: int | None, taken: int, waiting: int) -> int:
    """Return how many of the families waiting come in now."""
    return waiting if capacity is None else max(0, min(waiting, capacity - taken))


def asks(starts_at: datetime, now: datetime) -> bool:
    """Return whether a place that comes free now is only offered: she may not have the time to come any more."""
    return starts_at - now < ASK_WITHIN


def offered_until(starts_at: datetime, now: datetime) -> datetime:
    """Return until when a place that is offered now is held: 20 minutes, and never after the start."""
    return min(now + OFFERED_FOR, starts_at)
