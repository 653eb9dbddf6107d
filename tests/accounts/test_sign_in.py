"""Signing in by code and by link, over HTTP."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, inspect, select

from meetups.accounts import sign_in as signing
from meetups.accounts.models import LoginSession, Member, SignIn
from meetups.clock import utcnow
from meetups.extensions import Base, db
from meetups.mail.composers import compose
from meetups.mail.message import Drop
from tests.accounts.mail import ask, code_mail, mails_to, sign_in, signed_in
from tests.conftest import counted_queries
from tests.factories import add_member

ANA = "ana@example.org"


@pytest.fixture
def ana(app: Flask) -> Member:
    member = add_member("Ana", email=ANA)
    db.session.commit()
    return member


def members() -> int:
    return db.session.scalar(select(func.count()).select_from(Member)) or 0


def test_a_member_comes_in_with_the_code_of_her_mail(client: FlaskClient, ana: Member) -> None:
    assert not signed_in(client)
    answer = client.post(ask(client, ANA, "?next=/me/kids"), data={"code": code_mail(ANA).code})
    assert (answer.status_code, answer.location) == (302, "/me/kids")
    assert signed_in(client)


def test_the_code_may_be_typed_in_any_spacing(client: FlaskClient, ana: Member) -> None:
    page, code = ask(client, ANA), code_mail(ANA).code
    client.post(page, data={"code": f" {code[:3]} {code[3:]} "})
    assert signed_in(client)


def test_the_link_works_in_another_browser_and_only_by_its_button(app: Flask, client: FlaskClient, ana: Member) -> None:
    ask(client, ANA, "?next=/me/kids")
    phone, link = app.test_client(), code_mail(ANA).link
    page = phone.get(link)
    assert page.status_code == 200 and "<button" in page.text and ANA in page.text
    assert not signed_in(phone)
    answer = phone.post(link)
    assert (answer.status_code, answer.location) == (302, "/me/kids")
    assert signed_in(phone) and not signed_in(client)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_mail_scanner_that_opens_the_link_uses_nothing_up(client: FlaskClient, ana: Member, method: str) -> None:
    ask(client, ANA)
    link, before = code_mail(ANA).link, rows()
    for _ in range(3):
        assert client.open(link, method=method).status_code == 200
    assert rows() == before
    assert client.post(link).status_code == 302


def test_code_and_link_work_once_together(app: Flask, client: FlaskClient, ana: Member) -> None:
    page, mail = ask(client, ANA), code_mail(ANA)
    client.post(page, data={"code": mail.code})
    other = app.test_client()
    assert other.post(page, data={"code": mail.code}).status_code == 422
    assert other.get(mail.link).status_code == 410
    assert other.post(mail.link).status_code == 410
    assert not signed_in(other)


def test_a_second_tap_in_the_same_browser_is_no_mistake(client: FlaskClient, ana: Member) -> None:
    page, mail = ask(client, ANA, "?next=/me/kids"), code_mail(ANA)
    client.post(page, data={"code": mail.code})
    assert client.post(page, data={"code": mail.code}).location == "/me/kids"
    assert client.post(mail.link).location == "/me/kids"


def test_code_and_link_end_after_ten_minutes(client: FlaskClient, clock, ana: Member) -> None:  # type: ignore[no-untyped-def]
    page, mail = ask(client, ANA), code_mail(ANA)
    clock.shift(timedelta(minutes=10))
    assert client.post(page, data={"code": mail.code}).status_code == 422
    assert client.get(mail.link).status_code == 410
    assert client.post(mail.link).status_code == 410
    assert not signed_in(client)


def test_five_tries_are_all_a_code_takes(client: FlaskClient, ana: Member) -> None:
    page, mail = ask(client, ANA), code_mail(ANA)
    wrong = f"{(int(mail.code) + 1) % 10**6:06}"
    for _ in range(5):
        assert client.post(page, data={"code": wrong}).status_code == 422
    late = client.post(page, data={"code": mail.code})
    assert late.status_code == 422 and "has ended" in late.text
    assert not signed_in(client)


def test_the_fifth_try_still_counts_and_five_mistakes_leave_the_link(
    client: FlaskClient, app: Flask, ana: Member
) -> None:
    page, mail = ask(client, ANA), code_mail(ANA)
    wrong = f"{(int(mail.code) + 1) % 10**6:06}"
    for _ in range(4):
        client.post(page, data={"code": wrong})
    assert client.post(page, data={"code": mail.code}).status_code == 302

    other = app.test_client()
    page, mail = ask(other, ANA), code_mail(ANA)
    for _ in range(5):
        other.post(page, data={"code": "000000" if mail.code != "000000" else "000001"})
    assert other.post(mail.link).status_code == 302


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "<b>"])
def test_what_is_not_six_digits_is_said_beside_the_field_and_costs_no_try(
    client: FlaskClient, ana: Member, typed: str
) -> None:
    page = ask(client, ANA)
    assert client.post(page, data={"code": typed}).status_code == 422
    assert db.session.scalars(select(SignIn.wrong_codes)).all() == [0]


def test_a_newcomer_is_asked_for_her_name_once_her_address_is_confirmed(client: FlaskClient) -> None:
    named = client.post(
        ask(client, "new@example.org", "?next=/me/kids"), data={"code": code_mail("new@example.org").code}
    )
    assert named.location.endswith("/name") and members() == 0
    assert "What shall we call you?" in client.get(named.location).text
    empty = client.post(named.location, data={"first_name": "  "})
    assert empty.status_code == 422 and members() == 0
    assert client.post(named.location, data={"first_name": " Noor "}).location == "/me/kids"
    assert db.session.scalars(select(Member.first_name)).all() == ["Noor"]
    assert signed_in(client)


def test_the_name_page_is_only_for_the_browser_that_confirmed_the_address(app: Flask, client: FlaskClient) -> None:
    page = ask(client, "new@example.org")
    assert client.get(f"{page}/name").status_code == 404
    client.post(page, data={"code": code_mail("new@example.org").code})
    stranger = app.test_client()
    assert stranger.get(f"{page}/name").status_code == 404
    assert stranger.post(f"{page}/name", data={"first_name": "Eve"}).status_code == 404
    assert members() == 0


def test_a_copied_cookie_of_the_name_page_opens_nothing_once_there_is_a_member(app: Flask, client: FlaskClient) -> None:
    page = ask(client, "new@example.org")
    client.post(page, data={"code": code_mail("new@example.org").code})
    copied = client.get_cookie("hellopark")
    assert copied
    client.post(f"{page}/name", data={"first_name": "Noor"})
    thief = app.test_client()
    thief.set_cookie("hellopark", copied.value)
    assert thief.post(f"{page}/name", data={"first_name": "Eve"}).location.startswith("/signin")
    assert not signed_in(thief)


def test_the_name_page_ends_too(client: FlaskClient, clock) -> None:  # type: ignore[no-untyped-def]
    page = ask(client, "new@example.org")
    client.post(page, data={"code": code_mail("new@example.org").code})
    clock.shift(signing.NAME_LASTS)
    assert client.post(f"{page}/name", data={"first_name": "Noor"}).location.startswith("/signin")
    assert members() == 0


def test_known_and_unknown_addresses_get_equal_answers_and_equal_work(app: Flask, ana: Member) -> None:
    seen = []
    # The first run of a statement compiles it: not what is compared.
    ask(app.test_client(), "warm@example.org")
    for email in (ANA, "nul@example.org"):
        client = app.test_client()
        with counted_queries() as queries:
            answer = client.post("/signin", data={"email": email})
        page = client.get(answer.location)
        own_id = answer.location.rpartition("/")[2]
        seen.append(
            (
                answer.status_code,
                answer.text.replace(own_id, "ID"),
                page.status_code,
                re.sub('name="csrf_token"[^>]*', "TOKEN", page.text.replace(email, "ADDRESS")),
                {name for name, _ in page.headers},
                queries,
                len(mails_to(email)),
            )
        )
    assert seen[0] == seen[1]
    assert seen[0][-1] == 1


def test_an_address_is_one_whatever_its_capitals(client: FlaskClient, ana: Member) -> None:
    client.post(ask(client, " Ana@Example.ORG "), data={"code": code_mail(ANA).code})
    assert signed_in(client) and members() == 1


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ana",
        "ana@",
        "a b@example.org",
        "ana@example.org\r\nBcc: x@evil.org",
        "Ana <ana@example.org>",
        "ünal@example.org",
    ],
)
def test_what_is_no_address_is_said_and_stays_typed(client: FlaskClient, typed: str) -> None:
    answer = client.post("/signin", data={"email": typed})
    assert answer.status_code == 422
    assert not db.session.scalar(select(func.count()).select_from(SignIn))
    if typed == "ana":
        assert 'value="ana"' in answer.text and "does not look like" in answer.text


def test_no_table_holds_the_code_or_the_token(client: FlaskClient, ana: Member) -> None:
    ask(client, ANA)
    mail = code_mail(ANA)
    everything = "\n".join(map(str, rows()))
    assert mail.code not in everything
    assert mail.link.rpartition("/")[2] not in everything


def test_the_mail_says_the_code_in_its_subject_and_both_bodies(client: FlaskClient, ana: Member) -> None:
    ask(client, ANA)
    mail = code_mail(ANA)
    assert mail.message.subject == f"{mail.code} is your Hello Park code"
    assert mail.link in mail.message.text and mail.link in mail.message.html
    assert mail.code[:3] in mail.message.html
    assert mail.message.unsubscribe is None


def test_a_mail_that_comes_too_late_is_not_sent(client: FlaskClient, ana: Member) -> None:
    page = ask(client, ANA)
    row = mails_to(ANA)[0]
    assert row.not_after == utcnow() + timedelta(minutes=10)
    client.post(page, data={"code": code_mail(ANA).code})
    assert isinstance(compose(row, utcnow()), Drop)


def test_addresses_of_old_sign_ins_do_not_stay(client: FlaskClient, clock) -> None:  # type: ignore[no-untyped-def]
    ask(client, "never@example.org")
    clock.shift(timedelta(days=2))
    ask(client, "other@example.org")
    assert db.session.scalars(select(SignIn.email)).all() == ["other@example.org"]


def test_one_member_may_not_come_in_on_a_page_that_is_not_there(client: FlaskClient) -> None:
    assert client.get("/signin/AAAAAAAAAAAAAAAAAAAAAA").status_code == 404
    assert client.post("/signin/AAAAAAAAAAAAAAAAAAAAAA", data={"code": "123456"}).status_code == 404
    assert client.get("/signin/link/" + "0" * 64).status_code == 410


OUTSIDE = [
    "//evil.org",
    "/\\evil.org",
    "https://evil.org",
    "javascript:alert(1)",
    "/\tevil",
    "\\\\evil.org",
    "evil.org",
    "/%0d%0a//é",
]


@pytest.mark.parametrize("target", OUTSIDE)
def test_next_never_leaves_the_site(app: Flask, client: FlaskClient, ana: Member, target: str) -> None:
    answer = client.post("/signin", query_string={"next": target}, data={"email": ANA})
    after = client.post(answer.location, data={"code": code_mail(ANA).code})
    assert after.location.startswith("/") and "evil" not in after.location
    assert client.get("/signin", query_string={"next": target}).location == after.location


def test_two_sign_ins_of_one_new_address_make_one_member(app: Flask) -> None:
    rows_ = []
    for name in ("Noor", "Nora"):
        rows_.append(signing.begin("new@example.org", name, {}, utcnow()))
        db.session.commit()
    first = signing.member_of(rows_[0], utcnow())
    second = signing.member_of(rows_[1], utcnow())
    assert first is second is not None and members() == 1
    assert signing.new_member(rows_[1], "Nora", utcnow()) is None
    db.session.commit()
    assert members() == 1


def test_asking_pages_carry_what_phones_fill_in(client: FlaskClient, ana: Member) -> None:
    assert 'autocomplete="email"' in client.get("/signin").text
    page = client.get(ask(client, ANA)).text
    assert 'autocomplete="one-time-code"' in page and 'inputmode="numeric"' in page
    new = ask(client, "new@example.org")
    client.post(new, data={"code": code_mail("new@example.org").code})
    assert 'autocomplete="given-name"' in client.get(f"{new}/name").text


def test_coming_in_twice_makes_two_rows_and_old_ones_go(client: FlaskClient, clock, ana: Member) -> None:  # type: ignore[no-untyped-def]
    sign_in(client, ANA)
    clock.shift(timedelta(days=91))
    sign_in(client, ANA)
    assert db.session.scalar(select(func.count()).select_from(LoginSession)) == 1


def rows() -> list[tuple[str, tuple[object, ...]]]:
    """Every row of every table."""
    db.session.rollback()
    names = inspect(db.engine).get_table_names()
    tables = [table for table in Base.metadata.sorted_tables if table.name in names]
    return [(table.name, tuple(row)) for table in tables for row in db.session.execute(table.select()).all()]
