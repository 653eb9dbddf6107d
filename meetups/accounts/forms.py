"""Forms about a member herself."""

from collections.abc import Iterator
from datetime import date

from email_validator import EmailNotValidError, validate_email
from wtforms import Field, HiddenField, RadioField, SelectChoice, SelectField, ValidationError
from wtforms.validators import DataRequired, Optional

from meetups.accounts.models import Kid
from meetups.domain import naps
from meetups.domain.errors import Problem
from meetups.domain.naps import FIRSTS, LASTS, Sleeper
from meetups.domain.words import MONTHS
from meetups.web.forms import AtMost, Form, LineField, NoLink, options

OLDEST_YEARS, DUE_MONTHS = 18, 9
FIRST_NAME = (DataRequired("Type your first name"), AtMost(40), NoLink("Type your name, and no web address"))


def normal_address(_form: Form, field: Field) -> None:
    """Bring an address to the one spelling we store; raise ValidationError for what is none.

    Only what any mail server takes: an ASCII mailbox, the domain in its ASCII form (RFC 5890). In lower case,
    because nobody has a second mailbox that differs in capitals and phones like to add one.
    """
    try:
        found = validate_email(
            field.data or "", check_deliverability=False, test_environment=True, allow_smtputf8=False
        )
    except EmailNotValidError:
        raise ValidationError("That does not look like an email address") from None
    field.data = (found.ascii_email or found.normalized).lower()


class EmailForm(Form):
    """Where the code goes."""

    email = LineField(
        "Your email",
        [DataRequired("Type your email address"), AtMost(254), normal_address],
    )


class NewcomerFields(EmailForm):
    """What is asked of somebody new inside her first answer or her first hosting."""

    first_name = LineField("Your first name", FIRST_NAME)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the problems as on the page, where she says last who she is: her name, then her address."""
        last = ("first_name", "email")
        yield from sorted(super().problems(), key=lambda found: last.index(found[0]) if found[0] in last else -1)


class NameForm(Form):
    """A member's first name."""

    first_name = LineField("First name", FIRST_NAME)


class CodeForm(Form):
    """The six digits."""

    code = LineField("Code", [DataRequired("Type the six digits from the mail")])

    def validate_code(self, field: Field) -> None:
        """Take digits in any spacing; raise ValidationError where there are not six."""
        field.data = "".join(letter for letter in field.data or "" if letter.isdecimal() and letter.isascii())
        if len(field.data) != 6:
            raise ValidationError("The code has six digits")


class KidForm(Form):
    """A birth month or a due month."""

    month = SelectField(
        "Month",
        [DataRequired("Choose a month")],
        coerce=lambda text: int(text) if text else None,
        choices=[SelectChoice("", "Choose"), *(SelectChoice(number, name) for number, name in enumerate(MONTHS, 1))],
    )
    year = SelectField("Year", coerce=int)

    def offer(self, today: date) -> None:
        """Fill the years from a child of 18 to one yet to be born, and start at this year."""
        last = today.year + (today.month + DUE_MONTHS - 1) // 12
        self.year.choices = [SelectChoice(year, str(year)) for year in range(last, today.year - OLDEST_YEARS - 1, -1)]
        if not self.is_submitted():
            self.year.data = today.year

    def first_day(self) -> date:
        """Return the first day of the chosen month."""
        return date(self.year.data, self.month.data, 1)

    def too_far(self, today: date) -> bool:
        """Return whether the month lies farther ahead than a due month can."""
        ahead = (self.year.data - today.year) * 12 + self.month.data - today.month
        return bool(ahead > DUE_MONTHS)


class NapForm(Form):
    """When a child naps: a chip for its first nap, and a button that says all the rest and saves."""

    first = RadioField(
        "The first nap begins about",
        [Optional()],
        coerce=int,
        choices=options((start, naps.minute_words(start)) for start in FIRSTS),
    )
    # A minute of the day at which the last nap begins, or "only", "none", "usual", "again", "nothing".
    say = HiddenField()

    def sleeper(self, kid: Kid, today: date) -> Sleeper | None:
        """Return the child as it naps by what was tapped, None for nothing said; raise Problem for what cannot be."""
        said, before = self.say.data, kid.sleeper
        if said == "nothing":
            return None
        if said == "usual":
            return Sleeper(kid.month)
        if said == "again" and before and before.own is not None:
            return Sleeper(kid.month, before.own, today)
        return Sleeper(kid.month, () if said == "none" else self._own(), today)

    def _own(self) -> naps.Naps:
        last = next((start for start in LASTS if str(start) == self.say.data), None)
        if last is None and self.say.data != "only":
            raise Problem("Tap when the last nap begins")
        if self.first.data not in FIRSTS:
            raise Problem("Tap when the first nap begins, then when the last one does")
        return naps.own(self.first.data, last)
