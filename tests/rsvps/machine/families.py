"""What families tap: every answer, an excuse, late, an offered place, coming every time, and not wanting to meet."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from meetups.accounts import services as accounts
from meetups.accounts.models import Member
from meetups.domain.capacity import Answer
from meetups.domain.errors import Problem
from meetups.domain.excuses import LATES, Reason, may_be_late
from meetups.domain.zones import to_local
from meetups.events.models import Meetup
from meetups.extensions import db
from meetups.rsvps import services, standing, standing_queries
from tests.factories import TORONTO
from tests.rsvps.machine.town import FAMILIES, By, Town

# The next date first: there is where families meet.
WHICH = st.sampled_from((0, 0, 0, 1, 1, 2, 4))
WHO = st.integers(1, FAMILIES - 1)
SAYS = st.sampled_from(
    [(Answer.GOING, None)] * 4
    + [(Answer.MAYBE, None), (Answer.NOT_GOING, None)]
    + [(Answer.NOT_GOING, reason) for reason in Reason]
)
PAIRS = st.sampled_from(((0, 1), (0, 2), (0, 3), (1, 2), (1, 3)))


class Families(RuleBasedStateMachine):
    """The rules of families, over a town that the whole machine makes."""

    town: Town

    @rule(who=WHO, which=WHICH, says=SAYS, kids=st.integers(1, 3))
    def says(self, who: int, which: int, says: tuple[Answer, Reason | None], kids: int) -> None:
        """Skipping one date of those she comes to every time is this, too."""
        answer, reason = says
        self.town.answers(who, which, answer, kids, reason)

    @rule(which=st.sampled_from((0, 1)), last=WHO)
    def all_say_yes(self, which: int, last: int) -> None:
        """The fuller it is, the more there is to go wrong."""
        for who in sorted(range(1, FAMILIES), key=lambda who: (who == last, who)):
            self.town.answers(who, which, Answer.GOING)

    @rule(which=WHICH)
    def who_is_in_bails(self, which: int) -> None:
        """A place comes free."""
        rows = [row for row in self.town.after.of(self.town.date(which).id) if row.holds]
        if rows:
            self.town.answers(self.town.members.index(rows[0].member), which, Answer.NOT_GOING)

    def _may_be_late(self) -> list[int]:
        """Return who comes to the next date, where that is near enough to be late for."""
        one = self.town.date(0)
        near = may_be_late(one.starts, one.ends, self.town.now)
        return [self.town.members.index(row.member) for row in self.town.after.of(one.id) if near and row.holds]

    @precondition(lambda self: self._may_be_late())
    @rule(minutes=st.sampled_from((None, *LATES)))
    def says_late(self, minutes: int | None) -> None:
        one, who = self.town.date(0), self._may_be_late()[0]

        def act() -> None:
            row = self.town.seen(one, who)
            if row is None:
                raise Problem("404")
            services.say_late(row, self.town.member(who), minutes, self.town.now)

        self.town.request(By("member", self.town.members[who]), act)

    def _offered(self) -> list[tuple[int, int]]:
        """Return who is offered a place and to which of the dates that are left, by their numbers."""
        look, left = self.town.after, [one.id for one in self.town.after.dates.values() if one.ends > self.town.now]
        rows = [row for row in look.rows.values() if row.answer == Answer.OFFERED and row.date in left]
        return [(self.town.members.index(row.member), left.index(row.date)) for row in rows]

    @precondition(lambda self: self._offered())
    @rule(wanted=st.sampled_from((Answer.GOING, Answer.NOT_GOING)))
    def answers_the_offer(self, wanted: Answer) -> None:
        who, which = self._offered()[0]
        self.town.answers(who, which, wanted)

    @precondition(lambda self: self.town.repeats)
    @rule(who=WHO, kids=st.integers(1, 3))
    def comes_every_time(self, who: int, kids: int) -> None:
        def say(walk: Meetup) -> None:
            standing.say(walk, self.town.member(who), self.town.kids(who, kids), self.town.now)

        self._of_series(who, say)

    @precondition(lambda self: self.town.after.regulars)
    @rule(days=st.sampled_from((None, 3, 8, 20)))
    def pauses_or_comes_no_more(self, days: int | None) -> None:
        def act(walk: Meetup) -> None:
            row = standing_queries.of(walk, self.town.member(who))
            if row and row.ended_at is None and days:
                standing.pause(row, to_local(self.town.now + timedelta(days=days), TORONTO).date(), self.town.now)
            elif row:
                standing.end(row, self.town.now)

        who = self.town.members.index(min(self.town.after.regulars))
        self._of_series(who, act)

    def _of_series(self, who: int, do: Callable[[Meetup], object]) -> None:
        def act() -> None:
            walk = self.town.walk(who)
            if walk is None:
                raise Problem("404")
            do(walk)

        known = set(self.town.after.rows)
        if self.town.request(By("member", self.town.members[who]), act):
            # Her page shows the next dates; what she has said to others before stays as she knows it.
            mine = [(one, self.town.members[who]) for one in self.town.after.dates]
            self.town.reads([pair for pair in mine if pair not in known])

    @rule(pair=PAIRS, back=st.booleans())
    def does_not_want_to_meet(self, pair: tuple[int, int], back: bool) -> None:
        """Mostly the host, in either direction; and two families of each other, of whom one may come to host."""
        one, other = reversed(pair) if back else pair

        def block() -> None:
            accounts.block(self.town.member(one), self.town.member(other), self.town.now)

        self.town.request(By("block"), block)

    @precondition(lambda self: self.town.after.blocks)
    @rule()
    def would_meet_again(self) -> None:
        one, other = sorted(min(self.town.after.blocks, key=sorted))
        both = [(one, other), (other, one)]

        def unblock() -> None:
            for she, her in both:
                accounts.unblock(db.session.get_one(Member, she), db.session.get_one(Member, her))

        self.town.request(By("block"), unblock)
