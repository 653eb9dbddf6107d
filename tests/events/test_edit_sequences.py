"""Any sequence of what hosts, the worker and time do: the rows are what the rule says, but for what is their own."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from meetups.accounts.models import Member
from meetups.domain.errors import Problem
from meetups.domain.nearness import Point
from meetups.domain.recurrence import Frequency, Rule, expand
from meetups.domain.zones import to_local, to_utc
from meetups.events import editing, exceptions, services, undo
from meetups.events.dates import rule_of
from meetups.events.models import Change, Meetup, Occurrence
from meetups.events.scopes import Scope, draft_of_date, edit_as
from meetups.extensions import db
from meetups.places.models import Place
from tests.conftest import NOW
from tests.events.drafts import a_draft, dates_of
from tests.factories import TUESDAY, WITHROW, add_member, add_place

ON_A_DATE = ("move", "cancel", "restore", "this", "following", "all")
END_OF_TEST = datetime(2100, 1, 1)
interval = st.integers(1, 3)
ends: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"count": st.integers(1, 12)}),
    st.fixed_dictionaries({"until": st.dates(date(2027, 1, 1), date(2027, 9, 1))}),
)
rules = st.one_of(
    st.none(),
    st.builds(lambda n, e: Rule(Frequency.DAILY, interval=n, **e), st.integers(6, 12), ends),
    st.builds(
        lambda n, d, e: Rule(Frequency.WEEKLY, interval=n, weekdays=tuple(d), **e),
        interval,
        st.sets(st.integers(0, 6), min_size=1, max_size=3),
        ends,
    ),
    st.builds(
        lambda n, d, e: Rule(Frequency.MONTHLY, interval=n, month_day=d, **e), interval, st.integers(1, 31), ends
    ),
    st.builds(
        lambda n, w, d, e: Rule(Frequency.MONTHLY, interval=n, nth=w, weekdays=(d,), **e),
        interval,
        st.sampled_from((1, 2, 3, 4, -1)),
        st.integers(0, 6),
        ends,
    ),
)
ahead = st.builds(
    lambda days, hours: TUESDAY.replace(hour=0) + timedelta(days=days, hours=hours),
    st.integers(0, 80) | st.integers(190, 250),
    st.sampled_from((2, 9, 10, 15)),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("days and time"), ahead, rules),
        st.tuples(st.just("page"), st.sampled_from((0, 9, 11)), st.none()),
        st.tuples(st.just("place"), st.integers(0, 2), st.none()),
        st.tuples(st.just("move"), st.integers(0, 9), ahead),
        st.tuples(st.just("cancel"), st.integers(0, 9), st.none()),
        st.tuples(st.just("restore"), st.integers(0, 9), st.none()),
        st.tuples(st.just("add"), ahead, st.none()),
        st.tuples(st.just("this"), st.integers(0, 9), ahead),
        st.tuples(st.just("following"), st.integers(0, 9), st.sampled_from((0, 9, 11))),
        st.tuples(st.just("all"), st.integers(0, 9), st.sampled_from((0, 9, 11))),
        st.tuples(st.just("undo"), st.none(), st.none()),
        st.tuples(st.just("wait"), st.integers(1, 40), st.none()),
    ),
    min_size=1,
    max_size=6,
)


def places() -> list[Place]:
    return [
        add_place("Withrow Park", WITHROW),
        add_place("Greenwood Park", Point(43.67, -79.33)),
        add_place("Tama Park", Point(35.63, 139.44), zone="Asia/Tokyo"),
    ]


@dataclass
class Walk:
    """One meetup and the parts it was split into, what was done to it, and what must not change any more."""

    places: list[Place]
    root: Meetup
    meetup: Meetup
    now: datetime = NOW
    past: dict[int, tuple[Any, ...]] = field(default_factory=dict)

    def step(self, what: str, first: Any, second: Any) -> None:
        if what == "wait":
            self.now += timedelta(days=first)
            services.roll_forward(self.now)
            return
        if what == "undo":
            self.undo()
            return
        target = self.row(first) if what in ON_A_DATE else None
        self.meetup = target.meetup if target else self.meetup
        before = {row.id: _facts(row) for row in self.rows()}
        told, sequence = self.told(), self.meetup.sequence
        actions: dict[str, Callable[[], object]] = {
            "days and time": lambda: self.edit(first, second),
            "page": lambda: self.edit_page(first),
            "place": lambda: self.edit_page(0, self.places[first]),
            "move": lambda: services.move_date(self.row(first), second, self.now),
            "cancel": lambda: services.cancel_date(self.row(first), "Flu", self.now),
            "restore": lambda: exceptions.restore_date(self.row(first), self.now),
            "add": lambda: exceptions.add_date(self.meetup, first, self.now),
            "this": lambda: self.edit_as(Scope.THIS, self.row(first), second),
            "following": lambda: self.edit_as(Scope.FOLLOWING, self.row(first), second),
            "all": lambda: self.edit_as(Scope.ALL, self.row(first), second),
        }
        try:
            with db.session.begin_nested(), undo.undoable(self.meetup, self.now) as edit:
                actions[what]()
        except Problem:
            db.session.expire_all()
            assert self.meetup.sequence == sequence
            return
        # What changes nothing leaves nothing behind.
        assert self.meetup.sequence == sequence + (edit in db.session)
        self.check_told(before, told)

    def undo(self) -> None:
        """Undo the newest edit, if it can be, and all is as it was before."""
        edit = undo.latest(self.root, self.now)
        if edit is None:
            return
        was = edit.before["dates"]
        self.meetup = undo.undo(edit, self.now)
        rows = {str(row.id): row for row in self.rows()}
        assert set(was) <= set(rows)
        assert all(rows[key].starts_at.isoformat() == values["starts_at"] for key, values in was.items())
        assert all((rows[key].cancelled_at is None) == (values["cancelled_at"] is None) for key, values in was.items())

    def parts(self) -> list[Meetup]:
        query = select(Meetup).where((Meetup.id == self.root.id) | (Meetup.series_id == self.root.id))
        return list(db.session.scalars(query.order_by(Meetup.id)))

    def rows(self) -> list[Occurrence]:
        return [row for part in self.parts() for row in dates_of(part)]

    def row(self, number: int) -> Occurrence:
        rows = self.rows()
        return rows[number % len(rows)]

    def edit_as(self, scope: Scope, row: Occurrence, to: Any) -> None:
        """Change a date to a start, or it and others to an hour, as its page does."""
        shown = draft_of_date(row)
        starts = to if isinstance(to, datetime) else shown.starts.replace(hour=to or shown.starts.hour)
        edit_as(scope, row, replace(shown, starts=starts, title=f"{scope} {self.told()}"), self.now)

    def edit(self, starts: datetime, rule: Rule | None, place: Place | None = None) -> None:
        editing.edit(self.meetup, a_draft(place or self.meetup.place, starts, rule), self.now)

    def edit_page(self, hour: int, place: Place | None = None) -> None:
        """Edit as the page does: from the next date on, at another hour if there is one."""
        starts = editing.next_instance(self.meetup, self.now)
        rule = editing.rule_left(self.meetup, starts)
        self.edit(starts.replace(hour=hour or starts.hour), rule, place)

    def told(self) -> int:
        return len(
            db.session.scalars(select(Change).where(Change.occurrence_id.in_([row.id for row in self.rows()]))).all()
        )

    def check_told(self, before: dict[int, tuple[Any, ...]], told: int) -> None:
        was_on = {row_id for row_id, (_, _, cancelled_at, _) in before.items() if cancelled_at is None}
        rows = [row for row in self.rows() if row.id in was_on or (row.id in before and not row.cancelled_at)]
        changed = [row for row in rows if _facts(row)[:-1] != before[row.id][:-1]]
        assert all(row.revision == before[row.id][-1] + 1 for row in changed)
        assert self.told() >= told + len(changed)

    def check(self) -> None:
        for part in self.parts():
            self.check_part(part)

    def check_part(self, meetup: Meetup) -> None:
        rows = dates_of(meetup)
        by_id = {row.recurrence_id: row for row in rows}
        assert len(by_id) == len(rows)
        for row in rows:
            assert self.past.get(row.id, _facts(row)) == _facts(row)
            if row.starts_at <= self.now:
                self.past[row.id] = _facts(row)
        if meetup.rule is None:
            coming = [row for row in rows if row.starts_at > self.now and not row.cancelled_at]
            coming = [row for row in coming if not self.apart(row)]
            assert all(to_local(row.starts_at, meetup.zone) == meetup.starts for row in coming) and len(coming) <= 1
            return
        horizon = meetup.rolled_to or END_OF_TEST
        local_now = to_local(self.now, meetup.zone)
        assert meetup.rolled_to is None or horizon >= local_now + timedelta(weeks=25)
        expected = set(expand(rule_of(meetup), meetup.starts, max(local_now, meetup.starts), horizon))
        for start in expected:
            row = by_id[start]
            assert row.cancelled_at is None or "cancelled" in row.own
            if "starts" not in row.own and row.starts_at > self.now:
                assert row.starts_at == to_utc(start, meetup.zone)
        for row in rows:
            if row.starts_at > self.now and row.cancelled_at is None and row.recurrence_id not in expected:
                assert self.apart(row)

    def apart(self, row: Occurrence) -> bool:
        """Return whether a date was added, or moved out of a past that no rule speaks of any more."""
        moved = "starts" in row.own and to_utc(row.recurrence_id, row.meetup.zone) <= self.now
        return "extra" in row.own or moved


def _facts(row: Occurrence) -> tuple[Any, ...]:
    return row.starts_at, row.place.name, row.cancelled_at, row.revision


@given(ahead, rules, steps)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_rows_are_what_the_rule_says_but_for_what_is_their_own(
    app: Flask, starts: datetime, rule: Rule | None, steps: list[tuple[str, Any, Any]]
) -> None:
    towns, host = places(), add_member("Beatrice")
    try:
        meetup = _hosted(host, towns[0], starts, rule)
        walk = Walk(towns, meetup, meetup)
    except Problem:
        db.session.rollback()
        return
    walk.check()
    for step in steps:
        walk.step(*step)
        walk.check()
    db.session.rollback()


def _hosted(host: Member, place: Place, starts: datetime, rule: Rule | None) -> Meetup:
    return services.host(host, a_draft(place, starts, rule), NOW)
