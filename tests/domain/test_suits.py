"""Which hour suits most: nothing below three families, one more or less seldom shows, and no bar is anybody's hour."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetups.domain.ages import ALL_AGES, AgeBand, month_after, month_seen, months_between
from meetups.domain.naps import ASKED_UNTIL, HOUR, REGULAR_FROM, USUAL, Naps, Sleeper, disturbs, own
from meetups.domain.suits import (
    ALL_GROUPS,
    GROUPS,
    HOURS,
    SHIFTS,
    Level,
    best_words,
    born_between,
    chosen,
    drawn_at,
    group_of,
    hours_words,
    levels,
    naps_seen,
    shifted,
)

PATTERNS = [*USUAL.values(), own(8 * HOUR, 13 * HOUR), own(10 * HOUR, None)]
families = st.lists(st.builds(shifted, st.sampled_from(PATTERNS), st.sampled_from(SHIFTS)), min_size=1, max_size=3)
bands = st.lists(st.sampled_from([AgeBand.BABY, AgeBand.CRAWLER, AgeBand.ONE, AgeBand.TWO, AgeBand.PRESCHOOL]), min_size=1, max_size=3)  # fmt: skip
NOBODY_NAPS: list[Naps] = [()]
MORNING: list[Naps] = [own(9 * HOUR, None)]


@given(st.lists(families, max_size=2))
def test_below_three_families_nothing_is_said(few: list[list[Naps]]) -> None:
    assert levels(few) is None


@given(st.lists(families, min_size=3, max_size=12), families)
def test_one_family_more_or_less_moves_no_bar_by_more_than_one_level(some: list[list[Naps]], more: list[Naps]) -> None:
    before, after = levels(some), levels([*some, more])
    assert before and after
    assert all(abs(one - other) <= 1 for one, other in zip(before, after, strict=True))


def test_one_family_more_seldom_shows() -> None:
    chance = random.Random(41)
    changed = bars = 0
    for _ in range(400):
        many = [[shifted(chance.choice(PATTERNS), chance.choice(SHIFTS))] for _ in range(chance.randint(6, 15))]
        before, after = levels(many[:-1]), levels(many)
        assert before and after
        changed += sum(one != other for one, other in zip(before, after, strict=True))
        bars += len(after)
    assert changed / bars < 0.15


@pytest.mark.parametrize("start", [9 * HOUR, 10 * HOUR])
def test_whoever_knows_all_but_one_family_does_not_learn_her_hour(start: int) -> None:
    """Two families made up beside her: whatever she naps, the same picture comes of others' naps too."""
    made_up = [[()], [own(8 * HOUR, None), own(10 * HOUR, None), own(12 * HOUR, None), own(14 * HOUR, None)]]
    shown = {levels([*made_up, [shifted(own(start, None), by)]]) for by in SHIFTS}
    others = {levels([*made_up, [shifted(own(start + HOUR, None), by)]]) for by in SHIFTS}
    assert len(shown) > 1 and shown & others


@given(st.lists(bands, max_size=10), st.sampled_from(GROUPS))
def test_two_pictures_never_differ_by_one_or_two_families(ages: list[list[AgeBand]], group: AgeBand) -> None:
    looked_at = chosen(ages, group)
    left_out = sum(not any(band & looked_at for band in kids) for kids in ages)
    assert left_out == 0 or (left_out >= 3 and len(ages) - left_out >= 3)


@pytest.mark.parametrize(
    ("welcome", "group"),
    [
        (AgeBand.BABY, GROUPS[0]),
        (AgeBand.BUMP | AgeBand.BABY | AgeBand.CRAWLER, GROUPS[0]),
        (AgeBand.TWO, GROUPS[1]),
        (AgeBand.PRESCHOOL | AgeBand.SCHOOL, GROUPS[2]),
        (AgeBand.CRAWLER | AgeBand.ONE, ALL_GROUPS),
        (AgeBand.SCHOOL, ALL_GROUPS),
        (ALL_AGES, ALL_GROUPS),
        (0, ALL_GROUPS),
    ],
)
def test_ages_are_looked_at_in_three_groups_or_together(welcome: int, group: AgeBand) -> None:
    assert group_of(welcome) == group


def test_the_levels_and_their_words() -> None:
    found = levels([NOBODY_NAPS, NOBODY_NAPS, MORNING])
    assert found == tuple(Level.SOME if hour in (9, 10) else Level.MOST for hour in HOURS)
    assert best_words(found) == "8 to 9 and 11 to 18" and hours_words(found, Level.SOME) == "9 to 11"
    assert hours_words(found, Level.FEW) == ""
    alike = levels([NOBODY_NAPS] * 3)
    assert alike and best_words(alike) == "" and hours_words(alike, Level.MOST) == "8 to 18"
    assert levels([MORNING, [*NOBODY_NAPS, *MORNING], NOBODY_NAPS]) == tuple(
        Level.FEW if disturbs(MORNING[0], hour * HOUR, HOUR) else Level.MOST for hour in HOURS
    )


days = st.dates(date(2026, 1, 1), date(2032, 12, 31))
born = st.integers(-12, 80)


@given(days, born)
def test_who_counts_is_reckoned_by_pairs_of_months(day: date, months: int) -> None:
    month = month_after(day, -months)
    first, last = born_between(day)
    age = months_between(month_seen(month), day)
    assert (first <= month <= last) == (REGULAR_FROM <= age < ASKED_UNTIL)
    pair = (month_after(month_seen(month), -1), month_seen(month))
    assert len({first <= one <= last for one in pair}) == 1


@given(days, born, st.integers(0, 400))
def test_the_naps_of_two_months_of_a_pair_are_alike(day: date, months: int, ago: int) -> None:
    second = month_seen(month_after(day, -months))
    first, since = month_after(second, -1), day - timedelta(days=ago)
    for told in ((), (own(9 * HOUR, None), since)):
        assert naps_seen(Sleeper(first, *told), day) == naps_seen(Sleeper(second, *told), day)


def test_what_is_told_counts_once_its_week_is_over() -> None:
    monday = date(2026, 11, 30)
    told = own(9 * HOUR, None)
    assert naps_seen(Sleeper(date(2025, 5, 1), told, monday - timedelta(days=1)), monday) == (told, True)
    assert naps_seen(Sleeper(date(2025, 5, 1), told, monday), monday) == (USUAL[15], False)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)))
def test_a_picture_is_of_the_monday_before(now: datetime) -> None:
    drawn = drawn_at(now)
    assert drawn.weekday() == 0 and (drawn.hour, drawn.minute) == (0, 0)
    assert timedelta(0) <= now - drawn < timedelta(weeks=1)
