"""Any sequence of answers, changes of room and worker rounds, against a model of one page."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from meetups.accounts.models import Member
from meetups.domain.capacity import Answer
from meetups.events.models import Change, ChangeKind, Occurrence
from meetups.extensions import db
from meetups.mail.models import OutboxMail
from meetups.rsvps import services
from meetups.rsvps.changes import handle_changes
from meetups.rsvps.models import Rsvp
from tests.conftest import NOW
from tests.factories import add_meetup, add_member, first_date

pytestmark = pytest.mark.one_database

FAMILIES = 4
WANTED = st.sampled_from([Answer.GOING, Answer.GOING, Answer.MAYBE, Answer.NOT_GOING])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), st.integers(0, FAMILIES - 1), WANTED),
        st.tuples(st.just("room"), st.one_of(st.none(), st.integers(1, 3)), st.just(Answer.GOING)),
        st.tuples(st.just("worker"), st.just(0), st.just(Answer.GOING)),
    ),
    min_size=5,
    max_size=40,
)


@dataclass
class Model:
    """Who is in, who waits in which order, and who said something else."""

    capacity: int | None
    going: list[int] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    others: dict[int, str] = field(default_factory=dict)
    promoted: int = 0

    def has_room(self) -> bool:
        return self.capacity is None or len(self.going) < self.capacity

    def fill(self) -> None:
        while self.line and self.has_room():
            self.going.append(self.line.pop(0))
            self.promoted += 1

    def answer(self, who: int, wanted: Answer) -> None:
        self.fill()
        if wanted == Answer.GOING:
            self.others.pop(who, None)
            if who not in self.going + self.line:
                (self.going if self.has_room() else self.line).append(who)
            return
        for where in (self.going, self.line):
            if who in where:
                where.remove(who)
        self.others[who] = wanted
        self.fill()

    def answers(self) -> dict[int, str]:
        return dict.fromkeys(self.going, "going") | dict.fromkeys(self.line, "waiting") | self.others


class Town:
    """The same in the database."""

    def __init__(self, capacity: int | None) -> None:
        self.date: Occurrence = first_date(add_meetup(capacity=capacity))
        self.members: list[Member] = [add_member(f"Member {number}") for number in range(FAMILIES)]
        self.numbers = {member.id: number for number, member in enumerate(self.members)}
        self.now = NOW

    def step(self, what: str, number: int | None, wanted: Answer) -> None:
        self.now += timedelta(seconds=1)
        if what == "answer" and number is not None:
            services.answer(self.date, self.members[number], wanted, [], self.now)
        elif what == "room":
            self.date.capacity = number
            db.session.add(Change(occurrence_id=self.date.id, kind=ChangeKind.ROOM, created_at=self.now, due=self.now))
        else:
            handle_changes(self.now)

    def rows(self) -> list[Rsvp]:
        query = select(Rsvp).where(Rsvp.occurrence_id == self.date.id).order_by(Rsvp.waiting_since, Rsvp.id)
        return list(db.session.scalars(query))

    def told(self) -> int:
        mails = db.session.scalars(select(OutboxMail).where(OutboxMail.template == "promoted"))
        return sum(mail.data["occurrence"] == self.date.id for mail in mails)


@given(st.one_of(st.none(), st.integers(1, 2)), STEPS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_does_what_the_model_says(
    app: Flask, capacity: int | None, steps: list[tuple[str, int | None, Answer]]
) -> None:
    town, model, owed = Town(capacity), Model(capacity), False
    for what, number, wanted in steps:
        town.step(what, number, wanted)
        if what == "answer" and number is not None:
            model.answer(number, wanted)
        elif what == "room":
            model.capacity, owed = number, True
        elif owed:
            model.fill()
            owed = False
        rows = town.rows()
        assert {town.numbers[row.member_id]: row.answer for row in rows} == model.answers()
        assert [town.numbers[row.member_id] for row in rows if row.answer == "waiting"] == model.line
        assert town.date.taken == len(model.going)
        assert town.told() == model.promoted
    db.session.rollback()
