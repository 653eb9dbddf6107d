"""Who welcomes those who come to a date: its host has said yes, a regular stands in, or nobody may be there."""

from datetime import datetime, timedelta

from sqlalchemy import select

from meetups.accounts.models import Member
from meetups.domain.hosting import is_yes
from meetups.events.dates import soonest, touch
from meetups.events.models import Change, ChangeKind, Meetup, Occurrence
from meetups.extensions import db

# What a host does counts as a yes for what begins within this, and no more is looked at (domain.hosting.is_yes).
SOON = timedelta(hours=55)


def confirm(row: Occurrence, now: datetime) -> None:
    """Note that a host comes to a date: nobody needs to stand in for her any more."""
    row.confirmed_at = now
    _put(row, None, None, None, now)


def confirm_soon(meetup: Meetup, by: Member, now: datetime, only: Occurrence | None = None) -> None:
    """Take what a host does to a series, or to `only` one of its dates, as her yes to what begins soon. What a co-host
    does promises nobody that the host comes."""
    if by.id != meetup.host_id:
        return
    for row in [only] if only else _soon(meetup, now):
        if row.cancelled_at is None and row.starts_at > now and is_yes(now, row.starts_at, row.meetup.zone):
            confirm(row, now)


def _soon(meetup: Meetup, now: datetime) -> list[Occurrence]:
    coming = Occurrence.starts_at > now, Occurrence.starts_at <= now + SOON
    return list(db.session.scalars(select(Occurrence).where(Occurrence.meetup_id == meetup.id, *coming)))


def stand_in(row: Occurrence, member: Member, spot: str | None, now: datetime) -> None:
    """Make a member the one to find on a date, by her own words or else by the host's."""
    _put(row, member, spot, None, now)


def host_again(row: Occurrence, now: datetime) -> None:
    """Note that nobody stands in any more: it is the host's, as always."""
    _put(row, None, None, None, now)


def leave_open(row: Occurrence, now: datetime) -> None:
    """Note that nobody may be there to welcome those who come."""
    _put(row, None, None, now, now)


def _put(row: Occurrence, member: Member | None, spot: str | None, unhosted: datetime | None, now: datetime) -> None:
    before = row.who, row.spot
    row.put_who(member, spot, unhosted)
    if before == (row.who, row.spot):
        return
    row.revision += 1
    db.session.add(Change(occurrence_id=row.id, kind=ChangeKind.WHO, created_at=now, due=soonest(row, now)))
    if before[1] != row.spot:
        # Calendars of those who come show how to find her.
        touch(row.meetup, now)
