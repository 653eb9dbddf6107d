"""Ending reminders from a mail and choosing them on the site."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer

from meetups.accounts import choices
from meetups.accounts.models import Member
from meetups.domain import mails
from meetups.domain.nearness import home_cell
from meetups.extensions import db
from tests.accounts.mail import sign_in
from tests.factories import WITHROW, add_member

# Every kind that can be switched off.
KINDS = {kind.name: kind.column for kind in mails.KINDS.values() if kind.stops}
# Those of which somebody with a neighbourhood has a box.
BOXES = {column for column in KINDS.values() if column != "wants_invitations"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def ana(app: Flask) -> Member:
    app.config["WTF_CSRF_ENABLED"] = True
    member = add_member("Ana", email="ana@example.org", home_cell=home_cell(WITHROW), wants_invitations=True)
    db.session.commit()
    return member


def wants(member: Member) -> dict[str, bool]:
    db.session.rollback()
    db.session.refresh(member)
    found = {kind: getattr(member, column) for kind, column in KINDS.items()}
    db.session.rollback()
    return found


def all_but(kind: str | None) -> dict[str, bool]:
    return {each: each != kind for each in KINDS}


def address(member: Member, kind: str) -> str:
    token = choices.make(member.public_id, kind)
    db.session.rollback()
    return f"/unsubscribe/{token}"


def test_looking_at_the_page_changes_nothing_however_a_scanner_looks(client: FlaskClient, ana: Member) -> None:
    path = address(ana, "day_before")
    for method in ("GET", "HEAD", "OPTIONS"):
        assert client.open(path, method=method).status_code == 200
    assert wants(ana) == all_but(None)


@pytest.mark.parametrize("kind", KINDS)
def test_the_pages_one_button_ends_that_kind_alone(client: FlaskClient, ana: Member, kind: str) -> None:
    path = address(ana, kind)
    (form,) = BeautifulSoup(client.get(path).text, "html.parser").select("main form")
    assert form["method"] == "post" and len(form.select("button")) == 1
    answer = client.post(path, data={field["name"]: field["value"] for field in form.select("input")})
    assert answer.status_code == 200 and "You will get no more" in answer.text
    assert wants(ana) == all_but(kind)
    (form,) = BeautifulSoup(answer.text, "html.parser").select("main form")
    assert form.button.text == "Have them again"
    answer = client.post(path, data={form.button["name"]: form.button["value"]})
    assert "You have them again" in answer.text
    # Invitations are as they are to who has chosen nothing.
    assert wants(ana) == all_but(None) | ({kind: None} if kind == "invitations" else {})


@pytest.mark.one_database
def test_the_address_stays_secret_and_the_choices_page_keeps_its_referer(browser: FlaskClient, ana: Member) -> None:
    path = address(ana, "day_before")
    for answer in (browser.get(path), browser.get("/unsubscribe/x"), browser.post(path, data=ONE_CLICK)):
        headers = answer.headers
        assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "same-origin")
        assert "noindex" in headers["X-Robots-Tag"]
    assert browser.get("/me/mails").headers["Referrer-Policy"] == "same-origin"


def test_it_outlives_the_end_of_all_links_so_far(browser: FlaskClient, ana: Member) -> None:
    path = address(ana, "day_before")
    assert "“Stop these mails” goes on working" in browser.get("/me").text
    browser.post("/me/links/end")
    assert browser.post(path, data=ONE_CLICK).status_code == 200 and wants(ana) == all_but("day_before")


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_program_ends_it_with_one_post_and_is_not_sent_elsewhere(
    client: FlaskClient, ana: Member, kind: str
) -> None:
    answer = client.post(address(ana, kind), data=ONE_CLICK)
    assert answer.status_code == 200 and not answer.data
    assert "Set-Cookie" not in answer.headers
    assert wants(ana) == all_but(kind)
    assert client.post(address(ana, kind), data=ONE_CLICK).status_code == 200, "twice is once"


def test_a_token_that_is_not_ours_is_nothing_here(client: FlaskClient, ana: Member) -> None:
    path = address(ana, "day_before")
    for wrong in (path + "x", "/unsubscribe/x.y", path[:-5] + "AAAAA", address_of_nobody(), wrong_kind(ana)):
        assert client.get(wrong).status_code == 404
        assert client.post(wrong, data=ONE_CLICK).status_code == 404
    assert wants(ana) == all_but(None)


def address_of_nobody() -> str:
    return f"/unsubscribe/{choices.make('AAAAAAAAAAAAAAAAAAAAAA', 'day_before')}"


def wrong_kind(member: Member) -> str:
    token = choices.make(member.public_id, "email")
    db.session.rollback()
    return f"/unsubscribe/{token}"


def test_a_token_signed_for_something_else_does_not_unsubscribe(client: FlaskClient, ana: Member) -> None:
    other = URLSafeSerializer(client.application.config["SECRET_KEY"], salt="something else")
    assert client.post(f"/unsubscribe/{other.dumps([ana.public_id, 'day_before'])}", data=ONE_CLICK).status_code == 404


@pytest.fixture
def browser(client: FlaskClient, ana: Member, app: Flask) -> FlaskClient:
    """A browser in which Ana is signed in."""
    app.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, "ana@example.org")
    db.session.rollback()
    return client


def checked(client: FlaskClient) -> set[str]:
    boxes = BeautifulSoup(client.get("/me/mails").text, "html.parser").select("main input[type=checkbox][name]")
    assert {str(box["name"]) for box in boxes} == BOXES
    return {str(box["name"]) for box in boxes if box.has_attr("checked")}


def test_she_chooses_her_reminders_and_finds_them_as_she_left_them(browser: FlaskClient, ana: Member) -> None:
    assert checked(browser) == BOXES
    answer: Any = browser.post("/me/mails", data={"wants_two_hours": "y"}, follow_redirects=True)
    assert answer.status_code == 200 and "Saved" in answer.text
    assert checked(browser) == {"wants_two_hours"}
    assert wants(ana) == dict.fromkeys(KINDS, False) | {"two_hours": True, "invitations": True}
    browser.post("/me/mails", data=dict.fromkeys(BOXES, "y"))
    assert wants(ana) == all_but(None)


def test_a_stranger_has_no_reminders_to_choose(client: FlaskClient, ana: Member) -> None:
    answer = client.get("/me/mails")
    assert answer.status_code == 302 and answer.location.startswith("/signin")


def test_another_site_cannot_choose_for_her(browser: FlaskClient, ana: Member, app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    assert browser.post("/me/mails", data={}).status_code == 400
    assert browser.post("/me/mails", data={}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400
    assert wants(ana) == all_but(None)
