"""The forms of a calendar that is brought in."""

from typing import Any

from flask_wtf.file import FileField
from wtforms import RadioField
from wtforms.validators import DataRequired

from meetups.domain.ages import BAND_WORDS, AgeBand
from meetups.domain.errors import Problem
from meetups.events.fields import ChipsField
from meetups.events.forms import Blamed
from meetups.events.models import Kind
from meetups.events.shown import KIND_WORDS
from meetups.imports import fetching
from meetups.imports.blocks import reduced
from meetups.places.forms import PlaceField
from meetups.web.forms import AtMost, LineField, options

CHOOSE = "Choose a calendar file. Its name ends in .ics."


class FileForm(Blamed):
    """A calendar file."""

    file = FileField("The calendar file")

    def calendar(self) -> bytes:
        """Return the file without what we do not keep; raise Problem where there is none or it is no calendar."""
        data = self.file.data.read() if self.file.data else b""
        if not data:
            raise Problem(CHOOSE, "file")
        try:
            return reduced(data)
        except Problem as problem:
            raise Problem(problem.message, "file") from problem


class PlaceForm(Blamed):
    """Where a calendar's events take place that do not say so."""

    place = PlaceField("Where, if it does not say?")


class AgainForm(FileForm, PlaceForm):
    """A newer file of a calendar, and where its events are, if that was not known."""


class CalendarForm(FileForm):
    """Whose calendar it is, and what holds where its events do not say."""

    name = LineField(
        "Whose calendar is it?",
        [DataRequired("Say whose calendar it is"), AtMost(80)],
    )
    place = PlaceField("Where, if it does not say?")
    kind = RadioField(
        "What, if it does not say?",
        choices=options((str(kind), KIND_WORDS[kind]) for kind in Kind),
        default=str(Kind.OTHER),
    )
    ages = ChipsField(
        "For whom, if it does not say?",
        coerce=int,
        choices=options((int(band), words) for band, words in BAND_WORDS.items()),
        default=[int(band) for band in AgeBand],
    )

    def values(self) -> dict[str, Any]:
        """Return the columns of the calendar."""
        return {
            "name": self.name.data,
            "place_id": self.place.place.id if self.place.place else None,
            "kind": self.kind.data,
            "ages": sum(self.ages.data or AgeBand),
        }


class FollowForm(CalendarForm):
    """The same for an admin, who may give an address to follow instead of a file."""

    url = LineField("Or an address to follow", [AtMost(fetching.URL_LETTERS)])

    def address(self) -> str | None:
        """Return the address to follow, None where there is none; raise Problem for one that cannot be."""
        return fetching.checked_url(self.url.data, fetching.PUBLIC) if self.url.data else None
