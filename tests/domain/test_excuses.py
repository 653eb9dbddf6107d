"""Why not and how late, and a place that comes free shortly before: the pure rules."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetups.domain.capacity import Answer, asks, decide, offered_until, promotions
from meetups.domain.excuses import is_news, may_be_late, news_due, news_words, settled, standing_for_host

START = datetime(2026, 12, 1, 15, tzinfo=UTC)
END = START + timedelta(hours=1)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("before", "late", "news"),
    [
        (12 * HOUR + SECOND, False, False),
        (12 * HOUR, False, True),
        (3 * HOUR + SECOND, False, True),
        (3 * HOUR, True, True),
        (0 * HOUR, True, True),
        (SECOND - HOUR, True, True),
        (-HOUR, False, False),
    ],
)
def test_late_is_said_from_three_hours_before_and_news_from_twelve_until_it_ends(
    before: timedelta, late: bool, news: bool
) -> None:
    assert may_be_late(START, END, START - before) is late
    assert is_news(START, END, START - before) is news


def test_news_is_gathered_unless_the_host_is_on_her_way() -> None:
    assert news_due(START, START - 5 * HOUR) == START - 5 * HOUR + 5 * MINUTE
    assert news_due(START, START - 9 * MINUTE) == START - 9 * MINUTE
    assert news_due(START, START + 9 * MINUTE) == START + 9 * MINUTE


@pytest.mark.parametrize(("before", "told"), [(60, 30), (31, 5), (6, 5), (5, -25), (-10, -40)])
def test_who_has_not_settled_is_told_of_in_half_an_hour_or_shortly_before(before: int, told: int) -> None:
    assert settled(START, START - before * MINUTE) == START - told * MINUTE


@pytest.mark.parametrize(
    ("stands", "told", "reason", "words"),
    [
        ("cant", None, None, "can’t make it"),
        ("cant", "late 10", "nap", "can’t make it (nap ran long)"),
        ("maybe", None, None, "is not sure any more"),
        ("late 20", "late 10", None, "is 20 minutes late"),
        (None, "late 10", None, "comes on time after all"),
        (None, "cant", None, "comes after all"),
    ],
)
def test_a_host_reads_it_in_words(stands: str | None, told: str | None, reason: str | None, words: str) -> None:
    assert news_words(stands, told, reason) == words


def test_who_comes_in_time_is_no_news() -> None:
    assert standing_for_host("going", None) is None
    assert standing_for_host("going", 10) == "late 10"
    assert standing_for_host("waiting", 10) == standing_for_host("not_going", None) == "cant"


@given(st.integers(-100, 10_000))
def test_a_place_is_asked_of_less_than_two_hours_before_and_held_no_longer_than_until_the_start(minutes: int) -> None:
    now = START - minutes * MINUTE
    assert asks(START, now) is (minutes < 120)
    until = offered_until(START, now)
    assert until <= START and until <= now + 20 * MINUTE
    assert minutes <= 0 or until > now


STEPS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["going", "not_going", "offer", "expire"])), max_size=40)


@given(st.integers(1, 3), STEPS)
def test_a_place_that_is_offered_is_given_to_nobody_else(capacity: int, steps: list[tuple[int, str]]) -> None:
    answers: dict[int, Answer] = {}
    taken = 0
    for who, what in steps:
        current = answers.get(who)
        if what == "offer":
            waiting = [one for one, said in answers.items() if said == Answer.WAITING]
            for one in waiting[: promotions(capacity, taken, len(waiting))]:
                answers[one], taken = Answer.OFFERED, taken + 1
        elif what == "expire":
            if current == Answer.OFFERED:
                answers[who], taken = Answer.WAITING, taken - 1
        else:
            answers[who], delta = decide(Answer(what), current, capacity, taken)
            taken += delta
            assert not (what == "going" and current == Answer.OFFERED) or answers[who] == Answer.GOING
        assert taken == sum(said.holds for said in answers.values()) <= capacity
