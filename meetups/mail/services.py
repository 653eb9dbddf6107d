"""What whoever runs the site does to mails that did not leave."""

from datetime import datetime

from sqlalchemy import ColumnElement, or_, update

from meetups.extensions import db
from meetups.mail.models import MailState, OutboxMail
from meetups.mail.queries import failed, waits

BY_HAND = "dropped by hand"


def retry(now: datetime, which: ColumnElement[bool]) -> int:
    """Send mails that failed or wait once more, from the first failure on; return how many."""
    again = {"state": MailState.PENDING, "attempts": 0, "failures": 0, "next_try": now}
    return _change(which, **again, finished_at=None, outcome=None)


def drop(now: datetime, which: ColumnElement[bool]) -> int:
    """Give up mails that failed or wait; return how many."""
    return _change(which, state=MailState.DROPPED, finished_at=now, outcome=BY_HAND)


def one(mail_id: int) -> ColumnElement[bool]:
    """Return the condition for one mail."""
    return OutboxMail.id == mail_id


def failed_for(why: str) -> ColumnElement[bool]:
    """Return the condition for all that failed for one reason."""
    return failed() & (OutboxMail.outcome == why)


def _change(which: ColumnElement[bool], **values: object) -> int:
    # A worker that has one in hand keeps it.
    rows = update(OutboxMail).where(which, or_(failed(), waits())).values(**values, owner=None)
    done = db.session.execute(rows.returning(OutboxMail.id), execution_options={"synchronize_session": False})
    return len(done.all())
