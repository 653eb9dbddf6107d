"""The ages of children as bands, so that nobody learns a birth month and nobody has to keep one up to date; and whom a
meetup welcomes: bands that stay, or a group born in some months that grows up together."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntFlag
from functools import cache, reduce
from operator import or_

from meetups.domain.errors import Problem
from meetups.domain.words import MONTHS, listed, number_words


class AgeBand(IntFlag):
    """A span of ages. A meetup stores the sum of those it welcomes."""

    BUMP = 1
    BABY = 2
    CRAWLER = 4
    ONE = 8
    TWO = 16
    PRESCHOOL = 32
    SCHOOL = 64


ALL_AGES = AgeBand(127)

# The first month of each band, and how it is said.
STARTS = {
    AgeBand.BABY: 0,
    AgeBand.CRAWLER: 6,
    AgeBand.ONE: 12,
    AgeBand.TWO: 24,
    AgeBand.PRESCHOOL: 36,
    AgeBand.SCHOOL: 60,
}
BAND_WORDS = {
    AgeBand.BUMP: "Bump",
    AgeBand.BABY: "0-5 months",
    AgeBand.CRAWLER: "6-11 months",
    AgeBand.ONE: "1 year",
    AgeBand.TWO: "2 years",
    AgeBand.PRESCHOOL: "3-4 years",
    AgeBand.SCHOOL: "School age",
}
_FROM = {
    AgeBand.BABY: "newborn",
    AgeBand.CRAWLER: "6 months",
    AgeBand.ONE: "1",
    AgeBand.TWO: "2",
    AgeBand.PRESCHOOL: "3",
}
_TO = {
    AgeBand.BABY: "5 months",
    AgeBand.CRAWLER: "11 months",
    AgeBand.ONE: "1 year",
    AgeBand.TWO: "2 years",
    AgeBand.PRESCHOOL: "4 years",
    AgeBand.SCHOOL: "school age",
}
_KID_WORDS = {
    AgeBand.BUMP: ("a bump", "bumps"),
    AgeBand.BABY: ("a baby under 6 months", "babies under 6 months"),
    AgeBand.CRAWLER: ("a baby of 6-11 months", "babies of 6-11 months"),
    AgeBand.ONE: ("a 1-year-old", "1-year-olds"),
    AgeBand.TWO: ("a 2-year-old", "2-year-olds"),
    AgeBand.PRESCHOOL: ("a 3-4-year-old", "3-4-year-olds"),
    AgeBand.SCHOOL: ("a schoolchild", "schoolchildren"),
}
# Who comes, from several families together: coarser words than a family's own.
_COMING = (
    (AgeBand.BABY, ("baby under 6 months", "babies under 6 months")),
    (AgeBand.CRAWLER, ("baby 6-11 months", "babies 6-11 months")),
    (AgeBand.ONE | AgeBand.TWO, ("toddler", "toddlers")),
    (AgeBand.PRESCHOOL, ("child of 3-4 years", "children of 3-4 years")),
    (AgeBand.SCHOOL, ("schoolchild", "schoolchildren")),
    (AgeBand.BUMP, ("bump", "bumps")),
)
# A group that grows up together: from how many months ahead to how old at its first date, and how wide, in months.
DUE_AHEAD, OLDEST, WIDEST = 12, 215, 24
YEAR, TODDLING, TALKING = 12, 24, 36  # months
# A search's ages: months, and the words of the band they fall in.
AGE_CHOICES = [(months, BAND_WORDS[band]) for band, months in STARTS.items()]


@dataclass(frozen=True, slots=True, order=True)
class Born:
    """A group that grows up together: the first days of its first and of its last birth (or due) month."""

    first: date
    last: date

    def __str__(self) -> str:
        """Return it as it is stored: "2026-03/2026-05" (an interval of ISO 8601, by months)."""
        return f"{self.first:%Y-%m}/{self.last:%Y-%m}"


# Whom a meetup welcomes: bands (AgeBand, as bits) that stay as they are, or a group that grows.
Welcome = int | Born


def parse_born(text: str) -> Born:
    """Read what `str` wrote of a group."""
    first, last = (date.fromisoformat(f"{month}-01") for month in text.split("/"))
    return Born(first, last)


def group(first: date, last: date, day: date) -> Born:
    """Return the group born (or due) from one month to another, as it is on `day`, its first date.

    Raises Problem for months in the wrong order, more than two years apart, or too far from that day.
    """
    if last < first:
        raise Problem("The last month comes before the first", "born_until_year")
    if months_between(first, last) >= WIDEST:
        raise Problem("Choose at most two years of birth, or choose ages", "born_until_year")
    if months_between(day, last) > DUE_AHEAD:
        raise Problem("That is more than a year after the first date", "born_until_year")
    if months_between(first, day) > OLDEST:
        raise Problem("They are grown up by then", "born_from_year")
    return Born(first, last)


def months_between(month: date, day: date) -> int:
    """Return the whole months from one month to another, negative where it comes before; days are not looked at."""
    return (day.year - month.year) * 12 + day.month - month.month


def band_at(month: date, day: date) -> AgeBand:
    """Return the band, on `day`, of a child born (or due) in `month`; the day of the month is not known."""
    months = months_between(month, day)
    return AgeBand.BUMP if months < 0 else band_for_months(months)


def month_seen(month: date) -> date:
    """Return the month from which others reckon a child born (or due) in `month`: the later one of its pair (January
    and February, March and April, ...), so that no number of days tells which of the two it is."""
    return month.replace(month=month.month + month.month % 2)


def band_seen(month: date, day: date) -> AgeBand:
    """Return the band that others read of a child born (or due) in `month`, on `day`."""
    return band_at(month_seen(month), day)


def spans_of(month: date) -> list[tuple[AgeBand, date | None, date | None]]:
    """Return the bands that a child born (or due) in `month` goes through, each with its first day and the day after
    its last; None where it has no end."""
    starts = [None, *(month_after(month, months) for months in STARTS.values())]
    return list(zip((AgeBand.BUMP, *STARTS), starts, [*starts[1:], None], strict=True))


def month_after(month: date, months: int) -> date:
    """Return the first day of the month that comes so many months after another."""
    count = month.year * 12 + month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def bands_on(welcome: Welcome, day: date) -> AgeBand:
    """Return the bands that a meetup welcomes on a day: of a group that grows, those its children are in by then."""
    if not isinstance(welcome, Born):
        return AgeBand(welcome)
    oldest, youngest = band_at(welcome.first, day), band_at(welcome.last, day)
    return reduce(or_, (band for band in AgeBand if youngest <= band <= oldest))


def fits(month: date, day: date, welcome: Welcome) -> bool:
    """Return whether a child born (or due) in `month` is welcome on `day`: in its band, or one of the group."""
    if isinstance(welcome, Born):
        return welcome.first <= month <= welcome.last
    return bool(band_at(month, day) & welcome)


def fits_words(months: Iterable[date], day: date, welcome: Welcome) -> str | None:
    """Return which of her own children a meetup fits, in words for a mother alone: "fits your 8-month-old"; None where
    it fits none. `months` are their birth or due months."""
    mine = [month for month in sorted(months) if fits(month, day, welcome)]
    said = listed(dict.fromkeys(own_words(month, day) for month in mine))
    return f"fits your {said}" if said else None


def own_words(month: date, day: date) -> str:
    """Return what a mother's own child is on a day: "8-month-old", "newborn", "bump"."""
    months = months_between(month, day)
    if months < 0:
        return "bump"
    if months == 0:
        return "newborn"
    return f"{months}-month-old" if months < TODDLING else f"{months // YEAR}-year-old"


def band_for_months(months: int) -> AgeBand:
    """Return the band of a child of that many whole months (0 or more)."""
    return max((band for band, start in STARTS.items() if start <= months), key=STARTS.__getitem__)


def welcome_words(welcome: Welcome, day: date | None) -> str:
    """Return whom a meetup welcomes in words, wherever it is said: "6 months to 2 years"; of a group that grows with
    how old it is on `day`: "Babies born March to May 2026 (6 to 8 months)". Without a day, as of a whole series, that
    is "Children born March to May 2026"."""
    if not isinstance(welcome, Born):
        return bands_words(welcome)
    if day is None:
        return f"Children born {_span_words(welcome)}"
    oldest, youngest = months_between(welcome.first, day), months_between(welcome.last, day)
    if oldest < 0:
        return f"Bumps due {_span_words(welcome)}"
    who = "Babies" if youngest < YEAR else "Toddlers" if youngest < TALKING else "Children"
    due = " or due" if youngest < 0 else ""
    return f"{who} born{due} {_span_words(welcome)} ({_age_words(max(youngest, 0), oldest)})"


def _span_words(born: Born) -> str:
    last = f"{MONTHS[born.last.month - 1]} {born.last.year}"
    if born.first == born.last:
        return last
    year = f" {born.first.year}" if born.first.year != born.last.year else ""
    return f"{MONTHS[born.first.month - 1]}{year} to {last}"


def _age_words(youngest: int, oldest: int) -> str:
    """Return "6 to 8 months", "1 month", "2 to 3 years", "newborn": from the youngest to the oldest, in months."""
    if oldest == 0:
        return "newborn"
    size, unit = (1, "month") if youngest < TODDLING else (YEAR, "year")
    low, high = youngest // size, oldest // size
    said = f"{high} {unit}{'s' if high > 1 else ''}"
    if low == high:
        return said
    return f"up to {said}" if low == 0 else f"{low} to {said}"


@cache
def bands_words(bits: int) -> str:
    """Return bands in words: "6 months to 2 years", "Bumps and newborn to 11 months"."""
    bands = AgeBand(bits) & ALL_AGES
    if bands in (ALL_AGES, ALL_AGES & ~AgeBand.BUMP, AgeBand(0)):
        return "All ages"
    parts = ["bumps"] if AgeBand.BUMP in bands else []
    parts += [_run_words(run) for run in _runs(bands & ~AgeBand.BUMP)]
    words = listed(parts)
    return words[0].upper() + words[1:]


def kids_words(bands: Iterable[AgeBand]) -> str:
    """Return the children of one family in words: "a 1-year-old and a bump"; "" for none."""
    counts = Counter(bands)
    parts = [
        _KID_WORDS[band][0] if n == 1 else f"{number_words(n)} {_KID_WORDS[band][1]}"
        for band, n in sorted(counts.items(), reverse=True)
    ]
    return listed(parts)


def coming_words(bands: Iterable[AgeBand]) -> str:
    """Return the children of several families in words: "three babies 6-11 months, one toddler"; "" for none."""
    counts = Counter(bands)
    said = [(sum(counts[band] for band in AgeBand if band & some), words) for some, words in _COMING]
    return ", ".join(f"{number_words(n)} {words[0] if n == 1 else words[1]}" for n, words in said if n)


def _runs(bands: AgeBand) -> list[list[AgeBand]]:
    runs: list[list[AgeBand]] = []
    for band in STARTS:
        if band not in bands:
            continue
        if runs and runs[-1][-1] * 2 == band:
            runs[-1].append(band)
        else:
            runs.append([band])
    return runs


def _run_words(run: list[AgeBand]) -> str:
    if len(run) == 1:
        return BAND_WORDS[run[0]].lower().replace("-", " to ") if run[0] != AgeBand.SCHOOL else "school age"
    return f"{_FROM[run[0]]} to {_TO[run[-1]]}"
