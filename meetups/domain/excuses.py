"""Why somebody cannot come and how late she is: one tap each, and what of it the host hears."""

from datetime import datetime, timedelta
from enum import StrEnum

from meetups.domain.capacity import Answer

LATES = (10, 20)  # minutes
LATE_FROM = timedelta(hours=3)
# Earlier the host sees it in her list, and needs no mail: unless that has left already.
NEWS_WITHIN = timedelta(hours=12)
# What comes in within it is told in one mail.
GATHERED = timedelta(minutes=5)
# Who changes her mind about one date more often than this in an hour is told, and told of, once she has settled.
QUICK_CHANGES, CHANGES_WITHIN, SETTLED = 4, timedelta(hours=1), timedelta(minutes=30)


class Reason(StrEnum):
    """Why she cannot come; nobody has to say."""

    NOSE = "nose"
    NAP = "nap"
    RAIN = "rain"
    OTHER = "other"


REASON_WORDS = {
    Reason.NOSE: "Runny nose",
    Reason.NAP: "Nap ran long",
    Reason.RAIN: "Rain",
    Reason.OTHER: "Something came up",
}


def reason_of(text: str) -> Reason | None:
    """Return the reason that a button has sent; None for anything else."""
    try:
        return Reason(text)
    except ValueError:
        return None


def may_be_late(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Return whether somebody who comes may say how late she is: from three hours before until it ends."""
    return starts_at - LATE_FROM <= now < ends_at


def is_news(starts_at: datetime, ends_at: datetime, now: datetime, listed_at: datetime | None = None) -> bool:
    """Return whether a host, whose list of who comes left at `listed_at`, is written at once of who cannot come or is
    late (all UTC)."""
    since = starts_at - NEWS_WITHIN
    return (min(since, listed_at) if listed_at else since) <= now < ends_at


def news_due(starts_at: datetime, now: datetime) -> datetime:
    """Return when news is told: gathered for five minutes, at once where the host may be in the park by then."""
    return now if starts_at - now < 2 * GATHERED else now + GATHERED


def settled(starts_at: datetime, now: datetime) -> datetime:
    """Return when it is told where somebody stands who says one thing and then another: half an hour after her last
    word, or shortly before the date, so that what she ends with is told in time."""
    last = starts_at - GATHERED
    return min(now + SETTLED, last) if now < last else now + SETTLED


def standing_for_host(answer: str, late: int | None) -> str | None:
    """Return how a family that had a place stands for the host; None for one that comes in time."""
    if answer == Answer.GOING:
        return f"late {late}" if late else None
    return "maybe" if answer == Answer.MAYBE else "cant"


def news_words(stands: str | None, told: str | None, reason: str | None) -> str:
    """Return what a host reads after a first name, given how the family stands, and stood when she heard last."""
    if stands is None:
        return "comes on time after all" if (told or "").startswith("late") else "comes after all"
    if stands == "cant":
        return f"can’t make it ({REASON_WORDS[Reason(reason)].lower()})" if reason else "can’t make it"
    return "is not sure any more" if stands == "maybe" else f"is {stands.removeprefix('late ')} minutes late"
