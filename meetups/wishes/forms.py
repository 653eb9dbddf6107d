"""The form of a wish."""

from datetime import date

from wtforms import SelectField

from meetups.accounts.forms import NewcomerFields
from meetups.accounts.models import Member
from meetups.domain.ages import ALL_AGES, BAND_WORDS, band_at, band_for_months, kids_words
from meetups.domain.nearness import reach_minutes
from meetups.domain.wishes import REACHES
from meetups.web.forms import Form, options

# In addresses and in the form, besides a band's bits: all her children, and one of them.
MINE, KID, ANY = "mine", "kid:", str(int(ALL_AGES))
WALKS = [(reach, f"{reach_minutes(reach)} min") for reach in REACHES]


class WishForm(Form):
    """How far she walks, and for whom."""

    within = SelectField("Walk at most", coerce=int, choices=options(WALKS))
    whom = SelectField("For")

    def ages(self) -> int | None:
        """Return the bands chosen (AgeBand bits); None for children of hers."""
        return int(self._whom) if self._whom.isdecimal() else None

    def kid_id(self) -> int | None:
        """Return which child of hers is chosen; None for all of them, or for bands."""
        return int(self._whom.removeprefix(KID)) if self._whom.startswith(KID) else None

    @property
    def _whom(self) -> str:
        # What is no choice is the form's to refuse.
        known = [choice.value for choice in self.whom.choices]
        return str(self.whom.data) if self.whom.data in known else ANY


class NewcomerWishForm(WishForm, NewcomerFields):
    """The same for somebody we do not know yet."""


def wish_form(viewer: Member | None, within: int, whom: str, today: date) -> WishForm:
    """Return the form for a viewer, filled with what her search asked for."""
    kind = WishForm if viewer else NewcomerWishForm
    choices = [*_hers(viewer, today), (ANY, "Any age")]
    choices += [(str(int(band)), words) for band, words in BAND_WORDS.items()]
    known = {value for value, _ in choices}
    form = kind(data={"within": within, "whom": whom if whom in known else ANY})
    form.whom.choices = options(choices)
    return form


def _hers(viewer: Member | None, today: date) -> list[tuple[str, str]]:
    kids = viewer.kids if viewer else []
    each = [(f"{KID}{kid.id}", f"Mine: {kids_words([band_at(kid.month, today)])}") for kid in kids]
    return [(MINE, "My own children"), *each] if len(each) > 1 else each


def whom_of(age: str | None, viewer: Member | None) -> str:
    """Return what the form chooses for the age of a search: months, or her own children for "mine" and for none."""
    kids = viewer.kids if viewer else []
    if age and age.isdecimal() and len(age) < 4:
        return str(int(band_for_months(int(age))))
    if age in (MINE, None) and kids:
        return MINE if len(kids) > 1 else f"{KID}{kids[0].id}"
    return ANY
