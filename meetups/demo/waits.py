"""Who waits in the demo town for something to start: round the host's park, and where nothing is on yet."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from meetups.accounts.models import Member
from meetups.domain.ages import AgeBand
from meetups.domain.wishes import USUAL_REACH
from meetups.places.models import Place
from meetups.wishes.services import Asked, make


def wait(
    said: Sequence[dict[str, Any]], members: dict[str, Member], find: Callable[[str], Place], now: datetime
) -> None:
    """Let members wait near places since some days ago: for their own children where no ages are said."""
    for each in said:
        place = find(each["near"])
        ages = sum(AgeBand[name] for name in each["ages"].split()) if "ages" in each else None
        asked = Asked(place.cell8, place.neighbourhood, each.get("within", USUAL_REACH), ages)
        make(members[each["who"]], asked, now - timedelta(days=each["days"]))
