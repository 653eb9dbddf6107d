"""Places at a meetup never go to more families than there are, however many answer at once."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.config import Settings
from meetups.domain.capacity import Answer
from meetups.events.models import Occurrence
from meetups.extensions import db, may_write
from meetups.mail.models import OutboxMail
from meetups.rsvps import services
from meetups.rsvps.models import Rsvp
from tests.factories import add_meetup, add_member, first_date
from tests.rsvps.processes import STARTS_WITHIN, say_yes

FAMILIES, PLACES, AT_ONCE, PROCESSES = 200, 10, 16, 4


def ten_places() -> tuple[int, list[int]]:
    """Post a meetup of ten places; return its date's id and those of 200 members who want to come."""
    meetup = add_meetup(capacity=PLACES)
    members = [add_member(f"Member {number}").id for number in range(FAMILIES)]
    date_id = first_date(meetup).id
    db.session.commit()
    return date_id, members


def full_house(app: Flask) -> tuple[int, list[int]]:
    """Let 200 members say yes to ten places at once, in threads; return the date's id and theirs."""
    date_id, members = ten_places()
    # Nobody starts before everybody is there.
    start = Barrier(AT_ONCE)

    def say_yes(chunk: list[int]) -> None:
        may_write.set(True)
        with app.app_context():
            start.wait()
            for member_id in chunk:
                occurrence, member = db.session.get(Occurrence, date_id), db.session.get(Member, member_id)
                assert occurrence and member
                services.answer(occurrence, member, Answer.GOING, [], utcnow())
                db.session.commit()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(say_yes, members[number::AT_ONCE]) for number in range(AT_ONCE)]:
            done.result()
    db.session.rollback()
    return date_id, members


def answers(date_id: int) -> dict[str, int]:
    query = select(Rsvp.answer, func.count().label("number")).where(Rsvp.occurrence_id == date_id).group_by(Rsvp.answer)
    return {row.answer: row.number for row in db.session.execute(query)}


def taken(date_id: int) -> int:
    return db.session.scalars(select(Occurrence.taken).where(Occurrence.id == date_id)).one()


@pytest.mark.slow
def test_two_hundred_answers_at_once_fill_ten_places(app: Flask) -> None:
    date_id, _ = full_house(app)
    assert answers(date_id) == {"going": PLACES, "waiting": FAMILIES - PLACES}
    assert taken(date_id) == PLACES
    told = db.session.scalar(select(func.count()).where(OutboxMail.template == "youre_in"))
    assert told == PLACES


@pytest.mark.slow
@pytest.mark.real_clock
def test_four_processes_at_once_fill_ten_places(app: Flask, settings: Settings) -> None:
    date_id, members = ten_places()
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(PROCESSES)
    processes = [
        spawn.Process(target=say_yes, args=(settings, start, date_id, members[number::PROCESSES]), daemon=True)
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(STARTS_WITHIN)
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    assert answers(date_id) == {"going": PLACES, "waiting": FAMILIES - PLACES}
    assert taken(date_id) == PLACES


@pytest.mark.slow
def test_ten_who_leave_at_once_let_ten_in_by_their_turn(app: Flask) -> None:
    date_id, _ = full_house(app)
    going = list(db.session.scalars(select(Rsvp.member_id).where(Rsvp.answer == "going")))
    turn = select(Rsvp.member_id).where(Rsvp.answer == "waiting").order_by(Rsvp.waiting_since, Rsvp.id).limit(PLACES)
    next_in_line = set(db.session.scalars(turn))
    db.session.rollback()

    def leave(member_id: int) -> None:
        may_write.set(True)
        with app.app_context():
            occurrence, member = db.session.get(Occurrence, date_id), db.session.get(Member, member_id)
            assert occurrence and member
            services.answer(occurrence, member, Answer.NOT_GOING, [], utcnow())
            db.session.commit()

    with ThreadPoolExecutor(PLACES) as pool:
        for done in [pool.submit(leave, member_id) for member_id in going]:
            done.result()
    db.session.rollback()
    assert taken(date_id) == PLACES
    assert set(db.session.scalars(select(Rsvp.member_id).where(Rsvp.answer == "going"))) == next_in_line
    promoted = db.session.scalars(select(OutboxMail.data).where(OutboxMail.template == "promoted"))
    assert sorted(data["member"] for data in promoted) == sorted(next_in_line)
