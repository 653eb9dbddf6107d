"""What families have heard of the dates they answered: what is owed to them, and what they know once it has left."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import func, select

from meetups.accounts.models import Member
from meetups.domain.capacity import Answer
from meetups.events.hosts import remember_cohosted
from meetups.events.models import Change, ChangeKind, Occurrence
from meetups.extensions import db, lock_row, remembered
from meetups.mail.models import OutboxMail
from meetups.mail.outbox import enqueue
from meetups.rsvps import queries
from meetups.rsvps.models import Rsvp, Told

_UNSETTLED = "unsettled"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a mail says of one date to one member, as of the date's `revision`."""

    occurrence_id: int
    member_id: int
    revision: int
    told: Told

    @classmethod
    def of(cls, row: Rsvp) -> "Heard":
        """Return what a mail that is composed now says."""
        return cls(row.occurrence_id, row.member_id, row.occurrence.revision, row.stands)


def tell(
    template: str,
    occurrence: Occurrence,
    member: Member,
    now: datetime,
    stamp: object,
    due: datetime | None = None,
    **data: Any,
) -> None:
    """Queue one mail about a date to one member, due now or at `due` (UTC); the same `stamp` never twice."""
    enqueue(
        template,
        member.email,
        {"occurrence": occurrence.id, "member": member.id, **data},
        dedupe_key=f"{template}:{occurrence.id}:{member.id}:{stamp}",
        due=due or now,
        now=now,
        not_after=occurrence.ends_at,
    )


def tell_news(row: Rsvp, now: datetime) -> None:
    """Queue the mail that says how a date stands to who has not heard it. It reads anew what that is."""
    template = "cancelled" if row.occurrence.cancelled_at else "changed"
    tell(template, row.occurrence, row.member, now, stamp=row.occurrence.revision)


def unsettled(occurrence: Occurrence) -> datetime | None:
    """Return when a change of a date is told (UTC) that can still be undone; None where there is none."""
    return all_unsettled([occurrence.id]).get(occurrence.id)


def all_unsettled(occurrence_ids: Collection[int]) -> dict[int, datetime]:
    """Return likewise for several, by the date's id."""
    known = remembered(_UNSETTLED)
    if all(date_id in known for date_id in occurrence_ids):
        return {date_id: due for date_id in occurrence_ids if (due := known[date_id])}
    query = select(Change.occurrence_id, func.max(Change.due).label("due")).where(
        Change.occurrence_id.in_(occurrence_ids), Change.handled_at.is_(None), Change.kind != ChangeKind.ROOM
    )
    return {row.occurrence_id: row.due for row in db.session.execute(query.group_by(Change.occurrence_id))}


def read_ahead(mails: Sequence[OutboxMail]) -> None:
    """Read what several mails about answers need, in a few queries."""
    asked = {
        (int(date_id), int(mail.data["member"]))
        for mail in mails
        for date_id in mail.data.get("dates") or [mail.data["occurrence"]]
    }
    queries.remember_standing(asked)
    dates = {date_id for date_id, _ in asked}
    remembered(_UNSETTLED).update(dict.fromkeys(dates) | all_unsettled(dates))
    remember_cohosted({member_id for _, member_id in asked})


def noted(rows: Sequence[Rsvp], now: datetime) -> "partial[None]":
    """Return what to call once a mail about some answers, composed `now`, has left."""
    return partial(_note, [Heard.of(row) for row in rows], now)


def _note(heard: list[Heard], composed_at: datetime, now: datetime) -> None:
    for one in sorted(heard, key=lambda one: one.occurrence_id):
        date = db.session.get(Occurrence, one.occurrence_id)
        if date is not None:
            # Whoever handles a change of it must see what she has heard, and this must see that change.
            lock_row(Occurrence, date.id)
            _note_one(date, one, composed_at, now)


def _note_one(date: Occurrence, one: Heard, composed_at: datetime, now: datetime) -> None:
    row = queries.afresh_of(date.id, one.member_id)
    if row is None or row.told_at > composed_at:
        return
    row.hear(one.told, now)
    stale = date.revision != one.revision and row.answer != Answer.NOT_GOING and not row.knows
    if stale and unsettled(date) is None:
        # It has changed on the way, and that change was weighed against what she knew before this mail.
        tell_news(row, now)
