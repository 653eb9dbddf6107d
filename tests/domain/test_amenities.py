"""What is known of a place: what holds of any words and files, and what to ask."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetups.domain.amenities import (
    LAPS,
    OUTLIVED,
    STALE,
    Known,
    Lap,
    Word,
    judge,
    lap,
    lap_words,
    month_words,
    question,
)

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WORDS = st.lists(st.builds(Word, st.booleans(), st.integers(0, 2000).map(lambda days: NOW - days * DAY)))
TOLD = st.none() | st.booleans()


def said(*words: bool, ago: timedelta = DAY) -> list[Word]:
    return [Word(word, NOW - ago) for word in words]


@given(TOLD, WORDS)
def test_the_order_of_words_makes_no_difference(told: bool | None, words: list[Word]) -> None:
    assert judge(told, words) == judge(told, sorted(words)) == judge(told, words[::-1])


@given(TOLD, WORDS)
def test_unknown_is_only_what_nobody_has_spoken_of(told: bool | None, words: list[Word]) -> None:
    assert (judge(told, words) is None) == (told is None and not words)


@given(TOLD, WORDS.filter(bool))
def test_a_file_weighs_nothing_against_a_mother(told: bool | None, words: list[Word]) -> None:
    assert judge(told, words) == judge(None, words)


@given(WORDS.filter(bool))
def test_it_is_there_where_more_say_so_and_both_sides_are_a_dispute(words: list[Word]) -> None:
    known = judge(None, words)
    assert known and known.present == (known.yes > known.no)
    assert known.disputed == (known.yes > 0 and known.no > 0)
    assert 1 <= known.yes + known.no <= len(words)
    assert known.checked_at == max(word.at for word in words)


@given(WORDS, st.booleans())
def test_one_more_word_never_counts_against_what_it_says(words: list[Word], word: bool) -> None:
    before, after = judge(None, words), judge(None, [*words, Word(word, NOW)])
    assert after is not None
    if before and before.checked_at and NOW - before.checked_at < DAY:
        assert (after.yes - before.yes, after.no - before.no) == (word, not word)


def test_a_word_is_outlived_by_a_much_newer_one() -> None:
    assert judge(None, [*said(False, False, ago=OUTLIVED + 2 * DAY), *said(True)]) == Known(True, 1, 0, NOW - DAY)
    assert judge(None, said(False, ago=OUTLIVED * 2)) == Known(False, 0, 1, NOW - OUTLIVED * 2)


def test_at_evens_it_is_not_there() -> None:
    assert judge(True, said(True, False)) == Known(False, 1, 1, NOW - DAY)


@given(st.lists(st.sampled_from(LAPS), min_size=1))
def test_a_lap_lies_within_what_was_said(minutes: list[int]) -> None:
    found = lap(minutes)
    assert found and min(minutes) <= found.least <= found.most <= max(minutes)
    assert (found.least == found.most) == (max(minutes) <= 2 * min(minutes))
    assert found.least < found.most or found.least in minutes


def test_a_lap_in_words() -> None:
    assert lap([]) is None
    assert lap_words(Lap(15, 15)) == "about 15 min behind a pram, 1 km"
    assert lap_words(Lap(10, 10)) == "about 10 min behind a pram, 650 m"
    assert lap_words(Lap(20, 20)) == "about 20 min behind a pram, 1.4 km"
    assert lap_words(Lap(10, 30)) == "10 to 30 min behind a pram: mothers disagree"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (NOW - 30 * DAY, "October"),
        (datetime(2026, 1, 2, tzinfo=UTC), "January"),
        (datetime(2025, 12, 31, 12, tzinfo=UTC), "December"),
        (datetime(2025, 12, 1, tzinfo=UTC), "December 2025"),
        (datetime(2024, 5, 1, tzinfo=UTC), "May 2024"),
    ],
)
def test_a_check_is_told_by_its_month(at: datetime, words: str) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC) if words != "December" else datetime(2026, 2, 1, tzinfo=UTC)
    assert month_words(at, now) == words


def test_what_nobody_knows_is_asked_first_and_what_was_checked_lately_never() -> None:
    fresh, old = Known(True, 1, 0, NOW - DAY), Known(True, 1, 0, NOW - STALE)
    older = Known(False, 0, 1, NOW - 2 * STALE)
    known = {"fence": fresh, "shade": old, "toilets": Known(True), "water": older, "cafe": Known(True, 2, 1, NOW)}
    order = ("fence", "shade", "toilets", "parking", "water", "cafe")
    asked: list[str] = []
    while found := question(known, asked, order, NOW):
        asked.append(found)
    assert asked == ["parking", "toilets", "cafe", "water", "shade"]


@given(st.sets(st.sampled_from(["a", "b", "c"])))
def test_nobody_is_asked_twice(said: set[str]) -> None:
    assert question({}, said, ("a", "b", "c"), NOW) == next((one for one in "abc" if one not in said), None)
