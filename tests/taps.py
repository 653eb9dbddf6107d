"""Several taps in one instant: all have come as far as they can before any goes on."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from flask import Flask
from sqlalchemy import event, text

from meetups.extensions import db

TAPS = 4
COMES_WITHIN = 20  # seconds
Result = TypeVar("Result")


def held_back(app: Flask, tap: Callable[[], Result], let_go: Callable[[], None]) -> list[Result]:
    """Return what taps give that all wait for the transaction of the caller, or are done without, before she ends it
    with `let_go`."""
    with _waiting() as waiting, ThreadPoolExecutor(TAPS) as pool:

        def one() -> Result:
            with app.app_context():
                return tap()

        taps = [pool.submit(one) for _ in range(TAPS)]
        ends = time.monotonic() + COMES_WITHIN
        try:
            while waiting() + sum(one.done() for one in taps) < TAPS:
                assert time.monotonic() < ends, "they never came"
                time.sleep(0.01)
        finally:
            let_go()
        return [tapped.result() for tapped in taps]


@contextmanager
def _waiting() -> Iterator[Callable[[], int]]:
    if db.engine.dialect.name == "postgresql":
        blocked = text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
        yield lambda: db.session.scalar(blocked) or 0
        return
    # SQLite tells nobody who waits: that is whoever has asked to begin, for only one may write.
    begun: set[int] = set()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement == "BEGIN IMMEDIATE":
            begun.add(threading.get_ident())

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield lambda: len(begun)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
