"""Two taps of one thumb count once, whichever request comes first."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from meetups.domain.taps import Purpose
from meetups.events.models import Meetup, Occurrence
from meetups.extensions import db
from meetups.mail.models import OutboxMail
from meetups.rsvps import mail_links
from meetups.rsvps.models import Rsvp
from tests.factories import add_meetup, add_member, add_rsvp, first_date, sign_in
from tests.taps import held_back

pytestmark = pytest.mark.slow


def at_once(app: Flask, tap: Callable[[], int], held: int) -> list[int]:
    """Return the statuses of taps that all have read the world and wait for the row of the date `held`."""

    db.session.execute(update(Occurrence).where(Occurrence.id == held).values(taken=Occurrence.taken))
    return held_back(app, tap, db.session.rollback)


def path(meetup: Meetup, what: str) -> str:
    return f"/meetups/{meetup.public_id}/2026-12-01T1000/{what}"


def client_of(app: Flask, client: FlaskClient) -> FlaskClient:
    """A second client with the same cookies: a client's own cookie jar is not for several threads."""
    other = app.test_client()
    other._cookies = dict(client._cookies or {})
    return other


@pytest.mark.parametrize("what", ["cant", "answer", "link"])
def test_cant_tapped_several_times_frees_one_place(app: Flask, client: FlaskClient, what: str) -> None:
    meetup, ana = add_meetup(capacity=3), add_member("Ana")
    date = first_date(meetup)
    for member in (ana, add_member("Zoe"), add_member("Mia")):
        add_rsvp(date, member)
    waiting = [add_member(f"Waiting {number}") for number in range(3)]
    for member in waiting:
        add_rsvp(date, member, "waiting")
    sign_in(client, ana)
    link = mail_links.to_date(ana, date, Purpose.CANT).removeprefix("http://localhost")
    address, date_id = link if what == "link" else path(meetup, what), date.id
    db.session.commit()

    def tap() -> int:
        return client_of(app, client).post(address, data={"answer": "not_going"}).status_code

    assert set(at_once(app, tap, date_id)) == {303 if what == "link" else 302}
    db.session.rollback()
    going = db.session.scalars(select(Rsvp).where(Rsvp.answer == "going")).all()
    assert first_date(meetup).taken == len(going) == 3
    assert db.session.scalars(select(OutboxMail.rcpt).where(OutboxMail.template == "promoted")).all() == [
        waiting[0].email
    ]


def test_going_tapped_several_times_takes_one_place(app: Flask, client: FlaskClient) -> None:
    meetup, ana = add_meetup(capacity=3), add_member("Ana")
    sign_in(client, ana)
    address, date_id = path(meetup, "answer"), first_date(meetup).id
    db.session.commit()

    def tap() -> int:
        return client_of(app, client).post(address, data={"answer": "going"}).status_code

    assert set(at_once(app, tap, date_id)) == {302}
    db.session.rollback()
    assert first_date(meetup).taken == 1
    assert db.session.scalars(select(Rsvp.answer)).all() == ["going"]
    assert len(db.session.scalars(select(OutboxMail).where(OutboxMail.template == "youre_in")).all()) == 1
