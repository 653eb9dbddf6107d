"""When a mail is due, whether it waits for the morning, and whether a late one is still worth sending."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum

from meetups.domain.zones import to_local, to_utc

TWO_HOURS = timedelta(hours=2)
EVENING = time(19)
ONE_DAY = timedelta(days=1)
# The hour of weekly look-aheads.
LOOK_AHEAD = time(18)


class Verdict(Enum):
    """What becomes of a mail that is due."""

    SEND = "send"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Quiet:
    """Somebody's night in whole hours of a zone's wall clock, from `starts` to `ends`; none where they are the same."""

    starts: int
    ends: int
    zone: str

    def __contains__(self, local: datetime) -> bool:
        if self.starts <= self.ends:
            return self.starts <= local.hour < self.ends
        return local.hour >= self.starts or local.hour < self.ends


def day_before(starts: datetime, zone_name: str, hour: int | None = None) -> datetime:
    """Return in UTC the day before a local start: at the same wall-clock time, or at a full hour."""
    wall = starts - ONE_DAY
    return to_utc(wall if hour is None else datetime.combine(wall.date(), time(hour)), zone_name)


def two_hours_before(starts_at: datetime) -> datetime:
    """Return the instant two real hours before a start, both in UTC."""
    return starts_at - TWO_HOURS


def evening_before(starts: datetime, zone_name: str) -> datetime:
    """Return in UTC seven in the evening of the day before a local start."""
    return to_utc(datetime.combine(starts.date() - ONE_DAY, EVENING), zone_name)


def next_look_ahead(now: datetime, weekday: int, zone_name: str) -> datetime:
    """Return in UTC the next time after `now` that it is six in the evening of a weekday (0 is Monday) in a zone."""
    today = to_local(now, zone_name).date()
    ahead = (weekday - today.weekday()) % 7
    days = (today + timedelta(days=ahead + week) for week in (0, 7))
    found = (to_utc(datetime.combine(day, LOOK_AHEAD), zone_name) for day in days)
    return next(due for due in found if due > now)


def quiet_ends(now: datetime, quiet: Quiet) -> datetime | None:
    """Return when (UTC) the quiet hours that `now` lies in are over; None where it lies in none."""
    local = to_local(now, quiet.zone)
    if local not in quiet:
        return None
    days = ONE_DAY if local.hour >= quiet.ends else timedelta(0)
    return to_utc(datetime.combine(local.date() + days, time(quiet.ends)), quiet.zone)


def waits_until(now: datetime, quiet: Quiet, latest: datetime | None = None) -> datetime | None:
    """Return until when a mail waits that can; None where it goes now, as it would come after `latest` (UTC) else."""
    ends = quiet_ends(now, quiet)
    return None if ends is None or (latest is not None and ends > latest) else ends


def verdict(starts_at: datetime, now: datetime) -> Verdict:
    """Return DROP for what has begun: a reminder after the fact only hurts."""
    return Verdict.DROP if starts_at <= now else Verdict.SEND
