"""Whether a member sees her dates in a calendar already, so that no mail puts them there once more."""

from datetime import datetime

from sqlalchemy import exists, select

from meetups.accounts.models import Member
from meetups.extensions import db
from meetups.feeds.models import Feed
from meetups.rsvps.invitations import subscribed


@subscribed
def has_feed(member: Member, since: datetime) -> bool:
    """Return whether a member has a feed of her own that she made by `since`."""
    own = exists().where(Feed.member_id == member.id, Feed.created_at <= since)
    return bool(db.session.scalar(select(own)))
