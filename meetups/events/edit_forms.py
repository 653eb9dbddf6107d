"""The forms of what a host changes: a series, one date, why one is off, when one more is."""

from datetime import datetime
from typing import Any

from wtforms import DateField, RadioField, TimeField
from wtforms.validators import InputRequired

from meetups.domain.recurrence import Frequency, Rule
from meetups.domain.words import duration_words
from meetups.events.dates import Draft
from meetups.events.forms import DURATIONS, SPOT_LETTERS, Blamed, HostForm, ages_values, usual_title
from meetups.events.models import Visibility
from meetups.events.scopes import Scope
from meetups.places.forms import full_name
from meetups.web.forms import AtMost, Form, LineField, NoLink, options

SCOPES = [
    (str(Scope.THIS), "Only this date"),
    (str(Scope.FOLLOWING), "This and all after it"),
    (str(Scope.ALL), "All dates to come"),
]


class EditForm(HostForm):
    """A meetup, or one date of it, as its host changes it; `since` is the instance that its rule is read from."""

    def __init__(self, shown: Draft, since: datetime, **values: Any) -> None:
        super().__init__(data=values_of(shown, since), **values)
        self.shown, self.since = shown, since
        if not shown.spot:
            # The rain plan has put it where she has said no spot: she need not, to change something else.
            self.spot.validators, self.spot.flags.required = [AtMost(SPOT_LETTERS), NoLink()], False
        if shown.duration not in dict(DURATIONS):
            self.duration.choices = options(sorted([*DURATIONS, (shown.duration, duration_words(shown.duration))]))

    @property
    def meant(self) -> Scope:
        """Which dates it is meant for."""
        return Scope.ALL

    def first(self) -> datetime:
        """Return the instance that the rule is read from: on another day, if she has chosen one."""
        starts = self.starts()
        day = self.since.date() if starts.date() == self.shown.starts.date() else starts.date()
        return datetime.combine(day, starts.time())

    def days(self, first: datetime) -> tuple[int, ...]:
        """Return the days of the week; the one day of a series goes along with its date."""
        alone = self.weekdays.data == [self.since.weekday()]
        return (first.weekday(),) if alone else super().days(first)


class DateEditForm(EditForm):
    """The same, and which dates it is meant for."""

    scope = RadioField("Change", choices=options(SCOPES), default=str(Scope.THIS))

    @property
    def meant(self) -> Scope:
        """Which dates she has chosen; this one alone where that is none of them."""
        return next((scope for scope in Scope if scope == self.scope.data), Scope.THIS)


def values_of(draft: Draft, since: datetime) -> dict[str, Any]:
    """Return a draft as form values; its rule is read from the wall-clock start `since`."""
    rule, starts = draft.rule, draft.starts
    return {
        "place": full_name(draft.place),
        "date": starts.date(),
        "time": starts.time(),
        "repeat": _repeat(rule),
        "interval": rule.interval if rule else 1,
        "weekdays": list(rule.weekdays) if rule and rule.nth is None else [since.weekday()],
        "ends": "until" if rule and rule.until else "count" if rule and rule.count else "never",
        "until": rule.until if rule else None,
        "count": rule.count if rule else None,
        **ages_values(draft.ages, starts.date()),
        "members_only": draft.visibility == Visibility.MEMBERS,
        "rain": str(draft.rain_plan or "none"),
        "rain_spot": draft.rain_spot or "",
        "rain_place": full_name(draft.rain_place) if draft.rain_place else "",
        # A title that we made is made again, of the park and the kind she chooses now.
        "title": "" if draft.title == usual_title(draft.kind, draft.place) else draft.title,
        "kind": str(draft.kind),
        **{name: getattr(draft, name) for name in ("spot", "note", "capacity", "duration")},
    }


def _repeat(rule: Rule | None) -> str:
    if rule is None:
        return "none"
    if rule.frequency == Frequency.MONTHLY:
        return "monthly_day" if rule.nth is None else "monthly_last" if rule.nth == -1 else "monthly_nth"
    return rule.frequency.value.lower()


class ReasonForm(Form):
    """Why something is cancelled."""

    reason = LineField("Why, in a few words (everybody who comes reads it)", [AtMost(160)])


class WhenForm(Blamed):
    """When one more date takes place."""

    date = DateField("Date", [InputRequired("Choose a date")])
    time = TimeField("Time", [InputRequired("Choose a time")])

    def starts(self) -> datetime:
        """Return the wall-clock start."""
        return datetime.combine(self.date.data, self.time.data)
