"""The address that an invitation is answered to: it names one member's answer to one date, signed.

"rsvp+12-mzxw6ytboi...@park.example": lower case alone, for mail servers may lower what comes before the @ too, and
at most 64 characters before it (RFC 5321 section 4.5.3.1.1).
"""

import hashlib
import hmac
import re
from base64 import b32encode
from typing import NamedTuple

from flask import current_app

from meetups.rsvps.models import Rsvp

SIGNATURE_BYTES = 16


class Token(NamedTuple):
    """What an address says: an answer's id, and the signature that makes it believable (`signs`)."""

    rsvp_id: int
    signature: str


def address(row: Rsvp) -> str:
    """Return the address for replies about an answer; REPLY_TO must be set."""
    local, _, domain = current_app.config["SETTINGS"].reply_to.partition("@")
    return f"{local}+{row.id}-{_signature(row)}@{domain}"


def find(text: str, reply_to: str) -> Token | None:
    """Return the first token in a header, an envelope address or a calendar address of a message; None without one."""
    local, _, domain = reply_to.partition("@")
    pattern = rf"(?<![\w.+-]){re.escape(local)}\+([0-9]{{1,10}})-([a-z2-7]{{26}})@{re.escape(domain)}(?![\w.-])"
    found = re.search(pattern, text, re.IGNORECASE | re.ASCII)
    return Token(int(found[1]), found[2].lower()) if found else None


def signs(token: Token, row: Rsvp) -> bool:
    """Return whether a token was made by us for this answer of this member to this date."""
    return hmac.compare_digest(token.signature, _signature(row))


def _signature(row: Rsvp) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    words = f"reply:{row.id}:{row.occurrence.uid}:{row.member_id}"
    digest = hmac.new(key, words.encode(), hashlib.sha256).digest()
    return b32encode(digest[:SIGNATURE_BYTES]).decode().rstrip("=").lower()
