"""What breaks is logged with its kind and its place, and never in the database's own words: they quote addresses."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Event
from sqlalchemy.exc import IntegrityError

from meetups import logs, worker
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
    lines = "\n".join(logs.formatter("text").format(record) for record in log.records)
    assert ADDRESS not in lines and TOKEN not in lines
    assert f"IntegrityError ({KINDS[db.engine.dialect.name]}) in " in lines
    return lines


def test_a_duty_of_the_worker_that_breaks(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker, "plan", same_address_twice)
    worker.run_round(NOW)
    lines = told(caplog)
    assert "step=same_address_twice" in lines and "from _alone, worker.py:" in lines


def test_a_round_of_the_worker_that_breaks(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker.outbox, "send_due", same_address_twice)
    assert app.test_cli_runner().invoke(args=["worker", "--once"]).exit_code == 0
    lines = told(caplog)
    assert "a round did not work" in lines and "from run_round, worker.py:" in lines


def test_a_page_that_breaks(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(app.view_functions, "accounts.link", same_address_twice)
    answer = client.get(f"/signin/link/{TOKEN}")
    assert (answer.status_code, "Our fault" in answer.text) == (500, True)
    lines = told(caplog)
    assert "a request did not work" in lines and 'route="GET /signin/link/<token>"' in lines


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
    lines = told(caplog)
    assert "a request could not be answered" in lines and 'route="GET /signin/link/<token>"' in lines


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
