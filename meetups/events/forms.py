"""The hosting form: five fields that matter, the rest behind "more"."""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    TimeField,
)  # fmt: skip
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional

from meetups.accounts.models import Member
from meetups.columns import public_id
from meetups.domain.ages import ALL_AGES, BAND_WORDS, AgeBand, Born, Welcome, group, welcome_words
from meetups.domain.errors import Problem
from meetups.domain.nearness import Point, cell_centre
from meetups.domain.recurrence import MOST_COUNT, MOST_INTERVAL, Frequency, Rule, expand, first_start
from meetups.domain.words import DAYS, dates_words, duration_words, rule_words
from meetups.domain.zones import to_local
from meetups.events import queries
from meetups.events.around import Picture, picture
from meetups.events.dates import Draft
from meetups.events.fields import BirthMonthField, BirthYearField, ChipsField, WhenChosen
from meetups.events.models import Kind, RainPlan, Visibility
from meetups.events.shown import KIND_WORDS
from meetups.places import queries as places
from meetups.places.forms import PlaceField, full_name
from meetups.places.models import Place
from meetups.web.forms import AtMost, Form, LineField, NoLink, NoteField, options

REPEATS = [
    ("none", "Just once"),
    ("daily", "Every day"),
    ("weekly", "Every week"),
    ("monthly_nth", "Every month, same weekday"),
    ("monthly_last", "Every month, last of that weekday"),
    ("monthly_day", "Every month, same date"),
]
SPOT_LETTERS = 160
RAIN = [("none", "No plan"), (str(RainPlan.GO), "We go anyway"), (str(RainPlan.PLACE), "Another place")]
AGES_BY = [("age", "Certain ages"), ("born", "A group that grows up together")]
ENDS = [("never", "Never"), ("until", "On a date"), ("count", "After some times")]
DURATIONS = [(minutes, duration_words(minutes)) for minutes in (30, 45, 60, 90, 120, 180, 240)]
NEXT_DATES = 3
FORM_KEY = re.compile(r"[A-Za-z0-9_-]{1,43}")
USUAL_TIME = time(10)
NEAREST = 4


class Blamed(Form):
    """A form that can show what a service refused."""

    def blame(self, problem: Problem) -> None:
        """Put a problem beside its field, or above the form where it has none."""
        field = self._fields.get(problem.field or "")
        if field is None:
            self.form_errors.append(problem.message)
        else:
            field.errors = [*field.errors, problem.message]


class HostForm(Blamed):
    """A meetup as its host writes it."""

    # A chip of a park near her comes after an empty line, which InputRequired would not look past.
    place = PlaceField("Which park?", [DataRequired("Choose a park or type its name")])
    date = DateField("Date", [InputRequired("Choose a date")])
    time = TimeField("Time", [InputRequired("Choose a time")])
    repeat = SelectField("Repeats", choices=options(REPEATS))
    interval = IntegerField(
        "Every how many", [Optional(), NumberRange(1, MOST_INTERVAL, f"1 to {MOST_INTERVAL}")], default=1
    )
    weekdays = ChipsField("On", coerce=int, choices=options(enumerate(DAYS)))
    spot = LineField(
        "How will people find you?",
        [DataRequired("Say how people will find you"), AtMost(SPOT_LETTERS), NoLink()],
    )
    kind = RadioField("Kind", choices=options((str(kind), KIND_WORDS[kind]) for kind in Kind), default=str(Kind.WALK))
    title = LineField("Title", [AtMost(80), NoLink()])
    note = NoteField("A few words more", [AtMost(1000)])
    ages_by = RadioField("Children welcome", choices=options(AGES_BY), default="age")
    ages = ChipsField(
        "Which ages?", coerce=int, choices=options((int(band), words) for band, words in BAND_WORDS.items())
    )
    born_from_month = BirthMonthField("Born (or due) from")
    born_from_year = BirthYearField("Year of the first")
    born_until_month = BirthMonthField("Until")
    born_until_year = BirthYearField("Year of the last")
    capacity = IntegerField(
        "How many families at most", [Optional(), NumberRange(1, 200, "1 to 200, or leave it empty")]
    )
    duration = SelectField("How long", coerce=int, choices=options(DURATIONS), default=90)
    ends = RadioField("Ends", choices=options(ENDS), default="never")
    until = DateField("Last date", [WhenChosen("ends", "until"), Optional()])
    count = IntegerField(
        "How many times",
        [WhenChosen("ends", "count"), Optional(), NumberRange(1, MOST_COUNT, f"1 to {MOST_COUNT}")],
    )
    rain = RadioField("If it rains", choices=options(RAIN), default="none")
    rain_place = PlaceField(
        "Where then?", [WhenChosen("rain", RainPlan.PLACE), DataRequired("Say where you go in the rain")]
    )
    rain_spot = LineField("Where exactly?", [WhenChosen("rain", RainPlan.PLACE), AtMost(SPOT_LETTERS), NoLink()])
    members_only = BooleanField("Only members see place and time")
    form_key = HiddenField()

    def starts(self) -> datetime:
        """Return the wall-clock start as typed; raise Problem where date or time is missing."""
        if not self.date.data or not self.time.data:
            raise Problem("Choose a date and a time", "date")
        return datetime.combine(self.date.data, self.time.data)

    def rule(self) -> Rule | None:
        """Return the rule as chosen; raise Problem where it cannot be."""
        if self.repeat.data == "none":
            return None
        if self.ends.data == "until" and not self.until.data:
            raise Problem("Choose the last date", "until")
        if self.ends.data == "count" and not self.count.data:
            raise Problem("Say how many times", "count")
        first = self.first()
        ends: dict[str, Any] = {
            "interval": 1 if self.interval.data is None else self.interval.data,
            "until": self.until.data if self.ends.data == "until" else None,
            "count": self.count.data if self.ends.data == "count" else None,
        }
        if self.repeat.data == "daily":
            return Rule(Frequency.DAILY, **ends)
        if self.repeat.data == "weekly":
            return Rule(Frequency.WEEKLY, weekdays=self.days(first), **ends)
        if self.repeat.data == "monthly_day":
            return Rule(Frequency.MONTHLY, month_day=first.day, **ends)
        week = (first.day - 1) // 7 + 1
        last = self.repeat.data == "monthly_last" or week == 5
        return Rule(Frequency.MONTHLY, weekdays=(first.weekday(),), nth=-1 if last else week, **ends)

    def first(self) -> datetime:
        """Return the wall-clock start that the rule is read from."""
        return self.starts()

    def days(self, first: datetime) -> tuple[int, ...]:
        """Return the days of the week, from Monday as 0."""
        return tuple(self.weekdays.data or [first.weekday()])

    def read(self, check: Callable[[Draft], object] | None = None) -> Draft | None:
        """Return what was written; None, with the errors on the form, where it is not valid or `check` raises."""
        if not self.validate():
            return None
        try:
            draft = self.draft()
            if check:
                check(draft)
        except Problem as problem:
            self.blame(problem)
            return None
        return draft

    def draft(self) -> Draft:
        """Return what was written; raise Problem for a rule or start that cannot be. The form must be valid."""
        place, kind = self.place.place, Kind(self.kind.data)
        if place is None:
            raise Problem("Choose a park or type its name", "place")
        plan = RainPlan(self.rain.data) if self.rain.data != "none" else None
        dry = self.rain_place.place if plan == RainPlan.PLACE else None
        if dry and dry.zone != place.zone:
            raise Problem("That place has another clock. Choose one nearby.", "rain_place")
        return Draft(
            place=place,
            rain_plan=plan,
            rain_place=dry,
            rain_spot=(self.rain_spot.data or None) if dry else None,
            starts=self.starts(),
            rule=self.rule(),
            spot=self.spot.data,
            kind=kind,
            title=self.title.data or usual_title(kind, place),
            ages=self.welcome(),
            duration=self.duration.data,
            capacity=self.capacity.data,
            note=self.note.data or None,
            visibility=Visibility.MEMBERS if self.members_only.data else Visibility.PUBLIC,
        )

    def welcome(self) -> Welcome:
        """Return whom she welcomes; raise Problem for a group that cannot be."""
        if self.ages_by.data != "born":
            return sum(self.ages.data) if self.ages.data else int(ALL_AGES)
        ends = [(self.born_from_year, self.born_from_month), (self.born_until_year, self.born_until_month)]
        try:
            first, last = (date(year.data, month.data, 1) for year, month in ends)
        except (TypeError, ValueError):
            raise Problem("Choose the months of birth", "born_from_year") from None
        return group(first, last, self.starts().date())

    def suits(self, member: Member | None, now: datetime) -> Picture | None:
        """Return which hour suits the families around the park she has chosen; None without one, and for strangers."""
        place = self.place.meant if member else None
        if member is None or place is None:
            return None
        try:
            welcome = self.welcome()
        except Problem:
            welcome = int(ALL_AGES)
        return picture(place, welcome, self.time.data, member, now)

    def key(self) -> str | None:
        """Return what makes one meetup of two taps; None for what no form of ours has sent."""
        return self.form_key.data if FORM_KEY.fullmatch(self.form_key.data or "") else None


def usual_title(kind: Kind, place: Place) -> str:
    """Return the title of a meetup whose host gave none."""
    return f"{KIND_WORDS[kind]} at {place.name}"[:80]


def say(rule: Rule | None, starts: datetime) -> tuple[str, str]:
    """Return a rule in words and its next three dates."""
    first = first_start(rule, starts)
    dates = expand(rule, first, first, first + timedelta(days=366 * 4))[:NEXT_DATES]
    return rule_words(rule, first), dates_words(dates)


def new_values(
    member: Member | None, place: Place | None, near: Point | None, now: datetime, day: date | None = None
) -> dict[str, Any]:
    """Return what an empty form starts with: only how to be found is left for her to say.

    `place` is the park she came from, `near` where she was looking, `day` the one she has tapped in a calendar.
    """
    last = queries.last_hosted(member) if member else None
    nearest = nearest_places(member, near)[:1]
    usual = [last.place] if last and not near else nearest
    chosen = place or next(iter(usual), None)
    local = to_local(now, chosen.zone if chosen else places.usual_zone())
    day = day if day and day >= local.date() else local.date() + timedelta(days=1)
    return {
        "place": full_name(chosen) if chosen else "",
        "date": day,
        "time": _time_of(day, last.starts.time() if last else _best_time(chosen, member, now), local),
        "repeat": "weekly",
        "kind": last.kind if last else str(Kind.WALK),
        **ages_values(last.welcome if last else int(ALL_AGES), day),
        "form_key": public_id(),
    }


def _best_time(place: Place | None, member: Member | None, now: datetime) -> time:
    """Return the hour that suits most families around a place, the one nearest to the usual; that, where nobody can
    tell."""
    bars = picture(place, int(ALL_AGES), USUAL_TIME, member, now).bars if place and member else []
    best = max(bars, key=lambda bar: (bar.level, -abs(bar.hour - USUAL_TIME.hour)), default=None)
    return time(best.hour) if best else USUAL_TIME


def _time_of(day: date, usual: time, local: datetime) -> time:
    """Return the usual time, or where that is over today the next full hour."""
    is_over = day == local.date() and usual <= local.time()
    return time(min(local.hour + 1, 23)) if is_over else usual


def ages_values(welcome: Welcome, day: date) -> dict[str, Any]:
    """Return whom a meetup welcomes as form values; `day` is where a group's months start that nobody has chosen."""
    born, bands = (welcome, ALL_AGES) if isinstance(welcome, Born) else (Born(day, day), welcome)
    return {
        "ages_by": "born" if isinstance(welcome, Born) else "age",
        "ages": [int(band) for band in AgeBand if band & bands],
        "born_from_month": born.first.month,
        "born_from_year": born.first.year,
        "born_until_month": born.last.month,
        "born_until_year": born.last.year,
    }


def say_ages(welcome: Welcome, day: date) -> str:
    """Return, for the host's eyes, whom a meetup welcomes from `day` on: of a group, that it grows."""
    if not isinstance(welcome, Born):
        return ""
    words = welcome_words(welcome, day)
    return f"For {words[0].lower()}{words[1:]} at the first date, and older at each after it."


def nearest_places(member: Member | None, near: Point | None = None) -> list[Place]:
    """Return the parks nearest to where somebody looks, or else to a member's neighbourhood."""
    home = cell_centre(member.home_cell) if member and member.home_cell else None
    point = near or home
    return [place for place, _ in places.nearest(point, NEAREST)] if point else []
