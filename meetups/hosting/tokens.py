"""The token in a link of a host's mail: who may do what to which date or series, signed. It is the permission."""

from typing import NamedTuple

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from meetups.web.links import path, public_url


class Token(NamedTuple):
    """What a link is for: a purpose, the date's UID or the meetup's public id, and the member's public id."""

    purpose: str
    subject: str
    member: str


def address(purpose: str, subject: str, member: str) -> str:
    """Return the absolute address of the page with that one button."""
    return public_url("hosting.act", token=_serializer().dumps([purpose, subject, member]))


def local_address(purpose: str, subject: str, member: str) -> str:
    """Return its path, for a page of ours that only this member sees."""
    return path("hosting.act", token=_serializer().dumps([purpose, subject, member]))


def read(token: str) -> Token | None:
    """Return what a token says, or None where it is not ours."""
    try:
        return Token(*_serializer().loads(token))
    except (BadSignature, ValueError, TypeError):
        return None


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="hosting")
