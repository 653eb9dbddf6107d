"""Planning and sending as the worker does, into a list."""

from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage

from sqlalchemy import select

from meetups.extensions import db
from meetups.mail import outbox
from meetups.mail.message import FinishedMail
from meetups.mail.models import OutboxMail
from meetups.mail.transport import Outcome, Result
from meetups.reminders.services import plan


@dataclass
class Post:
    """Every mail that left, in order."""

    mails: list[EmailMessage] = field(default_factory=list)

    def send(self, finished: FinishedMail, rcpt: str) -> Result:
        mail = finished.read()
        assert mail["To"] == rcpt
        self.mails.append(mail)
        return Result(Outcome.SENT)

    def at(self, moment: datetime) -> list[str]:
        """Let the worker do its reminders at one moment; return the subjects of what left then."""
        before = len(self.mails)
        plan(moment)
        db.session.commit()
        outbox.send_due(self, "tests", lambda: moment, lambda: False)
        return [str(mail["Subject"]) for mail in self.mails[before:]]

    def text(self) -> str:
        """The text of the last one."""
        return part(self.mails[-1], "plain")


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def queued() -> list[tuple[str, datetime]]:
    """What is in the outbox: (template, when it is due), as it was queued."""
    rows = db.session.execute(select(OutboxMail.template, OutboxMail.next_try).order_by(OutboxMail.next_try))
    return [(template, due) for template, due in rows]


def outcomes() -> dict[str, tuple[str, str | None]]:
    """What became of each kind: (state, why)."""
    rows = db.session.execute(select(OutboxMail.template, OutboxMail.state, OutboxMail.outcome))
    return {template: (state, why) for template, state, why in rows}
