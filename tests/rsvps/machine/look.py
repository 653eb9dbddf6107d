"""The town as one look at the tables finds it: plain rows, so that two looks can be held against each other."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select

from meetups.accounts.models import Block
from meetups.domain.capacity import Answer, asks
from meetups.events.dates import TELL_AFTER
from meetups.events.models import Change, ChangeKind, CoHost, Edit, Meetup, Occurrence
from meetups.extensions import db
from meetups.hosting.models import BatonAsk
from meetups.mail.models import IS_OPEN, OutboxMail
from meetups.rsvps.models import Rsvp, StandingYes
from meetups.rsvps.standing import LOOK_EVERY

Pair = tuple[int, int]  # (a date's id, a member's id)


class Fact(NamedTuple):
    """What somebody must know of a date before she sets out: when and where, or that it is off."""

    starts: datetime
    place: int
    off: bool

    def same(self, other: "Fact") -> bool:
        """Return whether both say the same: of what is off nobody asks when it would have been."""
        return (self.off and other.off) or self == other


class Date(NamedTuple):
    id: int
    meetup: int
    root: int
    host: int
    held_by: int | None
    starts: datetime
    ends: datetime
    place: int
    off: bool
    capacity: int | None
    taken: int

    @property
    def fact(self) -> Fact:
        return Fact(self.starts, self.place, self.off)


class Row(NamedTuple):
    id: int
    date: int
    member: int
    answer: str
    since: datetime | None
    offered_until: datetime | None
    offer_told: bool
    changed: datetime
    by_standing: bool
    planned: bool

    @property
    def holds(self) -> bool:
        return Answer(self.answer).holds

    @property
    def in_line(self) -> bool:
        """Whether her place in the line is hers still: an offer that has not reached her has not cost it."""
        return self.answer == Answer.WAITING or (self.answer == Answer.OFFERED and not self.offer_told)

    @property
    def concerned(self) -> bool:
        return self.answer != Answer.NOT_GOING


class Owed(NamedTuple):
    """A mail that is still to leave."""

    template: str
    member: int | None
    dates: tuple[int, ...]
    key: str


class Regular(NamedTuple):
    """Who comes every time: the day on which she is back from her pause, and when the worker has looked last."""

    back: date | None
    looked: datetime


class Look(NamedTuple):
    now: datetime
    dates: dict[int, Date]
    rows: dict[Pair, Row]
    blocks: set[frozenset[int]]
    unsettled: bool
    helpers: dict[int, set[int]]  # by the first part of a series
    regulars: dict[int, Regular]
    changed: set[int]  # dates with a change, or with room, that is not handled yet
    retold: set[int]  # those of them whose change is more than room
    asked: set[Pair]  # to take the baton
    resting: bool
    edited: bool  # of late: what an edit has made can still be undone
    owed: list[Owed]

    def of(self, date: int) -> list[Row]:
        return [row for row in self.rows.values() if row.date == date]

    def coming(self) -> Iterable[Date]:
        return (date for date in self.dates.values() if date.starts > self.now)

    def shuns(self, date: Date, member: int, *, stand_in: bool = True) -> bool:
        """Return whether a block keeps a member from a date: with its host, a co-host or who stands in."""
        hosts = {date.host, *self.helpers.get(date.root, ())} | ({date.held_by} if stand_in and date.held_by else set())
        return any(frozenset((member, one)) in self.blocks for one in hosts)

    def line(self, date: Date) -> list[Row]:
        """Return who gets a free place, the next one first: whoever has waited longest, of those who may see the date
        and, shortly before it, have not been offered one."""
        asking = asks(date.starts, self.now)
        return sorted(
            (row for row in self.able(date) if not (asking and row.offered_until)), key=lambda row: (row.since, row.id)
        )

    def able(self, date: Date) -> list[Row]:
        """Return all who would get a free place one after the other, in no order: shortly before, those too whom an
        offer has not reached."""
        asking = asks(date.starts, self.now)
        waiting = [row for row in self.of(date.id) if row.answer == Answer.WAITING]
        seeing = [row for row in waiting if not self.shuns(date, row.member, stand_in=False)]
        return [row for row in seeing if not (asking and row.offered_until and row.offer_told)]


def look(now: datetime) -> Look:
    """Read all of it. The transaction is over afterwards."""
    blocks = db.session.execute(select(Block.blocker_id, Block.blocked_id, Block.settled_at)).all()
    changes = db.session.execute(select(Change.occurrence_id, Change.kind).where(Change.handled_at.is_(None))).all()
    regulars = select(StandingYes.member_id, StandingYes.paused_until, StandingYes.look_at).where(
        StandingYes.ended_at.is_(None)
    )
    edited = select(Edit.id).where(Edit.created_at > now - TELL_AFTER)
    found = Look(
        now, _dates(), _rows(),
        blocks={frozenset(row[:2]) for row in blocks},
        unsettled=any(row[2] is None for row in blocks),
        helpers=_helpers(),
        regulars={row[0]: Regular(row[1], row[2] - LOOK_EVERY) for row in db.session.execute(regulars)},
        changed={row[0] for row in changes},
        retold={row[0] for row in changes if row[1] != ChangeKind.ROOM},
        asked={tuple(row) for row in db.session.execute(select(BatonAsk.occurrence_id, BatonAsk.member_id))},
        resting=db.session.scalar(select(Meetup.id).where(Meetup.resting_at.is_not(None)).limit(1)) is not None,
        edited=db.session.scalar(edited) is not None,
        owed=_owed(),
    )  # fmt: skip
    db.session.rollback()
    return found


def _dates() -> dict[int, Date]:
    one = Occurrence
    columns = one.id, one.meetup_id, Meetup.series_id, Meetup.host_id, one.held_by_id
    facts = one.starts_at, one.ends_at, one.place_id, one.cancelled_at, one.capacity, one.taken
    query = select(*columns, *facts).join(Meetup, Meetup.id == one.meetup_id).order_by(one.starts_at, one.id)
    rows = db.session.execute(query)
    return {row[0]: Date(row[0], row[1], row[2] or row[1], *row[3:8], row[8] is not None, *row[9:]) for row in rows}


def _rows() -> dict[Pair, Row]:
    columns = Rsvp.id, Rsvp.occurrence_id, Rsvp.member_id, Rsvp.answer, Rsvp.waiting_since
    offer = Rsvp.offered_until, Rsvp.offer_told, Rsvp.changed_at
    rows = db.session.execute(select(*columns, *offer, Rsvp.by_standing, Rsvp.planned_at))
    return {(row[1], row[2]): Row(*row[:9], row[9] is not None) for row in rows}


def _helpers() -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for root, member in db.session.execute(
        select(CoHost.series_id, CoHost.member_id).where(CoHost.accepted_at.is_not(None))
    ):
        found.setdefault(root, set()).add(member)
    return found


def _owed() -> list[Owed]:
    query = select(OutboxMail.template, OutboxMail.data, OutboxMail.dedupe_key).where(IS_OPEN)
    return [Owed(row[0], row[1].get("member"), dates_in(row[1]), row[2]) for row in db.session.execute(query)]


def dates_in(data: dict[str, object]) -> tuple[int, ...]:
    """Return the dates that a mail was queued for."""
    several = data.get("dates")
    if isinstance(several, list):
        return tuple(several)
    return (int(str(data["occurrence"])),) if "occurrence" in data else ()
