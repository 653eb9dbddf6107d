"""What holds for an answer however it comes in."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from meetups.accounts import services as accounts
from meetups.accounts.models import Member
from meetups.domain.capacity import Answer
from meetups.domain.errors import Problem
from meetups.events.models import Occurrence
from meetups.extensions import db
from meetups.rsvps import services
from meetups.rsvps.changes import handle_changes
from meetups.rsvps.models import Rsvp
from tests.conftest import NOW
from tests.factories import add_kid, add_meetup, add_member, add_rsvp, first_date

pytestmark = pytest.mark.usefixtures("app")


def say(date: Occurrence, member: Member, wanted: Answer, second: int) -> Rsvp:
    return services.answer(date, member, wanted, [], NOW + timedelta(seconds=second))


def test_whoever_leaves_the_line_and_comes_back_stands_at_its_end() -> None:
    row, ana, zoe, mia = first_date(add_meetup(capacity=1)), add_member("Ana"), add_member("Zoe"), add_member("Mia")
    for second, member in enumerate((ana, zoe, mia)):
        say(row, member, Answer.GOING, second)
    say(row, zoe, Answer.MAYBE, 4)
    assert say(row, zoe, Answer.GOING, 5).answer == "waiting"
    say(row, ana, Answer.NOT_GOING, 6)
    assert db.session.scalars(select(Rsvp.member_id).where(Rsvp.answer == "going")).all() == [mia.id]


def test_asking_again_keeps_her_place_in_the_line() -> None:
    row, ana, zoe, mia = first_date(add_meetup(capacity=1)), add_member("Ana"), add_member("Zoe"), add_member("Mia")
    for second, member in enumerate((ana, zoe, mia, zoe)):
        say(row, member, Answer.GOING, second)
    say(row, ana, Answer.NOT_GOING, 6)
    assert db.session.scalars(select(Rsvp.member_id).where(Rsvp.answer == "going")).all() == [zoe.id]


def test_another_answer_is_planned_anew_and_the_same_one_is_not() -> None:
    row, ana = first_date(add_meetup()), add_member("Ana")
    rsvp = add_rsvp(row, ana, planned_at=NOW)
    assert say(row, ana, Answer.GOING, 1).planned_at == NOW
    assert say(row, ana, Answer.NOT_GOING, 2).planned_at is None
    rsvp.planned_at = NOW
    assert say(row, ana, Answer.GOING, 3).planned_at is None


def test_only_her_own_kids_come_with_her() -> None:
    row, ana, zoe = first_date(add_meetup()), add_member("Ana"), add_member("Zoe")
    kid = add_kid(zoe, date(2025, 1, 1))
    with pytest.raises(Problem, match="your own children") as refused:
        services.answer(row, ana, Answer.GOING, [kid], NOW)
    assert refused.value.field == "kids" and row.taken == 0


def test_a_place_is_given_by_what_is_stored_not_by_what_a_page_read_before() -> None:
    row = first_date(add_meetup(capacity=1))
    rsvp = add_rsvp(row, add_member("Ana"))
    # Another request, which this session has not noticed.
    unnoticed = update(Rsvp).values(answer="waiting", waiting_since=NOW)
    db.session.execute(unnoticed, execution_options={"synchronize_session": False})
    row.taken = 0
    assert rsvp.answer == "going" and services.promote(row, NOW) == [rsvp]
    db.session.expire_all()
    assert (rsvp.answer, row.taken) == ("going", 1)


def test_a_block_that_is_taken_back_before_the_worker_saw_it_costs_nobody_her_place() -> None:
    row, ana, zoe = first_date(add_meetup(capacity=1)), add_member("Ana"), add_member("Zoe")
    say(row, ana, Answer.GOING, 1)
    waits = say(row, zoe, Answer.GOING, 2)
    accounts.block(row.meetup.host, zoe, NOW)
    say(row, ana, Answer.NOT_GOING, 3)
    assert waits.answer == "waiting", "no place goes to who may not see the date"
    accounts.unblock(row.meetup.host, zoe)
    handle_changes(NOW + timedelta(seconds=4))
    assert (waits.answer, row.taken) == ("going", 1)
