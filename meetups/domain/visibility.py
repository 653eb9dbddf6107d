"""Who may see what of a meetup: the table of docs/safety.md as one function."""

from collections.abc import Iterable
from enum import Flag, IntEnum, auto

from meetups.domain.ages import AgeBand

# Below this many families, a number and an age say who they are.
FAMILIES_FROM = 3


class Audience(IntEnum):
    """What somebody is to a meetup; each sees all that those before it see."""

    BLOCKED = 0
    STRANGER = 1
    MEMBER = 2
    GOING = 3
    HOST = 4


class Shows(Flag):
    """Facts of a meetup. Kind, neighbourhood and weekday are shown whenever anything is."""

    OUTLINE = auto()
    WHOLE = auto()  # title, place, date and time, ages welcome, whether places are left
    HOST_NAME = auto()
    NOTE = auto()
    FAMILIES = auto()
    SPOT = auto()
    GUESTS = auto()


_STRANGER = Shows.OUTLINE | Shows.WHOLE
_MEMBER = _STRANGER | Shows.HOST_NAME | Shows.NOTE | Shows.FAMILIES
_GOING = _MEMBER | Shows.SPOT | Shows.GUESTS
_SHOWS = {
    Audience.STRANGER: _STRANGER,
    Audience.MEMBER: _MEMBER,
    Audience.GOING: _GOING,
    Audience.HOST: _GOING,
}


def audience(*, signed_in: bool, host: bool, going: bool, blocked: bool) -> Audience:
    """Return who a viewer is to a meetup. A block, either way, outdoes everything else."""
    if blocked:
        return Audience.BLOCKED
    if not signed_in:
        return Audience.STRANGER
    if host:
        return Audience.HOST
    return Audience.GOING if going else Audience.MEMBER


def shows(who: Audience, *, members_only: bool) -> Shows | None:
    """Return what a viewer sees of a meetup; None where for her it has never existed."""
    if who == Audience.BLOCKED:
        return None
    if members_only and who == Audience.STRANGER:
        return Shows.OUTLINE
    return _SHOWS[who]


def children_shown(families: Iterable[Iterable[AgeBand]]) -> list[AgeBand] | None:
    """Return the bands of all children who come, from each family's; None below FAMILIES_FROM families."""
    families = list(families)
    if len(families) < FAMILIES_FROM:
        return None
    return sorted(band for bands in families for band in bands)


def faces_shown(familiar: int, families: int, *, host: bool) -> int:
    """Return in which band the number of familiar faces falls: 0 for none, 1, or 2 from FAMILIES_FROM up.

    `familiar` of the `families` that come count from FAMILIES_FROM families up: else the place of a date in a list
    would say who comes. Who hosts every member reads anyway.
    """
    faces = (familiar if min(familiar, families) >= FAMILIES_FROM else 0) + host
    return 0 if faces == 0 else 1 if faces < FAMILIES_FROM else 2
