"""Best for you: no better date below a worse, and one order however the dates come."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetups.domain.capacity import Room
from meetups.domain.order import Candidate, best_first, points

quick = settings(deadline=None, max_examples=300)
NOW = datetime(2026, 11, 24, 13, tzinfo=UTC)
ROOMS = (Room.NO, Room.FEW, Room.YES)
KIDS = 3


KEYS = st.integers(0, 10**6)


def candidates() -> st.SearchStrategy[Candidate]:
    return st.builds(
        Candidate,
        key=KEYS,
        starts_at=st.integers(0, 26 * 7 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)),
        minutes=st.none() | st.integers(1, 24).map(lambda steps: steps * 5),
        fit=st.integers(0, KIDS),
        kids=st.just(KIDS),
        asleep=st.integers(0, KIDS),
        faces=st.integers(0, 2),
        room=st.sampled_from(ROOMS),
    )


def at_least_as_good(one: Candidate, other: Candidate) -> bool:
    return (
        one.starts_at <= other.starts_at
        and one.walk <= other.walk
        and one.fit >= other.fit
        and one.asleep <= other.asleep
        and one.faces >= other.faces
        and ROOMS.index(one.room) >= ROOMS.index(other.room)
    )


@quick
@given(candidates(), st.data())
def test_a_nearer_better_fitting_sooner_one_is_never_below_a_worse(worse: Candidate, data: st.DataObject) -> None:
    ahead = int((worse.starts_at - NOW).total_seconds() // 60)
    better = Candidate(
        key=data.draw(KEYS.filter(lambda key: key != worse.key)),
        starts_at=NOW + timedelta(minutes=data.draw(st.integers(0, ahead))),
        minutes=data.draw(st.integers(1, worse.walk // 5).map(lambda steps: steps * 5)),
        fit=data.draw(st.integers(worse.fit, KIDS)),
        kids=KIDS,
        asleep=data.draw(st.integers(0, worse.asleep)),
        faces=data.draw(st.integers(worse.faces, 2)),
        room=data.draw(st.sampled_from(ROOMS[ROOMS.index(worse.room) :])),
    )
    assert at_least_as_good(better, worse)
    if not at_least_as_good(worse, better):
        assert best_first([worse, better], NOW) == [better.key, worse.key]
    assert points(better, NOW) >= points(worse, NOW)


@quick
@given(st.lists(candidates(), max_size=12, unique_by=lambda one: one.key), st.randoms())
def test_the_order_is_total_and_the_same_however_the_dates_come(found: list[Candidate], chance) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(found)
    chance.shuffle(shuffled)
    ordered = best_first(found, NOW)
    assert sorted(ordered) == sorted(one.key for one in found)
    assert best_first(shuffled, NOW) == ordered
    # Taking some away changes nothing about the others: what pages rest on.
    assert best_first(found[1:], NOW) == [key for key in ordered if not found or key != found[0].key]


def one(**values: object) -> Candidate:
    usual = {"key": 1, "starts_at": NOW, "minutes": 10, "fit": 1, "kids": 1, "asleep": 0, "faces": 0, "room": Room.YES}
    return Candidate(**usual | values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        # It fits her child, nine days later.
        (one(starts_at=NOW + timedelta(days=9)), one(fit=0, key=2)),
        # Tomorrow round the corner, not today half an hour away.
        (one(minutes=5, starts_at=NOW + timedelta(days=1)), one(minutes=30, key=2)),
        # Somebody she knows, a little farther.
        (one(faces=1, minutes=15), one(key=2)),
        # Not in nap time, three days later.
        (one(starts_at=NOW + timedelta(days=3)), one(asleep=1, key=2)),
        # It fits, though in nap time.
        (one(asleep=1), one(fit=0, key=2)),
        # A free place, two days later.
        (one(starts_at=NOW + timedelta(days=2)), one(room=Room.NO, key=2)),
    ],
)
def test_what_the_points_say(better: Candidate, worse: Candidate) -> None:
    assert best_first([worse, better], NOW) == [better.key, worse.key]
