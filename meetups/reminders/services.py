"""Finding reminders that are owed and queueing them, each once."""

from datetime import datetime, timedelta

from sqlalchemy import delete, update

from meetups.accounts.models import Member
from meetups.domain.reminders import day_before, evening_before, two_hours_before
from meetups.domain.zones import to_local
from meetups.events.models import Occurrence
from meetups.extensions import db
from meetups.mail.models import MailState, OutboxMail
from meetups.mail.outbox import enqueue
from meetups.reminders import queries
from meetups.rsvps.models import Rsvp

# Hosts' lists are due no farther ahead: the evening before is at most 29 hours before (30 where clocks change).
HOST_AHEAD = timedelta(hours=30)


def plan(now: datetime, limit: int = 200) -> int:
    """Queue what is owed before coming dates, for up to `limit` answers and as many hosts; return how many answers."""
    found = queries.unplanned(now, limit)
    for rsvp in found:
        _plan_answer(rsvp, now)
        rsvp.planned_at = now
    for occurrence in queries.hosted_soon(now, HOST_AHEAD, limit):
        local = to_local(occurrence.starts_at, occurrence.meetup.zone)
        due = evening_before(local, occurrence.meetup.zone)
        # Not before: a list that was dropped because nobody came would keep a later one from being written.
        if due <= now:
            _queue("host_list", occurrence, occurrence.meetup.host, due, now)
            occurrence.listed_for = occurrence.starts_at
    return len(found)


def plan_anew(member: Member, now: datetime) -> None:
    """Let a member's reminders be queued again, for she has chosen another hour. What was tried stays as it is."""
    untried = (OutboxMail.state == MailState.PENDING, OutboxMail.attempts == 0)
    hers = (OutboxMail.rcpt == member.email, OutboxMail.template == "day_before")
    db.session.execute(delete(OutboxMail).where(*hers, *untried))
    db.session.execute(update(Rsvp).where(queries.dates_ahead(member, now)).values(planned_at=None))


def _plan_answer(rsvp: Rsvp, now: datetime) -> None:
    occurrence = rsvp.occurrence
    if occurrence.starts_at <= now:
        return
    zone = occurrence.meetup.zone
    dues = {
        "day_before": day_before(to_local(occurrence.starts_at, zone), zone, rsvp.member.day_before_hour),
        "two_hours": two_hours_before(occurrence.starts_at),
    }
    for kind, due in dues.items():
        # What was due before she read it all is not owed. What became due later and is only late (the worker was
        # down) is; its composer drops it for a nearer one, and where she has read of a change since.
        if due > rsvp.read_at:
            _queue(kind, occurrence, rsvp.member, due, now)


def _queue(kind: str, occurrence: Occurrence, member: Member, due: datetime, now: datetime) -> None:
    enqueue(
        kind,
        member.email,
        {"occurrence": occurrence.id, "member": member.id, "of": queries.facts(occurrence), "due": due.isoformat()},
        dedupe_key=f"{kind}:{occurrence.id}:{member.id}:{queries.facts(occurrence)}",
        due=max(due, now),
        now=now,
        not_after=occurrence.starts_at,
    )
