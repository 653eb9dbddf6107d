"""Taking an edit back while nobody has been told of it: every row as it was, and what was added gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, DateTime, delete, func, inspect, or_, select, update

from meetups.columns import UTCDateTime
from meetups.domain.errors import Problem
from meetups.events import queries, told
from meetups.events.beginnings import Beginning
from meetups.events.dates import (
    TELL_AFTER,
    lock,
    out_of_the_way,
    put_in_cells,
    series_of,
    tell,
    touch,
)  # fmt: skip
from meetups.events.models import Change, ChangeKind, Edit, Meetup, Occurrence
from meetups.extensions import db

KEPT = timedelta(days=1)
# What goes on growing, or is not the host's to change.
MEETUP_STAYS = ("id", "public_id", "host_id", "sequence", "created_at", "changed_at", "resting_at", "woken_at")
DATE_STAYS = (
    "id", "uid", "taken", "revision", "listed_for", "cell6", "cell7", "cell8",
    "asked_at", "confirmed_at", "held_by_id", "held_spot", "unhosted_at", "host_told_who", "rain_at", "dry_place_id",
    "wet_place_id", "dry_spot",
)  # fmt: skip
TIMES = (DateTime, UTCDateTime)
TOO_LATE = "Those who come have been told already. Change it once more instead."
ANSWERED = "Somebody has answered one of the new dates already. Change it once more instead."


@contextmanager
def undoable(meetup: Meetup, now: datetime, key: str | None = None) -> Iterator[Edit]:
    """Keep what a series and its dates are before the block, which edits them, so that `undo` can bring it back.

    Where nothing differs after it, nothing is kept: no edit, no fact, no higher sequence. By the `key` of the button
    that was tapped a second tap is known (`is_kept`).
    """
    lock(meetup)
    parts = series_of(meetup)
    before = _snapshot(parts)
    with db.session.begin_nested() as kept:
        edit = Edit(meetup_id=meetup.id, before=before | {"began": _sequences(parts), "key": key}, created_at=now)
        db.session.add(edit)
        db.session.flush()
        newest = {fact: db.session.scalar(select(func.max(fact.id))) or 0 for fact in (Change, Beginning)}
        yield edit
        db.session.flush()
        parts = series_of(meetup)
        if _snapshot(parts) == before:
            kept.rollback()
        else:
            _keep(edit, parts, newest)


def _keep(edit: Edit, parts: list[Meetup], newest: dict[type[Change] | type[Beginning], int]) -> None:
    ids = [row.id for part in parts for row in queries.all_dates(part)]
    of_parts = Beginning.meetup_id.in_([part.id for part in parts])
    for fact, theirs in ((Change, Change.occurrence_id.in_(ids)), (Beginning, of_parts)):
        new = update(fact).where(fact.id > newest[fact], theirs).values(edit_id=edit.id)
        db.session.execute(new, execution_options={"synchronize_session": False})
    edit.before = {**edit.before, "after": _sequences(parts)}


def is_kept(meetup: Meetup, key: str | None) -> bool:
    """Return whether the last that was changed of a series is what this button has saved."""
    parts = series_of(meetup)
    edit = _newest(parts) if key else None
    return edit is not None and edit.before.get("key") == key and edit.before.get("after") == _sequences(parts)


def _snapshot(parts: list[Meetup]) -> dict[str, Any]:
    return {
        "meetups": {str(part.id): _columns(part, MEETUP_STAYS) for part in parts},
        "dates": {str(row.id): _columns(row, DATE_STAYS) for part in parts for row in queries.all_dates(part)},
    }


def _sequences(parts: list[Meetup]) -> dict[str, int]:
    # Whatever changes a meetup raises its sequence: an import does so too.
    return {str(part.id): part.sequence for part in parts}


def _columns(row: Any, stays: tuple[str, ...]) -> dict[str, Any]:
    values = {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
        if name not in stays
    }


def families_told(edit: Edit, *which: ColumnElement[bool]) -> int:
    """Return how many families hear of an edit, or of `which` of its changes."""
    news = select(Change.occurrence_id).where(Change.edit_id == edit.id, Change.kind != ChangeKind.ROOM, *which)
    return told.families(list(db.session.scalars(news.distinct())))


def is_later(edit: Edit) -> bool | None:
    """Return whether those who come are told of an edit after a while, so that it can be undone; None for nobody."""
    return not families_told(edit, _soon(edit)) if families_told(edit) else None


def _soon(edit: Edit) -> ColumnElement[bool]:
    # What is told at once, or as soon as it may be, is as good as told.
    return Change.due < edit.created_at + TELL_AFTER


def latest(meetup: Meetup, now: datetime) -> Edit | None:
    """Return the edit of a series that can still be undone, the newest of several."""
    parts = series_of(meetup)
    edit = _newest(parts)
    return edit if edit and _open(edit, parts, now) else None


def _newest(parts: list[Meetup], *which: ColumnElement[bool]) -> Edit | None:
    edits = select(Edit).where(Edit.meetup_id.in_([part.id for part in parts]), *which)
    return db.session.scalar(edits.order_by(Edit.id.desc()).limit(1))


def _open(edit: Edit, parts: list[Meetup], now: datetime) -> bool:
    if edit.before.get("after") != _sequences(parts) or now >= edit.created_at + TELL_AFTER:
        return False
    return not families_told(edit, or_(Change.handled_at.is_not(None), _soon(edit)))


def undo(edit: Edit, now: datetime) -> Meetup:
    """Bring a series back to what it was before its newest edit and return the edited meetup.

    Raises Problem where that is too late, where something else has changed it since, and where somebody has answered
    a date that the edit has made or taken to another part.
    """
    meetup = db.session.get_one(Meetup, edit.meetup_id)
    lock(meetup)
    if latest(meetup, now) != edit:
        raise Problem(TOO_LATE)
    parts = series_of(meetup)
    made = [part for part in parts if str(part.id) not in edit.before["meetups"]]
    rows = {str(row.id): row for part in parts for row in queries.all_dates(part)}
    _refuse_answered(edit, made, rows)
    was = {key: _stands(row) for key, row in rows.items()}
    for key, row in rows.items():
        if key not in edit.before["dates"]:
            db.session.delete(row)
    for fact in (Change, Beginning):
        db.session.execute(delete(fact).where(fact.edit_id == edit.id))
    kept = {key: rows[key] for key in edit.before["dates"] if key in rows}
    _bring_back(parts, kept, edit)
    _retell(kept, was, now)
    _raise_sequences(parts, made, now)
    for part in made:
        db.session.delete(part)
    _reopen(edit, [part for part in parts if part not in made])
    db.session.delete(edit)
    db.session.flush()
    return meetup


def _refuse_answered(edit: Edit, made: list[Meetup], rows: dict[str, Occurrence]) -> None:
    new = [row.id for key, row in rows.items() if key not in edit.before["dates"] or row.meetup in made]
    # Whoever answers one of them this instant is waited for, and seen.
    db.session.execute(select(Occurrence.id).where(Occurrence.id.in_(new)).order_by(Occurrence.id).with_for_update())
    if told.families(new, since=edit.created_at):
        raise Problem(ANSWERED)


def _bring_back(parts: list[Meetup], kept: dict[str, Occurrence], edit: Edit) -> None:
    for part in parts:
        _restore(part, edit.before["meetups"].get(str(part.id), {}))
    out_of_the_way(kept.values())
    for key, row in kept.items():
        _restore(row, edit.before["dates"][key])
        put_in_cells(row)
    db.session.flush()


def _raise_sequences(parts: list[Meetup], made: list[Meetup], now: datetime) -> None:
    # Dates that come back from a part must not be older than they were there.
    highest = max(part.sequence for part in parts)
    for part in parts:
        if part not in made:
            part.sequence = highest
            touch(part, now)


def _reopen(edit: Edit, parts: list[Meetup]) -> None:
    # The edit before this one can be undone too, if nothing else came between the two.
    db.session.flush()
    previous = _newest(parts, Edit.id < edit.id)
    if previous and previous.before.get("after") == edit.before["began"]:
        previous.before = {**previous.before, "after": _sequences(parts)}


def _restore(row: Any, values: dict[str, Any]) -> None:
    for column in inspect(type(row)).column_attrs:
        if column.key in values:
            value = values[column.key]
            timed = isinstance(column.columns[0].type, TIMES) and value is not None
            setattr(row, column.key, datetime.fromisoformat(value) if timed else value)
    db.session.flush()
    # What hangs on a column by its id is read anew.
    db.session.expire(row, [relation.key for relation in inspect(type(row)).relationships])


def _stands(row: Occurrence) -> tuple[Any, ...]:
    return row.starts_at, row.ends_at, row.place.id, row.spot, row.cancelled_at, row.capacity


def _retell(kept: dict[str, Occurrence], was: dict[str, tuple[Any, ...]], now: datetime) -> None:
    # Whoever has answered meanwhile, or has been let in, knows the date as it was then; so do queued reminders.
    for key, row in kept.items():
        if was[key] != _stands(row):
            row.revision += 1
            tell(row, ChangeKind.MOVED, now)


def forget_old(now: datetime) -> None:
    """Delete what can be undone no more."""
    db.session.execute(delete(Edit).where(Edit.created_at < now - KEPT))
