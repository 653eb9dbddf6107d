"""Signed addresses behind the plus of the mailbox for replies: "rsvp+12-mzxw6ytboi...@park.example".

Lower case alone, for mail servers may lower what comes before the @ too, and at most 64 characters before it (RFC 5321
section 4.5.3.1.1).
"""

import hashlib
import hmac
import re
from base64 import b32encode

_SIGNATURE_BYTES = 16


def address(reply_to: str, what: str, key: str, words: str) -> str:
    """Return the address of `what` (a few lower-case letters or digits), signed with a key for some words."""
    local, _, domain = reply_to.partition("@")
    return f"{local}+{what}-{_signature(key, words)}@{domain}"


def find(text: str, reply_to: str, what: str) -> tuple[str, str] | None:
    """Return `what` (given as a pattern) and the signature of the first such address in a header or an address."""
    local, _, domain = reply_to.partition("@")
    pattern = rf"(?<![\w.+-]){re.escape(local)}\+({what})-([a-z2-7]{{26}})@{re.escape(domain)}(?![\w.-])"
    found = re.search(pattern, text, re.IGNORECASE | re.ASCII)
    return (found[1], found[2].lower()) if found else None


def signs(signature: str, key: str, words: str) -> bool:
    """Return whether a signature was made with a key for these words."""
    return hmac.compare_digest(signature, _signature(key, words))


def _signature(key: str, words: str) -> str:
    digest = hmac.new(key.encode(), words.encode(), hashlib.sha256).digest()
    return b32encode(digest[:_SIGNATURE_BYTES]).decode().rstrip("=").lower()
