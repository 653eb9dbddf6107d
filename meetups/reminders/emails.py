"""The reminders' words."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from meetups.accounts.models import Member
from meetups.domain.reminders import Verdict, two_hours_before, verdict
from meetups.domain.taps import Purpose
from meetups.events.models import Occurrence, rid
from meetups.events.shown import show
from meetups.mail.composers import composer
from meetups.mail.message import Drop, Message, Wait, render
from meetups.mail.models import OutboxMail
from meetups.reminders import queries, tokens
from meetups.rsvps import mail_links
from meetups.rsvps import queries as rsvps
from meetups.rsvps.queries import Guest
from meetups.rsvps.telling import unsettled
from meetups.web.links import public_url

NOT_SO = Drop("no longer so")
NOT_WANTED = Drop("not wanted")
SOON = timedelta(minutes=5)


@composer("day_before")
@composer("two_hours")
def reminder(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose what a family that comes is told before a date."""
    rsvp = queries.going(int(mail.data["occurrence"]), int(mail.data["member"]))
    if rsvp is None or verdict(rsvp.occurrence.starts_at, now) == Verdict.DROP:
        return NOT_SO
    if not rsvp.knows:
        # What has changed goes first, or is about to be taken back.
        return Wait(unsettled(rsvp.occurrence) or now + SOON)
    if rsvp.told_off or mail.data["of"] != queries.facts(rsvp.occurrence):
        return NOT_SO
    if rsvp.read_at >= datetime.fromisoformat(mail.data["due"]):
        return Drop("she has just read it all")
    if not _wanted(rsvp.member, mail.template):
        return NOT_WANTED
    if mail.template == "day_before" and _nearer_is_due(rsvp.occurrence, rsvp.member, now):
        return Drop("late, and the nearer reminder is due")
    return _message(mail.template, rsvp.occurrence, rsvp.member, now, "going", ())


@composer("host_list")
def host_list(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose who comes, for the host, the evening before."""
    occurrence = queries.hosted(int(mail.data["occurrence"]))
    if occurrence is None or verdict(occurrence.starts_at, now) == Verdict.DROP:
        return NOT_SO
    until = unsettled(occurrence)
    if until:
        return Wait(until)
    if mail.data["of"] != queries.facts(occurrence):
        return NOT_SO
    host = occurrence.meetup.host
    if not _wanted(host, "host_list"):
        return NOT_WANTED
    guests = rsvps.guests(occurrence.id, host)
    return _message("host_list", occurrence, host, now, None, guests) if guests else Drop("nobody comes")


def _wanted(member: Member, kind: str) -> bool:
    return bool(getattr(member, tokens.KINDS[kind]))


def _nearer_is_due(occurrence: Occurrence, member: Member, now: datetime) -> bool:
    return _wanted(member, "two_hours") and two_hours_before(occurrence.starts_at) <= now


def _message(
    kind: str, occurrence: Occurrence, member: Member, now: datetime, answer: str | None, guests: Sequence[Guest]
) -> Message:
    ids = {"public_id": occurrence.meetup.public_id, "rid": rid(occurrence.recurrence_id)}
    unsubscribe = public_url("reminders.unsubscribe", token=tokens.make(member.public_id, kind))
    words = render(
        kind,
        shown=show(occurrence, member, now, answer=answer),
        guests=guests,
        link=public_url("pages.date", **ids),
        cant=mail_links.to_date(member, occurrence, Purpose.CANT),
        unsubscribe=unsubscribe,
    )
    return Message(*words, unsubscribe=unsubscribe)
