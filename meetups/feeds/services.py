"""Making and ending calendar subscriptions."""

import hashlib
import json
from datetime import datetime

from sqlalchemy import delete

from meetups.accounts.models import Member
from meetups.columns import hashed, secret
from meetups.events.search import Search
from meetups.extensions import db
from meetups.feeds import queries
from meetups.feeds.models import Feed, SavedSearch


def add_feed(member: Member, device: str, now: datetime) -> str:
    """Add a feed for one of a member's devices and return its token, which is shown once and stored nowhere."""
    token = secret()
    db.session.add(Feed(token_hash=hashed(token), member_id=member.id, device=device[:60], created_at=now))
    return token


def remove_feed(member: Member, public_id: str) -> None:
    """End one of a member's feeds."""
    db.session.execute(delete(Feed).where(Feed.member_id == member.id, Feed.public_id == public_id))


def save(search: Search, name: str, now: datetime) -> SavedSearch:
    """Keep a search under a short address; the same search has the same one."""
    query = search.but(day=None).to_args()
    digest = hashlib.sha256(json.dumps([query, name], sort_keys=True).encode()).hexdigest()
    known = queries.saved_by_digest(digest)
    if known:
        return known
    row = SavedSearch(digest=digest, name=name[:120], query=query, created_at=now)
    db.session.add(row)
    db.session.flush()
    return row
