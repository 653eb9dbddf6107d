"""What a typed name means: a park or neighbourhood of the site's own, or a town, district or postal code anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request

from meetups.accounts.models import Member
from meetups.domain.gazetteer import Fit, Kind, Match, Spot, choices, countries_of_languages, meant
from meetups.domain.nearness import cell_centre
from meetups.domain.zones import country_of, zone_at
from meetups.places import gazetteer, queries
from meetups.places.queries import Found

BESIDES = 3


@dataclass(frozen=True, slots=True)
class Meaning:
    """Where a typed name leads (None: nowhere, or to several), the text that leads there whoever types it, what it is
    called to who asks, and what else it may mean: each of `others`, typed, leads to one place.
    """

    found: Found | None
    again: str
    name: str = ""
    others: tuple[str, ...] = ()


def countries(viewer: Member | None) -> tuple[str, ...]:
    """Return the countries nearest to who asks: that of her home, those her browser speaks of, the town's.

    None without a gazetteer, which alone asks for them.
    """
    if not gazetteer.there():
        return ()
    zones = [zone_at(cell_centre(viewer.home_cell))] if viewer and viewer.home_cell else []
    spoken = countries_of_languages(request.accept_languages.values())
    known = [*(country_of(zone) for zone in zones), *spoken, country_of(queries.usual_zone())]
    return tuple(dict.fromkeys(country for country in known if country))


def look_up(text: str, viewer: Member | None) -> Meaning:
    """Return what a typed park, neighbourhood, town, postal code or "lat,lon" means to who asks.

    The site's own names come first, then exact ones of the gazetteer, then own names with a slip in them, then what
    begins so anywhere. A town of that very name in her country or the site's comes before what only has it in its name:
    who types "Toronto" does not mean the East Toronto Athletic Field. A point has the name of what is around it.
    """
    own = queries.named(text)
    if own and own.exact:
        return Meaning(own.found, text, own.found.name)
    near = countries(viewer)
    matches = gazetteer.lookup(text, near)
    if own and (own.begins or not _is_town(matches, near)):
        others = dict.fromkeys((*own.others, *_besides(None, matches)))
        return Meaning(own.found, text, own.found.name, tuple(others)[:BESIDES])
    slip = None if own or _exact(matches) else queries.nearly_named(text)
    if slip:
        return Meaning(slip, text, slip.name)
    return _elsewhere(text, matches, near, (own.found.name, *own.others) if own else ())


def suggest(text: str, viewer: Member | None, limit: int = 5) -> list[str]:
    """Return the towns, districts and postal codes that a text may become, best first; each leads to one place."""
    labels = [match.spot.label for match in gazetteer.begun(text, countries(viewer))]
    return list(dict.fromkeys(labels))[:limit]


def _exact(matches: Sequence[Match]) -> bool:
    return bool(matches) and matches[0].fit == Fit.EXACT


def _is_town(matches: Sequence[Match], near: Sequence[str]) -> bool:
    spot = meant(matches, near) if _exact(matches) else None
    return spot is not None and spot.country in near


def _elsewhere(text: str, matches: Sequence[Match], near: Sequence[str], own: Sequence[str]) -> Meaning:
    spot = meant(matches, near)
    if spot:
        others = (*_besides(spot, matches), *own)[:BESIDES]
        return Meaning(_found(spot), spot.label, spot.name_in(next(iter(near), None)), others)
    return Meaning(None, text, others=tuple(other.label for other in choices(matches)))


def _besides(spot: Spot | None, matches: Sequence[Match]) -> tuple[str, ...]:
    # Who is led somewhere is offered few others, and such alone as are called just so.
    others = choices(matches, BESIDES + 1) if _exact(matches) else []
    return tuple(other.label for other in others if other != spot)[:BESIDES]


def _found(spot: Spot) -> Found:
    own = queries.area_name(spot.point) or spot.locality if spot.kind == Kind.CODE else None
    return Found(spot.label, spot.point, own or spot.name)
