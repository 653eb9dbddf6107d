"""Form fields for places."""

from typing import Any

from wtforms import HiddenField, StringField, ValidationError

from meetups.accounts.current import viewer
from meetups.domain.text import clean
from meetups.places import meaning, queries
from meetups.places.models import Place
from meetups.web.forms import Form, LineField

ID_LENGTH = 22


class PlaceField(StringField):
    """A park: typed by name ("Name" or "Name, neighbourhood"), or tapped, which sends its public id.

    After validation `place` is the one meant. Where the name fits several, `several` holds the first of them:
    `templates/places/_several.html` draws them as buttons of this field.
    """

    place: Place | None = None
    several: tuple[Place, ...] = ()
    _tapped: str | None = None

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was tapped before what was typed, in whichever order they come."""
        given = [clean(value) for value in valuelist if value and value.strip()]
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
        raise ValidationError("We know no park called so. Type a part of its name.")


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
            raise ValidationError("We know no place called so. Try a part of its name, or tap the map.")
