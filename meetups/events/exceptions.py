"""What one date does for itself: its own time, place, length and words; off and on again; added to the series."""

from datetime import datetime

from meetups.domain.errors import Problem
from meetups.domain.zones import to_local, to_utc
from meetups.events import queries
from meetups.events.dates import (
    AHEAD,
    COPIED,
    Draft,
    check_reach,
    check_wall,
    copy_fields,
    facts_of,
    gives,
    length_of,
    lock,
    moved,
    new_date,
    put_at,
    refuse_closed,
    tell,
    touch,
)  # fmt: skip
from meetups.events.models import RESTING, ChangeKind, Meetup, Occurrence
from meetups.extensions import db

OTHER_ZONE = "That place has another clock. Host a new meetup there."
TWICE = "There is a date at that time already."


def edit_date(row: Occurrence, draft: Draft, now: datetime) -> None:
    """Change one date of a series; what it then says differently is its own, whatever becomes of the series.

    The draft's rule and visibility are the series' and not looked at. Raises Problem for a date that is cancelled
    or has begun, for a start that is over, and for a place with another clock.
    """
    lock(row.meetup)
    refuse_closed(row, now)
    _check_start(row.meetup, draft.starts, now)
    if draft.place.zone != row.meetup.zone:
        raise Problem(OTHER_ZONE, "place")
    before, capacity = facts_of(row), row.capacity
    _take_over(row, draft)
    if before != facts_of(row):
        moved(row, now, before)
    if row.capacity != capacity:
        tell(row, ChangeKind.ROOM, now)
    touch(row.meetup, now)


def _check_start(meetup: Meetup, starts: datetime, now: datetime) -> None:
    check_reach(starts, None, now)
    check_wall(starts, meetup.zone, now)


def _take_over(row: Occurrence, draft: Draft) -> None:
    meetup = row.meetup
    values = {"place": draft.place, "kind": draft.kind, "ages": draft.ages, "capacity": draft.capacity}
    differs = {name: values[name] != getattr(meetup, field) for name, field in COPIED.items()}
    differs["starts"] = to_utc(draft.starts, meetup.zone) != to_utc(row.recurrence_id, meetup.zone)
    differs["duration"] = draft.duration != meetup.duration
    for name, field in COPIED.items():
        setattr(row, field, values[name])
    row.own = sorted({name for name, own in differs.items() if own} | ({"extra"} & set(row.own)))
    copy_fields(row, meetup)
    put_at(row, draft.starts, draft.duration)
    row.own_title = draft.title if draft.title != meetup.title else None
    row.own_note = (draft.note or "") if draft.note != meetup.note else None
    row.own_spot = draft.spot if draft.spot != row.usual_spot else None


def restore_date(row: Occurrence, now: datetime) -> None:
    """Let a cancelled date take place after all; raise Problem where it has begun, stands, or all is cancelled."""
    lock(row.meetup)
    if row.meetup.cancelled_at:
        raise Problem("The whole meetup is cancelled. Host a new one.")
    if row.cancelled_at is None:
        raise Problem("This date takes place already")
    if row.starts_at <= now:
        raise Problem("This date is over")
    row.cancelled_at = row.cancel_reason = None
    row.own = [name for name in row.own if name not in ("cancelled", RESTING)]
    if not gives(row.meetup, row.recurrence_id):
        # No rule speaks of it any more: it stands for itself, and the next edit leaves it alone.
        row.own = sorted({*row.own, "extra"})
    row.revision += 1
    tell(row, ChangeKind.MOVED, now)
    touch(row.meetup, now)


def add_date(meetup: Meetup, starts: datetime, now: datetime) -> Occurrence:
    """Add a date to a series that its rule does not give, at a wall-clock start within the next 26 weeks.

    A cancelled date of that time takes place again instead. Raises Problem where one stands there already.
    """
    lock(meetup)
    if meetup.cancelled_at:
        raise Problem("The whole meetup is cancelled. Host a new one.")
    if meetup.rule is None:
        raise Problem("It takes place once. Let it repeat, or host another one.")
    _check_start(meetup, starts, now)
    if starts > to_local(now + AHEAD, meetup.zone):
        raise Problem("Choose a date within the next half year", "date")
    for row in queries.all_dates(meetup):
        if row.cancelled_at is None and row.starts_at == to_utc(starts, meetup.zone):
            raise Problem(TWICE, "date")
        if row.recurrence_id == starts:
            return _once_more(row, now)
    if gives(meetup, starts):
        # The worker has not made that day yet, and would make it once more.
        raise Problem(TWICE, "date")
    row = new_date(meetup, starts)
    row.own = ["extra"]
    db.session.add(row)
    db.session.flush()
    touch(meetup, now)
    return row


def _once_more(row: Occurrence, now: datetime) -> Occurrence:
    # The day was moved elsewhere or cancelled, and its recurrence id is taken for ever.
    if row.cancelled_at is None:
        raise Problem("That day's date was moved. Move it back instead.", "date")
    row.own = [name for name in row.own if name != "starts"]
    put_at(row, row.recurrence_id, length_of(row))
    row.put_who(None)
    restore_date(row, now)
    return row
