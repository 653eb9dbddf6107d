"""Where she chooses whether mails are invitations."""

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from meetups.accounts.models import Member
from meetups.extensions import db
from tests.factories import add_member, sign_in

PAGE = "/me/mails"


@pytest.fixture
def ana(site: Flask) -> Member:
    return add_member("Ana")


@pytest.fixture
def browser(client: FlaskClient, ana: Member) -> FlaskClient:
    sign_in(client, ana)
    return client


def chosen(browser: FlaskClient) -> list[str]:
    page = BeautifulSoup(browser.get(PAGE).text, "html.parser")
    return [str(box["value"]) for box in page.select("input[name=wants_invitations][checked]")]


def stored(member: Member) -> bool | None:
    db.session.rollback()
    db.session.refresh(member)
    found = member.wants_invitations
    db.session.rollback()
    return found


def test_it_is_automatic_until_she_chooses(browser: FlaskClient) -> None:
    assert chosen(browser) == ["automatic"]


@pytest.mark.parametrize(("choice", "kept"), [("always", True), ("never", False), ("automatic", None)])
def test_she_chooses_and_may_choose_again(browser: FlaskClient, ana: Member, choice: str, kept: bool | None) -> None:
    for value, column in (("never", False), ("always", True), (choice, kept)):
        assert browser.post(PAGE, data={"wants_invitations": value}).status_code == 302
        assert (chosen(browser), stored(ana)) == ([value], column)


@pytest.mark.parametrize("value", ["sometimes", "None", "True", ""])
def test_anything_else_is_refused(browser: FlaskClient, ana: Member, value: str) -> None:
    browser.post(PAGE, data={"wants_invitations": "always"})
    answer = browser.post(PAGE, data={"wants_invitations": value})
    assert answer.status_code == 422 and stored(ana) is True
    assert 'href="#wants_invitations-0"' in answer.text


def test_reminders_alone_leave_the_choice_as_it_is(browser: FlaskClient, ana: Member) -> None:
    browser.post(PAGE, data={"wants_invitations": "never"})
    assert browser.post(PAGE, data={"wants_day_before": "y"}).status_code == 302
    assert stored(ana) is False


def test_a_site_that_invites_nobody_asks_nothing(app: Flask) -> None:
    ana, client = add_member("Ana"), app.test_client()
    sign_in(client, ana)
    assert "wants_invitations" not in client.get(PAGE).text
    assert client.post(PAGE, data={"wants_invitations": "never"}).status_code == 302
    assert stored(ana) is None
