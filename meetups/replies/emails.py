"""The mail to whom the calendar shows a yes, while she waits for a place."""

from datetime import datetime

from meetups.domain.taps import Purpose
from meetups.events.models import rid
from meetups.events.shown import show
from meetups.mail.composers import composer
from meetups.mail.message import Drop, Message, render
from meetups.mail.models import OutboxMail
from meetups.rsvps import line, mail_links, queries
from meetups.web.links import public_url


@composer("waiting")
def waiting(mail: OutboxMail, now: datetime) -> Message | Drop:
    """Compose that it is full, and which number she has on the list."""
    row = queries.standing(int(mail.data["occurrence"]), int(mail.data["member"]))
    if row is None or row.answer != "waiting" or row.occurrence.cancelled_at or row.occurrence.starts_at <= now:
        return Drop("no longer so")
    occurrence = row.occurrence
    ids = {"public_id": occurrence.meetup.public_id, "rid": rid(occurrence.recurrence_id)}
    words = render(
        "waiting",
        shown=show(occurrence, row.member, now, answer=row.answer),
        number=line.place_in_line(row),
        link=public_url("pages.date", **ids),
        cant=mail_links.to_date(row.member, occurrence, Purpose.CANT),
    )
    return Message(*words)
