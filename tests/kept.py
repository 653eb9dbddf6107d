"""A world that takes long to make, kept as rows for the tests that come after."""

from typing import Any

from sqlalchemy import Table, insert, select

from meetups.extensions import Base, db

Rows = dict[Table, list[dict[str, Any]]]


def all_rows() -> Rows:
    """Return the rows of every table that has some, parents first."""
    found = {
        table: [dict(row) for row in db.session.execute(select(table)).mappings()]
        for table in Base.metadata.sorted_tables
    }
    return {table: rows for table, rows in found.items() if rows}


def put_back(kept: Rows) -> None:
    """Write rows as they were into a database that is empty."""
    for table, rows in kept.items():
        db.session.execute(insert(table), rows)
