"""A date that moves keeps its families' places and asks them again; three edits make one mail, ten minutes later."""

from dataclasses import replace
from datetime import datetime, timedelta

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.accounts.models import Member
from meetups.domain.capacity import Answer
from meetups.events import exceptions, undo
from meetups.events.models import Occurrence
from meetups.events.scopes import draft_of_date
from meetups.extensions import db
from meetups.mail.composers import compose
from meetups.mail.message import Message
from meetups.mail.models import OutboxMail
from meetups.reminders.services import plan
from meetups.rsvps import queries
from meetups.rsvps.changes import handle_changes
from meetups.rsvps.services import answer
from tests.conftest import NOW
from tests.factories import sign_in
from tests.rsvps.moving import move, says

MINUTE = timedelta(minutes=1)
PATH = "2026-12-01T1000"


def mails(template: str) -> list[OutboxMail]:
    query = select(OutboxMail).where(OutboxMail.template == template).order_by(OutboxMail.id)
    return list(db.session.scalars(query))


def text(mail: OutboxMail, now: datetime) -> str:
    message = compose(mail, now)
    assert isinstance(message, Message)
    return message.text


def test_three_edits_within_ten_minutes_make_one_mail(date: Occurrence) -> None:
    says(date, "Ana", Answer.GOING)
    for minute, hour in enumerate((11, 12, 15)):
        move(date, hour, NOW + minute * MINUTE)
        assert handle_changes(NOW + minute * MINUTE) == 0
    assert handle_changes(NOW + 9 * MINUTE) == 0 and mails("changed") == []
    assert handle_changes(NOW + 10 * MINUTE) == 1 and handle_changes(NOW + 30 * MINUTE) == 0
    (mail,) = mails("changed")
    words = text(mail, NOW + 11 * MINUTE)
    assert "10:00" in words and "15:00" in words and "11:00" not in words and "12:00" not in words


def test_an_edit_that_was_undone_is_told_to_nobody_and_her_reminders_still_come(date: Occurrence) -> None:
    says(date, "Ana", Answer.GOING)
    plan(NOW)
    move(date, 15)
    edit = undo.latest(date.meetup, NOW + MINUTE)
    assert edit
    undo.undo(edit, NOW + MINUTE)
    assert handle_changes(NOW + 11 * MINUTE) == 1 and mails("changed") == []
    plan(NOW + 12 * MINUTE)
    day_before = [compose(mail, date.starts_at - timedelta(hours=24)) for mail in mails("day_before")]
    assert sorted(type(found).__name__ for found in day_before) == ["Message"]


def test_where_it_moved_she_is_asked_again_and_her_place_is_kept(date: Occurrence) -> None:
    ana, bea, cleo = says(date, "Ana", Answer.GOING), says(date, "Bea", Answer.GOING), says(date, "Cleo", Answer.MAYBE)
    assert (ana.answer, bea.answer) == ("going", "waiting")
    move(date, 15)
    assert (ana.asked_again, bea.asked_again, cleo.asked_again) == (True, False, True)
    assert date.taken == 1 and [guest.asked for guest in queries.guests(date.id, None)] == [True]
    answer(date, ana.member, Answer.GOING, [], NOW + MINUTE)
    assert not ana.asked_again and date.taken == 1
    answer(date, ana.member, Answer.NOT_GOING, [], NOW + 2 * MINUTE)
    assert bea.answer == "going" and bea.asked_again, "she waited for another hour"


def test_other_words_or_more_room_ask_nobody_again(date: Occurrence) -> None:
    ana = says(date, "Ana", Answer.GOING)
    exceptions.edit_date(date, replace(draft_of_date(date), title="Cake", capacity=5, duration=30, spot="Hat"), NOW)
    assert not ana.asked_again


def test_a_new_sign_to_be_found_by_is_told_to_who_comes_alone(date: Occurrence) -> None:
    says(date, "Ana", Answer.GOING), says(date, "Zoe", Answer.MAYBE)
    exceptions.edit_date(date, replace(draft_of_date(date), spot="Blue hat"), NOW)
    handle_changes(NOW + 10 * MINUTE)
    (ana,) = (text(mail, NOW + 11 * MINUTE) for mail in mails("changed"))
    assert "Blue hat" in ana and "the time and the place stay" in ana and "Still coming" not in ana


def test_back_where_it_was_her_answer_stands(date: Occurrence) -> None:
    ana = says(date, "Ana", Answer.GOING)
    move(date, 15)
    move(date, 10, NOW + MINUTE)
    assert not ana.asked_again


def test_her_old_answer_is_one_tap_away(client: FlaskClient, date: Occurrence) -> None:
    ana: Member = says(date, "Ana", Answer.GOING).member
    move(date, 15)
    db.session.commit()
    sign_in(client, ana)
    path = f"/meetups/{date.meetup.public_id}/{PATH}"
    page = BeautifulSoup(client.get(path).text, "html.parser").select_one(".answer")
    assert "Will you still come?" in page.text and "your place is kept" in page.text and "15:00" in page.text
    button = page.select_one("button.primary")
    assert button.text.strip() == "Still coming" and page.select("[aria-pressed]") == []
    assert "Moved: still coming?" in client.get("/mine").text or "Will you still come?" in client.get("/mine").text
    client.post(f"{path}/answer", data={"answer": button["value"]})
    assert "You are going" in client.get(path).text


def test_the_host_sees_who_has_not_answered_since_it_moved(client: FlaskClient, date: Occurrence) -> None:
    says(date, "Ana", Answer.GOING)
    move(date, 15)
    db.session.commit()
    sign_in(client, date.meetup.host)
    assert "not confirmed yet" in client.get(f"/meetups/{date.meetup.public_id}/{PATH}").text
    assert "not confirmed since it moved" in client.get("/mine").text
