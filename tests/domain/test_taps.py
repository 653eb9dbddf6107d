"""What the page behind a mail's link offers, in every state there is."""

from itertools import product

import pytest

from meetups.domain.capacity import Answer, decide
from meetups.domain.taps import Purpose, taps

PURPOSES = (Purpose.CANT, Purpose.COME)
EVERY = list(product(PURPOSES, Answer, (False, True), (False, True)))


@pytest.mark.parametrize(("purpose", "answer", "asked", "full"), EVERY)
def test_it_offers_what_changes_something_each_once(purpose: Purpose, answer: Answer, asked: bool, full: bool) -> None:
    main, others = taps(purpose, answer, asked=asked, full=full)
    offered = [tap.answer for tap in (*([main] if main else []), *others)]
    assert len(offered) == len(set(offered)) and Answer.WAITING not in offered
    capacity, taken = (1, 1) if full or answer == Answer.WAITING else (2, 1)
    changing = {wanted for wanted in Answer if decide(wanted, answer, capacity, taken).answer != answer}
    everything = {Answer.GOING, Answer.MAYBE, Answer.NOT_GOING}
    assert set(offered) == (everything if asked else everything & changing)


@pytest.mark.parametrize(("purpose", "answer", "asked", "full"), EVERY)
def test_the_main_button_does_what_the_link_says(purpose: Purpose, answer: Answer, asked: bool, full: bool) -> None:
    main, _ = taps(purpose, answer, asked=asked, full=full)
    wanted = Answer.NOT_GOING if purpose == Purpose.CANT else Answer.GOING
    done = answer == wanted or (answer == Answer.WAITING and wanted == Answer.GOING)
    assert (main.answer if main else None) == (None if done and not asked else wanted)


def test_a_yes_to_what_is_full_is_called_by_its_name() -> None:
    full = taps(Purpose.COME, Answer.NOT_GOING, asked=False, full=True)
    assert full.main and full.main.words == "Join the waiting list"
    held = taps(Purpose.COME, Answer.OFFERED, asked=False, full=True)
    assert held.main and held.main.words == "Yes, I come"
    keeps = taps(Purpose.COME, Answer.GOING, asked=True, full=True)
    assert keeps.main and keeps.main.words == "Still coming"


@pytest.mark.parametrize("purpose", PURPOSES)
def test_who_has_no_answer_says_that_she_comes_or_maybe(purpose: Purpose) -> None:
    main, others = taps(purpose, None, asked=False, full=False)
    assert main and main.words == "I come" and [tap.words for tap in others] == ["Maybe"]
