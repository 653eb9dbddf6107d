"""What families tap: every answer, an excuse, late, an offered place, coming every time, and not wanting to meet."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from meetups.accounts import services as accounts
from meetups.domain.capacity import Answer
from meetups.domain.errors import Problem
from meetups.domain.excuses import LATES, Reason
from meetups.domain.zones import to_local
from meetups.events.models import Meetup
from meetups.rsvps import services, standing, standing_queries
from tests.factories import TORONTO
from tests.rsvps.machine.town import FAMILIES, By, Town

# The next date first: there is where families meet.
WHICH = st.sampled_from((0, 0, 0, 1, 1, 2, 4))
WHO, ANYBODY = st.integers(1, FAMILIES - 1), st.integers(0, FAMILIES - 1)


class Families(RuleBasedStateMachine):
    """The rules of families, over a town that the whole machine makes."""

    town: Town

    @rule(who=WHO, which=WHICH, kids=st.integers(1, 3))
    def says_yes(self, who: int, which: int, kids: int) -> None:
        self.town.answers(who, which, Answer.GOING, kids)

    @rule(which=st.sampled_from((0, 1)))
    def all_say_yes(self, which: int) -> None:
        """It is a good date: the fuller it is, the more there is to go wrong."""
        for who in range(1, FAMILIES):
            self.town.answers(who, which, Answer.GOING)

    @rule(who=WHO, which=WHICH, wanted=st.sampled_from((Answer.MAYBE, Answer.NOT_GOING)))
    def says_otherwise(self, who: int, which: int, wanted: Answer) -> None:
        """Skipping one date of those she comes to every time is this, too."""
        self.town.answers(who, which, wanted)

    @rule(who=WHO, which=WHICH, reason=st.sampled_from(Reason))
    def bails(self, who: int, which: int, reason: Reason) -> None:
        self.town.answers(who, which, Answer.NOT_GOING, reason=reason)

    @rule(who=WHO, minutes=st.sampled_from((None, *LATES)))
    def says_late(self, who: int, minutes: int | None) -> None:
        one = self.town.date(0)

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

    @rule(who=WHO, kids=st.integers(1, 3))
    def comes_every_time(self, who: int, kids: int) -> None:
        def say(walk: Meetup) -> None:
            standing.say(walk, self.town.member(who), self.town.kids(who, kids), self.town.now)

        self._of_series(who, say)

    @rule(who=WHO, days=st.sampled_from((3, 8, 20)))
    def pauses(self, who: int, days: int) -> None:
        def pause(walk: Meetup) -> None:
            row = standing_queries.of(walk, self.town.member(who))
            if row and row.ended_at is None:
                standing.pause(row, to_local(self.town.now + timedelta(days=days), TORONTO).date(), self.town.now)

        self._of_series(who, pause)

    @rule(who=WHO)
    def comes_no_more_every_time(self, who: int) -> None:
        def end(walk: Meetup) -> None:
            row = standing_queries.of(walk, self.town.member(who))
            if row and row.ended_at is None:
                standing.end(row, self.town.now)

        self._of_series(who, end)

    def _of_series(self, who: int, do: object) -> None:
        def act() -> None:
            walk = self.town.walk(who)
            if walk is None:
                raise Problem("404")
            do(walk)  # type: ignore[operator]

        known = set(self.town.after.rows)
        if self.town.request(By("member", self.town.members[who]), act):
            # Her page shows the next dates; what she has said to others before stays as she knows it.
            self.town.reads([(one, self.town.members[who]) for one in self.town.after.dates if (one, self.town.members[who]) not in known])  # fmt: skip

    @rule(one=ANYBODY, other=ANYBODY)
    def does_not_want_to_meet(self, one: int, other: int) -> None:
        self.town.request(
            By("time"), lambda: accounts.block(self.town.member(one), self.town.member(other), self.town.now)
        )

    @precondition(lambda self: self.town.after.blocks)
    @rule(one=ANYBODY, other=ANYBODY)
    def would_meet_again(self, one: int, other: int) -> None:
        self.town.request(By("time"), lambda: accounts.unblock(self.town.member(one), self.town.member(other)))
