"""What a mail is made of, and that nobody's words become part of its head."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetups.mail import message
from meetups.mail.message import Attachment, Message, UnsafeMessage, build
from tests.conftest import NOW
from tests.mail.outbox_rows import add, row, send
from tests.mail.smtp import Inbox

pytestmark = pytest.mark.one_database

PLAIN = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
}  # fmt: skip
ID = "<aaaaaaaaaaaaaaaaaaaaaa@localhost>"
UNSUBSCRIBE = "https://hello-park.example.org/unsubscribe/" + "WyJhYmNkZWZnaGlqa2xtbm9wcXJzdHUiLCJob3N0X2xpc3QiXQ." * 3
INJECTIONS = [
    "Walk\r\nBcc: evil@example.org",
    "Walk\nBcc: evil@example.org",
    "Walk\rBcc: evil@example.org",
    "=?utf-8?q?Hi=0D=0ABcc=3A_evil=40example=2Eorg?=",
    "=?utf-8?q?Hi=0ABcc=3A_evil=40example=2Eorg?=",
    "=?utf-8?b?SGkNCkJjYzogZXZpbEBleGFtcGxlLm9yZw==?=",
    "=?a=?utf-8?q?x?=?q?Hi=0D=0ABcc=3A_evil=40example=2Eorg?=",
    "=?utf-8?q?Hi=0D=0ATo=3A_evil=40example=2Eorg?=",
    "=?utf-8?q?Hi=0D=0A=0D=0A<b>body</b>?=",
    "Walk\u2028Bcc: evil@example.org",
    "Walk\x00\x0bBcc: evil@example.org",
    "x" * 1000,
]


def test_no_encoded_word_is_longer_than_a_strict_reader_takes(app: Flask) -> None:
    """RFC 2047, section 2: words of 75 characters, in lines of 76."""
    name = "Spielplatztreffen für Mütter und Väter in München-Nordwest und Umgebung"
    was = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(was, mail_from=f"{name} <park@example.org>")
    try:
        sealed = build(Message(f"{name}, {name}", "Hello\n", "<p>Hello</p>"), "ana@example.org", ID, NOW)
    finally:
        app.config["SETTINGS"] = was
    lines = sealed.sealed.decode().split("\r\n\r\n")[0].split("\r\n")
    assert [line for line in lines if "=?" in line and len(line) > 76] == []
    # The standard library's newer reading of a From leaves the space between two encoded words in.
    read = message_from_bytes(sealed.sealed)
    assert str(make_header(decode_header(read["From"]))) == f"{name} <park@example.org>"
    assert str(make_header(decode_header(read["Subject"]))) == f"{name}, {name}"


def written(subject: str = "A walk", **more: object) -> EmailMessage:
    """A message as the reader of a mail program gets it."""
    words = Message(subject, "Hello\n", "<p>Hello</p>", **more)  # type: ignore[arg-type]
    return build(words, "ana@example.org", ID, NOW).read()


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_a_message_has_text_and_html_and_only_our_headers(app: Flask) -> None:
    mail = written("Tomorrow 10:00: Stroller walk")
    assert set(mail.keys()) == PLAIN
    assert (mail["To"], mail["Subject"], mail["Message-ID"]) == ("ana@example.org", "Tomorrow 10:00: Stroller walk", ID)
    assert mail["From"] == app.config["SETTINGS"].mail_from
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_a_long_unsubscribe_address_arrives_in_one_piece(app: Flask) -> None:
    mail = build(Message("A walk", "x\n", "<p>x</p>", unsubscribe=UNSUBSCRIBE), "ana@example.org", ID, NOW)
    # RFC 8058 section 3.1, and what mail programs read: the raw line, not what Python's parser mends.
    assert f"\r\nList-Unsubscribe: <{UNSUBSCRIBE}>\r\n".encode() in mail.sealed
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in mail.sealed


def test_a_calendar_file_is_attached_as_it_is_and_invites_to_nothing(app: Flask) -> None:
    calendar = "BEGIN:VCALENDAR\r\nSUMMARY:Café walk\r\nEND:VCALENDAR\r\n".encode()
    (part,) = written(attachments=(Attachment("meetup.ics", calendar),)).iter_attachments()
    assert part.get_content_type() == "text/calendar" and part.get_filename() == "meetup.ics"
    assert dict(part["Content-Type"].params) == {"charset": "utf-8"}  # no method=
    assert part.get_payload(decode=True) == calendar


def test_words_outside_ascii_arrive_over_a_server_that_takes_seven_bits(app: Flask) -> None:
    words = Message("Спящая прогулка: Zoë’s stroller walk 🌳 " + "long " * 20, "Can’t make it?\n", "<p>Can’t</p>")
    raw = build(words, "ana@example.org", ID, NOW).sealed
    assert max(raw) < 128
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["Subject"] == words.subject.strip()
    assert text_of(mail) == "Can’t make it?\n"


@pytest.mark.parametrize("subject", INJECTIONS)
def test_a_title_adds_no_header_and_no_body(app: Flask, subject: str) -> None:
    mail = written(subject)
    assert sorted(mail.keys()) == sorted(PLAIN)
    assert mail["To"] == "ana@example.org"
    assert text_of(mail) == "Hello\n"
    assert len(mail["Subject"]) <= 160


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["=?", "?=", "utf-8", "?q?", "?b?", "=0D=0A", "\r", "\n", ":", "Bcc", " ", "é", "x"])))
def test_no_mixture_of_encoded_words_adds_a_header(app: Flask, parts: list[str]) -> None:
    mail = written("".join(parts))
    assert sorted(mail.keys()) == sorted(PLAIN)


@pytest.mark.parametrize(
    "subject",
    ["Hi\r\nBcc: evil@x", "Hi\nTo: evil@x", "Hi\rBcc: evil@x", "Hi\r\n\r\n<b>", "long " * 20 + "\r\nBcc: evil@x"],
)
def test_the_finished_message_is_read_again_should_cleaning_ever_miss_something(
    app: Flask, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, subject: str
) -> None:
    monkeypatch.setattr(message, "_subject", lambda text: text)
    with pytest.raises(UnsafeMessage):
        build(Message(subject, "x\n", "<p>x</p>"), "ana@example.org", ID, NOW)
    add(subject=subject)
    assert send(inbox.transport()) == 1
    assert row().state == "failed" and str(row().outcome).startswith("unsafe header") and not inbox.taken
