"""What is read of a file, and a zone as files define their own."""

from datetime import datetime

from meetups.domain.recurrence import Frequency, Rule
from meetups.imports.reading import read
from meetups.imports.records import File, Read
from tests.conftest import NOW

TEN = datetime(2026, 12, 1, 10, 0)
WEEKLY = Rule(Frequency.WEEKLY, weekdays=(1,))

DEFINED = (
    "BEGIN:VTIMEZONE\r\nTZID:Our clock\r\nBEGIN:STANDARD\r\nDTSTART:20001105T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\r\n"
    "TZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:20000312T020000\r\n"
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
)


def one(data: bytes) -> Read:
    found = read(data, NOW)
    assert found.refused == []
    assert len(found.events) == 1
    return found.events[0]


def reasons(found: File) -> list[str]:
    return [refused.reason for refused in found.refused]
