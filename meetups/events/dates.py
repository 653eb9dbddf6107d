"""The rows of a meetup's dates: how they are made, changed and cancelled, and the facts that are left of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from meetups.columns import id_beside
from meetups.domain.ages import Welcome, bands_on
from meetups.domain.errors import Problem
from meetups.domain.recurrence import Rule, expand, first_start, last_start, parse_rule, stored
from meetups.domain.zones import in_gap, to_local, to_utc
from meetups.events import queries
from meetups.events.models import Change, ChangeKind, Kind, Meetup, Occurrence, RainPlan, Visibility
from meetups.extensions import db, lock_row
from meetups.places.models import Place

AHEAD = timedelta(weeks=26)
A_MINUTE = timedelta(minutes=1)
# A change can be undone this long, and several within it make one mail. Nobody waits for it who would set out.
TELL_AFTER, TELL_AT_ONCE = timedelta(minutes=10), timedelta(hours=2)
TELL_APART = timedelta(minutes=5)
IN_GAP = "The clocks jump over that time. Choose another."
PAST = "That time is over. Choose one to come."
# Every date costs a row in the end, and nobody knows when the baby sleeps in three years.
FARTHEST = timedelta(days=2 * 366)
# What a date has from its meetup: as `own` names it, and the attribute of both that holds it.
COPIED = {"place": "place", "kind": "kind", "ages": "welcome", "capacity": "capacity"}
TOO_FAR = "Choose a date within the next two years."


@dataclass(frozen=True, slots=True)
class Draft:
    """A meetup as its host wrote it. `starts` is wall clock at the place, `duration` minutes, `capacity` families."""

    place: Place
    starts: datetime
    rule: Rule | None
    spot: str
    kind: Kind
    title: str
    ages: Welcome
    duration: int = 90
    capacity: int | None = None
    note: str | None = None
    visibility: Visibility = Visibility.PUBLIC
    rain_plan: RainPlan | None = None
    rain_place: Place | None = None
    rain_spot: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """When (on the wall and in UTC), where, how many minutes and at what sign a date is."""

    starts: datetime
    starts_at: datetime
    place_id: int
    minutes: int
    spot: str


def check_reach(starts: datetime, rule: Rule | None, now: datetime) -> None:
    """Raise Problem for a wall-clock start, or for an end of the rule, that is years away from now."""
    ahead = starts.date() - now.date()
    if abs(ahead) > FARTHEST:
        raise Problem(TOO_FAR if ahead > FARTHEST else PAST, "date")
    if rule and rule.until and rule.until - now.date() > FARTHEST:
        raise Problem(TOO_FAR, "until")


def check_wall(starts: datetime, zone_name: str, now: datetime) -> None:
    """Raise Problem for a wall-clock start in a zone that is over or that the clocks skip."""
    if in_gap(starts, zone_name):
        raise Problem(IN_GAP, "time")
    if to_utc(starts, zone_name) <= now:
        raise Problem(PAST, "date")


def check_start(draft: Draft, now: datetime) -> datetime:
    """Return the wall-clock start of the first date; raise Problem where it cannot be."""
    return check_time(draft.rule, draft.starts, draft.place.zone, now)


def check_time(rule: Rule | None, starts: datetime, zone_name: str, now: datetime) -> datetime:
    """Return the first wall-clock start of a rule in a zone; raise Problem where it cannot be."""
    check_reach(starts, rule, now)
    first = first_start(rule, starts)
    check_wall(first, zone_name, now)
    return first


def fields_of(draft: Draft, starts: datetime, now: datetime) -> dict[str, Any]:
    """Return a draft as the columns of a meetup that starts at a wall-clock time."""
    return {
        "place_id": draft.place.id,
        "place": draft.place,
        "zone": draft.place.zone,
        "starts": starts,
        "rule": stored(draft.rule) if draft.rule else None,
        "kind": draft.kind,
        "visibility": draft.visibility,
        "title": draft.title,
        "note": draft.note,
        "spot": draft.spot,
        "duration": draft.duration,
        "welcome": draft.ages,
        "capacity": draft.capacity,
        "rain_plan": draft.rain_plan,
        "rain_place": draft.rain_place,
        "rain_place_id": draft.rain_place.id if draft.rain_place else None,
        "rain_spot": draft.rain_spot,
        "changed_at": now,
    }


def rule_of(meetup: Meetup) -> Rule | None:
    """Return a meetup's rule."""
    return parse_rule(meetup.rule) if meetup.rule else None


def materialise(meetup: Meetup, after: datetime, now: datetime) -> list[Occurrence]:
    """Add the rows of the dates from local `after` to the horizon, and note how far they reach."""
    horizon = horizon_of(meetup, now)
    rows = [new_date(meetup, starts) for starts in expand(rule_of(meetup), meetup.starts, after, horizon)]
    db.session.add_all(rows)
    note_horizon(meetup, horizon)
    return rows


def series_of(meetup: Meetup) -> list[Meetup]:
    """Return all parts of a meetup's series, the first part first; of most meetups, itself."""
    root = meetup.series_id or meetup.id
    parts = select(Meetup).where(or_(Meetup.id == root, Meetup.series_id == root))
    return list(db.session.scalars(parts.order_by(Meetup.id)))


def lock(meetup: Meetup) -> None:
    """Keep the worker and other requests from changing a meetup until this transaction ends."""
    lock_row(Meetup, meetup.id)


def lock_series(meetup: Meetup) -> None:
    """Keep other edits of a series waiting; what was read before is read anew, for one of them may have changed it."""
    lock_row(Meetup, meetup.series_id or meetup.id)
    db.session.expire_all()


def lock_date(row: Occurrence) -> None:
    """Keep others from changing a date or its series, and read it afresh: for whoever changes one and then the other.

    In the order in which edits lock: two of these at once wait for each other in turn, and never both.
    """
    lock_series(row.meetup)
    lock(row.meetup)
    lock_row(Occurrence, row.id)


def horizon_of(meetup: Meetup, now: datetime) -> datetime:
    """Return the wall-clock time up to which dates exist as rows."""
    # A first date may lie beyond the 26 weeks; it exists all the same.
    return max(to_local(now + AHEAD, meetup.zone), meetup.starts + timedelta(minutes=1))


def note_horizon(meetup: Meetup, horizon: datetime) -> None:
    """Keep how far the rows reach; nothing where the rule has ended before."""
    last = last_start(rule_of(meetup), meetup.starts)
    meetup.rolled_to = None if last is not None and last < horizon else horizon
    db.session.flush()


def new_date(meetup: Meetup, starts: datetime) -> Occurrence:
    """Return the row of one date, not yet added."""
    uid = id_beside(meetup.public_id)
    row = Occurrence(meetup_id=meetup.id, recurrence_id=starts, uid=uid, taken=0, own=[], revision=0)
    row.meetup = meetup
    put_at(row, starts, meetup.duration)
    copy_fields(row, meetup)
    return row


def put_at(row: Occurrence, starts: datetime, duration: int) -> None:
    """Put a date at a wall-clock start for a duration in minutes."""
    row.starts_at = to_utc(starts, row.meetup.zone)
    row.ends_at = row.starts_at + timedelta(minutes=duration)
    grow(row)


def length_of(row: Occurrence) -> int:
    """Return how many minutes a date takes."""
    return int((row.ends_at - row.starts_at).total_seconds() // 60)


def usual_length(row: Occurrence) -> int:
    """Return how many minutes a date is to take: its own, or its meetup's."""
    return length_of(row) if "duration" in row.own else row.meetup.duration


def gives(meetup: Meetup, at: datetime) -> bool:
    """Return whether a meetup's rule gives a date at a wall-clock time."""
    return bool(expand(rule_of(meetup), meetup.starts, at, at + A_MINUTE))


def copy_fields(row: Occurrence, meetup: Meetup) -> None:
    """Copy to a date what it has from its meetup (place, kind, ages, capacity), except what is its own."""
    for name, field in COPIED.items():
        if name not in row.own:
            setattr(row, field, getattr(meetup, field))
    put_in_cells(row)
    grow(row)


def grow(row: Occurrence) -> None:
    """Give a date the ages of its group on its day, where it is one that grows: by them searches find it."""
    if row.born:
        row.ages = int(bands_on(row.welcome, row.day))


def put_in_cells(row: Occurrence) -> None:
    """Put a date into the cells of its place, where searches find it."""
    row.cell6, row.cell7, row.cell8 = row.place.cell6, row.place.cell7, row.place.cell8


def out_of_the_way(rows: Iterable[Occurrence]) -> None:
    """Give dates recurrence ids that no rule gives, before they get new ones: in a meetup each is unique."""
    for number, row in enumerate(rows):
        row.recurrence_id = datetime(1, 1, 1) + timedelta(minutes=number)
    db.session.flush()


def touch(meetup: Meetup, now: datetime) -> None:
    """Note a change of a series or of one of its dates, as calendars notice it (RFC 5545 SEQUENCE)."""
    meetup.sequence += 1
    meetup.changed_at = now


def moved(row: Occurrence, now: datetime, was: Facts) -> None:
    """Note that a date stands otherwise than it `was`, and leave the fact of that. On another day nobody has said yet
    who welcomes: what was said of the old one is forgotten."""
    row.revision += 1
    if to_local(row.starts_at, row.meetup.zone).date() != was.starts.date():
        row.put_who(None)
    tell(row, ChangeKind.MOVED, now, was)


def tell(row: Occurrence, kind: ChangeKind, now: datetime, was: Facts | None = None) -> None:
    """Leave the fact of a change for those who come: they are told in ten minutes, at once where it begins soon; but
    not again within five minutes, whatever their host does."""
    soon = min(was.starts_at if was else row.starts_at, row.starts_at) - now < TELL_AT_ONCE
    due = soonest(row, now) if soon else now + TELL_AFTER
    db.session.add(Change(occurrence_id=row.id, kind=kind, created_at=now, due=due))


def soonest(row: Occurrence, now: datetime) -> datetime:
    """Return when those who come may be told of a change at the earliest (UTC): now, or five minutes after the last."""
    last = db.session.scalar(select(func.max(Change.handled_at)).where(Change.occurrence_id == row.id))
    return max(now, last + TELL_APART) if last else now


def facts_of(row: Occurrence) -> Facts:
    """Return what is news to those who come where it differs afterwards."""
    return Facts(to_local(row.starts_at, row.meetup.zone), row.starts_at, row.place.id, length_of(row), row.spot)


def refuse_closed(row: Occurrence, now: datetime) -> None:
    """Raise Problem for a date that is cancelled or has begun."""
    if row.cancelled_at:
        raise Problem("This date is cancelled already")
    if row.starts_at <= now:
        raise Problem("This date has begun")


def cancel_row(row: Occurrence, reason: str | None, now: datetime) -> None:
    """Cancel one date and leave the fact of it."""
    row.cancelled_at, row.cancel_reason = now, reason or None
    row.revision += 1
    tell(row, ChangeKind.CANCELLED, now)


def coming_dates(meetup: Meetup, now: datetime) -> list[Occurrence]:
    """Return the dates that have not begun, cancelled ones among them."""
    return [row for row in queries.all_dates(meetup) if row.starts_at > now]
