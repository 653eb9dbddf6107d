"""The reminders' words."""

from datetime import datetime
from typing import Any

from meetups.accounts.models import Member
from meetups.domain.reminders import Verdict, verdict
from meetups.events.models import Occurrence, rid
from meetups.events.shown import show
from meetups.mail.composers import composer
from meetups.mail.message import Drop, Message, render
from meetups.mail.models import OutboxMail
from meetups.reminders import queries, tokens
from meetups.rsvps import queries as rsvps
from meetups.web.links import public_url

NOT_SO = Drop("no longer so")


@composer("day_before")
@composer("two_hours")
def reminder(mail: OutboxMail, now: datetime) -> Message | Drop:
    """Compose what a family that comes is told before a date."""
    rsvp = queries.going(*_key(mail))
    if rsvp is None or verdict(rsvp.occurrence.starts_at, now) == Verdict.DROP:
        return NOT_SO
    return _message(mail.template, rsvp.occurrence, rsvp.member, now, answer="going")


@composer("host_list")
def host_list(mail: OutboxMail, now: datetime) -> Message | Drop:
    """Compose who comes, for the host, the evening before."""
    occurrence = queries.hosted(int(mail.data["occurrence"]), int(mail.data["revision"]))
    if occurrence is None or verdict(occurrence.starts_at, now) == Verdict.DROP:
        return NOT_SO
    guests = rsvps.guests(occurrence.id, occurrence.meetup.host)
    return _message("host_list", occurrence, occurrence.meetup.host, now, guests=guests) if guests else NOT_SO


def _key(mail: OutboxMail) -> tuple[int, int, int]:
    return int(mail.data["occurrence"]), int(mail.data["member"]), int(mail.data["revision"])


def _message(kind: str, occurrence: Occurrence, member: Member, now: datetime, **more: Any) -> Message | Drop:
    if not getattr(member, tokens.KINDS[kind]):
        return Drop("not wanted")
    ids = {"public_id": occurrence.meetup.public_id, "rid": rid(occurrence.recurrence_id)}
    unsubscribe = public_url("reminders.unsubscribe", token=tokens.make(member.public_id, kind))
    shown = show(occurrence, member, now, answer=more.get("answer"))
    words = render(
        kind,
        shown=shown,
        guests=more.get("guests", []),
        member=member,
        link=public_url("pages.date", **ids),
        cant=public_url("rsvps.answer", **ids),
        unsubscribe=unsubscribe,
    )
    return Message(*words, unsubscribe=unsubscribe)
