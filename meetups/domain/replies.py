"""What a calendar program's reply to an invitation means for an answer (RFC 5546 section 3.2.3)."""

from dataclasses import dataclass
from datetime import datetime

from meetups.domain.capacity import Answer

# PARTSTAT of the guest; any other (NEEDS-ACTION, DELEGATED) answers nothing.
ANSWERS = {"ACCEPTED": Answer.GOING, "TENTATIVE": Answer.MAYBE, "DECLINED": Answer.NOT_GOING}


@dataclass(frozen=True, slots=True)
class Said:
    """When a reply was made (DTSTAMP), and which version of a date it speaks of, as far as it says so.

    `starts` is the date's start as she saw it, aware; `sequence` is that of the invitation she answered.
    """

    made: datetime
    sequence: int | None
    starts: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A date and an answer to it as they are now.

    `starts` is when the date begins, `sequence` its calendar's SEQUENCE; `answered` is when her answer changed last,
    `answered_starts` the start and `same_place` whether the place are what she answered to; `replied` is the DTSTAMP
    of her last reply.
    """

    starts: datetime
    sequence: int
    answered: datetime
    answered_starts: datetime
    same_place: bool
    replied: datetime | None


def too_old(said: Said, standing: Standing) -> str | None:
    """Return why a reply changes nothing any more; None where it counts.

    An older reply, or the same once more, never undoes a newer one; and whoever said yes to another time or place
    has not said yes to this one. A first reply made before she answered on the page is older too. Later ones are
    not measured so: `answered` is then when a reply reached us, and she may change her mind while one is on its way.
    """
    if standing.replied is not None:
        late = said.made <= standing.replied
    else:
        # DTSTAMP has whole seconds.
        late = said.made < standing.answered.replace(microsecond=0)
    if late:
        return "older than what she said last"
    return None if _of_this_version(said, standing) else "about another time or place"


def _of_this_version(said: Said, standing: Standing) -> bool:
    if said.starts is not None and said.starts != standing.starts:
        return False
    if said.sequence is not None and said.sequence >= standing.sequence:
        return True
    # SEQUENCE grows with every change of the series: an older one alone does not mean that this date has moved.
    moved = standing.answered_starts != standing.starts
    if standing.same_place:
        return not moved or said.starts is not None
    return moved and said.starts is not None
