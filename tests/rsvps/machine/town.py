"""The town: a host, four families with children, one walk; what they tap, what the worker does, and what may break."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import event, select

from meetups import worker
from meetups.accounts.models import Kid, Member
from meetups.domain.capacity import Answer
from meetups.domain.errors import Problem
from meetups.domain.recurrence import Frequency, Rule
from meetups.domain.zones import to_local
from meetups.events import queries as events
from meetups.events import services as hosting
from meetups.events.models import Change, Meetup, Occurrence, rid
from meetups.events.scopes import Scope, draft_of_date, edit_as
from meetups.events.undo import undoable
from meetups.events.welcome import confirm_soon
from meetups.extensions import Base, db
from meetups.mail.models import IS_OPEN, OutboxMail
from meetups.places.models import Place
from meetups.rsvps import services
from meetups.rsvps.models import Rsvp
from tests.conftest import NOW
from tests.events.drafts import a_draft
from tests.factories import TORONTO, add_kid, add_member, add_place
from tests.rsvps.machine.look import Date, Look, Pair, look
from tests.rsvps.machine.mailman import Killed, Mailman, Mood

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
NAMES = ("Hermelinde", "Aurelia", "Benedikta", "Cassiopeia", "Dulcinea")
FAMILIES = len(NAMES)
RULES = {
    "once": (None, timedelta(0)),
    "five weeks": (timedelta(weeks=1), timedelta(days=7)),
    "every fortnight": (timedelta(weeks=2), timedelta(days=14)),
}
OUR_LOG = logging.getLogger("meetups")


@dataclass(frozen=True)
class By:
    """Who did the last step, for she alone may lose her place by it. `what` is "member", "host", "worker" or "time"."""

    what: str
    who: int | None = None


class Errors(logging.Handler):
    """What broke inside the worker, which goes on all the same."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(f"{record.getMessage()}: {record.__dict__.get('step')} {record.__dict__.get('why')}")


class Town:
    """Ids and no rows are kept, for each request and each round has a session of its own."""

    def __init__(self, rule: str, capacity: int | None, ahead: timedelta) -> None:
        self.now, self.errors = NOW, Errors()
        # Before how many more statements the worker is killed (0: it is not), and whether it is.
        self.fuse, self.burnt = 0, False
        OUR_LOG.addHandler(self.errors)
        event.listen(db.engine, "before_cursor_execute", self._burn)
        self.mailman = Mailman(self._die)
        self.dies_next = False
        # How a date was before its host moved it last, and what else she meant.
        self.moved: tuple[Date, Scope] | None = None
        self.killed = self.silences = 0
        self.members = [add_member(name).id for name in NAMES]
        for number, member_id in enumerate(self.members):
            for kid in range(1 + number % 3):
                add_kid(db.session.get_one(Member, member_id), date(2025 - kid, 3 + number, 1))
        self.repeats = rule != "once"
        self.places = [add_place("Withrow Park").id, add_place("Greenwood Park").id]
        self.root = self._host(rule, capacity, ahead)
        self.before = self.after = look(self.now)
        self.lines: dict[int, list[int]] = {}
        self.by = By("time")

    def _host(self, rule: str, capacity: int | None, ahead: timedelta) -> int:
        """Host a walk whose next date is `ahead`, and that two families have come to once, if it repeats."""
        every, back = RULES[rule]
        starts = to_local(NOW + ahead, TORONTO).replace(second=0, microsecond=0) - back
        began = NOW - back - timedelta(days=1)
        weekly = every and Rule(
            Frequency.WEEKLY, interval=every.days // 7, weekdays=(starts.weekday(),),
            count=5 if rule == "five weeks" else None,
        )  # fmt: skip
        place, host = db.session.get_one(Place, self.places[0]), self.member(0)
        meetup = hosting.host(host, a_draft(place, starts, weekly, capacity=capacity), began)
        if every:
            first = events.all_dates(meetup)[0]
            first.capacity = None
            for who in (1, 2):
                services.answer(first, self.member(who), Answer.GOING, [], began)
            first.capacity = capacity and max(capacity, 2)
        root = meetup.id
        db.session.commit()
        return root

    def close(self) -> None:
        OUR_LOG.removeHandler(self.errors)
        event.remove(db.engine, "before_cursor_execute", self._burn)
        db.session.rollback()
        db.session.remove()

    # What breaks.

    def _burn(self, *_: object) -> None:
        if self.burnt:
            raise Killed
        if self.fuse > 0:
            self.fuse -= 1
            self.burnt = self.fuse == 0

    def _die(self) -> None:
        self.burnt = True

    def worker_round(self, dies_at: int = 0) -> None:
        """Let the worker do all that is due; `dies_at` is the statement before which it is killed."""
        self.by, self.mailman.now, self.fuse = By("worker"), self.now, dies_at
        try:
            worker.run_round(self.now, transport=self.mailman, owner=f"worker {self.killed}")
        except BaseException:
            # What unwinds in a process that is gone may well end in other words: SQLAlchemy gives up its connection.
            if not self.burnt:
                raise
            self.killed += 1
            self.by = By("killed")
        finally:
            self.fuse, self.burnt = 0, False
            db.session.rollback()
            db.session.remove()
        if dies_at and self.by == By("killed"):
            self.mailman.count_in_hand()
        # Several rounds may be one step, and in one of them a date appears that a later one calls off.
        self._meets(look(self.now))

    def request(self, by: By, act: Callable[[], object]) -> bool:
        """Do what one tap does in a transaction of its own; False where it is refused or the process dies."""
        self.by = by
        before = everything() if self.dies_next else None
        try:
            act()
            db.session.flush()
        except Problem:
            db.session.rollback()
            return False
        finally:
            dies, self.dies_next = self.dies_next, False
        if dies:
            db.session.rollback()
            db.session.remove()
            assert everything() == before, "a request that died has left something behind"
            return False
        db.session.commit()
        db.session.remove()
        return True

    # Who and what is there.

    def member(self, who: int) -> Member:
        return db.session.get_one(Member, self.members[who])

    def kids(self, who: int, how_many: int) -> Sequence[Kid]:
        return self.member(who).kids[:how_many]

    def date(self, which: int) -> Date:
        """Return one of the dates that are not over, the next ones first."""
        left = [one for one in self.after.dates.values() if one.ends > self.now] or list(self.after.dates.values())
        return left[which % len(left)]

    def row(self, one: Date) -> Occurrence:
        return db.session.get_one(Occurrence, one.id)

    def seen(self, one: Date, who: int) -> Occurrence | None:
        """Return a date as its page finds it for a member: past blocks."""
        row = self.row(one)
        return events.occurrence(row.meetup.public_id, rid(row.recurrence_id), self.member(who))

    def walk(self, who: int) -> Meetup | None:
        """Return the meetup of the next date as its page finds it for a member."""
        meetup = db.session.get_one(Meetup, self.date(0).meetup)
        return events.meetup(meetup.public_id, self.member(who))

    def host(self) -> int:
        """Return whose series it is now."""
        return self.members.index(db.session.get_one(Meetup, self.root).host_id)

    # What is tapped in several rules.

    def answers(self, who: int, which: int, wanted: Answer, kids: int = 1, reason: Any = None) -> None:
        """Answer as the page does, which she reads."""
        one = self.date(which)
        pair = one.id, self.members[who]

        def act() -> None:
            row = self.seen(one, who)
            if row is None:
                raise Problem("404")
            services.answer(row, self.member(who), wanted, self.kids(who, kids), self.now, reason=reason)

        if self.request(By("member", self.members[who]), act):
            self.reads([pair])
            given = db.session.scalar(
                select(Rsvp.answer).where(Rsvp.occurrence_id == pair[0], Rsvp.member_id == pair[1])
            )
            assert given == wanted or (wanted, given) == (Answer.GOING, Answer.WAITING)

    def reads(self, pairs: Sequence[Pair]) -> None:
        """Note what a family that has just answered has read on the page."""
        now = look(self.now)
        for pair in pairs:
            row = now.rows.get(pair)
            if row:
                self.mailman.reads(pair, now.dates[row.date].fact, comes=row.answer == Answer.GOING)

    def hosts_edit(self, act: Callable[[Meetup], object], which: int = 0) -> bool:
        """Do as a host what can be undone for ten minutes."""
        meetup_id = self.date(which).meetup

        def edit() -> None:
            meetup = db.session.get_one(Meetup, meetup_id)
            with undoable(meetup, self.now):
                act(meetup)

        return self.request(By("host"), edit)

    def edits(self, which: int, scope: Scope, change: Callable[[Occurrence], dict[str, Any]]) -> bool:
        """Save a date's page of changes, for this date, this and the following, or all."""
        one = self.date(which)

        def act(_: Meetup) -> None:
            row = self.row(one)
            if row.cancelled_at or row.starts_at <= self.now:
                raise Problem("404")
            part, _effect = edit_as(scope, row, replace(draft_of_date(row), **change(row)), self.now)
            confirm_soon(part, part.host, self.now, row if scope == Scope.THIS else None)

        return self.hosts_edit(act, which)

    # Time, and looking.

    def looks(self) -> tuple[Look, Look]:
        """Look again; return how it was before the last step and how it is."""
        self.before, self.after = self.after, look(self.now)
        self._meets(self.after)
        for pair in set(self.mailman.heard) - set(self.after.rows):
            self.mailman.forget(pair)
        return self.before, self.after

    def _meets(self, now: Look) -> None:
        """Her standing yes has answered a date that has just appeared: she knows the series, and so how it stands."""
        for pair, row in now.rows.items():
            if pair not in self.mailman.heard:
                self.mailman.reads(pair, now.dates[row.date].fact, comes=row.answer == Answer.GOING)

    def settle(self) -> None:
        """Let the mail server take all, and the worker run until no news is due any more: a day at most."""
        self.mailman.mood, self.dies_next = Mood.TAKES, False
        until = self.now + timedelta(hours=26)
        self.worker_round()
        while (due := self._next_due()) is not None and due < until:
            self.now = max(self.now + SECOND, due)
            self.worker_round()

    def _next_due(self) -> datetime | None:
        mails = db.session.scalars(
            select(OutboxMail.next_try).where(IS_OPEN, OutboxMail.template.not_in(("day_before", "two_hours")))
        )
        dues = [*mails, *db.session.scalars(select(Change.due).where(Change.handled_at.is_(None)))]
        db.session.rollback()
        return min(dues, default=None)


def everything() -> dict[str, list[Any]]:
    """Return every row of every table."""
    found = {table.name: sorted(map(repr, db.session.execute(select(table)))) for table in Base.metadata.sorted_tables}
    db.session.rollback()
    return found
