"""This and following: a series parts in two, and each part is a meetup with a rule of its own."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import inspect

from meetups.domain.errors import Problem
from meetups.domain.recurrence import expand, stored
from meetups.events import queries
from meetups.events.dates import COPIED, Draft, lock, refuse_closed, rule_of, touch
from meetups.events.editing import Effect, Was, edit, rule_left
from meetups.events.models import Meetup, Occurrence
from meetups.extensions import db

# What a part has for itself; all else it has from the series.
ITS_OWN = ("id", "public_id", "form_key", "series_id", "starts", "rule", "created_at")


def edit_following(
    row: Occurrence, draft: Draft, now: datetime, was: dict[int, Was] | None = None
) -> tuple[Meetup, Effect]:
    """Change a date of a series and all after it; return the meetup they belong to, and what that does to them.

    Where dates stand before it, the series ends with them and the others, with their answers, go on as a new one.
    Raises Problem as `edit` does.
    """
    meetup = row.meetup
    lock(meetup)
    refuse_closed(row, now)
    if "extra" in row.own:
        raise Problem("This date was added by itself. Change only this one.", "scope")
    given = expand(rule_of(meetup), meetup.starts, meetup.starts, row.recurrence_id)
    earlier = _earlier(row, given, now)
    part = _split(row, given[-1], now) if earlier and given else meetup
    if part is meetup:
        # There is no rule that could end before this date: those before it were added.
        for other in earlier:
            _stand_alone(other)
    return part, edit(part, draft, now, was)


def _earlier(row: Occurrence, given: list[datetime], now: datetime) -> list[Occurrence]:
    """Return the dates before this one that are still to come: of those that its rule has `given`, and added ones."""
    return [
        other
        for other in queries.all_dates(row.meetup)
        if ("extra" in other.own or other.recurrence_id in given)
        and _is_before(other, row)
        and other.starts_at > now
        and other.cancelled_at is None
    ]


def _is_before(other: Occurrence, row: Occurrence) -> bool:
    # Of what was added no rule says where it belongs.
    if "extra" in other.own:
        return other.starts_at < row.starts_at
    return other.recurrence_id < row.recurrence_id


def _stand_alone(row: Occurrence) -> None:
    """Make all that a date shows its own, so that no edit of its series changes it."""
    row.own = sorted({*row.own, *COPIED, "duration"})
    row.own_title, row.own_note, row.own_spot = row.title, row.note or "", row.host_spot
    row.dry_spot = row.dry_spot or (row.meetup.spot if row.moved_by_rain else None)


def _split(row: Occurrence, last: datetime, now: datetime) -> Meetup:
    meetup, at = row.meetup, row.recurrence_id
    rule = rule_of(meetup)
    part = _copy(meetup, now)
    part.starts, part.rule = at, _stored_from(meetup, at)
    db.session.add(part)
    db.session.flush()
    for other in queries.all_dates(meetup):
        if not _is_before(other, row):
            other.meetup = part
    if rule:
        meetup.rule = stored(replace(rule, count=None, until=last.date()))
    meetup.rolled_to = None
    touch(meetup, now)
    db.session.flush()
    return part


def _copy(meetup: Meetup, now: datetime) -> Meetup:
    names = [column.key for column in inspect(Meetup).column_attrs if column.key not in ITS_OWN]
    part = Meetup(**{name: getattr(meetup, name) for name in names})
    # Its dates are known to calendars already: the sequence goes on.
    part.series_id, part.created_at = meetup.series_id or meetup.id, now
    part.host, part.place = meetup.host, meetup.place
    return part


def _stored_from(meetup: Meetup, at: datetime) -> str | None:
    rule = rule_left(meetup, at)
    return stored(rule) if rule else None
