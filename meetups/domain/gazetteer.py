"""What a typed town, district or postal code may mean, anywhere: which meaning comes first, and when one is clear."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from meetups.domain.nearness import Point
from meetups.domain.text import search_key

# A seat or a district of which nobody has counted the people.
UNCOUNTED = 1_000
# So many times the people of all others called so: the one that everybody means.
CLEARLY = 10
CHOICES = 6
# What people write of a postal code, and the part of it that data have: Britain's outward code, the first three of
# Canada and Ireland, the digits of the Netherlands and of an American ZIP+4.
_PARTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"([a-z]{1,2}\d[a-z\d]?)\d[a-z]{2}",
        r"([a-z]\d[a-z])\d[a-z]\d",
        r"([a-z]\d[\dw])[a-z\d]{4}",
        r"(\d{4})[a-z]{2}",
        r"(\d{5})\d{4}",
    )
)
_REGION = re.compile(r"[a-zA-Z]{2,3}(?:[-_][a-zA-Z]{4})?[-_]([a-zA-Z]{2})(?:[-_].*)?")


class Kind(IntEnum):
    """What a spot is."""

    CITY = 0
    DISTRICT = 1
    CODE = 2


class Fit(IntEnum):
    """How a typed text is like a name, best first."""

    EXACT = 0
    BEGINNING = 1
    WITHIN = 2


@dataclass(frozen=True, slots=True)
class Spot:
    """A named point. `locality` is what a postal code belongs to, `country` a code of ISO 3166, `region` may be ""."""

    kind: Kind
    name: str
    region: str
    country: str
    point: Point
    people: int = 0
    locality: str = ""

    @property
    def label(self) -> str:
        """The name with what tells it from others: "Hackney, England, GB"; typed again, it leads here again."""
        parts = dict.fromkeys((self.name, self.locality, self.region, self.country))
        return ", ".join(part for part in parts if part)

    def name_in(self, country: str | None) -> str:
        """Return what it is called in a country: at home no country is said, and of a postal code's name the least."""
        if country != self.country:
            return self.label
        parts = (self.name, self.locality.partition(" (")[0], "" if self.kind == Kind.CODE else self.region)
        return ", ".join(dict.fromkeys(part for part in parts if part))

    @property
    def weight(self) -> int:
        """How many people it stands for."""
        return self.people or UNCOUNTED


@dataclass(frozen=True, slots=True)
class Match:
    """A spot, and how it is like what was typed."""

    spot: Spot
    fit: Fit


def ranked(matches: Iterable[Match], countries: Sequence[str]) -> list[Match]:
    """Return matches best first, one of each label.

    Exact names before beginnings before words within; of these, the visitor's `countries` in their order before all
    others; of these, the most people first.
    """
    best: dict[str, Match] = {}
    for match in sorted(matches, key=lambda match: _order(match, countries)):
        best.setdefault(match.spot.label, match)
    return list(best.values())


def _order(match: Match, countries: Sequence[str]) -> tuple[int, int, int, int, str]:
    spot = match.spot
    return match.fit, _nearness(spot, countries), -spot.weight, spot.kind, spot.label


def _nearness(spot: Spot, countries: Sequence[str]) -> int:
    return countries.index(spot.country) if spot.country in countries else len(countries)


def named(own: Sequence[Spot], other: Sequence[Spot]) -> list[Match]:
    """Return as exact matches the spots of a name, and of those that are only called so elsewhere or at times the ones
    that everybody means: all where no spot has it as its own, else such as have ten times the people of any that has.
    """
    greatest = max((spot.weight for spot in own), default=0)
    everybodys = [spot for spot in other if spot.weight >= greatest * CLEARLY]
    return [Match(spot, Fit.EXACT) for spot in (*own, *everybodys)]


def meant(found: Sequence[Match], countries: Sequence[str]) -> Spot | None:
    """Return the first of ranked matches where it is clear that it is meant, else None: to be asked, never guessed.

    A postal code is clear where one country alone has it. A name is clear where no other that fits as well, in a
    country as near to the visitor, has a tenth of its people, and none farther off has ten times as many.
    """
    if not found:
        return None
    best, rivals = found[0], [match.spot for match in found[1:] if match.fit == found[0].fit]
    if best.spot.kind == Kind.CODE:
        return None if rivals else best.spot
    return None if any(_disputes(rival, best.spot, countries) for rival in rivals) else best.spot


def _disputes(rival: Spot, best: Spot, countries: Sequence[str]) -> bool:
    if _nearness(rival, countries) == _nearness(best, countries):
        return rival.weight * CLEARLY > best.weight
    return rival.weight >= best.weight * CLEARLY


def choices(found: Sequence[Match], limit: int = CHOICES) -> list[Spot]:
    """Return what ranked matches may mean: those that fit as well as the first, and always the one with most people."""
    alike = [match.spot for match in found if match.fit == found[0].fit]
    first = alike[:limit]
    greatest = max(alike, key=lambda spot: spot.weight, default=None)
    return first if greatest is None or greatest in first else [*first[:-1], greatest]


def readings(text: str) -> list[tuple[str, list[str]]]:
    """Return how a text can be read as a name and what is around it, as search keys, longest name first.

    "Hackney, England, GB" is read at its commas; "portland or" as all name, or as "portland" in "or".
    """
    parts = text.split(",") if "," in text else search_key(text).split()
    cuts = ((" ".join(parts[:stop]), " ".join(parts[stop:])) for stop in range(len(parts), 0, -1))
    return [(search_key(name), search_key(around).split()) for name, around in cuts if search_key(name)]


def code_keys(text: str) -> list[str]:
    """Return the keys a text may have as a postal code: the whole of it, then the part that data have; [] for none."""
    key = search_key(text).replace(" ", "")
    if not any(letter.isdigit() for letter in key):
        return []
    shorter = (pattern.fullmatch(key) for pattern in _PARTS)
    return list(dict.fromkeys([key, *(found[1] for found in shorter if found)]))


def lies_in(words: Iterable[str], around: Iterable[str]) -> bool:
    """Return whether each word begins, or is the initials of, something around a spot ("ont", "NSW", "gb")."""
    names = [search_key(name).split() for name in around]
    known = [*(word for name in names for word in name), *("".join(word[0] for word in name) for name in names)]
    return all(any(name.startswith(word) for name in known) for word in words)


def countries_of_languages(languages: Iterable[str]) -> list[str]:
    """Return the countries in language tags (BCP 47), in their order: ["en-GB", "de"] says GB alone."""
    found = (_REGION.fullmatch(tag) for tag in languages)
    return list(dict.fromkeys(match[1].upper() for match in found if match))
