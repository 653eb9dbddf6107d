"""Files that are broken, endless or made to hurt: one bad event loses none of the others, and none costs time."""

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetups.domain.errors import Problem
from meetups.imports import blocks, reading, records
from meetups.imports.guesses import plain
from meetups.imports.reading import read
from meetups.imports.settling import settle
from tests.conftest import NOW
from tests.imports.files import calendar, event
from tests.imports.readings import DEFINED, TEN, WEEKLY, one, reasons


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU;BYHOUR=0,1,2,3;BYMINUTE=1,2,3,4;BYSECOND=1,2,3,4",
        "FREQ=YEARLY;BYDAY=SU",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    ],
)
def test_a_bomb_in_a_zone_costs_no_time(rule: str) -> None:
    head = DEFINED.replace("DTSTART:2000", "DTSTART:1601").replace("FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", rule)
    began = time.perf_counter()
    found = read(calendar(event("DTSTART;TZID=Our clock:20261201T100000", start=""), head=head), NOW)
    assert time.perf_counter() - began < 0.2
    assert reasons(found) == ["We do not know its time zone."]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ({"start": "", "lines": ["DTSTART;VALUE=DATE:20261201"]}, reading.ALL_DAY),
        ({"start": ""}, reading.NO_START),
        ({"start": "soon"}, records.UNREADABLE_WHEN),
        ({"rrule": "FREQ=SOMETIMES"}, records.UNREADABLE_WHEN),
        ({"lines": ["EXDATE:never"]}, records.UNREADABLE_WHEN),
        ({"duration": "P2D"}, reading.TOO_LONG),
        ({"duration": "", "dtend": "20261201T090000"}, reading.BACKWARDS),
        ({"status": "CANCELLED"}, records.CANCELLED),
        ({"class": "PRIVATE"}, reading.PRIVATE),
        ({"rrule": "FREQ=SECONDLY"}, "It repeats many times a day."),
        ({"rrule": "FREQ=YEARLY;BYWEEKNO=20"}, "It repeats in a way that we cannot hold."),
        ({"exrule": "FREQ=DAILY"}, reading.EXCEPT_RULE),
    ],
)
def test_what_is_refused_says_why_and_takes_no_other_with_it(written: dict, reason: str) -> None:
    lines = written.get("lines", [])
    bad = event(*lines, **{name: value for name, value in written.items() if name != "lines"})
    found = read(calendar(event(uid="a"), bad.replace("story@", "bad@"), event(uid="b")), NOW)
    assert [each.key[0] for each in found.events] == ["a", "b"]
    assert reasons(found) == [reason]
    assert found.refused[0].summary == "Story time"


def test_an_event_that_is_cut_off_is_refused_and_the_file_is_not_whole() -> None:
    data = calendar(event(uid="a"), event(uid="b"))
    for cut in (data[: data.rindex(b"DURATION")], data.replace(b"END:VEVENT\r\n", b"", 1)):
        found = read(cut, NOW)
        assert reasons(found) == [records.CUT_OFF]
        assert len(found.events) == 1
        assert not found.whole


def test_what_is_no_calendar_says_what_it_is() -> None:
    for data, words in (
        (b"<!DOCTYPE html><title>Sign in</title>", blocks.A_PAGE),
        (b"", blocks.NOT_ONE),
        (b"\0\1", blocks.NOT_ONE),
    ):
        with pytest.raises(Problem, match=words):
            read(data, NOW)


def test_a_line_that_is_none_costs_only_itself() -> None:
    assert one(calendar(event("this is no line", "X-ODD;;=:1"))).title == "Story time"


@pytest.mark.parametrize("zone", ["America/Toronto", "Asia/Tokyo"])
@pytest.mark.parametrize("far", ["00010101T000000Z", "99991231T235959Z", "00010101", "99991231"])
@pytest.mark.parametrize("line", ["DTSTART", "DTEND", "EXDATE", "RDATE", "RECURRENCE-ID"])
def test_the_ends_of_the_calendar_break_nothing(line: str, far: str, zone: str) -> None:
    start = "" if line == "DTSTART" else f"DTSTART;TZID={zone}:20261201T100000"
    value = ";VALUE=DATE" if "T" not in far else ""
    ends = {"duration": ""} if line == "DTEND" else {}
    odd = event(*filter(None, [start, f"{line}{value}:{far}"]), start="", rrule="FREQ=WEEKLY;COUNT=3", **ends)
    found = read(calendar(odd, event(uid="b")), NOW)
    assert [each.key[0] for each in found.events] == ["b"]
    assert len(found.refused) == 1


def test_an_end_at_the_end_of_the_calendar_is_none() -> None:
    found = one(
        calendar(event("DTSTART;TZID=Asia/Tokyo:20261201T100000", start="", rrule="FREQ=WEEKLY;UNTIL=99991231T235959Z"))
    )
    assert found.rules == (WEEKLY,)


def test_what_cannot_be_read_of_lesser_things_costs_only_them() -> None:
    found = one(calendar(event("GEO:here", sequence="first", summary="")))
    assert (found.point, found.starts, found.title) == (None, TEN, "")


@given(st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=4)), max_size=12))
@settings(max_examples=150, deadline=None)
def test_whatever_is_done_to_a_file_it_is_read_or_refused(cuts: list[tuple[int, bytes]]) -> None:
    data = calendar(
        event(
            "GEO:43.6;-79.3", "EXDATE;VALUE=DATE:20261208", rrule="FREQ=MONTHLY;BYDAY=1TU,3TU;UNTIL=20270301T000000Z"
        ),
        event("RECURRENCE-ID;TZID=Our clock:20261215T100000", start="20261216T100000"),
        event("DTSTART;TZID=Our clock:20261201T100000", start="", uid="", description="<p>Songs</p>"),
        head=DEFINED,
    )
    for at, put in cuts:
        data = data[: at % len(data)] + put + data[at % len(data) + 2 :]
    for given_data in (data, ignored(data)):
        try:
            found = read(given_data, NOW)
        except Problem as problem:
            assert problem.message in (blocks.A_PAGE, blocks.NOT_ONE)
            continue
        assert all(refused.reason for refused in found.refused)
        for each in found.events:
            with suppress(Problem):
                assert settle(each, "America/Toronto", NOW)


def ignored(data: bytes) -> bytes:
    """The same without what we do not look at, where it is a calendar at all."""
    try:
        return blocks.reduced(data)
    except Problem:
        return data


def test_more_than_we_read_is_said() -> None:
    found = read(calendar(*(event(uid=str(number)) for number in range(reading.MOST_EVENTS + 3))), NOW)
    assert len(found.events) == reading.MOST_EVENTS
    assert found.refused[0].summary == "3 events more"
    assert not found.whole


@pytest.mark.parametrize(
    "line",
    ["DESCRIPTION:" + "<a " * 100_000, "EXDATE:" + ",".join(["20261208T100000"] * 50_000), "SUMMARY" + ";X=y" * 100_000 + ":a"],
    ids=["open tags", "dates", "parameters"],
)  # fmt: skip
def test_an_event_longer_than_any_is_refused_unread_and_the_others_are_read(line: str) -> None:
    began = time.process_time()
    found = read(calendar(event(line, uid="bomb"), event(uid="story")), NOW)
    assert time.process_time() - began < 1
    assert [one.title for one in found.events] == ["Story time"]
    assert [one.reason for one in found.refused] == ["It is longer than we read."]


def test_tags_without_an_end_cost_no_time() -> None:
    began = time.process_time()
    plain("<a " * 1_000_000)
    assert time.process_time() - began < 1
