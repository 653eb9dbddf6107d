"""Where the database is away, every page says so kindly, to whoever reads it and whoever she is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from meetups.accounts.sessions import TOKEN
from meetups.app import create_app
from meetups.columns import secret
from meetups.config import Settings
from tests.mail.smtp import free_port

# What each kind of argument may look like, so that the route itself is asked; others take any word.
ARGUMENTS = {"IntegerConverter": "1", "FloatConverter": "1.5"}
WITHOUT_DATABASE = {"static", "pages.healthz"}


@pytest.fixture(params=["sqlite", "postgresql"])
def away(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The site, with a database that is not there."""
    urls = {
        "sqlite": f"sqlite:///{tmp_path / 'no' / 'folder.sqlite'}",
        "postgresql": f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nothing",
    }
    app = create_app(Settings(urls[request.param], "k" * 40, "http://localhost", tmp_path))
    app.config["WTF_CSRF_ENABLED"] = False
    yield app


@pytest.fixture
def member(away: Flask) -> FlaskClient:
    """Somebody whose cookie says that she is signed in, which only the database can tell."""
    client = away.test_client()
    with client.session_transaction() as session:
        session[TOKEN] = secret()
    return client


def path_of(rule: Rule) -> str:
    given = {name: ARGUMENTS.get(type(one).__name__, "2026-12-01T1000") for name, one in rule._converters.items()}
    return "".join(given[part] if dynamic else part for dynamic, part in rule._trace).lstrip("|")


def routes(app: Flask, method: str) -> dict[str, str]:
    return {rule.endpoint: path_of(rule) for rule in app.url_map.iter_rules() if method in (rule.methods or ())}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_page_says_so_and_when_to_come_again(away: Flask, member: FlaskClient, method: str) -> None:
    said = {endpoint: member.open(path, method=method) for endpoint, path in routes(away, method).items()}
    kindly = {
        endpoint
        for endpoint, answer in said.items()
        if answer.status_code == 503 and answer.headers["Retry-After"] == "5" and "Nothing was lost" in answer.text
    }
    # What was refused before anybody asked the database, or needs none.
    others = {endpoint: answer.status_code for endpoint, answer in said.items() if endpoint not in kindly}
    assert len(kindly) > 20, others
    assert not {endpoint: status for endpoint, status in others.items() if status >= 500}
    assert method == "POST" or others["pages.healthz"] == 200


@pytest.mark.parametrize("signed_in", [True, False])
def test_the_process_is_up_whatever_its_database_is(away: Flask, member: FlaskClient, signed_in: bool) -> None:
    answer = (member if signed_in else away.test_client()).get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_a_page_that_is_nowhere_is_still_no_fault_of_ours(member: FlaskClient) -> None:
    assert member.get("/nowhere").status_code == 404
