"""What follows from the columns of a date, whether its row is the ORM's or that of a list."""

from datetime import date
from typing import TYPE_CHECKING, Any

from meetups.domain.hosting import asked_at
from meetups.domain.zones import to_local

# Who is the one to find where nobody may be there.
NOBODY = 0


class Dated:
    """A date of a meetup: `models.Occurrence`, or `listed.Listed`, which knows as much as lists show."""

    if TYPE_CHECKING:
        id: Any
        uid: Any
        meetup: Any
        place: Any
        place_id: Any
        recurrence_id: Any
        starts_at: Any
        ends_at: Any
        kind: Any
        welcome: Any
        capacity: Any
        taken: Any
        own: Any
        own_title: Any
        own_note: Any
        own_spot: Any
        cancelled_at: Any
        cancel_reason: Any
        confirmed_at: Any
        held_by: Any
        held_by_id: Any
        held_spot: Any
        unhosted_at: Any
        rain_at: Any
        dry_place_id: Any
        wet_place_id: Any

    @property
    def day(self) -> date:
        """The day of it at its place."""
        return to_local(self.starts_at, self.meetup.zone).date()

    @property
    def title(self) -> str:
        """What this date is called."""
        return str(self.own_title or self.meetup.title)

    @property
    def note(self) -> str | None:
        """The host's note for this date; an empty own one takes the meetup's away."""
        return self.meetup.note if self.own_note is None else self.own_note or None

    @property
    def spot(self) -> str:
        """How people find whoever welcomes them on this date: only for those who come. It may be empty."""
        return str(self.held_spot) if self.held_by_id and self.held_spot else self.host_spot

    @property
    def host_spot(self) -> str:
        """How people find the host on this date."""
        return str(self.own_spot or self.usual_spot)

    @property
    def usual_spot(self) -> str:
        """What it says of that without words of its own. Where the rain has moved it, what the series says is about
        another place, and what the plan says may be by now: then it says nothing."""
        if not self.moved_by_rain:
            return str(self.meetup.spot)
        return (self.meetup.rain_spot or "") if self.meetup.rain_place_id == self.wet_place_id else ""

    @property
    def raining(self) -> bool:
        """Whether the host has said for this very day that her rain plan holds."""
        return self.rain_at is not None and self.rain_at >= asked_at(self.starts_at, self.meetup.zone)

    @property
    def moved_by_rain(self) -> bool:
        """Whether it is where a rain plan has moved it, and nobody has put it elsewhere since."""
        return self.dry_place_id is not None and self.place.id == self.wet_place_id

    @property
    def rain_or_shine(self) -> bool:
        """Whether those who come are to know that it goes on in the rain."""
        return self.raining and self.dry_place_id is None

    @property
    def who(self) -> int | None:
        """Who is the one to find: None is the host, NOBODY that nobody may be there, else a member's id."""
        return self.held_by_id or (NOBODY if self.unhosted_at else None)
