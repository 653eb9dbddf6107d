"""Mails of the tests' own template, and sending as a worker sends."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from meetups.extensions import db
from meetups.mail import outbox
from meetups.mail.composers import composer
from meetups.mail.message import Drop, Message
from meetups.mail.models import OutboxMail
from meetups.mail.transport import Transport
from tests.conftest import NOW


@composer("tests_note")
def note(mail: OutboxMail, _now: datetime) -> Message | Drop:
    """Write what the row says; do what its `fault` says."""
    if mail.data.get("drop"):
        return Drop(mail.data["drop"])
    if mail.data.get("fault"):
        raise RuntimeError(f"about {mail.rcpt}")
    return Message(mail.data.get("subject", "A note"), "Hello\n", "<p>Hello</p>")


def add(number: int = 1, *, due: datetime = NOW, not_after: datetime | None = None, **data: Any) -> bool:
    """Queue and commit a note to member<number>@example.org."""
    added = outbox.enqueue(
        "tests_note", f"member{number}@example.org", data,
        dedupe_key=f"tests_note:{number}", due=due, now=NOW, not_after=not_after,
    )  # fmt: skip
    db.session.commit()
    return added


def row(number: int = 1) -> OutboxMail:
    db.session.rollback()
    return db.session.scalars(select(OutboxMail).filter_by(dedupe_key=f"tests_note:{number}")).one()


def send(transport: Transport, at: datetime = NOW, owner: str = "tests") -> int:
    """Send what is due at one moment."""
    return outbox.send_due(transport, owner, lambda: at, lambda: False)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)
