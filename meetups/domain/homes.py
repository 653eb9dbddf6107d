"""Whether the name of a proposed place reads like somebody's home: meetups are in public places only.

There is no map of homes to ask, and there must be none; so words and the kind decide. It errs on the side of asking
again: an admin looks at whatever it lets through.
"""

import re

from meetups.domain.text import search_key

HOME = "That reads like somebody’s home. Meetups are where everybody may go: a park, a playground, a café, a library."
ADDRESS = "That is an address. What does the sign at the gate say? A public place has a name of its own."

# What is public says so itself, before its address: after the number it is the street's name or the neighbourhood's.
# Not "garden", "house" or "place", which homes have and are too.
_PUBLIC = re.compile(
    r"\b(?:\w*(?:park|spielplatz|bibliothek|schule|kirche)|parks|parkette|parc|parque|parco|playgrounds?|tot lot"
    r"|splash pad|librar(?:y|ies)|biblioteca|bibliotheque|mediatheque|cafes?|coffee|bakery|school|ecole|escuela|scuola"
    r"|church|eglise|iglesia|mosque|synagogue|temple|museum|zoo|farm|beach|square|plaza|piazza|pool|arena"
    r"|community cent(?:er|re)|town hall|mall|market|trail|ravine|woods?|forest|pond)\b"
)
# Rooms and parts of a home, in what mothers here write; hardly ever part of a public place's name.
_ROOMS = re.compile(
    r"\b(?:apartments?|apt|appartement|flat|condo|wohnung|living room|wohnzimmer|basement|back ?yard|front ?yard"
    r"|(?:back|front) (?:garden|porch|door)|driveway|doorstep|balcony|patio|buzzer|hinterhof"
    r"|penthouse|residence|town ?house|reihenhaus|family home)\b"
    r"(?! (?:cafe|park|bakery))"
    r"|\b(?:unit|suite|floor) \d"
)
_OWN = re.compile(
    r"\b(?:my|our|moms?|mums?|grandmas?|nanas?|mein(?:e|em|er)?|unser(?:e|em|er)?|mi|nuestr[ao]|ma|mon|notre)"
    r" (?:\w+ )?(?:place|home|house|garden|yard|court(?:yard)?|buildings?|block|street|road|pool|porch|room|kitchen"
    r"|haus|garten|hof|casa|jardin|maison|immeuble)\b"
    r"|\b(?:at|to|by) (?:mine|ours|home)\b|^(?:mine|ours|home|(?:my|our) ?(?:place|home))$"
    r"|\b(?:chez|bei) (?:moi|nous|mir|uns)\b|\bzu ?hause\b|\bdaheim\b|\ben casa\b"
)
# "Anna's place": a café may be called so, a park is not. (Apostrophes are gone from a search key.)
_SOMEBODYS = re.compile(
    r"^(?:the )?(?:\w+ (?:and|und|et|y|e|n) )?\w+s (?:new )?(?:place|home|house|yard|garage)$"
    r"|^(?:chez|bei) \w+$|^casa (?:de|di) \w+$"
)
_STREET = (
    r"(?:street|str|st|avenue|ave|av|road|rd|lane|ln|drive|dr|court|ct|crescent|cres|boulevard|blvd|way|terrace|close"
    r"|circle|row|mews|grove|parkway|highway|square|sq|place|pl|hill|gardens|gdns|green|walk|rise|parade)"
)
_NUMBER = r"\d+ ?(?:bis|ter|[a-z])?"
# Each is looked for alone, with what comes before it in `before`.
_ADDRESSES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^(?P<before>(?:\w+ )?){_NUMBER}(?: \d+)? (?:\w+ ){{0,3}}{_STREET}\b",
        rf"^(?P<before>){_NUMBER} (?:rue|avenue|boulevard|chemin|place|allee|impasse|quai|square|cours) ",
        rf"^(?P<before>)(?:rua|calle|avenida|plaza|paseo|via|viale|piazza|corso|largo|ulica|ul) .*\b{_NUMBER}$",
        rf"^(?P<before>.*?)\b\w+(?:strasse|str|weg|gasse|allee|damm|ufer|(?<!spiel)platz|straat|laan|plein|gatan"
        rf"|vagen|gade|vej|katu|tie) {_NUMBER}$",
        rf"^(?P<before>)\w+ (?:strasse|str|weg|allee|platz) {_NUMBER}$",
        rf"^(?P<before>)(?:am|an der|im|auf der|zum|zur) \w+ {_NUMBER}$",
        rf"^(?P<before>)(?:\w+ ){{1,3}}{_STREET} {_NUMBER}$",
    )
)


def looks_like_home(name: str, kind: str) -> str | None:
    """Return what to say to her who proposes a place (`kind`: park, playground, cafe, library, other) by a name that
    reads like a home; None where it does not."""
    key = search_key(name)
    if _OWN.search(key) or _ROOMS.search(key):
        return HOME
    if kind not in ("cafe", "library") and _SOMEBODYS.search(key):
        return HOME
    return ADDRESS if _is_address(key) else None


def _is_address(key: str) -> bool:
    found = [match["before"] for match in (pattern.search(key) for pattern in _ADDRESSES) if match]
    return bool(found) and not any(_PUBLIC.search(before) for before in found)
