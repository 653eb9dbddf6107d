"""Making and ending calendar subscriptions."""

import hashlib
import json
from datetime import datetime, timedelta

from sqlalchemy import update

from meetups.accounts.models import Member
from meetups.columns import hashed, secret
from meetups.events.search import Search
from meetups.extensions import db, may_write
from meetups.feeds import queries
from meetups.feeds.models import Feed, SavedSearch
from meetups.feeds.states import State


def add_feed(member: Member, device: str, now: datetime) -> str:
    """Add a feed for one of a member's devices and return its token, which is shown once and stored nowhere."""
    token = secret()
    db.session.add(Feed(token_hash=hashed(token), member_id=member.id, device=device[:60], created_at=now))
    return token


def remove_feed(member: Member, public_id: str, now: datetime) -> None:
    """End one of a member's feeds: from now on its address says that it is gone."""
    hers = update(Feed).where(Feed.member_id == member.id, Feed.public_id == public_id)
    db.session.execute(hers.values(ended_at=now))


def note_read(feed_id: int, now: datetime, before: State, after: State) -> datetime | None:
    """Note that a program has read a feed today, and that it read the bytes of `after`, which were `before` last.

    Return since when they are so: never the same second for two. None where another reader noted something else
    meanwhile. Commits, for a page view's own transaction may not write.
    """
    at = after.at or _after(before.at, now)
    unread = update(Feed).where(Feed.id == feed_id, Feed.tag.is_not_distinct_from(before.tag))
    noted = unread.values(read_on=now.date(), tag=after.tag, tag_at=at)
    db.session.rollback()
    may_write.set(True)
    with db.engine.begin() as connection:
        return at if connection.execute(noted).rowcount else None


def _after(last: datetime | None, now: datetime) -> datetime:
    return max(now, last + timedelta(seconds=1)) if last else now


def for_everybody(search: Search) -> Search:
    """Return a search as a calendar has it: in the order of time, on all days, and knowing nobody's children."""
    return search.but(day=None, mine=False, awake=False, best=False)


def save(search: Search, name: str, now: datetime) -> SavedSearch:
    """Keep a search under a short address; the same search has the same one."""
    query = for_everybody(search).to_args()
    digest = hashlib.sha256(json.dumps([query, name], sort_keys=True).encode()).hexdigest()
    known = queries.saved_by_digest(digest)
    if known:
        return known
    row = SavedSearch(digest=digest, name=name[:120], query=query, created_at=now)
    db.session.add(row)
    db.session.flush()
    return row
