"""Fields of a meetup: several choices as chips, what is asked for only where another field says so, months of birth."""

from typing import Any

from wtforms import IntegerField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, NumberRange, StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from meetups.domain.words import MONTHS
from meetups.web.forms import options

YEARS = (2000, 2100)


class WhenChosen:
    """Looks at a field only while another has a value: what stands in one not asked for is nobody's mistake."""

    def __init__(self, name: str, value: str) -> None:
        self.name, self.value = name, value

    def __call__(self, form: Any, field: Any) -> None:
        """Raise StopValidation, without a message, where the field is not asked for."""
        if form[self.name].data != self.value:
            field.errors = []
            raise StopValidation


class ChipsField(SelectMultipleField):
    """Several choices as check boxes, each once however often it is sent."""

    data: Any
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what is chosen."""
        super().process_formdata(list(dict.fromkeys(valuelist)))


class BirthMonthField(SelectField):
    """A month of birth, looked at only while a group that grows is chosen."""

    def __init__(self, label: str, **more: Any) -> None:
        validators = [WhenChosen("ages_by", "born"), InputRequired("Choose a month")]
        super().__init__(label, validators, coerce=int, choices=options(enumerate(MONTHS, 1)), default=1, **more)

    def pre_validate(self, form: Any) -> None:
        """Leave what stands in one that is not asked for."""
        if form["ages_by"].data == "born":
            super().pre_validate(form)


class BirthYearField(IntegerField):
    """The year of it."""

    def __init__(self, label: str, **more: Any) -> None:
        years = InputRequired("Type a year, such as 2026"), NumberRange(*YEARS, "Type a year, such as 2026")
        super().__init__(label, [WhenChosen("ages_by", "born"), *years], **more)
