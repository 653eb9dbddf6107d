"""Coming every time and taking an offered place, while other taps and workers do the same."""

from datetime import timedelta
from itertools import count

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from meetups.accounts.models import Member
from meetups.domain.capacity import Answer
from meetups.events import services
from meetups.events.models import Meetup
from meetups.extensions import db
from meetups.mail.models import OutboxMail
from meetups.rsvps.models import Rsvp, StandingYes
from meetups.rsvps.services import answer, expire_offers
from meetups.rsvps.standing import answer_for_regulars, end, say
from tests.conftest import NOW
from tests.events.drafts import a_draft, dates_of
from tests.factories import add_meetup, add_member, add_place, add_rsvp, first_date, sign_in
from tests.rsvps.test_at_once import at_once, client_of

pytestmark = pytest.mark.slow
LATER = NOW + timedelta(days=2)


@pytest.fixture
def walk(app: Flask) -> Meetup:
    return services.host(add_member("Beatrice"), a_draft(add_place(), capacity=2), NOW)


def counted(walk: Meetup) -> list[int]:
    """The number of answers to each date, after a look that its count is theirs."""
    found = []
    for row in dates_of(walk):
        answers = db.session.scalars(select(Rsvp.answer).where(Rsvp.occurrence_id == row.id)).all()
        assert row.taken == answers.count("going") <= 2
        found.append(len(answers))
    return found


def test_every_time_tapped_several_times_is_said_once(app: Flask, client: FlaskClient, walk: Meetup) -> None:
    sign_in(client, add_member("Ana"))
    address, held = f"/meetups/{walk.public_id}/every-time", dates_of(walk)[0].id
    db.session.commit()

    def tap() -> int:
        return client_of(app, client).post(address, data={"do": "say"}).status_code

    assert set(at_once(app, tap, held)) == {302}
    db.session.rollback()
    assert len(db.session.scalars(select(StandingYes)).all()) == 1 and set(counted(walk)) == {1}
    assert db.session.scalars(select(OutboxMail.template)).all() == ["standing"]


def test_workers_and_the_end_at_once_leave_no_answer_behind(app: Flask, walk: Meetup) -> None:
    ana, zoe = add_member("Ana"), add_member("Zoe")
    ended, _ = say(walk, ana, [], NOW).id, say(walk, zoe, [], NOW)
    before = len(dates_of(walk))
    services.roll_forward(LATER)
    assert len(dates_of(walk)) > before
    held, turn = dates_of(walk)[-1].id, count()
    db.session.commit()

    def tap() -> int:
        if next(turn) == 1:
            end(db.session.get_one(StandingYes, ended), LATER)
        else:
            answer_for_regulars(LATER)
        db.session.commit()
        return 0

    assert at_once(app, tap, held) == [0] * 4
    db.session.rollback()
    assert set(counted(walk)) == {1} and set(db.session.scalars(select(Rsvp.member_id))) == {zoe.id}


def test_a_yes_and_the_end_of_the_offer_at_once_give_the_place_to_one(
    app: Flask, client: FlaskClient, clock: Traveller
) -> None:
    date, ana = first_date(add_meetup(capacity=1)), add_member("Ana")
    add_rsvp(date, ana)
    waiting = [add_member(f"Waiting {number}") for number in range(3)]
    for second, member in enumerate(waiting):
        answer(date, member, Answer.GOING, [], NOW + timedelta(seconds=second))
    answer(date, ana, Answer.NOT_GOING, [], date.starts_at - timedelta(hours=1))
    over = date.starts_at - timedelta(minutes=40)
    clock.move_to(over)
    sign_in(client, waiting[0])
    address, held, turn = f"/meetups/{date.meetup.public_id}/2026-12-01T1000/answer", date.id, count()
    db.session.commit()

    def tap() -> int:
        if next(turn) % 2:
            expire_offers(over)
            db.session.commit()
            return 302
        return client_of(app, client).post(address, data={"answer": "going"}).status_code

    assert set(at_once(app, tap, held)) == {302}
    db.session.rollback()
    rows = db.session.execute(select(Member.first_name, Rsvp.answer).join(Member, Member.id == Rsvp.member_id)).all()
    holders = [name for name, said in rows if said in ("going", "offered")]
    assert len(holders) == 1 and first_date(date.meetup).taken == 1
    assert sum(said == "going" for _, said in rows) <= 1
