"""What families find in their mailboxes, sent as the worker does, and a mail server that may ask to try later."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage

from meetups.accounts.models import Member
from meetups.extensions import db
from meetups.mail import outbox
from meetups.mail.message import FinishedMail
from meetups.mail.transport import Outcome, Result
from meetups.reminders.services import plan
from meetups.rsvps.changes import handle_changes

MINUTE = timedelta(minutes=1)


@dataclass
class Post:
    """Every mail that was taken, in order. While it is `grey`, none is."""

    mails: list[EmailMessage] = field(default_factory=list)
    grey: bool = False

    def send(self, finished: FinishedMail, rcpt: str) -> Result:
        mail = finished.read()
        assert mail["To"] == rcpt
        if self.grey:
            return Result(Outcome.RETRY, "greylisted")
        self.mails.append(mail)
        return Result(Outcome.SENT)

    def deliver(self, at: datetime) -> None:
        """Send what is queued and due."""
        db.session.commit()
        outbox.send_due(self, "tests", lambda: at, lambda: False)

    def round(self, at: datetime) -> None:
        """Tell of changes, plan reminders, send: what a worker does with answers."""
        handle_changes(at)
        plan(at)
        self.deliver(at)

    def rounds(self, since: datetime, minutes: int = 50) -> None:
        """Do a round every minute after a moment, and every five once a quarter of an hour has gone."""
        for minute in (*range(1, min(15, minutes) + 1), *range(20, minutes + 1, 5)):
            self.round(since + minute * MINUTE)

    def to(self, member: Member) -> list[str]:
        """The subjects that a member has got."""
        return [str(mail["Subject"]) for mail in self.mails if mail["To"] == member.email]

    def text(self) -> str:
        """The text of the last mail."""
        body = self.mails[-1].get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")
