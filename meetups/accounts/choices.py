"""Which mails a member wants and when, and the address in a mail that ends one kind: signed, without an end."""

from datetime import datetime

from meetups.accounts.models import Member
from meetups.domain.mails import KINDS
from meetups.domain.nearness import cell_centre
from meetups.domain.reminders import Quiet, waits_until
from meetups.domain.zones import zone_at
from meetups.web.links import public_url
from meetups.web.signing import signer

DOOR = "unsubscribe"


def wants(member: Member, kind: str) -> bool:
    """Return whether a member gets mails of a kind: one she has not ended."""
    return KINDS[kind].stops is None or getattr(member, KINDS[kind].column) is not False


def stop(member: Member, kind: str) -> None:
    """End one kind of mail, and no other."""
    setattr(member, KINDS[kind].column, False)


def have_again(member: Member, kind: str) -> None:
    """Take that back. Invitations are sent as they are to who has chosen nothing, and a look-ahead is reckoned anew."""
    setattr(member, KINDS[kind].column, None if kind == "invitations" else True)
    if kind == "weekly":
        member.weekly_at = None


def zone_of(member: Member, otherwise: str) -> str:
    """Return a member's zone: that of her neighbourhood; `otherwise` (the meetup's) where she has told none."""
    return zone_at(cell_centre(member.home_cell)) if member.home_cell else otherwise


def waits(member: Member, kind: str, now: datetime, zone: str, starts_at: datetime | None = None) -> datetime | None:
    """Return until when (UTC) a mail of a kind waits for the end of her quiet hours; None where it goes now.

    `zone` and `starts_at` are those of the date it is about.
    """
    if KINDS[kind].urgent:
        return None
    quiet = Quiet(member.quiet_from, member.quiet_until, zone_of(member, zone))
    return waits_until(now, quiet, starts_at and starts_at - KINDS[kind].leaves)


def unsubscribe_url(member: Member, kind: str) -> str:
    """Return the address that ends one kind of mail for one member."""
    return public_url("reminders.unsubscribe", token=make(member.public_id, kind))


def make(member_public_id: str, kind: str) -> str:
    """Return the token for one member and one kind of mail."""
    return str(signer(DOOR).dumps([member_public_id, kind]))


def read(token: str) -> tuple[str, str] | None:
    """Return (member's public id, kind) of a token, or None where it ends nothing. Raises BadSignature where we did
    not make it."""
    said = signer(DOOR).loads(token)
    try:
        member_public_id, kind = said
    except (ValueError, TypeError):
        return None
    return (member_public_id, kind) if kind in KINDS and KINDS[kind].stops else None
