"""The only reader of the wall clock; everything below routes and worker gets `now` as an argument."""

from datetime import UTC, datetime


def utcnow() -> datetime:
    """Return this instant, aware, in UTC, in whole seconds (no rule of ours is finer)."""
    return datetime.now(UTC).replace(microsecond=0)
