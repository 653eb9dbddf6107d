"""An edit as its host meant it: of this date, of this and the following, or of all."""

from dataclasses import fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from meetups.domain.zones import to_local
from meetups.events.dates import Draft, length_of
from meetups.events.editing import Effect, edit, next_instance, rule_left
from meetups.events.exceptions import edit_date
from meetups.events.models import Kind, Meetup, Occurrence, Visibility
from meetups.events.splitting import edit_following


class Scope(StrEnum):
    """Which dates an edit is meant for."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


def draft_of(meetup: Meetup, starts: datetime) -> Draft:
    """Return a meetup as its host would write it from one of its wall-clock starts on."""
    return Draft(
        place=meetup.place,
        starts=starts,
        rule=rule_left(meetup, starts),
        spot=meetup.spot,
        kind=Kind(meetup.kind),
        title=meetup.title,
        ages=meetup.ages,
        duration=meetup.duration,
        capacity=meetup.capacity,
        note=meetup.note,
        visibility=Visibility(meetup.visibility),
    )


def draft_of_date(row: Occurrence) -> Draft:
    """Return one date likewise: with what it has for itself, and the rule from it on."""
    return replace(
        draft_of(row.meetup, row.recurrence_id),
        starts=to_local(row.starts_at, row.meetup.zone),
        place=row.place,
        spot=row.spot,
        kind=Kind(row.kind),
        title=row.title,
        ages=row.ages,
        duration=length_of(row),
        capacity=row.capacity,
        note=row.note,
    )


def edit_as(scope: Scope, row: Occurrence, draft: Draft, now: datetime) -> tuple[Meetup, Effect]:
    """Change what the host meant, and return the meetup that the date now belongs to and what that does.

    For more than one date, only what she has changed on the page counts: what the date has for itself stays its own.
    Of what takes place once, its date is all. Raises Problem as the edits do.
    """
    if row.meetup.rule is None and "extra" not in row.own:
        scope = Scope.ALL
    if scope == Scope.THIS:
        edit_date(row, draft, now)
        return row.meetup, Effect(changed=1, kept=0, cancelled=0, added=0)
    if scope == Scope.FOLLOWING:
        return edit_following(row, _meant(row, row.recurrence_id, draft), now)
    return row.meetup, edit(row.meetup, _meant(row, next_instance(row.meetup, now), draft), now)


def _meant(row: Occurrence, base: datetime, draft: Draft) -> Draft:
    shown, series = draft_of_date(row), draft_of(row.meetup, base)
    names = (field.name for field in fields(Draft) if field.name != "starts")
    changes: dict[str, Any] = {
        name: getattr(draft, name) for name in names if getattr(draft, name) != getattr(shown, name)
    }
    # A day later, an hour earlier: the same for all of them.
    return replace(series, starts=base + (draft.starts - shown.starts), **changes)
