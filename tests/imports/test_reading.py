"""Other people's files: what they say is read, however they say it, and nobody in them is kept."""

from datetime import UTC, datetime, timedelta

import pytest

from meetups.domain.zones import to_utc
from meetups.imports import blocks
from meetups.imports.reading import read
from tests.conftest import NOW
from tests.imports.files import HEAD, calendar, event
from tests.imports.readings import DEFINED, TEN, one, reasons


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


def test_a_zone_of_the_files_own_is_the_one_whose_clocks_go_the_same() -> None:
    start = "DTSTART;TZID=Our clock:20261201T100000"
    found = one(calendar(event(start, start=""), head=DEFINED))
    assert found.zone is not None
    assert to_utc(found.starts, found.zone) == datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
    assert reasons(read(calendar(event(start, start="")), NOW)) == ["We do not know its time zone."]


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
