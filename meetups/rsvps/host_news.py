"""Who cannot come or is late, told to the host shortly before a date: what comes in within minutes in one mail."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from meetups.accounts import choices
from meetups.domain.excuses import is_news, news_due, news_words
from meetups.events import queries as events
from meetups.events.models import Occurrence, rid
from meetups.events.shown import show
from meetups.extensions import db, lock_row
from meetups.mail.composers import composer
from meetups.mail.message import Drop, Message, Wait, render
from meetups.mail.models import OutboxMail
from meetups.rsvps import queries
from meetups.rsvps.models import Rsvp
from meetups.rsvps.telling import tell
from meetups.web.links import public_url


def note(row: Rsvp, now: datetime, due: datetime) -> None:
    """Note that a family gave up its place, is late or comes after all, and queue the mail where that is news.

    `due` is now, or later for one that has not settled: then her last word alone is told. The row of the date must be
    locked.
    """
    date = row.occurrence
    # Whoever brought a library's calendar in does not stand in the park.
    if date.meetup.source is not None or not hears(date, now):
        return
    row.news_at = now
    db.session.flush()
    if row.untold:
        soon = news_due(date.starts_at, now)
        last_word = {"of": row.member_id, "since": now.isoformat()} if due > soon else {}
        _queue(row, now, max(due, soon), **last_word)


def hears(date: Occurrence, now: datetime) -> bool:
    """Return whether the host of a date is written at once of who cannot come or is late."""
    listed_at = date.asked_at if date.listed_for == date.starts_at else None
    return is_news(date.starts_at, date.ends_at, now, listed_at)


def tell_host(date: Occurrence, now: datetime) -> None:
    """Queue the mail to the host where there is anything that she has not been written."""
    untold = [row for row in queries.news_for_host(date) if row.untold]
    if untold:
        _queue(untold[0], now, news_due(date.starts_at, now))


def _queue(row: Rsvp, now: datetime, due: datetime, **last_word: Any) -> None:
    # One for each family's news, so that none waits for another's: the first that leaves tells all.
    date, stamp = row.occurrence, f"{row.news_at}:{row.member_id}"
    tell("host_news", date, date.meetup.host, now, stamp=stamp, due=due, **last_word)


@composer("host_news")
def host_news(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose who cannot come and who is late, since the host has heard of each last: first names, nobody else."""
    date = events.by_id(int(mail.data["occurrence"]))
    if date is None or date.cancelled_at or date.ends_at <= now or date.meetup.host_id != int(mail.data["member"]):
        return Drop("no longer so")
    known = queries.news_for_host(date)
    rows = [row for row in known if row.untold]
    if not rows or _has_said_more(mail, known):
        return Drop("nothing new")
    until = choices.waits(date.meetup.host, "hosting", now, date.meetup.zone, date.starts_at)
    if until:
        return Wait(until)
    words = render(
        "host_news",
        shown=show(date, date.meetup.host, now),
        lines=[(row.member.first_name, news_words(row.for_host, row.host_told, row.reason)) for row in rows],
        link=public_url("pages.date", public_id=date.meetup.public_id, rid=rid(date.recurrence_id)),
    )
    heard = {row.member_id: row.for_host for row in rows}
    return Message(*words, noted=partial(_heard, date.id, heard))


def _has_said_more(mail: OutboxMail, known: Sequence[Rsvp]) -> bool:
    since = mail.data.get("since")
    last = {row.member_id: row.news_at for row in known}
    return since is not None and last.get(mail.data["of"]) != datetime.fromisoformat(since)


def _heard(occurrence_id: int, heard: Mapping[int, str | None], now: datetime) -> None:
    date = events.by_id(occurrence_id)
    if date is None:
        return
    lock_row(Occurrence, date.id)
    for member_id, stood in heard.items():
        row = queries.afresh_of(date.id, member_id)
        if row:
            row.host_told = stood
    db.session.flush()
    # What came in while this mail was on its way.
    tell_host(date, now)
