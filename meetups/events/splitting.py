"""This and following: a series parts in two, and each part is a meetup with a rule of its own."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import inspect

from meetups.domain.errors import Problem
from meetups.domain.recurrence import expand, stored
from meetups.events import queries
from meetups.events.dates import Draft, lock, refuse_closed, rule_of, touch
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
    part = _split(row, now) if _earlier(row, now) else meetup
    return part, edit(part, draft, now, was)


def _earlier(row: Occurrence, now: datetime) -> bool:
    """Return whether the rule gives dates before this one that are still to come."""
    meetup = row.meetup
    given = set(expand(rule_of(meetup), meetup.starts, meetup.starts, row.recurrence_id))
    return any(
        other.recurrence_id in given and other.starts_at > now and other.cancelled_at is None
        for other in queries.all_dates(meetup)
    )


def _split(row: Occurrence, now: datetime) -> Meetup:
    meetup, at = row.meetup, row.recurrence_id
    rule = rule_of(meetup)
    last = expand(rule, meetup.starts, meetup.starts, at)[-1]
    part = _copy(meetup, now)
    part.starts, part.rule = at, _stored_from(meetup, at)
    db.session.add(part)
    db.session.flush()
    for other in queries.all_dates(meetup):
        if other.recurrence_id >= at:
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
