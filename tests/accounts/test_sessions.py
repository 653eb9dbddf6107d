"""Sessions: signing out is final, signing in changes everything, reading changes nothing."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.accounts.models import LoginSession, Member
from meetups.accounts.sessions import device_words
from meetups.clock import utcnow
from meetups.columns import hashed
from meetups.extensions import db
from tests.accounts.mail import sign_in, signed_in
from tests.accounts.test_sign_in import rows
from tests.factories import add_member

ANA, BEA = "ana@example.org", "bea@example.org"
COOKIE = "hellopark"


@pytest.fixture(autouse=True)
def people(app: Flask) -> tuple[Member, Member]:
    both = add_member("Ana", email=ANA), add_member("Bea", email=BEA)
    db.session.commit()
    return both


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie(COOKIE)
    return found.value if found else ""


def with_cookie(app: Flask, value: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie(COOKIE, value)
    return client


def sessions() -> list[LoginSession]:
    db.session.expire_all()
    return list(db.session.scalars(select(LoginSession).order_by(LoginSession.id)))


def test_a_copied_cookie_is_useless_after_signing_out(app: Flask, client: FlaskClient) -> None:
    sign_in(client, ANA)
    copied = cookie(client)
    assert signed_in(with_cookie(app, copied))
    client.post("/signout")
    assert not signed_in(client)
    assert not signed_in(with_cookie(app, copied))
    assert sessions() == []


def test_a_cookie_known_before_signing_in_opens_nothing_after(app: Flask, client: FlaskClient) -> None:
    client.get("/signin")
    with client.session_transaction() as planted:
        planted["token"], planted["csrf_token"] = "planted", "planted"
    fixed = cookie(client)
    sign_in(client, ANA)
    assert not signed_in(with_cookie(app, fixed))
    with client.session_transaction() as now:
        assert "planted" not in now.values()
        assert len(now["token"]) == 43


def test_signing_in_again_ends_the_session_the_browser_had(app: Flask, client: FlaskClient) -> None:
    sign_in(client, ANA)
    old = cookie(client)
    client.post("/signout")
    sign_in(client, BEA)
    assert cookie(client) != old and not signed_in(with_cookie(app, old))
    assert "Bea" in client.get("/me").text


def test_a_link_opened_by_somebody_signed_in_as_another_changes_who_she_is(app: Flask, client: FlaskClient) -> None:
    from tests.accounts.mail import ask, code_mail

    sign_in(client, ANA)
    ask(app.test_client(), BEA)
    client.post(code_mail(BEA).link)
    assert "Bea" in client.get("/me").text
    assert [row.member.first_name for row in sessions()] == ["Bea"]


def test_the_table_holds_a_hash_of_the_token(client: FlaskClient) -> None:
    sign_in(client, ANA)
    with client.session_transaction() as session:
        token = session["token"]
    assert [row.token_hash for row in sessions()] == [hashed(token)]
    assert token not in str(rows())


def test_a_session_ends_after_ninety_days_without_use(client: FlaskClient, clock) -> None:  # type: ignore[no-untyped-def]
    sign_in(client, ANA)
    clock.shift(timedelta(days=89))
    assert signed_in(client)
    clock.shift(timedelta(days=1))
    assert not signed_in(client)
    client.post("/look-round")
    assert not signed_in(client), "a session that is over must not be prolonged"


def test_the_cookie_lives_as_long_as_its_row(client: FlaskClient) -> None:
    sign_in(client, ANA)
    found = client.get_cookie(COOKIE)
    assert found and found.expires
    assert found.expires - utcnow() == timedelta(days=90)


def test_use_is_noted_once_a_day_and_never_by_reading(client: FlaskClient, clock) -> None:  # type: ignore[no-untyped-def]
    sign_in(client, ANA)
    began = utcnow()
    clock.shift(timedelta(days=30))
    before = rows()
    assert signed_in(client) and client.head("/me").status_code == 200
    assert rows() == before
    client.post("/me", data={"first_name": "Ana"})
    (row,) = sessions()
    assert (row.last_seen_at, row.expires_at) == (began + timedelta(days=30), began + timedelta(days=120))
    clock.shift(timedelta(hours=23))
    client.post("/me", data={"first_name": "Ana"})
    assert sessions()[0].last_seen_at == began + timedelta(days=30)


def test_she_sees_where_she_is_signed_in_and_signs_one_out(app: Flask, client: FlaskClient) -> None:
    sign_in(client, ANA)
    phone = app.test_client()
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Mobile Safari/604"
    phone.environ_base["HTTP_USER_AGENT"] = agent
    sign_in(phone, ANA)
    assert "Safari on iPhone" in client.get("/me").text
    client.post(f"/me/sessions/{sessions()[1].id}/end")
    assert signed_in(client) and not signed_in(phone)


def test_nobody_signs_another_member_out(app: Flask, client: FlaskClient) -> None:
    sign_in(client, ANA)
    bea = app.test_client()
    sign_in(bea, BEA)
    client.post(f"/me/sessions/{sessions()[1].id}/end")
    assert signed_in(bea)
    client.post("/me/sessions/0/end")
    assert signed_in(bea) and not signed_in(client)


def test_signing_out_everywhere_ends_every_browser(app: Flask, client: FlaskClient) -> None:
    others = [app.test_client() for _ in range(2)]
    for browser in (client, *others):
        sign_in(browser, ANA)
    client.post("/me/sessions/0/end")
    assert not any(signed_in(browser) for browser in (client, *others))


def test_a_cookie_that_we_did_not_sign_is_nobody(app: Flask) -> None:
    assert not signed_in(with_cookie(app, "eyJ0b2tlbiI6ImEifQ.aaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaa"))
    forged = app.test_client()
    forged.set_cookie("remember_token", "1|" + "0" * 128)
    assert not signed_in(forged)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari on iPad"),
        ("Mozilla/5.0 (Linux; Android 16; Pixel 9) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15.1; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Mac"),
        ("", "A device"),
        ("<script>" * 20, "A device"),
    ],
)
def test_a_device_is_called_what_its_owner_calls_it(agent: str, words: str) -> None:
    assert device_words(agent) == words
