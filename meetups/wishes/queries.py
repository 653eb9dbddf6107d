"""Reading wishes: her own, and how many wait where."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import joinedload

from meetups.accounts.models import Kid, Member
from meetups.domain.nearness import area_of, cells_of
from meetups.domain.wishes import COUNTS_AFTER, Steps, bands_of, counted_at
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
    """Return one of a member's wishes, locked for the transaction: its mail may be leaving this instant."""
    found = select(Wish).where(Wish.member_id == member.id, Wish.public_id == public_id)
    return db.session.scalar(found.with_for_update())


def reaches(steps: Steps) -> ColumnElement[bool]:
    """Return the condition that the walk of a wish is as long as some cells ask for: a piece of the index for each."""
    return or_(*(and_(Wish.cell.in_(cells), Wish.within >= reach) for reach, cells in steps))


def waiting_at(cells: Collection[str], now: datetime) -> dict[str, list[int]]:
    """Return for each of some cells the families who wait in its area: for each of them the bands (AgeBand bits) that
    she is read to wait for today.

    How far she walks is not asked, and whoever looks from anywhere in an area reads the same: of wishes that count
    wherever their walk comes, made-up ones would lift the floor for miles, and show where the one real one counts.
    Who reads is not asked. What differed between two readers would tell: of a block, that it stands between somebody;
    of her own wish, how many others there are to the one.
    """
    today, then = now.date(), counted_at(now)
    found: dict[str, dict[int, int]] = {area_of(cell): {} for cell in cells}
    query = (
        select(Wish.member_id, Wish.cell, Wish.ages, Kid.month)
        .join(Member, Member.id == Wish.member_id)
        .outerjoin(Kid, and_(Wish.ages.is_(None), Kid.member_id == Wish.member_id, _is_for(Kid)))
        .where(Wish.cell.in_(sorted(cell for area in found for cell in cells_of(area))), _counts(then))
        .where(Member.wants_wishes)
        .order_by(Wish.id)
        .limit(MOST_LOOKED_AT)
    )
    for row in db.session.execute(query):
        bands = bands_of(row.ages, [row.month] if row.month else [], today)
        families = found[area_of(row.cell)]
        if bands:
            families[row.member_id] = families.get(row.member_id, 0) | bands
    return {cell: list(found[area_of(cell)].values()) for cell in cells}


def _is_for(kid: type[Kid]) -> ColumnElement[bool]:
    return or_(Wish.kid_id.is_(None), Wish.kid_id == kid.id)


def _counts(then: datetime) -> ColumnElement[bool]:
    # One that has ended since still counts until the next midnight. One that was told counts until what it was told of
    # takes place: who posts and cancels would see by the count whom that has reached, and so where.
    return and_(Wish.created_at <= then - COUNTS_AFTER, or_(Wish.ends_at > then, Wish.look_at.is_not(None)))
