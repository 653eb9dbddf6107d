"""What a member says about where she lives."""

from meetups.accounts.models import Member
from meetups.domain.nearness import home_cell
from meetups.places.queries import Found

HOME_NAME = 80


def live_at(member: Member, found: Found) -> None:
    """Keep a member's neighbourhood: the cell and the name of the area around a point, which itself is kept nowhere."""
    member.home_cell, member.home_name = home_cell(found.point), found.area and found.area[:HOME_NAME]
