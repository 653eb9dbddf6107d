"""What holds for every mail, whatever it tells: how it looks and reads, and that its links work signed out."""

import re
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from meetups.accounts.models import Member
from meetups.domain.mails import KINDS as CHOICES
from meetups.events import editing, undo
from meetups.events.scopes import draft_of
from meetups.extensions import db
from meetups.mail import commands, writing
from meetups.mail.composers import _COMPOSERS
from meetups.mail.message import FinishedMail, Message, build
from meetups.mail.mime import LINE
from tests.conftest import NOW
from tests.events.drafts import dates_of
from tests.mail.by_library import by_library, outline
from tests.mail.kinds import HOUR, KINDS, MINUTE, SPOT, STORIES, Town, body, mail_of

pytestmark = pytest.mark.one_database

SITE = "http://localhost/"
LINK = re.compile(r"https?://\S+")
# They ask for no answer to a date.
ASK_NOTHING = {"cancelled", "code", "host_list", "host_news", "test", "weekly"} | {
    template for kind in ("asked", "baton", "hosting", "places", "wishes") for template in CHOICES[kind].templates
}
# Where one is signed in only; others sign in first.
HERS = ("/every-time", "/calendar")
# They have no composer of their own.
OF_OTHERS = {"test", "together", "who"}
# What a mail program may show of a mail on a locked screen.
PREVIEW = 150


@pytest.fixture
def town(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], reply_to="rsvp@park.example"))
    return Town()


def links(text: str, html: BeautifulSoup) -> list[str]:
    return [*LINK.findall(text), *(link["href"] for link in html.select("a"))]


def test_no_kind_is_forgotten(app: Flask) -> None:
    assert set(STORIES) == set(KINDS)
    assert {name for name in _COMPOSERS if not name.startswith("tests_")} == set(KINDS) - OF_OTHERS


Built = list[tuple[FinishedMail, EmailMessage]]


@pytest.fixture
def built(town: Town, monkeypatch: pytest.MonkeyPatch) -> Built:
    """Each mail as it is sent, and as the library writes it."""
    found: Built = []

    def both(words: Message, rcpt: str, message_id: str, now: datetime) -> FinishedMail:
        found.append((build(words, rcpt, message_id, now), by_library(words, rcpt, message_id, now)))
        return found[-1][0]

    for sender in (writing, commands):
        monkeypatch.setattr(sender, "build", both)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_it_reads_well_anywhere(town: Town, built: Built, kind: str) -> None:
    mail = mail_of(kind, town)
    _reads_well(mail)
    _is_what_the_library_writes(built)
    _shows_something_on_a_locked_screen_and_never_the_spot(mail, kind)


def _reads_well(mail: EmailMessage) -> None:
    text, html = body(mail, "plain"), BeautifulSoup(body(mail, "html"), "html.parser")
    parts = [part.get_content_type() for part in mail.walk() if part.get_content_maintype() == "text"]
    assert parts[:2] == ["text/plain", "text/html"], "the richest last (RFC 2046, 5.1.4)"
    _looks_right(html)
    _asks_nobody(html)
    hrefs = [link["href"] for link in html.select("a")]
    assert hrefs and all(href.startswith(SITE) for href in hrefs)
    for link in LINK.findall(text):
        assert link in text.split("\n"), "an address stands alone on its line"
    assert set(hrefs) == set(LINK.findall(text))
    assert all(len(link) < 200 for link in hrefs)


def _looks_right(html: BeautifulSoup) -> None:
    assert html.html and html.html["lang"] == "en"
    assert html.select_one("meta[name=color-scheme]")["content"] == "light dark"
    assert "prefers-color-scheme:dark" in html.style.text
    assert len(html.select("a.button")) == 1 and html.select_one("table.tap td[bgcolor] a.button")


def _asks_nobody(html: BeautifulSoup) -> None:
    loads = "img, link, script, iframe, object, embed, video, audio, source, form, input, base, [src], [srcset], [background]"
    assert html.select(loads) == []
    assert not re.search(r"url\(|@import|expression\(", str(html))


def _is_what_the_library_writes(built: Built) -> None:
    assert built
    for ours, theirs in built:
        assert outline(ours.read()) == outline(theirs)
        assert max(ours.sealed) < 128
        lines = [line for line in ours.sealed.split(b"\r\n") if not line.startswith(b"List-Unsubscribe: ")]
        assert max(map(len, lines)) <= LINE and not any({10, 13} & set(line) for line in lines)
        # What a relay may strip or take for the end is not there.
        assert not any(line.endswith((b" ", b"\t")) or line == b"." for line in lines)


def _shows_something_on_a_locked_screen_and_never_the_spot(mail: EmailMessage, kind: str) -> None:
    html = BeautifulSoup(body(mail, "html"), "html.parser")
    preheader = html.select_one("body > .preheader:first-child")
    assert preheader and "display:none" in preheader["style"]
    said = preheader.text.rstrip("\u034f\u200c\xa0")
    assert 20 <= len(said) <= 130 and said not in str(mail["Subject"])
    assert len(preheader.text) > PREVIEW, "what follows stays out of the line"
    for shown in (str(mail["Subject"]), preheader.text, body(mail, "plain")[:PREVIEW]):
        assert SPOT not in shown and "\n\n\n" not in shown
    if kind in ("youre_in", "promoted", "day_before", "two_hours", "together", "standing"):
        assert SPOT in body(mail, "plain") and SPOT in html.text


@pytest.mark.parametrize("kind", KINDS)
def test_each_link_works_signed_out_and_the_answering_ones_answer(app: Flask, town: Town, kind: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    mail = mail_of(kind, town)
    text, html = body(mail, "plain"), BeautifulSoup(body(mail, "html"), "html.parser")
    browser, answering = app.test_client(use_cookies=False), set()
    for link in dict.fromkeys(links(text, html)):
        path = link.removeprefix(SITE.rstrip("/"))
        page = browser.get(path, follow_redirects=not path.endswith(HERS))
        if path.endswith(HERS):
            assert page.status_code == 302 and page.location.startswith("/signin?next="), link
            continue
        assert page.status_code == 200 and page.request.path != "/signin", link
        if path.startswith("/answer/"):
            answering.add(path)
            main = BeautifulSoup(page.text, "html.parser").main
            # Of dates that stand as she has said, no button is the main one.
            button = main.select_one("form button.primary") or main.select_one("form button")
            hidden = button.find_parent("form").select("input[type=hidden]")
            sent = {button["name"]: button["value"]} | {each["name"]: each["value"] for each in hidden}
            assert browser.post(path, data=sent).status_code == 303
            assert button.text not in [
                each.text for each in BeautifulSoup(browser.get(path).text, "html.parser").select("main button")[:1]
            ]
            browser.post(path, data=sent | {"answer": "maybe"})
    assert bool(answering) == (kind not in ASK_NOTHING)


@pytest.mark.parametrize("kind", KINDS)
def test_one_click_ends_its_kind_and_no_other(app: Flask, town: Town, kind: str) -> None:
    mail, browser = mail_of(kind, town), app.test_client(use_cookies=False)
    columns = {each.column for each in CHOICES.values() if each.stops and kind in each.templates}
    if not columns:
        # What always comes may carry an invitation, which she may end.
        assert mail["List-Unsubscribe"] is None or kind == "youre_out"
        return
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    way = str(mail["List-Unsubscribe"]).strip("<>")
    assert way in body(mail, "plain").split("\n") and way in body(mail, "html")
    answer = browser.post(way.removeprefix(SITE.rstrip("/")), data={"List-Unsubscribe": "One-Click"})
    reader = db.session.scalars(select(Member).where(Member.email == mail["To"])).one()
    every = [each.column for each in CHOICES.values() if each.stops]
    (ended,) = {column for column in every if getattr(reader, column) is False} - {"wants_invitations"}
    assert answer.status_code == 200 and ended in columns


@pytest.mark.parametrize("dates", [1, 2])
@pytest.mark.parametrize("hours", [0, 5])
def test_a_new_spot_is_told_and_not_on_a_locked_screen(town: Town, dates: int, hours: int) -> None:
    for date in dates_of(town.meetup)[:dates]:
        town.says(date=date)
    town.post.round(NOW)
    with undo.undoable(town.meetup, NOW):
        draft = draft_of(town.meetup, town.meetup.starts + hours * HOUR)
        editing.edit(town.meetup, replace(draft, spot="By the swings"), NOW)
    town.post.round(NOW + 11 * MINUTE)
    mail = town.post.mails[-1]
    text, html = body(mail, "plain"), BeautifulSoup(body(mail, "html"), "html.parser")
    assert str(mail["Subject"]).startswith("Changed: Slow walk")
    assert text.count("By the swings") == dates and html.text.count("By the swings") == dates
    preheader = html.select_one(".preheader")
    assert preheader and html.text.index("By the swings") - html.text.index(preheader.text) > PREVIEW
    assert "By the swings" not in text[:PREVIEW] + str(mail["Subject"]) + preheader.text
