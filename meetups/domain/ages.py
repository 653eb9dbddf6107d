"""The ages of children as bands, so that nobody learns a birth month and nobody has to keep one up to date."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from enum import IntFlag

from meetups.domain.words import number_words


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
# A search's ages: months, and the words of the band they fall in.
AGE_CHOICES = [(months, BAND_WORDS[band]) for band, months in STARTS.items()]


def band_at(month: date, day: date) -> AgeBand:
    """Return the band, on `day`, of a child born (or due) in `month`; the day of the month is not known."""
    months = (day.year - month.year) * 12 + day.month - month.month
    return AgeBand.BUMP if months < 0 else band_for_months(months)


def band_for_months(months: int) -> AgeBand:
    """Return the band of a child of that many whole months (0 or more)."""
    return max((band for band, start in STARTS.items() if start <= months), key=STARTS.__getitem__)


def bands_words(bits: int) -> str:
    """Return the ages a meetup welcomes in words: "6 months to 2 years", "Bumps and newborn to 11 months"."""
    bands = AgeBand(bits) & ALL_AGES
    if bands in (ALL_AGES, ALL_AGES & ~AgeBand.BUMP, AgeBand(0)):
        return "All ages"
    parts = ["bumps"] if AgeBand.BUMP in bands else []
    parts += [_run_words(run) for run in _runs(bands & ~AgeBand.BUMP)]
    words = " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]
    return words[0].upper() + words[1:]


def kids_words(bands: Iterable[AgeBand]) -> str:
    """Return the children of one family in words: "a 1-year-old and a bump"; "" for none."""
    counts = Counter(bands)
    parts = [
        _KID_WORDS[band][0] if n == 1 else f"{number_words(n)} {_KID_WORDS[band][1]}"
        for band, n in sorted(counts.items(), reverse=True)
    ]
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


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
