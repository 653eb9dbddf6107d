"""What a member does: she waits, and ends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from meetups.accounts import limits
from meetups.accounts.models import Member
from meetups.domain.errors import Problem
from meetups.domain.wishes import LASTS, MOST_OPEN, counted_at
from meetups.extensions import db, lock_row
from meetups.wishes import queries
from meetups.wishes.models import Wish

HOUR, WISHES_AN_HOUR = timedelta(hours=1), 20
# One that is over is counted until midnight, and kept a little longer.
KEPT = timedelta(days=2)
# How often one looks whether what she was told of still takes place.
LOOKED_EVERY = timedelta(hours=1)
# For how long a wish that is open again hears nothing of whom it was told of in vain.
RESTS = timedelta(days=30)
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


def _open_like(member: Member, asked: Asked | Wish, now: datetime) -> Wish | None:
    same = (
        Wish.cell == asked.cell,
        Wish.within == asked.within,
        Wish.ages.is_not_distinct_from(asked.ages),
        Wish.kid_id.is_not_distinct_from(asked.kid_id),
    )
    return db.session.scalar(select(Wish).where(Wish.member_id == member.id, queries.is_open(now), *same).limit(1))


def end(wish: Wish, now: datetime) -> None:
    """End a wish: its member does not wait any more."""
    wish.ends_at = min(wish.ends_at, now)
    settle(wish)


def told(wish: Wish, meetups: Mapping[str, str], now: datetime) -> None:
    """End a wish whose member has been told of some meetups, each with its host (public ids): for good, once any of
    them takes place, or where she has ended it herself meanwhile."""
    if wish.ends_at <= now:
        return
    hosts = {*meetups.values(), *_hosts(wish)}
    end(wish, now)
    wish.told, wish.look_at = {"meetups": list(meetups), "hosts": sorted(hosts)}, now + LOOKED_EVERY


def rests(wish: Wish, host: str, now: datetime) -> bool:
    """Return whether a wish that is open again hears nothing yet of a host (public id) who has cancelled on it."""
    return wish.reopened_at is not None and now < wish.reopened_at + RESTS and host in _hosts(wish)


def _hosts(wish: Wish) -> list[str]:
    return list((wish.told or {}).get("hosts", ()))


def settle(wish: Wish) -> None:
    """Look no more whether what a member was told of takes place."""
    wish.look_at = None


def reopen(wish: Wish, now: datetime) -> None:
    """Let a member wait on, until her wish would have faded: nothing came of what she was told. Where she waits for the
    same again by now, that is enough."""
    settle(wish)
    if _open_like(wish.member, wish, now):
        return
    # What others are shown changes at midnight alone: one that has ended today is still counted.
    wish.counts_from = now if wish.ends_at <= counted_at(now) else wish.counts_from
    wish.reopened_at = now
    wish.ends_at = wish.created_at + LASTS


def forget_old(now: datetime) -> None:
    """Delete what is over."""
    db.session.execute(delete(Wish).where(Wish.ends_at < now - KEPT, Wish.look_at.is_(None)))
