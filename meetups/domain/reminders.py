"""When a mail about a date is due, and whether a late one is still worth sending."""

from datetime import datetime, time, timedelta
from enum import Enum

from meetups.domain.zones import to_utc

TWO_HOURS = timedelta(hours=2)
EVENING = time(19)
ONE_DAY = timedelta(days=1)


class Verdict(Enum):
    """What becomes of a mail that is due."""

    SEND = "send"
    DROP = "drop"


def day_before(starts: datetime, zone_name: str) -> datetime:
    """Return in UTC the same wall-clock time on the day before a local start."""
    return to_utc(starts - ONE_DAY, zone_name)


def two_hours_before(starts_at: datetime) -> datetime:
    """Return the instant two real hours before a start, both in UTC."""
    return starts_at - TWO_HOURS


def evening_before(starts: datetime, zone_name: str) -> datetime:
    """Return in UTC seven in the evening of the day before a local start."""
    return to_utc(datetime.combine(starts.date() - ONE_DAY, EVENING), zone_name)


def verdict(starts_at: datetime, now: datetime) -> Verdict:
    """Return DROP for what has begun: a reminder after the fact only hurts."""
    return Verdict.DROP if starts_at <= now else Verdict.SEND
