"""Saying whether one comes, over HTTP."""

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.accounts.models import SignIn
from meetups.accounts.sign_in import code_for
from meetups.events.models import Meetup
from meetups.extensions import db
from meetups.mail.models import OutboxMail
from meetups.rsvps.models import Rsvp
from tests.factories import TUESDAY, add_block, add_kid, add_meetup, add_member, add_rsvp, first_date, sign_in


def path(meetup: Meetup, what: str = "answer") -> str:
    return f"/meetups/{meetup.public_id}/2026-12-01T1000/{what}"


def answer_of(email: str) -> str | None:
    from meetups.accounts.models import Member

    db.session.rollback()
    return db.session.scalar(select(Rsvp.answer).join(Rsvp.member).where(Member.email == email))


def mails(template: str) -> list[OutboxMail]:
    return list(db.session.scalars(select(OutboxMail).where(OutboxMail.template == template)))


def test_going_with_one_of_two_kids(client: FlaskClient) -> None:
    meetup, ana = add_meetup(), add_member("Ana")
    kid, other = add_kid(ana, date(2025, 1, 1)), add_kid(ana, date(2023, 1, 1))
    sign_in(client, ana)
    page = client.post(path(meetup), data={"answer": "going", "kids": [kid.id]}, follow_redirects=True)
    assert "You are going" in page.text and "Red stroller" in page.text
    row = db.session.scalars(select(Rsvp)).one()
    assert [brought.id for brought in row.kids] == [kid.id] != [other.id]
    assert first_date(meetup).taken == 1 and len(mails("youre_in")) == 1


def test_anothers_kid_cannot_be_brought(client: FlaskClient) -> None:
    meetup, ana, zoe = add_meetup(), add_member("Ana"), add_member("Zoe")
    kid = add_kid(zoe, date(2025, 1, 1))
    sign_in(client, ana)
    assert client.post(path(meetup), data={"answer": "going", "kids": [kid.id]}).status_code == 422
    assert answer_of(ana.email) is None


@pytest.mark.parametrize("first", ["going", "maybe", "not_going"])
@pytest.mark.parametrize("then", ["going", "maybe", "not_going"])
def test_a_mind_can_be_changed_in_any_direction(client: FlaskClient, first: str, then: str) -> None:
    meetup, ana = add_meetup(), add_member("Ana")
    sign_in(client, ana)
    for wanted in (first, then):
        client.post(path(meetup), data={"answer": wanted})
    assert answer_of(ana.email) == then
    assert first_date(meetup).taken == (then == "going")


def test_full_means_waiting_and_the_first_in_line_gets_the_place(client: FlaskClient) -> None:
    meetup, ana, zoe = add_meetup(capacity=1), add_member("Ana"), add_member("Zoe")
    add_rsvp(first_date(meetup), zoe)
    sign_in(client, ana)
    page = client.post(path(meetup), data={"answer": "going"}, follow_redirects=True)
    assert "number 1 on the waiting list" in page.text and "Red stroller" not in page.text
    sign_in(client, zoe)
    page = client.post(path(meetup, "cant"), follow_redirects=True)
    assert "Changed your mind" in page.text
    assert (answer_of(ana.email), answer_of(zoe.email)) == ("going", "not_going")
    assert [mail.rcpt for mail in mails("promoted")] == [ana.email]
    assert first_date(meetup).taken == 1


def test_the_host_counts_already(client: FlaskClient) -> None:
    meetup = add_meetup()
    sign_in(client, meetup.host)
    page = client.post(path(meetup), data={"answer": "going"}, follow_redirects=True)
    assert "You host this" in page.text and answer_of(meetup.host.email) is None


@pytest.mark.parametrize("why", ["cancelled", "begun"])
def test_what_is_off_or_has_begun_takes_no_answer(client: FlaskClient, why: str) -> None:
    meetup, ana = add_meetup(), add_member("Ana")
    row = first_date(meetup)
    if why == "begun":
        row.starts_at -= timedelta(days=8)
    else:
        row.cancelled_at = row.changed_at
    sign_in(client, ana)
    page = client.post(path(meetup), data={"answer": "going"}, follow_redirects=True)
    assert why in page.text and answer_of(ana.email) is None


def test_a_block_makes_it_404(client: FlaskClient) -> None:
    meetup, ana = add_meetup(), add_member("Ana")
    add_block(meetup.host, ana)
    sign_in(client, ana)
    for what in ("answer", "cant"):
        assert client.post(path(meetup, what), data={"answer": "going"}).status_code == 404


def test_a_get_changes_nothing(client: FlaskClient) -> None:
    meetup, ana = add_meetup(), add_member("Ana")
    add_rsvp(first_date(meetup), ana)
    sign_in(client, ana)
    assert client.get(path(meetup) + "?answer=not_going").status_code == 200
    assert client.get(path(meetup, "cant")).status_code == 405
    assert answer_of(ana.email) == "going"


def test_a_strangers_yes_is_held_until_the_code_and_counts_once(client: FlaskClient) -> None:
    meetup = add_meetup(starts=TUESDAY)
    db.session.commit()
    typed = {"answer": "going", "first_name": "Ana", "email": "ana@example.org"}
    wrong = client.post(path(meetup), data=typed | {"email": "ana"})
    assert wrong.status_code == 422 and 'value="Ana"' in wrong.text
    code_page = client.post(path(meetup), data=typed).location
    assert answer_of("ana@example.org") is None
    own_id = db.session.scalars(select(SignIn.public_id)).one()
    page = client.post(code_page, data={"code": code_for(own_id)}, follow_redirects=True)
    assert "You are going" in page.text
    client.post(code_page, data={"code": code_for(own_id)})
    assert answer_of("ana@example.org") == "going" and first_date(meetup).taken == 1
    assert len(mails("youre_in")) == 1
