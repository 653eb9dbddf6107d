"""A site that invites, and one guest who has an invitation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask

from meetups.accounts.models import Kid, Member
from meetups.clock import utcnow
from meetups.config import Settings
from meetups.domain.capacity import Answer
from meetups.events.models import Occurrence
from meetups.extensions import db
from meetups.mail import outbox
from meetups.rsvps import services
from meetups.rsvps.models import Rsvp
from tests.factories import add_kid, add_meetup, add_member, first_date
from tests.mail.smtp import mail_server
from tests.replies.samples import Invite, invite_of

MAIL_FROM, REPLY_TO = "Hello Park <hello@park.example>", "rsvp@park.example"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def inviting(settings: Settings) -> Settings:
    """The tests' settings with a mailbox for replies."""
    return replace(settings, mail_from=MAIL_FROM, reply_to=REPLY_TO)


@pytest.fixture
def site(app: Flask, inviting: Settings, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setitem(app.config, "SETTINGS", inviting)
    return app


def sent(at: datetime) -> list[EmailMessage]:
    """Let a worker send over SMTP what is due; return the mails as the guests' mail server takes them."""
    db.session.commit()
    with mail_server() as inbox:
        outbox.send_due(inbox.transport(), "tests", lambda: at, lambda: False)
        return [taken.mail for taken in inbox.taken]


@dataclass
class Guest:
    """Ana, who has said yes to a date with one of her two kids, and whose phone has the invitation."""

    member: Member
    date: Occurrence
    kid: Kid
    invite: Invite

    def row(self) -> Rsvp:
        """Her answer as it is in the database now."""
        db.session.rollback()
        return db.session.scalars(db.select(Rsvp).filter_by(member_id=self.member.id)).one()

    @property
    def answer(self) -> str:
        found = self.row().answer
        db.session.rollback()
        return found


@pytest.fixture
def guest(site: Flask) -> Guest:
    return invited(capacity=1)


def invited(**values: object) -> Guest:
    """Let Ana say yes, and read the mail that she gets."""
    date_, ana = first_date(add_meetup(**values)), add_member("Ana", email="ana@home.example")  # type: ignore[arg-type]
    kid, _ = add_kid(ana, date(2025, 3, 1)), add_kid(ana, date(2023, 5, 1))
    services.answer(date_, ana, Answer.GOING, [kid], utcnow())
    (mail,) = sent(utcnow())
    return Guest(ana, date_, kid, invite_of(mail))


Program = Callable[[Invite, str, datetime], bytes]
