"""The links in mails that answer without signing in: the token in them is the permission.

It names a member, a date (by its UID, which no edit changes) or a meetup, what the link says, and where that is not
the date what ends it. It is signed, can be used again and again, and lasts until what it is for is over (`linked`).
Who has passed a mail on ends all of hers at once: a token holds the number that her links have (`Member.mail_links`),
and another number is another member's.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple

from meetups.accounts import queries as accounts
from meetups.accounts.models import Member
from meetups.domain.taps import Purpose
from meetups.domain.zones import to_local, to_utc
from meetups.events.models import Occurrence
from meetups.rsvps.models import StandingYes
from meetups.web.links import public_url
from meetups.web.signing import signer

DOOR = "answer from a mail"
ONE_DAY = timedelta(days=1)


class Link(NamedTuple):
    """Whose answer a link gives, to what (a date's UID; for DATES and AGAIN a meetup's public id), what it says, and
    in seconds since 1970 for DATES before when the dates start that it is for, for AGAIN when her yes had ended."""

    member: Member
    what: str
    purpose: Purpose
    moment: int = 0


def to_date(member: Member, occurrence: Occurrence, purpose: Purpose) -> str:
    """Return the absolute address at which a member answers one date; CANT or COME."""
    return _address(Link(member, occurrence.uid, purpose))


def to_dates(member: Member, dates: Sequence[Occurrence]) -> str:
    """Return the absolute address at which she answers the dates of a meetup that a mail tells of, one by one: all of
    hers until the last day of these is over, so that one is found which moves by some hours, and no later one."""
    until = max(_day_after(date) for date in dates)
    return _address(Link(member, dates[0].meetup.public_id, Purpose.DATES, seconds(until)))


def _day_after(date: Occurrence) -> datetime:
    zone = date.meetup.zone
    return to_utc(datetime.combine(to_local(date.starts_at, zone).date() + ONE_DAY, time()), zone)


def to_series(row: StandingYes) -> str:
    """Return the absolute address at which a member whose standing yes has ended comes to a meetup every time again:
    once, and not after another end."""
    return _address(Link(row.member, row.series.public_id, Purpose.AGAIN, seconds(row.ended_at)))


def seconds(at: datetime | None) -> int:
    """Return a moment as a token holds it; 0 where there is none."""
    return int(at.timestamp()) if at else 0


def read(token: str) -> Link | None:
    """Return what a token says; None where its member is gone or has ended her links. Raises BadSignature where we
    did not make it."""
    said = signer(DOOR).loads(token)
    try:
        member_id, what, purpose, number, moment = said
        known = Purpose(purpose)
    except (ValueError, TypeError):
        return None
    member = accounts.by_public_id(member_id)
    return Link(member, what, known, moment) if member and member.mail_links == number else None


def _address(link: Link) -> str:
    member = link.member
    said = [member.public_id, link.what, link.purpose, member.mail_links, link.moment]
    return public_url("links.answer", token=signer(DOOR).dumps(said))
