"""A series that nobody welcomes rests: its dates are off until somebody wakes it, with one tap."""

from datetime import datetime, timedelta

from meetups.accounts.models import Member
from meetups.domain.errors import Problem
from meetups.domain.hosting import rests
from meetups.domain.zones import to_local
from meetups.events.beginnings import begins
from meetups.events.dates import (
    cancel_row,
    coming_dates,
    lock_series,
    materialise,
    series_of,
    tell,
    touch,
)
from meetups.events.hosts import acts_as_host, root_of
from meetups.events.models import RESTING, ChangeKind, HandOver, Meetup, Occurrence
from meetups.events.welcome import confirm_soon
from meetups.extensions import db
from meetups.hosting import helpers, queries
from meetups.mail.outbox import enqueue

REASON = "Resting until somebody wakes it."
# A silent date is looked at for this long after it has begun: the worker may have been away.
LOOKED_AT = timedelta(days=3)


def rest_silent(now: datetime, limit: int = 50) -> int:
    """Let the series rest whose last dates nobody said yes to; return how many."""
    silent = [meetup_id for meetup_id, last in queries.last_silent(now, now - LOOKED_AT).items() if rests(last)]
    found = queries.awake(sorted(silent)[:limit])
    for meetup in found:
        _rest(meetup, now)
    return len(found)


def _rest(meetup: Meetup, now: datetime) -> None:
    lock_series(meetup)
    if meetup.resting_at:
        return
    for part in series_of(meetup):
        part.resting_at = now
        for row in coming_dates(part, now):
            if row.cancelled_at is None:
                cancel_row(row, REASON, now)
                row.own = sorted({*row.own, "cancelled", RESTING})
        touch(part, now)
    helping = [row.member for row in queries.cohosts(meetup) if row.accepted_at]
    for member in (meetup.host, *helping):
        write("resting", meetup, member, now, stamp=now.isoformat())


def write(template: str, meetup: Meetup, member: Member, now: datetime, stamp: str, **data: str) -> None:
    """Queue a mail about a series to a member, once for each stamp."""
    enqueue(
        template,
        member.email,
        {"meetup": meetup.public_id, "member": member.id, **data},
        dedupe_key=f"{template}:{root_of(meetup)}:{member.id}:{stamp}",
        due=now,
        now=now,
    )


def wake(meetup: Meetup, member: Member, now: datetime) -> None:
    """Let a resting series go on: the dates that went to rest take place, and more are made. The same again changes
    nothing. Raises Problem where she may not."""
    lock_series(meetup)
    if not acts_as_host(meetup, member):
        raise Problem("It has another host now.")
    if meetup.resting_at is None:
        return
    parts = series_of(meetup)
    for part in parts:
        part.resting_at, part.woken_at = None, now
        for row in coming_dates(part, now):
            if RESTING in row.own:
                _restore(row, now)
        if part.rolled_to and not part.cancelled_at:
            # What would have been while it rested is not made up for.
            materialise(part, max(part.rolled_to, to_local(now, part.zone)), now)
        touch(part, now)
        confirm_soon(part, member, now)
    # One series is one thing that starts, of however many parts it is.
    first = next((part for part in parts if coming_dates(part, now)), None)
    if first:
        begins(first, now)


def _restore(row: Occurrence, now: datetime) -> None:
    row.cancelled_at = row.cancel_reason = None
    row.own = [name for name in row.own if name not in ("cancelled", RESTING)]
    row.revision += 1
    tell(row, ChangeKind.MOVED, now)


def volunteer(meetup: Meetup, member: Member, now: datetime) -> None:
    """Tell the host of a resting series that one of its regulars would take it over. Raises Problem for others."""
    if not may_volunteer(meetup, member, now):
        raise Problem("It does not rest any more.")
    rest = stamp(meetup)
    write("would_host", meetup, meetup.host, now, f"{member.id}:{rest}", regular=member.public_id, rest=rest)


def stamp(meetup: Meetup) -> str:
    """Return what tells a series' rest from its other ones; empty where it does not rest."""
    return str(int(meetup.resting_at.timestamp())) if meetup.resting_at else ""


def may_volunteer(meetup: Meetup, member: Member, now: datetime) -> bool:
    """Return whether a member may offer to take a series over: it rests, and she has come to it."""
    if meetup.resting_at is None or acts_as_host(meetup, member):
        return False
    return member.id in [one.id for one in queries.have_come(meetup, now)]


def give(meetup: Meetup, host: Member, regular: Member, now: datetime) -> None:
    """Hand a resting series to a regular who has offered to take it over, and wake it. Raises Problem where she may
    not have it, or it is not the host's to give."""
    lock_series(meetup)
    if meetup.host_id != host.id or not may_volunteer(meetup, regular, now):
        raise Problem("It does not rest any more.")
    helpers.take_offer_back(meetup)
    db.session.add(HandOver(series_id=root_of(meetup), member_id=regular.id, offered_at=now))
    db.session.flush()
    try:
        helpers.take_over(meetup, regular, now)
    except Problem as problem:
        # What keeps her from it was said to herself.
        raise Problem(f"{regular.first_name} cannot take it over at the moment.") from problem
    wake(meetup, regular, now)
    write("you_host", meetup, regular, now, stamp=now.isoformat())
