"""Reading members, and the only place that reads blocks."""

from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_, select, true

from meetups.accounts.models import Block, LoginSession, Member
from meetups.extensions import db


def by_email(email: str) -> Member | None:
    """Return the member with this address (as `forms` normalised it)."""
    return db.session.scalar(select(Member).where(Member.email == email))


def by_public_id(public_id: str) -> Member | None:
    """Return the member with this public id."""
    return db.session.scalar(select(Member).where(Member.public_id == public_id))


def not_blocked(viewer: Member | None, member_id: Any) -> ColumnElement[bool]:
    """Return the condition that no block stands between the viewer and the member of a column, either way."""
    return true() if viewer is None else unblocked(viewer.id, member_id)


def unblocked(one: Any, other: Any) -> ColumnElement[bool]:
    """Return the condition that no block stands between the members of two ids or columns, either way."""
    block = select(Block.blocker_id).where(
        or_(
            and_(Block.blocker_id == one, Block.blocked_id == other),
            and_(Block.blocked_id == one, Block.blocker_id == other),
        )
    )
    # The ids may be columns of a query two levels up.
    return not_(block.correlate_except(Block).exists())


def shuns(one: Any, other: Any) -> ColumnElement[bool]:
    """Return the condition that the member of one id or column has blocked that of another herself."""
    block = select(Block.blocker_id).where(Block.blocker_id == one, Block.blocked_id == other)
    return block.correlate_except(Block).exists()


def blocked(a: Member, b: Member) -> bool:
    """Return whether a block stands between two members, either way."""
    return not db.session.scalar(select(not_blocked(a, b.id)))


def blocked_by(member: Member) -> list[Member]:
    """Return whom a member has blocked herself, newest first."""
    query = (
        select(Member)
        .join(Block, Block.blocked_id == Member.id)
        .where(Block.blocker_id == member.id)
        .order_by(Block.created_at.desc())
    )
    return list(db.session.scalars(query))


def sessions_of(member: Member) -> list[LoginSession]:
    """Return where a member is signed in, newest first."""
    query = select(LoginSession).where(LoginSession.member_id == member.id).order_by(LoginSession.created_at.desc())
    return list(db.session.scalars(query))


def unsettled_blocks(limit: int) -> list[Block]:
    """Return new blocks, for whoever must end what stands between the two."""
    query = select(Block).where(Block.settled_at.is_(None)).order_by(Block.created_at).limit(limit)
    return list(db.session.scalars(query.with_for_update(skip_locked=True)))
