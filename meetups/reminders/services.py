"""Finding reminders that are owed and queueing them, each once."""

from datetime import datetime, timedelta

from meetups.domain.reminders import day_before, evening_before, two_hours_before
from meetups.domain.zones import to_local
from meetups.events.models import Occurrence
from meetups.mail.outbox import enqueue
from meetups.reminders import queries
from meetups.rsvps.models import Rsvp

# Hosts' lists are looked for this far ahead: an evening before is never more than a day and a half away.
HOST_AHEAD = timedelta(hours=36)


def plan(now: datetime, limit: int = 200) -> int:
    """Queue the reminders of up to `limit` answers and of all hosts whose date is near; return how many answers."""
    found = queries.unplanned(now, limit)
    for rsvp in found:
        _plan_answer(rsvp, now)
        rsvp.planned_at = now
    for occurrence in queries.hosted_soon(now, HOST_AHEAD):
        _plan_host(occurrence, now)
    return len(found)


def _plan_answer(rsvp: Rsvp, now: datetime) -> None:
    occurrence = rsvp.occurrence
    early = day_before(to_local(occurrence.starts_at, occurrence.meetup.zone), occurrence.meetup.zone)
    near = two_hours_before(occurrence.starts_at)
    # Somebody who answers in between has just read it all: the reminder before that is not owed.
    if early > now:
        _queue("day_before", rsvp, early, now)
    if near > now:
        _queue("two_hours", rsvp, near, now)


def _queue(template: str, rsvp: Rsvp, due: datetime, now: datetime) -> None:
    occurrence = rsvp.occurrence
    enqueue(
        template,
        rsvp.member.email,
        {"occurrence": occurrence.id, "member": rsvp.member_id, "revision": occurrence.revision},
        dedupe_key=f"{template}:{occurrence.id}:{rsvp.member_id}:{occurrence.revision}",
        due=due,
        now=now,
        not_after=occurrence.starts_at,
    )


def _plan_host(occurrence: Occurrence, now: datetime) -> None:
    meetup = occurrence.meetup
    due = evening_before(to_local(occurrence.starts_at, meetup.zone), meetup.zone)
    if due > now + HOST_AHEAD:
        return
    enqueue(
        "host_list",
        meetup.host.email,
        {"occurrence": occurrence.id, "member": meetup.host_id, "revision": occurrence.revision},
        dedupe_key=f"host_list:{occurrence.id}:{meetup.host_id}:{occurrence.revision}",
        due=max(due, now),
        now=now,
        not_after=occurrence.starts_at,
    )
