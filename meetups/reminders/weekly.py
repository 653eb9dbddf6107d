"""The weekly look-ahead: what is on near her, for her children, that she has not answered yet."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from meetups.accounts import choices
from meetups.accounts.models import LOOKS_AHEAD, Member
from meetups.domain.ages import fits
from meetups.domain.nearness import cell_centre
from meetups.domain.reminders import next_look_ahead
from meetups.domain.words import number_words
from meetups.domain.zones import zone_at
from meetups.events import finding
from meetups.events.dated import Dated
from meetups.events.hosts import acts_as_host, remember_cohosted, root_of
from meetups.events.search import Search
from meetups.events.shown import Shown, show
from meetups.extensions import db, remembered
from meetups.mail.composers import composer, reads_ahead
from meetups.mail.message import Drop, Message, Wait, render
from meetups.mail.models import OutboxMail
from meetups.mail.outbox import enqueue
from meetups.rsvps.queries import answers_of, hidden_families
from meetups.rsvps.standing_queries import series_of
from meetups.web.links import public_url

# What is told, how far ahead it looks, how long it still helps, and since when a meetup is new.
MOST, AHEAD, HELPS, NEW = 5, timedelta(days=8), timedelta(days=1), timedelta(days=7)
# Else one account with five new meetups would push everybody else's out of the whole neighbourhood's mail.
MOST_OF_HOST = 2
# Dates looked at; enough for the busiest square kilometre.
LOOKED_AT = 100
_LOOK_AHEAD = "look ahead"


def look_ahead(now: datetime, limit: int = 200) -> int:
    """Queue the look-aheads that are due, for up to `limit` members; return how many members were looked at."""
    due = (
        select(Member)
        .where(LOOKS_AHEAD, or_(Member.weekly_at.is_(None), Member.weekly_at <= now))
        .order_by(Member.weekly_at, Member.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = list(db.session.scalars(due))
    for member in found:
        if member.weekly_at is not None:
            _queue(member, member.weekly_at, now)
        member.weekly_at = next_look_ahead(now, member.weekly_day, choices.zone_of(member, "UTC"))
    return len(found)


def _queue(member: Member, due: datetime, now: datetime) -> None:
    enqueue(
        "weekly",
        member.email,
        {"member": member.id},
        dedupe_key=f"weekly:{member.id}:{due.isoformat()}",
        due=now,
        now=now,
        not_after=due + HELPS,
    )


@reads_ahead("weekly")
def _read_ahead(mails: Sequence[OutboxMail]) -> None:
    ids = [int(mail.data["member"]) for mail in mails]
    members = db.session.scalars(select(Member).where(Member.id.in_(ids)).options(selectinload(Member.kids)))
    # The session gives back what it knows already, for as long as somebody holds it.
    remembered(_LOOK_AHEAD).update({member.id: member for member in members})
    remember_cohosted(ids)


@composer("weekly")
def weekly(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose what is on near a member; nothing where nothing is."""
    member = db.session.get(Member, int(mail.data["member"]))
    if member is None or not member.home_cell or not choices.wants(member, "weekly"):
        return Drop("not wanted")
    until = choices.waits(member, "weekly", now, "UTC")
    if until:
        return Wait(until)
    dates = fitting(member, now)
    return _message(member, dates, now) if dates else Drop("nothing near her")


def fitting(member: Member, now: datetime) -> list[Dated]:
    """Return at most MOST coming dates that a member finds near and for her children, soonest first.

    Of each series one, and of each host MOST_OF_HOST; none that she hosts, has answered or comes to every time; what
    is new before what has gone on for long.
    """
    near = cell_centre(str(member.home_cell))
    kids = tuple(kid.month for kid in member.kids)
    found = finding.find(Search(near, zone=zone_at(near), mine=True, kids=kids), member, now, LOOKED_AT)
    answered, hers = answers_of(member, found), series_of(member)
    firsts: dict[int, Dated] = {}
    for date in found:
        if date.id not in answered and root_of(date.meetup) not in hers and _fits(date, member, now):
            firsts.setdefault(root_of(date.meetup), date)
    order = sorted(firsts.values(), key=lambda date: (not _is_new(date, now), date.starts_at, date.id))
    return sorted(_of_many_hosts(order)[:MOST], key=lambda date: (date.starts_at, date.id))


def _of_many_hosts(dates: Sequence[Dated]) -> list[Dated]:
    seen: Counter[int] = Counter()
    kept = []
    for date in dates:
        seen[date.meetup.host_id] += 1
        if seen[date.meetup.host_id] <= MOST_OF_HOST:
            kept.append(date)
    return kept


def _fits(date: Dated, member: Member, now: datetime) -> bool:
    if date.starts_at >= now + AHEAD or acts_as_host(date.meetup, member):
        return False
    return not member.kids or any(fits(kid.month, date.day, date.welcome) for kid in member.kids)


def _is_new(date: Dated, now: datetime) -> bool:
    # A later part of a series that an edit has split is as old as the series.
    return date.meetup.series_id is None and date.meetup.created_at > now - NEW


def _message(member: Member, dates: Sequence[Dated], now: datetime) -> Message:
    hidden = hidden_families(member, dates)
    lines: list[tuple[Shown, bool, str]] = []
    for date in dates:
        shown = show(date, member, now, hidden=hidden.get(date.id, 0), kids=member.kids)
        lines.append((shown, _is_new(date, now), public_url("pages.date", public_id=shown.meetup_id, rid=shown.rid)))
    unsubscribe = choices.unsubscribe_url(member, "weekly")
    words = render(
        "weekly",
        lines=lines,
        kids=member.kids,
        number=number_words(len(lines)),
        nearby=public_url("pages.browse"),
        unsubscribe=unsubscribe,
    )
    return Message(*words, unsubscribe=unsubscribe)
