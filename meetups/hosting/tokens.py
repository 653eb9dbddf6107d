"""The token in a link of a host's mail: who may do what to which date or series, signed. It is the permission."""

from typing import NamedTuple

from meetups.accounts import queries as accounts
from meetups.accounts.models import Member
from meetups.web.links import path, public_url
from meetups.web.signing import signer

DOOR = "hosting"


class Token(NamedTuple):
    """What a link is for: a purpose, the date's UID or the meetup's public id, and whose it is."""

    purpose: str
    subject: str
    member: Member


def address(purpose: str, subject: str, member: Member) -> str:
    """Return the absolute address of the page with that one button."""
    return public_url("hosting.act", token=_make(Token(purpose, subject, member)))


def local_address(purpose: str, subject: str, member: Member) -> str:
    """Return its path, for a page of ours that only this member sees."""
    return path("hosting.act", token=_make(Token(purpose, subject, member)))


def read(token: str) -> Token | None:
    """Return what a token says; None where its member is gone or has ended her links. Raises BadSignature where we
    did not make it."""
    said = signer(DOOR).loads(token)
    try:
        purpose, subject, member_id, number = said
    except (ValueError, TypeError):
        return None
    member = accounts.by_public_id(member_id)
    return Token(purpose, subject, member) if member and member.mail_links == number else None


def _make(token: Token) -> str:
    # With the number of her links: a new one ends all that she has got (rsvps.mail_links).
    member = token.member
    return str(signer(DOOR).dumps([token.purpose, token.subject, member.public_id, member.mail_links]))
