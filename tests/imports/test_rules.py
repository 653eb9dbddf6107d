"""Rules of others: the same dates in rules of ours, or a refusal that costs no time."""

import time
from datetime import datetime, timedelta

import pytest
from dateutil import rrule

from meetups.domain.errors import Problem
from meetups.domain.zones import to_utc
from meetups.imports.reading import read
from meetups.imports.rules import ODD, TOO_OFTEN, dates_between, from_now, our_rules
from meetups.imports.settling import MOST_DATES, settle
from tests.conftest import NOW
from tests.factories import TORONTO
from tests.imports.files import calendar, event

# A Tuesday, the second of its month.
STARTS = datetime(2026, 9, 8, 10, 0)
HERE = datetime(2026, 11, 24, 8, 0)


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=2",
        "FREQ=DAILY;INTERVAL=14",
        "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,TH",
        "FREQ=WEEKLY;BYDAY=TU;BYHOUR=10;BYMINUTE=0",
        "FREQ=WEEKLY;BYDAY=TU;COUNT=20",
        "FREQ=WEEKLY;BYDAY=TU;UNTIL=20270101",
        "FREQ=MONTHLY",
        "FREQ=MONTHLY;BYDAY=2TU",
        "FREQ=MONTHLY;BYDAY=TU",
        "FREQ=MONTHLY;BYDAY=2TU,4TU",
        "FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=MONTHLY;BYMONTHDAY=8,22",
        "FREQ=MONTHLY;BYMONTHDAY=31;INTERVAL=2",
        "FREQ=YEARLY;BYMONTH=9;BYDAY=2TU",
        "FREQ=YEARLY",
    ],
)
def test_our_rules_give_the_dates_that_theirs_gives(text: str) -> None:
    before = HERE + timedelta(days=500)
    theirs = rrule.rrulestr(text, dtstart=STARTS).between(HERE, before)
    ours = {date for rule in our_rules(text, STARTS, TORONTO) for date in dates_between(rule, STARTS, HERE, before)}
    assert sorted(ours) == theirs


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20261208", 8),
        ("20261208T095959", 1),
        ("20261208T100000", 8),
        ("20261208T150000Z", 8),
        ("20261208T145959Z", 1),
    ],
)
def test_an_end_is_read_by_the_clock_it_is_given_in(until: str, last: int) -> None:
    (rule,) = our_rules(f"FREQ=WEEKLY;UNTIL={until}", STARTS, TORONTO)
    assert dates_between(rule, STARTS, HERE, HERE + timedelta(days=60))[-1].day == last


BOMBS = [
    "FREQ=SECONDLY",
    "FREQ=MINUTELY;INTERVAL=1;COUNT=100000000",
    "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;COUNT=999999999",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;INTERVAL=7;BYDAY=WE",
    "FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7,8,9,10;BYMINUTE=1,2,3;BYSECOND=1,2,3",
    "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31",
    "FREQ=MONTHLY;BYSETPOS=-1;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYEASTER=1",
    "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO",
    "FREQ=WEEKLY;INTERVAL=0",
    "FREQ=WEEKLY;INTERVAL=-1",
    "FREQ=WEEKLY;INTERVAL=99999999999999999999",
    "FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 20000 + ["XX"]),
    "FREQ=NEVER",
    "nonsense",
    "",
]


@pytest.mark.parametrize("text", BOMBS)
def test_bombs_and_nonsense_are_refused_at_once(text: str) -> None:
    began = time.perf_counter()
    with pytest.raises(Problem) as refused:
        our_rules(text, datetime(2026, 9, 30, 10), TORONTO)
    assert time.perf_counter() - began < 0.2
    assert refused.value.message in (ODD, TOO_OFTEN)


@pytest.mark.parametrize("text", ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=YEARLY"])
def test_a_series_that_began_in_the_year_one_costs_no_more_than_one_of_this_year(text: str) -> None:
    starts, began = datetime(1, 1, 1, 10), time.perf_counter()
    (rule,) = our_rules(text, starts, TORONTO)
    found = from_now(rule, starts, HERE)
    assert time.perf_counter() - began < 0.2
    assert found is not None
    assert HERE < found[0] < HERE + timedelta(days=366)


def test_a_series_goes_on_from_its_next_date_in_step_and_with_what_is_left_of_its_count() -> None:
    (rule,) = our_rules("FREQ=WEEKLY;INTERVAL=2;COUNT=10", STARTS, TORONTO)
    # 8 and 22 September, 6 and 20 October, 3 and 17 November are over.
    found = from_now(rule, STARTS, HERE)
    assert found is not None
    assert (found[0], found[1].count) == (datetime(2026, 12, 1, 10), 4)
    assert from_now(rule, STARTS, HERE + timedelta(days=100)) is None


def settled(*events: str, zone: str = TORONTO) -> list:
    (one,) = read(calendar(*events), NOW).events
    return settle(one, zone, NOW)


def test_two_rules_are_single_dates_each_known_by_its_own_start() -> None:
    found = settled(event(start="20260901T100000", rrule="FREQ=MONTHLY;BYDAY=1TU,3TU"))
    assert [one.starts for one in found][:3] == [
        datetime(2026, 12, 1, 10),
        datetime(2026, 12, 15, 10),
        datetime(2027, 1, 5, 10),
    ]
    assert {one.rule for one in found} == {None}
    assert found[0].key == ("story@library", "2026-12-01T10:00:00")
    assert max(one.starts for one in found) < datetime(2027, 5, 26)


def test_a_rule_by_the_clock_of_utc_is_single_dates_that_keep_that_clock() -> None:
    found = settled(event(start="20260901T140000Z", rrule="FREQ=WEEKLY"))
    starts = [one.starts for one in found]
    assert {to_utc(start, TORONTO).hour for start in starts} == {14}
    # Nine in winter, ten from the middle of March on.
    assert {start.hour for start in starts} == {9, 10}


def test_another_name_for_the_same_clocks_is_one_series() -> None:
    (one,) = settled(event("DTSTART;TZID=America/New_York:20261201T100000", start="", rrule="FREQ=WEEKLY"))
    assert one.rule is not None
    assert one.starts == datetime(2026, 12, 1, 10)


def test_single_dates_end_at_200() -> None:
    found = settled(event(start="20260901T140000Z", rrule="FREQ=DAILY"))
    assert len(found) <= MOST_DATES
    many = settled(
        event("RDATE:" + ",".join(f"202612{day:02}T{hour:02}0000" for day in range(1, 31) for hour in range(8, 18)))
    )
    assert len(many) == MOST_DATES


def test_left_out_and_moved_dates_of_single_dates() -> None:
    found = settled(
        event("EXDATE:20261201T100000", start="20260901T100000", rrule="FREQ=MONTHLY;BYDAY=1TU,3TU"),
        event("RECURRENCE-ID:20261215T100000", start="20261216T100000"),
    )
    assert [one.starts for one in found][:2] == [datetime(2026, 12, 16, 10), datetime(2027, 1, 5, 10)]
    assert found[0].key[1] == "2026-12-15T10:00:00"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"start": "20261124T080000"}, "It is over."),
        ({"start": "20290101T100000"}, "It is more than two years ahead."),
        ({"start": "20250101T100000", "rrule": "FREQ=WEEKLY;COUNT=3"}, "It is over."),
        (
            {"start": "20250107T100000", "rrule": "FREQ=MONTHLY;BYDAY=1TU,3TU;UNTIL=20260101"},
            "No date of it comes in the next 26 weeks.",
        ),
    ],
)
def test_what_does_not_come_is_refused(given: dict[str, str], words: str) -> None:
    with pytest.raises(Problem) as refused:
        settled(event(**given))
    assert refused.value.message == words


def test_a_series_whose_every_date_is_off_is_none() -> None:
    off = [event(f"RECURRENCE-ID:202612{day:02}T100000", status="CANCELLED") for day in (1, 8)]
    with pytest.raises(Problem) as refused:
        settled(event(rrule="FREQ=WEEKLY;COUNT=2"), *off)
    assert refused.value.message == "No date of it comes in the next 26 weeks."
    assert settled(event(rrule="FREQ=WEEKLY;COUNT=3"), *off)[0].starts == datetime(2026, 12, 1, 10)


def test_a_date_moved_out_of_the_days_that_are_over_comes_by_itself() -> None:
    found = settled(
        event(start="20261117T100000", rrule="FREQ=WEEKLY"),
        event("RECURRENCE-ID:20261117T100000", start="20261126T100000"),
    )
    assert [(one.starts, one.rule is None) for one in found] == [
        (datetime(2026, 11, 24, 10), False),
        (datetime(2026, 11, 26, 10), True),
    ]
