"""What a member changes about herself."""

from contextlib import suppress
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from meetups.accounts.models import Block, Kid, Member
from meetups.domain.errors import Problem
from meetups.extensions import db

MOST_KIDS = 10


def add_kid(member: Member, month: date, now: datetime) -> None:
    """Add a child by the first day of a birth or due month; raise Problem beyond ten."""
    if len(member.kids) >= MOST_KIDS:
        raise Problem(f"{MOST_KIDS} children are all we can keep", "month")
    member.kids.append(Kid(month=month, added_at=now))


def remove_kid(member: Member, kid_id: str) -> None:
    """Remove one of a member's children by what a form sent; nothing where it is none of hers."""
    member.kids[:] = [kid for kid in member.kids if str(kid.id) != kid_id]


def block(member: Member, other: Member, now: datetime) -> None:
    """Let two members not meet; twice is once. Raises Problem for oneself."""
    if member.id == other.id:
        raise Problem("That is you")
    known = select(Block).where(Block.blocker_id == member.id, Block.blocked_id == other.id)
    if db.session.scalar(known):
        return
    # Another tap may be on its way.
    with suppress(IntegrityError), db.session.begin_nested():
        db.session.add(Block(blocker_id=member.id, blocked_id=other.id, created_at=now))


def unblock(member: Member, other: Member) -> None:
    """Take a block back; the other's own block, if any, stays."""
    db.session.execute(delete(Block).where(Block.blocker_id == member.id, Block.blocked_id == other.id))


def demo_member(role: str) -> Member | None:
    """Return the member of the demo town whom visitors may look round as."""
    return db.session.scalar(select(Member).where(Member.demo_role == role).order_by(Member.id).limit(1))
