"""The words of mails about hosting: is it still on, would you stand in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from meetups.accounts import choices
from meetups.accounts import queries as accounts
from meetups.accounts.models import Member
from meetups.domain.reminders import Verdict, verdict
from meetups.domain.words import DAYS
from meetups.domain.zones import to_local
from meetups.events import queries as events
from meetups.events.dated import NOBODY
from meetups.events.hosts import acts_as_host
from meetups.events.models import Meetup, Occurrence, rid
from meetups.events.shown import show
from meetups.extensions import db, lock_row
from meetups.hosting import queries, states
from meetups.hosting.resting import may_volunteer, stamp
from meetups.hosting.tokens import address
from meetups.mail.composers import composer
from meetups.mail.message import Drop, Message, Wait, render
from meetups.mail.models import OutboxMail
from meetups.reminders import queries as reminders
from meetups.rsvps import queries as rsvps
from meetups.rsvps.telling import unsettled
from meetups.web.links import public_url

NOT_SO = Drop("no longer so")
NOT_WANTED = Drop("not wanted")


@composer("host_list")
def host_list(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose for the host, the evening before, who comes, and the question whether it is still on."""
    row = reminders.hosted(int(mail.data["occurrence"]))
    if row is None or verdict(row.starts_at, now) == Verdict.DROP:
        return NOT_SO
    until = unsettled(row)
    if until:
        return Wait(until)
    host = row.meetup.host
    if mail.data["of"] != reminders.facts(row) or int(mail.data["member"]) != host.id:
        return NOT_SO
    if not choices.wants(host, "host_list"):
        return NOT_WANTED
    until = _quiet("host_list", host, row, now)
    if until:
        return Wait(until)
    guests = rsvps.guests(row.id, host)
    return _list(row, host, now, guests) if guests else Drop("nobody comes")


def _list(row: Occurrence, host: Member, now: datetime, guests: list[rsvps.Guest]) -> Message:
    # Nobody is asked about a library's story time, nor who has just said or done something about it.
    hers = row.meetup.source is None
    asked = hers and not states.said_yes(row)
    unsubscribe = choices.unsubscribe_url(host, "host_list")
    words = _words("host_list", row, host, now, guests=guests, asked=asked, unsubscribe=unsubscribe)
    return Message(*words, unsubscribe=unsubscribe, noted=partial(_note_listed, row.id, now) if hers else None)


def _note_listed(row_id: int, composed_at: datetime, _now: datetime) -> None:
    row = db.session.get(Occurrence, row_id)
    if row:
        row.asked_at = composed_at


@composer("baton")
def baton(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose the question to a regular whether she would be the one to find."""
    found = _found(mail)
    if found is None or not states.may_take(*found, now) or found[0].held_by_id:
        return NOT_SO
    row, member = found
    if not choices.wants(member, "baton"):
        return NOT_WANTED
    until = _quiet("baton", member, row, now)
    if until:
        return Wait(until)
    unsubscribe, local = choices.unsubscribe_url(member, "baton"), to_local(row.starts_at, row.meetup.zone)
    more = {"host": row.meetup.host.first_name, "day": DAYS[local.weekday()], "unsubscribe": unsubscribe}
    return Message(*_words("baton", row, member, now, yes="baton", **more), unsubscribe=unsubscribe)


@composer("baton_taken")
def baton_taken(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose for the host who stands in for her, a regular or a co-host."""
    return _to_host(mail, now, queries.is_held)


@composer("baton_lost")
def baton_lost(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose for the host that nobody stands in for her any more. It does not say why: that may be a block."""
    return _to_host(mail, now, lambda row: row.who == NOBODY)


def _to_host(mail: OutboxMail, now: datetime, is_so: Callable[[Occurrence], bool]) -> Message | Drop | Wait:
    found = _found(mail)
    if found is None or not states.is_open(found[0], now) or not is_so(found[0]):
        return NOT_SO
    row, member = found
    if member.id != row.meetup.host_id:
        return NOT_SO
    if row.who == row.host_told_who:
        return Drop("nothing new")
    until = _quiet("hosting", member, row, now)
    noted = partial(_note_told, row.id, row.who)
    return Wait(until) if until else Message(*_words(mail.template, row, member, now), noted=noted)


def _note_told(row_id: int, who: int | None, _now: datetime) -> None:
    row = db.session.get(Occurrence, row_id)
    if row is None:
        return
    lock_row(Occurrence, row_id)
    # Where she has said yes meanwhile, she knows that it is she.
    if row.who is not None:
        row.host_told_who = who


@composer("cohost")
def cohost(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose the question whether she would host with her."""
    found = _series(mail)
    row = queries.cohost(*found) if found else None
    return _asked("cohost", *found, now) if found and row and row.accepted_at is None else NOT_SO


@composer("hand_over")
def hand_over(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose the offer of a whole series."""
    found = _series(mail)
    offered = queries.offered(found[0]) if found else None
    return _asked("hand_over", *found, now) if found and offered and offered.member_id == found[1].id else NOT_SO


@composer("resting")
def resting(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose for a host that her series rests, with the one tap that wakes it."""
    found = _series(mail)
    if found is None or found[0].resting_at is None or not acts_as_host(*found):
        return NOT_SO
    return _about_series("resting", *found, now, yes="wake")


@composer("would_host")
def would_host(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose for the host of a resting series that a regular would take it over."""
    found, regular = _series(mail), accounts.by_public_id(mail.data["regular"])
    if found is None or regular is None or found[0].host_id != found[1].id:
        return NOT_SO
    meetup, rest = found[0], mail.data["rest"]
    # What she may offer no more (a block has come between them, she has left) the host is not asked either.
    if stamp(meetup) != rest or not may_volunteer(meetup, regular, now):
        return NOT_SO
    subject = f"{meetup.public_id}:{regular.public_id}:{rest}"
    return _about_series("would_host", *found, now, yes="give", subject=subject, regular=regular.first_name)


@composer("you_host")
def you_host(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose for a regular that the series is hers."""
    found = _series(mail)
    return _about_series("you_host", *found, now) if found and found[0].host_id == found[1].id else NOT_SO


def _series(mail: OutboxMail) -> tuple[Meetup, Member] | None:
    member = db.session.get(Member, int(mail.data["member"]))
    meetup = events.meetup(mail.data["meetup"], member) if member else None
    return (meetup, member) if meetup and member else None


def _asked(template: str, meetup: Meetup, member: Member, now: datetime) -> Message | Drop | Wait:
    if not choices.wants(member, "asked"):
        return NOT_WANTED
    unsubscribe = choices.unsubscribe_url(member, "asked")
    found = _about_series(template, meetup, member, now, unsubscribe=unsubscribe)
    return replace(found, unsubscribe=unsubscribe) if isinstance(found, Message) else found


def _about_series(
    template: str, meetup: Meetup, member: Member, now: datetime, yes: str = "", subject: str = "", **more: Any
) -> Message | Wait:
    until = choices.waits(member, "hosting", now, meetup.zone)
    if until:
        return Wait(until)
    one_tap = address(yes or template, subject or meetup.public_id, member)
    link = public_url("pages.meetup", public_id=meetup.public_id)
    host = meetup.host.first_name
    return Message(*render(template, title=meetup.title, host=host, yes=one_tap, link=link, **more))


def _found(mail: OutboxMail) -> tuple[Occurrence, Member] | None:
    row = queries.date(mail.data["uid"])
    member = db.session.get(Member, int(mail.data["member"]))
    return (row, member) if row and member else None


def _quiet(kind: str, member: Member, row: Occurrence, now: datetime) -> datetime | None:
    return choices.waits(member, kind, now, row.meetup.zone, row.starts_at)


def _words(
    template: str, row: Occurrence, member: Member, now: datetime, yes: str = "still_on", **more: Any
) -> tuple[str, str, str]:
    answer = "going" if row.meetup.host_id != member.id else None
    ids = {"public_id": row.meetup.public_id, "rid": rid(row.recurrence_id)}
    return render(
        template,
        shown=show(row, member, now, answer=answer),
        yes=address(yes, row.uid, member),
        link=public_url("pages.date", **ids),
        **more,
    )
