"""The reminders' words."""

from datetime import datetime, timedelta
from itertools import takewhile

from meetups.accounts import choices
from meetups.accounts.models import Member
from meetups.domain.reminders import Verdict, two_hours_before, verdict
from meetups.domain.taps import Purpose
from meetups.domain.words import listed, number_words
from meetups.events.models import Occurrence, rid
from meetups.events.shown import show
from meetups.mail.composers import composer
from meetups.mail.message import Drop, Message, Wait, render
from meetups.mail.models import MailState, OutboxMail
from meetups.reminders import queries
from meetups.rsvps import mail_links
from meetups.rsvps.models import Rsvp
from meetups.rsvps.telling import unsettled
from meetups.web.links import public_url

NOT_SO = Drop("no longer so")
NOT_WANTED = Drop("not wanted")
SOON = timedelta(minutes=5)


@composer("day_before")
@composer("two_hours")
def reminder(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose what a family that comes is told before a date, or before several that fall together."""
    rsvp = _owed(mail, now)
    if not isinstance(rsvp, Rsvp):
        return rsvp
    until = _quiet(mail, rsvp.member, rsvp.occurrence, now)
    if until:
        return Wait(until)
    rows = _together(mail, rsvp, now)
    if not isinstance(rows, dict):
        return rows
    if len(rows) == 1:
        return _message(mail.template, rsvp.occurrence, rsvp.member, now)
    return _several(mail, rsvp.member, rows, now)


def _owed(mail: OutboxMail, now: datetime) -> Rsvp | Drop | Wait:
    rsvp = queries.going(int(mail.data["occurrence"]), int(mail.data["member"]))
    if rsvp is None or verdict(rsvp.occurrence.starts_at, now) == Verdict.DROP:
        return NOT_SO
    until = None if rsvp.knows else _news_first(rsvp, now)
    if until:
        return Wait(until)
    if rsvp.told_off or mail.data["of"] != queries.facts(rsvp.occurrence):
        return NOT_SO
    if rsvp.read_at >= _due(mail):
        return Drop("she has just read it all")
    if not choices.wants(rsvp.member, mail.template):
        return NOT_WANTED
    if mail.template == "day_before" and _nearer_is_due(rsvp.occurrence, rsvp.member, now):
        return Drop("late, and the nearer reminder is due")
    return rsvp


def _news_first(rsvp: Rsvp, now: datetime) -> datetime | None:
    # What has changed goes first, or is about to be taken back. Where nobody is going to tell it, this mail does.
    return unsettled(rsvp.occurrence) or (now + SOON if queries.news_is_queued(rsvp) else None)


def _due(mail: OutboxMail) -> datetime:
    return datetime.fromisoformat(mail.data["due"])


def _quiet(mail: OutboxMail, member: Member, occurrence: Occurrence, now: datetime) -> datetime | None:
    return choices.waits(member, mail.template, now, occurrence.meetup.zone, occurrence.starts_at)


def _together(mail: OutboxMail, own: Rsvp, now: datetime) -> dict[int, Rsvp] | Drop | Wait:
    """Return the answers that this mail tells of, by the ids of their rows, the first date first.

    The row of the first date tells them all, and the others wait for it.
    """
    rows = queries.falling_together(mail)
    ids = [row.id for row in rows]
    if mail.id not in ids:
        return Drop("told in one mail with another")
    before, after = rows[: ids.index(mail.id)], rows[ids.index(mail.id) + 1 :]
    if any(_in_hand(row, mail) or isinstance(_owed(row, now), Rsvp) for row in before):
        return Wait(now)
    told = {mail.id: own}
    # A row that another worker has in hand tells its own, and perhaps those after it.
    for row in takewhile(lambda row: not _in_hand(row, mail), after):
        rsvp = _owed(row, now)
        if isinstance(rsvp, Rsvp) and _was_known(row, rsvp, mail):
            told[row.id] = rsvp
    return told


def _in_hand(row: OutboxMail, mail: OutboxMail) -> bool:
    return row.state == MailState.SENDING and row.owner != mail.owner


def _was_known(row: OutboxMail, rsvp: Rsvp, mail: OutboxMail) -> bool:
    # Every try of a mail has the same Message-ID, so that what a later one told beside the first might be taken for
    # a double and thrown away: only what was to be told at the first one is told with it.
    return row.created_at <= max(_due(mail), mail.created_at) and rsvp.read_at < _due(mail)


def _several(mail: OutboxMail, member: Member, rows: dict[int, Rsvp], now: datetime) -> Message:
    dates = [row.occurrence for row in rows.values()]
    lines = [(show(date, member, now, answer="going"), _links(mail.template, member, date)) for date in dates]
    unsubscribe = choices.unsubscribe_url(member, mail.template)
    words = render(
        "together",
        days=listed(dict.fromkeys(shown.day for shown, _ in lines)),
        number=number_words(len(lines)),
        lines=lines,
        unsubscribe=unsubscribe,
    )
    return Message(*words, unsubscribe=unsubscribe, carries=tuple(row for row in rows if row != mail.id))


def _nearer_is_due(occurrence: Occurrence, member: Member, now: datetime) -> bool:
    return choices.wants(member, "two_hours") and two_hours_before(occurrence.starts_at) <= now


def _links(kind: str, member: Member, occurrence: Occurrence) -> dict[str, str]:
    ids = {"public_id": occurrence.meetup.public_id, "rid": rid(occurrence.recurrence_id)}
    links = {"link": public_url("pages.date", **ids), "cant": mail_links.to_date(member, occurrence, Purpose.CANT)}
    # The day before nobody is late yet.
    late = {"late": mail_links.to_date(member, occurrence, Purpose.COME)} if kind == "two_hours" else {}
    return links | late


def _message(kind: str, occurrence: Occurrence, member: Member, now: datetime) -> Message:
    unsubscribe = choices.unsubscribe_url(member, kind)
    shown = show(occurrence, member, now, answer="going")
    words = render(kind, shown=shown, unsubscribe=unsubscribe, **_links(kind, member, occurrence))
    return Message(*words, unsubscribe=unsubscribe)
