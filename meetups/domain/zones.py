"""Wall clocks and instants, by the zone data of the `tzdata` package."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources

import tzfpy

from meetups.domain.errors import Problem
from meetups.domain.nearness import Point


def use_packaged_zones() -> None:
    """Read zones from PyPI's `tzdata` alone: the copy of the system is years old on many machines."""
    zoneinfo.reset_tzpath(to=[])


def zone(name: str) -> zoneinfo.ZoneInfo:
    """Return the IANA zone `name`; raise Problem for one that does not exist."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Problem(f"There is no time zone called {name}") from error


def zone_at(point: Point) -> str:
    """Return the name of the IANA zone of a point."""
    return str(tzfpy.get_tz(point.lon, point.lat)) or "UTC"


def country_of(zone_name: str) -> str | None:
    """Return the country (ISO 3166) for which IANA keeps a zone; None for one that is of none, or of several."""
    return _countries().get(zone_name)


@cache
def _countries() -> dict[str, str]:
    # zone.tab: country, coordinates, zone, comment.
    lines = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {row[2]: row[0] for row in rows}


def to_utc(wall: datetime, zone_name: str) -> datetime:
    """Return the UTC instant of a naive wall-clock time in a zone.

    A time that happens twice is its first; one inside a gap is read with the offset from before the
    gap, as RFC 5545 section 3.3.5 says.
    """
    return wall.replace(tzinfo=zone(zone_name), fold=0).astimezone(UTC)


def to_local(instant: datetime, zone_name: str) -> datetime:
    """Return the naive wall-clock time of an aware instant in a zone."""
    return instant.astimezone(zone(zone_name)).replace(tzinfo=None)


def in_gap(wall: datetime, zone_name: str) -> bool:
    """Return whether the clocks jump over this wall-clock time."""
    return to_local(to_utc(wall, zone_name), zone_name) != wall.replace(fold=0)


def day_bounds(day: date, zone_name: str) -> tuple[datetime, datetime]:
    """Return the UTC instants at which a local day starts and the next one starts: [start, stop)."""
    midnight = datetime.combine(day, time())
    return to_utc(midnight, zone_name), to_utc(midnight + timedelta(days=1), zone_name)
