"""Taking an edit back while nobody has been told of it: every row as it was, and what was added gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Select, delete, func, inspect, or_, select, update

from meetups.columns import UTCDateTime
from meetups.domain.errors import Problem
from meetups.events import queries, told
from meetups.events.dates import TELL_AFTER, facts_before, lock, tell, touch
from meetups.events.models import Change, ChangeKind, Edit, Meetup, Occurrence
from meetups.extensions import db

KEPT = timedelta(days=1)
# What goes on growing, or is not the host's to change.
MEETUP_STAYS = ("id", "public_id", "host_id", "sequence", "created_at", "changed_at")
DATE_STAYS = ("id", "uid", "taken", "revision", "changed_at")
TIMES = (DateTime, UTCDateTime)
TOO_LATE = "Those who come have been told already. Change it once more instead."
ANSWERED = "Somebody has answered one of the new dates already. Change it once more instead."


@contextmanager
def undoable(meetup: Meetup, now: datetime) -> Iterator[Edit]:
    """Keep what a meetup and its dates are before the block, which edits them, so that `undo` can bring it back."""
    lock(meetup)
    edit = Edit(meetup_id=meetup.id, before=_snapshot(meetup), created_at=now)
    db.session.add(edit)
    db.session.flush()
    yield edit
    db.session.flush()
    ids = [row.id for row in _rows(edit)]
    new = update(Change).where(
        Change.occurrence_id.in_(ids), Change.edit_id.is_(None), Change.handled_at.is_(None), Change.created_at == now
    )
    db.session.execute(new.values(edit_id=edit.id), execution_options={"synchronize_session": False})


def _snapshot(meetup: Meetup) -> dict[str, Any]:
    return {
        "meetup": _columns(meetup, MEETUP_STAYS),
        "dates": {str(row.id): _columns(row, DATE_STAYS) for row in queries.all_dates(meetup)},
    }


def _columns(row: Any, stays: tuple[str, ...]) -> dict[str, Any]:
    values = {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
        if name not in stays
    }


def families_told(edit: Edit) -> int:
    """Return how many families will hear of an edit."""
    news = select(Change.occurrence_id).where(Change.edit_id == edit.id, Change.kind != ChangeKind.ROOM)
    return told.families(list(db.session.scalars(news.distinct())))


def latest(meetup: Meetup, now: datetime) -> Edit | None:
    """Return the edit of a meetup that can still be undone, the newest of several."""
    newest = select(Edit).where(Edit.meetup_id.in_(_series(meetup))).order_by(Edit.id.desc()).limit(1)
    edit = db.session.scalar(newest)
    return edit if edit and _open(edit, now) else None


def _open(edit: Edit, now: datetime) -> bool:
    heard = select(Change.id).where(Change.edit_id == edit.id, Change.handled_at.is_not(None)).limit(1)
    return now < edit.created_at + TELL_AFTER and db.session.scalar(heard) is None


def undo(edit: Edit, now: datetime) -> Meetup:
    """Bring a meetup back to what it was before its newest edit and return it; raise Problem where that is too late."""
    meetup = db.session.get_one(Meetup, edit.meetup_id)
    lock(meetup)
    if latest(meetup, now) != edit:
        raise Problem(TOO_LATE)
    rows = {str(row.id): row for row in _rows(edit)}
    _remove([row for key, row in rows.items() if key not in edit.before["dates"]])
    db.session.execute(delete(Change).where(Change.edit_id == edit.id))
    was = {key: _stands(row) for key, row in rows.items()}
    _restore(meetup, edit.before["meetup"])
    kept = {key: rows[key] for key in edit.before["dates"] if key in rows}
    # Recurrence ids are unique in a meetup: first out of each other's way.
    for number, row in enumerate(kept.values()):
        row.recurrence_id = datetime(1, 1, 1) + timedelta(minutes=number)
    db.session.flush()
    for key, row in kept.items():
        _restore(row, edit.before["dates"][key])
    db.session.flush()
    _retell(kept, was, now)
    db.session.execute(delete(Meetup).where(*_made_by(edit)))
    db.session.delete(edit)
    touch(meetup, now)
    return meetup


def _restore(row: Any, values: dict[str, Any]) -> None:
    for column in inspect(type(row)).column_attrs:
        if column.key in values:
            value = values[column.key]
            timed = isinstance(column.columns[0].type, TIMES) and value is not None
            setattr(row, column.key, datetime.fromisoformat(value) if timed else value)
    db.session.flush()
    # What hangs on a column by its id is read anew.
    db.session.expire(row, [relation.key for relation in inspect(type(row)).relationships])


def _remove(added: list[Occurrence]) -> None:
    if told.families([row.id for row in added]):
        raise Problem(ANSWERED)
    for row in added:
        db.session.delete(row)
    db.session.flush()


def _stands(row: Occurrence) -> tuple[Any, ...]:
    return row.starts_at, row.ends_at, row.place_id, row.spot, row.cancelled_at


def _retell(kept: dict[str, Occurrence], was: dict[str, tuple[Any, ...]], now: datetime) -> None:
    # Reminders that were queued meanwhile know another revision. The mail itself finds all where it was.
    for key, row in kept.items():
        if was[key] != _stands(row):
            row.revision += 1
            tell(row, ChangeKind.MOVED, now, **facts_before(row))


def _series(meetup: Meetup) -> Select[int]:
    root = meetup.series_id or meetup.id
    return select(Meetup.id).where(or_(Meetup.id == root, Meetup.series_id == root))


def _made_by(edit: Edit) -> tuple[ColumnElement[bool], ...]:
    # "This and following" makes the part that goes on: at the moment of the edit, and no other way.
    root = select(func.coalesce(Meetup.series_id, Meetup.id)).where(Meetup.id == edit.meetup_id).scalar_subquery()
    return Meetup.series_id == root, Meetup.created_at == edit.created_at


def _rows(edit: Edit) -> list[Occurrence]:
    made = select(Meetup.id).where(*_made_by(edit))
    rows = select(Occurrence).where(or_(Occurrence.meetup_id == edit.meetup_id, Occurrence.meetup_id.in_(made)))
    return list(db.session.scalars(rows.order_by(Occurrence.id)))


def forget_old(now: datetime) -> None:
    """Delete what can be undone no more."""
    db.session.execute(delete(Edit).where(Edit.created_at < now - KEPT))
