"""Builds the gazetteer: one SQLite file with an FTS5 index, from GeoNames' cities and postal codes."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from meetups.domain.errors import Problem
from meetups.domain.gazetteer import UNCOUNTED, Kind
from meetups.domain.nearness import Point, metres
from meetups.domain.text import search_key
from meetups.places.gazetteer import DEGREE, VERSION, code_key, sqlite, square
from meetups.places.gazetteer_sources import City, Post, Sources

ATTRIBUTION = (
    "Towns, districts and postal codes: GeoNames (geonames.org), licensed under CC BY 4.0 "
    "(creativecommons.org/licenses/by/4.0); put together by us."
)
# Beside the tables of the file those in which it is put together, in a file of their own. Nothing of either has to
# outlive a crash.
SCHEMA = f"""
PRAGMA main.journal_mode = OFF; PRAGMA main.synchronous = OFF;
PRAGMA stage.journal_mode = OFF; PRAGMA stage.synchronous = OFF;
CREATE TABLE stage.cities (country, name, admin, lat, lon, people, others);
CREATE TABLE stage.spots (kind, name, locality, region, country, lat, lon, people, keys);
CREATE TABLE stage.names (key, spot);
PRAGMA user_version = {VERSION};
CREATE TABLE about (attribution TEXT NOT NULL);
CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE regions (id INTEGER PRIMARY KEY, country TEXT NOT NULL, name TEXT NOT NULL, code TEXT NOT NULL);
-- Numbered from the most people down, so that what is read in order of rows comes greatest first.
CREATE TABLE spots (
    id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, locality TEXT NOT NULL,
    region INTEGER NOT NULL REFERENCES regions, lat INTEGER NOT NULL, lon INTEGER NOT NULL,
    people INTEGER NOT NULL, square INTEGER
);
CREATE TABLE names (key TEXT, spot INTEGER, PRIMARY KEY (key, spot)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(
    name, country, content='', columnsize=0, tokenize='unicode61 remove_diacritics 2', prefix='2 3 4'
);
"""
GREATEST_FIRST = """
SELECT * FROM stage.spots ORDER BY CASE people WHEN 0 THEN ? ELSE people END DESC, kind, country, name, lat, lon
"""
# Two of one name this near are one: a village in the list of postal codes, and the same in that of cities.
SAME = 25_000  # metres
RARE = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the world: some countries (all, where empty), or what is within so many metres of a point."""

    countries: Collection[str] = ()
    around: Point | None = None
    within: float = 0

    def has(self, row: City | Post) -> bool:
        """Return whether a row is wanted."""
        if self.countries and row.country not in self.countries:
            return False
        return self.around is None or metres(self.around, Point(row.lat, row.lon)) <= self.within


def build(sources: Sources, wanted: Wanted, out: Path) -> dict[Kind, int]:
    """Write the gazetteer to `out`, all of it or nothing, and return how many spots it has of each kind.

    A site that runs takes the new file up by itself.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent) as folder, closing(sqlite.connect(Path(folder, "whole"))) as file:
        file.execute("ATTACH ? AS stage", (str(Path(folder, "stage")),))
        file.executescript(SCHEMA)
        _stage(file, sources, wanted)
        counts = _write(file, sources.countries())
        if not counts:
            raise Problem("There is nothing in this part of the world")
        file.executescript("DETACH stage; VACUUM;")
        Path(folder, "whole").replace(out)
    return counts


def _stage(file: Any, sources: Sources, wanted: Wanted) -> None:
    rows = (_row(city) for city in sources.cities() if wanted.has(city))
    file.executemany("INSERT INTO stage.cities VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    file.execute("CREATE INDEX stage.cities_country ON cities (country)")
    done: set[str] = set()
    for country, posts in groupby((post for post in sources.posts() if wanted.has(post)), lambda post: post.country):
        if country in done:
            raise Problem(f"The postal codes of {country} do not stand together")
        done.add(country)
        _Country(country, _cities(file, country), list(posts)).stage(file)
    for (country,) in file.execute("SELECT DISTINCT country FROM stage.cities").fetchall():
        if country not in done:
            _Country(country, _cities(file, country), []).stage(file)
    file.commit()


def _row(city: City) -> tuple[Any, ...]:
    return city.country, city.name, city.admin, city.lat, city.lon, city.people, "\n".join(city.others)


def _cities(file: Any, country: str) -> list[City]:
    rows = file.execute("SELECT name, admin, lat, lon, people, others FROM stage.cities WHERE country = ?", (country,))
    return [
        City(name, country, admin, lat, lon, people, tuple(others.split("\n")) if others else ())
        for name, admin, lat, lon, people, others in rows
    ]


class _Country:
    """One country's rows, put beside each other."""

    def __init__(self, country: str, cities: list[City], posts: list[Post]) -> None:
        self.country, self.cities, self.posts = country, cities, _lived_at(posts)
        self.named: dict[str, list[City]] = defaultdict(list)
        for city in cities:
            for key in _keys(city):
                self.named[key].append(city)

    def stage(self, file: Any) -> None:
        """Stage the spots of the country with the numbers of their regions."""
        regions = _Regions(file, self.country, self._regions())
        rows = [*self._city_rows(regions), *self._district_rows(regions), *self._code_rows(regions)]
        file.executemany("INSERT INTO stage.spots VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _regions(self) -> dict[str, str]:
        # Cities have a code for their region, and postal codes its name; where both know a place, they say the same.
        votes: dict[str, Counter[str]] = defaultdict(Counter)
        for post in self.posts:
            city = self._city(post)
            if city and post.region:
                votes[city.admin][post.region] += 1
        return {admin: names.most_common(1)[0][0] for admin, names in votes.items()}

    def _city(self, post: Post) -> City | None:
        here = Point(post.lat, post.lon)
        called = self.named.get(search_key(post.locality), ())
        return next((city for city in called if metres(here, Point(city.lat, city.lon)) <= SAME), None)

    def _city_rows(self, regions: "_Regions") -> Iterator[tuple[Any, ...]]:
        for city in self.cities:
            keys = _keys(city)
            if keys:
                yield (
                    Kind.CITY, city.name, "", regions.of_admin(city.admin), self.country,
                    city.lat, city.lon, city.people, "\n".join(keys),
                )  # fmt: skip

    def _district_rows(self, regions: "_Regions") -> Iterator[tuple[Any, ...]]:
        alike: dict[tuple[str, str], list[Post]] = defaultdict(list)
        for post in self.posts:
            if not self._city(post):
                alike[post.region, search_key(post.locality)].append(post)
        for (region, key), posts in alike.items():
            if key:
                lat, lon = _middle(posts)
                yield Kind.DISTRICT, posts[0].locality, "", regions.named(region), self.country, lat, lon, 0, key

    def _code_rows(self, regions: "_Regions") -> Iterator[tuple[Any, ...]]:
        alike: dict[str, list[Post]] = defaultdict(list)
        for post in self.posts:
            alike[code_key(post.code)].append(post)
        for key, posts in alike.items():
            lat, lon = _middle(posts)
            best = max(posts, key=self._people)
            region = regions.named(best.region)
            yield Kind.CODE, posts[0].code, best.locality, region, self.country, lat, lon, 0, key

    def _people(self, post: Post) -> int:
        city = self._city(post)
        return (city.people or UNCOUNTED) if city else 0


class _Regions:
    """The regions of one country: numbers by GeoNames' code or by name."""

    def __init__(self, file: Any, country: str, names: dict[str, str]) -> None:
        self.file, self.country, self.names = file, country, names
        self.codes = {name: code for code, name in names.items()}
        self.numbers: dict[str, int] = {}

    def of_admin(self, admin: str) -> int:
        return self.named(self.names.get(admin, ""))

    def named(self, name: str) -> int:
        if name not in self.numbers:
            row = (self.country, name, self.codes.get(name, ""))
            added = self.file.execute("INSERT INTO regions (country, name, code) VALUES (?, ?, ?)", row)
            self.numbers[name] = added.lastrowid
        return self.numbers[name]


def _lived_at(posts: list[Post]) -> list[Post]:
    # Not slips (of a shape that almost no code of the country has), nor what companies and authorities have for
    # themselves: France calls it so, and in Germany's list these are the rows without a word on how exact they are.
    shapes = Counter(_shape(post.code) for post in posts)
    mostly_sure = sum(post.sure for post in posts) * 2 > len(posts)
    return [
        post
        for post in posts
        if shapes[_shape(post.code)] * RARE >= len(posts)
        and (post.sure or not mostly_sure)
        and "CEDEX" not in post.code.upper()
    ]


def _shape(code: str) -> str:
    return "".join("9" if sign.isdigit() else "A" if sign.isalpha() else sign for sign in code)


def _keys(city: City) -> list[str]:
    keys = dict.fromkeys(search_key(name) for name in (city.name, *city.others))
    return [key for key in keys if key]


def _middle(posts: list[Post]) -> tuple[float, float]:
    # Not the mean: one slip in a list must not move the others.
    return median(post.lat for post in posts), median(post.lon for post in posts)


def _write(file: Any, names: dict[str, str]) -> dict[Kind, int]:
    file.execute("INSERT INTO about VALUES (?)", (ATTRIBUTION,))
    there = file.execute("SELECT DISTINCT country FROM regions ORDER BY country").fetchall()
    file.executemany("INSERT INTO countries VALUES (?, ?)", [(code, names.get(code, code)) for (code,) in there])
    counts = _write_spots(file)
    # In the order they are kept in: each where it belongs would be looked for on the disk.
    file.execute("INSERT INTO names SELECT key, spot FROM stage.names ORDER BY key, spot")
    file.execute("CREATE INDEX spots_square ON spots (kind, square) WHERE square IS NOT NULL")
    file.execute("INSERT INTO words (words) VALUES ('optimize')")
    file.commit()
    return counts


def _write_spots(file: Any) -> dict[Kind, int]:
    counts: Counter[Kind] = Counter()
    staged = file.execute(GREATEST_FIRST, (UNCOUNTED,))
    for number, (kind, name, locality, region, country, lat, lon, people, keys) in enumerate(staged, 1):
        counts[Kind(kind)] += 1
        of_a_code = kind == Kind.CODE
        at = None if of_a_code else square(lat, lon)
        point = round(lat * DEGREE), round(lon * DEGREE)
        row = (number, kind, name, locality, region, *point, people, at)
        file.execute("INSERT INTO spots VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        file.executemany("INSERT INTO stage.names VALUES (?, ?)", [(key, number) for key in keys.split("\n")])
        if not of_a_code:
            file.execute("INSERT INTO words (rowid, name, country) VALUES (?, ?, ?)", (number, keys, country))
    return dict(counts)
