"""Text that people typed: cleaned of what breaks pages, mails and calendars; made searchable; made an address."""

import re
import unicodedata

# Controls, line and paragraph separators, and the marks that reorder what is read (Trojan Source, CVE-2021-42574).
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNWANTED = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufff9-\ufffb{_BIDI}]")
_NOT_WORD = re.compile(r"[^\w]+")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
SLUG_LENGTH = 60


def clean(text: str, one_line: bool = True) -> str:
    """Return `text` in NFC without control and reordering characters, spaces collapsed, ends trimmed.

    With `one_line` every line break becomes a space (a title must never start a new mail header);
    without it lines are kept, at most one empty line in a row.
    """
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(letter for letter in text if not 0xD800 <= ord(letter) <= 0xDFFF)
    if one_line:
        return " ".join(_UNWANTED.sub(" ", text).split())
    lines = (" ".join(_UNWANTED.sub(" ", line).split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def search_key(text: str) -> str:
    """Return `text` as it is searched: lower case, no accents, single spaces for punctuation."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("'", "").replace("\u2019", ""))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _NOT_WORD.sub(" ", plain).strip()


def slug(text: str) -> str:
    """Return `text` as a readable part of an address: a-z, 0-9 and hyphens, at most 60; `meetup` if nothing is left."""
    return _NOT_SLUG.sub("-", search_key(text))[:SLUG_LENGTH].strip("-") or "meetup"
