"""Whom an announcement is for, by examples."""

import pytest

from meetups.domain.ages import AgeBand
from meetups.events.models import Kind
from meetups.imports.guesses import NOTE_LETTERS, ages, kind, plain

B = AgeBand
BABIES, TODDLERS = B.BABY | B.CRAWLER, B.ONE | B.TWO


@pytest.mark.parametrize(
    ("text", "bands"),
    [
        ("Baby Time", BABIES),
        ("Babies and toddlers", BABIES | TODDLERS),
        ("Baby time (0-18 months)", BABIES | B.ONE),
        ("Toddler story time", TODDLERS),
        ("Preschool story time, ages 3 to 5", B.PRESCHOOL | B.SCHOOL),
        ("For children 3-4 years", B.PRESCHOOL),
        ("Family story time", B(127)),
        ("Ages 0-3", BABIES | TODDLERS | B.PRESCHOOL),
        ("For ages 19 to 35 months", B.ONE | B.TWO),
        ("Under 2 years", BABIES | B.ONE),
        ("Ages 5+", B.SCHOOL),
        ("2-3 year olds", B.TWO | B.PRESCHOOL),
        ("0 to 6 mos.", BABIES),
        ("Pregnancy circle", B.BUMP),
        ("Expecting parents", B.BUMP),
        ("Book club", B(0)),
        ("Open 10-11, room 3", B(0)),
        ("December 1 to 5", B(0)),
    ],
)
def test_ages_by_examples(text: str, bands: AgeBand) -> None:
    assert AgeBand(ages(text)) == bands


def test_the_first_text_that_speaks_of_ages_counts() -> None:
    assert AgeBand(ages("Baby time", "Toddlers have theirs on Friday")) == BABIES
    assert AgeBand(ages("Story time", "For toddlers")) == TODDLERS


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ("Stroller walk", Kind.WALK),
        ("Coffee and chat", Kind.COFFEE),
        ("Drop-in play", Kind.PLAYGROUND),
        ("Picnic", Kind.PARK),
        ("Story time", None),
        ("Walkerton", None),
    ],
)
def test_kinds_by_examples(text: str, guess: Kind | None) -> None:
    assert kind(text) == guess


def test_long_notes_are_cut_and_plain_ones_left_alone() -> None:
    assert len(plain("word " * 1000)) <= NOTE_LETTERS
    assert plain("a < b and 3 > 2") == "a < b and 3 > 2"
    assert plain("<div>One<br>two</div>") == "One\ntwo"
