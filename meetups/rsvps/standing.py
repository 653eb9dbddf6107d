"""Coming every time: a standing yes answers each date of a series as it appears, until she says otherwise."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy.exc import IntegrityError

from meetups.accounts.models import Kid, Member
from meetups.domain.capacity import Answer
from meetups.domain.errors import Problem
from meetups.domain.standing import Turn, check_back, has_gone_quiet, in_turn
from meetups.domain.zones import to_local, to_utc
from meetups.events.hosts import root_of
from meetups.events.models import Meetup, Occurrence
from meetups.extensions import db, lock_row
from meetups.mail.outbox import enqueue
from meetups.rsvps import services
from meetups.rsvps import standing_mails as mails
from meetups.rsvps import standing_queries as queries
from meetups.rsvps.models import StandingYes

COMPOSERS = mails  # importing it registers the mails
# Dates appear half a year ahead, or an edit makes them, which can be undone for as long.
LOOK_EVERY = timedelta(minutes=10)
ENDED = "You do not come every time any more. Nothing has changed."


def refusal(meetup: Meetup, member: Member, now: datetime) -> str | None:
    """Return why a member cannot come to a meetup every time; None where she can."""
    if meetup.host_id == member.id:
        return "You host this, so you are counted in"
    if meetup.cancelled_at:
        return "This meetup is cancelled"
    if len(queries.coming(root_of(meetup), now)) < 2:
        return "It takes place only once from now on: answer that date"
    return None


def say(meetup: Meetup, member: Member, kids: Sequence[Kid], now: datetime) -> StandingYes:
    """Let a member come every time with some of her kids, and answer all coming dates that she has not answered.

    Said again it ends a pause. Raises Problem as `refusal` says, and for kids who are not hers.
    """
    if any(kid.member_id != member.id for kid in kids):
        raise Problem("Choose among your own children", "kids")
    row = queries.of(meetup, member) or _new(meetup, member, now)
    row = queries.locked(row.id)
    if row.ended_at:
        why = refusal(meetup, member, now)
        if why:
            raise Problem(why)
        row.since, row.ended_at = now, None
        _tell("standing", row, now)
    row.paused_until, row.kids = None, list(kids)
    _fill([row], now, told=True)
    return row


def _new(meetup: Meetup, member: Member, now: datetime) -> StandingYes:
    # It begins as one that has ended, so that beginning is the same the first time and later.
    row = StandingYes(series_id=root_of(meetup), member_id=member.id, since=now, ended_at=now, look_at=now)
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        # Two taps in the same instant: the other one has said so.
        other = queries.of(meetup, member)
        if other is None:
            raise
        return other
    return row


def pause(row: StandingYes, back: date, now: datetime) -> None:
    """Skip the dates before the day (at the place) on which she is back; raise Problem for one that cannot be, and
    where her other tap has ended it meanwhile."""
    row = queries.locked(row.id)
    if row.ended_at:
        raise Problem(ENDED)
    check_back(back, to_local(now, row.series.zone).date())
    row.paused_until = back
    skipped = [given for given in queries.given(row, now) if _skips(row, given.occurrence)]
    services.take_back(skipped, now, pauses=True)
    _fill([row], now, told=True)


def end(row: StandingYes, now: datetime) -> None:
    """End a standing yes: the answers that it gave to coming dates are taken back, her own stay."""
    if _end(row, now):
        services.take_back(queries.given(row, now), now)


def end_silently(meetup: Meetup, member: Member, now: datetime) -> None:
    """End a member's standing yes to a series that she hosts from now on; its answers go with all that she gave."""
    row = queries.of(meetup, member)
    if row:
        _end(row, now)


def _end(row: StandingYes, now: datetime) -> bool:
    row = queries.locked(row.id)
    ends = row.ended_at is None
    if ends:
        row.ended_at, row.paused_until = now, None
    return ends


def back_on(row: StandingYes | None, occurrence: Occurrence) -> date | None:
    """Return the day on which she is back whose pause a date falls into; None where it falls into none."""
    return row.paused_until if row and _skips(row, occurrence) else None


class Ahead(NamedTuple):
    """The coming dates of a series by what becomes of them for a regular: those that her pause or her own "can't"
    skips, those that her standing yes answers, and those that she has said yes to herself, which no pause takes."""

    skipped: list[Occurrence]
    given: list[Occurrence]
    own: list[Occurrence]


def ahead(row: StandingYes, now: datetime) -> Ahead:
    """Return what a regular's next dates are to her."""
    found, hers = Ahead([], [], []), {one.occurrence_id: one for one in queries.coming_answers(row, now)}
    for occurrence in queries.coming(row.series_id, now):
        one = hers.get(occurrence.id)
        if one and not one.by_standing and one.answer != Answer.NOT_GOING:
            found.own.append(occurrence)
        elif (one and one.answer == Answer.NOT_GOING) or _skips(row, occurrence):
            found.skipped.append(occurrence)
        else:
            found.given.append(occurrence)
    return found


def _skips(row: StandingYes, occurrence: Occurrence) -> bool:
    if row.paused_until is None:
        return False
    return occurrence.starts_at < to_utc(datetime.combine(row.paused_until, time()), occurrence.meetup.zone)


def _fill(regulars: Sequence[StandingYes], now: datetime, *, told: bool = False) -> None:
    """Answer every coming date of a series for those of its regulars who have not, by turn.

    They may be `told` of what is near by a mail or a page of its own.
    """
    dates = queries.coming(regulars[0].series_id, now)
    known = queries.answered(dates, [row.member_id for row in regulars])
    gaps = [(one, [row for row in regulars if (one.id, row.member_id) not in known]) for one in dates]
    gaps = [(one, [row for row in rows if not _skips(row, one)]) for one, rows in gaps]
    # In one order, so that two workers never wait for each other's rows.
    for row_id in sorted(one.id for one, rows in gaps if rows):
        lock_row(Occurrence, row_id)
    for occurrence, rows in gaps:
        for row in _by_turn(rows, occurrence):
            services.answer_for(occurrence, row.member, row.kids, now, told=told)


def _by_turn(rows: Sequence[StandingYes], occurrence: Occurrence) -> list[StandingYes]:
    if len(rows) < 2 or occurrence.capacity is None:
        return list(rows)
    out = queries.left_out(rows[0].series_id, [row.member_id for row in rows])
    turns = [Turn(row.member_id, row.since, _last_before(occurrence, out.get(row.member_id, ()))) for row in rows]
    by_member = {row.member_id: row for row in rows}
    return [by_member[member_id] for member_id in in_turn(turns)]


def _last_before(occurrence: Occurrence, starts: Sequence[datetime]) -> datetime | None:
    return max((start for start in starts if start < occurrence.starts_at), default=None)


def answer_for_regulars(now: datetime, limit: int = 50) -> int:
    """Answer new dates for those who come every time, and end what has gone quiet; return how many series were
    looked at. A worker's step."""
    found = queries.due_series(now, limit)
    for series_id in sorted(found):
        regulars = queries.regulars_of(series_id)
        _look(regulars, now)
    return len(found)


def _look(regulars: Sequence[StandingYes], now: datetime) -> None:
    for row in regulars:
        row.look_at = now + LOOK_EVERY
    if not regulars or queries.just_edited(regulars[0].series_id, now):
        return
    quiet = _gone_quiet(regulars, now)
    for row in quiet:
        _tell("standing_over", row, now)
        end(row, now)
    left = [row for row in regulars if row not in quiet]
    if left:
        _fill(left, now)


def _gone_quiet(regulars: Sequence[StandingYes], now: datetime) -> list[StandingYes]:
    if not queries.just_over(regulars[0].series_id, now):
        return []
    went = queries.history(regulars, now)
    return [row for row in regulars if has_gone_quiet(went.get(row.member_id, ()))]


def _tell(template: str, row: StandingYes, now: datetime) -> None:
    since = row.since.isoformat()
    enqueue(
        template,
        row.member.email,
        {"standing": row.id, "since": since},
        dedupe_key=f"{template}:{row.id}:{since}",
        due=now,
        now=now,
        not_after=now + timedelta(days=7),
    )
