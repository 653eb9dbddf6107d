"""The real parks and neighbourhoods of the east of Toronto."""

from pathlib import Path

import pytest
from flask import Flask

from meetups.demo import town
from meetups.extensions import db
from meetups.places import importer, readers
from tests.conftest import NOW
from tests.kept import Rows, all_rows, put_back


@pytest.fixture(scope="session")
def kept(migrated: Flask) -> Rows:
    """Their rows, once they have been taken in."""
    return {}


@pytest.fixture
def east(app: Flask, kept: Rows) -> None:
    """A database that knows them."""
    if kept:
        put_back(kept)
    else:
        for name in ("neighbourhoods.geojson", "parks.csv"):
            importer.take(readers.read(Path(town.DATA) / name), NOW)
        db.session.flush()
        kept.update(all_rows())
    db.session.commit()
