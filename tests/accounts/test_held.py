"""What a newcomer was doing is done once, when her address is confirmed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.accounts import entry, held
from meetups.accounts.models import Kid, Member
from meetups.clock import utcnow
from meetups.domain.errors import Problem
from meetups.extensions import db
from tests.accounts.mail import code_mail, signed_in
from tests.factories import add_member

NEW = "new@example.org"


@pytest.fixture
def done(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A held action of each end: it works, it has become impossible, it leads off the site."""
    monkeypatch.setattr(held, "_ACTIONS", {})
    names: list[str] = []

    @held.held_action("wave")
    def wave(member: Member, what: dict[str, Any], now: datetime) -> str:
        names.append(member.first_name)
        return f"/me/kids?waved={what['times']}"

    @held.held_action("late")
    def late(member: Member, what: dict[str, Any], now: datetime) -> str:
        db.session.add(Kid(member_id=member.id, month=now.date().replace(day=1)))
        db.session.flush()
        raise Problem("That date was cancelled meanwhile")

    @held.held_action("away")
    def away(member: Member, what: dict[str, Any], now: datetime) -> str:
        return "//evil.org/"

    yield names


def hold(app: Flask, **what: Any) -> str:
    """Begin a sign-in inside another feature's request, as the first answer does; return the code page's path."""
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "192.0.2.1"}):
        path = entry.begin(NEW, "Noor", what)
    assert path
    return path


def test_it_is_done_when_the_code_is_confirmed(app: Flask, client: FlaskClient, done: list[str]) -> None:
    page = hold(app, action="wave", times=3, next="/me")
    assert done == [] and not db.session.scalars(select(Member)).all()
    assert client.post(page, data={"code": code_mail(NEW).code}).location == "/me/kids?waved=3"
    assert done == ["Noor"] and signed_in(client)


def test_it_is_done_once_though_link_and_code_are_both_used(app: Flask, client: FlaskClient, done: list[str]) -> None:
    page, phone = hold(app, action="wave", times=1, next="/me"), app.test_client()
    mail = code_mail(NEW)
    assert phone.post(mail.link).status_code == 302
    client.post(page, data={"code": mail.code})
    client.post(mail.link)
    phone.post(mail.link)
    phone.post(page, data={"code": mail.code})
    assert done == ["Noor"] and not signed_in(client)


def test_an_action_that_fails_leaves_nothing_behind_but_signs_in_and_says_why(
    app: Flask, client: FlaskClient, done: list[str]
) -> None:
    answer = client.post(hold(app, action="late", next="/me/kids"), data={"code": code_mail(NEW).code})
    assert answer.location == "/me/kids"
    assert "That date was cancelled meanwhile" in client.get("/me/kids").text
    assert signed_in(client) and not db.session.scalars(select(Kid)).all()


def test_an_action_cannot_lead_off_the_site(app: Flask, client: FlaskClient, done: list[str]) -> None:
    assert client.post(hold(app, action="away", next="/me"), data={"code": code_mail(NEW).code}).location == "/"


def test_an_action_nobody_knows_is_a_plain_sign_in(app: Flask, client: FlaskClient, done: list[str]) -> None:
    page = hold(app, action="gone", next="/me/kids")
    assert client.post(page, data={"code": code_mail(NEW).code}).location == "/me/kids"


def test_a_member_keeps_the_name_she_has(app: Flask, client: FlaskClient, done: list[str]) -> None:
    add_member("Ana", email=NEW)
    db.session.commit()
    client.post(hold(app, action="wave", times=1), data={"code": code_mail(NEW).code})
    assert done == ["Ana"]


@pytest.mark.parametrize(("action", "words"), [("answer", "Confirm"), ("host", "Post"), (None, "Sign in")])
def test_mail_and_pages_say_what_the_button_does(
    app: Flask, client: FlaskClient, done: list[str], action: str | None, words: str
) -> None:
    page, mail = hold(app, action=action, next="/me"), code_mail(NEW)
    for text in (client.get(page).text, client.get(mail.link).text, mail.message.html):
        assert words in text


def test_the_first_page_after_it_greets_a_member(app: Flask, client: FlaskClient, done: list[str]) -> None:
    client.post(hold(app, next="/me"), data={"code": code_mail(NEW).code})
    assert "Noor" in client.get("/me").text
    assert db.session.scalars(select(Member.created_at)).all() == [utcnow()]
