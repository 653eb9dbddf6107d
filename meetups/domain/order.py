"""Best for you: in which order dates suit one reader, as points for time, walk, age, naps, faces and room.

The points are added up, and none of the six ever takes away for what is better, so that a date that is sooner, nearer
and fits better, in the nap time of fewer children, with as many familiar faces and as much room as another, always
comes before it. What each is worth is a judgement: that it fits all her children outdoes a month, that she can get in
five days, and five minutes of walk a day and a quarter; a nap can be moved, or slept in the pram.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from meetups.domain.capacity import Room

# One point less for each quarter of a day that it lies ahead, and for each minute of walk.
A_POINT = timedelta(hours=6)
# What counts as the walk where nobody would walk, or nobody knows from where (minutes).
FAR = 120
# What it is worth that it fits all her children (in parts, some of them), by how many faces are familiar, and room.
FITS = 120
# That none of them naps then (in parts, some of them).
AWAKE = 30
FACES = (0, 8, 14)
ROOM = {Room.NO: 0, Room.FEW: 20, Room.YES: 24}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One date as its order sees it: `minutes` on foot, how many `fit` of so many `kids`, how many of them are then
    `asleep`, the band (0 to 2) of familiar faces, the room left. `key` is its id, which only decides between dates that
    are alike."""

    key: int
    starts_at: datetime
    minutes: int | None
    fit: int
    kids: int
    asleep: int
    faces: int
    room: Room

    @property
    def walk(self) -> int:
        """The walk in minutes, however far."""
        return FAR if self.minutes is None else min(self.minutes, FAR)

    @property
    def fitting(self) -> int:
        """The points for her children whom it fits."""
        return FITS * self.fit // self.kids if self.kids else 0

    @property
    def awake(self) -> int:
        """The points for her children who do not nap then."""
        return AWAKE * (self.kids - self.asleep) // self.kids if self.kids else 0


def points(candidate: Candidate, now: datetime) -> int:
    """Return how well a date suits her, as it is at `now`: higher is better."""
    waits = max(candidate.starts_at - now, timedelta()) // A_POINT
    good = candidate.fitting + candidate.awake + FACES[candidate.faces] + ROOM[candidate.room]
    return good - candidate.walk - waits


def best_first(candidates: Iterable[Candidate], now: datetime) -> list[int]:
    """Return the keys of dates, what suits her best first; of what has as many points the sooner, the nearer, then as
    the points are told above, so that no two readings of the same dates differ."""
    return [found.key for found in sorted(candidates, key=lambda one: _rank(one, now))]


def _rank(one: Candidate, now: datetime) -> tuple[int | datetime, ...]:
    better = one.starts_at, one.walk, -one.fitting, -one.awake, -one.faces, -ROOM[one.room]
    return -points(one, now), *better, one.key
