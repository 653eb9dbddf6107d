"""The only reader of the clocks; everything below routes and worker gets `now` as an argument."""

import time
from datetime import UTC, datetime


def utcnow() -> datetime:
    """Return this instant, aware, in UTC, in whole seconds (no rule of ours is finer)."""
    return datetime.now(UTC).replace(microsecond=0)


def steady() -> float:
    """Return seconds on a clock that all processes of this machine share and nobody sets: it only goes on."""
    return time.monotonic()
