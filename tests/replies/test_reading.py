"""What is read in a message, and that nothing a stranger sends breaks the reader."""

import quopri
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from meetups.replies.reading import MOST_BYTES, Reply, Why, read
from meetups.rsvps.tokens import Token
from tests.conftest import NOW
from tests.replies.conftest import REPLY_TO, Program
from tests.replies.samples import PROGRAMS, Invite, apple, exchange, gmail, lines, outlook_com

TOKEN = Token(12, "abcdefghijklmnopqrstuvwx23")
OWN = f"rsvp+12-{TOKEN.signature}@park.example"
STARTS = datetime(2026, 12, 1, 10, 0, tzinfo=ZoneInfo("America/Toronto"))
INVITE = Invite("date-AbC@park.example", OWN, "ana@home.example", STARTS, 3)
EXPECTED = Reply(TOKEN, INVITE.uid, INVITE.guest, "ACCEPTED", NOW, 3, STARTS.astimezone(UTC))


@pytest.mark.parametrize("write", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_every_program_says_the_same(write: Program) -> None:
    assert read(write(INVITE, "ACCEPTED", NOW), REPLY_TO) == EXPECTED


@pytest.mark.parametrize(
    "headers",
    [
        f"To: undisclosed\r\nCc: a@b.example, Park <{OWN}>",
        f"To: rsvp@park.example\r\nDelivered-To: {OWN}",
        f"To: rsvp@park.example\r\nX-Original-To: {OWN.upper()}",
        f"To: =?utf-8?q?Hello_Park?=\r\n <{OWN}>",
    ],
)
def test_the_token_is_found_wherever_mail_servers_leave_it(headers: str) -> None:
    raw = outlook_com(INVITE, "ACCEPTED", NOW).replace(f'To: "Hello Park" <{OWN}>'.encode(), headers.encode())
    assert headers.encode() in raw and read(raw, REPLY_TO) == EXPECTED


def test_the_token_is_found_in_the_envelope_and_last_in_the_organizer() -> None:
    elsewhere = {"To: Hello Park <" + OWN: "To: Hello Park <rsvp@park.example"}
    ((old, new),) = elsewhere.items()
    with_organizer = gmail(INVITE, "ACCEPTED", NOW).replace(old.encode(), new.encode())
    assert read(with_organizer, REPLY_TO) == EXPECTED
    without = outlook_com(INVITE, "ACCEPTED", NOW).replace(OWN.encode(), b"rsvp@park.example")
    assert read(without, REPLY_TO) == Why.NO_TOKEN
    assert read(without, REPLY_TO, rcpt="RSVP+12-" + TOKEN.signature.upper() + "@Park.Example") == EXPECTED
    other = Token(99, "b" * 26)
    assert read(with_organizer, REPLY_TO, rcpt=f"rsvp+99-{other.signature}@park.example") == replace(
        EXPECTED, token=other
    )


@pytest.mark.parametrize(
    "address",
    [
        "rsvp@park.example",
        "rsvp+12@park.example",
        f"rsvp+12-{TOKEN.signature}x@park.example",
        f"rsvp+12-{TOKEN.signature[:-1]}@park.example",
        f"rsvp+12345678901-{TOKEN.signature}@park.example",
        f"xrsvp+12-{TOKEN.signature}@park.example",
        f"rsvp+12-{TOKEN.signature}@park.example.evil.example",
        f"rsvp+12-{TOKEN.signature}@parkxexample",
        f"rsvp+１２-{TOKEN.signature}@park.example",
    ],
)
def test_what_only_looks_like_an_address_of_ours_is_none(address: str) -> None:
    raw = gmail(replace(INVITE, organizer=address), "ACCEPTED", NOW)
    assert read(raw, REPLY_TO, rcpt=address) == Why.NO_TOKEN


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: Auto-Replied; owner-email=ana@home.example",
        "Auto-submitted: auto-notified",
        "Precedence: bulk",
        "Precedence: auto_reply",
        "Precedence: Junk",
        "X-Autoreply: yes",
        "X-Autorespond: out of office",
        "Return-Path: <>",
    ],
)
def test_what_answers_by_itself_changes_nothing(header: str) -> None:
    raw = outlook_com(INVITE, "ACCEPTED", NOW)
    assert read(header.encode() + b"\r\n" + raw, REPLY_TO) == Why.AUTOMATIC


@pytest.mark.parametrize("header", ["Auto-Submitted: no", "Precedence: normal", "Return-Path: <ana@home.example>"])
def test_what_somebody_has_tapped_counts(header: str) -> None:
    raw = outlook_com(INVITE, "ACCEPTED", NOW)
    assert read(header.encode() + b"\r\n" + raw, REPLY_TO) == EXPECTED


def test_a_bounce_changes_nothing_even_with_our_own_invitation_in_it() -> None:
    for sender in ("", "<>", "MAILER-DAEMON"):
        assert read(gmail(INVITE, "ACCEPTED", NOW), REPLY_TO, sender=sender) == Why.AUTOMATIC
    report = lines(
        f"To: {OWN}", 'Content-Type: multipart/report; report-type=delivery-status; boundary="r"', "", "--r", ""
    )
    assert read(report + gmail(INVITE, "ACCEPTED", NOW), REPLY_TO) == Why.AUTOMATIC


@pytest.mark.parametrize("method", ["COUNTER", "REQUEST", "CANCEL", "PUBLISH", "REFRESH", ""])
def test_only_a_reply_is_one(method: str) -> None:
    raw = gmail(INVITE, "ACCEPTED", NOW).partition(b"--mixed\r\nContent-Type: application/ics")[0]
    raw = raw.replace(b"METHOD:REPLY", f"METHOD:{method}".encode()).replace(
        b"method=REPLY", f"method={method}".encode()
    )
    assert read(raw, REPLY_TO) == (Why.NO_ANSWER if method == "COUNTER" else Why.NO_REPLY)


def test_a_broken_first_part_hides_no_second() -> None:
    raw = gmail(INVITE, "ACCEPTED", NOW)
    broken = raw.replace(b"\r\nBEGIN:VEVENT", b"\r\nEND:VEVENT", 1)
    assert broken != raw and read(broken, REPLY_TO) == EXPECTED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\r\nDTSTAMP:20261124T130000Z", b""),
        (b"DTSTAMP:20261124T130000Z", b"DTSTAMP:yesterday"),
        (b"DTSTAMP:20261124T130000Z", b"DTSTAMP:20261124T130000"),
        (b"DTSTAMP:20261124T130000Z", b"DTSTAMP;VALUE=DATE:20261124"),
        (b"SEQUENCE:3", b"ATTENDEE;PARTSTAT=3DACCEPTED:mailto:b@home.example"),
        (b"\r\nUID:date-AbC@park.example", b""),
    ],
)
def test_a_reply_without_what_it_needs_is_no_answer(old: bytes, new: bytes) -> None:
    raw = apple(INVITE, "ACCEPTED", NOW)
    assert old in raw and read(raw.replace(old, new), REPLY_TO) == Why.NO_ANSWER


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        (b"\r\nSEQUENCE:3", b"", {"sequence": None}),
        (b"SEQUENCE:3", b"SEQUENCE:three", {"sequence": None}),
        (b"DTSTART;TZID=3DAmerica/Toronto:20261201T100000", b"DTSTART:20261201T100000", {"starts": None}),
        (b"DTSTART;TZID=3DAmerica/Toronto:20261201T100000", b"DTSTART;TZID=3DMoon:20261201T100000", {"starts": None}),
        (b"PARTSTAT=3DACCEPTED", b"PARTSTAT=3Ddeclined", {"partstat": "DECLINED"}),
    ],
)
def test_what_a_reply_may_leave_out_is_not_missed(old: bytes, new: bytes, changed: dict[str, object]) -> None:
    raw = apple(INVITE, "ACCEPTED", NOW).replace(b"=\r\n", b"").replace(b"=\n", b"")
    assert old in raw
    assert read(raw.replace(old, new), REPLY_TO) == replace(EXPECTED, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("charset", ["utf-8", "us-ascii", "x-unknown", "utf-16", '"'])
def test_what_is_not_in_the_charset_that_it_names_is_read_all_the_same(charset: str) -> None:
    raw = exchange(INVITE, "ACCEPTED", NOW).replace(b'charset="iso-8859-1"', f"charset={charset}".encode())
    found = read(raw, REPLY_TO)
    assert found == EXPECTED or (charset == "utf-16" and isinstance(found, Why))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe" * 100,
        b"Yes, I come!\r\n",
        lines(f"To: {OWN}", "Subject: Yes", "", "See you there"),
        lines(f"To: {OWN}", "Content-Type: text/calendar; method=REPLY", "", "BEGIN:VCALENDAR"),
        lines(
            f"To: {OWN}", "Content-Type: text/calendar; method=REPLY", "Content-Transfer-Encoding: base64", "", "%%%"
        ),
        lines(
            f"To: {OWN}",
            "Content-Type: text/calendar; method=REPLY",
            "",
            "BEGIN:VCALENDAR",
            "METHOD:REPLY",
            "END:VCALENDAR",
        ),
    ],
)
def test_what_has_no_reply_in_it_is_none(raw: bytes) -> None:
    assert read(raw, REPLY_TO) == Why.NO_REPLY


def test_a_message_within_ten_thousand_others_is_not_read() -> None:
    nested = b"".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n'.encode() for n in range(5000))
    assert isinstance(read(nested, REPLY_TO), Why)


def test_a_message_that_is_too_large_is_not_read() -> None:
    raw = gmail(INVITE, "ACCEPTED", NOW)
    assert read(raw + b" " * (MOST_BYTES - len(raw)), REPLY_TO) == EXPECTED
    assert read(raw + b" " * (MOST_BYTES - len(raw) + 1), REPLY_TO) == Why.TOO_LARGE


def test_rules_that_strangers_write_for_zones_are_neither_followed_nor_kept() -> None:
    zone = lines(
        "BEGIN:VTIMEZONE", "TZID:Moon", "BEGIN:STANDARD", "DTSTART:16010101T000000", "RRULE:FREQ=SECONDLY",
        "TZOFFSETFROM:-0500", "TZOFFSETTO:+1200", "END:STANDARD", "END:VTIMEZONE", "BEGIN:VEVENT",
    )  # fmt: skip
    raw = apple(INVITE, "ACCEPTED", NOW).replace(b"BEGIN:VEVENT\r\n", zone).replace(b"America/Toronto", b"Moon")
    assert read(raw, REPLY_TO) == replace(EXPECTED, starts=None)
    parsed = Calendar.from_ical(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;TZID=Moon:20261201T100000\r\nEND:VEVENT\r\nEND:VCALENDAR"
    )
    assert parsed.walk("VEVENT")[0]["DTSTART"].dt.tzinfo is None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    assert isinstance(read(raw, REPLY_TO), Why)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(PROGRAMS.values())), st.data())
def test_no_damage_to_a_reply_breaks_the_reader(write: Program, data: st.DataObject) -> None:
    raw = bytearray(write(INVITE, "ACCEPTED", NOW))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=12))
    found = read(bytes(raw), REPLY_TO)
    assert isinstance(found, Why | Reply) and found is not Why.UNREADABLE


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([
    "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "METHOD:REPLY", "UID:x", "DTSTAMP:20261124T130000Z",
    "DTSTART;TZID=:x", "DTSTART;TZID=Moon:20261201T100000", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b", "ATTENDEE:", "ORGANIZER;:",
    "SEQUENCE:-1", "SEQUENCE:99999999999999999999", "RRULE:FREQ=X", "BEGIN:VTIMEZONE", "END:VTIMEZONE", "TZID:Moon",
    "TZOFFSETTO:x", "BEGIN:STANDARD", "END:STANDARD", ";", ":", " folded", "DTSTAMP:99999999T999999Z", "\x00",
])))  # fmt: skip
def test_no_mixture_of_lines_breaks_the_reader(mixed: list[str]) -> None:
    raw = lines(f"To: {OWN}", "Content-Type: text/calendar; method=REPLY", "", *mixed)
    assert read(raw, REPLY_TO) is not Why.UNREADABLE


def test_the_samples_are_what_they_say() -> None:
    assert b"ORGANIZER" not in quopri.decodestring(outlook_com(INVITE, "ACCEPTED", NOW))
    assert b"Auto-Submitted: auto-generated" in gmail(INVITE, "ACCEPTED", NOW)
    assert b"method=reply" in apple(INVITE, "ACCEPTED", NOW)
    assert b"text/calendar" not in exchange(INVITE, "ACCEPTED", NOW)
