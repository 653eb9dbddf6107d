"""Whether the site is as quick with a million dates as with a thousand, and how far from a bare Flask view.

`make bench`. For each database and each size: a country of real parks (scale_world), the site under two worker
processes, beside them a bare Flask application that renders the same pages from memory under the same server
(bare.py), asked in turn, so that a busy machine is busy for both. Exits non-zero where a bar does not hold.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import median

from sqlalchemy import insert, select

from benchmarks import http, scale_world
from benchmarks.http import Target
from meetups.accounts.models import Member
from meetups.app import create_app
from meetups.clock import utcnow
from meetups.config import from_environment
from meetups.domain.capacity import Answer
from meetups.events import services as events
from meetups.events.dates import AHEAD
from meetups.events.models import Occurrence, rid
from meetups.events.search import Search
from meetups.extensions import db
from meetups.feeds.services import save
from meetups.rsvps import services as rsvps
from tests import postgres

SIZES, MEMBERS = "1000,100000", 100_000
ROUNDS, SECONDS, CONNECTIONS = 15, 0.4, 4
ANSWERS, ROLLED = 200, 400
SERVER = ("--worker-class", "gthread", "--threads", "4", "--workers", "2")
# Against the bare view; of the largest size against the smallest (time); against inserting the same rows; bytes.
LEAST, GROWS, ROLLS, MEMORY = 0.4, 1.3, 20.0, 150e6
WITH_BARS = ("browse", "points", "search feed")


@dataclass
class Size:
    """What was measured with so many dates: seconds for each thing, and what share of the bare view's rate it has."""

    dates: int
    seconds: dict[str, float] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    rolls: float = 0.0
    memory: int = 0


def main() -> int:
    """Print a table for each database; return 0 where every bar holds."""
    options = argparse.ArgumentParser()
    options.add_argument("--sizes", default=SIZES, help="numbers of coming dates")
    options.add_argument("--members", type=int, default=MEMBERS)
    options.add_argument("--databases", default="sqlite,postgresql")
    asked = options.parse_args()
    sizes = sorted(int(size) for size in asked.sizes.split(","))
    return max([run(name, sizes, asked.members) for name in asked.databases.split(",")])


def run(name: str, sizes: Sequence[int], members: int) -> int:
    """Measure one database ("sqlite", "postgresql") in all sizes, print its table; return 0 where all bars hold."""
    measured = [_size(name, dates, members) for dates in sizes]
    return report(name, measured)


def _size(name: str, dates: int, members: int) -> Size:
    with tempfile.TemporaryDirectory() as folder, _database(name, folder) as url:
        environment = {"DATABASE_URL": url, "DATA_DIR": folder, "PUBLIC_URL": "http://127.0.0.1", "DEMO": ""}
        app = create_app(from_environment(os.environ | environment))
        with app.app_context():
            scale_world.fill(dates, members)
            size, paths = Size(dates), _paths()
            try:
                _over_http(size, paths, environment)
                _writes(size)
            finally:
                db.session.remove()
                db.engine.dispose()
        return size


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
        "browse": f"/?{near}",
        "browse, filtered": f"/?{near}&age=10&kind=walk&within=1600",
        "points": f"/browse.geojson?{near}",
        "a date": f"/meetups/{meetup}/{rid(first.recurrence_id)}",
        "a series' file": f"/meetups/{meetup}/walk.ics",
        "search feed": f"/near/{saved.public_id}/near-me.ics",
    }
    db.session.commit()
    return paths


def _over_http(size: Size, paths: dict[str, str], environment: dict[str, str]) -> None:
    targets = [Target(name, path) for name, path in paths.items()]
    bare = [Target(name, paths[name]) for name in WITH_BARS]
    with ExitStack() as both:
        port, process = both.enter_context(http.server("wsgi:app", environment, SERVER))
        asked = environment | {"BARE_PATHS": "\n".join(one.path for one in bare)}
        bare_port, _ = both.enter_context(http.server("benchmarks.bare:app", asked, SERVER))
        _same(port, bare_port, bare)
        feed = next(one for one in targets if one.name == "search feed")
        tag = http.tag_of(port, feed)
        targets.append(Target("search feed, 304", feed.path, f"If-None-Match: {tag}\r\n", 304))
        for number in range(ROUNDS + 1):
            for asked_port, some in ((port, targets), (bare_port, bare)):
                http.measure_once(asked_port, some, SECONDS, CONNECTIONS, keep=number > 0)
        size.memory = max(http.memory(child) for child in http.children(process))
    size.seconds |= {one.name: 1 / one.rate for one in targets}
    rates = {one.name: one.rate for one in bare}
    size.shares |= {one.name: one.rate / rates[one.name] for one in targets if one.name in rates}


def _same(port: int, bare_port: int, targets: Sequence[Target]) -> None:
    """Whoever is compared must say the same."""
    for one in targets:
        ours, theirs = (http.ask(http.connect(number), one)[1] for number in (port, bare_port))
        if abs(len(ours) - len(theirs)) > len(ours) * 0.02:
            raise SystemExit(f"{one.name}: {len(ours)} bytes, and {len(theirs)} from memory")


def _writes(size: Size) -> None:
    size.seconds["an answer"] = _each(_answering())
    _, began = events.roll_forward(utcnow()), time.perf_counter()
    made = _roll()
    size.seconds["a series rolled on"] = (time.perf_counter() - began) / ROLLED
    size.rolls = (time.perf_counter() - began) / _inserting(made)


def _answering() -> Iterator[Callable[[], object]]:
    ids = list(db.session.scalars(select(Occurrence.id).order_by(Occurrence.starts_at, Occurrence.id).limit(ANSWERS)))
    members = list(db.session.scalars(select(Member.id).order_by(Member.id.desc()).limit(len(ids))))
    for date, member in zip(ids, members, strict=False):

        def answers(date: int = date, member: int = member) -> None:
            row = db.session.get_one(Occurrence, date)
            rsvps.answer(row, db.session.get_one(Member, member), Answer.GOING, [], utcnow())
            db.session.commit()
            db.session.remove()

        yield answers


def _each(acts: Iterator[Callable[[], object]]) -> float:
    took = []
    for act in acts:
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return median(took)


def _roll() -> int:
    """Half a year later: let the worker make the dates of ROLLED series; return how many."""
    before = scale_world.counted()
    done, later = 0, utcnow() + AHEAD
    while done < ROLLED and (some := events.roll_forward(later, min(200, ROLLED - done))):
        db.session.commit()
        db.session.remove()
        done += some
    return scale_world.counted() - before


def _inserting(count: int) -> float:
    """Return the seconds it takes to merely insert so many rows like those that were made."""
    table = Occurrence.__table__
    rows = [dict(row._mapping) for row in db.session.execute(select(table).order_by(table.c.id.desc()).limit(count))]
    db.session.execute(table.delete().where(table.c.id.in_([row["id"] for row in rows])))
    db.session.commit()
    began = time.perf_counter()
    db.session.execute(insert(table), rows)
    db.session.commit()
    return time.perf_counter() - began


def report(name: str, sizes: Sequence[Size]) -> int:
    """Print what was measured, each figure with its bar; return 0 where every bar holds."""
    small, large = sizes[0], sizes[-1]
    counts = ", ".join(f"{size.dates:,}" for size in sizes)
    print(f"\n{name}: {counts} coming dates; milliseconds a time, on all connections")
    failed = 0
    for thing in small.seconds:
        times = "".join(f"{size.seconds[thing] * 1000:10.2f}" for size in sizes)
        failed += _line(thing, times, large.seconds[thing] / small.seconds[thing], "most", GROWS)
    for thing in WITH_BARS:
        failed += _line(f"{thing}, of a bare view", "", min(size.shares[thing] for size in sizes), "least", LEAST)
    failed += _line("rolled on, of mere inserts", "", max(size.rolls for size in sizes), "most", ROLLS)
    failed += _line("memory of a process, MB", "", max(size.memory for size in sizes) / 1e6, "most", MEMORY / 1e6)
    return 1 if failed else 0


def _line(thing: str, times: str, figure: float, which: str, bar: float) -> bool:
    holds = figure <= bar if which == "most" else figure >= bar
    print(f"  {thing:28}{times:20} {figure:8.2f}  at {which} {bar:g}  {'holds' if holds else 'FAILS'}", flush=True)
    return not holds


if __name__ == "__main__":
    sys.exit(main())
