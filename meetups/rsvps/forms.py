"""The form of an answer."""

from collections.abc import Iterable
from datetime import date

from wtforms import RadioField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from meetups.accounts.forms import NewcomerFields
from meetups.accounts.models import Kid, Member
from meetups.domain.ages import BAND_WORDS, band_at
from meetups.rsvps.models import Rsvp
from meetups.web.forms import Form, options

ANSWERS = [("going", "Going"), ("maybe", "Maybe"), ("not_going", "Can’t make it")]


class KidsForm(Form):
    """Whom she brings."""

    kids = SelectMultipleField(
        "Who comes along", coerce=int, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )

    def chosen(self, member: Member) -> list[Kid]:
        """Return the kids she brings."""
        return [kid for kid in member.kids if kid.id in (self.kids.data or ())]


class AnswerForm(KidsForm):
    """Going, maybe or not; with whom."""

    answer = RadioField("Your answer", choices=options(ANSWERS))


class NewcomerAnswerForm(AnswerForm, NewcomerFields):
    """The same for somebody we do not know yet."""


def answer_form(viewer: Member | None, row: Rsvp | None, day: date) -> AnswerForm:
    """Return the form for a viewer, filled with what she has answered; at first, all her kids come."""
    if viewer is None:
        form: AnswerForm = NewcomerAnswerForm()
        form.kids.choices = []
        return form
    chosen = [kid.id for kid in (row.kids if row else viewer.kids)]
    form = AnswerForm(data={"kids": chosen, "answer": row.answer if row else None})
    form.kids.choices = _choices(viewer, day)
    return form


def kids_form(member: Member, chosen: Iterable[Kid], day: date) -> KidsForm:
    """Return the form that asks a member only whom she brings, with some of her kids chosen."""
    form = KidsForm(data={"kids": [kid.id for kid in chosen]})
    form.kids.choices = _choices(member, day)
    return form


def _choices(member: Member, day: date) -> list[SelectChoice]:
    return options((kid.id, BAND_WORDS[band_at(kid.month, day)]) for kid in member.kids)
