"""What signs the tokens in our addresses: with the site's key, and for one door each."""

from functools import lru_cache

from flask import current_app
from itsdangerous import URLSafeSerializer


def signer(door: str) -> URLSafeSerializer:
    """Return what makes and reads the tokens of one door; those of another door are BadSignature to it."""
    return _signer(current_app.config["SECRET_KEY"], door)


@lru_cache(16)
def _signer(key: str, door: str) -> URLSafeSerializer:
    # It derives its keys as it is made, and thousands of mails are written at once.
    return URLSafeSerializer(key, salt=door)
