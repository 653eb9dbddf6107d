"""Who waits is found by cells, from the side of the place: what it costs does not grow with who waits elsewhere."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from benchmarks.plans import asked_for
from meetups.accounts.models import Member
from meetups.domain.nearness import home_cell
from meetups.events import services
from meetups.events.beginnings import Beginning
from meetups.extensions import db
from meetups.granting import queries
from meetups.wishes import services as wishes
from meetups.wishes.queries import open_of, waiting_at
from tests.conftest import NOW
from tests.events.drafts import a_draft, dates_of
from tests.factories import WITHROW, add_member, add_place

CELL = home_cell(WITHROW)
MANY = """
INSERT INTO wishes (public_id, member_id, cell, within, ages, created_at, ends_at)
SELECT 'wish ' || n, (SELECT min(id) FROM members), 'cell ' || n, 800, 127, now(), now() FROM generate_series(1, 5000) AS n"""
MANY_BEGIN = """
INSERT INTO beginnings (meetup_id, created_at, due, reached)
SELECT (SELECT min(id) FROM meetups), now(), now() + interval '1 day', 0 FROM generate_series(1, 2000) AS n"""


def near_a_meetup() -> None:
    beginning = db.session.scalars(select(Beginning).order_by(Beginning.id).limit(1)).one()
    queries.waiting_for(beginning, dates_of(beginning.meetup), NOW, 200)


@pytest.mark.parametrize(
    ("ask", "table", "index"),
    [
        (near_a_meetup, "FROM wishes", "ix_wishes_cell_wishes_within"),
        (lambda: waiting_at([CELL], NOW), "FROM wishes", "ix_wishes_cell_wishes_within"),
        (lambda: queries.due(NOW, 20), "FROM beginnings", "ix_beginnings_due_beginnings_id"),
        (lambda: open_of(Member(id=1), NOW), "FROM wishes", "ix_wishes_member_id"),
        (lambda: queries.to_look_at(NOW, 20), "FROM wishes", "ix_wishes_look_at"),
        (lambda: wishes.forget_old(NOW), "FROM wishes", "ix_wishes_ends_at"),
    ],
)
def test_it_is_found_by_its_index(app: Flask, ask: Callable[[], Any], table: str, index: str) -> None:
    services.host(add_member(), a_draft(add_place()), NOW)
    db.session.commit()
    if db.engine.dialect.name == "postgresql":
        # In an empty table any way is as good, and so is any index.
        with db.engine.begin() as connection:
            for statement in (MANY, MANY_BEGIN):
                connection.exec_driver_sql(statement)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE wishes, beginnings, members")
    db.session.rollback()
    with asked_for() as asked:
        ask()
    seen = [one for one in asked if table in one[0]]
    db.session.rollback()
    with db.engine.connect() as connection:
        plan = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
        steps = [str(step) for step in connection.exec_driver_sql(f"{plan} {seen[-1][0]}", seen[-1][1])]
    assert any(index in step for step in steps), steps
    assert not any("SCAN wishes" in step or "Seq Scan on wishes" in step for step in steps), steps
