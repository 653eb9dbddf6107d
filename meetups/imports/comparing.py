"""An event beside the meetup that it became: what its host has put right, what its calendar has changed, in words."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from meetups.domain.recurrence import expand
from meetups.domain.words import rule_words, when_words
from meetups.domain.zones import to_local
from meetups.events.dates import A_MINUTE, Draft, gives
from meetups.events.editing import rule_left
from meetups.events.models import Kind, Meetup
from meetups.events.scopes import changed_words, draft_of
from meetups.imports.models import CalendarEvent
from meetups.imports.queries import Standing, root_of
from meetups.imports.settling import Settled
from meetups.places.models import Place

WHEN, HELD = "when", "held"
# The start the rule gave, and the start instead; None where it is off.
DateChange = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class Planned:
    """One meetup as its calendar has it: the words and guesses of an event at a place."""

    settled: Settled
    place: Place
    title: str
    note: str
    spot: str
    kind: str
    ages: int
    duration: int

    def digests(self) -> dict[str, str]:
        """Return each field as `CalendarEvent.read` keeps it."""
        return _digests(self) | {WHEN: _digest(self.settled.said)}

    def draft(self) -> Draft:
        """Return it as its host would write it."""
        return Draft(
            place=self.place,
            starts=self.settled.starts,
            rule=self.settled.rule,
            spot=self.spot,
            kind=Kind(self.kind),
            title=self.title,
            ages=self.ages,
            duration=self.duration,
            note=self.note or None,
        )


@dataclass(frozen=True, slots=True)
class Known:
    """An event that is a meetup already: `own` and `changed` as `changes` returns them, and the dates that change."""

    row: CalendarEvent
    planned: Planned
    own: set[str]
    changed: set[str]
    dates: tuple[DateChange, ...]
    # What it was is over: what it has become is posted anew.
    anew: bool

    @property
    def differs(self) -> bool:
        """Return whether it says something else than before."""
        return bool(self.changed or self.dates)

    @property
    def draft(self) -> Draft:
        """Return the meetup as it will be: what is its host's own from her, the rest from the calendar."""
        now, then = draft_of(self.row.meetup, self.row.meetup.starts), self.planned.draft()
        if self.anew:
            return then
        taken = self.changed - {WHEN} | ({"starts", "rule"} if WHEN in self.changed else set())
        return replace(now, **{name: getattr(then, name) for name in taken})

    def words(self, now: datetime) -> list[str]:
        """Return what changes at `now` (aware), a line each: "Title: Story hour, not Story time"."""
        meetup, after = self.row.meetup, self.draft
        here = to_local(now, meetup.zone)
        left = rule_left(meetup, max(meetup.starts, here))
        whens = rule_words(left, meetup.starts), rule_words(after.rule, after.starts)
        lines = [f"When: {whens[1]}, not {whens[0]}"] if WHEN in self.changed and whens[0] != whens[1] else []
        lines += changed_words(draft_of(meetup, meetup.starts), after)
        lines += [_date_words(was, instead, here) for was, instead in self.dates]
        return lines or [f"When: from {when_words(after.starts, here.date())} on"]


def _date_words(was: datetime, instead: datetime | None, here: datetime) -> str:
    day = when_words(was, here.date())
    if instead == was:
        return f"On after all: {day}"
    return f"Moved: {day}, to {when_words(instead, here.date())}" if instead else f"Off: {day}"


def _digest(value: object) -> str:
    return hashlib.sha256(str(value).encode()).hexdigest()[:16]


def _digests(of: Planned | Meetup) -> dict[str, str]:
    fields = {
        "title": of.title,
        "note": of.note or "",
        "spot": of.spot,
        "place": of.place.public_id,
        "kind": str(of.kind),
        "ages": of.welcome if isinstance(of, Meetup) else of.ages,
        "duration": of.duration,
    }
    return {name: _digest(value) for name, value in fields.items()}


def held(meetup: Meetup) -> dict[str, str]:
    """Return each field of a meetup as it is now, likewise."""
    return _digests(meetup) | {WHEN: _digest(f"{meetup.starts.isoformat()} {meetup.zone} {meetup.rule}")}


def changes(row: CalendarEvent, planned: Planned, *, split: bool) -> tuple[set[str], set[str]]:
    """Return the fields that are the host's own by now, and those that the calendar has changed since.

    What she has put right once stays hers; a series that she has split is hers in all but which days are off.
    """
    if split:
        return set(held(row.meetup)), set()
    wrote = row.read | {WHEN: row.read[HELD]}
    own = {name for name, digest in held(row.meetup).items() if digest != wrote[name]} | set(row.corrected)
    return own, {name for name, digest in planned.digests().items() if digest != row.read[name]} - own


def compare(row: CalendarEvent, planned: Planned, standing: Standing, now: datetime) -> Known:
    """Return what taking an event would change in its meetup; one that its host has cancelled stays so."""
    if row.meetup.cancelled_at:
        return Known(row, planned, set(row.corrected), set(), (), anew=False)
    root = root_of(row.meetup)
    split = root in standing.split
    own, changed = changes(row, planned, split=split)
    retimed = WHEN in changed
    dates = tuple(_dates(row, planned.settled, standing, now, retimed)) if split or WHEN not in own else ()
    return Known(row, planned, own, changed, dates, anew=retimed and root not in standing.coming)


def _dates(
    row: CalendarEvent, settled: Settled, standing: Standing, now: datetime, retimed: bool
) -> Iterator[DateChange]:
    here = to_local(now, row.meetup.zone)
    for was, instead in settled.changes:
        date = standing.dates.get((root_of(row.meetup), was))
        if was <= here or (date and date.off):
            continue
        if retimed:
            # The dates are made anew, and everything that differs is done again.
            news = bool(expand(settled.rule, settled.starts, was, was + A_MINUTE))
        elif date:
            done = row.exceptions.get(was.isoformat()) == [_iso(instead), True]
            news = not done and date.starts_at > now and to_local(date.starts_at, row.meetup.zone) != instead
        else:
            news = is_news(row, was, instead)
        if news:
            yield was, instead
    if not retimed:
        yield from ((was, was) for was in on_after_all(row, settled))


def is_news(row: CalendarEvent, was: datetime, instead: datetime | None) -> bool:
    """Return whether a change of a date that is not there yet, 26 weeks ahead, is not kept in mind already."""
    return row.exceptions.get(was.isoformat(), [""])[0] != _iso(instead) and _is_ahead(row.meetup, was)


def on_after_all(row: CalendarEvent, settled: Settled) -> list[datetime]:
    """Return the dates far ahead that the file changed when it was read last, and no longer does."""
    still = {was.isoformat() for was, _ in settled.changes}
    dropped = (
        datetime.fromisoformat(was) for was, (_, done) in row.exceptions.items() if not done and was not in still
    )
    return [was for was in dropped if _is_ahead(row.meetup, was)]


def _is_ahead(meetup: Meetup, was: datetime) -> bool:
    return meetup.rolled_to is not None and was >= meetup.rolled_to and gives(meetup, was)


def _iso(instead: datetime | None) -> str | None:
    return instead.isoformat() if instead else None
