"""Mails about an answer end what can be ended by one click in the mail program, and say what that is."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask.testing import FlaskClient

from meetups.accounts import choices
from meetups.accounts.models import Member
from meetups.domain.capacity import Answer
from meetups.events.models import Change, ChangeKind
from meetups.extensions import db
from meetups.rsvps import services
from meetups.rsvps.changes import handle_changes
from tests.conftest import NOW
from tests.factories import add_meetup, add_member, first_date
from tests.reminders.sending import part
from tests.replies.conftest import Guest, sent

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def ended_by(mail: EmailMessage) -> str | None:
    """The kind that the mail's unsubscribe address ends."""
    if mail["List-Unsubscribe"] is None:
        assert mail["List-Unsubscribe-Post"] is None and "/unsubscribe/" not in mail.as_string()
        return None
    address = str(mail["List-Unsubscribe"]).strip("<>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in part(mail, "plain") and f'href="{address}"' in part(mail, "html")
    found = choices.read(address.rsplit("/", 1)[1])
    assert found
    return found[1]


def changed(guest: Guest) -> EmailMessage:
    """Let the host move the date; return what Ana is told."""
    db.session.rollback()
    date = guest.row().occurrence
    date.starts_at, date.ends_at = date.starts_at + timedelta(hours=1), date.ends_at + timedelta(hours=1)
    date.revision += 1
    db.session.add(Change(occurrence_id=date.id, kind=ChangeKind.MOVED, created_at=NOW, due=NOW))
    handle_changes(NOW)
    (mail,) = sent(NOW)
    return mail


def test_you_are_in_ends_itself_and_nothing_else(client: FlaskClient, site: object) -> None:
    ana = add_member("Ana", email="ana@home.example")
    services.answer(first_date(add_meetup()), ana, Answer.GOING, [], NOW)
    (mail,) = sent(NOW)
    assert ended_by(mail) == "replies"
    path = str(mail["List-Unsubscribe"]).strip("<>").removeprefix("http://localhost")
    for method in ("GET", "HEAD"):
        assert client.open(path, method=method).status_code == 200
    db.session.refresh(ana)
    assert ana.wants_replies
    db.session.rollback()
    assert client.post(path, data=ONE_CLICK).status_code == 200
    db.session.refresh(ana)
    assert not ana.wants_replies and ana.wants_day_before and ana.wants_invitations is None
    services.answer(first_date(add_meetup()), ana, Answer.GOING, [], NOW)
    assert sent(NOW) == []


def test_a_change_is_always_told_but_its_invitation_can_be_ended(client: FlaskClient, guest: Guest) -> None:
    mail = changed(guest)
    assert ended_by(mail) == "invitations"
    assert any(piece.get_content_type() == "text/calendar" for piece in mail.walk())
    path = str(mail["List-Unsubscribe"]).strip("<>").removeprefix("http://localhost")
    assert client.post(path, data=ONE_CLICK).status_code == 200
    db.session.refresh(guest.member)
    assert guest.member.wants_invitations is False
    again = changed(guest)
    assert ended_by(again) is None
    assert not any(piece.get_content_type() == "application/ics" for piece in again.walk())


def test_who_has_no_you_are_in_still_has_it_where_her_calendar_answers_for_her(site: object, guest: Guest) -> None:
    guest.row().replied_at = NOW
    guest.member.wants_replies = False
    db.session.commit()
    for minutes, answer in enumerate((Answer.NOT_GOING, Answer.GOING), 1):
        services.answer(guest.row().occurrence, guest.member, answer, [], NOW + timedelta(minutes=minutes))
        db.session.commit()
    (mail,) = sent(NOW + timedelta(minutes=2))
    assert ended_by(mail) == "replies"


@pytest.mark.parametrize("kind", ["changes", "code", "nothing"])
def test_what_is_always_on_cannot_be_ended(client: FlaskClient, site: object, kind: str) -> None:
    member: Member = add_member("Ana")
    token = choices.make(member.public_id, kind)
    db.session.commit()
    assert client.post(f"/unsubscribe/{token}", data=ONE_CLICK).status_code == 404
