"""A definition in one file is no other file's business."""

from datetime import timedelta

from icalendar.timezone import tzp

from meetups.domain.zones import zone
from meetups.imports.reading import read
from tests.conftest import NOW
from tests.imports.files import calendar, event

OUTLOOKS_OWN = "Customized Time Zone"


def defined(offset: str) -> bytes:
    """A file whose clock always stands at one offset, under the name that Outlook gives all of those."""
    lines = (
        "BEGIN:VTIMEZONE", f"TZID:{OUTLOOKS_OWN}", "BEGIN:STANDARD", "DTSTART:16010101T000000",
        f"TZOFFSETFROM:{offset}", f"TZOFFSETTO:{offset}", "END:STANDARD", "END:VTIMEZONE", "",
    )  # fmt: skip
    own = event(f"DTSTART;TZID={OUTLOOKS_OWN}:20261201T100000", start="")
    return calendar(own, head="\r\n".join(lines))


def test_each_file_has_its_own_clock_under_a_name_that_all_use() -> None:
    for offset, hours in (("+0300", 3), ("-0700", -7), ("+0300", 3)):
        (found,) = read(defined(offset), NOW).events
        moved = found.starts.replace(tzinfo=zone(found.zone)).utcoffset()
        assert moved == timedelta(hours=hours)


def test_no_definition_stays_with_the_process() -> None:
    read(defined("+0300"), NOW)
    assert tzp.timezone(OUTLOOKS_OWN) is None
