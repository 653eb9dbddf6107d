"""Her own pages: name, children, whom she does not want to meet; the demo town's look round; CSRF."""

from dataclasses import replace
from datetime import date

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.accounts import queries
from meetups.accounts.models import Block, Kid, Member
from meetups.extensions import db
from tests.accounts.mail import ask, code_mail, sign_in, signed_in
from tests.accounts.test_sign_in import rows
from tests.factories import add_block, add_kid, add_member

ANA, BEA = "ana@example.org", "bea@example.org"
OWN_PAGES = ["/me", "/me/kids"]


@pytest.fixture
def ana(app: Flask) -> Member:
    member = add_member("Ana", email=ANA)
    db.session.commit()
    return member


@pytest.fixture
def bea(app: Flask) -> Member:
    member = add_member("Bea", email=BEA)
    db.session.commit()
    return member


@pytest.fixture
def browser(client: FlaskClient, ana: Member) -> FlaskClient:
    """A browser in which Ana is signed in."""
    sign_in(client, ANA)
    return client


@pytest.mark.parametrize("path", OWN_PAGES)
def test_a_stranger_is_sent_to_sign_in_and_comes_back(client: FlaskClient, ana: Member, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302 and answer.location.startswith("/signin?next=")
    asked = client.post(answer.location, data={"email": ANA})
    assert client.post(asked.location, data={"code": code_mail(ANA).code}).location == path


def test_she_changes_her_name(browser: FlaskClient, ana: Member) -> None:
    browser.post("/me", data={"first_name": "  Ana\u202eMaria "})
    assert db.session.scalars(select(Member.first_name)).all() == ["Ana Maria"]
    empty = browser.post("/me", data={"first_name": "   "})
    long = browser.post("/me", data={"first_name": "A" * 41})
    assert (empty.status_code, long.status_code) == (422, 422) and "A" * 41 in long.text
    assert db.session.scalars(select(Member.first_name)).all() == ["Ana Maria"]


def test_a_name_is_text_and_never_markup(browser: FlaskClient, ana: Member) -> None:
    browser.post("/me", data={"first_name": "<script>alert(1)</script>"})
    page = browser.get("/me").text
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_she_adds_a_child_by_its_month_and_sees_its_age(browser: FlaskClient, ana: Member) -> None:
    assert browser.post("/me/kids", data={"month": 3, "year": 2025}).status_code == 302
    assert db.session.scalars(select(Kid.month)).all() == [date(2025, 3, 1)]
    page = browser.get("/me/kids").text
    assert "1 year" in page and "March 2025" in page


@pytest.mark.parametrize(
    ("month", "year", "status"),
    [
        (8, 2027, 302),
        (9, 2027, 422),
        (1, 2008, 302),
        (12, 2007, 422),
        (13, 2026, 422),
        ("x", 2026, 422),
        (1, "9" * 5000, 422),
        ("", "", 422),
        ("", 2026, 422),
    ],
)
def test_a_month_lies_within_eighteen_years_back_and_nine_months_ahead(
    browser: FlaskClient, month: object, year: object, status: int
) -> None:
    assert browser.post("/me/kids", data={"month": month, "year": year}).status_code == status
    assert len(db.session.scalars(select(Kid)).all()) == (status == 302)


def test_no_month_is_chosen_for_her_and_to_remove_a_child_takes_two_taps(browser: FlaskClient, ana: Member) -> None:
    add_kid(ana, date(2025, 1, 1))
    db.session.commit()
    page = BeautifulSoup(browser.get("/me/kids").text, "html.parser")
    assert [option["value"] for option in page.select("[name=month] [selected]")] == [""]
    assert page.select_one("details:not([open]) button[name=remove]")
    answer = browser.post("/me/kids", data={"month": "", "year": "2025"})
    assert "Choose a month" in answer.text


def test_ten_children_are_the_most(browser: FlaskClient, ana: Member) -> None:
    for _ in range(10):
        add_kid(ana, date(2025, 1, 1))
    db.session.commit()
    answer = browser.post("/me/kids", data={"month": 1, "year": 2025})
    assert answer.status_code == 422 and "10 children" in answer.text
    assert len(db.session.scalars(select(Kid)).all()) == 10


def test_she_removes_her_own_child_and_nobody_elses(browser: FlaskClient, ana: Member, bea: Member) -> None:
    mine, hers = add_kid(ana, date(2025, 1, 1)), add_kid(bea, date(2025, 2, 1))
    db.session.commit()
    for value in (hers.id, "9" * 5000, "x", ""):
        assert browser.post("/me/kids", data={"remove": value}).status_code == 302
    assert len(db.session.scalars(select(Kid)).all()) == 2
    browser.post("/me/kids", data={"remove": mine.id})
    assert db.session.scalars(select(Kid.member_id)).all() == [bea.id]


def test_blocking_asks_first_and_works_both_ways(browser: FlaskClient, ana: Member, bea: Member) -> None:
    path, before = f"/members/{bea.public_id}/block", rows()
    for method in ("GET", "HEAD"):
        assert browser.open(path, method=method).status_code == 200
    assert rows() == before
    assert browser.post(path).status_code == 302
    assert queries.blocked(ana, bea) and queries.blocked(bea, ana)
    seen_by_bea = db.session.scalars(select(Member).where(queries.not_blocked(bea, Member.id))).all()
    assert ana not in seen_by_bea and bea in seen_by_bea
    assert browser.post(path).status_code == 302, "a second tap is once"
    assert len(db.session.scalars(select(Block)).all()) == 1


def test_a_stranger_is_blocked_by_nobody(app: Flask, ana: Member, bea: Member) -> None:
    add_block(ana, bea)
    assert len(db.session.scalars(select(Member).where(queries.not_blocked(None, Member.id))).all()) == 2


def test_whom_she_blocked_is_on_her_page_until_she_takes_it_back(
    browser: FlaskClient, ana: Member, bea: Member
) -> None:
    browser.post(f"/members/{bea.public_id}/block")
    assert "Bea" in browser.get("/me").text
    browser.post(f"/members/{bea.public_id}/unblock")
    assert "Bea" not in browser.get("/me").text and not queries.blocked(ana, bea)


def test_who_blocked_her_looks_as_if_she_never_existed(browser: FlaskClient, ana: Member, bea: Member) -> None:
    add_block(bea, ana)
    db.session.commit()
    hidden = browser.get(f"/members/{bea.public_id}/block")
    missing = browser.get("/members/AAAAAAAAAAAAAAAAAAAAAA/block")
    assert (hidden.status_code, hidden.text) == (404, missing.text)
    assert browser.post(f"/members/{bea.public_id}/block").status_code == 404
    browser.post(f"/members/{bea.public_id}/unblock")
    assert queries.blocked(ana, bea), "only who blocked takes it back"
    assert browser.get(f"/members/{ana.public_id}/block").status_code == 404


def test_looking_round_is_not_there_without_the_demo(app: Flask, client: FlaskClient) -> None:
    add_member("Dora", demo_role="host")
    db.session.commit()
    assert client.post("/look-round", data={"role": "host"}).status_code == 404
    assert not signed_in(client) and "Look round" not in client.get("/signin").text


@pytest.mark.parametrize("role", ["host", "regular", "first-timer"])
def test_looking_round_is_one_tap_in_the_demo(app: Flask, monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], demo=True))
    add_member("Ana", email=ANA)
    add_member(f"Demo {role}", demo_role=role)
    db.session.commit()
    client = app.test_client()
    assert client.post("/look-round", data={"role": role, "next": "//evil.org"}).location == "/"
    assert f"Demo {role}" in client.get("/me").text
    for wrong in ("", "admin", ANA):
        assert app.test_client().post("/look-round", data={"role": wrong}).status_code == 404


POSTS = [
    "/signin",
    "/signout",
    "/look-round",
    "/me",
    "/me/kids",
    "/me/sessions/0/end",
    "/members/AAAAAAAAAAAAAAAAAAAAAA/block",
    "/members/AAAAAAAAAAAAAAAAAAAAAA/unblock",
]


@pytest.mark.parametrize("path", POSTS)
def test_no_form_is_taken_without_its_token(app: Flask, browser: FlaskClient, path: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    before = rows()
    assert browser.post(path, data={"email": BEA, "first_name": "Eve", "month": 1, "year": 2025}).status_code == 400
    assert rows() == before


def test_no_code_and_no_link_is_taken_without_a_token(app: Flask, client: FlaskClient, ana: Member) -> None:
    page, mail = ask(client, ANA), code_mail(ANA)
    app.config["WTF_CSRF_ENABLED"] = True
    assert client.post(page, data={"code": mail.code}).status_code == 400
    assert client.post(mail.link).status_code == 400
    assert not signed_in(client)


def test_every_form_carries_the_token_that_it_needs(app: Flask, client: FlaskClient, ana: Member) -> None:
    app.config["WTF_CSRF_ENABLED"] = True

    def submit(path: str, **data: str) -> str:
        page = client.get(path)
        token = page.text.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
        answer = client.post(path, data={"csrf_token": token, **data})
        assert answer.status_code == 302, (path, answer.status_code)
        return str(answer.location)

    submit(submit("/signin", email=ANA), code=code_mail(ANA).code)
    submit("/me", first_name="Anna")
    submit("/me/kids", month="1", year="2025")
    other = app.test_client()
    client.post("/signout", data={})
    assert signed_in(client) and not signed_in(other)


def test_a_form_sent_from_another_site_is_refused(browser: FlaskClient, ana: Member) -> None:
    answer = browser.post("/me", data={"first_name": "Eve"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 400
    assert db.session.scalars(select(Member.first_name)).all() == ["Ana"]


def test_her_pages_are_not_kept_by_caches(browser: FlaskClient) -> None:
    for path in OWN_PAGES:
        assert browser.get(path).headers["Cache-Control"] == "no-store"
