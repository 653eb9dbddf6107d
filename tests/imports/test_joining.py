"""Several events of one UID: versions, dates that are off, moved, or meetups of their own."""

from datetime import datetime

import pytest

from meetups.imports import joining, records
from meetups.imports.reading import read
from tests.conftest import NOW
from tests.imports.files import calendar, event
from tests.imports.readings import WEEKLY, one, reasons


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
