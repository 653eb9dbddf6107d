"""Whom a meetup and each of its dates welcome, as columns: bands, or the birth months of a group that grows."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from meetups.domain.ages import ALL_AGES, Born, Welcome, parse_born


def read_welcome(ages: int, born: str | None) -> Welcome:
    """Return whom a row with these columns welcomes."""
    return parse_born(born) if born else ages


class Aged:
    """A row with ages: those of a group that grows follow from its birth months."""

    # domain.ages.AgeBand bits. Of a group that grows a meetup has all, and a date has those of its own day: by them
    # searches find it.
    ages: Mapped[int]
    born: Mapped[str | None] = mapped_column(String(15))  # domain.ages.Born

    @property
    def welcome(self) -> Welcome:
        """Whom it welcomes."""
        return read_welcome(self.ages, self.born)

    @welcome.setter
    def welcome(self, welcome: Welcome) -> None:
        if isinstance(welcome, Born):
            self.born, self.ages = str(welcome), int(ALL_AGES)
        else:
            self.born, self.ages = None, int(welcome)
