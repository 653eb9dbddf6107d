"""What hosts tap: room, time and place, off and on again, undo, helpers, hand-over, still on, and waking a series."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from meetups.domain.errors import Problem
from meetups.domain.zones import to_local
from meetups.events import exceptions, undo
from meetups.events import services as events
from meetups.events.models import Meetup, Occurrence
from meetups.events.scopes import Scope
from meetups.events.welcome import confirm_soon
from meetups.extensions import db
from meetups.hosting import helpers, resting
from meetups.hosting import services as hosting
from meetups.places.models import Place
from tests.factories import TORONTO
from tests.rsvps.machine.families import WHICH
from tests.rsvps.machine.town import By, Town

SCOPES = st.sampled_from((Scope.THIS, Scope.THIS, Scope.FOLLOWING, Scope.ALL))
# On the same day at another hour, soon, or so late that it ends on the next day.
MOVES = st.sampled_from(
    (timedelta(hours=1), timedelta(hours=-1), timedelta(hours=5), timedelta(days=1), timedelta(0), None)
)


class Hosts(RuleBasedStateMachine):
    """The rules of hosts, over a town that the whole machine makes."""

    town: Town

    @rule(which=WHICH, scope=SCOPES, capacity=st.sampled_from((None, 1, 1, 2, 3)))
    def makes_it_larger_or_smaller(self, which: int, scope: Scope, capacity: int | None) -> None:
        self.town.edits(which, scope, lambda _row: {"capacity": capacity})

    @rule(which=WHICH, scope=SCOPES, by=MOVES, place=st.sampled_from((None, 0, 1)))
    def moves_it(self, which: int, scope: Scope, by: timedelta | None, place: int | None) -> None:
        def change(row: Occurrence) -> dict[str, Any]:
            where = row.place if place is None else db.session.get_one(Place, self.town.places[place])
            return {"starts": _moved(row, by), "place": where}

        was = self.town.date(which)
        if self.town.edits(which, scope, change):
            self.town.moved = was, scope

    @precondition(lambda self: self.town.moved)
    @rule()
    def moves_it_back(self) -> None:
        """By hand, whether those who come have been told by then or not."""
        assert self.town.moved
        (was, scope), self.town.moved = self.town.moved, None
        left = [one.id for one in self.town.after.dates.values() if one.ends > self.town.now]

        def change(_: Occurrence) -> dict[str, Any]:
            return {"starts": to_local(was.starts, TORONTO), "place": db.session.get_one(Place, was.place)}

        if was.id in left:
            self.town.edits(left.index(was.id), scope, change)

    @rule(which=WHICH)
    def calls_it_off_or_lets_it_take_place(self, which: int) -> None:
        one = self.town.date(which)

        def act(_: Meetup) -> None:
            row = self.town.row(one)
            if row.cancelled_at is None:
                events.cancel_date(row, "Flu", self.town.now)
            else:
                exceptions.restore_date(row, self.town.now)
                confirm_soon(row.meetup, row.meetup.host, self.town.now, row)

        self.town.hosts_edit(act, which)

    @precondition(lambda self: self.town.silences and not all(one.off for one in self.town.after.coming()))
    @rule()
    def cancels_the_series(self) -> None:
        """Late in a run: nothing is left to happen after it but its undoing."""
        self.town.hosts_edit(lambda meetup: events.cancel_series(meetup, "We move away", self.town.now))

    @precondition(lambda self: self.town.after.changed)
    @rule()
    def undoes_it(self) -> None:
        def act() -> None:
            edit = undo.latest(db.session.get_one(Meetup, self.town.root), self.town.now)
            if edit:
                undo.undo(edit, self.town.now)

        self.town.request(By("host"), act)

    @precondition(lambda self: self.town.repeats)
    @rule(who=st.integers(1, 2), agrees=st.booleans())
    def names_or_ends_a_cohost(self, who: int, agrees: bool) -> None:
        """One of the two who have come once."""
        helping = any(self.town.members[who] in those for those in self.town.after.helpers.values())
        if helping:
            self._hosts(lambda walk: helpers.end_cohost(walk, self.town.member(who)))
        elif self._hosts(lambda walk: helpers.name_cohost(walk, self.town.member(who), self.town.now)) and agrees:
            self._seen(who, lambda walk: helpers.accept_cohost(walk, self.town.member(who), self.town.now))

    @precondition(lambda self: self.town.repeats)
    @rule(who=st.integers(0, 2), agrees=st.booleans())
    def hands_it_over(self, who: int, agrees: bool) -> None:
        offered = self._hosts(lambda walk: helpers.offer(walk, self.town.member(who), self.town.now))
        if offered and agrees:
            self._seen(who, lambda walk: helpers.take_over(walk, self.town.member(who), self.town.now))

    @precondition(lambda self: self._asked())
    @rule()
    def says_that_it_is_on(self) -> None:
        one, who = self.town.date(0), self.town.host()
        self.town.request(
            By("host"), lambda: hosting.still_on(self.town.row(one), self.town.member(who), None, self.town.now)
        )

    def _asked(self) -> list[int]:
        """Return who has been asked to take the baton of the next date, by their numbers."""
        next_one = self.town.date(0).id
        return [self.town.members.index(member) for date, member in self.town.after.asked if date == next_one]

    @precondition(lambda self: self._asked())
    @rule()
    def takes_the_baton(self) -> None:
        one, who = self.town.date(0), self._asked()[0]
        pair = one.id, self.town.members[who]
        taken = self.town.request(
            By("host"), lambda: hosting.take_baton(self.town.row(one), self.town.member(who), None, self.town.now)
        )
        if taken:
            self.town.mailman.repeats(pair)

    @precondition(lambda self: self.town.after.resting)
    @rule()
    def wakes_it(self) -> None:
        who = self.town.host()
        self._hosts(lambda walk: resting.wake(walk, self.town.member(who), self.town.now))

    def _hosts(self, do: Callable[[Meetup], object]) -> bool:
        return self.town.request(By("host"), lambda: do(db.session.get_one(Meetup, self.town.root)))

    def _seen(self, who: int, do: Callable[[Meetup], object]) -> None:
        """Do what a link in her mail does, where she still sees the series."""

        def act() -> None:
            walk = self.town.walk(who)
            if walk is None:
                raise Problem("404")
            do(walk)

        self.town.request(By("member", self.town.members[who]), act)


def _moved(row: Occurrence, by: timedelta | None) -> datetime:
    """Return another wall-clock start of a date; without `by`, one from which it lasts past midnight."""
    starts = to_local(row.starts_at, TORONTO)
    return starts.replace(hour=23, minute=30) if by is None else starts + by
