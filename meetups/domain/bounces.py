"""When an address has failed so often that writing to it only hurts (RFC 3463 says what a status means)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WITHIN = timedelta(days=30)
DAYS = 3
# "Bad destination mailbox address".
NO_SUCH_MAILBOX = "5.1.1"


@dataclass(frozen=True, slots=True)
class Bounced:
    """A mail that came back at an instant (UTC), or was `refused` as it was sent; `status` is like "5.1.1"."""

    at: datetime
    status: str
    refused: bool


def counts(status: str) -> bool:
    """Return whether a status says that an address takes no mail.

    4.x.x passes. 5.7.x is about the sender (a block list, a policy): were it counted, one bad day of our own mail
    server would silence everybody, and they would all have to say that their mail works.
    """
    return status.startswith("5.") and not status.startswith("5.7.")


def suspends(bounces: Sequence[Bounced], now: datetime) -> bool:
    """Return whether these bounces suspend an address: on three different days (UTC) of thirty, or one report that
    there is no such mailbox and one refusal as a mail was sent."""
    lately = [one for one in bounces if counts(one.status) and one.at > now - WITHIN]
    gone = any(one.status == NO_SUCH_MAILBOX and not one.refused for one in lately)
    days = {one.at.date() for one in lately}
    return len(days) >= DAYS or (gone and any(one.refused for one in lately))
