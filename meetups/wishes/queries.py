"""Reading wishes: her own, and how many wait where."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import joinedload

from meetups.accounts.models import Kid, Member
from meetups.domain.wishes import COUNTS_AFTER, Steps, bands_of, cells_into, counted_at, into_cell
from meetups.extensions import db
from meetups.wishes.models import Wish

# Of more nobody is told anything else: it keeps the cost flat in the largest town.
MOST_LOOKED_AT = 2000


def is_open(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a wish still waits."""
    return Wish.ends_at > now


def open_of(member: Member, now: datetime) -> list[Wish]:
    """Return what a member waits for, newest first."""
    query = select(Wish).where(Wish.member_id == member.id, is_open(now)).options(joinedload(Wish.kid))
    return list(db.session.scalars(query.order_by(Wish.id.desc())))


def of(member: Member, public_id: str) -> Wish | None:
    """Return one of a member's wishes."""
    return db.session.scalar(select(Wish).where(Wish.member_id == member.id, Wish.public_id == public_id))


def reaches(steps: Steps) -> ColumnElement[bool]:
    """Return the condition that the walk of a wish is as long as some cells ask for: a piece of the index for each."""
    return or_(*(and_(Wish.cell.in_(cells), Wish.within >= reach) for reach, cells in steps))


def waiting_at(cells: Collection[str], now: datetime) -> dict[str, list[int]]:
    """Return for each of some cells the families whose walk comes into it: for each of them the bands (AgeBand bits) it
    waits for today.

    Who reads is not asked. What differed between two readers would tell: of a block, that it stands between somebody;
    of her own wish, how many others there are to the one.
    """
    today, then = now.date(), counted_at(now)
    found: dict[str, dict[int, int]] = {cell: {} for cell in cells}
    query = (
        select(Wish.member_id, Wish.cell, Wish.within, Wish.ages, Kid.month)
        .join(Member, Member.id == Wish.member_id)
        .outerjoin(Kid, and_(Wish.ages.is_(None), Kid.member_id == Wish.member_id, _is_for(Kid)))
        .where(reaches(cells_into(tuple(sorted(found)))), _counts(then), Member.wants_wishes)
        .order_by(Wish.id)
        .limit(MOST_LOOKED_AT)
    )
    for row in db.session.execute(query):
        bands = bands_of(row.ages, [row.month] if row.month else [], today)
        for cell, families in found.items():
            if bands and into_cell(row.cell, cell) <= row.within:
                families[row.member_id] = families.get(row.member_id, 0) | bands
    return {cell: list(families.values()) for cell, families in found.items()}


def _is_for(kid: type[Kid]) -> ColumnElement[bool]:
    return or_(Wish.kid_id.is_(None), Wish.kid_id == kid.id)


def _counts(then: datetime) -> ColumnElement[bool]:
    # One that has ended since still counts until the next midnight.
    return and_(Wish.created_at <= then - COUNTS_AFTER, Wish.ends_at > then)
