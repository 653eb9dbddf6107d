"""The address that an invitation is answered to: it names one member's answer to one date, signed (`mail.plus`)."""

from typing import NamedTuple

from flask import current_app

from meetups.mail import plus
from meetups.rsvps.models import Rsvp


class Token(NamedTuple):
    """What an address says: an answer's id, and the signature that makes it believable (`signs`)."""

    rsvp_id: int
    signature: str


def address(row: Rsvp) -> str:
    """Return the address for replies about an answer; REPLY_TO must be set."""
    settings = current_app.config["SETTINGS"]
    return plus.address(settings.reply_to, str(row.id), settings.secret_key, _words(row))


def find(text: str, reply_to: str) -> Token | None:
    """Return the first token in a header, an envelope address or a calendar address of a message; None without one."""
    found = plus.find(text, reply_to, "[0-9]{1,10}")
    return Token(int(found[0]), found[1]) if found else None


def signs(token: Token, row: Rsvp) -> bool:
    """Return whether a token was made by us for this answer of this member to this date."""
    return plus.signs(token.signature, current_app.config["SETTINGS"].secret_key, _words(row))


def _words(row: Rsvp) -> str:
    return f"reply:{row.id}:{row.occurrence.uid}:{row.member_id}"
