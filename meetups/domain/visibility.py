"""Who may see what of a meetup: the table of docs/safety.md as one function."""

from collections import Counter
from collections.abc import Iterable
from enum import Flag, IntEnum, auto

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


def families_shown(families: Iterable[int]) -> dict[int, int] | None:
    """Return how many families bring a child of each age band, from each family's bands as bits.

    None below FAMILIES_FROM families; a family with two children of one band counts once in it.
    """
    families = list(families)
    if len(families) < FAMILIES_FROM:
        return None
    return dict(Counter(bit for bits in families for bit in (1 << n for n in range(7)) if bits & bit))
