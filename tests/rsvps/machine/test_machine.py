"""Anything that families, hosts, the worker, time and bad luck may do, in any order; after each step all still holds."""

import os
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from tests.conftest import empty_tables
from tests.rsvps.machine import invariants
from tests.rsvps.machine.families import Families
from tests.rsvps.machine.hosts import Hosts
from tests.rsvps.machine.mailman import Mood
from tests.rsvps.machine.town import MINUTE, By, Town

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
RUNS, STEPS = (2000, 50) if NIGHTLY else (15, 30)
# Below a lease and beyond it; past the ten minutes of an undo; into the two hours in which places are offered.
SPELLS = (MINUTE, 6 * MINUTE, 11 * MINUTE, 21 * MINUTE, 90 * MINUTE, 10 * HOUR, DAY, 6 * DAY)
AHEAD = (90 * MINUTE, 3 * HOUR, 23 * HOUR, 26 * HOUR, 3 * DAY)
# With the suite it runs on the first database alone, for it takes long; every night on both.
once = pytest.mark.slow if NIGHTLY else pytest.mark.one_database
# Mostly it does what it is for.
MOODS = st.sampled_from((Mood.TAKES, Mood.TAKES, *Mood))


class Machine(Families, Hosts):
    """A walk with few places, and everything at once."""

    town: Town

    @initialize(
        rule=st.sampled_from(("once", "five weeks", "five weeks", "every fortnight")),
        capacity=st.sampled_from((1, 1, 2, 3, None)),
        ahead=st.sampled_from(AHEAD),
        full=st.sampled_from((True, True, False)),
    )
    def begins(self, rule: str, capacity: int | None, ahead: timedelta, full: bool) -> None:
        """Mostly all have said yes to the next date, and been written so: that is where things go wrong."""
        self.town = Town(rule, capacity, ahead)
        if full:
            self.town.looks()
            self.all_say_yes(which=0, last=1)
            self.the_worker_does_its_round(Mood.TAKES)
            self.town.lines = {}
            self.town.looks()

    @rule(mood=MOODS)
    def the_worker_does_its_round(self, mood: Mood) -> None:
        self.town.mailman.mood = mood
        self.town.worker_round()

    @rule(spell=st.sampled_from(SPELLS), works=st.booleans())
    def time_passes(self, spell: timedelta, works: bool) -> None:
        """And the worker does its round afterwards, or is away."""
        self.town.by = By("time")
        self.town.now += spell
        if works:
            self.town.worker_round()

    @precondition(lambda self: any(not one.off for one in self.town.after.coming()))
    @rule(at=st.sampled_from((15 * HOUR, 13 * HOUR, 2 * HOUR, HOUR, -30 * MINUTE, -2 * HOUR)))
    def the_next_date_comes_nearer(self, at: timedelta) -> None:
        """Its host is asked, a regular is, those coming hear that nobody may be there; it begins, and is over."""
        date = next(one for one in self.town.after.coming() if not one.off)
        self.town.now = max(self.town.now, date.starts - at)
        self.town.worker_round()

    @precondition(lambda self: self.town.silences == 0 and self.town.repeats)
    @rule()
    def two_dates_pass_in_silence(self) -> None:
        """Once in a run, for it takes long: after it the series rests, if families came."""
        self.town.silences += 1
        for date in [one for one in self.town.after.coming() if not one.off][:2]:
            for at in (15 * HOUR, 2 * HOUR, -2 * HOUR):
                self.town.now = max(self.town.now, date.starts - at)
                self.town.worker_round()

    @rule(statement=st.integers(1, 120))
    def the_worker_is_killed(self, statement: int) -> None:
        self.town.worker_round(dies_at=statement)

    @precondition(lambda self: not self.town.dies_next)
    @rule()
    def the_next_request_dies_before_its_commit(self) -> None:
        self.town.dies_next = True

    @invariant()
    def all_holds(self) -> None:
        before, after = self.town.looks()
        for holds in invariants.ALL:
            holds(self.town, before, after)
        self.town.now += timedelta(seconds=1)

    def teardown(self) -> None:
        if not hasattr(self, "town"):
            return
        try:
            self.town.settle()
            invariants.everybody_has_heard(self.town, self.town.looks()[1])
            self.all_holds()
        finally:
            self.town.close()
            empty_tables()


@once
@pytest.mark.hypothesis
def test_whatever_is_done_in_whatever_order(app: Flask) -> None:
    checked = settings(
        max_examples=RUNS, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Machine, settings=checked)
