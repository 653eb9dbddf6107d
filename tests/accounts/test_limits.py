"""Limits are counted in the database: they hold over every process that serves the site."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.accounts import limits, sign_in
from meetups.accounts.models import Attempt, SignIn
from meetups.app import create_app
from meetups.clock import utcnow
from meetups.config import Settings
from meetups.extensions import db
from tests.accounts.mail import ask, code_mail, mails_to, signed_in
from tests.conftest import Browser
from tests.factories import add_member

ANA = "ana@example.org"
HOUR = timedelta(hours=1)


@pytest.fixture
def two(app: Flask, settings: Settings) -> Iterator[tuple[FlaskClient, FlaskClient]]:
    """Browsers of two application instances on one database."""
    other = create_app(settings)
    other.config["WTF_CSRF_ENABLED"] = False
    other.test_client_class = Browser
    yield app.test_client(), other.test_client()
    with other.app_context():
        db.engine.dispose()


def test_an_address_gets_five_mails_an_hour_over_two_instances(two: tuple[FlaskClient, FlaskClient], clock) -> None:  # type: ignore[no-untyped-def]
    statuses = [two[n % 2].post("/signin", data={"email": ANA}).status_code for n in range(7)]
    assert statuses == [302] * 5 + [429] * 2
    assert len(mails_to(ANA)) == 5
    clock.shift(HOUR)
    assert two[0].post("/signin", data={"email": ANA}).status_code == 302


def test_over_the_limit_it_says_so_and_keeps_what_was_typed(client: FlaskClient) -> None:
    for _ in range(5):
        ask(client, ANA)
    answer = client.post("/signin", data={"email": ANA})
    assert answer.status_code == 429
    assert "Wait an hour" in answer.text and f'value="{ANA}"' in answer.text
    assert client.post("/signin", data={"email": "bea@example.org"}).status_code == 302


def test_a_network_gets_thirty_mails_an_hour_over_two_instances(two: tuple[FlaskClient, FlaskClient]) -> None:
    def post(n: int, address: str) -> int:
        environ = {"REMOTE_ADDR": address}
        return two[n % 2].post("/signin", data={"email": f"m{n}@example.org"}, environ_base=environ).status_code

    statuses = [post(n, f"198.51.100.{n}") for n in range(32)]
    assert statuses == [302] * 30 + [429] * 2
    assert post(99, "198.51.101.1") == 302


def test_codes_are_limited_for_a_network_and_the_owner_still_gets_in_elsewhere(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("meetups.accounts.routes.CODES_AN_HOUR", 3)
    add_member("Ana", email=ANA)
    db.session.commit()
    page = ask(client, ANA)
    code = code_mail(ANA).code
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(3):
        assert client.post(page, data={"code": wrong}).status_code == 422
    answer = client.post(page, data={"code": code})
    assert answer.status_code == 429 and not signed_in(client)
    home = app.test_client()
    assert home.post(page, data={"code": code}, environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 302


def test_codes_tried_at_once_are_counted_one_by_one(app: Flask) -> None:
    row_id = sign_in.begin(ANA, None, {}, utcnow()).public_id
    db.session.commit()
    right = sign_in.code_for(row_id)
    wrong = [code for code in (f"{n:06}" for n in range(13)) if code != right][:12]

    def attempt(code: str) -> bool:
        with app.app_context():
            row = sign_in.by_id(row_id)
            assert row
            used = sign_in.use_code(row, code, utcnow())
            db.session.commit()
            return used

    with ThreadPoolExecutor(6) as pool:
        assert not any(pool.map(attempt, wrong))
    assert db.session.scalars(select(SignIn.wrong_codes)).all() == [5]
    db.session.rollback()
    assert not attempt(right)


def test_the_limit_holds_for_tries_at_once(app: Flask) -> None:
    def attempt(_: int) -> bool:
        with app.app_context():
            allowed = limits.allow("key", 5, HOUR, utcnow())
            db.session.commit()
            return allowed

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(24))) == 5


def test_the_table_knows_neither_addresses_nor_networks(client: FlaskClient) -> None:
    ask(client, ANA)
    keys = db.session.scalars(select(Attempt.key)).all()
    assert len(keys) == 3 and all(re.fullmatch("[0-9a-f]{64}", key) for key in keys)


def test_old_counts_go(app: Flask, clock) -> None:  # type: ignore[no-untyped-def]
    limits.allow("key", 5, HOUR, utcnow())
    clock.shift(timedelta(days=3))
    limits.allow("other", 5, HOUR, utcnow())
    limits.forget_old(utcnow())
    assert len(db.session.scalars(select(Attempt)).all()) == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:22ff::1", "2001:db8:1:2200::/56"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        (None, "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_a_network_is_what_one_household_shares(address: str | None, network: str) -> None:
    assert limits.network(address) == network
