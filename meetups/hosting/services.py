"""Asking whether a date is still on, and who stands in where its host does not say."""

from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import select

from meetups.accounts import limits
from meetups.accounts.models import Member
from meetups.domain.errors import Problem
from meetups.domain.hosting import Next, asked_at, is_yes, next_step, pick
from meetups.events import welcome
from meetups.events.dates import lock_date
from meetups.events.hosts import acts_as_host
from meetups.events.models import Occurrence
from meetups.extensions import db
from meetups.hosting import helpers, queries
from meetups.hosting.models import BatonAsk
from meetups.hosting.states import is_open, may_take, said_yes
from meetups.mail.outbox import enqueue
from meetups.rsvps import queries as rsvps

# The host is asked no longer before the start than this (reminders.services.HOST_AHEAD).
AHEAD = timedelta(hours=30)
# Each turn writes to the host and to all who come.
TURNS_AN_HOUR, HOUR = 4, timedelta(hours=1)
CLOSED = "This date has begun or is cancelled."


def see_who_welcomes(now: datetime, limit: int = 200) -> int:
    """Ask a regular where a host is silent, and tell those coming where nobody has said yes; return for how many dates
    that was done. Beyond `limit` it waits for the next round."""
    helpers.end_blocked()
    for row in queries.deserted(now, AHEAD, limit):
        # Who has left her post is not asked for it again: neither those coming nor the host could trust a third turn.
        queries.forget_asked(row)
        _lose(row, now)
    held = queries.held(_due(now))
    # What is so now that nobody else changes them.
    due = _due(now) if held else {}
    done = (_look_after(row, due.get(row.id), now) for row in held)
    # Where nobody can be asked, that stays due: it must not be in the way of what comes after.
    return sum(islice(filter(None, done), limit))


def _due(now: datetime) -> dict[int, Next]:
    steps = {row.id: _next(row, now) for row in queries.silent_soon(now, AHEAD)}
    return {date_id: step for date_id, step in steps.items() if step != Next.WAIT}


def _next(row: queries.Silent, now: datetime) -> Next:
    # One that was moved is asked about anew.
    if row.asked_at < asked_at(row.starts_at, row.zone) or is_yes(row.confirmed_at, row.starts_at, row.zone):
        return Next.WAIT
    return next_step(row.asked_at, row.starts_at, row.zone, now, regular_asked=row.regular_asked)


def _lose(row: Occurrence, now: datetime) -> None:
    # Whatever else she hears of who cannot come.
    queue("baton_lost", row, row.meetup.host, now, stamp=row.revision)
    welcome.leave_open(row, now)


def _look_after(row: Occurrence, step: Next | None, now: datetime) -> bool:
    if step == Next.TELL:
        welcome.leave_open(row, now)
        return True
    return step == Next.ASK_REGULAR and _ask_regular(row, now)


def _ask_regular(row: Occurrence, now: datetime) -> bool:
    chosen = pick(queries.regulars(row, now), now)
    member = db.session.get(Member, chosen) if chosen else None
    if member:
        _note_asked(row, member, now)
        queue("baton", row, member, now, stamp=row.starts_at.isoformat())
    return member is not None


def _note_asked(row: Occurrence, member: Member, now: datetime) -> None:
    known = select(BatonAsk).where(BatonAsk.occurrence_id == row.id, BatonAsk.member_id == member.id)
    ask = db.session.scalar(known)
    if ask is None:
        ask = BatonAsk(occurrence_id=row.id, member_id=member.id)
        db.session.add(ask)
    ask.asked_at = now
    db.session.flush()


def queue(template: str, row: Occurrence, member: Member, now: datetime, stamp: object) -> None:
    """Queue a mail about a date's hosting to a member, once for each stamp, and not once the date has begun."""
    enqueue(
        template,
        member.email,
        {"uid": row.uid, "member": member.id},
        dedupe_key=f"{template}:{row.id}:{member.id}:{stamp}",
        due=now,
        now=now,
        not_after=row.starts_at,
    )


def still_on(row: Occurrence, member: Member, spot: str | None, now: datetime) -> None:
    """Note a host's yes to a date; a co-host who says it is the one to find, by her own words `spot` or else by the
    host's. The same again changes nothing. Raises Problem where it is not hers to say."""
    lock_date(row)
    if not acts_as_host(row.meetup, member) or not is_open(row, now):
        raise Problem(CLOSED)
    if said_yes(row) and row.who is None:
        return
    if member.id == row.meetup.host_id:
        welcome.confirm(row, now)
    else:
        _stand_in(row, member, spot, now)


def take_baton(row: Occurrence, member: Member, spot: str | None, now: datetime) -> None:
    """Make a regular the one to find on a date, and tell its host. Raises Problem where she is not needed."""
    lock_date(row)
    if not may_take(row, member, now):
        raise Problem("Somebody is there already. Thank you all the same.")
    _stand_in(row, member, spot, now)


def _stand_in(row: Occurrence, member: Member, spot: str | None, now: datetime) -> None:
    news = row.held_by_id != member.id
    if news:
        _count(row, now)
    welcome.stand_in(row, member, spot, now)
    own = rsvps.afresh(row, member)
    if own:
        # She knows that it is she.
        own.hear(own.stands, now)
    if news:
        queue("baton_taken", row, row.meetup.host, now, stamp=row.revision)


def _count(row: Occurrence, now: datetime) -> None:
    if not limits.allow(f"stand-in:{row.id}", TURNS_AN_HOUR, HOUR, now):
        raise Problem("Who stands in has changed four times within the hour, and all were told. Wait a little.")
