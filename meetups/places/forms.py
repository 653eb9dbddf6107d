"""Form fields for places."""

from typing import Any

from wtforms import HiddenField, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired

from meetups.accounts.current import viewer
from meetups.domain.amenities import LAPS
from meetups.domain.errors import Problem
from meetups.domain.homes import looks_like_home
from meetups.domain.nearness import Point, parse_point
from meetups.domain.text import clean, search_key
from meetups.places import meaning, proposals, queries
from meetups.places.models import LAP, Amenity, Place
from meetups.web.forms import AtMost, Form, LineField, NoLink, options

ID_LENGTH = 22
KIND_CHOICES = options(
    (
        ("park", "Park"),
        ("playground", "Playground"),
        ("cafe", "Café"),
        ("library", "Library"),
        ("other", "Another public place"),
    )
)
# A browser sends what was typed and the one button that was tapped.
SENT = 3
# Degrees are kept to about a metre.
DIGITS = 5


class PlaceField(StringField):
    """A park: typed by name ("Name" or "Name, neighbourhood"), or tapped, which sends its public id.

    After validation `place` is the one meant. Where the name fits several, `several` holds the first of them:
    `templates/places/_several.html` draws them as buttons of this field.
    """

    place: Place | None = None
    several: tuple[Place, ...] = ()
    _tapped: str | None = None

    @property
    def meant(self) -> Place | None:
        """The place it means, also where nobody has sent the form yet; None where it is not one."""
        if self.place or not self.data:
            return self.place
        matches = queries.called(self.data)
        return matches[0] if len(matches) == 1 else None

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was tapped before what was typed, in whichever order they come."""
        given = [clean(value) for value in valuelist[:SENT] if value and value.strip()]
        self._tapped = next((value for value in given if len(value) == ID_LENGTH and queries.by_public_id(value)), None)
        self.data = self._tapped or (given[0] if given else "")

    def pre_validate(self, form: Any) -> None:
        """Find the place; raise ValidationError where there is none, or more than one."""
        if not self.data:
            return
        tapped = queries.by_public_id(self._tapped) if self._tapped else None
        matches = [tapped] if tapped else queries.called(self.data)
        if len(matches) == 1:
            self.place, self.data = matches[0], full_name(matches[0])
            return
        self.several = tuple(matches)
        if matches:
            names = ", ".join(place.name for place in matches[:3])
            raise ValidationError(f"More than one park fits: {names}. Choose one, or type more of its name.")
        raise ValidationError("We know no park of that name. Type a part of its name.")


def full_name(place: Place) -> str:
    # A form comes back with what is in it: the name must lead to the same park once more.
    if place.neighbourhood and len(queries.called(place.name)) > 1:
        return f"{place.name}, {place.neighbourhood}"
    return place.name


class HomeForm(Form):
    """A neighbourhood, town or postal code, a park, or the phone's point in `near` ("lat,lon").

    Where the name is that of several, `others` says which: `templates/places/home.html` draws them as buttons.
    """

    name = LineField("Neighbourhood, town, postal code or park")
    near = HiddenField()

    found: queries.Found | None = None
    others: tuple[str, ...] = ()

    def validate_name(self, field: Any) -> None:
        """Find the neighbourhood; raise ValidationError where there is none, or more than one."""
        if not (field.data or self.near.data):
            raise ValidationError("Type a neighbourhood, a town or a park, or tap the map")
        here = queries.find(self.near.data) if self.near.data else None
        # The point is more exact than the name it was given, as long as that name still stands.
        if here and field.data in (None, "", here.name):
            self.found = here
            return
        meant = meaning.look_up(field.data, viewer())
        self.found, self.others = meant.found, () if meant.found else meant.others
        if self.others:
            raise ValidationError("More than one place is called so. Which one is yours?")
        if self.found is None:
            raise ValidationError("We know no place of that name. Try a part of its name, or tap the map.")


class WordForm(Form):
    """What a member says of a place: a button "fence:yes" (no, unsure, or back: it is taken back), or a lap."""

    say = HiddenField()
    lap = HiddenField()

    amenity: str = ""
    word: str = ""
    minutes: int = 0

    def validate_say(self, field: Any) -> None:
        """Read the button; raise ValidationError for what no button of ours says."""
        self.amenity, _, self.word = (field.data or "").partition(":")
        if self.amenity == LAP and self.word in ("", "back"):
            self.minutes = next((minutes for minutes in LAPS if str(minutes) == self.lap.data), 0)
        elif self.amenity not in list(Amenity) or self.word not in ("yes", "no", "unsure", "back"):
            raise ValidationError("Tap yes or no")


class ProposeForm(Form):
    """A public place that we do not know: its name, its kind, and where it is."""

    where = LineField("Where is it?", [DataRequired("Type where it is"), AtMost(80)])
    name = LineField("What is it called?", [DataRequired("Type its name"), AtMost(120), NoLink("Its name alone")])
    kind = SelectField("What is it?", choices=KIND_CHOICES)

    point: Point

    def validate_where(self, field: Any) -> None:
        """Find the point: coordinates, or something we know beside it; raise ValidationError where there is none."""
        found = queries.find(field.data)
        if found is None:
            raise ValidationError("We know nothing of that name. Try the neighbourhood, or the two numbers of a map.")
        self.point = _rounded(found.point)

    def validate_name(self, field: Any) -> None:
        """Raise ValidationError for what reads like a home, has no letter, or is on the map already."""
        why = looks_like_home(field.data, self.kind.data)
        if why or not search_key(field.data):
            raise ValidationError(why or "Type its name in letters")
        found = queries.find(self.where.data) if self.where.data else None
        known = proposals.known(field.data, found.point) if found else None
        if known:
            raise ValidationError(f"{known.name} is on the map already: search for it by name.")

    def proposed(self) -> proposals.Proposed:
        """Return what was filled in."""
        return proposals.Proposed(self.name.data, self.kind.data, self.point, self.where.data)


class DecideForm(Form):
    """What an admin makes of a proposal: corrected and accepted, or refused for a reason."""

    name = LineField("Name", [DataRequired("Type its name"), AtMost(120)])
    kind = SelectField("Kind", choices=KIND_CHOICES)
    where = LineField("Point", [DataRequired("Type its latitude and longitude")])
    refusal = SelectField(
        "Accept, or refuse",
        choices=options([("", "Accept"), *((key, f"Refuse: {why}") for key, why in proposals.REFUSALS.items())]),
    )

    point: Point

    def validate_where(self, field: Any) -> None:
        """Read the point; raise ValidationError where it is none."""
        try:
            self.point = _rounded(parse_point(field.data))
        except Problem as problem:
            raise ValidationError(problem.message) from problem


def _rounded(point: Point) -> Point:
    return Point(round(point.lat, DIGITS), round(point.lon, DIGITS))
