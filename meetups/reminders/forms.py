"""Which mails, and when."""

from typing import Any

from wtforms import BooleanField, RadioField, SelectField

from meetups.domain.mails import KINDS
from meetups.domain.words import DAYS
from meetups.web.forms import Form, options

# What is chosen and what is stored: None is automatic (rsvps.invitations.wanted).
INVITATIONS = {"automatic": None, "always": True, "never": False}
# Of the mail on the day before; None is the meetup's own hour.
SAME, HOURS = "same", {"same": None, "8": 8, "19": 19}
HOUR_WORDS = (("same", "At the meetup’s hour"), ("8", "8:00 in the morning"), ("19", "19:00 in the evening"))
CLOCK = options((hour, f"{hour}:00") for hour in range(24))


def _stored(choice: Any) -> bool | None:
    if choice in (True, False):
        return bool(choice)
    if choice not in INVITATIONS:
        raise ValueError("no such choice")
    return INVITATIONS[choice]


def _hour(choice: Any) -> int | None:
    if choice is None or isinstance(choice, int):
        return choice
    if choice not in HOURS:
        raise ValueError("no such choice")
    return HOURS[choice]


def _box(kind: str) -> BooleanField:
    return BooleanField(KINDS[kind].words)


class PreferencesForm(Form):
    """A box for each kind of mail that can be switched off, and when they come."""

    wants_day_before = _box("day_before")
    day_before_hour = RadioField("The day before comes", coerce=_hour, choices=options(HOUR_WORDS))
    wants_two_hours = _box("two_hours")
    wants_replies = _box("replies")
    wants_host_list = _box("host_list")
    wants_baton = _box("baton")
    wants_asked = _box("asked")
    wants_wishes = _box("wishes")
    wants_weekly = _box("weekly")
    weekly_day = SelectField("Once a week comes on", coerce=int, choices=options(enumerate(DAYS)))
    quiet_from = SelectField("Quiet from", coerce=int, choices=CLOCK)
    quiet_until = SelectField("Quiet until", coerce=int, choices=CLOCK)
    wants_invitations = RadioField(
        KINDS["invitations"].words, coerce=_stored, choices=options((name, name.title()) for name in INVITATIONS)
    )
