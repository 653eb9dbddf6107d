"""When a mail is due by what she has chosen, and whether it waits for her night to be over, over DST."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from meetups.domain.reminders import Quiet, day_before, next_look_ahead, quiet_ends, waits_until
from meetups.domain.zones import in_gap, to_local

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
# Both hemispheres, half an hour of summer, a change at midnight, none at all, and a day that was skipped.
ZONES = ("America/Toronto", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "Asia/Kolkata", "Pacific/Apia")
zones = st.sampled_from(ZONES)
hours = st.integers(0, 23)
# 2011 holds Apia's skipped day; the others are years of ordinary changes.
moments = st.datetimes(datetime(2011, 1, 1), datetime(2028, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


@given(moments, hours, hours, zones)
def test_what_waits_goes_at_the_first_moment_after_the_night(now: datetime, starts: int, ends: int, zone: str) -> None:
    quiet = Quiet(starts, ends, zone)
    until = quiet_ends(now, quiet)
    if until is None:
        assert to_local(now, zone) not in quiet
        return
    assert now < until <= now + 26 * HOUR
    assert quiet_ends(until, quiet) is None, "it does not wait again"
    last = until - timedelta(microseconds=1)
    assert to_local(last, zone) in quiet or to_local(last, zone).hour == ends, "nor longer than it must"


@given(moments, hours, zones)
def test_the_same_hour_twice_is_no_night(now: datetime, hour: int, zone: str) -> None:
    assert quiet_ends(now, Quiet(hour, hour, zone)) is None


@given(moments, hours, hours, zones, st.timedeltas(-HOUR, 30 * HOUR))
def test_nothing_waits_beyond_its_latest_moment(
    now: datetime, starts: int, ends: int, zone: str, ahead: timedelta
) -> None:
    quiet, latest = Quiet(starts, ends, zone), now + ahead
    until = waits_until(now, quiet, latest)
    assert until is None or until <= latest
    assert until == waits_until(now, quiet) or quiet_ends(now, quiet) > latest  # type: ignore[operator]


@given(moments, hours, zones)
def test_a_fixed_hour_is_that_hour_on_the_wall_the_day_before(starts_at: datetime, hour: int, zone: str) -> None:
    starts = to_local(starts_at, zone)
    due = to_local(day_before(starts, zone, hour), zone)
    wanted = datetime.combine(starts.date() - timedelta(days=1), datetime.min.time()).replace(hour=hour)
    assert due == wanted or in_gap(wanted, zone)


@given(moments, st.integers(0, 6), zones)
def test_the_next_look_ahead_is_within_a_week_and_on_her_day(now: datetime, weekday: int, zone: str) -> None:
    due = next_look_ahead(now, weekday, zone)
    assert now < due <= now + timedelta(days=7) + 25 * HOUR
    local = to_local(due, zone)
    assert (local.hour, local.minute) == (18, 0)
    # Apia had no Friday 30 December 2011.
    assert local.weekday() == weekday or zone == "Pacific/Apia"
    assert next_look_ahead(due, weekday, zone) > due


def test_nine_in_the_evening_until_seven() -> None:
    quiet = Quiet(21, 7, "America/Toronto")
    # 20:59 and 7:00 in Toronto are not in it, 21:00 and 6:59 are.
    at = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
    morning = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    assert quiet_ends(at - MINUTE, quiet) is None and quiet_ends(morning, quiet) is None
    assert quiet_ends(at, quiet) == quiet_ends(morning - MINUTE, quiet) == morning
