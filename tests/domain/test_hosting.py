"""Who welcomes: the times in order in every zone, and who of the regulars is asked."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetups.domain.hosting import (
    LEFT_IN_PEACE,
    Next,
    Regular,
    asked_at,
    baton_due,
    is_yes,
    next_step,
    pick,
    unhosted_due,
)
from meetups.domain.zones import to_local, to_utc, use_packaged_zones

use_packaged_zones()
quick = settings(deadline=None, max_examples=200)
ZONES = ("America/Toronto", "Europe/London", "Australia/Lord_Howe", "Pacific/Auckland", "Asia/Kathmandu", "UTC")
NOW = datetime(2026, 11, 24, 13, tzinfo=UTC)
# Every night on which some clock changes is among these days.
starts = st.builds(
    lambda day, hour, minute, zone: (to_utc(datetime.combine(day, time(hour, minute)), zone), zone),
    st.dates(date(2026, 3, 1), date(2027, 4, 30)),
    st.integers(5, 21),
    st.sampled_from((0, 15, 30)),
    st.sampled_from(ZONES),
)


@quick
@given(starts)
def test_the_host_is_asked_before_a_regular_and_a_regular_before_those_coming_hear(start: tuple[datetime, str]) -> None:
    starts_at, zone = start
    asked = asked_at(starts_at, zone)
    baton, told = baton_due(asked, starts_at, zone), unhosted_due(asked, starts_at, zone)
    assert asked < baton < told < starts_at
    assert baton - asked >= timedelta(minutes=90) and told - baton >= timedelta(hours=1)
    # Nobody is written to in the night.
    assert all(time(7, 30) <= to_local(moment, zone).time() <= time(21, 30) for moment in (asked, baton, told))


@quick
@given(starts, st.timedeltas(timedelta(0), timedelta(hours=20)), st.timedeltas(timedelta(0), timedelta(hours=40)))
def test_a_host_asked_late_has_an_hour_a_regular_half_of_one_and_nothing_is_said_of_what_has_begun(
    start: tuple[datetime, str], late: timedelta, then: timedelta
) -> None:
    starts_at, zone = start
    asked = asked_at(starts_at, zone) + late
    now = asked + then
    step = next_step(asked, starts_at, zone, now, regular_asked=False)
    baton, told = baton_due(asked, starts_at, zone), unhosted_due(asked, starts_at, zone)
    assert baton - asked >= timedelta(minutes=30) and told - baton >= timedelta(minutes=30)
    if step != Next.WAIT:
        assert now < starts_at and now - asked >= timedelta(minutes=60 if step == Next.TELL else 30)
    again = next_step(asked, starts_at, zone, now, regular_asked=True)
    assert again != Next.ASK_REGULAR and (again == Next.TELL) == (step == Next.TELL)


@pytest.mark.parametrize(
    ("start", "told"),
    [("10:00", "2026-12-01 08:00"), ("09:00", "2026-12-01 07:30"), ("08:30", "2026-12-01 07:30"), ("08:15", "2026-11-30 21:30")],
)  # fmt: skip
def test_families_hear_two_hours_before_after_breakfast_or_the_evening_before(start: str, told: str) -> None:
    starts_at = to_utc(datetime.fromisoformat(f"2026-12-01 {start}"), "America/Toronto")
    due = unhosted_due(asked_at(starts_at, "America/Toronto"), starts_at, "America/Toronto")
    assert to_local(due, "America/Toronto") == datetime.fromisoformat(told)


@quick
@given(starts, st.timedeltas(timedelta(days=-4), timedelta(days=1)))
def test_what_a_host_did_in_the_day_before_she_is_asked_is_a_yes(start: tuple[datetime, str], after: timedelta) -> None:
    starts_at, zone = start
    acted = asked_at(starts_at, zone) + after
    assert is_yes(acted, starts_at, zone) == (after >= timedelta(days=-1))
    assert not is_yes(None, starts_at, zone)


def regular(member_id: int, came: int, days_ago: int, asked_days_ago: int | None = None) -> Regular:
    asked = None if asked_days_ago is None else NOW - timedelta(days=asked_days_ago)
    return Regular(member_id, came, NOW - timedelta(days=days_ago), asked)


@pytest.mark.parametrize(
    ("regulars", "chosen"),
    [
        ([], None),
        ([regular(1, 0, 7)], None),
        ([regular(1, 3, 7), regular(2, 5, 14)], 2),
        ([regular(1, 5, 14), regular(2, 5, 7)], 2),
        # Whoever was asked lately is left in peace, as long as there is another.
        ([regular(1, 3, 7), regular(2, 8, 7, asked_days_ago=7)], 1),
        ([regular(1, 3, 7), regular(2, 8, 7, asked_days_ago=28)], 2),
        # Of those who all were, the one whom that was longest ago.
        ([regular(1, 8, 7, asked_days_ago=7), regular(2, 3, 7, asked_days_ago=14)], 2),
        ([regular(1, 5, 7, asked_days_ago=40), regular(2, 5, 7, asked_days_ago=60)], 2),
    ],
)
def test_the_regular_who_is_asked(regulars: list[Regular], chosen: int | None) -> None:
    assert pick(regulars, NOW) == pick(list(reversed(regulars)), NOW) == chosen


families = st.lists(
    st.builds(regular, st.integers(1, 9), st.integers(1, 8), st.integers(1, 60), st.none() | st.integers(0, 90)),
    min_size=1,
    max_size=9,
    unique_by=lambda one: one.member_id,
)


@quick
@given(families)
def test_nobody_is_asked_again_before_all_others_have_been(regulars: list[Regular]) -> None:
    """Asked week after week, each family has its turn within the weeks in which nobody is asked twice."""
    known = {one.member_id: Regular(one.member_id, one.came, one.last_came) for one in regulars}
    weeks = LEFT_IN_PEACE // timedelta(weeks=1)
    turns = []
    for week in range(weeks):
        at = NOW + timedelta(weeks=week)
        chosen = pick(known.values(), at)
        assert chosen is not None
        turns.append(chosen)
        known[chosen] = Regular(chosen, known[chosen].came, known[chosen].last_came, at)
    assert len(set(turns)) == min(len(known), weeks)
