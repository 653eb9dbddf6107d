"""How a database goes about a query that the site asks: what it walks, and whether along an index."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from meetups.extensions import db

# Those that were found are looked up by their ids; a bitmap is made from an index that is named in its own step.
BY_ID = ("PRIMARY KEY", "pk_occurrences", "Bitmap Heap Scan")


def plan(ask: Callable[[], object]) -> list[str]:
    """Return the steps in which the database reads rows for the last statement that `ask` sends it."""
    with asked_for() as seen:
        ask()
    explain = "EXPLAIN QUERY PLAN" if db.engine.dialect.name == "sqlite" else "EXPLAIN"
    steps = [str(step) for step in db.session.connection().exec_driver_sql(f"{explain} {seen[-1][0]}", seen[-1][1])]
    return [step for step in steps if "SEARCH" in step or "SCAN" in step or "Scan" in step]


@contextmanager
def asked_for() -> Iterator[list[tuple[str, Any]]]:
    """Collect the statements sent to the database inside the block, each with its parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        seen.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def walks(steps: list[str], *indexes: str) -> bool:
    """Return whether dates are read along one of some indexes, and otherwise by their ids alone."""
    dates = [step for step in steps if "occurrences" in step]
    along = [step for step in dates if any(index in step for index in indexes)]
    return bool(along) and all(any(how in step for how in BY_ID) for step in dates if step not in along)
