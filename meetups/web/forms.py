"""The base form: text is cleaned as it comes in, and a form knows its errors in page order."""

from collections.abc import Iterable, Iterator
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from meetups.domain.text import clean, has_link


def options(pairs: Iterable[tuple[Any, str]]) -> list[SelectChoice]:
    """Return (value, words) pairs as the choices of a field."""
    return [SelectChoice(value, words) for value, words in pairs]


class Form(FlaskForm):
    """A form whose summary lists every error with the id of its field."""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield (id of the field, message) for each error, in the order of the page."""
        for field in self:
            yield from ((_first_input(field), str(message)) for message in field.errors)
        yield from (("", str(message)) for message in self.form_errors)


def _first_input(field: Field) -> str:
    # A set of radio buttons has no input of its own id; its first choice has.
    return f"{field.id}-0" if field.type in ("RadioField", "AgesField", "WeekdaysField") else str(field.id)


class AtMost:
    """So many letters. Of more no other check of the field is asked: it may fold, compare or look up what it reads."""

    def __init__(self, letters: int) -> None:
        self.letters = letters
        self.field_flags = {"maxlength": letters}

    def __call__(self, _form: Form, field: Field) -> None:
        """Stop where there are more, and say so."""
        if len(field.data or "") > self.letters:
            raise StopValidation(f"At most {self.letters:,} letters")


class NoLink:
    """No web address: this is read in the subjects of mails, in calendars and in lists, by whoever has not asked."""

    def __init__(self, said: str = "Leave the web address out. A link may stand in “A few words more”.") -> None:
        self.said = said

    def __call__(self, _form: Form, field: Field) -> None:
        """Refuse what a mail program would make a link of."""
        if has_link(field.data or ""):
            raise StopValidation(self.said)


class LineField(StringField):
    """One line of text, cleaned of what could break a page, a mail or a calendar."""

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        self.data = clean(self.data) if self.data else self.data


class NoteField(TextAreaField):
    """Several lines of text, cleaned likewise."""

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        self.data = clean(self.data, one_line=False) if self.data else self.data
