"""Towns with a thousand to a million coming dates: the demo's real parks, again and again a few degrees on.

One town has the parks of the demo, those nearest to its middle first, with three weekly series in each and 26 weeks
of dates: as lively as a town gets. More dates are more towns, so that a half mile has as many of them in all sizes.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from alembic import command
from sqlalchemy import Table, func, insert, select

from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.columns import id_beside, public_id
from meetups.domain.nearness import Point, cells, metres
from meetups.domain.recurrence import Frequency, Rule, stored
from meetups.domain.text import search_key
from meetups.domain.zones import to_utc, zone_at
from meetups.events.dates import AHEAD
from meetups.events.models import Kind, Meetup, Occurrence, Visibility
from meetups.extensions import db
from meetups.places.models import Place
from meetups.schema import alembic_config

PARKS = Path(__file__).parent.parent / "meetups/demo/data/parks.csv"
HERE = Point(43.6747, -79.3476)
SERIES_AT_A_PARK, WEEKS = 3, 26
# Where the further towns lie, in degrees: apart, and within the middle latitudes of two hemispheres.
STEP, ACROSS = 1.0, 60
AT_ONCE = 5_000
HOURS = (9, 10, 15)


class Spot(NamedTuple):
    """A park as it is copied into a town."""

    name: str
    point: Point


def fill(dates: int, members: int) -> None:
    """Make an empty database a country with so many coming dates, and so many members."""
    command.upgrade(alembic_config(), "head")
    now = utcnow()
    _insert(Member, (_member(number, now) for number in range(members)))
    series = -(-dates // WEEKS)
    _insert(Place, (_place(number, spot, now) for number, spot in enumerate(spots(-(-series // SERIES_AT_A_PARK)))))
    places = db.session.execute(select(Place.id, Place.zone, Place.cell6, Place.cell7, Place.cell8).order_by(Place.id))
    homes = [row._asdict() for row in places]
    hosts = db.session.scalars(select(Member.id).order_by(Member.id)).all()
    _insert(Meetup, (_meetup(number, homes, hosts, now) for number in range(series)))
    meetups = db.session.execute(select(Meetup.id, Meetup.public_id, Meetup.starts).order_by(Meetup.id)).all()
    _insert(Occurrence, islice(_dates(meetups, homes), dates))
    db.session.commit()
    db.session.connection().exec_driver_sql("ANALYZE")
    db.session.commit()


def spots(count: int) -> list[Spot]:
    """Return so many parks: those of one town, nearest to its middle first, then those of the next."""
    with PARKS.open(encoding="utf-8") as file:
        parks = [Spot(row["name"], Point(float(row["lat"]), float(row["lon"]))) for row in csv.DictReader(file)]
    parks.sort(key=lambda spot: metres(HERE, spot.point))
    towns = range(-(-count // len(parks)))
    return [_moved(spot, town) for town in towns for spot in parks][:count]


def _moved(spot: Spot, town: int) -> Spot:
    row, column = divmod(town, ACROSS)
    return Spot(spot.name, Point(spot.point.lat - row * STEP, spot.point.lon + column * STEP))


def counted() -> int:
    """Return how many dates there are."""
    return db.session.scalar(select(func.count()).select_from(Occurrence)) or 0


def _insert(model: Any, rows: Iterable[dict[str, Any]]) -> None:
    table: Table = model.__table__
    left = iter(rows)
    while some := list(islice(left, AT_ONCE)):
        db.session.execute(insert(table), some)
        db.session.commit()


def _member(number: int, now: datetime) -> dict[str, Any]:
    return {
        "public_id": public_id(), "first_name": f"Ana {number}", "email": f"ana{number}@example.org", "created_at": now,
    }  # fmt: skip


def _place(number: int, spot: Spot, now: datetime) -> dict[str, Any]:
    own = cells(spot.point)._asdict()
    return own | {
        "public_id": public_id(), "name": spot.name, "search_key": search_key(spot.name), "kind": "park",
        "lat": spot.point.lat, "lon": spot.point.lon, "zone": zone_at(spot.point), "source": "benchmark",
        "source_ref": str(number), "created_at": now, "city": "Toronto", "country": "CA",
    }  # fmt: skip


def _meetup(number: int, places: list[dict[str, Any]], hosts: Sequence[int], now: datetime) -> dict[str, Any]:
    place = places[number // SERIES_AT_A_PARK]
    day = (now + timedelta(days=1 + number % 7)).replace(tzinfo=None)
    starts = day.replace(hour=HOURS[number % len(HOURS)], minute=0, second=0, microsecond=0)
    return {
        "public_id": public_id(), "host_id": hosts[number % len(hosts)], "place_id": place["id"], "kind": _kind(number),
        "visibility": Visibility.PUBLIC, "title": f"Walk {number}", "spot": "Red stroller by the gate",
        "note": "Slowly, with a coffee.", "starts": starts, "zone": place["zone"], "duration": 90,
        "rule": stored(Rule(Frequency.WEEKLY, weekdays=(starts.weekday(),))), "ages": _ages(number), "capacity": 8,
        "created_at": now, "changed_at": now, "rolled_to": starts + AHEAD,
    }  # fmt: skip


def _dates(meetups: Iterable[Any], places: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, meetup in enumerate(meetups):
        place = places[number // SERIES_AT_A_PARK]
        for week in range(WEEKS):
            yield _date(meetup, number, meetup.starts + week * timedelta(weeks=1), place)


def _date(meetup: Any, number: int, starts: datetime, place: dict[str, Any]) -> dict[str, Any]:
    starts_at = to_utc(starts, place["zone"])
    return {
        "meetup_id": meetup.id, "recurrence_id": starts, "uid": id_beside(meetup.public_id), "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=90), "place_id": place["id"], "cell6": place["cell6"],
        "cell7": place["cell7"], "cell8": place["cell8"], "kind": _kind(number), "ages": _ages(number), "capacity": 8,
    }  # fmt: skip


def _kind(number: int) -> Kind:
    return list(Kind)[number % len(Kind)]


def _ages(number: int) -> int:
    # Each kind has all of them.
    return (3, 6, 12, 24, 127)[number // len(Kind) % 5]
