"""Whom a member has met at dates, as numbers for the order of a list: never who."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, union
from sqlalchemy.orm import aliased

from meetups.accounts.models import Member
from meetups.accounts.queries import not_blocked
from meetups.domain.visibility import faces_shown
from meetups.events.dated import Dated
from meetups.events.models import Meetup, Occurrence
from meetups.extensions import db
from meetups.rsvps.models import Rsvp

# Faces are forgotten.
REMEMBERED = timedelta(days=365)


def faces(viewer: Member, dates: Sequence[Dated], families: dict[int, int], now: datetime) -> dict[int, int]:
    """Return the band of familiar faces (visibility.faces_shown) of each date, by its id.

    Familiar is who went where she went within a year, who hosted it, and who came to what she hosted; past blocks. The
    `families` that come, as she is told, say whether they may count at all.
    """
    if not dates:
        return {}
    ids, met = [row.id for row in dates], _met(viewer, now)
    guests = (
        select(Rsvp.occurrence_id, func.count(Rsvp.id).label("known"))
        .where(Rsvp.occurrence_id.in_(ids), Rsvp.answer == "going", Rsvp.member_id.in_(met))
        .where(not_blocked(viewer, Rsvp.member_id))
        .group_by(Rsvp.occurrence_id)
    )
    known: dict[int, int] = {row.occurrence_id: row.known for row in db.session.execute(guests)}
    hosts = _hosts_among({row.meetup.host_id for row in dates}, met)
    return {
        row.id: faces_shown(known.get(row.id, 0), families[row.id], host=_welcomes(row) and row.meetup.host_id in hosts)
        for row in dates
    }


def _welcomes(row: Dated) -> bool:
    # Whoever brought a library's calendar in is not there, and who stands in is not told.
    return row.who is None and row.meetup.source is None


def _hosts_among(host_ids: set[int], met: Select[Any]) -> set[int]:
    return set(db.session.scalars(select(Member.id).where(Member.id.in_(host_ids), Member.id.in_(met))))


def _met(viewer: Member, now: datetime) -> Select[Any]:
    hers, other = aliased(Rsvp), aliased(Rsvp)
    over = Occurrence.cancelled_at.is_(None), Occurrence.ends_at <= now, Occurrence.ends_at > now - REMEMBERED
    went = hers.member_id == viewer.id, hers.answer == "going"
    beside = (
        select(other.member_id)
        .join(hers, hers.occurrence_id == other.occurrence_id)
        .join(Occurrence, Occurrence.id == hers.occurrence_id)
        .where(*went, other.answer == "going", other.member_id != viewer.id, *over)
    )
    hosted_her = (
        select(Meetup.host_id)
        .join(Occurrence, Occurrence.meetup_id == Meetup.id)
        .join(hers, hers.occurrence_id == Occurrence.id)
        .where(*went, Meetup.source.is_(None), Meetup.host_id != viewer.id, *over)
    )
    came_to_her = (
        select(other.member_id)
        .join(Occurrence, Occurrence.id == other.occurrence_id)
        .join(Meetup, Meetup.id == Occurrence.meetup_id)
        .where(Meetup.host_id == viewer.id, Meetup.source.is_(None), other.answer == "going", *over)
    )
    met = union(beside, hosted_her, came_to_her).subquery()
    return select(met.c[0])
