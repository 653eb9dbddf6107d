"""The mailbox page: what would have been sent, in development and nowhere else."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.config import Settings
from meetups.extensions import db
from meetups.mail import outbox
from meetups.mail.composers import composer
from meetups.mail.message import Attachment, Drop, Message, render
from meetups.mail.models import MailboxMessage, OutboxMail
from meetups.mail.transport import from_settings
from tests.conftest import NOW
from tests.mail.outbox_rows import send

CALENDAR = "BEGIN:VCALENDAR\r\nSUMMARY:Café walk\r\nEND:VCALENDAR\r\n".encode()
LINK = "http://localhost/signin/link/abc"


@composer("tests_mailbox")
def with_calendar(mail: OutboxMail, _now: object) -> Message | Drop:
    """Write a mail from real templates, with a file and words that want to be markup."""
    words = render("code", code="123456", link=LINK, held=None)
    return Message(mail.data["subject"], words[1] + "<b>text</b>\n", words[2], (Attachment("meetup.ics", CALENDAR),))


@pytest.fixture
def message_id(app: Flask) -> int:
    """The id of a message in the mailbox, put there as the worker puts it."""
    for number, subject in enumerate(("An older one", "<i>Tomorrow</i> 10:00")):
        rcpt, key = f"ana{number}@example.org", f"tests_mailbox:{number}"
        outbox.enqueue("tests_mailbox", rcpt, {"subject": subject}, dedupe_key=key, due=NOW, now=NOW)
    db.session.commit()
    assert send(from_settings(app.config["SETTINGS"])) == 2
    newest = db.session.scalars(select(MailboxMessage.id).order_by(MailboxMessage.id.desc())).first()
    db.session.rollback()
    assert newest is not None
    return newest


def page(client: FlaskClient, path: str) -> BeautifulSoup:
    answer = client.get(path)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def test_an_empty_mailbox_says_so(client: FlaskClient) -> None:
    assert "Nothing yet" in client.get("/mailbox").text


def test_the_newest_message_comes_first(client: FlaskClient, message_id: int) -> None:
    links = page(client, "/mailbox").select("main li a[href^='/mailbox/']")
    assert [link.span.find(string=True, recursive=False) for link in links] == ["<i>Tomorrow</i> 10:00", "An older one"]
    assert links[0]["href"] == f"/mailbox/{message_id}"
    assert "ana1@example.org" in links[0].text


def test_a_message_shows_its_text_with_links_that_stay_on_the_site(client: FlaskClient, message_id: int) -> None:
    shown = page(client, f"/mailbox/{message_id}")
    assert shown.h1 and shown.h1.text == "<i>Tomorrow</i> 10:00"
    assert shown.pre and "123456" in shown.pre.text and "<b>text</b>" in shown.pre.text
    assert [link["href"] for link in shown.pre.select("a")] == ["/signin/link/abc"]
    assert shown.pre.a and shown.pre.a.text == LINK


def test_the_html_stands_in_a_frame_that_runs_nothing(client: FlaskClient, message_id: int) -> None:
    frame = page(client, f"/mailbox/{message_id}").iframe
    assert frame and "allow-scripts" not in frame["sandbox"] and "allow-same-origin" not in frame["sandbox"]
    answer = client.get(str(frame["src"]))
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy and "sandbox" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    body = BeautifulSoup(answer.text, "html.parser")
    button = body.select_one("a.button")
    assert button and button["href"] == "/signin/link/abc"
    assert body.base and body.base["target"] == "_top"


def test_files_are_listed_and_come_as_they_were_attached(client: FlaskClient, message_id: int) -> None:
    link = page(client, f"/mailbox/{message_id}").select_one("a[href$='/0']")
    assert link and link.text.strip() == "meetup.ics"
    answer = client.get(str(link["href"]))
    assert (answer.data, answer.mimetype) == (CALENDAR, "text/calendar")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="meetup.ics"'
    assert client.get(f"/mailbox/{message_id}/1").status_code == 404


def test_a_message_that_never_was_is_not_found(client: FlaskClient, message_id: int) -> None:
    assert client.get(f"/mailbox/{message_id + 1}").status_code == 404


@pytest.fixture(params=[{"public_url": "https://hello-park.example.org"}, {"mail_url": "smtp://127.0.0.1:25"}])
def elsewhere(app: Flask, message_id: int, request: pytest.FixtureRequest) -> Iterator[FlaskClient]:
    """The same site with production's settings, or with a mail server."""
    before: Settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(before, **request.param)
    yield app.test_client()
    app.config["SETTINGS"] = before


def test_in_production_and_beside_a_mail_server_there_is_no_mailbox(elsewhere: FlaskClient, message_id: int) -> None:
    parts = ("", f"/{message_id}", f"/{message_id}/html", f"/{message_id}/0")
    assert [elsewhere.get(f"/mailbox{part}").status_code for part in parts] == [404] * 4
