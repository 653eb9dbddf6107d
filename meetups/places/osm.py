"""OpenStreetMap's tags (wiki.openstreetmap.org, "Map features") in the words of our own columns."""

from collections.abc import Mapping

from meetups.domain.text import clean
from meetups.places.models import Amenity

CREDIT = "© OpenStreetMap contributors, ODbL"
# What a feature is. The first that fits; a feature with none of these is no place of ours.
KINDS = {
    ("leisure", "playground"): "playground",
    ("leisure", "park"): "park",
    ("leisure", "garden"): "park",
    ("leisure", "nature_reserve"): "park",
    ("amenity", "cafe"): "cafe",
    ("amenity", "library"): "library",
    ("amenity", "community_centre"): "other",
    ("leisure", "indoor_play"): "other",
}
# Keys whose value says whether something is there: yes, no, or more exactly what.
KEYS = {
    "playground": Amenity.PLAYGROUND,
    "fenced": Amenity.FENCE,
    "shade": Amenity.SHADE,
    "toilets": Amenity.TOILETS,
    "changing_table": Amenity.CHANGING_TABLE,
    "diaper": Amenity.CHANGING_TABLE,
    "stroller": Amenity.STROLLER_PATH,
    "drinking_water": Amenity.WATER,
    "playground:swing": Amenity.SWINGS,
    "splash_pad": Amenity.SPLASH_PAD,
    "playground:splash_pad": Amenity.SPLASH_PAD,
    "picnic_table": Amenity.PICNIC,
    "cafe": Amenity.CAFE,
    "parking": Amenity.PARKING,
    "indoor": Amenity.INDOOR,
}
# One value of one key says it. What is no way for a wheelchair may be one for a stroller: only the yes counts.
VALUES = {
    ("wheelchair", "yes"): Amenity.STROLLER_PATH,
    ("wheelchair", "designated"): Amenity.STROLLER_PATH,
    ("playground", "swing"): Amenity.SWINGS,
    ("playground", "baby_swing"): Amenity.SWINGS,
    ("barrier", "fence"): Amenity.FENCE,
    ("leisure", "playground"): Amenity.PLAYGROUND,
    ("leisure", "splash_pad"): Amenity.SPLASH_PAD,
    ("leisure", "indoor_play"): Amenity.INDOOR,
    # dog=yes may mean on a leash, which is not what parents ask.
    ("dog", "unleashed"): Amenity.DOGS,
    ("leisure", "dog_park"): Amenity.DOGS,
    ("playground", "splash_pad"): Amenity.SPLASH_PAD,
    ("amenity", "cafe"): Amenity.CAFE,
    ("amenity", "library"): Amenity.INDOOR,
}
# What is mapped for itself, in a park or beside it, and so belongs to it.
BESIDE = {
    ("amenity", "toilets"): Amenity.TOILETS,
    ("amenity", "drinking_water"): Amenity.WATER,
    ("amenity", "cafe"): Amenity.CAFE,
    ("amenity", "parking"): Amenity.PARKING,
    ("leisure", "playground"): Amenity.PLAYGROUND,
    ("leisure", "splash_pad"): Amenity.SPLASH_PAD,
    ("leisure", "picnic_table"): Amenity.PICNIC,
    ("tourism", "picnic_site"): Amenity.PICNIC,
    ("playground", "swing"): Amenity.SWINGS,
    ("playground", "baby_swing"): Amenity.SWINGS,
    ("playground", "splash_pad"): Amenity.SPLASH_PAD,
}
# What such a thing says besides, of itself: a toilet of its changing table, a playground of its fence.
BESIDES = {
    Amenity.TOILETS: (Amenity.CHANGING_TABLE, Amenity.WATER),
    Amenity.PLAYGROUND: (Amenity.FENCE, Amenity.SWINGS, Amenity.SPLASH_PAD),
}
# What maps draw as an outline.
DRAWN = {
    ("natural", "water"): "water",
    ("waterway", "riverbank"): "water",
    ("leisure", "park"): "green",
    ("leisure", "garden"): "green",
    ("leisure", "nature_reserve"): "green",
    ("leisure", "playground"): "green",
    ("natural", "wood"): "green",
    ("landuse", "forest"): "green",
}
WAYS = frozenset(("footway", "path", "pedestrian", "cycleway"))
SMOOTH = frozenset(("paved", "asphalt", "concrete", "paving_stones", "compacted", "fine_gravel"))
CLOSED = frozenset(("private", "no"))
YES = frozenset(
    (
        "yes",
        "true",
        "1",
        "y",
        "designated",
        "permissive",
        "public",
        "customers",
        "surface",
        "multi-storey",
        "street_side",
        "underground",
    )
)
NO = frozenset(("no", "false", "0", "n", "none"))


def is_place(tags: Mapping[str, str]) -> bool:
    """Return whether the tags are those of a place to meet at."""
    return any(tags.get(key) == value for key, value in KINDS)


def drawn(tags: Mapping[str, str]) -> str | None:
    """Return as what an outline of these tags is drawn on maps, "water" or "green"; None where it is not."""
    return next((kind for (key, value), kind in DRAWN.items() if tags.get(key) == value), None)


def refusal(tags: Mapping[str, str]) -> str | None:
    """Return why a tagged thing is no place of ours; None where it is, or where it is not OpenStreetMap's."""
    if tags.get("access") in CLOSED:
        return "it is not open to everybody"
    if drawn(tags) and not is_place(tags):
        return "it is no place to meet, but maps can draw it: flask import-outlines"
    for key in ("leisure", "amenity"):
        if key in tags and not is_place(tags):
            return f"{key}={clean(tags[key])[:40]} is no place to meet"
    return None


def beside(tags: Mapping[str, str]) -> set[Amenity]:
    """Return what a place has in or beside which a thing of these tags is mapped; nothing where it is not for all."""
    if tags.get("access") in CLOSED | {"customers"}:
        return set()
    if tags.get("highway") in WAYS:
        return {Amenity.STROLLER_PATH} if tags.get("surface") in SMOOTH and tags.get("wheelchair") != "no" else set()
    found = {amenity for (key, value), amenity in BESIDE.items() if tags.get(key) == value}
    said = columns(tags)
    return found | {one for amenity in found for one in BESIDES.get(amenity, ()) if said.get(one) == "yes"}


def columns(tags: Mapping[str, str]) -> dict[str, str]:
    """Return OpenStreetMap's tags as the columns of our CSV; what the tags leave out is not in it."""
    said = {key: value for key, value in tags.items() if key not in KEYS}
    # A changing table is also a `diaper`; whichever key says anything is heard, the newer first.
    for key, amenity in KEYS.items():
        answer = yes_or_no(tags.get(key, ""))
        if answer is not None:
            said.setdefault(amenity, "yes" if answer else "no")
    for (key, value), amenity in VALUES.items():
        if tags.get(key) == value:
            said[amenity] = "yes"
    if tags.get("dog") == "no":
        said[Amenity.DOGS] = "no"
    said["kind"] = next((kind for (key, value), kind in KINDS.items() if tags.get(key) == value), "other")
    street = " ".join(filter(None, (tags.get("addr:housenumber"), tags.get("addr:street"))))
    copied = {"address": street, "city": tags.get("addr:city", ""), "country": tags.get("addr:country", "")}
    for name, text in copied.items():
        if text:
            said.setdefault(name, text)
    said.setdefault("source", "OpenStreetMap")
    said.setdefault("attribution", CREDIT)
    return said


def yes_or_no(text: str) -> bool | None:
    """Return what a value says of presence; None where it says nothing, or half ("limited", "partial")."""
    word = text.strip().lower()
    return True if word in YES else False if word in NO else None
