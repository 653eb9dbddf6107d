"""How a date stands with whoever welcomes: whether she has said yes, and who may stand in."""

from datetime import datetime

from meetups.accounts.models import Member
from meetups.domain.hosting import is_yes
from meetups.events.models import Occurrence
from meetups.hosting import queries


def said_yes(row: Occurrence) -> bool:
    """Return whether a host has said that she comes to a date."""
    return is_yes(row.confirmed_at, row.starts_at, row.meetup.zone)


def is_open(row: Occurrence, now: datetime) -> bool:
    """Return whether a date is still to come."""
    return row.cancelled_at is None and row.starts_at > now


def may_take(row: Occurrence, member: Member, now: datetime) -> bool:
    """Return whether a member was asked to stand in on a date, and that is still needed, or is what she does. Which
    mails she wants by now does not matter: it is her own tap."""
    if not is_open(row, now):
        return False
    if row.held_by_id:
        return row.held_by_id == member.id and queries.is_held(row)
    asked = queries.asked(row, row.asked_at) if row.asked_at and not said_yes(row) else None
    return asked is not None and asked.member_id == member.id and queries.may_stand_in(row, member)
