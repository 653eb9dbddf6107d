"""What a member does: she waits, and ends it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from meetups.accounts import limits
from meetups.accounts.models import Member
from meetups.domain.errors import Problem
from meetups.domain.wishes import LASTS, MOST_OPEN
from meetups.extensions import db, lock_row
from meetups.wishes import queries
from meetups.wishes.models import Wish

HOUR, WISHES_AN_HOUR = timedelta(hours=1), 20
# One that is over is counted until midnight, and kept a little longer.
KEPT = timedelta(days=2)
TOO_MANY = f"You wait in {MOST_OPEN} places already. End one first."
TOO_OFTEN = "That is a lot for one hour. Wait a little, then go on."


@dataclass(frozen=True, slots=True)
class Asked:
    """What a wish is to be: a cell and what it is called, `within` metres (one of REACHES), for bands (AgeBand bits)
    or, where `ages` is None, for her own children, or for one of them."""

    cell: str
    name: str | None
    within: int
    ages: int | None
    kid_id: int | None = None


def make(member: Member, asked: Asked, now: datetime) -> Wish:
    """Let a member wait; the same twice is once. Raises Problem beyond MOST_OPEN wishes, or too many in an hour.

    Whoever asks for such a mail has them again.
    """
    lock_row(Member, member.id)
    member.wants_wishes = True
    same = _open_like(member, asked, now)
    if same:
        return same
    if len(queries.open_of(member, now)) >= MOST_OPEN:
        raise Problem(TOO_MANY)
    if not limits.allow(f"wishes:{member.id}", WISHES_AN_HOUR, HOUR, now):
        raise Problem(TOO_OFTEN)
    wish = Wish(
        member_id=member.id, cell=asked.cell, name=asked.name, within=asked.within, ages=asked.ages,
        kid_id=asked.kid_id, created_at=now, ends_at=now + LASTS,
    )  # fmt: skip
    wish.member = member
    db.session.add(wish)
    db.session.flush()
    return wish


def _open_like(member: Member, asked: Asked, now: datetime) -> Wish | None:
    same = (
        Wish.cell == asked.cell,
        Wish.within == asked.within,
        Wish.ages.is_not_distinct_from(asked.ages),
        Wish.kid_id.is_not_distinct_from(asked.kid_id),
    )
    return db.session.scalar(select(Wish).where(Wish.member_id == member.id, queries.is_open(now), *same).limit(1))


def end(wish: Wish, now: datetime) -> None:
    """End a wish: she has been told, or does not wait any more."""
    wish.ends_at = min(wish.ends_at, now)


def forget_old(now: datetime) -> None:
    """Delete what is over."""
    db.session.execute(delete(Wish).where(Wish.ends_at < now - KEPT))
