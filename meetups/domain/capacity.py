"""Places at a meetup, counted in families, and who gets the next free one."""

from enum import Enum, StrEnum
from typing import NamedTuple


class Answer(StrEnum):
    """A member's answer to one date."""

    GOING = "going"
    MAYBE = "maybe"
    NOT_GOING = "not_going"
    WAITING = "waiting"


class Room(Enum):
    """What anybody may know about the places left."""

    YES = "yes"
    FEW = "few"
    NO = "no"


class Decision(NamedTuple):
    """The answer she gets, and by how many families the number going changes."""

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
    """Return what comes of wanting an answer, given how many families `taken` says are going now.

    Going when it is full becomes waiting, and waiting when it is not becomes going; whoever is
    going stays so. The row of the date must be locked by the caller.
    """
    was_going = current == Answer.GOING
    if wanted in (Answer.GOING, Answer.WAITING):
        if was_going:
            return Decision(Answer.GOING, 0)
        full = capacity is not None and taken >= capacity
        return Decision(Answer.WAITING, 0) if full else Decision(Answer.GOING, 1)
    return Decision(wanted, -1 if was_going else 0)


def promotions(capacity: int | None, taken: int, waiting: int) -> int:
    """Return how many of the families waiting come in now."""
    return waiting if capacity is None else max(0, min(waiting, capacity - taken))
