"""Who comes to what in the demo town: families whose children fit, never in two places at once."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import joinedload

from meetups.accounts.models import Kid, Member
from meetups.domain.ages import band_at
from meetups.domain.capacity import Answer, decide
from meetups.events.models import Change, Meetup, Occurrence
from meetups.extensions import db
from meetups.mail.models import OutboxMail
from meetups.rsvps import services
from meetups.rsvps.models import Rsvp

# Answers exist for the dates of these spans; further ahead few people know what they will do.
BEFORE, AHEAD = timedelta(weeks=4), timedelta(weeks=2)
SOON = timedelta(days=8)
# One in so many says maybe, or cannot, or brings another grown-up.
MAYBE_IN, CANNOT_IN, PAIR_IN = 9, 11, 8
# Nobody answered in the last two hours: what hosts changed lately was changed after.
QUIET = timedelta(hours=2)

Busy = dict[int, list[tuple[datetime, datetime]]]


def fill(wanted: Sequence[tuple[Meetup, int]], members: Sequence[Member], now: datetime, chance: random.Random) -> None:
    """Let about so many families answer each date of each meetup from four weeks ago to two weeks ahead."""
    wants = {meetup.id: want for meetup, want in wanted}
    # The first-timer has not answered anything yet: that is hers to do.
    guests = [member for member in members if member.demo_role != "first-timer"]
    favourites = {meetup.id: chance.sample(guests, len(guests)) for meetup, _ in wanted}
    rows = _dates(now)
    busy = _hosting(rows)
    for row in rows:
        want = wants[row.meetup_id] if row.starts_at < now + SOON else wants[row.meetup_id] // 2
        for member in _guests(row, favourites[row.meetup_id], busy, want):
            busy.setdefault(member.id, []).append((row.starts_at, row.ends_at))
            _answer(row, member, now, chance)
    db.session.flush()


def _dates(now: datetime) -> list[Occurrence]:
    query = (
        select(Occurrence)
        .where(Occurrence.starts_at.between(now - BEFORE, now + AHEAD))
        .options(joinedload(Occurrence.meetup).joinedload(Meetup.host))
        # Row ids differ between databases; titles do not.
        .join(Occurrence.meetup)
        .order_by(Occurrence.starts_at, Meetup.title)
    )
    return list(db.session.scalars(query))


def _hosting(rows: Sequence[Occurrence]) -> Busy:
    busy: Busy = {}
    for row in rows:
        busy.setdefault(row.meetup.host_id, []).append((row.starts_at, row.ends_at))
    return busy


def _guests(row: Occurrence, favourites: Sequence[Member], busy: Busy, want: int) -> list[Member]:
    free = [member for member in favourites if _free(row, busy.get(member.id, ()))]
    # The regular goes wherever her children fit; families without a fitting child come last.
    ranked = sorted(free, key=lambda member: (not _fitting(row, member), member.demo_role != "regular"))
    return ranked[:want]


def _free(row: Occurrence, taken: Sequence[tuple[datetime, datetime]]) -> bool:
    return all(row.ends_at <= starts or ends <= row.starts_at for starts, ends in taken)


def _fitting(row: Occurrence, member: Member) -> list[Kid]:
    day = row.starts_at.date()
    return [kid for kid in member.kids if band_at(kid.month, day) & row.ages]


def _answer(row: Occurrence, member: Member, now: datetime, chance: random.Random) -> None:
    wanted = Answer.GOING
    if chance.randrange(MAYBE_IN) == 0:
        wanted = Answer.MAYBE
    elif chance.randrange(CANNOT_IN) == 0:
        wanted = Answer.NOT_GOING
    kids = _fitting(row, member) or list(member.kids)
    adults = 2 if chance.randrange(PAIR_IN) == 0 else 1
    at = _when(row, now, chance)
    if row.starts_at > now:
        services.answer(row, member, wanted, kids, adults, at)
    else:
        _recorded(row, member, wanted, kids, adults, at)


def _when(row: Occurrence, now: datetime, chance: random.Random) -> datetime:
    usual = row.starts_at - timedelta(minutes=chance.randint(3 * 60, 6 * 24 * 60))
    latest = now - QUIET - timedelta(minutes=chance.randint(0, 24 * 60))
    return max(min(usual, latest), row.meetup.created_at + timedelta(minutes=chance.randint(5, 60)))


def _recorded(row: Occurrence, member: Member, wanted: Answer, kids: list[Kid], adults: int, at: datetime) -> None:
    """Write an answer to a date that is over, as `rsvps.services.answer` left it then, its mails long sent."""
    answer, delta = decide(wanted, None, row.capacity, row.taken)
    row.taken += delta
    waiting = at if answer == Answer.WAITING else None
    rsvp = Rsvp(
        occurrence=row, member=member, answer=answer, adults=adults, waiting_since=waiting, created_at=at,
        changed_at=at, planned_at=at, kids=kids,
    )  # fmt: skip
    db.session.add(rsvp)


def settle(now: datetime) -> None:
    """Call every mail that the town's past would have sent sent: nothing is owed but the reminders of who looks round.

    The worker plans those reminders as it does for everybody: their answers to coming dates stay unplanned.
    """
    db.session.flush()
    db.session.execute(delete(OutboxMail).where(OutboxMail.rcpt.in_(select(Member.email))))
    db.session.execute(update(Change).where(Change.handled_at.is_(None)).values(handled_at=now))
    quiet = select(Member.id).where(Member.demo_role.is_(None))
    owed = update(Rsvp).where(Rsvp.planned_at.is_(None), Rsvp.member_id.in_(quiet))
    db.session.execute(owed.values(planned_at=now), execution_options={"synchronize_session": False})
    db.session.expire_all()
