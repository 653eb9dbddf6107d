"""Who may act as the host of a meetup: the one place that says so."""

from meetups.accounts.models import Member
from meetups.events.models import Meetup


def acts_as_host(meetup: Meetup, member: Member | None) -> bool:
    """Return whether a member may do on a meetup what its host may."""
    return member is not None and meetup.host_id == member.id
