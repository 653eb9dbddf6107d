"""Any sequence of coming every time, skipping, pausing, ending, answering, cancelling and making room."""

from dataclasses import replace
from datetime import date, timedelta

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from meetups.domain.capacity import Answer
from meetups.domain.errors import Problem
from meetups.events import exceptions
from meetups.events import services as events
from meetups.events.models import Change, ChangeKind, Meetup, Occurrence
from meetups.extensions import db
from meetups.rsvps.changes import handle_changes
from meetups.rsvps.models import Rsvp, StandingYes
from meetups.rsvps.services import answer
from meetups.rsvps.standing import answer_for_regulars, end, pause, say
from meetups.rsvps.standing_queries import of
from tests.conftest import NOW
from tests.events.drafts import TUESDAYS, a_draft, dates_of
from tests.factories import add_member, add_place

FAMILIES, DATES = 3, 4
WHATS = ["say", "say", "pause", "end", "going", "not_going", "maybe", "cancel", "restore", "room", "worker", "worker"]
STEPS = st.lists(
    st.tuples(st.sampled_from(WHATS), st.integers(0, FAMILIES - 1), st.integers(0, DATES - 1)), min_size=4, max_size=25
)


class Town:
    """A walk of four dates with room for two families."""

    def __init__(self) -> None:
        draft = a_draft(add_place(), rule=replace(TUESDAYS, count=DATES), capacity=1)
        self.walk: Meetup = events.host(add_member("Beatrice"), draft, NOW)
        self.members = [add_member(f"Member {number}") for number in range(FAMILIES)]
        self.now = NOW

    def step(self, what: str, who: int, which: int) -> None:
        self.now += timedelta(minutes=11)
        member, row = self.members[who], dates_of(self.walk)[which]
        standing = of(self.walk, member)
        if what == "say":
            say(self.walk, member, [], self.now)
        elif what == "pause" and standing and not standing.ended_at:
            pause(standing, date(2026, 12, 2) + timedelta(weeks=which), self.now)
        elif what == "end" and standing:
            end(standing, self.now)
        elif what in ("going", "not_going", "maybe"):
            answer(row, member, Answer(what), [], self.now)
        elif what == "cancel":
            events.cancel_date(row, None, self.now)
        elif what == "restore" and row.cancelled_at:
            exceptions.restore_date(row, self.now)
        elif what == "room":
            row.capacity = (row.capacity or 0) + 1
            fact = {"kind": ChangeKind.ROOM, "created_at": self.now, "due": self.now}
            db.session.add(Change(occurrence_id=row.id, **fact))
            db.session.flush()
            handle_changes(self.now)
        else:
            handle_changes(self.now)
            answer_for_regulars(self.now)
        db.session.flush()

    def rows(self, of_date: Occurrence) -> list[Rsvp]:
        return list(db.session.scalars(select(Rsvp).where(Rsvp.occurrence_id == of_date.id)))

    def look(self, settled: bool) -> None:
        regulars = {row.member_id: row for row in db.session.scalars(select(StandingYes)) if row.ended_at is None}
        for one in dates_of(self.walk):
            rows = self.rows(one)
            holders = [row for row in rows if Answer(row.answer).holds]
            assert one.taken == len(holders) and (one.capacity is None or one.taken <= one.capacity)
            if one.cancelled_at:
                continue
            for row in rows:
                assert not row.by_standing or row.member_id in regulars, "the end takes back what it gave"
            if settled:
                self.settled(one, rows, regulars)

    def settled(self, one: Occurrence, rows: list[Rsvp], regulars: dict[int, StandingYes]) -> None:
        """After a worker's round nobody waits beside a free place, and regulars have answered."""
        assert one.taken == one.capacity or not [row for row in rows if row.answer == "waiting"]
        answered = {row.member_id for row in rows}
        for member_id, row in regulars.items():
            here = row.paused_until is None or one.recurrence_id.date() >= row.paused_until
            assert member_id in answered or not here
            assert here or not [row for row in rows if row.member_id == member_id and row.by_standing]


@given(STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_said_in_whatever_order(app: Flask, steps: list[tuple[str, int, int]]) -> None:
    town = Town()
    for what, who, which in steps:
        try:
            town.step(what, who, which)
        except Problem:
            # A cancelled date takes no answer, and with fewer than two dates nobody comes every time.
            db.session.flush()
        town.look(settled=what == "worker")
    db.session.rollback()
