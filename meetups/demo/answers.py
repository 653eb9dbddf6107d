"""Who comes to what in the demo town: families whose children fit, never in two places at once."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import joinedload

from meetups.accounts.models import Kid, Member
from meetups.domain.ages import fits
from meetups.domain.capacity import Answer, decide
from meetups.events.beginnings import Beginning
from meetups.events.models import Change, Meetup, Occurrence
from meetups.extensions import db
from meetups.mail.models import OutboxMail
from meetups.rsvps import services
from meetups.rsvps.models import Rsvp

# Answers exist for the dates of these spans; further ahead few people know what they will do.
BEFORE, AHEAD = timedelta(weeks=4), timedelta(weeks=2)
SOON = timedelta(days=8)
# One in so many says maybe, or cannot, or brings another grown-up.
MAYBE_IN, CANNOT_IN = 9, 11
# Nobody answered in the last two hours: what hosts changed lately was changed after.
QUIET = timedelta(hours=2)

Busy = dict[int, list[tuple[datetime, datetime]]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many families want to come to a meetup, and whether the regular answers "first", "last", or never ("")."""

    meetup: Meetup
    families: int
    regular: str


def fill(wanted: Sequence[Wanted], members: Sequence[Member], now: datetime, chance: random.Random) -> None:
    """Let families answer each date of each meetup from four weeks ago to two weeks ahead."""
    # The first-timer has not answered anything yet: that is hers to do.
    guests = [member for member in members if member.demo_role not in ("first-timer", "regular")]
    regular = next(member for member in members if member.demo_role == "regular")
    by_meetup = {want.meetup.id: (want, chance.sample(guests, len(guests))) for want in wanted}
    rows = _dates(list(by_meetup), now)
    busy = _hosting(rows)
    for row in rows:
        want, favourites = by_meetup[row.meetup_id]
        families = want.families if row.starts_at < now + SOON else want.families // 2
        found = _guests(row, favourites, busy, families)
        if want.regular and _free(row, busy.get(regular.id, ())):
            found.insert(0 if want.regular == "first" else len(found), regular)
        for member in found:
            busy.setdefault(member.id, []).append((row.starts_at, row.ends_at))
            _answer(row, member, now, chance)
    db.session.flush()


def _dates(meetup_ids: Sequence[int], now: datetime) -> list[Occurrence]:
    query = (
        select(Occurrence)
        .where(Occurrence.meetup_id.in_(meetup_ids), Occurrence.starts_at.between(now - BEFORE, now + AHEAD))
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
    # Families without a child that fits come last.
    return sorted(free, key=lambda member: not _fitting(row, member))[:want]


def _free(row: Occurrence, taken: Sequence[tuple[datetime, datetime]]) -> bool:
    return all(row.ends_at <= starts or ends <= row.starts_at for starts, ends in taken)


def _fitting(row: Occurrence, member: Member) -> list[Kid]:
    return [kid for kid in member.kids if fits(kid.month, row.day, row.welcome)]


def _answer(row: Occurrence, member: Member, now: datetime, chance: random.Random) -> None:
    wanted = Answer.GOING
    if chance.randrange(MAYBE_IN) == 0:
        wanted = Answer.MAYBE
    elif chance.randrange(CANNOT_IN) == 0:
        wanted = Answer.NOT_GOING
    kids = _fitting(row, member) or list(member.kids)
    at = _when(row, now, chance)
    if row.starts_at > now:
        services.answer(row, member, wanted, kids, at)
    else:
        _recorded(row, member, wanted, kids, at)


def _when(row: Occurrence, now: datetime, chance: random.Random) -> datetime:
    usual = row.starts_at - timedelta(minutes=chance.randint(3 * 60, 6 * 24 * 60))
    latest = now - QUIET - timedelta(minutes=chance.randint(0, 24 * 60))
    return max(min(usual, latest), row.meetup.created_at + timedelta(minutes=chance.randint(5, 60)))


def _recorded(row: Occurrence, member: Member, wanted: Answer, kids: list[Kid], at: datetime) -> None:
    """Write an answer to a date that is over, as `rsvps.services.answer` left it then, its mails long sent."""
    answer, delta = decide(wanted, None, row.capacity, row.taken)
    row.taken += delta
    waiting = at if answer == Answer.WAITING else None
    rsvp = Rsvp(
        occurrence=row, member=member, answer=answer, waiting_since=waiting, created_at=at,
        changed_at=at, planned_at=at, kids=kids,
    )  # fmt: skip
    rsvp.answered(at)
    db.session.add(rsvp)


def settle(members: Sequence[Member], now: datetime) -> None:
    """Call every mail that the town's past would have sent sent: nothing is owed but the reminders of who looks round.

    The worker plans those reminders as it does for everybody: their answers to coming dates stay unplanned.
    """
    db.session.flush()
    ids = [member.id for member in members]
    hosted = select(Occurrence.id).join(Occurrence.meetup).where(Meetup.host_id.in_(ids))
    quiet = [member.id for member in members if member.demo_role is None]
    for done in (
        delete(OutboxMail).where(OutboxMail.rcpt.in_([member.email for member in members])),
        delete(Beginning).where(Beginning.meetup_id.in_(select(Meetup.id).where(Meetup.host_id.in_(ids)))),
        update(Change).where(Change.occurrence_id.in_(hosted)).values(handled_at=now),
        update(Rsvp).where(Rsvp.answer == "going").values(told_in=True),
        update(Rsvp).where(Rsvp.planned_at.is_(None), Rsvp.member_id.in_(quiet)).values(planned_at=now),
    ):
        db.session.execute(done, execution_options={"synchronize_session": False})
    db.session.expire_all()
