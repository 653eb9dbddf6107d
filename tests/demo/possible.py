"""What could not be, looked for in a whole town."""

from collections import Counter
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from meetups.events.models import Occurrence
from meetups.extensions import db
from meetups.rsvps.models import Rsvp


def rows(model: type[Any]) -> list[Any]:
    return list(db.session.scalars(select(model).order_by(model.id)))


def impossible(now: datetime) -> list[str]:
    """What cannot be: too many families, answers before the meetup or in two places at once, counts that are wrong."""
    found = []
    going = Counter(rsvp.occurrence_id for rsvp in rows(Rsvp) if rsvp.answer == "going")
    places: dict[int, list[Occurrence]] = {}
    for row in rows(Occurrence):
        if row.starts_at <= row.meetup.created_at or row.meetup.created_at <= row.meetup.host.created_at:
            found.append(f"{row.meetup.title} before it was posted")
        if row.capacity is not None and row.taken > row.capacity:
            found.append(f"{row.meetup.title} over-full")
        if row.taken != going[row.id]:
            found.append(f"{row.meetup.title} miscounted")
        if row.cancelled_at and row.cancelled_at > now:
            found.append(f"{row.meetup.title} cancelled in the future")
        if row.ends_at <= row.starts_at:
            found.append(f"{row.meetup.title} ends before it starts")
    for rsvp in rows(Rsvp):
        row = rsvp.occurrence
        if not row.meetup.created_at < rsvp.created_at < min(row.starts_at, now):
            found.append(f"{rsvp.member.first_name} answered {row.meetup.title} at the wrong time")
        if rsvp.member_id == row.meetup.host_id or rsvp.created_at < rsvp.member.created_at:
            found.append(f"{rsvp.member.first_name} cannot answer {row.meetup.title}")
        if not {kid.member_id for kid in rsvp.kids} <= {rsvp.member_id}:
            found.append("somebody else's child")
        if rsvp.answer == "waiting" and row.cancelled_at is None and row.taken < (row.capacity or 0):
            found.append(f"{row.meetup.title} has room and a waiting list")
        if "starts" not in row.own:
            places.setdefault(rsvp.member_id, []).append(row)
    for taken in places.values():
        taken.sort(key=lambda row: row.starts_at)
        found += [a.meetup.title for a, b in pairwise(taken) if b.starts_at < a.ends_at]
    return found
