"""When children nap: the usual by age, her own words until they are old, and what falls into it."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetups.domain.ages import month_after
from meetups.domain.errors import Problem
from meetups.domain.naps import (
    BED,
    COUNTS,
    FIRSTS,
    LASTS,
    UP,
    USUAL,
    Nap,
    Sleeper,
    asleep,
    awake_words,
    disturbs,
    nap_words,
    naps_words,
    own,
    stretches,
    usual,
)
from meetups.domain.zones import to_local, to_utc

quick = settings(deadline=None, max_examples=200)
ZONES = ("America/Toronto", "Europe/London", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata", "UTC")
BORN = date(2026, 4, 1)  # eight months old in December


def minutes(first: int = UP, last: int = BED) -> st.SearchStrategy[int]:
    return st.integers(first // 15, last // 15).map(lambda quarter: quarter * 15)


def naps() -> st.SearchStrategy[tuple[Nap, ...]]:
    one = st.builds(lambda start, length: Nap(start, start + length), minutes(8 * 60, 16 * 60), st.integers(30, 150))
    return st.lists(one, max_size=3).map(tuple)


def sleepers() -> st.SearchStrategy[Sleeper]:
    months = st.integers(-3, 70).map(lambda months: month_after(date(2026, 11, 1), -months))
    said = st.dates(date(2026, 1, 1), date(2026, 11, 24))
    return st.builds(lambda month, told, since: Sleeper(month, told, since if told is not None else None),
                     months, st.none() | naps(), said)  # fmt: skip


@pytest.mark.parametrize(
    ("months", "many"),
    [(-2, 0), (0, 0), (3, 0), (4, 3), (5, 3), (6, 2), (8, 2), (14, 2), (15, 1), (35, 1), (36, 0), (90, 0)],
)
def test_what_is_usual_moves_with_the_age(months: int, many: int) -> None:
    assert len(usual(months)) == many
    born = month_after(date(2026, 12, 1), -months)
    assert Sleeper(born).on(date(2026, 12, 17)) == usual(months)


def test_what_is_usual_is_sensible() -> None:
    for found in USUAL.values():
        edges = [UP, *(edge for nap in found for edge in nap), BED]
        assert edges == sorted(edges)
        # Nobody is awake for less than an hour and a half between two naps.
        assert all(after - before >= 90 for before, after in zip(edges[::2], edges[1::2], strict=True))


@given(st.sampled_from(FIRSTS), st.none() | st.sampled_from(LASTS))
def test_a_first_and_a_last_nap_say_all(first: int, last: int | None) -> None:
    if last is not None and last < first + 150:
        with pytest.raises(Problem):
            own(first, last)
        return
    found = own(first, last)
    assert found[0].start == first and found[-1].start == (first if last is None else last)
    assert len(found) == (1 if last is None else 2 if last - first < 390 else 3)
    assert all(one.stop < two.start for one, two in pairwise(found))
    kept = Sleeper(BORN, found, date(2026, 11, 24))
    assert Sleeper.read(BORN, kept.stored, kept.since) == kept and len(kept.stored) <= 60


def test_what_is_said_back() -> None:
    found = own(9 * 60 + 30, 14 * 60)
    assert naps_words(found) == "9:30 to 10:45 and 14 to 15:30"
    assert awake_words(found) == "7 to 9:30, 10:45 to 14 and 15:30 to 19"
    assert awake_words(()) == "7 to 19"
    for sleeper in (Sleeper(BORN), Sleeper(BORN, (), date(2026, 11, 24))):
        assert Sleeper.read(BORN, sleeper.stored, sleeper.since) == sleeper


def test_her_own_words_hold_for_three_months_or_six_and_then_the_usual_counts() -> None:
    hers = own(8 * 60, None)
    baby = Sleeper(BORN, hers, date(2026, 11, 24))
    assert baby.on(date(2027, 2, 22)) == hers and baby.on(date(2027, 2, 23)) == usual(10)
    toddler = Sleeper(date(2025, 5, 1), hers, date(2026, 11, 24))
    assert toddler.on(date(2027, 5, 24)) == hers and toddler.on(date(2027, 5, 25)) == usual(24)


@given(minutes(), st.integers(1, 300), naps())
def test_a_date_is_in_nap_time_where_it_takes_half_an_hour_of_a_nap(
    starts: int, length: int, found: tuple[Nap, ...]
) -> None:
    most = max((min(starts + length, nap.stop) - max(starts, nap.start) for nap in found), default=0)
    if length >= COUNTS:
        assert disturbs(found, starts, length) == (most >= COUNTS)
    elif disturbs(found, starts, length):
        assert most > 0
    assert not disturbs(found, starts, 24 * 60 - starts), "what goes on past midnight is no matter of naps"


def test_whose_nap_time_it_is_is_said_where_she_has_several() -> None:
    kids = [Sleeper(BORN), Sleeper(date(2025, 3, 1))]
    morning, noon = datetime(2026, 12, 1, 9, 30), datetime(2026, 12, 1, 13)
    assert nap_words(kids, morning, 60, several=True) == "in your 8-month-old’s nap time"
    assert nap_words(kids, noon, 60, several=True) == "in your 21-month-old’s and 8-month-old’s nap time"
    assert nap_words(kids[:1], noon, 60, several=False) == "in nap time"
    assert nap_words(kids, datetime(2026, 12, 1, 11), 60, several=True) is None
    assert nap_words([], noon, 60, several=False) is None


@quick
@given(
    st.lists(sleepers(), max_size=3),
    st.sampled_from(ZONES),
    st.integers(0, 198 * 24 * 4).map(
        lambda quarters: datetime(2026, 11, 24, 13, tzinfo=UTC) + timedelta(minutes=15 * quarters)
    ),
    st.sampled_from([15, 30, 60, 90, 240]),
)
def test_a_search_without_a_wall_clock_finds_the_same_dates(
    kids: list[Sleeper], zone: str, at: datetime, length: int
) -> None:
    since = datetime(2026, 11, 24, 13, tzinfo=UTC)
    found = [one for one in stretches(kids, zone, since) if one.start <= at and (one.stop is None or at < one.stop)]
    assert len(found) <= 1
    local = to_local(at, zone)
    for stretch in found:
        assert at.replace(tzinfo=None) + stretch.ahead == local
    starts = local.hour * 60 + local.minute
    assert any(disturbs(one.naps, starts, length) for one in found) == bool(asleep(kids, local, length))


def test_nine_oclock_is_nine_oclock_on_both_sides_of_the_change() -> None:
    kid, since = Sleeper(BORN, own(9 * 60, None), date(2027, 3, 1)), datetime(2027, 3, 1, tzinfo=UTC)
    before, after, usual_then = stretches([kid], "America/Toronto", since)[:3]
    assert before.stop == after.start == to_utc(datetime(2027, 3, 14, 3), "America/Toronto")
    assert after.ahead - before.ahead == timedelta(hours=1) and before.naps == after.naps
    assert usual_then.start == to_utc(datetime(2027, 5, 31), "America/Toronto") and usual_then.naps == usual(13)
