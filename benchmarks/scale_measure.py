"""What is measured of worlds of several sizes: all in turn, so that a busy machine is busy for each of them alike."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from statistics import median
from typing import Any

from flask import Flask
from sqlalchemy import insert, select

from benchmarks import http, scale_world
from benchmarks.http import Target
from benchmarks.plans import plan, walks
from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.domain.capacity import Answer
from meetups.events import finding
from meetups.events import services as events
from meetups.events.dates import AHEAD
from meetups.events.models import Kind, Meetup, Occurrence
from meetups.events.queries import upcoming
from meetups.events.search import Search
from meetups.events.spread import spots
from meetups.extensions import db
from meetups.rsvps import services as rsvps

SECONDS, CONNECTIONS = 0.4, 4
ANSWERS = 200
SERVER = ("--worker-class", "gthread", "--threads", "4", "--workers", "2")
# What a bare view of the same is asked for, too.
COMPARED = ("browse", "points", "search feed")
# Of these no address is asked for twice, so that nothing of it has been kept.
NOT_KEPT = {
    "browse, not kept": "browse",
    "browse, filtered, not kept": "browse, filtered",
    "five kilometres, not kept": "browse, five kilometres",
    "points, not kept": "points",
}
FEED = "search feed"
FILTERED: dict[str, Any] = {"age": 10, "kind": Kind.WALK}


@dataclass
class World:
    """A site with so many coming dates, and what was measured of it: seconds for each thing, what share of the bare
    view's rate it has, the time of rolling series on against that of inserting the same rows, the bytes of a process,
    and the plans that walk no index of cells."""

    dates: int
    app: Flask
    environment: dict[str, str]
    paths: dict[str, str]
    seconds: dict[str, float] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    rolls: float = 0.0
    memory: int = 0
    plans: list[str] = field(default_factory=list)


@dataclass
class Served:
    """A world behind its server, and beside it the bare application."""

    port: int
    process: int
    targets: list[Target]
    bare_port: int
    bare: list[Target]


def over_http(worlds: Sequence[World], rounds: int) -> None:
    """Ask the servers of all worlds in turn."""
    with ExitStack() as running:
        served = [_serve(world, running) for world in worlds]
        for number in range(rounds + 1):
            for one in served:
                for port, targets in ((one.port, one.targets), (one.bare_port, one.bare)):
                    http.measure_once(port, targets, SECONDS, CONNECTIONS, keep=number > 0)
        for world, one in zip(worlds, served, strict=True):
            world.memory = max(http.memory(child) for child in http.children(one.process))
            _note(world, one)


def _serve(world: World, running: ExitStack) -> Served:
    bare = [Target(name, world.paths[name]) for name in COMPARED]
    said = world.environment | {"BARE_PATHS": "\n".join(one.path for one in bare)}
    port, process = running.enter_context(http.server("wsgi:app", world.environment, SERVER))
    bare_port, _ = running.enter_context(http.server("benchmarks.bare:app", said, SERVER))
    _same(port, bare_port, bare)
    targets = [Target(name, path) for name, path in world.paths.items()]
    targets += [Target(name, world.paths[same], others=_anew(world.paths[same])) for name, same in NOT_KEPT.items()]
    feed = next(one for one in targets if one.name == FEED)
    targets.append(Target(f"{FEED}, 304", feed.path, f"If-None-Match: {http.tag_of(port, feed)}\r\n", 304))
    return Served(port, process, targets, bare_port, bare)


def _anew(path: str) -> Iterator[str]:
    """Yield addresses of the same search, none of them twice."""
    return (f"{path}&n={number}" for number in count())


def _same(port: int, bare_port: int, targets: Sequence[Target]) -> None:
    """Whoever is compared must say the same."""
    for one in targets:
        ours, theirs = (http.ask(http.connect(number), one)[1] for number in (port, bare_port))
        if abs(len(ours) - len(theirs)) > len(ours) * 0.02:
            raise SystemExit(f"{one.name}: {len(ours)} bytes, and {len(theirs)} from memory")


def _note(world: World, served: Served) -> None:
    world.seconds |= {one.name: 1 / one.rate for one in served.targets}
    rates = {one.name: one.rate for one in served.bare}
    compared = {name: name for name in COMPARED} | {name: same for name, same in NOT_KEPT.items() if same in rates}
    world.shares |= {one.name: one.rate / rates[compared[one.name]] for one in served.targets if one.name in compared}


def strange_plans() -> list[str]:
    """Return the steps of what a stranger's front page asks that do not walk the index of the cells; none at best."""
    near, now = Search(near=scale_world.HERE, within=1600, zone="America/Toronto"), utcnow()
    asked: dict[str, Callable[[], object]] = {
        "list": lambda: finding.find(near, None, now),
        "filtered list": lambda: finding.find(near.but(**FILTERED), None, now),
        "far list": lambda: finding.find(near.but(within=5000), None, now),
        "days": lambda: finding.days(near, None, now, now + timedelta(days=8)),
        "map": lambda: spots(near, None, now),
    }
    plans = {name: plan(ask) for name, ask in asked.items()}
    along = dict.fromkeys(plans, "ix_occurrences_cell")
    plans["anywhere"], along["anywhere"] = plan(lambda: finding.find(Search(), None, now)), "ix_occurrences_starts"
    series = db.session.scalars(select(Meetup).limit(1)).one()
    plans["a series"], along["a series"] = plan(lambda: upcoming(series, now, 6)), "meetup_id"
    db.session.rollback()
    return [f"{name}: {steps}" for name, steps in plans.items() if not walks(steps, along[name])]


def answers(worlds: Sequence[World]) -> None:
    """Let a member after the other answer a date of each world in turn."""
    took: dict[int, list[float]] = {world.dates: [] for world in worlds}
    dates = {world.dates: _in(world, _first_dates) for world in worlds}
    for number in range(min(ANSWERS, *map(len, dates.values()))):
        for world in worlds:
            date, member = dates[world.dates][number]
            took[world.dates].append(_in(world, lambda date=date, member=member: _answer(date, member)))
    for world in worlds:
        world.seconds["an answer"] = median(took[world.dates])


def _in(world: World, act: Callable[[], Any]) -> Any:
    with world.app.app_context():
        try:
            return act()
        finally:
            db.session.remove()


def _first_dates() -> list[tuple[int, int]]:
    ids = db.session.scalars(select(Occurrence.id).order_by(Occurrence.starts_at, Occurrence.id).limit(ANSWERS)).all()
    members = db.session.scalars(select(Member.id).order_by(Member.id.desc()).limit(len(ids))).all()
    return list(zip(ids, members, strict=False))


def _answer(date: int, member: int) -> float:
    began = time.perf_counter()
    row = db.session.get_one(Occurrence, date)
    rsvps.answer(row, db.session.get_one(Member, member), Answer.GOING, [], utcnow())
    db.session.commit()
    return time.perf_counter() - began


def rolling(world: World, most: int) -> None:
    """Half a year later: let the worker make the dates of `most` series, and compare with inserting the same rows."""

    def measured() -> None:
        events.roll_forward(utcnow())
        db.session.commit()
        before, began = scale_world.counted(), time.perf_counter()
        done = _roll(most)
        took = time.perf_counter() - began
        world.seconds["a series rolled on"] = took / done
        world.rolls = took / _inserting(scale_world.counted() - before)

    _in(world, measured)


def _roll(most: int) -> int:
    done, later = 0, utcnow() + AHEAD
    while done < most and (some := events.roll_forward(later, min(200, most - done))):
        db.session.commit()
        db.session.remove()
        done += some
    return done


def _inserting(count: int) -> float:
    """Return the seconds it takes to merely insert so many rows like those that were made."""
    table = Occurrence.__table__
    rows = [dict(row._mapping) for row in db.session.execute(select(table).order_by(table.c.id.desc()).limit(count))]
    last = min(row["id"] for row in rows)
    db.session.execute(table.delete().where(table.c.id >= last))
    db.session.commit()
    began = time.perf_counter()
    db.session.execute(insert(table), rows)
    db.session.commit()
    return time.perf_counter() - began
