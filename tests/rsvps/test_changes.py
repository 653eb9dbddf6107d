"""What a host changes reaches everybody who answered, once, and says what it was and what it is."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from meetups.accounts.models import Member
from meetups.domain.zones import to_utc
from meetups.events.models import Change, ChangeKind, Occurrence
from meetups.extensions import db
from meetups.mail.composers import compose
from meetups.mail.message import Drop, Message
from meetups.mail.models import OutboxMail
from meetups.rsvps.changes import handle_changes
from meetups.rsvps.models import Rsvp
from meetups.rsvps.services import settle_blocks
from tests.conftest import NOW
from tests.factories import TORONTO, TUESDAY, add_block, add_meetup, add_member, add_rsvp, first_date
from tests.rsvps.post import Post

pytestmark = pytest.mark.usefixtures("app")
LATER = NOW + timedelta(minutes=5)


def change(date: Occurrence, kind: ChangeKind) -> None:
    """Record a change of a date, due at once."""
    db.session.add(Change(occurrence_id=date.id, kind=kind, created_at=NOW, due=NOW))
    db.session.flush()


def move(date: Occurrence, hour: int) -> None:
    """Move a date to an hour of the same day, as the host does."""
    date.starts_at = to_utc(TUESDAY.replace(hour=hour), TORONTO)
    date.ends_at = date.starts_at + timedelta(hours=1)
    date.revision += 1
    change(date, ChangeKind.MOVED)


def cancel(date: Occurrence) -> None:
    date.cancelled_at, date.cancel_reason = NOW, "A cold"
    date.revision += 1
    change(date, ChangeKind.CANCELLED)


def mails(template: str | None = None) -> list[OutboxMail]:
    rows = db.session.scalars(select(OutboxMail).order_by(OutboxMail.id))
    return [mail for mail in rows if template in (None, mail.template)]


def written(mail: OutboxMail, at: datetime = LATER) -> Message:
    found = compose(mail, at)
    assert isinstance(found, Message), found
    return found


def date_with(**answers: str) -> tuple[Occurrence, dict[str, Member]]:
    """A full date and the member of each name, who answered so."""
    date = first_date(add_meetup(capacity=list(answers.values()).count("going") or 1))
    members = {name: add_member(name) for name in answers}
    for name, answer in answers.items():
        add_rsvp(date, members[name], answer, planned_at=NOW)
    return date, members


def test_a_moved_date_is_told_to_all_but_who_does_not_come_and_answers_stand() -> None:
    date, members = date_with(Ana="going", Zoe="maybe", Mia="waiting", Eva="not_going")
    move(date, 11)
    assert handle_changes(LATER) == 1
    assert {mail.rcpt for mail in mails()} == {members[name].email for name in ("Ana", "Zoe", "Mia")}
    answers = {row.member.first_name: row for row in db.session.scalars(select(Rsvp))}
    assert [answers[name].answer for name in ("Ana", "Zoe", "Mia")] == ["going", "maybe", "waiting"]
    assert answers["Ana"].planned_at is None, "her reminders are planned anew"
    for mail in mails():
        message = written(mail)
        assert message.subject == "Changed: Stroller walk at Withrow Park is now Tue 1 Dec, 11:00"
        for body in (message.text, message.html):
            assert "Tuesday 1 December at 10:00" in body and "Tuesday 1 December at 11:00" in body
            assert "Red stroller" not in body
    assert [len(written(mail).attachments) for mail in mails()] == [1, 0, 0], "a calendar date for who comes"


def test_a_change_is_handled_once() -> None:
    date, _ = date_with(Ana="going")
    move(date, 11)
    assert (handle_changes(LATER), handle_changes(LATER), len(mails())) == (1, 0, 1)


def test_several_moves_of_one_date_become_one_mail_from_the_first_to_the_last() -> None:
    date, _ = date_with(Ana="going")
    move(date, 11)
    move(date, 14)
    assert handle_changes(LATER) == 1
    (mail,) = mails()
    text = written(mail).text
    assert "at 10:00" in text and "at 14:00" in text and "at 11:00" not in text


def test_a_date_that_is_back_where_it_was_is_no_news() -> None:
    date, _ = date_with(Ana="going")
    move(date, 11)
    move(date, 10)
    assert handle_changes(LATER) == 1 and mails() == []


def test_of_two_mails_about_a_date_the_first_to_leave_tells_all_and_the_other_nothing() -> None:
    date, _ = date_with(Ana="going")
    move(date, 11)
    handle_changes(LATER)
    move(date, 14)
    handle_changes(LATER)
    post = Post()
    post.deliver(LATER)
    db.session.expire_all()
    old, new = mails()
    assert len(post.mails) == 1 and "at 14:00" in post.text() and "at 11:00" not in post.text()
    assert (old.state, new.state, new.outcome) == ("sent", "dropped", "no longer so")


def test_a_date_moved_and_then_cancelled_is_told_as_cancelled_only() -> None:
    date, _ = date_with(Ana="going", Zoe="waiting")
    move(date, 11)
    cancel(date)
    handle_changes(LATER)
    assert [mail.template for mail in mails()] == ["cancelled", "cancelled"]
    message = written(mails()[0])
    assert message.subject.startswith("Cancelled: Stroller walk") and not message.attachments
    assert all("A cold" in body for body in (message.text, message.html))


def come_back(date: Occurrence) -> None:
    """Let a cancelled date take place after all, at its old time, as an edit does."""
    date.cancelled_at = date.cancel_reason = None
    date.revision += 1
    change(date, ChangeKind.MOVED)


def test_a_date_that_is_on_again_is_told_to_those_who_heard_that_it_was_off() -> None:
    date, _ = date_with(Ana="going")
    cancel(date)
    handle_changes(LATER)
    Post().deliver(LATER)
    come_back(date)
    handle_changes(LATER)
    _, on = mails()
    message = written(on)
    assert message.subject == "On after all: Stroller walk at Withrow Park, Tue 1 Dec, 10:00"
    assert "takes place after all" in message.text and "takes place after all" in message.html
    assert "It was" not in message.text and "<s>" not in message.html and len(message.attachments) == 1
    Post().deliver(LATER)
    move(date, 11)
    handle_changes(LATER)
    assert written(mails()[-1]).subject.startswith("Changed:"), "that it was off is history by now"


def test_a_date_that_is_off_and_on_again_before_anybody_heard_is_no_news() -> None:
    date, _ = date_with(Ana="going")
    cancel(date)
    come_back(date)
    assert handle_changes(LATER) == 1 and mails() == []


def test_a_date_that_is_on_and_off_again_is_not_cancelled_twice() -> None:
    date, _ = date_with(Ana="going")
    cancel(date)
    handle_changes(LATER)
    come_back(date)
    cancel(date)
    handle_changes(LATER)
    post = Post()
    post.deliver(LATER)
    assert len(post.mails) == 1 and "is cancelled" in post.text()


def test_a_date_that_returns_with_more_room_lets_in_who_waits() -> None:
    date = first_date(add_meetup(capacity=1))
    add_rsvp(date, add_member("Ana"))
    add_rsvp(date, add_member("Zoe"), "waiting")
    cancel(date)
    handle_changes(LATER)
    Post().deliver(LATER)
    date.capacity = 2
    come_back(date)
    handle_changes(LATER)
    # Who is let in reads the same in that mail, and needs no second.
    assert date.taken == 2
    assert [mail.template for mail in mails()] == ["cancelled", "cancelled", "promoted", "changed"]


def test_more_room_lets_in_as_many_as_there_are_places_in_their_order() -> None:
    date = first_date(add_meetup(capacity=1))
    add_rsvp(date, add_member("Ana"))
    names = ["Zoe", "Mia", "Eva"]
    for number, name in enumerate(names):
        add_rsvp(date, add_member(name), "waiting", waiting_since=NOW + timedelta(seconds=number))
    date.capacity = 3
    change(date, ChangeKind.ROOM)
    handle_changes(LATER)
    handle_changes(LATER)
    going = db.session.scalars(select(Member.first_name).join(Rsvp).where(Rsvp.answer == "going"))
    assert set(going) == {"Ana", "Zoe", "Mia"} and date.taken == 3
    assert [mail.template for mail in mails()] == ["promoted", "promoted"]


def test_less_room_throws_nobody_out() -> None:
    date, _ = date_with(Ana="going", Zoe="going")
    date.capacity = 1
    change(date, ChangeKind.ROOM)
    handle_changes(LATER)
    assert date.taken == 2 and not mails()


def test_a_cancelled_date_lets_nobody_in() -> None:
    date, _ = date_with(Ana="waiting")
    date.capacity = 5
    change(date, ChangeKind.ROOM)
    cancel(date)
    handle_changes(LATER)
    assert [mail.template for mail in mails()] == ["cancelled"] and date.taken == 0


@pytest.mark.parametrize("when", ["before the change is handled", "before the mail is written"])
def test_a_block_between_guest_and_host_ends_the_mail(when: str) -> None:
    date, members = date_with(Ana="going")
    move(date, 11)
    if when == "before the mail is written":
        handle_changes(LATER)
    add_block(date.meetup.host, members["Ana"])
    handle_changes(LATER)
    assert [compose(mail, LATER) for mail in mails()] in ([], [Drop("no longer so")])


def test_whoever_takes_her_answer_back_hears_no_more_of_it() -> None:
    date, _ = date_with(Ana="going")
    move(date, 11)
    handle_changes(LATER)
    db.session.scalars(select(Rsvp)).one().answer = "not_going"
    assert compose(mails()[0], LATER) == Drop("no longer so")


def test_a_limit_leaves_the_rest_for_the_next_round(app: Flask) -> None:
    dates: list[Any] = [first_date(add_meetup()) for _ in range(3)]
    for date in dates:
        add_rsvp(date, add_member())
        move(date, 11)
    assert [handle_changes(LATER, limit=2), handle_changes(LATER, limit=2), handle_changes(LATER)] == [2, 1, 0]
    assert len(mails()) == 3


def test_a_block_takes_back_what_the_two_answered_each_other_and_lets_the_next_in(app: Flask) -> None:
    meetup, ana, zoe = add_meetup(capacity=1), add_member("Ana"), add_member("Zoe")
    add_rsvp(first_date(meetup), ana)
    add_rsvp(first_date(meetup), zoe, "waiting")
    add_block(meetup.host, ana)
    db.session.commit()
    assert settle_blocks(NOW) == 1
    assert settle_blocks(NOW) == 0
    db.session.commit()
    answers = {row.member_id: row.answer for row in db.session.scalars(select(Rsvp))}
    assert answers == {ana.id: "not_going", zoe.id: "going"}
    assert first_date(meetup).taken == 1
    told = list(db.session.scalars(select(OutboxMail.rcpt)))
    assert told == [zoe.email]
