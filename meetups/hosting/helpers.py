"""Co-hosts and hand-over: named by the host, accepted with one tap, ended silently."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update

from meetups.accounts import limits
from meetups.accounts.models import Block, Member
from meetups.domain.errors import Problem
from meetups.events import queries as events
from meetups.events.dates import coming_dates, lock_series, series_of, touch
from meetups.events.hosts import forget_cohosts, root_of
from meetups.events.models import CoHost, HandOver, Meetup, Occurrence
from meetups.events.services import MOST_ACTIVE
from meetups.events.welcome import confirm_soon, host_again
from meetups.extensions import db
from meetups.hosting import queries
from meetups.mail import queries as outbox
from meetups.mail.outbox import enqueue
from meetups.rsvps import host_news, standing
from meetups.rsvps import services as rsvps
from meetups.rsvps.models import Rsvp

MOST_COHOSTS = 3
# Asked and asked again: so many mails to one family about one series in a week, one a day of each kind, and so many
# by one host in an hour.
MAILS_A_WEEK, WEEK = 2, timedelta(days=7)
MAILS_AN_HOUR, HOUR = 10, timedelta(hours=1)
NOT_THERE = "She is not among the families that have come."
TOO_OFTEN = "She has had two mails about it this week. Ask her again in a few days."
TOO_MANY = "That is a lot of mails for one hour. Try again later."


def name_cohost(meetup: Meetup, member: Member, now: datetime) -> None:
    """Ask a family that has come to help hosting a series. Raises Problem beyond three, for anybody else, and where
    that is asked too often."""
    lock_series(meetup)
    known = queries.cohosts(meetup)
    if member.id in [row.member_id for row in known]:
        return
    if len(known) >= MOST_COHOSTS:
        raise Problem("Three at most. End it with one of them first.")
    _refuse_strangers(meetup, member, now)
    db.session.add(CoHost(series_id=root_of(meetup), member_id=member.id, invited_at=now))
    db.session.flush()
    _write("cohost", meetup, member, now)


def _refuse_strangers(meetup: Meetup, member: Member, now: datetime) -> None:
    if member.id not in [known.id for known in queries.have_come(meetup, now)]:
        raise Problem(NOT_THERE)


def accept_cohost(meetup: Meetup, member: Member, now: datetime) -> None:
    """Note that a member helps hosting from now on; the same again changes nothing. Raises Problem where she was not
    asked."""
    lock_series(meetup)
    row = queries.cohost(meetup, member)
    if row is None:
        raise Problem("That has ended.")
    if row.accepted_at is None:
        row.accepted_at = now
        db.session.flush()
        _part_from_blocked(member)
    forget_cohosts()


def end_cohost(meetup: Meetup, member: Member) -> None:
    """End, or take back, that a member helps hosting; nobody is told."""
    row = queries.cohost(meetup, member)
    if row:
        db.session.delete(row)
        db.session.flush()
    forget_cohosts()


def offer(meetup: Meetup, member: Member, now: datetime) -> None:
    """Offer a series to a co-host or to a family that has come, instead of any earlier offer; again to her changes
    nothing. Raises Problem for anybody else, and where that is done too often."""
    lock_series(meetup)
    offered = queries.offered(meetup)
    if offered and offered.member_id == member.id:
        return
    if queries.cohost(meetup, member) is None:
        _refuse_strangers(meetup, member, now)
    take_offer_back(meetup)
    db.session.add(HandOver(series_id=root_of(meetup), member_id=member.id, offered_at=now))
    db.session.flush()
    _write("hand_over", meetup, member, now)


def take_offer_back(meetup: Meetup) -> None:
    """End an offer that nobody has accepted."""
    db.session.execute(delete(HandOver).where(HandOver.series_id == root_of(meetup)))


def take_over(meetup: Meetup, member: Member, now: datetime) -> None:
    """Make a member the host of all parts of a series from now on. Raises Problem where it was not offered to her,
    or where she hosts too many already."""
    lock_series(meetup)
    offered = queries.offered(meetup)
    if offered is None or offered.member_id != member.id:
        raise Problem("That has ended.")
    if events.active_count(member, now) >= MOST_ACTIVE:
        raise Problem(f"You host {MOST_ACTIVE} meetups already. Cancel one first.")
    end_cohost(meetup, member)
    take_offer_back(meetup)
    standing.end_silently(meetup, member, now)
    for part in series_of(meetup):
        _give(part, member, now)
    _part_from_blocked(member)


def _give(part: Meetup, member: Member, now: datetime) -> None:
    part.host, part.host_id, part.form_key = member, member.id, None
    touch(part, now)
    for row in coming_dates(part, now):
        # The mails of hosting are hers now.
        row.listed_for = row.asked_at = None
        if row.held_by_id == member.id:
            host_again(row, now)
    db.session.flush()
    for answer in _answers(part, member, now):
        rsvps.withdraw(answer, now)
    rsvps.forget_reasons(part)
    for row in coming_dates(part, now):
        # What the host before has not heard yet, she hears.
        host_news.tell_host(row, now)
    confirm_soon(part, member, now)


def _answers(part: Meetup, member: Member, now: datetime) -> list[Rsvp]:
    mine = Rsvp.member_id == member.id, Rsvp.answer != "not_going"
    coming = (
        select(Rsvp).join(Rsvp.occurrence).where(Occurrence.meetup_id == part.id, Occurrence.starts_at > now, *mine)
    )
    return list(db.session.scalars(coming.order_by(Rsvp.occurrence_id)))


def _part_from_blocked(member: Member) -> None:
    # The worker takes back what she and those she does not want to meet have answered, as for a new block.
    hers = or_(Block.blocker_id == member.id, Block.blocked_id == member.id)
    db.session.execute(update(Block).where(hers).values(settled_at=None))


def end_blocked() -> None:
    """End what a block with any of the hosts has made impossible: co-hosts, asked ones and offers."""
    for row in queries.blocked_roles():
        db.session.delete(row)
    db.session.flush()
    forget_cohosts()


def _write(template: str, meetup: Meetup, member: Member, now: datetime) -> None:
    last = [now.date() - timedelta(days=days) for days in range(WEEK.days)]
    keys = {
        (kind, day): f"{kind}:{root_of(meetup)}:{member.id}:{day}" for kind in ("cohost", "hand_over") for day in last
    }
    key, told = keys[template, now.date()], outbox.told(keys.values())
    if key in told:
        # The link in today's mail does it.
        return
    if len(told) >= MAILS_A_WEEK:
        raise Problem(TOO_OFTEN)
    if not limits.allow(f"roles-by:{meetup.host_id}", MAILS_AN_HOUR, HOUR, now):
        raise Problem(TOO_MANY)
    data = {"meetup": meetup.public_id, "member": member.id}
    enqueue(template, member.email, data, dedupe_key=key, due=now, now=now)
