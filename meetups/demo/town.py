"""Builds the demo town: real parks, made-up members and meetups; the same every time for the same `now`."""

import json
import random
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

from sqlalchemy import case, select

from meetups.accounts.models import Kid, Member
from meetups.demo import answers, findings, waits
from meetups.domain.ages import ALL_AGES, AgeBand, Born, Welcome
from meetups.domain.naps import HOUR, Sleeper, own
from meetups.domain.nearness import Point
from meetups.domain.recurrence import Rule, parse_rule
from meetups.domain.zones import to_local, to_utc
from meetups.events import services as events
from meetups.events.dates import Draft
from meetups.events.models import Kind, Meetup, Occurrence, Visibility
from meetups.extensions import db
from meetups.places import importer, readers
from meetups.places.models import Place
from meetups.places.queries import Found
from meetups.places.services import live_at

DATA = Path(__file__).parent / "data"
# As parks.csv says it: a park of this name may be known from elsewhere too.
SOURCE = "City of Toronto Open Data"
ZONE = "America/Toronto"
SEED = 20_261_124
# RFC 2606: an address nobody has.
DOMAIN = "hello-park.example"
OLDEST_MEMBER = timedelta(weeks=14)
# Cancelled and moved coming dates were so this long ago; answers came before.
LATELY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Town:
    """What building needs at every step: the time, the Monday of its week in Toronto, and chance."""

    now: datetime
    monday: date
    chance: random.Random

    def wall(self, week: int, day: int, clock: str) -> datetime:
        """Return a local time, counted in weeks and days (Monday is 0) from this week's Monday."""
        return datetime.combine(self.monday + timedelta(weeks=week, days=day), _clock(clock))

    def instant(self, week: int, day: int, clock: str = "0:00") -> datetime:
        """Return the same in UTC."""
        return to_utc(self.wall(week, day, clock), ZONE)


def build(now: datetime) -> bool:
    """Build the town around `now` (UTC) without committing; False where its members are there already."""
    if db.session.scalar(select(Member.id).where(Member.email.endswith(f"@{DOMAIN}")).limit(1)):
        return False
    today = to_local(now, ZONE).date()
    town = Town(now, today - timedelta(days=today.weekday()), random.Random(SEED))
    for name in ("neighbourhoods.geojson", "parks.csv"):
        importer.take(readers.read(DATA / name), town.instant(-15, 0))
    importer.take_shapes(readers.read_shapes(DATA / "water.geojson"))
    members = {said["name"]: _member(town, said) for said in _read("members.json")}
    written = [(said, _host(town, members, said)) for said in _read("meetups.json")]
    events.roll_forward(now, limit=len(written))
    wanted = [answers.Wanted(meetup, said["want"], said.get("regular", "")) for said, meetup in written]
    answers.fill(wanted, list(members.values()), now, town.chance)
    for said, meetup in written:
        _change(town, said, meetup)
    answers.settle(list(members.values()), now)
    waits.wait(_read("wishes.json"), members, _place, now)
    findings.tell([meetup.place for _, meetup in written], list(members.values()), now)
    return True


def _read(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return found


def _clock(text: str) -> time:
    hour, minute = text.split(":")
    return time(int(hour), int(minute))


def _member(town: Town, said: dict[str, Any]) -> Member:
    newcomer = said.get("role") == "first-timer"
    age = timedelta(hours=6) if newcomer else OLDEST_MEMBER - timedelta(hours=town.chance.randrange(200))
    role = said.get("role")
    member = Member(
        first_name=said["name"],
        email=f"{said['name'].lower()}@{DOMAIN}",
        created_at=town.instant(0, 0) - age,
        demo_role=role,
        # Only those whom a visitor may look round as get mail: the others would drown it.
        wants_day_before=role is not None,
        wants_two_hours=role is not None,
        wants_host_list=role is not None,
        wants_baton=role is not None,
        wants_asked=role is not None,
        wants_weekly=role is not None,
        kids=[_kid(town, *both) for both in zip_longest(said["kids"], said.get("naps", ()))],
    )
    home = _place(said["home"])
    live_at(member, Found(home.name, Point(home.lat, home.lon), home.neighbourhood), member.created_at)
    db.session.add(member)
    db.session.flush()
    return member


def _kid(town: Town, months: int, naps: str | None) -> Kid:
    """Return a child, and when it naps: "usual", "none", or when its first and its last nap begin."""
    kid = Kid(month=_month(town.monday, months))
    if naps == "usual":
        kid.sleeper = Sleeper(kid.month)
    elif naps:
        starts = [at.hour * HOUR + at.minute for at in map(_clock, naps.split())] if naps != "none" else []
        found = own(starts[0], starts[-1] if starts[1:] else None) if starts else ()
        # Said before this week: the picture of hours counts it already.
        kid.sleeper = Sleeper(kid.month, found, town.monday - timedelta(days=1))
    return kid


def _month(today: date, months: int) -> date:
    """Return the first day of the month that many months ago; a child not yet born has a negative age."""
    count = today.year * 12 + today.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def _host(town: Town, members: dict[str, Member], said: dict[str, Any]) -> Meetup:
    # Posted some evenings before its first date, and never later than last week.
    first = town.instant(min(said["week"], 0), said["day"] if said["week"] < 0 else 0)
    posted = first - timedelta(days=town.chance.randint(2, 6), minutes=town.chance.randint(60, 300))
    return events.host(members[said["host"]], _draft(town, said), posted)


def _draft(town: Town, said: dict[str, Any]) -> Draft:
    return Draft(
        place=_place(said["place"]),
        starts=town.wall(said["week"], said["day"], said["time"]),
        rule=_rule(town, said),
        spot=said["spot"],
        kind=Kind(said["kind"]),
        title=said["title"],
        ages=_ages(town, said),
        duration=said["minutes"],
        capacity=said.get("capacity"),
        note=said.get("note"),
        visibility=Visibility.MEMBERS if said.get("members_only") else Visibility.PUBLIC,
    )


def _ages(town: Town, said: dict[str, Any]) -> Welcome:
    if "born" in said:
        return Born(*(_month(town.monday, months) for months in said["born"]))
    return int(sum(AgeBand[name] for name in said.get("ages", "").split())) or int(ALL_AGES)


def _place(name: str) -> Place:
    # Where another file told of a park before ours did, its row is the one there is.
    ours_first = case((Place.source == SOURCE, 0), else_=1)
    return db.session.scalars(select(Place).where(Place.name == name).order_by(ours_first, Place.id).limit(1)).one()


def _rule(town: Town, said: dict[str, Any]) -> Rule | None:
    if "rule" not in said:
        return None
    rule = parse_rule(said["rule"])
    if "until_week" in said:
        return replace(rule, until=town.monday + timedelta(weeks=said["until_week"]))
    return rule


def _change(town: Town, said: dict[str, Any], meetup: Meetup) -> None:
    for week, reason in said.get("cancel", ()):
        for row in _in_week(town, meetup, week)[:1]:
            events.cancel_date(row, reason, _decided(town, row, timedelta(hours=3)))
    for week, days, clock in said.get("move", ()):
        for row in _in_week(town, meetup, week)[:1]:
            wall = datetime.combine(row.recurrence_id.date() + timedelta(days=days), _clock(clock))
            events.move_date(row, wall, _decided(town, row, timedelta(hours=30)))
    if "series_off" in said:
        events.cancel_series(meetup, said["series_off"], town.now - LATELY)


def _in_week(town: Town, meetup: Meetup, week: int) -> list[Occurrence]:
    since, until = town.wall(week, 0, "0:00"), town.wall(week + 1, 0, "0:00")
    query = select(Occurrence).where(
        Occurrence.meetup_id == meetup.id, Occurrence.recurrence_id >= since, Occurrence.recurrence_id < until
    )
    return list(db.session.scalars(query.order_by(Occurrence.recurrence_id)))


def _decided(town: Town, row: Occurrence, before: timedelta) -> datetime:
    """Return when a host decided to change a date: `before` it began, if that is over, else lately."""
    return min(row.starts_at - before, town.now - LATELY)
