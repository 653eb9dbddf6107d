"""Whatever a host does in whatever order: three readers of the feed see what is in the database."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import or_, select

from meetups.domain.errors import Problem
from meetups.domain.recurrence import Rule
from meetups.events import editing, exceptions, services, undo
from meetups.events.calendar import CANCELLED_SHOWN, PAST_SHOWN, midnight
from meetups.events.models import Meetup, Occurrence
from meetups.events.scopes import Scope, draft_of_date, edit_as
from meetups.events.series import series_calendar
from meetups.extensions import db
from meetups.feeds import queries
from tests.conftest import NOW
from tests.events.drafts import a_draft
from tests.events.test_edit_sequences import ahead, rules
from tests.factories import add_member, add_place
from tests.feeds.readers import READERS, Read

# 100 cases with the suite, 2,000 every night.
CASES = 2000 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 100
# Not UTC, where no place is: ical misses a RECURRENCE-ID that ends in Z.
ZONES = ["America/Toronto", "Asia/Kolkata", "Europe/London", "Australia/Lord_Howe", "Pacific/Auckland", "Africa/Casablanca"]  # fmt: skip


@dataclass
class Walk:
    """One series and the time it is."""

    meetup: Meetup
    now: datetime = NOW
    sequences: dict[str, int] = field(default_factory=dict)

    def row(self, number: int) -> Occurrence:
        ids = [part.id for part in self.parts()]
        rows = list(db.session.scalars(select(Occurrence).where(Occurrence.meetup_id.in_(ids)).order_by(Occurrence.id)))
        return rows[number % len(rows)]

    def parts(self) -> list[Meetup]:
        """All parts of the series, if it has been split."""
        mine = or_(Meetup.id == self.meetup.id, Meetup.series_id == self.meetup.id)
        return list(db.session.scalars(select(Meetup).where(mine).order_by(Meetup.id)))


def edit(walk: Walk, starts: datetime, rule: Rule | None) -> None:
    editing.edit(walk.meetup, a_draft(walk.meetup.place, starts, rule, title=walk.meetup.title), walk.now)


def edit_page(walk: Walk, hour: int, title: str) -> None:
    """Edit as the page does: from the next date on."""
    starts = editing.next_instance(walk.meetup, walk.now)
    rule = editing.rule_left(walk.meetup, starts)
    draft = a_draft(walk.meetup.place, starts.replace(hour=hour), rule, title=title, duration=45 + hour)
    editing.edit(walk.meetup, draft, walk.now)


def move(walk: Walk, number: int, starts: datetime) -> None:
    services.move_date(walk.row(number), starts, walk.now)


def cancel(walk: Walk, number: int) -> None:
    services.cancel_date(walk.row(number), "Flu", walk.now)


def cancel_all(walk: Walk) -> None:
    services.cancel_series(walk.meetup, None, walk.now)


def edit_one(walk: Walk, scope: Scope, number: int, days: int, hour: int, title: str) -> None:
    """Change a date, it and the following, or all, as its page does."""
    row = walk.row(number)
    shown = draft_of_date(row)
    starts = (shown.starts + timedelta(days=days)).replace(hour=hour)
    with undo.undoable(row.meetup, walk.now):
        edit_as(scope, row, replace(shown, starts=starts, title=title, duration=30 + hour), walk.now)


def restore(walk: Walk, number: int) -> None:
    exceptions.restore_date(walk.row(number), walk.now)


def add(walk: Walk, starts: datetime) -> None:
    exceptions.add_date(walk.row(0).meetup, starts, walk.now)


def take_back(walk: Walk) -> None:
    kept = undo.latest(walk.meetup, walk.now)
    if kept:
        undo.undo(kept, walk.now)


def wait(walk: Walk, days: int) -> None:
    walk.now += timedelta(days=days)
    services.roll_forward(walk.now)


number = st.integers(0, 30)
# What may happen: a function of the walk, and what its other arguments are drawn from. Add to it.
OPERATIONS: list[tuple[Callable[..., None], tuple[st.SearchStrategy[Any], ...]]] = [
    (edit, (ahead, rules)),
    (edit_page, (st.sampled_from((9, 10, 14)), st.sampled_from(("Slow walk", "Tea; with “cake”, 👶")))),
    (move, (number, ahead)),
    (cancel, (number,)),
    (cancel_all, ()),
    (
        edit_one,
        (
            st.sampled_from(Scope),
            number,
            st.integers(-2, 3),
            st.sampled_from((9, 10, 14)),
            st.sampled_from(("Slow walk", "Cake")),
        ),
    ),
    (restore, (number,)),
    (add, (ahead,)),
    (take_back, ()),
    (wait, (st.integers(1, 40),)),
]
steps = st.lists(st.one_of([st.tuples(st.just(what), *given_) for what, given_ in OPERATIONS]), max_size=7)


def stored(walk: Walk, since: datetime, until: datetime) -> list[Read]:
    """What is told of: every row, but for cancelled ones that are long over and single ones of long ago."""
    reads = []
    for meetup, rows in queries.parts([part.id for part in walk.parts()]):
        reads += [
            (
                row.starts_at,
                row.ends_at,
                f"{'Cancelled: ' if row.cancelled_at else ''}{row.title}",
                row.cancelled_at is not None,
            )
            for row in rows
            if row.starts_at >= midnight(walk.now) - (CANCELLED_SHOWN if row.cancelled_at else PAST_SHOWN)
        ]
        assert meetup.id
    return sorted(read for read in reads if since <= read[0] < until)


def check(walk: Walk) -> None:
    for part in walk.parts():
        for row in db.session.scalars(select(Occurrence).where(Occurrence.meetup_id == part.id)):
            # Calendars leave out what is older than what they know of a UID.
            assert walk.sequences.get(row.uid, 0) <= part.sequence
            walk.sequences[row.uid] = part.sequence
    body = series_calendar("Series", queries.parts([part.id for part in walk.parts()]), walk.now)
    # Beyond the rows a rule goes on; before the window only a series' own past is told of.
    since, until = midnight(walk.now) - PAST_SHOWN, _rows_reach(walk)
    expected = stored(walk, since, until)
    for name, read in READERS.items():
        assert read(body, since, until) == expected, name


def _rows_reach(walk: Walk) -> datetime:
    ends = [part.rolled_to for part in walk.parts() if part.rolled_to]
    return min(ends, default=datetime(2031, 1, 1)).replace(tzinfo=UTC) - timedelta(days=1)


@given(st.sampled_from(ZONES), ahead, rules, steps)
@settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_three_readers_see_what_is_in_the_database(
    app: Flask, zone: str, starts: datetime, rule: Rule | None, steps: list[tuple[Any, ...]]
) -> None:
    try:
        walk = Walk(services.host(add_member("Beatrice"), a_draft(add_place(zone=zone), starts, rule), NOW))
        check(walk)
        for what, *values in steps:
            _do(walk, what, values)
            check(walk)
    except Problem:
        pass
    finally:
        db.session.rollback()


def _do(walk: Walk, what: Callable[..., None], values: list[Any]) -> None:
    try:
        with db.session.begin_nested():
            what(walk, *values)
    except Problem:
        db.session.expire_all()
