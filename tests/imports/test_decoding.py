"""The bytes of a file: one that is wrong spoils no other text."""

import pytest

from meetups.imports.blocks import reduced
from meetups.imports.reading import read
from tests.conftest import NOW
from tests.imports.files import calendar, event

TITLES = ["Café des bébés", "Odd", "Märchenstunde"]


def titles(data: bytes) -> list[str]:
    found = read(data, NOW)
    assert found.refused == []
    assert read(reduced(data), NOW).events == found.events
    return [one.title for one in found.events]


def with_odd(odd: bytes, encoding: str = "utf-8") -> bytes:
    three = (event(uid=title, summary=title) for title in TITLES)
    return calendar(*three).decode().encode(encoding).replace(b"SUMMARY:Odd", b"SUMMARY:Odd" + odd)


@pytest.mark.parametrize(
    ("odd", "read_as"),
    [
        (b" \xe9", " \ufffd"),
        (b" \xc3", " \ufffd"),
        (b" \xff\xfe", " \ufffd\ufffd"),
        (b" \xed\xa0\xbd", " \ufffd"),
        (b" \xed\xa0\xbd\xed\xb1\xb6", " \U0001f476"),
        (b" \xc3\r\n \xa9t\xc3\xa9", " été"),
        (b" \xf0\x9f\n \x91\xb6", " \U0001f476"),
    ],
    ids=["latin-1", "cut off", "no utf-8", "half an emoji", "two halves", "folded in a letter", "folded in an emoji"],
)
def test_a_wrong_byte_spoils_no_other_text(odd: bytes, read_as: str) -> None:
    assert titles(with_odd(odd)) == [TITLES[0], "Odd" + read_as, TITLES[2]]


def test_with_a_bom_and_a_wrong_byte_it_is_utf_8_too() -> None:
    assert titles(b"\xef\xbb\xbf" + with_odd(b" \xe9")) == [TITLES[0], "Odd \ufffd", TITLES[2]]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_what_is_latin_1_is_read_so(encoding: str) -> None:
    assert titles(with_odd(" à côté \xa0".encode(encoding), encoding)) == [TITLES[0], "Odd à côté", TITLES[2]]


def test_windows_quotes_in_a_file_that_is_ascii_otherwise() -> None:
    assert titles(calendar(event(summary="Q")).replace(b"Q", b"\x93Q\x94 \x96 it\x92s")) == ["“Q” – it’s"]
