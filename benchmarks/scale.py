"""Whether the site is as quick with a million dates as with a thousand, and how far from a bare Flask view.

`make bench`. For each database: countries of real parks in all sizes (scale_world), each a site under two worker
processes, beside it a bare Flask application that renders the same pages from memory under the same server (bare.py).
All are asked in turn. Exits non-zero where a bar does not hold.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from sqlalchemy import select

from benchmarks import scale_measure, scale_world
from benchmarks.scale_measure import COMPARED, FILTERED, NOT_KEPT, World
from meetups.app import create_app
from meetups.clock import utcnow
from meetups.config import from_environment
from meetups.events.models import Occurrence, rid
from meetups.events.search import Search
from meetups.extensions import db
from meetups.feeds.services import save
from tests import postgres

SIZES, MEMBERS = "1000,100000", 100_000
ROUNDS, ROLLED = 9, 1000
# Against the bare view; of the largest size against the smallest (time); against inserting the same rows; bytes.
LEAST, GROWS, ROLLS, MEMORY = 0.4, 1.3, 20.0, 150e6
# Five kilometres hold more parks in a country than in a thousand dates, which are one neighbourhood's.
FULLER = ("five kilometres, not kept",)


def main() -> int:
    """Print a table for each database; return 0 where every bar holds."""
    options = argparse.ArgumentParser()
    options.add_argument("--sizes", default=SIZES, help="numbers of coming dates")
    options.add_argument("--members", type=int, default=MEMBERS)
    options.add_argument("--databases", default="sqlite,postgresql")
    options.add_argument("--rounds", type=int, default=ROUNDS, help="how often each address is asked in turn")
    options.add_argument("--rolled", type=int, default=ROLLED, help="how many series are rolled on by half a year")
    asked = options.parse_args()
    return max([run(name, asked) for name in asked.databases.split(",")])


def run(name: str, asked: argparse.Namespace) -> int:
    """Measure one database ("sqlite", "postgresql") in all sizes, print its table; return 0 where all bars hold."""
    sizes = sorted(int(size) for size in asked.sizes.split(","))
    with ExitStack() as open_worlds:
        worlds = [open_worlds.enter_context(_world(name, dates, asked.members)) for dates in sizes]
        scale_measure.over_http(worlds, asked.rounds)
        scale_measure.answers(worlds)
        for world in worlds:
            scale_measure.rolling(world, asked.rolled)
        return report(name, worlds)


@contextmanager
def _world(name: str, dates: int, members: int) -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder, _database(name, folder) as url:
        environment = {"DATABASE_URL": url, "DATA_DIR": folder, "PUBLIC_URL": "http://127.0.0.1", "DEMO": ""}
        app = create_app(from_environment(os.environ | environment))
        with app.app_context():
            scale_world.fill(dates, members)
            world = World(dates, app, environment, _paths())
            world.plans = scale_measure.strange_plans()
        yield world
        with app.app_context():
            db.engine.dispose()


@contextmanager
def _database(name: str, folder: str) -> Iterator[str]:
    if name == "sqlite":
        yield f"sqlite:///{folder}/bench.sqlite"
    else:
        with postgres.database() as url:
            yield url


def _paths() -> dict[str, str]:
    here = scale_world.HERE
    near = f"near={here.lat:.3f},{here.lon:.3f}"
    first = db.session.scalars(select(Occurrence).order_by(Occurrence.starts_at, Occurrence.id).limit(1)).one()
    saved = save(Search(near=here), "Near me", utcnow())
    meetup = first.meetup.public_id
    paths = {
        # As wide as has thirty cards in either country, not dates of fewer series.
        "browse": f"/?{near}&within=1200",
        "browse, filtered": "/?" + "&".join([near, *(f"{name}={value}" for name, value in FILTERED.items())]),
        "browse, five kilometres": f"/?{near}&within=5000",
        "points": f"/browse.geojson?{near}",
        "a date": f"/meetups/{meetup}/{rid(first.recurrence_id)}",
        "a series' file": f"/meetups/{meetup}/walk.ics",
        scale_measure.FEED: f"/near/{saved.public_id}/near-me.ics",
    }
    db.session.commit()
    return paths


def report(name: str, worlds: Sequence[World]) -> int:
    """Print what was measured, each figure with its bar; return 0 where every bar holds."""
    small, large = worlds[0], worlds[-1]
    counts = ", ".join(f"{world.dates:,}" for world in worlds)
    print(f"\n{name}: {counts} coming dates; milliseconds a time, on all connections; the largest against the smallest")
    failed = 0
    for thing in small.seconds:
        times = "".join(f"{world.seconds[thing] * 1000:10.2f}" for world in worlds)
        if thing in FULLER:
            print(f"  {thing:28}{times}           without a bar: the smallest has no whole town")
        else:
            failed += _line(thing, times, large.seconds[thing] / small.seconds[thing], "most", GROWS)
    for thing in COMPARED:
        failed += _line(f"{thing}, of a bare view", "", min(world.shares[thing] for world in worlds), "least", LEAST)
    for thing in (one for one in NOT_KEPT if one in small.shares):
        print(f"  {thing + ', of a bare view':48} {min(world.shares[thing] for world in worlds):8.2f}  without a bar")
    # Of a few hundred dates, a database may as well read all.
    failed += _line("plans beside the index", "", len(large.plans), "most", 0)
    print("".join(f"    {strange}\n" for strange in large.plans), end="")
    failed += _line("rolled on, of mere inserts", "", max(world.rolls for world in worlds), "most", ROLLS)
    failed += _line("memory of a process, MB", "", max(world.memory for world in worlds) / 1e6, "most", MEMORY / 1e6)
    return 1 if failed else 0


def _line(thing: str, times: str, figure: float, which: str, bar: float) -> bool:
    holds = figure <= bar if which == "most" else figure >= bar
    print(f"  {thing:28}{times:20} {figure:8.2f}  at {which} {bar:g}  {'holds' if holds else 'FAILS'}", flush=True)
    return not holds


if __name__ == "__main__":
    sys.exit(main())
