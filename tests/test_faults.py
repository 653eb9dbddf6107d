"""What breaks is logged with its kind and its place, and never in the database's own words: they quote addresses."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Event
from sqlalchemy.exc import IntegrityError

from meetups import worker
from meetups.events import calendar
from meetups.extensions import db
from meetups.web import errors
from tests.conftest import NOW
from tests.factories import add_meetup, add_member, first_date

ADDRESS, TOKEN = "ana.secret@example.org", "a-token-in-an-address"
KINDS = {"sqlite": "IntegrityError", "postgresql": "UniqueViolation"}


def same_address_twice(*_given: object, **_more: object) -> None:
    """What PostgreSQL says of it ends in "DETAIL: Key (email)=(ana.secret@example.org) already exists."."""
    add_member(email=ADDRESS)
    add_member(email=ADDRESS)


@pytest.fixture
def as_in_production(app: Flask) -> Iterator[None]:
    """What breaks is answered, not raised into the test."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield
    app.config["PROPAGATE_EXCEPTIONS"] = None


def test_the_database_does_quote_addresses(app: Flask) -> None:
    with pytest.raises(IntegrityError) as caught:
        same_address_twice()
    assert (ADDRESS in str(caught.value)) == (db.engine.dialect.name == "postgresql")


def told(log: pytest.LogCaptureFixture) -> str:
    """All that was logged, having looked that it says what broke and where, and quotes nobody."""
    assert ADDRESS not in log.text and TOKEN not in log.text
    assert f"IntegrityError ({KINDS[db.engine.dialect.name]}) in " in log.text
    return log.text


def test_a_duty_of_the_worker_that_breaks(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker, "plan", same_address_twice)
    worker.run_round(NOW)
    assert "same_address_twice did not work: " in told(caplog) and "from _alone, worker.py:" in caplog.text


def test_a_round_of_the_worker_that_breaks(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker.outbox, "send_due", same_address_twice)
    assert app.test_cli_runner().invoke(args=["worker", "--once"]).exit_code == 0
    assert "a round did not work: " in told(caplog) and "from run_round, worker.py:" in caplog.text


def test_a_page_that_breaks(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(app.view_functions, "accounts.link", same_address_twice)
    answer = client.get(f"/signin/link/{TOKEN}")
    assert (answer.status_code, "Our fault" in answer.text) == (500, True)
    assert "GET /signin/link/<token> did not work: " in told(caplog)


@pytest.mark.usefixtures("as_in_production")
def test_an_error_page_that_breaks_too(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(app.view_functions, "accounts.link", same_address_twice)
    broken = iter([True])
    whole = errors.page

    def page(*given: object) -> object:
        return same_address_twice() if next(broken, False) else whole(*given)  # type: ignore[func-returns-value,arg-type]

    monkeypatch.setattr(errors, "page", page)
    assert client.get(f"/signin/link/{TOKEN}").status_code == 500
    assert "GET /signin/link/<token> could not be answered: " in told(caplog)


def test_a_date_that_a_calendar_cannot_write(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    row = first_date(add_meetup())

    def make() -> Event:
        with db.session.begin_nested():
            same_address_twice()
        return Event()

    assert calendar.attempt(row, make) is None
    assert f"date {row.id} cannot be written" in told(caplog)
