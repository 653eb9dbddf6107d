"""A host takes back a date she has just added while a family answers it: one of the two comes first, and both know."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from meetups.domain.capacity import Answer
from meetups.domain.taps import Purpose
from meetups.events import exceptions, services, undo
from meetups.events.dates import lock_series
from meetups.events.models import Meetup, Occurrence
from meetups.events.undo import ANSWERED
from meetups.extensions import db
from meetups.rsvps import mail_links
from meetups.rsvps.models import Rsvp
from meetups.rsvps.services import answer
from tests.conftest import NOW
from tests.events.drafts import a_draft
from tests.factories import TUESDAY, add_member, add_place, add_rsvp, sign_in
from tests.rsvps.test_at_once import client_of
from tests.taps import held_back

pytestmark = pytest.mark.slow


@pytest.fixture
def meetup(client: FlaskClient) -> Meetup:
    return services.host(add_member("Beatrice"), a_draft(add_place()), NOW)


@pytest.fixture
def added(meetup: Meetup) -> Occurrence:
    with undo.undoable(meetup, NOW):
        return exceptions.add_date(meetup, TUESDAY + timedelta(days=2), NOW)


@pytest.mark.parametrize("what", ["answer", "late", "link", "cancel"])
def test_who_answers_a_date_that_is_being_taken_back_finds_nothing_there(
    app: Flask, client: FlaskClient, added: Occurrence, what: str
) -> None:
    host, ana = added.meetup.host, add_member("Ana")
    sign_in(client, host if what == "cancel" else ana)
    add_rsvp(added, ana)
    link = mail_links.to_date(ana, added, Purpose.CANT).removeprefix("http://localhost")
    path = f"/meetups/{added.meetup.public_id}/{added.recurrence_id:%Y-%m-%dT%H%M}"
    address = link if what == "link" else f"{path}/{what}"
    date_id, meetup_id = added.id, added.meetup_id
    db.session.commit()

    def tap() -> tuple[int, str | None]:
        said = {"answer": "going", "minutes": "10", "reason": "Flu", "confirm": "1"}
        found = client_of(app, client).post(address, data=said)
        return found.status_code, found.location

    lock_series(db.session.get_one(Meetup, meetup_id))
    db.session.execute(delete(Occurrence).where(Occurrence.id == date_id))
    # Who has read the page of it has it taken from her hands; who comes a moment later is led to the next date.
    assert set(held_back(app, tap, db.session.commit)) <= {(404, None), (302, path.rpartition("/")[0])}


def test_an_answer_in_this_instant_is_not_taken_back_with_its_date(
    app: Flask, client: FlaskClient, added: Occurrence
) -> None:
    meetup, ana = added.meetup, add_member("Ana")
    sign_in(client, meetup.host)
    edit = undo.latest(meetup, NOW)
    assert edit
    address = f"/meetups/{meetup.public_id}/undo/{edit.public_id}"
    answer(added, ana, Answer.GOING, [], NOW)
    said: list[str] = []

    def tap() -> int:
        found = client_of(app, client).post(address, follow_redirects=True)
        said.append(found.text)
        return found.status_code

    assert set(held_back(app, tap, db.session.commit)) == {200}
    assert all(ANSWERED in text or "can’t be undone" in text for text in said)
    db.session.rollback()
    assert db.session.scalars(select(Rsvp.answer)).all() == ["going"]
