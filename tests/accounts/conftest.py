"""Browsers for the tests of sign-in: each request finds out anew who is there."""

from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from meetups.extensions import db


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


@pytest.fixture(autouse=True)
def _browsers(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "test_client_class", Browser)
