"""The countries that `make bench` measures hold what it asks for."""

from collections.abc import Iterator

import pytest
from flask import Flask

from benchmarks import scale_world
from benchmarks.scale_measure import FILTERED
from meetups.events import finding
from meetups.events.search import PAGE, Search
from meetups.extensions import db
from tests.conftest import NOW


@pytest.fixture(autouse=True)
def as_it_was(app: Flask) -> Iterator[None]:
    """What is known of a full country plans badly for the empty tables of other tests."""
    yield
    db.session.rollback()
    if db.engine.dialect.name == "sqlite":
        with db.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS sqlite_stat1")
            connection.exec_driver_sql("DROP TABLE IF EXISTS sqlite_stat4")


def test_a_filtered_search_of_a_made_up_country_finds_a_page(app: Flask) -> None:
    scale_world.fill(1000, 20)
    found = finding.find(Search(near=scale_world.HERE, **FILTERED), None, NOW)
    assert len(found) == PAGE
