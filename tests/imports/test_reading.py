"""Other people's files: every oddity is read or refused in plain words, and one bad event loses none of the others."""

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetups.domain.errors import Problem
from meetups.domain.recurrence import Frequency, Rule
from meetups.domain.zones import to_utc
from meetups.imports import blocks, joining, reading, records
from meetups.imports.guesses import plain
from meetups.imports.reading import read
from meetups.imports.records import File, Read
from meetups.imports.settling import settle
from tests.conftest import NOW
from tests.imports.files import HEAD, calendar, event

TEN = datetime(2026, 12, 1, 10, 0)
WEEKLY = Rule(Frequency.WEEKLY, weekdays=(1,))


def one(data: bytes) -> Read:
    found = read(data, NOW)
    assert found.refused == []
    assert len(found.events) == 1
    return found.events[0]


def reasons(found: File) -> list[str]:
    return [refused.reason for refused in found.refused]


def test_an_event_is_read_with_its_words_its_time_and_its_place() -> None:
    found = one(
        calendar(
            event("GEO:43.68;-79.34", location="Pape Library\\, 701 Pape Ave", description="Songs.\\nBring a mat.")
        )
    )
    assert (found.title, found.note, found.where) == (
        "Story time",
        "Songs.\nBring a mat.",
        "Pape Library, 701 Pape Ave",
    )
    assert (found.starts, found.zone, found.duration, found.key) == (TEN, None, 60, ("story@library", ""))
    assert found.point is not None
    assert found.point.lat == 43.68


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b"\r\n", b"\n"),
        lambda data: data.replace(b"\r\n", b"\r"),
        lambda data: data.replace(b"\r\n", b"\r\n\r\n"),
        lambda data: b"\r\n\r\n" + data + b"\r\n\r\n",
        lambda data: data.decode().encode("latin-1"),
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.replace(b"BEGIN:VEVENT", b"begin:vevent").replace(b"END:VEVENT", b"End:VEvent"),
        lambda data: data + data.replace(b"story@", b"other@").replace(b"20261201", b"20261202"),
    ],
    ids=["bom", "lf", "cr", "blank lines", "blank ends", "latin-1", "utf-16", "case", "two calendars"],
)
def test_files_are_read_however_they_are_written(change) -> None:
    found = read(change(calendar(event(summary="Café des bébés"))), NOW)
    assert found.refused == []
    assert {each.title for each in found.events} == {"Café des bébés"}
    assert found.whole


def test_a_missing_uid_is_made_of_what_the_event_is() -> None:
    first, again = (one(calendar(event(uid=""))).key for _ in range(2))
    assert first == again
    assert first != one(calendar(event(uid="", summary="Other"))).key


@pytest.mark.parametrize(
    ("lines", "minutes"),
    [
        ({"duration": ""}, 60),
        ({"duration": "PT0S"}, 60),
        ({"duration": "", "dtend": "20261201T113000"}, 90),
        ({"duration": "", "dtend": "20261201T163000Z", "start": "20261201T150000Z"}, 90),
    ],
)
def test_how_long_it_lasts(lines: dict[str, str], minutes: int) -> None:
    assert one(calendar(event(**lines))).duration == minutes


@pytest.mark.parametrize(
    "start",
    [
        "DTSTART;TZID=America/Toronto:20261201T100000",
        'DTSTART;TZID="Eastern Standard Time":20261201T100000',
        "DTSTART;TZID=/freeassociation.sourceforge.net/America/Toronto:20261201T100000",
    ],
)
def test_zones_by_iana_by_windows_and_by_path(start: str) -> None:
    found = one(calendar(event(start, start="")))
    assert (found.starts, found.zone) == (TEN, "America/New_York" if "Eastern" in start else "America/Toronto")


DEFINED = (
    "BEGIN:VTIMEZONE\r\nTZID:Our clock\r\nBEGIN:STANDARD\r\nDTSTART:20001105T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\r\n"
    "TZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:20000312T020000\r\n"
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
)


def test_a_zone_of_the_files_own_is_the_one_whose_clocks_go_the_same() -> None:
    start = "DTSTART;TZID=Our clock:20261201T100000"
    found = one(calendar(event(start, start=""), head=DEFINED))
    assert found.zone is not None
    assert to_utc(found.starts, found.zone) == datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
    assert reasons(read(calendar(event(start, start="")), NOW)) == ["We do not know its time zone."]


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


def test_the_zone_of_the_whole_file_holds_for_times_without_one_and_for_utc() -> None:
    head = "X-WR-TIMEZONE:America/Toronto\r\n"
    for start in ("20261201T100000", "20261201T150000Z"):
        found = one(calendar(event(start=start), head=head))
        assert (found.starts, found.zone) == (TEN, "America/Toronto")
    # Seven in the evening is another day in UTC, and the rule names that day: it is left as it stands.
    late = one(calendar(event(start="20261202T000000Z", rrule="FREQ=WEEKLY;BYDAY=WE"), head=head))
    assert late.zone == "UTC"


def test_html_becomes_text() -> None:
    html = "<p>Songs &amp\\; <b>rhymes</b></p><ul><li>A mat</li><li>A snack</li></ul><script>bad()</script>"
    assert one(calendar(event(description=html))).note == "Songs & rhymes\n\nA mat\nA snack"


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


def test_of_several_versions_the_last_stands_and_of_one_uid_for_all_each_stands() -> None:
    versions = read(calendar(event(sequence="1", summary="Old"), event(sequence="2", summary="New")), NOW)
    assert [each.title for each in versions.events] == ["New"]
    several = read(calendar(event(), event(start="20261202T100000")), NOW)
    assert [each.key for each in several.events] == [
        ("story@library", "2026-12-01T10:00:00"),
        ("story@library", "2026-12-02T10:00:00"),
    ]


def test_dates_left_out_moved_and_cancelled() -> None:
    found = one(
        calendar(
            event(
                "DTSTART;TZID=America/Toronto:20261201T100000",
                "EXDATE;VALUE=DATE:20261208",
                start="",
                rrule="FREQ=WEEKLY",
            ),
            # By the clock of UTC, an hour later.
            event("RECURRENCE-ID:20261215T150000Z", "DTSTART;TZID=America/Toronto:20261215T110000", start=""),
            event("RECURRENCE-ID;TZID=America/Toronto:20261222T100000", status="CANCELLED"),
        )
    )
    assert found.rules == (WEEKLY,)
    assert found.changes == (
        (datetime(2026, 12, 8, 10), None),
        (datetime(2026, 12, 15, 10), datetime(2026, 12, 15, 11)),
        (datetime(2026, 12, 22, 10), None),
    )


def test_a_date_with_a_name_of_its_own_is_a_meetup_of_its_own() -> None:
    found = read(
        calendar(
            event(rrule="FREQ=WEEKLY"),
            event("RECURRENCE-ID:20261208T100000", summary="Santa reads", start="20261208T100000"),
        ),
        NOW,
    )
    series, santa = found.events[1], found.events[0]
    assert (santa.title, santa.key, santa.rules) == ("Santa reads", ("story@library", "2026-12-08T10:00:00"), ())
    assert series.changes == ((datetime(2026, 12, 8, 10), None),)


@pytest.mark.parametrize(
    ("change", "off"),
    [
        ({"class": "PRIVATE"}, True),
        ({"duration": "P3D"}, True),
        ({"duration": "-PT1H"}, True),
        ({"start": "soon"}, False),
    ],
)
def test_a_date_that_is_changed_into_what_we_refuse_is_off_and_one_we_cannot_read_stands(
    change: dict[str, str], off: bool
) -> None:
    found = read(calendar(event(rrule="FREQ=WEEKLY"), event("RECURRENCE-ID:20261208T100000", **change)), NOW)
    (series,) = found.events
    assert series.changes == (((datetime(2026, 12, 8, 10), None),) if off else ())
    assert len([refused for refused in found.refused if refused.reason != records.CANCELLED]) == 1


def test_a_change_for_all_dates_after_refuses_the_series() -> None:
    found = read(calendar(event(rrule="FREQ=WEEKLY"), event("RECURRENCE-ID;RANGE=THISANDFUTURE:20261208T100000")), NOW)
    assert (found.events, reasons(found)) == ([], [joining.FROM_HERE_ON])


def test_more_than_we_read_is_said() -> None:
    found = read(calendar(*(event(uid=str(number)) for number in range(reading.MOST_EVENTS + 3))), NOW)
    assert len(found.events) == reading.MOST_EVENTS
    assert found.refused[0].summary == "3 events more"
    assert not found.whole


def test_nobody_in_the_file_is_kept() -> None:
    people = (
        "ORGANIZER;CN=Ann Smith:mailto:ann@example.org",
        "ATTENDEE:mailto:bo@example.org",
        "CONTACT:Cy\\, 416 555 0100",
        "X-WHO:Di",
    )
    folded = "ATTENDEE;CN=Somebody with a very long name:mailto:somebody\r\n @example.org"
    alarm = "BEGIN:VALARM\r\nDESCRIPTION:Wake Ed\r\nTRIGGER:-PT5M\r\nEND:VALARM"
    kept = blocks.reduced(calendar(event(*people, folded, alarm, description="Songs")))
    for name in (b"nn", b"bo@", b"Cy", b"Di", b"@example.org", b"Somebody", b"Ed"):
        assert name not in kept
    assert one(kept) == one(calendar(event(description="Songs")))


def test_a_reduced_file_reads_as_the_whole_one() -> None:
    data = calendar(
        event("DTSTART;TZID=Our clock:20261201T100000", start="", rrule="FREQ=WEEKLY"),
        head=DEFINED + "X-WR-TIMEZONE:Europe/Paris\r\n",
    )
    assert read(blocks.reduced(data), NOW) == read(data, NOW)
    cut = data[: data.rindex(b"DURATION")]
    assert read(blocks.reduced(cut), NOW).whole is False


def test_reading_has_no_clock_of_its_own() -> None:
    data = (HEAD + event() + "END:VCALENDAR").encode()
    assert read(data, NOW) == read(data, datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=1))


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
