"""Looks a typed town, district or postal code up in the gazetteer: a read-only file of its own, or none."""

import importlib
import importlib.util
import logging
import math
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import current_app

from meetups.domain.gazetteer import Fit, Kind, Match, Spot, code_keys, lies_in, named, ranked, readings
from meetups.domain.nearness import Point, metres
from meetups.domain.text import search_key

# The wheel's SQLite has FTS5, which that of some systems lacks.
sqlite: Any = importlib.import_module("pysqlite3.dbapi2") if importlib.util.find_spec("pysqlite3") else sqlite3
log = logging.getLogger(__name__)
# Of the tables; a file of another version is as good as none.
VERSION = 1
# Points are whole ten-thousandths of a degree: eleven metres.
DEGREE = 10_000
# A connection's own cache stays small (KiB): the system's is shared by all.
SETTINGS = ("PRAGMA query_only = 1", "PRAGMA cache_size = -512")
# Names of some districts are long, and a label has to lead back to its spot.
LONGEST, SHORTEST = 160, 2
# Rows looked at: of one exact name (more than any has), and of a beginning in one country.
SAME_NAME, BEGINNINGS = 200, 30
ALREADY = 2
# A point is called by what lies within so many metres.
NEAR = 15_000
# Districts are from the lists of postal codes, and some of their names nobody would call her neighbourhood.
RATHER_A_TOWN = 5_000
SQUARES, REACH = 10, 2  # in a degree; from the one that a point is in
SPOT = """
SELECT s.id, s.kind, s.name, s.locality, s.lat, s.lon, s.people, r.name, r.code, r.country, c.name
FROM spots s JOIN regions r ON r.id = s.region JOIN countries c ON c.code = r.country
"""
_kept = threading.local()


def lookup(text: str, countries: Sequence[str]) -> list[Match]:
    """Return what a text may mean, best first (domain.gazetteer.ranked); [] for nothing, or without the file.

    A label as we give it leads to its spot alone. `countries` are codes of those that are nearest to the visitor,
    nearest first.
    """
    file, text = opened(), text[:LONGEST]
    if file is None or not SHORTEST <= len(search_key(text)) <= LONGEST:
        return []
    matches = [*_exact(file, text), *_codes(file, text)]
    whole = [match for match in matches if match.spot.label == text]
    return ranked(whole or matches or _beginning(file, text, countries), countries)


def begun(text: str, countries: Sequence[str]) -> list[Match]:
    """Return what a text may become that is still being typed: few that are it already, then what begins so."""
    found = lookup(text, countries)
    exact = [match for match in found if match.fit == Fit.EXACT]
    if not exact:
        return found
    more = ranked(_beginning(opened(), text[:LONGEST], countries), countries)
    return [*exact[:ALREADY], *(match for match in more if match.spot not in {match.spot for match in exact})]


def nearest(point: Point) -> Spot | None:
    """Return the city whose middle is nearest to a point, at most 15 km away, or a district that is much nearer."""
    file = opened()
    if file is None:
        return None
    city, far = _nearest(file, point, Kind.CITY, NEAR)
    district, _ = _nearest(file, point, Kind.DISTRICT, far - RATHER_A_TOWN)
    return district or city


def there() -> bool:
    """Return whether there is a gazetteer that can be read."""
    return opened() is not None


def name_of(point: Point) -> str | None:
    """Return the name of the nearest city or district."""
    spot = nearest(point)
    return spot.name if spot else None


def attribution() -> str | None:
    """Return what the owners of the file's data want said; None without the file."""
    file = opened()
    return str(file.execute("SELECT attribution FROM about").fetchone()[0]) if file else None


def code_key(code: str) -> str:
    """Return the key of a postal code among the names: no name has this sign."""
    return "#" + search_key(code).replace(" ", "")


def square(lat: float, lon: float) -> int:
    """Return the number of the tenth of a degree each way that a point lies in."""
    return math.floor((lat + 90) * SQUARES) * _ROW + math.floor((lon + 180) * SQUARES)


_ROW = 360 * SQUARES + 100  # with room, so that no row's last is beside the next one's first


def _nearest(file: Any, point: Point, kind: Kind, within: float) -> tuple[Spot | None, float]:
    if within <= 0:
        return None, within
    spots = ((spot, metres(point, spot.point)) for spot in _spots_around(file, point, kind))
    near = [found for found in spots if found[1] <= within]
    return min(near, key=lambda found: (found[1], found[0].label), default=(None, within))


def _spots_around(file: Any, point: Point, kind: Kind) -> list[Spot]:
    here = square(point.lat, point.lon)
    rows = (here + row * _ROW for row in range(-REACH, REACH + 1))
    query = f"{SPOT} WHERE s.kind = ? AND s.square BETWEEN ? AND ?"
    return [_spot(found) for middle in rows for found in file.execute(query, (kind, middle - REACH, middle + REACH))]


def _exact(file: Any, text: str) -> list[Match]:
    for name, around in readings(text):
        rows = [row for row in _called(file, name) if lies_in(around, _around(row))]
        if rows:
            own = [_spot(row) for row in rows if search_key(row[2]) == name]
            return named(own, [_spot(row) for row in rows if search_key(row[2]) != name])
    return []


def _codes(file: Any, text: str) -> list[Match]:
    for name, around in readings(text):
        for key in code_keys(name):
            spots = [row for row in _called(file, f"#{key}") if lies_in(around, _around(row))]
            if spots:
                return [Match(_spot(row), Fit.EXACT) for row in spots]
    return []


def _called(file: Any, key: str) -> list[Any]:
    query = f"{SPOT} JOIN names n ON n.spot = s.id WHERE n.key = ? ORDER BY n.spot LIMIT ?"
    return list(file.execute(query, (key, SAME_NAME)))


def _beginning(file: Any, text: str, countries: Sequence[str]) -> list[Match]:
    name, around = readings(text)[-1 if "," in text else 0]
    rows = [*_codes_from(file, name)]
    for country in (*countries, None):
        rows += _words(file, name, country)
    return [Match(_spot(row), _fit(row, name)) for row in rows if lies_in(around, _around(row))]


def _words(file: Any, name: str, country: str | None) -> list[Any]:
    # A single letter begins too many words to be looked for as a beginning.
    words = " AND ".join(f'"{word}" *' if len(word) >= SHORTEST else f'"{word}"' for word in name.split())
    match = f"name : ({words})" + (f' AND country : "{country}"' if country else "")
    found = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid LIMIT ?"
    return list(file.execute(f"{SPOT} WHERE s.id IN ({found})", (match, BEGINNINGS)))


def _codes_from(file: Any, name: str) -> list[Any]:
    keys = [f"#{key}" for key in code_keys(name)[:1] if len(key) > SHORTEST]
    query = f"{SPOT} WHERE s.id IN (SELECT spot FROM names WHERE key > ? AND key < ? LIMIT ?)"  # noqa: S608 - constants
    return [row for key in keys for row in file.execute(query, (key, f"{key}~", BEGINNINGS))]


def _fit(row: Any, name: str) -> Fit:
    of_a_code = row[1] == Kind.CODE
    return Fit.BEGINNING if of_a_code or search_key(row[2]).startswith(name) else Fit.WITHIN


def _around(row: Any) -> list[str]:
    _, _, _, locality, _, _, _, region, code, country, country_name = row
    return [locality, region, code if code.isalpha() else "", country, country_name]


def _spot(row: Any) -> Spot:
    _, kind, name, locality, lat, lon, people, region, _, country, _ = row
    return Spot(Kind(kind), name, region, country, Point(lat / DEGREE, lon / DEGREE), people, locality)


def opened() -> Any:
    """Return this thread's connection to the file, opened anew where there is another file now; None without one."""
    path: Path | None = current_app.config["SETTINGS"].gazetteer
    if path is None:
        return None
    state = path.stat()
    known = (path, state.st_ino, state.st_mtime_ns)
    if getattr(_kept, "known", None) != known:
        _kept.known, _kept.file = known, _open(path)
    return _kept.file


def _open(path: Path) -> Any:
    # A file that nobody writes any more needs no locks.
    try:
        file = sqlite.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        for setting in SETTINGS:
            file.execute(setting)
        if file.execute("PRAGMA user_version").fetchone()[0] == VERSION:
            return file
    except sqlite.DatabaseError:
        pass
    log.warning("the gazetteer is of another version or broken: build it again")
    return None
