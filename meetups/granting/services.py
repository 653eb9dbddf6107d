"""Finding who waits for what has begun, and queueing the mails; and letting them wait on where nothing came of it."""

from datetime import datetime

from meetups.domain.wishes import LASTS
from meetups.events import undo
from meetups.events.beginnings import Beginning
from meetups.events.dates import TELL_AFTER
from meetups.extensions import db
from meetups.granting import queries
from meetups.mail.outbox import enqueue
from meetups.wishes.models import Wish
from meetups.wishes.services import LOOKED_EVERY, end, reopen, resting_from

AT_ONCE = 20
# So many meetups wait for one mail at most: it names three, and some may be off by then.
MOST_QUEUED = 6


def grant(now: datetime, limit: int = 200) -> int:
    """Queue what those who wait are told of meetups that have begun, looking at up to `limit` of them for each; return
    how many meetups were looked at.

    A meetup whose worker was away until its dates were over tells nobody.
    """
    found = queries.due(now, AT_ONCE)
    for beginning in found:
        _look_at(beginning, now, limit)
    return len(found)


def look_again(now: datetime, limit: int = 200) -> None:
    """Let those wait on who were told of nothing but meetups that have been cancelled, or undone, before they took
    place: so nobody uses up the wishes of a neighbourhood by posting and cancelling."""
    wishes = queries.to_look_at(now, limit)
    starts = queries.starts_of({meetup for wish in wishes for meetup in _told(wish)}) if wishes else {}
    for wish in wishes:
        first = min((at for meetup in _told(wish) for at in starts[meetup] if at > wish.ends_at), default=None)
        if first is None:
            reopen(wish, now)
        elif first <= now:
            end(wish, now)
        else:
            wish.look_at = now + LOOKED_EVERY


def _told(wish: Wish) -> list[str]:
    return list((wish.told or {}).get("meetups", ()))


def _look_at(beginning: Beginning, now: datetime, limit: int) -> None:
    edit = undo.latest(beginning.meetup, now)
    if edit:
        # What is off may be on again, and what is elsewhere back here, for as long as that can be undone.
        beginning.due = edit.created_at + TELL_AFTER
        return
    dates = queries.coming(beginning.meetup.public_id, now)
    wishes = queries.waiting_for(beginning, dates, now, limit) if dates else []
    queued = queries.queued(wishes) if wishes else {}
    rest = resting_from(beginning.meetup.host.public_id, {wish.member_id for wish in wishes}, now)
    for wish in wishes:
        if wish.member_id in rest:
            continue
        if queries.first_for(wish, dates) and queued[wish.public_id] < MOST_QUEUED:
            _queue(wish, beginning.meetup.public_id, now)
    if len(wishes) < limit:
        db.session.delete(beginning)
    else:
        beginning.reached = wishes[-1].id


def _queue(wish: Wish, meetup: str, now: datetime) -> None:
    # By public ids: of a row that is gone another may have the number. And no member hears of a meetup for two wishes.
    enqueue(
        queries.TEMPLATE,
        wish.member.email,
        {"wish": wish.public_id, "meetup": meetup},
        dedupe_key=f"wish:{wish.member.public_id}:{meetup}",
        due=now,
        now=now,
        not_after=wish.created_at + LASTS,
    )
