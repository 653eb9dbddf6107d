"""An edit as its host meant it: of this date, of this and the following, or of all."""

from dataclasses import fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from meetups.domain.ages import welcome_words
from meetups.domain.words import duration_words
from meetups.domain.zones import to_local
from meetups.events.dates import Draft, Facts, coming_dates, length_of, moved, put_at
from meetups.events.editing import Effect, as_they_are, edit, next_instance, rule_left
from meetups.events.exceptions import edit_date
from meetups.events.models import Kind, Meetup, Occurrence, RainPlan, Visibility
from meetups.events.shown import rain_words
from meetups.events.splitting import edit_following

VISIBLE = {Visibility.PUBLIC: "everybody", Visibility.MEMBERS: "only members"}


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
        ages=meetup.welcome,
        duration=meetup.duration,
        capacity=meetup.capacity,
        note=meetup.note,
        visibility=Visibility(meetup.visibility),
        rain_plan=RainPlan(meetup.rain_plan) if meetup.rain_plan else None,
        rain_place=meetup.rain_place,
        rain_spot=meetup.rain_spot,
    )


def draft_of_date(row: Occurrence) -> Draft:
    """Return one date likewise: with what it has for itself, and the rule from it on."""
    return replace(
        draft_of(row.meetup, row.recurrence_id),
        starts=to_local(row.starts_at, row.meetup.zone),
        place=row.place,
        spot=row.host_spot,
        kind=Kind(row.kind),
        title=row.title,
        ages=row.welcome,
        duration=length_of(row),
        capacity=row.capacity,
        note=row.note,
    )


def changed_words(shown: Draft, draft: Draft) -> list[str]:
    """Return what an edit changes beside day and hour, a line each: "Park: Monarch Park, not Withrow Park"."""
    said = {
        "Park": (shown.place.name, draft.place.name),
        "Title": (shown.title, draft.title),
        "How long": (duration_words(shown.duration), duration_words(draft.duration)),
        "Children": (welcome_words(shown.ages, draft.starts.date()), welcome_words(draft.ages, draft.starts.date())),
        "Families at most": (shown.capacity or "as many as come", draft.capacity or "as many as come"),
        "How people find you": (shown.spot, draft.spot),
        "If it rains": (rain_words(shown.rain_plan, shown.rain_place), rain_words(draft.rain_plan, draft.rain_place)),
        "How people find you in the rain": (shown.rain_spot or "the place", draft.rain_spot or "the place"),
        "Who sees it": (VISIBLE[shown.visibility], VISIBLE[draft.visibility]),
    }
    lines = [f"{name}: {new}, not {old}" for name, (old, new) in said.items() if old != new]
    return lines + ["Another note"] * (shown.note != draft.note) + ["Another kind"] * (shown.kind != draft.kind)


def edit_as(scope: Scope, row: Occurrence, draft: Draft, now: datetime) -> tuple[Meetup, Effect]:
    """Change what the host meant, and return the meetup that the date now belongs to and what that does.

    For more than one date, only what she has changed on the page counts: all else that the date has for itself stays
    its own. The date itself is then as she typed it. Of what takes place once, its date is all. Raises Problem as the
    edits do.
    """
    changes = _changes(row, draft)
    if not changes:
        return row.meetup, Effect(changed=0, kept=0, cancelled=0, added=0)
    if row.meetup.rule is None and "extra" not in row.own:
        scope = Scope.ALL
    if scope == Scope.THIS:
        edit_date(row, draft, now)
        return row.meetup, Effect(changed=1, kept=0, cancelled=0, added=0)
    base = row.recurrence_id if scope == Scope.FOLLOWING else next_instance(row.meetup, now)
    meant = _meant(row, base, draft.starts, changes)
    was, revision = as_they_are(coming_dates(row.meetup, now)), row.revision
    _let_go(row, changes)
    if scope == Scope.FOLLOWING:
        part, effect = edit_following(row, meant, now, was)
    else:
        part, effect = row.meetup, edit(row.meetup, meant, now, was)
    if "starts" in changes:
        _put_as_typed(row, draft.starts, was[row.id].facts, revision, now)
    return part, effect


def _changes(row: Occurrence, draft: Draft) -> dict[str, Any]:
    shown = draft_of_date(row)
    values = {field.name: getattr(draft, field.name) for field in fields(Draft)}
    return {name: value for name, value in values.items() if value != getattr(shown, name)}


def _meant(row: Occurrence, base: datetime, typed: datetime, changes: dict[str, Any]) -> Draft:
    """Return what she meant for the dates from `base` on: another day shifts them, another hour is theirs too."""
    return replace(draft_of(row.meetup, base), **changes | {"starts": _starts_meant(row, base, typed)})


def _starts_meant(row: Occurrence, base: datetime, typed: datetime) -> datetime:
    if row.meetup.rule is None:
        # What takes place once may have been moved before: its date is where it is shown.
        return typed
    shown = to_local(row.starts_at, row.meetup.zone)
    if typed.date() != shown.date():
        base += typed.date() - row.recurrence_id.date()
    return datetime.combine(base.date(), typed.time()) if typed.time() != shown.time() else base


def _let_go(row: Occurrence, changes: dict[str, Any]) -> None:
    # What she now says for more than this date is no longer the date's own.
    row.own = [name for name in row.own if name not in changes]
    for name in ("title", "note", "spot"):
        if name in changes:
            setattr(row, f"own_{name}", None)


def _put_as_typed(row: Occurrence, starts: datetime, before: Facts, revision: int, now: datetime) -> None:
    # It may have been moved away from the series' day before, and stays where she sees it.
    if row.cancelled_at or to_local(row.starts_at, row.meetup.zone) == starts:
        return
    put_at(row, starts, length_of(row))
    row.own = sorted({*row.own, "starts"})
    if row.revision == revision:
        moved(row, now, before)
