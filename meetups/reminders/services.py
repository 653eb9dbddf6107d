"""Finding reminders that are owed and queueing them, each once."""

from datetime import datetime, timedelta

from sqlalchemy import update

from meetups.accounts.models import Member
from meetups.domain.reminders import day_before, evening_before, two_hours_before
from meetups.domain.zones import to_local
from meetups.events.models import Occurrence
from meetups.extensions import db
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
    """Let a member's mails of the day before come at the hour that she has chosen now; one that was tried stays."""
    for mail in queries.untried(member, "day_before"):
        rsvp = queries.going(int(mail.data["occurrence"]), member.id)
        if rsvp:
            due = _day_before(rsvp)
            mail.next_try, mail.data = max(due, now), mail.data | {"due": due.isoformat()}
    # And what was not owed at the other hour.
    db.session.execute(update(Rsvp).where(queries.dates_ahead(member, now)).values(planned_at=None))


def _plan_answer(rsvp: Rsvp, now: datetime) -> None:
    occurrence = rsvp.occurrence
    if occurrence.starts_at <= now:
        return
    dues = {"day_before": _day_before(rsvp), "two_hours": two_hours_before(occurrence.starts_at)}
    for kind, due in dues.items():
        # What was due before she read it all is not owed. What became due later and is only late (the worker was
        # down) is; its composer drops it for a nearer one, and where she has read of a change since.
        if due > rsvp.read_at:
            _queue(kind, occurrence, rsvp.member, due, now)


def _day_before(rsvp: Rsvp) -> datetime:
    zone = rsvp.occurrence.meetup.zone
    return day_before(to_local(rsvp.occurrence.starts_at, zone), zone, rsvp.member.day_before_hour)


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
