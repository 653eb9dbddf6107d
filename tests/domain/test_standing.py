"""A standing yes: by turn, ending by itself, back after a pause."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetups.domain.errors import Problem
from meetups.domain.standing import Turn, Went, check_back, has_gone_quiet, in_turn, months_ahead

NOW = datetime(2026, 11, 24, 13, tzinfo=UTC)
WEEK = timedelta(weeks=1)
C, M, N = Went.CAME, Went.MISSED, Went.NEITHER


@given(st.integers(1, 7), st.lists(st.integers(0, 8), min_size=1, max_size=40))
def test_nobody_is_left_out_twice_before_another_is_once(regulars: int, places: list[int]) -> None:
    left_out: dict[int, list[int]] = {who: [] for who in range(regulars)}
    for number, room in enumerate(places):
        turns = [
            Turn(who, NOW + timedelta(minutes=who), NOW + WEEK * out[-1] if out else None)
            for who, out in left_out.items()
        ]
        order = in_turn(turns)
        assert sorted(order) == list(range(regulars))
        for who in order[room:]:
            left_out[who].append(number)
    for who, out in left_out.items():
        for first, second in itertools.pairwise(out):
            for other in set(left_out) - {who}:
                assert any(first <= number <= second for number in left_out[other])


def test_whoever_has_been_one_longest_is_left_out_last_of_those_who_never_were() -> None:
    turns = [Turn(1, NOW, None), Turn(2, NOW - WEEK, None), Turn(3, NOW + WEEK, NOW + WEEK)]
    assert in_turn(turns) == [3, 2, 1]


@pytest.mark.parametrize(
    ("dates", "quiet"),
    [
        ([], False),
        ([M, M, M], False),
        ([M, M, M, M], True),
        ([C, M, M, M, M], True),
        ([M, M, C, M, M], False),
        ([M, M, N, N, M, N, M, N], True),
        ([M, M, M, M, C], False),
        ([N] * 9, False),
    ],
)
def test_it_has_gone_quiet_after_four_misses_in_a_row(dates: list[Went], quiet: bool) -> None:
    assert has_gone_quiet(dates) is quiet


@given(st.lists(st.sampled_from(Went), max_size=12), st.integers(0, 12))
def test_what_is_neither_changes_nothing(dates: list[Went], at: int) -> None:
    assert has_gone_quiet([*dates[:at], N, *dates[at:]]) is has_gone_quiet(dates)


def test_a_pause_may_end_with_any_of_the_next_six_months() -> None:
    assert months_ahead(date(2026, 11, 24)) == [
        date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1), date(2027, 4, 1), date(2027, 5, 1)
    ]  # fmt: skip


@pytest.mark.parametrize(("days", "fits"), [(-1, False), (0, False), (1, True), (366, True), (367, False)])
def test_a_day_of_coming_back_is_to_come_and_not_years_away(days: int, fits: bool) -> None:
    today = date(2026, 11, 24)
    if fits:
        check_back(today + timedelta(days=days), today)
    else:
        with pytest.raises(Problem):
            check_back(today + timedelta(days=days), today)
