"""My meetups as plain values: the next one large, the rest by date, what I host and who comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import contains_eager, joinedload

from meetups.accounts.models import Member
from meetups.domain.zones import to_local
from meetups.events.hosts import date_open_to, hosted_by
from meetups.events.models import Meetup, Occurrence
from meetups.events.shown import Shown, show
from meetups.extensions import db
from meetups.hosting.shown import Asked, asks
from meetups.pages.asking import Question, lately
from meetups.rsvps.models import Rsvp
from meetups.rsvps.queries import Guest, guests_of, hidden_families
from meetups.rsvps.standing_mails import rule_line
from meetups.rsvps.standing_queries import active_of

# One date of each series she hosts is enough; the series' page has the rest.
HOSTED, ANSWERED = 40, 60
# What she hosts within this comes before what she goes to.
SOON = timedelta(days=3)
SHOWN_ANSWERS = ("going", "maybe", "waiting", "offered")


@dataclass(frozen=True, slots=True)
class Hosted:
    """A date she hosts, with the guests whom she may see."""

    shown: Shown
    guests: list[Guest]
    asked: list[Asked]


@dataclass(frozen=True, slots=True)
class EveryTime:
    """What she comes to every time: its next date, its rule in words, and the day she is back after a pause."""

    shown: Shown
    rule: str | None
    paused: date | None


@dataclass(frozen=True, slots=True)
class Mine:
    """Everything the page shows; of what she hosts, first what begins before `next` does."""

    next: Shown | None
    coming: list[Shown]
    hosting_first: list[Hosted]
    hosting_soon: list[Hosted]
    hosting: list[Hosted]
    every_time: list[EveryTime]
    question: Question | None


def mine(member: Member, now: datetime) -> Mine:
    """Return the coming dates that a member answered or hosts, soonest first."""
    answered = _without_regular(_answered(member, now))
    hidden = hidden_families(member, [row.occurrence for row in answered])
    going = [
        show(
            row.occurrence,
            member,
            now,
            answer=row.answer,
            asked=row.asked_again,
            hidden=hidden.get(row.occurrence_id, 0),
        )
        for row in answered
    ]
    hosting = _hosting(member, now)
    following = next((date for date in going if date.answer == "going" and not date.cancelled), None)
    first = [hosted for hosted in hosting if following and _is_before(hosted.shown, following)]
    soon = [hosted for hosted in hosting if hosted not in first and _is_soon(hosted.shown, now)]
    return Mine(
        next=following,
        coming=[date for date in going if date is not following],
        hosting_first=first,
        hosting_soon=soon,
        hosting=[hosted for hosted in hosting if hosted not in (*first, *soon)],
        every_time=_every_time(member, now),
        question=lately(member, now),
    )


def _is_before(shown: Shown, other: Shown) -> bool:
    return not shown.cancelled and shown.local < other.local


def _is_soon(shown: Shown, now: datetime) -> bool:
    return not shown.cancelled and shown.local - to_local(now, shown.zone) <= SOON


def _every_time(member: Member, now: datetime) -> list[EveryTime]:
    found = []
    for row, following in active_of(member, now):
        today = to_local(now, following.meetup.zone).date()
        paused = row.paused_until if row.paused_until and row.paused_until > today else None
        found.append(EveryTime(show(following, member, now), rule_line(following.meetup), paused))
    return found


def _without_regular(rows: Sequence[Rsvp]) -> list[Rsvp]:
    """Return some answers, the first date first, without those that say no more than that she comes every time."""
    kept: list[Rsvp] = []
    seen: set[int] = set()
    for row in rows:
        meetup = row.occurrence.meetup
        usual = row.by_standing and row.answer == "going" and not row.asked_again and not row.occurrence.cancelled_at
        if not usual or (meetup.series_id or meetup.id) not in seen:
            kept.append(row)
        if usual:
            seen.add(meetup.series_id or meetup.id)
    return kept


def _answered(member: Member, now: datetime) -> list[Rsvp]:
    query = (
        select(Rsvp)
        .join(Rsvp.occurrence)
        .join(Occurrence.meetup)
        .where(
            Rsvp.member_id == member.id,
            Rsvp.answer.in_(SHOWN_ANSWERS),
            Occurrence.ends_at > now,
            date_open_to(member.id),
        )
        .options(
            contains_eager(Rsvp.occurrence).options(
                contains_eager(Occurrence.meetup).joinedload(Meetup.host), joinedload(Occurrence.place)
            )
        )
        .order_by(Occurrence.starts_at, Occurrence.id)
        .limit(ANSWERED)
    )
    return list(db.session.scalars(query))


def _hosting(member: Member, now: datetime) -> list[Hosted]:
    rows = _next_of_each(member, now)
    guests = guests_of([row.id for row in rows], member)
    hidden = hidden_families(member, rows)
    return [
        Hosted(show(row, member, now, hidden=hidden.get(row.id, 0)), guests.get(row.id, []), asks(row, member, now))
        for row in rows
    ]


def _next_of_each(member: Member, now: datetime) -> Sequence[Occurrence]:
    # A cancelled series stays until its dates are over, so that its host sees that it is off.
    coming = (
        select(Occurrence.id)
        .where(Occurrence.meetup_id == Meetup.id, Occurrence.ends_at > now)
        .where(or_(Occurrence.cancelled_at.is_(None), Meetup.cancelled_at.is_not(None), Meetup.resting_at.is_not(None)))
        .order_by(Occurrence.starts_at, Occurrence.id)
        .limit(1)
        .correlate(Meetup)
        .scalar_subquery()
    )
    query = (
        select(Occurrence)
        .join(Meetup, Occurrence.meetup_id == Meetup.id)
        .where(hosted_by(member.id), Occurrence.id == coming)
        .options(contains_eager(Occurrence.meetup).joinedload(Meetup.host), joinedload(Occurrence.place))
        .order_by(Occurrence.starts_at, Occurrence.id)
        .limit(HOSTED)
    )
    return db.session.scalars(query).all()
