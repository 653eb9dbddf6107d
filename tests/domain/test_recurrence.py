"""Recurrence against a walk through the calendar that shares no code with it."""

import calendar
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetups.domain.errors import Problem
from meetups.domain.recurrence import Frequency, Rule, expand, first_start, last_start, parse_rule, rrule_value, stored
from meetups.domain.words import rule_words

FIRST = datetime(2026, 12, 1, 10, 0)
ends = st.one_of(
    st.fixed_dictionaries({}),
    st.fixed_dictionaries({"count": st.integers(1, 30)}),
    st.fixed_dictionaries({"until": st.dates(date(2026, 12, 1), date(2028, 12, 1))}),
)
interval = st.integers(1, 12)
rules = st.one_of(
    st.builds(lambda n, e: Rule(Frequency.DAILY, interval=n, **e), interval, ends),
    st.builds(
        lambda n, d, e: Rule(Frequency.WEEKLY, interval=n, weekdays=tuple(d), **e),
        interval,
        st.sets(st.integers(0, 6), min_size=1),
        ends,
    ),
    st.builds(
        lambda n, d, e: Rule(Frequency.MONTHLY, interval=n, month_day=d, **e), interval, st.integers(1, 31), ends
    ),
    st.builds(
        lambda n, w, d, e: Rule(Frequency.MONTHLY, interval=n, nth=w, weekdays=(d,), **e),
        interval,
        st.sampled_from((1, 2, 3, 4, -1)),
        st.integers(0, 6),
        ends,
    ),
)
starts = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(second=0, microsecond=0))


def fits(rule: Rule, start: datetime, day: date) -> bool:
    """Say by looking at the calendar whether a day belongs to a rule that began at `start`."""
    if rule.frequency == Frequency.DAILY:
        return (day - start.date()).days % rule.interval == 0
    if rule.frequency == Frequency.WEEKLY:
        weeks = (day - timedelta(days=day.weekday()) - (start.date() - timedelta(days=start.weekday()))).days // 7
        return weeks % rule.interval == 0 and day.weekday() in rule.weekdays
    months = (day.year - start.year) * 12 + day.month - start.month
    if months % rule.interval:
        return False
    if rule.month_day:
        return day.day == rule.month_day
    same = [
        d
        for d in range(1, calendar.monthrange(day.year, day.month)[1] + 1)
        if date(day.year, day.month, d).weekday() == rule.weekdays[0]
    ]
    return day.day == same[rule.nth if rule.nth == -1 else (rule.nth or 1) - 1]


def walked(rule: Rule, start: datetime, before: datetime) -> list[datetime]:
    found: list[datetime] = []
    at = start
    while at < before and len(found) < (rule.count or 10_000) and at.date() <= (rule.until or date.max):
        if fits(rule, start, at.date()):
            found.append(at)
        at += timedelta(days=1)
    return found


@settings(deadline=None, max_examples=150)
@given(rules, starts)
def test_a_rule_has_the_dates_that_the_calendar_has(rule: Rule, start: datetime) -> None:
    before = start + timedelta(days=900)
    assert expand(rule, start, start, before) == walked(rule, start, before)


@settings(deadline=None, max_examples=100)
@given(rules, starts, st.integers(0, 500), st.integers(0, 300))
def test_a_window_shows_its_part_of_the_whole(rule: Rule, start: datetime, skip: int, days: int) -> None:
    after = start + timedelta(days=skip)
    before = after + timedelta(days=days)
    whole = expand(rule, start, start, before)
    assert expand(rule, start, after, before) == [at for at in whole if at >= after]


@settings(deadline=None, max_examples=100)
@given(rules)
def test_what_is_stored_is_read_back(rule: Rule) -> None:
    assert parse_rule(stored(rule)) == rule


@settings(deadline=None, max_examples=100)
@given(rules, starts)
def test_the_first_start_is_an_instance_and_the_last_is_the_last(rule: Rule, start: datetime) -> None:
    try:
        first = first_start(rule, start)
    except Problem:
        assert walked(rule, start, start + timedelta(days=366 * 8)) == []
        return
    assert fits(rule, start, first.date())
    last = last_start(rule, first)
    if rule.until is None and rule.count is None:
        assert last is None
    elif rule.until:
        assert last == walked(rule, first, datetime(2029, 1, 1))[-1]


@pytest.mark.parametrize(
    "text",
    ["", "FREQ=HOURLY", "FREQ=YEARLY", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;BYDAY=TU;INTERVAL=13", "FREQ=WEEKLY;BYDAY=TU;INTERVAL=0",
     "FREQ=MONTHLY", "FREQ=MONTHLY;BYDAY=5TU", "FREQ=MONTHLY;BYDAY=1TU,2TU", "FREQ=MONTHLY;BYMONTHDAY=0", "FREQ=MONTHLY;BYMONTHDAY=3;BYDAY=1TU",
     "FREQ=DAILY;COUNT=3;UNTIL=20270101", "FREQ=DAILY;COUNT=201", "FREQ=DAILY;BYSETPOS=1", "FREQ=DAILY;BYHOUR=3", "FREQ=DAILY;BYDAY=TU", "FREQ=WEEKLY;BYDAY=1TU", "nonsense"],
)  # fmt: skip
def test_every_other_rule_is_refused_before_it_is_expanded(text: str) -> None:
    with pytest.raises(Problem):
        parse_rule(text)


def test_the_end_is_the_last_instance_in_utc_across_a_change_of_clocks() -> None:
    rule = Rule(Frequency.WEEKLY, weekdays=(1,), until=date(2027, 3, 20))
    assert rrule_value(rule, FIRST, "America/Toronto") == "FREQ=WEEKLY;BYDAY=TU;UNTIL=20270316T140000Z"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule(Frequency.DAILY), "Every day at 10:00"),
        (Rule(Frequency.WEEKLY, weekdays=(1,)), "Every Tuesday at 10:00"),
        (
            Rule(Frequency.WEEKLY, weekdays=(0, 2, 4), interval=2),
            "Every second week on Monday, Wednesday and Friday at 10:00",
        ),
        (Rule(Frequency.MONTHLY, nth=-1, weekdays=(5,)), "The last Saturday of every month at 10:00"),
        (Rule(Frequency.MONTHLY, month_day=31, interval=3), "Day 31 of every third month at 10:00"),
        (Rule(Frequency.DAILY, count=1), "Every day at 10:00, once"),
        (None, "Once, on Tuesday 1 December at 10:00"),
    ],
)
def test_a_rule_is_said_in_words(rule: Rule | None, words: str) -> None:
    assert rule_words(rule, FIRST) == words
