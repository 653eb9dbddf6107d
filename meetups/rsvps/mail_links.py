"""The links in mails that answer without signing in: the token in them is the permission.

It names a member, a date (by its UID, which no edit changes) or a meetup, and what the link says. It is signed, can
be used again and again, and lasts until the date ends (`linked`). Who has passed a mail on ends all of hers at once:
a token holds the number that her links have (`Member.mail_links`), and another number is another member's.
"""

from functools import lru_cache
from typing import NamedTuple

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from meetups.accounts import queries as accounts
from meetups.accounts.models import Member
from meetups.domain.taps import Purpose
from meetups.events.models import Meetup, Occurrence
from meetups.web.links import public_url


class Link(NamedTuple):
    """Whose answer a link gives, to what (a date's UID; for DATES and AGAIN a meetup's public id), and what it says."""

    member: Member
    what: str
    purpose: Purpose


def to_date(member: Member, occurrence: Occurrence, purpose: Purpose) -> str:
    """Return the absolute address at which a member answers one date; CANT or COME."""
    return _address(Link(member, occurrence.uid, purpose))


def to_dates(member: Member, meetup: Meetup) -> str:
    """Return the absolute address at which she answers her dates of a meetup, one by one."""
    return _address(Link(member, meetup.public_id, Purpose.DATES))


def to_series(member: Member, meetup: Meetup) -> str:
    """Return the absolute address at which a member whose standing yes has ended comes to a meetup every time again."""
    return _address(Link(member, meetup.public_id, Purpose.AGAIN))


def read(token: str) -> Link | None:
    """Return what a token says; None where we did not make it, or its member is gone or has ended her links."""
    try:
        member_id, what, purpose, number = _serializer().loads(token)
        known = Purpose(purpose)
    except (BadSignature, ValueError, TypeError):
        return None
    member = accounts.by_public_id(member_id)
    return Link(member, what, known) if member and member.mail_links == number else None


def _address(link: Link) -> str:
    token = _serializer().dumps([link.member.public_id, link.what, link.purpose, link.member.mail_links])
    return public_url("links.answer", token=token)


def _serializer() -> URLSafeSerializer:
    return _signing_with(current_app.config["SECRET_KEY"])


@lru_cache(8)
def _signing_with(key: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt="answer from a mail")
