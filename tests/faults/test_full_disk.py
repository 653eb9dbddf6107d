"""A disk that is full: nothing that was saved is lost, the site says so kindly, and all goes on once there is room."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from alembic import command
from flask import Flask
from sqlalchemy import text

from meetups.app import create_app
from meetups.clock import utcnow
from meetups.config import Settings
from meetups.extensions import db
from meetups.schema import alembic_config
from tests.factories import add_member
from tests.faults.conftest import NOT_INJECTED, Record
from tests.faults.driving import is_done, settle
from tests.faults.invariants import judge
from tests.faults.processes import until, web, worker
from tests.faults.sink import Sink
from tests.faults.test_web import at, is_friendly, signed_in
from tests.faults.world import DAY, World, date_in, fill

pytestmark = [pytest.mark.real_clock, pytest.mark.only("sqlite"), pytest.mark.harder]
FAMILIES = 20
SIZE = "6m"
TRIES = 5
Fault = Callable[[list[int]], Callable[[], None]]


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a small file system over a folder; skip, and say so, where we may not."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"{NOT_INJECTED}this machine lets nobody mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill_up(folder: Path) -> Callable[[], None]:
    """Fill the disk to its last byte; return what makes room again."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    return ballast.unlink


def limit(pids: list[int]) -> Callable[[], None]:
    """Let processes write no file beyond its first page (EFBIG); return what lets them again."""

    def every(most: int) -> None:
        for pid in pids:
            with suppress(psutil.NoSuchProcess):
                for one in (psutil.Process(pid), *psutil.Process(pid).children()):
                    one.rlimit(psutil.RLIMIT_FSIZE, (most, psutil.RLIM_INFINITY))

    every(4096)
    return lambda: every(psutil.RLIM_INFINITY)


@contextmanager
def site_on(settings: Settings, folder: Path) -> Iterator[tuple[Flask, Settings]]:
    own = replace(settings, database_url=f"sqlite:///{folder / 'full.sqlite'}", data_dir=folder)
    app = create_app(own)
    with app.app_context():
        command.upgrade(alembic_config(), "head")
        try:
            yield app, own
        finally:
            db.session.remove()
            db.engine.dispose()


def test_the_disk_is_full(settings: Settings, tmp_path: Path, post: Sink, record: Record) -> None:
    with small_disk(tmp_path):
        _full(settings, tmp_path, post, record, "disk full (tmpfs)", lambda _pids: fill_up(tmp_path))


@pytest.mark.skipif(not hasattr(psutil, "RLIMIT_FSIZE"), reason=f"{NOT_INJECTED}no limits on this platform")
def test_files_may_not_grow(settings: Settings, tmp_path: Path, post: Sink, record: Record) -> None:
    _full(settings, tmp_path, post, record, "no file may grow (RLIMIT_FSIZE)", limit)


def _full(settings: Settings, folder: Path, post: Sink, record: Record, name: str, fault: Fault) -> None:
    with site_on(settings, folder) as (app, own):
        world = fill(FAMILIES)
        date, member = date_in(add_member("Hana"), 3 * DAY, utcnow()), add_member("Ana")
        path, broken = at(date), []
        db.session.commit()
        with web(own, workers=1) as (gunicorn, site):
            phone = signed_in(app, member, site)
            db.session.commit()
            phone.ask(path)
            room = fault([gunicorn.pid])
            asked = [phone.ask(path, answer="going") for _ in range(TRIES)]
            if not all(is_friendly(answer) for answer in asked):
                broken.append(f"the site said {phone.said}")
            if phone.ask(path)[0] != 200:
                broken.append("a page that only reads needs room")
            room()
            if phone.ask(path, answer="going")[0] != 302:
                broken.append("it does not go on once there is room")
        broken += _sends_again(own, fault, post, world)
        settle(post.transport())
        verdict = judge(world, post.taken)
        if db.session.scalar(text("PRAGMA integrity_check")) != "ok":
            broken.append("the database is damaged")
        db.session.rollback()
        verdict.broken += broken
        record(name, len(asked), verdict)


def _sends_again(settings: Settings, fault: Fault, post: Sink, world: World) -> Iterator[str]:
    """The disk is full while the worker has a mail in hand."""
    post.keep = 1
    with worker(settings, post.url) as process:
        assert post.arrived.wait(60)
        room = fault([process.pid])
        post.release()
        until(lambda: process.said("database not available") > 1 or process.poll() is not None)
        if process.poll() is not None:
            yield "the worker ends where the disk is full"
        room()
        # What had left is written down, late.
        until(lambda: is_done(world, post.taken), within=90)
