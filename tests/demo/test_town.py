"""The demo town: real parks, made-up people, the same every time, and nothing in it that could not be."""

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import h3
import pytest
from flask import Flask
from sqlalchemy import func, select

from meetups.accounts.models import Kid, Member
from meetups.demo import town
from meetups.domain.ages import ALL_AGES, AgeBand, band_at
from meetups.domain.nearness import cell_centre
from meetups.domain.recurrence import Frequency, parse_rule
from meetups.events.around import picture
from meetups.events.finding import find
from meetups.events.models import Change, Kind, Meetup, Occurrence, Visibility
from meetups.events.search import Search
from meetups.events.shown import show
from meetups.extensions import db
from meetups.mail.models import OutboxMail
from meetups.places.models import Place
from meetups.reminders import services as reminders
from meetups.rsvps.models import Rsvp
from tests.conftest import NOW, empty_tables
from tests.demo.possible import impossible, rows
from tests.factories import add_meetup, add_member, add_place, add_rsvp, first_date
from tests.kept import Rows, all_rows, put_back

# Midnight and the last minute of a week, both clock changes, a leap day.
OTHER_DAYS = (
    datetime(2026, 11, 23, 5, 0, tzinfo=UTC),
    datetime(2026, 11, 30, 4, 59, tzinfo=UTC),
    datetime(2027, 3, 10, 12, 0, tzinfo=UTC),
    datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 0, tzinfo=UTC),
)


# That it can be built on each of them is in test_commands.py.
pytestmark = pytest.mark.one_database


@pytest.fixture(scope="module")
def kept() -> Rows:
    """The rows of the town, by table, once it has been built: building it takes seconds."""
    return {}


@pytest.fixture
def built(app: Flask, kept: Rows) -> None:
    """The town around conftest's NOW."""
    if kept:
        put_back(kept)
    else:
        assert town.build(NOW)
        kept.update(all_rows())
    db.session.commit()


def snapshot() -> list[Any]:
    """Everything in the town but its random ids."""
    members = [(m.first_name, m.email, m.home_cell, [kid.month for kid in m.kids]) for m in rows(Member)]
    dates = sorted(
        (o.meetup.title, o.recurrence_id, o.starts_at, o.taken, o.cancelled_at, o.cancel_reason, o.place.name)
        for o in rows(Occurrence)
        if o.cancelled_at
    ) + sorted((o.meetup.title, o.recurrence_id, o.starts_at, o.taken) for o in rows(Occurrence) if not o.cancelled_at)
    answers = sorted(
        (r.occurrence.meetup.title, r.occurrence.recurrence_id, r.member.email, r.answer, r.created_at, len(r.kids))
        for r in rows(Rsvp)
    )
    return [members, dates, answers]


def test_there_are_sixty_meetups_by_twenty_five_members(built: None) -> None:
    assert db.session.scalar(select(func.count(Meetup.id))) == 60
    members = rows(Member)
    assert len(members) == 25
    assert {member.demo_role for member in members} == {"host", "regular", "first-timer", None}
    assert sum(member.demo_role is not None for member in members) == 3
    assert all(h3.is_valid_cell(member.home_cell) and member.home_name for member in members)
    assert len({meetup.host_id for meetup in rows(Meetup)}) == 24


def test_children_are_of_all_ages(built: None) -> None:
    bands = {band_at(kid.month, NOW.date()) for kid in rows(Kid)}
    assert bands == set(AgeBand)
    assert all(kid.month.day == 1 for kid in rows(Kid))


def test_every_kind_rule_and_end_is_there(built: None) -> None:
    meetups = rows(Meetup)
    assert {meetup.kind for meetup in meetups} == set(Kind)
    assert {meetup.visibility for meetup in meetups} == set(Visibility)
    rules = [parse_rule(meetup.rule) for meetup in meetups if meetup.rule]
    assert {rule.frequency for rule in rules} == set(Frequency)
    assert sum(meetup.rule is None for meetup in meetups) >= 10
    assert sum(rule.frequency == Frequency.WEEKLY and rule.interval == 2 for rule in rules) >= 5
    assert any(rule.nth == -1 for rule in rules)
    assert any(rule.nth and rule.nth > 0 for rule in rules)
    assert any(rule.month_day for rule in rules)
    assert any(rule.count for rule in rules)
    assert any(rule.until for rule in rules)
    assert any(len(rule.weekdays) == 5 for rule in rules)
    assert sum(meetup.cancelled_at is not None for meetup in meetups) == 1


def test_dates_are_past_and_coming_full_cancelled_and_moved(built: None) -> None:
    dates = rows(Occurrence)
    past = [row for row in dates if row.ends_at < NOW]
    coming = [row for row in dates if row.starts_at > NOW]
    for some in (past, coming):
        assert len(some) > 100
        assert any(row.cancelled_at and row.cancel_reason for row in some)
        assert any("starts" in row.own for row in some)
        assert any(row.capacity is not None and row.taken == row.capacity for row in some)
    waiting = Counter(rsvp.occurrence_id for rsvp in rows(Rsvp) if rsvp.answer == "waiting")
    assert sum(row.id in waiting for row in coming) >= 3
    # A visitor finds something today and on each of the six days after it.
    week = {(row.starts_at - timedelta(hours=5)).date() for row in coming if not row.cancelled_at}
    assert {NOW.date() + timedelta(days=n) for n in range(7)} <= week


def test_dates_exist_for_half_a_year_ahead(built: None) -> None:
    endless = select(Meetup.rolled_to).where(Meetup.rolled_to.is_not(None))
    assert min(db.session.scalars(endless)) > datetime(2027, 5, 24)


def test_nothing_is_there_that_could_not_be(built: None) -> None:
    assert impossible(NOW) == []


@pytest.mark.parametrize("now", OTHER_DAYS, ids=str)
def test_nor_on_any_other_day(app: Flask, now: datetime) -> None:
    assert town.build(now)
    assert impossible(now) == []
    assert db.session.scalar(select(func.count(Meetup.id))) == 60


def test_it_is_the_same_every_time_for_the_same_now(built: None) -> None:
    first = snapshot()
    db.session.remove()
    empty_tables()
    town.build(NOW)
    assert snapshot() == first


def test_building_it_twice_does_nothing(built: None) -> None:
    before = snapshot()
    assert not town.build(NOW + timedelta(days=1))
    assert snapshot() == before


def test_texts_are_all_different_and_fit(built: None) -> None:
    meetups = rows(Meetup)
    for texts in ([m.title for m in meetups], [m.spot for m in meetups], [m.note for m in meetups if m.note]):
        assert len(set(texts)) == len(texts)
    assert all(len(meetup.title) <= 80 and len(meetup.spot) <= 160 for meetup in meetups)
    said = " ".join(f"{meetup.title} {meetup.spot} {meetup.note}" for meetup in meetups).lower()
    for never in ("lonely", "support", "mental health", "!", "\u2014"):
        assert never not in said


def test_the_parks_are_those_of_the_city_under_its_licence(built: None) -> None:
    parks = rows(Place)
    with (town.DATA / "parks.csv").open(encoding="utf-8") as file:
        given = {row["id"]: row for row in csv.DictReader(file)}
    assert 80 <= len(parks) == len(given) <= 150
    assert all("Open Government Licence - Toronto" in (park.attribution or "") for park in parks)
    assert {park.zone for park in parks} == {"America/Toronto"}
    for park in parks:
        assert (park.name, park.lat) == (given[park.source_ref]["name"], float(given[park.source_ref]["lat"]))
    assert sum((town.DATA / name).stat().st_size for name in ("parks.csv", "neighbourhoods.geojson")) < 50_000


def test_naps_are_marked_for_the_first_timer_and_the_hours_around_a_park_differ(built: None) -> None:
    amira = next(member for member in rows(Member) if member.demo_role == "first-timer")
    found = find(Search(cell_centre(amira.home_cell), zone=town.ZONE), amira, NOW)
    marks = [show(row, amira, NOW, kids=amira.kids).nap for row in found]
    assert "in nap time" in marks and None in marks
    told = {kid.naps for kid in rows(Kid)}
    assert {None, "usual", "none"} < told and len(told) > 6
    host = next(member for member in rows(Member) if member.demo_role == "host")
    for name in ("Withrow Park", "Phin Park", "Hideaway Park"):
        park = next(place for place in rows(Place) if place.name == name)
        assert len({bar.level for bar in picture(park, int(ALL_AGES), None, host, NOW).bars}) > 1


def test_its_past_owes_nobody_a_mail(built: None) -> None:
    assert db.session.scalar(select(func.count(OutboxMail.id))) == 0
    assert db.session.scalar(select(func.count(Change.id)).where(Change.handled_at.is_(None))) == 0


def test_a_few_reminders_of_those_who_look_round_are_really_owed(built: None) -> None:
    planned = reminders.plan(NOW, 1000)
    mails = db.session.scalars(select(OutboxMail).where(OutboxMail.template.in_(("day_before", "two_hours")))).all()
    assert 3 <= planned <= 40
    assert {mail.rcpt.split("@")[0] for mail in mails} <= {"rosa", "mei"}
    assert mails
    assert all(mail.not_after and mail.not_after > NOW for mail in mails)


def test_what_was_there_before_is_left_alone(app: Flask) -> None:
    occurrence = first_date(add_meetup(place=add_place("Withrow Park", source="Somebody", source_ref="1")))
    rsvp = add_rsvp(occurrence, add_member())
    own = OutboxMail(
        dedupe_key="k",
        template="code",
        rcpt="real@example.org",
        data={},
        message_id="<1@x>",
        created_at=NOW,
        next_try=NOW,
    )
    change = Change(occurrence_id=occurrence.id, kind="moved", created_at=NOW, due=NOW)
    db.session.add_all([own, change])
    db.session.flush()
    town.build(NOW)
    assert rsvp.planned_at is None
    assert change.handled_at is None
    assert db.session.get(OutboxMail, own.id) is not None
    assert db.session.scalar(select(func.count(Rsvp.id)).where(Rsvp.occurrence_id == occurrence.id)) == 1
