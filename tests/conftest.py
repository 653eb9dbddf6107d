"""The world of the tests: both databases, a settable clock, three people."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from alembic import command
from flask import Flask, g
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis
from sqlalchemy import event, text

from meetups.app import create_app
from meetups.config import Settings
from meetups.extensions import Base, db
from meetups.places import ground
from meetups.schema import alembic_config
from tests import postgres

# A Tuesday in Toronto, 8:00 on the wall.
NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
# A file system in memory, where there is one: what is written there need not wait for a disk.
MEMORY = Path("/dev/shm")
DATABASES = os.environ.get("TEST_DATABASES", "sqlite,postgresql").split(",")
# The suite tries the same cases each time, so that nobody's change fails for what another has left behind; what
# nobody has tried yet is looked for by night.
hypothesis.register_profile("suite", derandomize=True, database=None)
hypothesis.register_profile("nightly", print_blob=True)
hypothesis.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run what is about words, headers and pure rules on one database: a second one says nothing more about them."""
    again = [item for item in items if item.get_closest_marker("one_database") and _on_another(item)]
    if again:
        config.hook.pytest_deselected(items=again)
        items[:] = [item for item in items if item not in set(again)]


def _on_another(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    return callspec is not None and callspec.params.get("database_url", DATABASES[0]) != DATABASES[0]


@pytest.fixture(scope="session", params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database of each kind, for the whole session."""
    if request.param == "sqlite":
        with tempfile.TemporaryDirectory(prefix="hello-park-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
            yield f"sqlite:///{folder}/test.sqlite"
    else:
        with postgres.database(lasting=False) as url:
            yield url


@pytest.fixture(scope="session")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        database_url=database_url,
        secret_key="a key for tests that is long enough to be accepted",
        public_url="http://localhost",
        data_dir=tmp_path_factory.mktemp("data"),
    )


class Browser(FlaskClient):
    """A test client beside whose requests nothing is kept.

    The tests' own application context outlives a request, and with it what extensions remember in `g` (who is
    there, the CSRF token) and a transaction that on SQLite would keep another instance of the site from writing.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        db.session.rollback()
        for name in list(g):
            g.pop(name)
        return super().open(*args, **kwargs)


@pytest.fixture(scope="session")
def migrated(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    app.testing = True
    app.test_client_class = Browser
    with app.app_context():
        command.upgrade(alembic_config(), "head")
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def app(migrated: Flask) -> Iterator[Flask]:
    """The application on an empty, migrated database, inside its context."""
    migrated.config["WTF_CSRF_ENABLED"] = False
    with migrated.app_context():
        yield migrated
        db.session.rollback()
        db.session.remove()
        empty_tables()
        ground.forget()


def empty_tables() -> None:
    """Delete every row of every table, children first; a table that is empty is left alone, and ids go on."""
    names = [table.name for table in reversed(Base.metadata.sorted_tables)]
    filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in names)
    with db.engine.begin() as connection:
        found = set(connection.scalars(text(filled)))
        for name in names:
            if name in found:
                connection.execute(text(f"DELETE FROM {name}"))


@pytest.fixture
def unknowing(app: Flask) -> Iterator[None]:
    """What a database has learned of a test's full tables plans badly for the empty ones of the tests after it."""
    yield
    db.session.rollback()
    if db.engine.dialect.name == "sqlite":
        with db.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS sqlite_stat1")
            connection.exec_driver_sql("DROP TABLE IF EXISTS sqlite_stat4")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(autouse=True)
def clock(request: pytest.FixtureRequest) -> Iterator[time_machine.Traveller | None]:
    """The wall clock stands still at NOW, and moves only when a test moves it."""
    if request.node.get_closest_marker("real_clock"):
        yield None
        return
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """Collect the statements sent to the database inside the block."""
    seen: list[str] = []

    def note(_conn, _cursor, statement, *_rest):  # type: ignore[no-untyped-def]
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "PRAGMA")):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
