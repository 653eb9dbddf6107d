"""What hosts tap: room, time and place, off and on again, undo, helpers, hand-over, still on, and waking a series."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from meetups.domain.errors import Problem
from meetups.domain.zones import to_local
from meetups.events import exceptions, undo
from meetups.events import services as events
from meetups.events.models import CoHost, HandOver, Meetup, Occurrence
from meetups.events.scopes import Scope
from meetups.events.welcome import confirm_soon
from meetups.extensions import db
from meetups.hosting import helpers, resting
from meetups.hosting import services as hosting
from meetups.places.models import Place
from tests.factories import TORONTO
from tests.rsvps.machine.families import ANYBODY, WHICH, WHO
from tests.rsvps.machine.town import By, Town

SCOPES = st.sampled_from((Scope.THIS, Scope.THIS, Scope.FOLLOWING, Scope.ALL))
# On the same day at another hour, soon, or so late that it ends on the next day.
MOVES = st.sampled_from((timedelta(hours=1), timedelta(hours=-1), timedelta(hours=5), timedelta(days=1), None))


class Hosts(RuleBasedStateMachine):
    """The rules of hosts, over a town that the whole machine makes."""

    town: Town

    @rule(which=WHICH, scope=SCOPES, capacity=st.sampled_from((None, 1, 1, 2, 3)))
    def makes_it_larger_or_smaller(self, which: int, scope: Scope, capacity: int | None) -> None:
        self.town.edits(which, scope, lambda _row: {"capacity": capacity})

    @rule(which=WHICH, scope=SCOPES, by=MOVES)
    def moves_it(self, which: int, scope: Scope, by: timedelta | None) -> None:
        self.town.edits(which, scope, lambda row: {"starts": _moved(row, by)})

    @rule(which=WHICH, scope=SCOPES, place=st.integers(0, 1), by=st.sampled_from((timedelta(0), timedelta(hours=2))))
    def goes_to_another_place(self, which: int, scope: Scope, place: int, by: timedelta) -> None:
        def change(row: Occurrence) -> dict[str, Any]:
            return {"place": db.session.get_one(Place, self.town.places[place]), "starts": _moved(row, by)}

        self.town.edits(which, scope, change)

    @rule(which=WHICH)
    def cancels_a_date(self, which: int) -> None:
        one = self.town.date(which)
        self.town.hosts_edit(0, lambda _: events.cancel_date(self.town.row(one), "Flu", self.town.now), which)

    @precondition(lambda self: any(one.off for one in self.town.after.coming()))
    @rule(which=st.integers(0, 3))
    def lets_it_take_place_after_all(self, which: int) -> None:
        off = [one for one in self.town.after.coming() if one.off]
        one = off[which % len(off)]

        def act() -> None:
            with undo.undoable(self.town.row(one).meetup, self.town.now):
                exceptions.restore_date(self.town.row(one), self.town.now)
                confirm_soon(self.town.row(one).meetup, self.town.now, self.town.row(one))

        self.town.request(By("host"), act)

    @rule(sure=st.integers(0, 3))
    def cancels_the_series(self, sure: int) -> None:
        if sure == 0:
            self.town.hosts_edit(0, lambda meetup: events.cancel_series(meetup, "We move away", self.town.now))

    @rule()
    def undoes_it(self) -> None:
        def act() -> None:
            edit = undo.latest(db.session.get_one(Meetup, self.town.root), self.town.now)
            if edit:
                undo.undo(edit, self.town.now)

        self.town.request(By("host"), act)

    @rule(who=WHO)
    def names_a_cohost(self, who: int) -> None:
        self._hosts(lambda walk: helpers.name_cohost(walk, self.town.member(who), self.town.now))

    @precondition(lambda self: db.session.query(CoHost).filter_by(accepted_at=None).count())
    @rule()
    def agrees_to_help(self) -> None:
        asked = db.session.query(CoHost).filter_by(accepted_at=None).first()
        who = self.town.members.index(asked.member_id)
        self._seen(who, lambda walk: helpers.accept_cohost(walk, self.town.member(who), self.town.now))

    @rule(who=WHO)
    def ends_with_a_cohost(self, who: int) -> None:
        self._hosts(lambda walk: helpers.end_cohost(walk, self.town.member(who)))

    @rule(who=ANYBODY)
    def offers_the_series(self, who: int) -> None:
        self._hosts(lambda walk: helpers.offer(walk, self.town.member(who), self.town.now))

    @precondition(lambda self: db.session.query(HandOver).count())
    @rule()
    def takes_it_over(self) -> None:
        who = self.town.members.index(db.session.query(HandOver).one().member_id)
        self._seen(who, lambda walk: helpers.take_over(walk, self.town.member(who), self.town.now))

    @rule(who=ANYBODY)
    def says_that_it_is_on(self, who: int) -> None:
        one = self.town.date(0)
        self.town.request(
            By("host"), lambda: hosting.still_on(self.town.row(one), self.town.member(who), self.town.now)
        )

    @rule(who=WHO)
    def takes_the_baton(self, who: int) -> None:
        one = self.town.date(0)
        self.town.request(
            By("host"), lambda: hosting.take_baton(self.town.row(one), self.town.member(who), None, self.town.now)
        )

    @precondition(lambda self: db.session.get_one(Meetup, self.town.root).resting_at)
    @rule()
    def wakes_it(self) -> None:
        who = self.town.hosts()[0]
        self._hosts(lambda walk: resting.wake(walk, self.town.member(who), self.town.now))

    def _hosts(self, do: Any) -> None:
        self.town.request(By("host"), lambda: do(db.session.get_one(Meetup, self.town.root)))

    def _seen(self, who: int, do: Any) -> None:
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
