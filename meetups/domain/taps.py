"""What the page behind a mail's link offers: one button for what the link said, and the other answers."""

from enum import StrEnum
from typing import NamedTuple

from meetups.domain.capacity import Answer


class Purpose(StrEnum):
    """What a mail's link says: "I can't make it" or "Still coming?" of one date, a meetup's dates, each, or "I come
    every time again"."""

    CANT = "cant"
    COME = "come"
    DATES = "dates"
    AGAIN = "again"


NO: dict[Answer | None, str] = {Answer.WAITING: "I do not want to wait", Answer.OFFERED: "No, this time not"}


class Tap(NamedTuple):
    """One button: the answer it gives, and its words."""

    answer: Answer
    words: str


class Taps(NamedTuple):
    """The main button, None where she has said that already, and the others."""

    main: Tap | None
    others: list[Tap]


def taps(purpose: Purpose, answer: Answer | None, *, asked: bool, full: bool) -> Taps:
    """Return what to offer to a family that has given an answer to a date, or has none (any more).

    `asked` is whether it has moved since, so that any answer is a new one; `full`, whether a yes waits for a place.
    """
    stands = None if asked else Answer.GOING if answer == Answer.WAITING else answer
    offered = [
        Tap(given, words)
        for given, words in (
            (Answer.GOING, _yes(answer, asked=asked, full=full)),
            (Answer.MAYBE, "Maybe"),
            (Answer.NOT_GOING, NO.get(answer, "I can’t make it")),
        )
        if given != stands
    ]
    if answer is None:
        # What she does not come to she need not say no to.
        offered = [tap for tap in offered if tap.answer != Answer.NOT_GOING]
        purpose = Purpose.COME
    wanted = Answer.NOT_GOING if purpose == Purpose.CANT else Answer.GOING
    main = next((tap for tap in offered if tap.answer == wanted), None)
    return Taps(main, [tap for tap in offered if tap is not main])


def _yes(answer: Answer | None, *, asked: bool, full: bool) -> str:
    if answer == Answer.GOING:
        return "Still coming" if asked else "Going"
    # It is full of the place, too, that is held for her.
    if answer == Answer.OFFERED:
        return "Yes, I come"
    if full:
        return "Join the waiting list"
    return "I can come after all" if answer == Answer.NOT_GOING else "I come"
