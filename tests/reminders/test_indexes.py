"""What the worker asks for each mail and in each round is found by an index, however many mails were sent."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from benchmarks.plans import asked_for
from meetups.accounts import bounces
from meetups.extensions import db
from meetups.mail.models import OutboxMail
from meetups.reminders import queries
from meetups.reminders.weekly import look_ahead
from tests.conftest import NOW

MANY_WAIT = """
INSERT INTO outbox (dedupe_key, template, rcpt, data, state, attempts, message_id, created_at, next_try)
SELECT 'key ' || n, 'day_before', n || '@example.org', '{}', 'pending', 0, '<' || n || '>', now(), now()
FROM generate_series(1, 2000) AS n"""
MAIL = OutboxMail(id=1, rcpt="ana@example.org", template="day_before", data={"due": NOW.isoformat()})


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda: queries.falling_together(MAIL), "ix_outbox_open_rcpt"),
        (lambda: bounces.came_back("<x@park.example>", "5.1.1", NOW), "ix_outbox_message_id"),
        (lambda: bounces.count_refused(NOW + timedelta(days=1)), "ix_outbox_failed"),
        (lambda: look_ahead(NOW), "ix_members_weekly"),
        (lambda: bounces.held_back(MAIL, NOW), "email"),
    ],
)
def test_it_is_found_by_its_index(app: Flask, ask: Callable[[], Any], index: str) -> None:
    with asked_for() as asked:
        ask()
    seen = [one for one in asked if one[0].startswith("SELECT")]
    db.session.rollback()
    with db.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            # In an empty table any way is as good, and so is any index.
            connection.exec_driver_sql(MANY_WAIT)
            connection.exec_driver_sql("ANALYZE outbox")
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
        steps = [str(step) for step in connection.exec_driver_sql(f"{plan} {seen[0][0]}", seen[0][1])]
    assert any(index in step or (sqlite and index == "email" and "sqlite_autoindex" in step) for step in steps), steps
