"""Whom a meetup suits that waits for one, and what is said of how many wait."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetups.domain.ages import ALL_AGES, AgeBand, Born, band_at, band_seen
from meetups.domain.nearness import FARTHEST_WALK, Point, cell_centre, home_cell, metres
from meetups.domain.wishes import (
    REACHES,
    bands_of,
    cells_to_place,
    counted_at,
    demand_lines,
    how_many,
    others_words,
    reach_of,
    suits,
    to_place,
    waiting_for,
    whom_words,
    wish_words,
)

DAY = date(2026, 12, 3)
# Anywhere people push prams, the date line and both sides of the equator among it.
points = st.builds(Point, st.floats(-65, 70), st.floats(-180, 180))
near = st.tuples(st.floats(-0.06, 0.06), st.floats(-0.06, 0.06))
months = st.dates(date(2015, 1, 1), date(2027, 9, 1)).map(lambda day: day.replace(day=1))
bits = st.integers(1, int(ALL_AGES))


# A cell that was never asked for takes some milliseconds, more on a busy machine.
@settings(deadline=None)
@given(points, near, st.sampled_from(REACHES))
def test_a_place_finds_exactly_who_walks_as_far_as_it(place: Point, off: tuple[float, float], reach: int) -> None:
    cell = home_cell(Point(place.lat + off[0], (place.lon + off[1] + 180) % 360 - 180))
    found = any(cell in cells and reach >= least for least, cells in cells_to_place(place))
    assert found == (to_place(cell, place) <= reach)
    if found:
        assert cell == home_cell(place) or metres(cell_centre(cell), place) <= reach


@settings(deadline=None)
@given(points)
def test_who_lives_in_the_cell_of_a_place_is_always_near(place: Point) -> None:
    own = home_cell(place)
    assert own in cells_to_place(place)[0][1] and to_place(own, place) == 0


@given(st.floats(0, 20_000))
def test_a_reach_is_never_less_than_what_was_asked(within: float) -> None:
    assert reach_of(within) in REACHES
    assert reach_of(within) >= min(within, FARTHEST_WALK)


@given(bits, bits, st.lists(months, max_size=3))
def test_bands_suit_where_one_is_welcome_whatever_her_children_are(ages: int, welcome: int, kids: list[date]) -> None:
    assert suits(ages, kids, DAY, welcome) == bool(ages & welcome)


@given(st.lists(months, max_size=3), bits)
def test_her_children_suit_at_their_age_on_the_day(kids: list[date], welcome: int) -> None:
    assert suits(None, kids, DAY, welcome) == any(band_at(kid, DAY) & welcome for kid in kids)


@given(st.lists(months, max_size=3))
def test_others_read_her_children_by_pairs_of_months(kids: list[date]) -> None:
    assert bands_of(None, kids, DAY) == sum({int(band_seen(kid, DAY)) for kid in kids})
    other = [kid.replace(month=kid.month - 1 + kid.month % 2 * 2) for kid in kids]
    assert bands_of(None, kids, DAY) == bands_of(None, other, DAY)


@given(months, st.integers(0, 300))
def test_a_childs_wish_grows_with_the_child(kid: date, days: int) -> None:
    day = DAY + timedelta(days=days)
    assert suits(None, [kid], day, int(band_at(kid, day)))


def test_a_group_takes_its_own_and_nobody_is_told_for_children_who_are_not_there() -> None:
    born = Born(date(2026, 3, 1), date(2026, 5, 1))
    assert suits(None, [date(2026, 4, 1)], DAY, born) and not suits(None, [date(2026, 6, 1)], DAY, born)
    assert suits(int(AgeBand.CRAWLER), [], DAY, born) and not suits(int(AgeBand.TWO), [], DAY, born)
    assert not suits(None, [], DAY, int(ALL_AGES)), "a mother who has taken her child off is left alone"


@given(st.lists(bits, max_size=40))
def test_no_line_says_a_number_or_anything_of_fewer_than_three_besides_her(families: list[int]) -> None:
    lines = demand_lines(families)
    assert bool(lines) == (len(families) >= 4)
    assert not any(str(len(families)) in line for line in lines[:1])
    particular = [own for own in families if own != ALL_AGES]
    if len(lines) == 2:
        assert any(waiting_for(particular, band) >= 4 for band in AgeBand)


@given(st.lists(bits, max_size=3))
def test_nobody_can_tell_none_from_two_besides_herself(families: list[int]) -> None:
    assert demand_lines(families) == demand_lines([]) == []
    assert others_words(len(families)) is None


@pytest.mark.parametrize(("families", "words"), [(3, None), (4, "a few"), (11, "a few"), (12, "more than ten")])
def test_how_many_is_said_in_words(families: int, words: str | None) -> None:
    assert how_many(families) == words


def test_what_hosts_read() -> None:
    baby, one = int(AgeBand.BABY), int(AgeBand.ONE)
    assert demand_lines([baby, baby, baby | one, baby, one, int(ALL_AGES)]) == [
        "Families near here wait for something to start: a few.",
        "Ages they ask for: 0-5 months (a few).",
    ]
    assert demand_lines([int(ALL_AGES)] * 12) == ["Families near here wait for something to start: more than ten."]


def test_a_day_is_shown_as_it_was_at_its_midnight() -> None:
    assert counted_at(datetime(2026, 12, 3, 23, 59, tzinfo=UTC)) == datetime(2026, 12, 3, tzinfo=UTC)
    assert counted_at(datetime(2026, 12, 3, tzinfo=UTC)) == datetime(2026, 12, 3, tzinfo=UTC)


def test_a_wish_in_words() -> None:
    assert whom_words(int(ALL_AGES), (), DAY) == "any age"
    assert whom_words(int(AgeBand.CRAWLER), (), DAY) == "6 to 11 months"
    assert whom_words(None, [date(2025, 9, 1)], DAY) == "your 1-year-old"
    assert whom_words(None, [date(2025, 9, 1), date(2027, 2, 1)], DAY) == "your 1-year-old and a bump"
    assert whom_words(None, [], DAY) == "your children"
    assert wish_words("Riverdale", 800, "any age") == "near Riverdale, up to 15 minutes on foot, for any age"
    assert wish_words(None, 400, "any age") == "near where you looked, up to 10 minutes on foot, for any age"
