"""What the site's key is for: signing the tokens in our addresses, for one door each, and numbers nobody can guess."""

import hashlib
import hmac
from functools import lru_cache

from flask import current_app
from itsdangerous import URLSafeSerializer


def signer(door: str) -> URLSafeSerializer:
    """Return what makes and reads the tokens of one door; those of another door are BadSignature to it."""
    return _signer(current_app.config["SECRET_KEY"], door)


def secret_number(door: str, of: int, below: int) -> int:
    """Return a number from 0 that is always the same for an id at one door, and that nobody knows without the key."""
    key = current_app.config["SECRET_KEY"].encode()
    return int.from_bytes(hmac.digest(key, f"{door}:{of}".encode(), hashlib.sha256)[:8]) % below


@lru_cache(16)
def _signer(key: str, door: str) -> URLSafeSerializer:
    # It derives its keys as it is made, and thousands of mails are written at once.
    return URLSafeSerializer(key, salt=door)
