"""The field for a park: what is typed leads to one, or to a choice."""

from typing import Any

from flask import Flask, render_template_string
from werkzeug.datastructures import MultiDict

from meetups.places.forms import PlaceField
from meetups.web.forms import Form
from tests.factories import add_place

SEVERAL = "{% from 'places/_several.html' import several %}{{ several(form.place) }}"


class ParkForm(Form):
    """A form with a park and nothing else."""

    place = PlaceField("Which park?")


def filled(app: Flask, *values: Any) -> ParkForm:
    with app.test_request_context(method="POST"):
        form = ParkForm(MultiDict([("place", value) for value in values]), meta={"csrf": False})
        form.validate()
        return form


def test_a_whole_name_or_a_part_of_it_leads_to_the_park(app: Flask) -> None:
    withrow = add_place("Withrow Park")
    add_place("Greenwood Park")
    for typed in ("Withrow Park", "withrow", "Withro", "withrow prak"):
        field = filled(app, typed).place
        assert (field.place, field.data, field.errors) == (withrow, "Withrow Park", [])


def test_an_exact_name_wins_over_longer_ones(app: Flask) -> None:
    add_place("Regent Park Athletic Grounds")
    regent = add_place("Regent Park")
    assert filled(app, "regent park").place.place is regent


def test_several_parks_are_offered_as_buttons_of_the_field(app: Flask) -> None:
    east, west = add_place("Riverdale Park East"), add_place("Riverdale Park West")
    form = filled(app, "riverdale park")
    assert form.place.place is None
    assert "Riverdale Park East, Riverdale Park West" in form.place.errors[0]
    with app.test_request_context():
        html = render_template_string(SEVERAL, form=form)
    for place in (east, west):
        assert f'name="place" value="{place.public_id}"' in html


def test_a_tapped_button_wins_over_what_was_typed(app: Flask) -> None:
    add_place("Riverdale Park East")
    west = add_place("Riverdale Park West")
    assert filled(app, "riverdale", west.public_id).place.place is west
    assert filled(app, west.public_id, "riverdale").place.place is west


def test_two_parks_of_one_name_are_told_apart_by_neighbourhood(app: Flask) -> None:
    here, there = add_place("Oak Park", neighbourhood="Riverside"), add_place("Oak Park", neighbourhood="The Beaches")
    chosen = filled(app, "Oak Park", there.public_id).place
    assert chosen.data == "Oak Park, The Beaches"
    # The form comes back with these words, and they still lead there.
    assert filled(app, chosen.data).place.place is there
    assert filled(app, "oak park, riverside").place.place is here
    assert filled(app, "Oak Park, Elsewhere").place.errors


def test_an_unknown_park_is_said_to_be_and_stays_typed(app: Flask) -> None:
    add_place()
    field = filled(app, "Hogwarts").place
    assert (field.place, field.data) == (None, "Hogwarts")
    assert field.errors == ["We know no park of that name. Type a part of its name."]


def test_an_id_that_nothing_has_is_only_a_name(app: Flask) -> None:
    assert filled(app, "A" * 22).place.errors
