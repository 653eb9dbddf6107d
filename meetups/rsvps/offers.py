"""The mail that offers a place which came free shortly before: one tap yes or no, for a few minutes."""

from datetime import datetime
from functools import partial
from typing import Any

from meetups.domain.capacity import Answer, offered_until
from meetups.domain.taps import Purpose
from meetups.domain.zones import to_local
from meetups.events.shown import show
from meetups.mail.claims import Noted
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
    if row is None or not _stands(row, mail.data["since"]) or row.occurrence.starts_at <= now:
        return Drop("no longer so")
    date = row.occurrence
    if date.cancelled_at:
        return Drop("cancelled")
    until = offered_until(date.starts_at, now)
    words = render(
        "offered",
        shown=show(date, row.member, now, answer=row.answer),
        until=to_local(until, date.meetup.zone),
        come=mail_links.to_date(row.member, date, Purpose.COME),
        cant=mail_links.to_date(row.member, date, Purpose.CANT),
    )
    return Message(*words, noted=partial(_asked, mail.data, until, noted([row], now)))


def _stands(row: Rsvp, since: str) -> bool:
    return row.answer == Answer.OFFERED and row.changed_at == datetime.fromisoformat(since)


def _asked(offer: dict[str, Any], until: datetime, heard: Noted, now: datetime) -> None:
    """Note that she has been asked, and that the place is kept for her as long as the mail says."""
    heard(now)
    row = queries.afresh_of(int(offer["occurrence"]), int(offer["member"]))
    # She may have answered while it was on its way, and even been asked anew.
    if row and _stands(row, offer["since"]):
        row.offered_until, row.offer_told = until, True


def held_until(row: Rsvp | None) -> datetime | None:
    """Return until when a place is held for her, wall clock at the place; None where none is."""
    if row is None or row.answer != Answer.OFFERED or row.offered_until is None:
        return None
    return to_local(row.offered_until, row.occurrence.meetup.zone)
