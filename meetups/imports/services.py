"""Taking a calendar's events: posting, changing and cancelling meetups as their calendar does."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from meetups.accounts.models import Member
from meetups.domain.errors import Problem
from meetups.domain.text import search_key
from meetups.domain.zones import to_local
from meetups.events.beginnings import begins
from meetups.events.dates import Draft, check_start, coming_dates, fields_of, lock, materialise, series_of
from meetups.events.editing import edit, next_instance, rule_left
from meetups.events.models import Kind, Meetup, Visibility
from meetups.events.services import cancel_date, cancel_series, move_date
from meetups.events.shown import calendar_name
from meetups.extensions import db
from meetups.imports import queries
from meetups.imports.comparing import HELD, WHEN, Known, Planned, changes, held, is_news, on_after_all
from meetups.imports.models import Calendar, CalendarEvent
from meetups.imports.planning import counted, plan
from meetups.imports.records import File, Refused
from meetups.imports.settling import Settled

READ_EVERY = timedelta(hours=6)
LOOK_EVERY = timedelta(days=1)
UPLOAD_KEPT = timedelta(days=1)
MOST_REFUSED, MOST_CALENDARS = 200, 10


@dataclass(slots=True)
class Report:
    """What reading a calendar came to, in meetups."""

    new: int = 0
    changed: int = 0
    same: int = 0
    gone: int = 0
    refused: int = 0

    def words(self) -> str:
        """Return "3 new, 1 changed and 2 not taken"."""
        return counted(self.new, self.changed, self.same, self.gone, self.refused)


def add(member: Member, now: datetime, *, name: str, url: str | None = None, **values: object) -> Calendar:
    """Add a calendar, which has brought nothing yet.

    Raises Problem for one that she has already, and beyond MOST_CALENDARS for who is no admin.
    """
    hers = queries.of_member(member)
    if any(search_key(other.name) == search_key(name) or (url and other.url == url) for other in hers):
        raise Problem("You have brought this calendar in already. Read a newer file of it there, or remove it.", "name")
    if not member.admin and len(hers) >= MOST_CALENDARS:
        raise Problem(f"You have {MOST_CALENDARS} calendars already. Remove one first.")
    calendar = Calendar(member_id=member.id, name=name, url=url, created_at=now, failures=0, refused=[], **values)
    calendar.member = member
    db.session.add(calendar)
    db.session.flush()
    return calendar


def take(calendar: Calendar, file: File, now: datetime) -> Report:
    """Bring a calendar's meetups to what its file says; the same file twice changes nothing.

    What its host has put right stays; what is no longer in it is cancelled, unless the file was not read whole.
    """
    queries.locked(calendar.id)
    made, report = plan(calendar, file, now), Report()
    for planned in made.new:
        report.new += _safely(partial(_post, calendar, planned, now), planned, made.refused)
    for known in made.known:
        update = partial(_update, known.row, known.planned, now)
        done = not _stands(known) and _safely(update, known.planned, made.refused)
        report.changed, report.same = report.changed + done, report.same + (not done)
    for known in made.known:
        known.row.missing_since = None
    slipped = [row for row in made.gone if calendar.url and row.missing_since is None]
    for row in made.gone:
        if row in slipped:
            # A slip of theirs would cost everybody's answers: it has to be missing twice.
            row.missing_since = now
            continue
        report.gone += _cancel(row, f"It is no longer in {calendar_name(calendar.name)}.", now)
        # Should it come back, it is posted anew.
        db.session.delete(row)
    report.refused = len(made.refused)
    calendar.refused = [[refused.summary, refused.reason] for refused in made.refused[:MOST_REFUSED]]
    # Next time it is asked for whole, where something is missing.
    calendar.read_at, calendar.whole_at = now, None if slipped else now
    calendar.outcome, calendar.failures = report.words(), 0
    calendar.upload = calendar.uploaded_at = None
    _plan_next(calendar, now)
    return report


def _safely(change: Callable[[], bool], planned: Planned, refused: list[Refused]) -> bool:
    # One event that our own rules refuse takes nothing of the others with it.
    try:
        with db.session.begin_nested():
            return change()
    except Problem as problem:
        refused.append(Refused(planned.title, problem.message, planned.settled.key))
        return False


def _post(calendar: Calendar, planned: Planned, now: datetime) -> bool:
    meetup = _meetup(calendar, planned, now)
    uid, recurrence_id = planned.settled.key
    row = CalendarEvent(
        calendar_id=calendar.id, uid=uid, recurrence_id=recurrence_id, meetup_id=meetup.id, corrected=[], exceptions={}
    )
    row.meetup = meetup
    _except_dates(row, planned.settled, now)
    row.read = planned.digests() | {HELD: held(meetup)[WHEN]}
    db.session.add(row)
    return True


def _meetup(calendar: Calendar, planned: Planned, now: datetime) -> Meetup:
    draft = planned.draft()
    starts = check_start(draft, now)
    meetup = Meetup(
        host_id=calendar.member_id, source=calendar.name, created_at=now, sequence=0, **fields_of(draft, starts, now)
    )
    db.session.add(meetup)
    db.session.flush()
    materialise(meetup, starts, now)
    begins(meetup, now)
    return meetup


def _stands(known: Known) -> bool:
    # Most of a calendar, most of the time: nothing to lock and nothing to write.
    return not known.differs and known.own == set(known.row.corrected)


def _update(row: CalendarEvent, planned: Planned, now: datetime) -> bool:
    """Take over what the calendar has changed since it was read last; return whether anything was."""
    meetup = row.meetup
    if meetup.cancelled_at:
        # Its host has cancelled it here: it stays so.
        return False
    lock(meetup)
    parted = len(series_of(meetup)) > 1
    own, changed = changes(row, planned, split=parted)
    row.corrected = row.corrected if parted else sorted(own)
    if WHEN in changed and not coming_dates(meetup, now):
        # What it was is over, and those who came remember it: what it has become is another meetup.
        row.meetup = _meetup(row.calendar, planned, now)
        row.exceptions, row.corrected = {}, []
    elif changed:
        edit(meetup, _merged(meetup, planned, own, changed, now), now)
    if WHEN in changed:
        row.exceptions = {}
    excepted = (parted or WHEN not in own) and _except_dates(row, planned.settled, now)
    row.read = planned.digests() | {HELD: held(row.meetup)[WHEN]}
    return bool(changed) or excepted


def _merged(meetup: Meetup, planned: Planned, own: set[str], changed: set[str], now: datetime) -> Draft:
    """Return a meetup as the calendar has it, but for what is its host's own."""
    mine = own.__contains__
    if WHEN in changed:
        starts, rule = planned.settled.starts, planned.settled.rule
    else:
        starts = next_instance(meetup, now)
        rule = rule_left(meetup, starts)
    return Draft(
        place=meetup.place if mine("place") else planned.place,
        starts=starts,
        rule=rule,
        spot=meetup.spot if mine("spot") else planned.spot,
        kind=Kind(meetup.kind if mine("kind") else planned.kind),
        title=meetup.title if mine("title") else planned.title,
        ages=meetup.welcome if mine("ages") else planned.ages,
        duration=meetup.duration if mine("duration") else planned.duration,
        capacity=meetup.capacity,
        note=meetup.note if mine("note") else planned.note or None,
        visibility=Visibility(meetup.visibility),
    )


def _except_dates(row: CalendarEvent, settled: Settled, now: datetime) -> bool:
    """Cancel and move the dates that differ from their series; return whether anything was done or is news.

    A date that is not there yet, 26 weeks ahead, is kept in mind. What is done is not done twice, so that a date
    which its host moves afterwards stays where she put it.
    """
    here, done = to_local(now, row.meetup.zone), bool(on_after_all(row, settled))
    known, kept = row.exceptions, dict[str, list[Any]]()
    for was, instead in settled.changes:
        if was <= here:
            continue
        wanted = instead.isoformat() if instead else None
        before = known.get(was.isoformat())
        if before is None or before != [wanted, True]:
            acted = _except_date(row.meetup, was, instead, now)
            done, before = done or acted or is_news(row, was, instead), [wanted, acted]
        kept[was.isoformat()] = before
    row.exceptions = kept
    return done


def _except_date(meetup: Meetup, was: datetime, instead: datetime | None, now: datetime) -> bool:
    date = queries.date_of(meetup, was)
    if date is None or date.cancelled_at or (instead and to_local(date.starts_at, meetup.zone) == instead):
        return False
    with suppress(Problem):
        if instead is None:
            cancel_date(date, f"Not on this day, says {calendar_name(meetup.source or '')}.", now)
        else:
            move_date(date, instead, now)
        return True
    return False


def except_late_dates(calendar: Calendar, now: datetime) -> None:
    """Do what a file said of dates that were too far ahead when it was read."""
    for row in queries.events_of(calendar).values():
        if row.exceptions and not row.meetup.cancelled_at:
            row.exceptions = {was: _late(row, was, said, now) for was, said in row.exceptions.items()}
    _plan_next(calendar, now)


def _late(row: CalendarEvent, was: str, said: list[Any], now: datetime) -> list[Any]:
    wanted, done = said
    instead = datetime.fromisoformat(wanted) if wanted else None
    return [wanted, done or _except_date(row.meetup, datetime.fromisoformat(was), instead, now)]


def _plan_next(calendar: Calendar, now: datetime) -> None:
    waiting = any(not done for row in queries.events_of(calendar).values() for _, done in row.exceptions.values())
    calendar.next_read = now + READ_EVERY if calendar.url else now + LOOK_EVERY if waiting else None


def _cancel(row: CalendarEvent, reason: str, now: datetime) -> bool:
    # What is over, or was cancelled by its host, is left as it is.
    with suppress(Problem):
        cancel_series(row.meetup, reason, now)
        return True
    return False


def remove(calendar: Calendar, now: datetime) -> int:
    """End a calendar and cancel what it brought and is still to come; return how many meetups that was."""
    queries.locked(calendar.id)
    reason = f"{calendar_name(calendar.name, first=True)} is no longer shown here."
    rows = queries.events_of(calendar).values()
    cancelled = sum(_cancel(row, reason, now) for row in rows)
    for row in rows:
        db.session.delete(row)
    db.session.flush()
    db.session.delete(calendar)
    return cancelled
