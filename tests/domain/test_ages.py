"""Ages that grow: whom a meetup welcomes on which day, and how that is said."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetups.domain.ages import (
    WIDEST,
    AgeBand,
    Born,
    band_at,
    band_seen,
    bands_on,
    coming_words,
    fits,
    fits_words,
    group,
    months_between,
    parse_born,
    spans_of,
    welcome_words,
)
from meetups.domain.errors import Problem

quick = settings(deadline=None, max_examples=150)
days = st.dates(date(2016, 1, 1), date(2036, 12, 31))
months = st.dates(date(2010, 1, 1), date(2037, 12, 1)).map(lambda day: day.replace(day=1))
bands = st.integers(1, 127)
DECEMBER = date(2026, 12, 1)
SPRING = Born(date(2026, 3, 1), date(2026, 5, 1))


def later(month: date, by: int) -> date:
    count = month.year * 12 + month.month - 1 + by
    return date(count // 12, count % 12 + 1, 1)


groups = st.builds(lambda first, wide: Born(first, later(first, wide)), months, st.integers(0, WIDEST - 1))


@quick
@given(groups, days)
def test_a_group_has_the_bands_of_all_its_children_on_the_day_and_no_others(born: Born, day: date) -> None:
    children = [later(born.first, n) for n in range(months_between(born.first, born.last) + 1)]
    assert bands_on(born, day) == sum({band_at(child, day) for child in children})
    assert all(fits(child, day, born) for child in children)
    assert not fits(later(born.first, -1), day, born) and not fits(later(born.last, 1), day, born)


@quick
@given(groups, days, st.integers(0, 4000))
def test_nobody_in_a_group_gets_younger(born: Born, day: date, ahead: int) -> None:
    before, after = bands_on(born, day), bands_on(born, day + timedelta(days=ahead))
    assert max(AgeBand(before)) <= max(AgeBand(after)) and min(AgeBand(before)) <= min(AgeBand(after))


@quick
@given(months, days)
def test_others_read_the_same_of_both_months_of_a_pair_and_nothing_that_is_more_than_a_month_off(
    month: date, day: date
) -> None:
    first = month.replace(month=month.month - 1 + month.month % 2)
    assert band_seen(first, day) == band_seen(later(first, 1), day)
    # It comes late, never early: nobody is said to have what she only expects.
    assert band_seen(month, day) in {band_at(month, day), band_at(later(month, 1), day)}


@quick
@given(bands, months, days)
def test_fixed_ages_are_the_same_on_every_day_and_fit_by_the_age_on_it(welcome: int, month: date, day: date) -> None:
    assert bands_on(welcome, day) == welcome
    assert fits(month, day, welcome) == bool(welcome & band_at(month, day))


@quick
@given(months, days)
@pytest.mark.parametrize("turn", [None, date(2028, 2, 29), date(2028, 3, 1), date(2027, 2, 28), date(2026, 12, 31)])
def test_each_day_lies_in_the_span_of_one_band_which_is_its_childs(turn: date | None, month: date, day: date) -> None:
    day = turn or day
    here = [
        band for band, since, until in spans_of(month) if (not since or since <= day) and (not until or day < until)
    ]
    assert here == [band_at(month, day)]


@quick
@given(groups)
def test_a_group_is_read_back_as_it_was_stored(born: Born) -> None:
    assert parse_born(str(born)) == born and len(str(born)) <= 15


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ((2026, 5), (2026, 3), "before the first"),
        ((2024, 1), (2026, 1), "two years of birth"),
        ((2027, 11), (2028, 1), "more than a year after"),
        ((2008, 12), (2009, 1), "grown up"),
    ],
)
def test_a_group_that_cannot_be_is_refused(first: tuple[int, int], last: tuple[int, int], words: str) -> None:
    with pytest.raises(Problem, match=words):
        group(date(*first, 1), date(*last, 1), DECEMBER)


def test_the_widest_the_oldest_and_the_youngest_group_are_taken() -> None:
    assert group(date(2025, 1, 1), DECEMBER, DECEMBER) and group(date(2009, 1, 1), date(2009, 1, 1), DECEMBER)
    assert group(date(2027, 12, 1), date(2027, 12, 1), DECEMBER)


@pytest.mark.parametrize(
    ("born", "day", "words"),
    [
        (SPRING, DECEMBER, "Babies born March to May 2026 (7 to 9 months)"),
        (SPRING, date(2026, 5, 31), "Babies born March to May 2026 (up to 2 months)"),
        (SPRING, date(2026, 4, 1), "Babies born or due March to May 2026 (up to 1 month)"),
        (SPRING, date(2026, 2, 28), "Bumps due March to May 2026"),
        (SPRING, date(2028, 2, 29), "Toddlers born March to May 2026 (21 to 23 months)"),
        (SPRING, date(2029, 6, 1), "Children born March to May 2026 (3 years)"),
        (SPRING, None, "Children born March to May 2026"),
        (Born(date(2025, 12, 1), date(2026, 1, 1)), DECEMBER, "Babies born December 2025 to January 2026 (11 to 12 months)"),
        (Born(DECEMBER, DECEMBER), DECEMBER, "Babies born December 2026 (newborn)"),
        (Born(date(2023, 12, 1), date(2024, 12, 1)), DECEMBER, "Toddlers born December 2023 to December 2024 (2 to 3 years)"),
        (int(AgeBand.BABY | AgeBand.CRAWLER), DECEMBER, "Newborn to 11 months"),
    ],
)  # fmt: skip
def test_whom_a_meetup_welcomes_in_words(born: Born | int, day: date | None, words: str) -> None:
    assert welcome_words(born, day) == words


@pytest.mark.parametrize(
    ("kids", "welcome", "words"),
    [
        ([(2026, 4)], 127, "fits your 8-month-old"),
        ([(2026, 4), (2027, 2)], 127, "fits your 8-month-old and bump"),
        ([(2026, 4), (2024, 3), (2024, 1)], 127, "fits your 2-year-old and 8-month-old"),
        ([(2026, 12)], 127, "fits your newborn"),
        ([(2026, 4)], int(AgeBand.TWO), None),
        ([(2026, 4), (2026, 6)], SPRING, "fits your 8-month-old"),
        ([(2027, 3)], Born(date(2027, 3, 1), date(2027, 5, 1)), "fits your bump"),
        ([], 127, None),
    ],
)
def test_a_mother_reads_which_of_hers_it_fits(
    kids: list[tuple[int, int]], welcome: int | Born, words: str | None
) -> None:
    assert fits_words([date(*kid, 1) for kid in kids], DECEMBER, welcome) == words


def test_who_comes_is_said_in_words_coarser_than_a_familys_own() -> None:
    some = [AgeBand.CRAWLER, AgeBand.ONE, AgeBand.CRAWLER, AgeBand.CRAWLER]
    assert coming_words(some) == "three babies 6-11 months, one toddler"
    assert coming_words([AgeBand.TWO, AgeBand.ONE, AgeBand.BUMP, AgeBand.BABY]) == (
        "one baby under 6 months, two toddlers, one bump"
    )
    assert coming_words([]) == ""
