"""What somebody with bad intentions tried once, and must not manage again."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from meetups.accounts.models import SignIn
from meetups.accounts.sign_in import code_for, link_token_for
from meetups.config import BadSetting, from_environment
from meetups.events.models import Meetup
from meetups.extensions import db
from meetups.feeds.models import SavedSearch
from meetups.mail.composers import compose
from meetups.mail.message import Message
from meetups.mail.models import OutboxMail
from meetups.rsvps.models import Rsvp
from tests.conftest import NOW
from tests.factories import add_block, add_meetup, add_member, add_place, add_rsvp, first_date, sign_in

HOSTED = {"place": "Withrow Park", "date": "2026-12-01", "time": "10:00", "repeat": "weekly", "spot": "Ring the wicked witch", "kind": "walk", "duration": "90", "ends": "never", "confirm": "1", "title": "EVIL", "first_name": "Evil"}  # fmt: skip


def link_of_the_last_mail() -> str:
    own_id = db.session.scalars(select(SignIn.public_id).order_by(SignIn.id.desc())).first()
    assert own_id
    return f"/signin/link/{link_token_for(own_id)}"


def test_a_stranger_cannot_post_a_meetup_as_a_member_who_presses_the_mails_button(app: Flask) -> None:
    add_place()
    mei = add_member("Mei")
    db.session.commit()
    app.test_client().post("/meetups/new", data=HOSTED | {"email": mei.email})
    browser = app.test_client()
    page = browser.post(link_of_the_last_mail(), follow_redirects=True)
    assert "Check your meetup, then post it" in page.text and 'value="EVIL"' in page.text
    assert db.session.scalar(select(func.count(Meetup.id))) == 0


def test_a_draft_that_waits_to_be_checked_is_still_there_after_a_reload(app: Flask) -> None:
    add_place()
    mei = add_member("Mei")
    db.session.commit()
    app.test_client().post("/meetups/new", data=HOSTED | {"email": mei.email})
    browser = app.test_client()
    browser.post(link_of_the_last_mail())
    browser.head("/meetups/new")
    assert 'value="EVIL"' in browser.get("/meetups/new").text
    assert 'value="EVIL"' in browser.get("/meetups/new").text
    assert 'value="EVIL"' not in browser.get("/meetups/new?near=43.675,-79.348").text
    browser.post("/meetups/new", data=HOSTED)
    assert 'value="EVIL"' not in browser.get("/meetups/new").text


def test_a_stranger_cannot_answer_as_a_member_who_presses_the_mails_button(app: Flask) -> None:
    meetup, mei = add_meetup(), add_member("Mei")
    add_rsvp(first_date(meetup), mei)
    db.session.commit()
    path = f"/meetups/{meetup.public_id}/2026-12-01T1000/answer"
    app.test_client().post(path, data={"answer": "not_going", "first_name": "Evil", "email": mei.email})
    page = app.test_client().post(link_of_the_last_mail(), follow_redirects=True)
    assert "Will you come?" in page.text
    assert db.session.scalars(select(Rsvp.answer)).all() == ["going"]


def test_a_member_who_began_it_herself_has_it_done(app: Flask) -> None:
    meetup, mei = add_meetup(), add_member("Mei")
    db.session.commit()
    browser = app.test_client()
    path = f"/meetups/{meetup.public_id}/2026-12-01T1000/answer"
    browser.post(path, data={"answer": "going", "first_name": "Mei", "email": mei.email})
    browser.post(link_of_the_last_mail())
    assert db.session.scalars(select(Rsvp.answer)).all() == ["going"]


def test_the_mail_says_what_its_button_confirms_in_our_words(client: FlaskClient) -> None:
    add_place()
    db.session.commit()
    client.post("/meetups/new", data=HOSTED | {"email": "new@example.org"})
    message = compose(db.session.scalars(select(OutboxMail)).one(), NOW)
    assert isinstance(message, Message)
    assert "Stroller walk at Withrow Park. Every Tuesday at 10:00" in message.text
    assert "EVIL" not in message.text + message.html and "witch" not in message.text + message.html
    assert "Stroller walk at Withrow Park" in client.get(link_of_the_last_mail()).text


def test_nobody_can_use_up_anothers_mails_from_elsewhere(app: Flask) -> None:
    stranger, herself = {"REMOTE_ADDR": "203.0.113.9"}, {"REMOTE_ADDR": "198.51.100.7"}
    for _ in range(25):
        app.test_client().post("/signin", data={"email": "mei@example.org"}, environ_base=stranger)
    answer = app.test_client().post("/signin", data={"email": "mei@example.org"}, environ_base=herself)
    assert answer.status_code == 302


def test_a_blocked_member_gets_no_subscribe_page(client: FlaskClient) -> None:
    meetup, mei = add_meetup(), add_member("Mei")
    add_block(meetup.host, mei)
    sign_in(client, mei)
    assert client.get(f"/meetups/{meetup.public_id}/subscribe").status_code == 404


def test_unblocking_does_not_tell_who_exists(client: FlaskClient) -> None:
    mei, other = add_member("Mei"), add_member("Other")
    add_block(other, mei)
    sign_in(client, mei)
    for public_id in (other.public_id, "nobody"):
        assert client.post(f"/members/{public_id}/unblock").status_code == 404


def test_a_saved_search_carries_no_strangers_words_and_has_a_limit(client: FlaskClient) -> None:
    statuses = [
        client.post("/near", data={"near": f"43.6{n:02},-79.33", "name": f"call 555 {n}"}).status_code
        for n in range(22)
    ]
    assert statuses == [302] * 20 + [429] * 2
    assert set(db.session.scalars(select(SavedSearch.name))) == {"Meetups near me"}


def test_head_does_not_use_up_the_address_that_is_shown_once(client: FlaskClient) -> None:
    sign_in(client, add_member("Mei"))
    client.post("/me/calendar", data={"device": "Phone"})
    client.head("/me/calendar")
    assert "my-meetups.ics" in client.get("/me/calendar").text


def test_capitals_do_not_make_production_development() -> None:
    key = "a key that is long enough for any production"
    environ = {
        "PUBLIC_URL": "HTTPS://hello.example",
        "SECRET_KEY": key,
        "MAIL_URL": "smtp://localhost",
        "MAIL_FROM": "a@b.example",
    }
    assert from_environment(environ).production
    for wrong in (environ | {"DEMO": "1"}, {"PUBLIC_URL": "ftp://hello.example"}, {"PUBLIC_URL": "hello.example"}):
        with pytest.raises(BadSetting):
            from_environment(wrong)


def test_a_code_still_confirms_where_it_was_asked_for(client: FlaskClient) -> None:
    meetup = add_meetup()
    db.session.commit()
    path = f"/meetups/{meetup.public_id}/2026-12-01T1000/answer"
    page = client.post(path, data={"answer": "maybe", "first_name": "Ana", "email": "ana@example.org"}).location
    own_id = db.session.scalars(select(SignIn.public_id)).one()
    client.post(page, data={"code": code_for(own_id)})
    assert db.session.scalars(select(Rsvp.answer)).all() == ["maybe"]
