"""What the words of an announcement say of whom it is for: guesses, which its host can put right."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from meetups.domain.ages import ALL_AGES, STARTS, AgeBand
from meetups.domain.text import clean
from meetups.events.models import Kind

NOTE_LETTERS = 1000
_BABIES, _TODDLERS = AgeBand.BABY | AgeBand.CRAWLER, AgeBand.ONE | AgeBand.TWO
_WORDS: tuple[tuple[str, AgeBand], ...] = (
    (r"famil(y|ies)|all ages|every ?one|any age", ALL_AGES),
    (r"prenatal|pregnan\w+|expecting|bumps?", AgeBand.BUMP),
    (r"newborns?", AgeBand.BABY),
    (r"bab(y|ies)|infants?|lapsits?|crawlers?|rhyme ?times?|bounce and rhyme|stay and play", _BABIES),
    (r"waddlers?|one year olds?", AgeBand.ONE),
    (r"toddlers?|tots?|wobblers?", _TODDLERS),
    (r"two year olds?", AgeBand.TWO),
    (r"pre ?-?school\w*|three year olds?|kinder ?gym", AgeBand.PRESCHOOL),
    (r"school ?-?age\w*|kindergarten\w*|grades? [k\d]\w*|after ?-?school", AgeBand.SCHOOL),
)
_TOGETHER = [(re.compile(rf"\b(?:{words})\b", re.IGNORECASE), band) for words, band in _WORDS]
_UNIT = r"(?:\s*|-)(months?|mos?\b\.?|m\b|years?|yrs?\b\.?|y\b)?"
_TO = r"\s*(?:-|\u2013|\u2014|to|until|and)\s*"
_SPAN = re.compile(
    rf"(?P<ages>\bage[sd]?:?\s*)?\b(\d{{1,2}}){_UNIT}{_TO}(\d{{1,2}}){_UNIT}(?P<old>\s*-?\s*olds?)?", re.I
)
_OPEN = re.compile(rf"\b(under|up to|over|from)\s+(\d{{1,2}}){_UNIT}|\bages?:?\s*(\d{{1,2}})\s*(?:\+|and up)", re.I)
_OLDEST = 12 * 12
_KINDS: tuple[tuple[str, Kind], ...] = (
    (r"stroller|walk(s|ing)?|hike|stroll", Kind.WALK),
    (r"coffee|caf[e\u00e9]|tea", Kind.COFFEE),
    (r"playground|splash ?pad|playgroup|drop ?-?in play|gym", Kind.PLAYGROUND),
    (r"park|picnic|outdoors?", Kind.PARK),
)


def ages(*texts: str) -> int:
    """Return the age bands (domain.ages bits) that the texts speak of; 0 where they speak of none.

    Spans in numbers say it best, then words; what stands in the first text that speaks of ages counts.
    """
    for text in texts:
        bits = _spans(text) or _named(text)
        if bits:
            return int(bits)
    return 0


def _named(text: str) -> AgeBand:
    found = AgeBand(0)
    for words, band in _TOGETHER:
        if words.search(text):
            found |= band
    return found


def _spans(text: str) -> AgeBand:
    found = AgeBand(0)
    for first, last in _months(text):
        found |= _between(first, last)
    return found


def _months(text: str) -> Iterator[tuple[int, int]]:
    """Yield (first, last) months, the last one not included, for each span of ages in a text."""
    for match in _SPAN.finditer(text):
        _, low, low_unit, high, high_unit, _ = match.groups()
        unit = high_unit or low_unit
        # "10-11" alone is an hour; ages say what they are.
        if unit or match["ages"] or match["old"]:
            first, last = _in_months(low, low_unit or unit), _in_months(high, unit)
            yield first, last + (1 if _is_months(unit) else 12)
    for match in _OPEN.finditer(text):
        word, number, unit, plus = match.groups()
        if plus:
            yield _in_months(plus, None), _OLDEST
        elif unit:
            edge = _in_months(number, unit)
            yield (0, edge) if word.lower() in ("under", "up to") else (edge, _OLDEST)


def _is_months(unit: str | None) -> bool:
    return (unit or "").lower().startswith("m")


def _in_months(number: str, unit: str | None) -> int:
    return int(number) * (1 if _is_months(unit) else 12)


def _between(first: int, last: int) -> AgeBand:
    found = AgeBand(0)
    ends = [*list(STARTS.values())[1:], _OLDEST]
    for (band, start), end in zip(STARTS.items(), ends, strict=True):
        if first < end and start < last:
            found |= band
    return found


def kind(*texts: str) -> Kind | None:
    """Return the kind of meetup that the texts speak of, the first text before the others; None where none does."""
    for text in texts:
        for words, found in _KINDS:
            if re.search(rf"\b(?:{words})\b", text, re.IGNORECASE):
                return found
    return None


class _Plain(HTMLParser):
    """Collects the text of HTML, a line for each block."""

    _LINES = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "ul", "ol"})
    _SILENT = frozenset({"style", "script", "head"})

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.silent += tag in self._SILENT
        if tag in self._LINES:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in self._SILENT and self.silent > 0
        if tag == "p":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(data)


MOST_LETTERS = 8000
_HTML = re.compile(r"<(?:br|p|a|b|i|u|div|span|ul|li|html|strong|em|font|h\d)\b[^>]{0,300}>|&(?:nbsp|amp|#\d+);", re.I)


def plain(text: str) -> str:
    """Return a description as the text of a note, at most 1,000 letters; HTML in it becomes lines."""
    # Tags that never end cost the square of their number.
    text = text[:MOST_LETTERS]
    if _HTML.search(text):
        parser = _Plain()
        parser.feed(text)
        parser.close()
        text = "".join(parser.parts)
    text = clean(text, one_line=False)
    return text if len(text) <= NOTE_LETTERS else text[: NOTE_LETTERS - 1].rstrip() + "\u2026"
