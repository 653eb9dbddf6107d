"""A small town in which every kind of mail about an answer is owed, and every reason not to send one stands."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update

from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.domain.capacity import Answer
from meetups.domain.words import clock_words
from meetups.domain.zones import to_local
from meetups.events import exceptions, undo
from meetups.events.models import Occurrence
from meetups.events.scopes import draft_of_date
from meetups.events.services import cancel_date
from meetups.extensions import db, reading
from meetups.mail.models import MailState, OutboxMail
from meetups.places.models import Place
from meetups.reminders.services import plan
from meetups.rsvps.services import answer
from tests.factories import TORONTO, add_block, add_meetup, add_member, add_place, first_date

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# By so much that no end of the old time is a start of the new one.
LATER = timedelta(minutes=97)
# An undone edit is told after ten minutes: this one is due.
JUST_NOW = timedelta(minutes=11)
OLD, NEW = "Oldfield Park", "Newfield Park"


@dataclass(frozen=True, order=True)
class Owed:
    """A mail that must arrive: which template, about which date, to whom."""

    template: str
    date: int
    rcpt: str


@dataclass
class World:
    """What is owed, and to whom nothing may be sent."""

    owed: set[Owed] = field(default_factory=set)
    # Families the host does not want to meet.
    blocked: set[str] = field(default_factory=set)
    # (template, address) that was unsubscribed.
    unwanted: set[tuple[str, str]] = field(default_factory=set)
    # Of each of these one is owed: whichever leaves first tells all.
    either: list[frozenset[Owed]] = field(default_factory=list)
    # Since when no mail may send anybody to where or when (wall clock) a date was before; of each date what was true
    # before, and what is instead.
    moved_at: datetime | None = None
    moved: dict[int, dict[str, str]] = field(default_factory=dict)
    host: int = 0
    families: int = 0

    def owes(self, template: str, date: Occurrence, members: list[Member]) -> None:
        """Note that these must get a mail."""
        self.owed |= {Owed(template, date.id, member.email) for member in members}


def fill(families: int = 4, now: datetime | None = None) -> World:
    """Fill an empty database as it is at a moment, and commit. `families` say yes to each kind of date."""
    now, world = now or utcnow(), World(families=families)
    host = family("Hana", wants_host_list=False)
    world.host = host.id
    world.unwanted.add(("host_list", host.email))
    _begun(world, host, now)
    _tomorrow(world, host, now)
    _together(world, host, now)
    _full(world, host, now)
    _moved(world, host, now)
    _later(world, host, now)
    _off(world, host, now)
    _new(world, host, now)
    db.session.commit()
    return world


def family(name: str, **values: object) -> Member:
    """A member without quiet hours: what is owed must not hang on the hour at which a test runs."""
    return add_member(name, quiet_from=0, quiet_until=0, **values)


def date_in(host: Member, ahead: timedelta, now: datetime, place: Place | None = None, **values: object) -> Occurrence:
    """Post a single date that starts `ahead` from now."""
    starts = to_local(now + ahead, TORONTO).replace(second=0)
    return first_date(add_meetup(host, place, starts=starts, created_at=now - 9 * DAY, **values))


def come(date: Occurrence, when: datetime, names: int) -> list[Member]:
    """Let new families say yes at a moment."""
    members = [family(f"Family {number}") for number in range(names)]
    for member in members:
        answer(date, member, Answer.GOING, [], when)
    return members


def _arrived() -> None:
    # Their first mails have left long ago.
    done = {"state": MailState.SENT, "finished_at": utcnow() - DAY, "attempts": 1}
    mails = update(OutboxMail).where(OutboxMail.template == "youre_in", OutboxMail.created_at < utcnow() - DAY)
    db.session.execute(mails.values(**done))


def _begun(world: World, host: Member, now: datetime) -> None:
    """Reminders were queued hours ago, the worker was down, and the date has begun."""
    date = date_in(host, -HOUR / 2, now)
    come(date, now - 3 * DAY, world.families)
    _arrived()
    plan(now - 4 * HOUR)


def _tomorrow(world: World, host: Member, now: datetime) -> None:
    # Not 23 hours: one night of the year has 25, another 23.
    date = date_in(host, 22 * HOUR, now)
    members = come(date, now - 3 * DAY, world.families + 2)
    _arrived()
    *wanting, unsubscribed, blocked = members
    unsubscribed.wants_day_before = unsubscribed.wants_two_hours = False
    world.unwanted |= {("day_before", unsubscribed.email), ("two_hours", unsubscribed.email)}
    add_block(host, blocked)
    world.blocked.add(blocked.email)
    world.owes("day_before", date, wanting)


def _together(world: World, host: Member, now: datetime) -> None:
    """Two dates of one morning: their reminders are one mail."""
    dates = [date_in(host, 22 * HOUR, now), date_in(host, 22 * HOUR + 20 * MINUTE, now)]
    members = come(dates[0], now - 3 * DAY, 2)
    for member in members:
        answer(dates[1], member, Answer.GOING, [], now - 3 * DAY)
    _arrived()
    for date in dates:
        world.owes("day_before", date, members)


def _full(world: World, host: Member, now: datetime) -> None:
    for _ in range(max(1, world.families // 2)):
        date = date_in(host, 3 * DAY, now, capacity=2)
        first, *_ = come(date, now - 3 * DAY, 2)
        waiting = come(date, now - 2 * DAY, 2)
        _arrived()
        answer(date, first, Answer.NOT_GOING, [], now)
        world.owes("promoted", date, waiting[:1])


def _moved(world: World, host: Member, now: datetime) -> None:
    date = date_in(host, 4 * DAY, now, place=add_place(OLD), title="Slow walk")
    members = come(date, now - 3 * DAY, world.families)
    _arrived()
    # Her mail has not left yet, and says where it is by then; that, or the news.
    (late,) = come(date, now - JUST_NOW - MINUTE, 1)
    move(world, date, now - JUST_NOW, place=add_place(NEW))
    world.owes("changed", date, members)
    world.either.append(frozenset(Owed(one, date.id, late.email) for one in ("youre_in", "changed")))


def _later(world: World, host: Member, now: datetime) -> None:
    """A reminder is queued, and then the date is moved to a later hour."""
    date = date_in(host, 22 * HOUR, now, title="Early walk")
    members = come(date, now - 3 * DAY, world.families)
    _arrived()
    plan(now - JUST_NOW - MINUTE)
    starts = to_local(date.starts_at, TORONTO) + LATER
    move(world, date, now - JUST_NOW, starts=starts)
    world.owes("changed", date, members)


def move(world: World, date: Occurrence, when: datetime, **values: object) -> None:
    """Change one date, as its page does."""
    before = _said_of(date)
    with undo.undoable(date.meetup, when):
        exceptions.edit_date(date, replace(draft_of_date(date), **values), when)
    world.moved_at = when
    world.moved[date.id] = {old: new for old, new in zip(before, _said_of(date), strict=True) if old != new}


def _said_of(date: Occurrence) -> tuple[str, str]:
    return date.place.name, f"at {clock_words(to_local(date.starts_at, TORONTO))} to"


def _off(world: World, host: Member, now: datetime) -> None:
    date = date_in(host, 5 * DAY, now)
    members = come(date, now - 3 * DAY, world.families)
    _arrived()
    with undo.undoable(date.meetup, now - JUST_NOW):
        cancel_date(date, "Measles", now - JUST_NOW)
    world.owes("cancelled", date, members)


def _new(world: World, host: Member, now: datetime) -> None:
    date = date_in(host, 6 * DAY, now)
    world.owes("youre_in", date, come(date, now, world.families))


def queued() -> list[OutboxMail]:
    """Return all rows, and hold no lock that a worker waits for."""
    db.session.rollback()
    with reading():
        rows = list(db.session.scalars(select(OutboxMail).order_by(OutboxMail.id)))
        for row in rows:
            db.session.expunge(row)
        db.session.rollback()
    return rows


def late(world: World, host: Member, now: datetime, then: datetime) -> None:
    """Queue, as of `then`, reminders that a worker did not send: of one date both are due now, another has begun."""
    soon, over = date_in(host, 1.5 * HOUR, now), date_in(host, -3 * HOUR, now)
    members = come(soon, now - 3 * DAY, world.families)
    come(over, now - 3 * DAY, world.families)
    _arrived()
    plan(then)
    world.owes("two_hours", soon, members)
    # The nearer one says it all.
    world.unwanted |= {("day_before", member.email) for member in members}
    db.session.commit()
