"""A made-up handful of GeoNames in the two packages' own formats, as wheels or as if installed."""

import gzip
import json
import zipfile
from pathlib import Path

from meetups.places import gazetteer_sources as sources

# name, country, code of the region, lat, lon, people, other names
CITIES = (
    ("Brooklyn", "US", "NY", 40.6501, -73.9496, 2_736_074, ()),
    ("Brooklyn", "US", "OH", 41.4398, -81.7354, 10_899, ()),
    ("Brooklyn", "AU", "07", -37.8167, 144.85, 1_830, ()),
    ("Hackney", "GB", "ENG", 51.55, -0.05, 0, ()),
    ("Hackney", "AU", "05", -34.9167, 138.6167, 583, ()),
    ("London", "GB", "ENG", 51.5085, -0.1257, 8_961_989, ("Londres",)),
    ("London", "CA", "08", 42.9834, -81.233, 422_324, ()),
    ("Berlin", "DE", "16", 52.5244, 13.4105, 3_426_354, ()),
    ("Neukölln", "DE", "16", 52.4772, 13.4313, 164_636, ("Neukoelln",)),
    ("Munich", "DE", "02", 48.1374, 11.5755, 1_505_005, ("München", "ミュンヘン")),
    ("Portland", "US", "OR", 45.5234, -122.6762, 652_503, ()),
    ("Portland", "US", "ME", 43.6615, -70.2553, 68_408, ()),
    ("Springfield", "US", "MO", 37.2153, -93.2982, 169_176, ()),
    ("Springfield", "US", "IL", 39.8017, -89.6437, 114_394, ()),
    ("Fitzroy", "AU", "07", -37.7984, 144.9783, 10_431, ()),
    ("Fitzroy", "AU", "05", -34.9, 138.6, 762, ()),
    ("Toronto", "CA", "08", 43.7064, -79.3986, 2_731_571, ()),
    ("Dahlen", "DE", "13", 51.36, 12.99, 4_000, ()),
    ("Dahlen", "DE", "14", 52.55, 11.93, 3_000, ()),
    ("Nairobi", "KE", "05", -1.2833, 36.8167, 2_750_547, ()),
)
# country, code, locality, region, lat, lon
POSTS = (
    ("AU", "3065", "Fitzroy", "Victoria", -37.7984, 144.9783),
    ("AU", "5069", "Hackney", "South Australia", -34.9167, 138.6167),
    ("CA", "M4M", "East Toronto (Studio District)", "Ontario", 43.6561, -79.3406),
    ("CA", "M4C", "Toronto", "Ontario", 43.69, -79.31),
    ("DE", "12043", "Berlin", "Berlin", 52.4799, 13.4371),
    ("DE", "80331", "München", "Bayern", 48.1345, 11.571),
    ("DE", "04774", "Dahlen", "Sachsen", 51.36, 12.99),
    ("DE", "39579", "Dahlen", "Sachsen-Anhalt", 52.55, 11.93),
    ("GB", "E8", "Dalston", "England", 51.546, -0.0758),
    ("GB", "E8", "Hackney", "England", 51.55, -0.05),
    ("GB", "SW1A", "London", "England", 51.5, -0.12),
    ("GT", "12043", "LAS DELICIAS", "SAN MARCOS", 14.9533, -91.8938),
    ("US", "97214", "Portland", "Oregon", 45.5142, -122.6364),
    ("US", "04101", "Portland", "Maine", 43.6605, -70.2589),
    ("US", "12043", "Cobleskill", "New York", 42.6829, -74.488),
    ("US", "11226", "Brooklyn", "New York", 40.6467, -73.9567),
    ("US", "62701", "Springfield", "Illinois", 39.8, -89.6495),
    ("US", "65806", "Springfield", "Missouri", 37.2, -93.3),
    ("US", "44144", "Brooklyn", "Ohio", 41.4411, -81.7401),
)
COUNTRIES = {
    "AU": "Australia", "CA": "Canada", "DE": "Germany", "GB": "United Kingdom",
    "GT": "Guatemala", "KE": "Kenya", "US": "United States",
}  # fmt: skip
POST_FIELDS = ("country_code", "postal_code", "city", "state", "latitude", "longitude", "accuracy")


def _members() -> dict[str, dict[str, bytes]]:
    fields = ("name", "countrycode", "admin1code", "latitude", "longitude", "population", "alternatenames")
    cities = {str(number): dict(zip(fields, row, strict=True)) for number, row in enumerate(CITIES)}
    posts = "".join(json.dumps(dict(zip(POST_FIELDS, (*row, 4.0), strict=True))) + "\n" for row in POSTS)
    countries = {code: {"name": name} for code, name in COUNTRIES.items()}
    return {
        sources.TOWNS: {
            sources.CITIES_JSON: json.dumps(cities).encode(),
            sources.COUNTRIES_JSON: json.dumps(countries).encode(),
        },
        sources.POSTS: {sources.POSTS_GZ: gzip.compress(posts.encode())},
    }


def wheels(folder: Path) -> Path:
    """Write both packages as wheels, with code that fails where anybody imports it."""
    folder.mkdir(exist_ok=True)
    for package, members in _members().items():
        with zipfile.ZipFile(folder / f"{package}-9.0-py3-none-any.whl", "w") as wheel:
            for name, content in members.items():
                wheel.writestr(name, content)
            wheel.writestr(f"{Path(name).parts[0]}/__init__.py", "raise ImportError('data only')")
    return folder


def installed(folder: Path) -> Path:
    """Write both packages as an installer leaves them."""
    for package, members in _members().items():
        info = folder / f"{package}-9.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 9.0\n")
        for name, content in members.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
            (folder / Path(name).parts[0] / "__init__.py").write_text("raise ImportError('data only')")
    return folder
