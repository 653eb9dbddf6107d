"""What an edit of the whole series does to its dates, and to the people who answered them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.domain.errors import Problem
from meetups.domain.nearness import Point
from meetups.domain.recurrence import Frequency, Rule
from meetups.domain.zones import to_local
from meetups.events import editing, services
from meetups.events.models import Change, ChangeKind, Meetup, Occurrence
from meetups.extensions import db
from meetups.places.models import Place
from tests.conftest import NOW
from tests.events.drafts import TUESDAYS, a_draft, dates_of, saved
from tests.factories import TORONTO, TUESDAY, add_member, add_place, sign_in


@pytest.fixture
def place(client: FlaskClient) -> Place:
    return add_place()


@pytest.fixture
def host(place: Place) -> Member:
    return add_member("Beatrice")


def local(row: Occurrence) -> datetime:
    return to_local(row.starts_at, row.meetup.zone)


def facts(kind: ChangeKind) -> list[Change]:
    return list(db.session.scalars(select(Change).where(Change.kind == kind).order_by(Change.id)))


def standing(meetup: Meetup) -> list[datetime]:
    return sorted(local(row) for row in dates_of(meetup) if row.cancelled_at is None)


def test_a_meetup_that_takes_place_once_keeps_its_date_and_address_wherever_it_goes(place: Place, host: Member) -> None:
    once = a_draft(place, rule=None)
    meetup = services.host(host, once, NOW)
    (row,) = dates_of(meetup)
    services.move_date(row, datetime(2026, 12, 12, 11), NOW)
    unchanged = replace(once, starts=datetime(2026, 12, 12, 11), note="We bring tea")
    assert editing.edit(meetup, unchanged, NOW) == editing.Effect(changed=1, kept=0, cancelled=0, added=0)
    editing.edit(meetup, replace(once, starts=datetime(2027, 2, 1, 9)), NOW)
    assert dates_of(meetup) == [row] and row.cancelled_at is None
    assert local(row) == meetup.starts == datetime(2027, 2, 1, 9) and row.recurrence_id == TUESDAY
    assert len(facts(ChangeKind.MOVED)) == row.revision == 2


def test_a_meetup_that_took_place_once_may_begin_to_repeat(place: Place, host: Member) -> None:
    once = a_draft(place, rule=None)
    meetup = services.host(host, once, NOW)
    (row,) = dates_of(meetup)
    services.move_date(row, datetime(2026, 12, 20, 11), NOW)
    monthly = Rule(Frequency.MONTHLY, weekdays=(1,), nth=1, count=2)
    editing.edit(meetup, replace(once, rule=monthly), NOW)
    assert standing(meetup) == [TUESDAY, datetime(2027, 1, 5, 10)]
    # Nobody who had said yes is sent away: her date is the one nearest to it.
    assert local(row) == datetime(2027, 1, 5, 10)


def test_days_taken_away_and_given_back_take_place_again(place: Place, host: Member) -> None:
    meetup = services.host(host, a_draft(place), NOW)
    every_week = standing(meetup)
    by_herself = dates_of(meetup)[3]
    services.cancel_date(by_herself, "Flu", NOW)
    effect = editing.edit(meetup, a_draft(place, rule=replace(TUESDAYS, interval=2)), NOW)
    assert standing(meetup) == every_week[::2] and effect.cancelled == len(every_week[1::2]) - 1
    editing.edit(meetup, a_draft(place), NOW)
    assert standing(meetup) == [day for day in every_week if day != by_herself.recurrence_id]
    assert by_herself.cancel_reason == "Flu"
    assert {row.revision for row in dates_of(meetup)} == {0, 1, 2}


def test_a_day_given_back_at_another_hour_has_one_date(place: Place, host: Member) -> None:
    meetup = services.host(host, a_draft(place), NOW)
    rows = dates_of(meetup)
    editing.edit(meetup, a_draft(place, rule=replace(TUESDAYS, interval=2)), NOW)
    effect = editing.edit(meetup, a_draft(place, TUESDAY.replace(hour=11)), NOW)
    assert dates_of(meetup) == rows and effect.added == 0
    assert standing(meetup) == [TUESDAY.replace(hour=11) + timedelta(weeks=week) for week in range(len(rows))]


def test_a_free_week_stays_free_on_another_weekday(place: Place, host: Member) -> None:
    meetup = services.host(host, a_draft(place), NOW)
    free = dates_of(meetup)[2]
    services.cancel_date(free, "Away", NOW)
    effect = editing.edit(meetup, a_draft(place, datetime(2026, 12, 3, 14), replace(TUESDAYS, weekdays=(3,))), NOW)
    assert (effect.added, effect.cancelled) == (0, 0)
    assert datetime(2026, 12, 17, 14) not in standing(meetup)
    assert free.recurrence_id == datetime(2026, 12, 17, 14) and free.cancel_reason == "Away"


def test_the_last_date_follows_to_a_later_hour_and_day(place: Place, host: Member) -> None:
    # Its last date is on the very day on which the 26 weeks end.
    meetup = services.host(host, a_draft(place, TUESDAY.replace(hour=7)), NOW)
    rows = dates_of(meetup)
    for starts, rule in (
        (TUESDAY.replace(hour=15), TUESDAYS),
        (datetime(2026, 12, 4, 15), replace(TUESDAYS, weekdays=(4,))),
    ):
        effect = editing.edit(meetup, a_draft(place, starts, rule), NOW)
        assert (effect.cancelled, effect.added) == (0, 0)
        assert dates_of(meetup) == rows and local(rows[-1]) == starts + timedelta(weeks=len(rows) - 1)
    services.roll_forward(NOW + timedelta(weeks=2))
    assert len(dates_of(meetup)) == len(rows) + 1 and standing(meetup)[-1] == datetime(2027, 6, 4, 15)


def test_a_count_goes_on_where_it_is_and_is_not_counted_anew(place: Place, host: Member) -> None:
    four = replace(TUESDAYS, count=4)
    meetup = services.host(host, a_draft(place, rule=four), NOW)
    later = NOW + timedelta(days=16)
    next_start = editing.next_instance(meetup, later)
    left = editing.rule_left(meetup, next_start)
    assert (next_start, left) == (datetime(2026, 12, 15, 10), replace(TUESDAYS, count=2))
    editing.edit(meetup, a_draft(place, next_start, left, note="Bring a hat"), later)
    assert meetup.rule == "FREQ=WEEKLY;BYDAY=TU;COUNT=4" and meetup.starts == TUESDAY
    editing.edit(meetup, a_draft(place, next_start.replace(hour=11), left), later)
    assert [(start.day, start.hour) for start in standing(meetup)] == [(1, 10), (8, 10), (15, 11), (22, 11)]


def test_a_later_first_date_takes_the_dates_before_it_away(place: Place, host: Member) -> None:
    meetup = services.host(host, a_draft(place), NOW)
    effect = editing.edit(meetup, a_draft(place, datetime(2027, 1, 5, 10)), NOW)
    assert effect.cancelled == 5 and effect.added == 0
    assert standing(meetup)[0] == datetime(2027, 1, 5, 10)
    assert {change.occurrence.recurrence_id.month for change in facts(ChangeKind.CANCELLED)} == {12}


def test_a_date_moved_out_of_the_past_is_no_part_of_what_changes(place: Place, host: Member) -> None:
    meetup = services.host(host, a_draft(place), NOW)
    first = dates_of(meetup)[0]
    services.move_date(first, datetime(2026, 12, 5, 15), NOW)
    later = NOW + timedelta(days=9)
    effect = editing.edit(meetup, a_draft(place, datetime(2026, 12, 10, 9), replace(TUESDAYS, weekdays=(3,))), later)
    assert local(first) == datetime(2026, 12, 5, 15) and first.cancelled_at is None
    assert effect.kept == 1 and effect.cancelled == 0


def test_the_worker_never_makes_a_date_that_an_edit_has_left_behind(place: Place, host: Member) -> None:
    meetup = services.host(host, a_draft(place, datetime(2027, 9, 7, 10)), NOW)
    editing.edit(meetup, a_draft(place), NOW)
    for weeks in range(0, 48, 4):
        services.roll_forward(NOW + timedelta(weeks=weeks))
    days = standing(meetup)
    assert days == [TUESDAY + timedelta(weeks=week) for week in range(len(days))] and len(days) > 60


def test_what_a_date_has_of_its_own_stays_its_own(place: Place, host: Member) -> None:
    meetup = services.host(host, a_draft(place, capacity=3), NOW)
    first, second, *_ = dates_of(meetup)
    cafe = add_place("Riverdale Coffee", Point(43.67, -79.35))
    first.own, first.place, first.capacity = ["capacity", "place"], cafe, 5
    greenwood = add_place("Greenwood Park", Point(43.67, -79.33))
    editing.edit(meetup, a_draft(greenwood, capacity=8), NOW)
    assert (first.place, first.capacity, first.cell8) == (cafe, 5, cafe.cell8)
    assert (second.place, second.capacity, second.cell8) == (greenwood, 8, greenwood.cell8)
    assert first.id not in {change.occurrence_id for change in facts(ChangeKind.MOVED)}
    assert len(facts(ChangeKind.ROOM)) == len(dates_of(meetup)) - 1


def test_only_when_where_and_how_to_be_found_are_news(place: Place, host: Member) -> None:
    meetup = services.host(host, a_draft(place), NOW)
    editing.edit(meetup, a_draft(place, title="Fast walk", ages=1, note="Run"), NOW)
    assert facts(ChangeKind.MOVED) == [] and {row.revision for row in dates_of(meetup)} == {0}
    assert meetup.sequence == 1 and dates_of(meetup)[0].ages == 1
    editing.edit(meetup, a_draft(place, duration=30), NOW)
    assert dates_of(meetup)[0].ends_at - dates_of(meetup)[0].starts_at == timedelta(minutes=30)
    editing.edit(meetup, a_draft(place, duration=30, spot="Blue stroller"), NOW)
    assert {row.revision for row in dates_of(meetup)} == {2}
    assert len(facts(ChangeKind.MOVED)) == 2 * len(dates_of(meetup))


def test_another_zone_keeps_the_hour_on_the_wall(place: Place, host: Member) -> None:
    meetup = services.host(host, a_draft(place), NOW)
    first, second, *_ = dates_of(meetup)
    services.move_date(second, datetime(2026, 12, 9, 15), NOW)
    griffith = add_place("Griffith Park", Point(34.14, -118.29), zone="America/Los_Angeles")
    editing.edit(meetup, a_draft(griffith), NOW)
    assert local(first) == TUESDAY == to_local(first.starts_at, TORONTO) - timedelta(hours=3)
    assert local(second) == datetime(2026, 12, 9, 15)


@pytest.mark.parametrize("over", ["cancelled", "past", "each date"])
def test_what_is_over_is_not_changed(place: Place, host: Member, over: str) -> None:
    meetup = services.host(host, a_draft(place, rule=replace(TUESDAYS, count=2)), NOW)
    now = NOW + timedelta(weeks=4) if over == "past" else NOW
    if over == "cancelled":
        services.cancel_series(meetup, None, NOW)
    if over == "each date":
        for row in dates_of(meetup):
            services.cancel_date(row, None, NOW)
    with pytest.raises(Problem):
        editing.edit(meetup, a_draft(place, datetime(2027, 1, 5, 10)), now)
    if over == "each date":
        return
    with pytest.raises(Problem):
        services.cancel_series(meetup, None, now)
    for act in (lambda row: services.cancel_date(row, None, now), lambda row: services.move_date(row, TUESDAY, now)):
        with pytest.raises(Problem):
            act(dates_of(meetup)[0])


def edit_page(client: FlaskClient, meetup: Meetup, what: str = "edit") -> dict[str, list[str]]:
    """Return what a browser would send of the edit page, unchanged."""
    form = BeautifulSoup(client.get(f"/meetups/{meetup.public_id}/{what}").text, "html.parser").select_one("form.form")
    sent: dict[str, list[str]] = {}
    for field in form.select("input[name], textarea[name]"):
        if field.get("type") in ("radio", "checkbox") and not field.has_attr("checked"):
            continue
        sent.setdefault(field["name"], []).append(field.get("value", field.text.strip()))
    for field in form.select("select[name]"):
        sent[field["name"]] = [field.select_one("[selected]")["value"]]
    return sent


@pytest.mark.parametrize(
    "rule",
    [
        None,
        TUESDAYS,
        Rule(Frequency.DAILY, interval=3, count=9),
        Rule(Frequency.WEEKLY, interval=2, weekdays=(1, 3), count=7),
        Rule(Frequency.MONTHLY, month_day=31),
        Rule(Frequency.MONTHLY, weekdays=(4,), nth=-1),
        Rule(Frequency.MONTHLY, weekdays=(4,), nth=4, count=6),
        replace(TUESDAYS, until=datetime(2027, 3, 1).date()),
    ],
)
def test_an_edit_page_saved_as_it_is_changes_no_date(
    client: FlaskClient, place: Place, host: Member, rule: Rule | None, clock: object
) -> None:
    meetup = services.host(host, a_draft(place, rule=rule, note="Slowly", capacity=4, ages=5), NOW)
    if rule:
        services.move_date(dates_of(meetup)[0], datetime(2026, 12, 30, 15), NOW)
    sign_in(client, host)
    for days in (0, 20):
        clock.move_to(NOW + timedelta(days=days))  # type: ignore[attr-defined]
        services.roll_forward(utcnow())
        if rule is None and days:
            continue
        db.session.commit()
        sign_in(client, host)
        before = [(row.id, row.recurrence_id, row.starts_at) for row in dates_of(meetup)]
        was = (meetup.rule, meetup.starts, meetup.title, meetup.note, meetup.capacity, meetup.ages, meetup.sequence)
        sent = edit_page(client, meetup)
        assert saved(client, f"/meetups/{meetup.public_id}/edit", sent).status_code == 302
        db.session.rollback()
        assert [(row.id, row.recurrence_id, row.starts_at) for row in dates_of(meetup)] == before
        now_is = (meetup.rule, meetup.starts, meetup.title, meetup.note, meetup.capacity, meetup.ages, meetup.sequence)
        assert now_is == was
    assert len(facts(ChangeKind.MOVED)) == (1 if rule else 0)


def test_a_title_made_of_the_park_follows_the_park(client: FlaskClient, place: Place, host: Member) -> None:
    usual = services.host(host, a_draft(place, title="Stroller walk at Withrow Park"), NOW)
    own = services.host(host, a_draft(place, title="Withrow and back"), NOW)
    add_place("Greenwood Park", Point(43.67, -79.33))
    sign_in(client, host)
    for meetup in (usual, own):
        sent = edit_page(client, meetup) | {"place": ["Greenwood Park"]}
        saved(client, f"/meetups/{meetup.public_id}/edit", sent)
    db.session.rollback()
    assert [usual.title, own.title] == ["Stroller walk at Greenwood Park", "Withrow and back"]


def test_a_park_that_shares_its_name_stays_itself(client: FlaskClient, place: Place, host: Member) -> None:
    add_place(point=Point(43.7, -79.3), neighbourhood="Thorncliffe")
    meetup = services.host(host, a_draft(place), NOW)
    sign_in(client, host)
    sent = edit_page(client, meetup)
    assert sent["place"] == ["Withrow Park, Riverdale"]
    assert saved(client, f"/meetups/{meetup.public_id}/edit", sent).status_code == 302
    db.session.rollback()
    assert meetup.place_id == place.id


def test_the_check_says_the_dates_as_they_will_be(client: FlaskClient, place: Place, host: Member) -> None:
    meetup = services.host(host, a_draft(place), NOW)
    services.cancel_date(dates_of(meetup)[1], None, NOW)
    services.move_date(dates_of(meetup)[2], datetime(2026, 12, 17, 15), NOW)
    sign_in(client, host)
    sent = edit_page(client, meetup) | {"time": ["11:00"]}
    page = client.post(f"/meetups/{meetup.public_id}/edit", data=sent).text
    assert "Every Tuesday at 11:00" in page and "Next: 1 Dec, 17 Dec, 22 Dec" in page
    assert "1 stays as it is" in page
