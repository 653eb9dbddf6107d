"""The mail that offers a place which came free shortly before: one tap yes or no, for a few minutes."""

from datetime import datetime

from meetups.domain.capacity import Answer
from meetups.domain.taps import Purpose
from meetups.domain.zones import to_local
from meetups.events.shown import show
from meetups.mail.composers import composer
from meetups.mail.message import Drop, Message, render
from meetups.mail.models import OutboxMail
from meetups.rsvps import mail_links, queries
from meetups.rsvps.models import Rsvp
from meetups.rsvps.telling import noted


@composer("offered")
def offered(mail: OutboxMail, now: datetime) -> Message | Drop:
    """Compose the offer while it stands, with how the date stands now."""
    row = queries.standing(int(mail.data["occurrence"]), int(mail.data["member"]))
    until = datetime.fromisoformat(mail.data["until"])
    if row is None or row.answer != Answer.OFFERED or row.offered_until != until or until <= now:
        return Drop("no longer so")
    date = row.occurrence
    if date.cancelled_at:
        return Drop("cancelled")
    words = render(
        "offered",
        shown=show(date, row.member, now, answer=row.answer),
        until=to_local(until, date.meetup.zone),
        come=mail_links.to_date(row.member, date, Purpose.COME),
        cant=mail_links.to_date(row.member, date, Purpose.CANT),
    )
    return Message(*words, noted=noted([row], now))


def held_until(row: Rsvp | None) -> datetime | None:
    """Return until when a place is held for her, wall clock at the place; None where none is."""
    if row is None or row.answer != Answer.OFFERED or row.offered_until is None:
        return None
    return to_local(row.offered_until, row.occurrence.meetup.zone)
