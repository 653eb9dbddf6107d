"""Only this date, this and all after it, or all dates: what changes, what stays, and what the page says before."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.domain.errors import Problem
from meetups.domain.nearness import Point
from meetups.domain.recurrence import Frequency, Rule, expand
from meetups.domain.zones import to_local
from meetups.events import editing, exceptions, queries, services
from meetups.events.dates import rule_of
from meetups.events.models import Change, ChangeKind, Meetup, Occurrence
from meetups.events.scopes import Scope, draft_of_date, edit_as
from meetups.events.splitting import edit_following
from meetups.extensions import db
from meetups.places.models import Place
from tests.conftest import NOW
from tests.events.drafts import TUESDAYS, a_draft, dates_of, saved
from tests.events.test_editing import edit_page
from tests.factories import TUESDAY, add_block, add_member, add_place, add_rsvp, sign_in

WEEK = timedelta(weeks=1)


@pytest.fixture
def place(client: FlaskClient) -> Place:
    return add_place()


@pytest.fixture
def meetup(place: Place) -> Meetup:
    return services.host(add_member("Beatrice"), a_draft(place, note="Slowly", capacity=4), NOW)


def local(row: Occurrence) -> datetime:
    return to_local(row.starts_at, row.meetup.zone)


def told(kind: ChangeKind = ChangeKind.MOVED) -> list[int]:
    return list(db.session.scalars(select(Change.occurrence_id).where(Change.kind == kind).order_by(Change.id)))


def test_one_date_may_differ_in_everything_but_the_rule(meetup: Meetup) -> None:
    cafe = add_place("Riverdale Coffee", Point(43.671, -79.34))
    first, second, *_ = dates_of(meetup)
    draft = replace(
        draft_of_date(first), place=cafe, starts=TUESDAY + timedelta(days=1, hours=1), duration=45, title="Coffee",
        note=None, spot="By the window", capacity=3, ages=1,
    )  # fmt: skip
    exceptions.edit_date(first, draft, NOW)
    assert (local(first), first.place, first.ends_at - first.starts_at) == (draft.starts, cafe, timedelta(minutes=45))
    assert (first.title, first.note, first.spot, first.capacity, first.ages) == ("Coffee", None, "By the window", 3, 1)
    assert first.recurrence_id == TUESDAY and first.cell8 == cafe.cell8
    assert (second.title, second.note, second.spot, second.capacity) == ("Slow walk", "Slowly", "Red stroller", 4)
    assert told() == [first.id] and told(ChangeKind.ROOM) == [first.id] and meetup.sequence == 1


def test_what_a_date_has_for_itself_outlives_edits_of_the_series(meetup: Meetup) -> None:
    first = dates_of(meetup)[0]
    own = replace(draft_of_date(first), title="Coffee", duration=45, spot="By the window", ages=1, note=None)
    exceptions.edit_date(first, own, NOW)
    later = a_draft(meetup.place, TUESDAY.replace(hour=11), title="Fast walk", duration=120, spot="Hat", note="Quick")
    editing.edit(meetup, later, NOW)
    assert (first.title, first.spot, first.note, first.ages) == ("Coffee", "By the window", None, 1)
    assert (local(first), first.ends_at - first.starts_at) == (TUESDAY.replace(hour=11), timedelta(minutes=45))
    assert {row.title for row in dates_of(meetup)[1:]} == {"Fast walk"}
    exceptions.edit_date(first, later, NOW)
    assert first.own == [] and (first.own_title, first.own_note, first.own_spot) == (None, None, None)


def test_a_date_goes_to_no_place_with_another_clock(meetup: Meetup) -> None:
    tama = add_place("Tama Park", Point(35.63, 139.44), zone="Asia/Tokyo")
    with pytest.raises(Problem):
        exceptions.edit_date(dates_of(meetup)[0], replace(draft_of_date(dates_of(meetup)[0]), place=tama), NOW)


def test_a_cancelled_date_takes_place_after_all(meetup: Meetup) -> None:
    row = dates_of(meetup)[2]
    services.cancel_date(row, "Flu", NOW)
    exceptions.restore_date(row, NOW)
    assert (row.cancelled_at, row.cancel_reason, row.own, row.revision) == (None, None, [], 2)
    assert told() == [row.id] and meetup.sequence == 2
    with pytest.raises(Problem):
        exceptions.restore_date(row, NOW)


def test_a_date_that_no_rule_gives_any_more_takes_place_and_stays(meetup: Meetup) -> None:
    odd = dates_of(meetup)[1]
    fortnightly = a_draft(meetup.place, rule=replace(TUESDAYS, interval=2))
    editing.edit(meetup, fortnightly, NOW)
    assert odd.cancelled_at is not None
    exceptions.restore_date(odd, NOW)
    editing.edit(meetup, replace(fortnightly, starts=TUESDAY.replace(hour=11)), NOW)
    assert odd.own == ["extra"] and local(odd) == TUESDAY + WEEK and odd.cancelled_at is None


def test_an_added_date_stands_beside_the_rule_and_outlives_its_edits(meetup: Meetup) -> None:
    thursday = TUESDAY + timedelta(days=2)
    row = exceptions.add_date(meetup, thursday, NOW)
    assert (local(row), row.title, row.capacity, row.place_id) == (thursday, "Slow walk", 4, meetup.place_id)
    editing.edit(meetup, a_draft(meetup.place, TUESDAY.replace(hour=9)), NOW)
    assert local(row) == thursday and row.cancelled_at is None
    assert told() and row.id not in told()
    services.cancel_date(row, None, NOW)
    assert exceptions.add_date(meetup, thursday, NOW) is row and row.cancelled_at is None


@pytest.mark.parametrize(
    "starts", [TUESDAY, TUESDAY + 20 * WEEK, datetime(2027, 8, 3, 9), datetime(2026, 11, 24, 7), datetime(2027, 3, 14, 2, 30)]
)  # fmt: skip
def test_no_date_is_added_twice_too_far_away_in_the_past_or_in_the_night_of_the_clocks(
    meetup: Meetup, starts: datetime
) -> None:
    with pytest.raises(Problem):
        exceptions.add_date(meetup, starts, NOW)


def test_this_and_following_parts_the_series_and_answers_go_along(meetup: Meetup) -> None:
    first, second, third, fourth, *_ = rows = dates_of(meetup)
    ana = add_rsvp(third, add_member("Ana"))
    waiting = add_rsvp(fourth, add_member("Bea"), "waiting")
    exceptions.edit_date(fourth, replace(draft_of_date(fourth), title="With cake"), NOW)
    draft = replace(draft_of_date(third), starts=local(third).replace(hour=15))
    part, effect = edit_as(Scope.FOLLOWING, third, draft, NOW)
    assert part != meetup and part.series_id == meetup.id
    assert meetup.rule == "FREQ=WEEKLY;BYDAY=TU;UNTIL=20261208" and meetup.rolled_to is None
    assert dates_of(meetup) == [first, second] and dates_of(part) == rows[2:]
    assert (local(first).hour, local(third), ana.occurrence, waiting.occurrence) == (
        10, datetime(2026, 12, 15, 15), third, fourth,
    )  # fmt: skip
    assert fourth.title == "With cake" and local(fourth).hour == 15
    assert part.rule == "FREQ=WEEKLY;BYDAY=TU" and part.starts == datetime(2026, 12, 15, 15)
    assert effect.changed == len(rows) - 2 and set(told()) == {row.id for row in rows[2:]}
    assert {row.uid for row in rows} == {row.uid for row in dates_of(meetup) + dates_of(part)}


def test_a_part_parts_again_and_the_worker_goes_on_with_the_last(meetup: Meetup) -> None:
    part, _ = edit_following(dates_of(meetup)[4], a_draft(meetup.place, TUESDAY + 4 * WEEK, title="Two"), NOW)
    last, _ = edit_following(dates_of(part)[4], a_draft(meetup.place, TUESDAY + 8 * WEEK, title="Three"), NOW)
    assert last.series_id == part.series_id == meetup.id
    later = NOW + 10 * WEEK
    before = len(dates_of(last))
    services.roll_forward(later)
    assert len(dates_of(last)) == before + 10 and [len(dates_of(one)) for one in (meetup, part)] == [4, 4]
    for one in (meetup, part, last):
        horizon = max(row.recurrence_id for row in dates_of(one)) + WEEK / 7
        assert expand(rule_of(one), one.starts, one.starts, horizon) == [row.recurrence_id for row in dates_of(one)]


def test_a_count_is_shared_out_between_the_parts(place: Place) -> None:
    meetup = services.host(add_member(), a_draft(place, rule=replace(TUESDAYS, count=6)), NOW)
    third = dates_of(meetup)[2]
    part, _ = edit_as(Scope.FOLLOWING, third, replace(draft_of_date(third), title="Other"), NOW)
    assert [len(dates_of(one)) for one in (meetup, part)] == [2, 4] and part.rule == "FREQ=WEEKLY;BYDAY=TU;COUNT=4"


def test_from_the_first_date_on_is_all_of_them(meetup: Meetup) -> None:
    first = dates_of(meetup)[0]
    part, _ = edit_as(Scope.FOLLOWING, first, replace(draft_of_date(first), title="Other"), NOW)
    assert part is meetup and meetup.title == "Other"


def test_a_day_later_is_a_day_later_for_all_and_its_own_stays_with_the_date(meetup: Meetup) -> None:
    third = dates_of(meetup)[2]
    exceptions.edit_date(third, replace(draft_of_date(third), title="With cake", ages=1), NOW)
    draft = replace(
        draft_of_date(third), starts=local(third) + timedelta(days=1), rule=Rule(Frequency.WEEKLY, weekdays=(2,))
    )
    edit_as(Scope.ALL, third, draft, NOW)
    assert [local(row) for row in dates_of(meetup)[:2]] == [TUESDAY + timedelta(days=1), TUESDAY + timedelta(days=8)]
    assert (meetup.title, meetup.ages, third.title) == ("Slow walk", 127, "With cake")


@pytest.mark.parametrize("scope", [Scope.FOLLOWING, Scope.ALL])
def test_a_date_that_was_moved_is_as_she_types_it_and_the_others_take_the_hour(meetup: Meetup, scope: Scope) -> None:
    third, fourth = dates_of(meetup)[2:4]
    services.move_date(third, datetime(2026, 12, 17, 11, 30), NOW)
    draft = replace(draft_of_date(third), starts=datetime(2026, 12, 17, 16, 45))
    edit_as(scope, third, draft, NOW)
    assert (local(third), local(fourth)) == (datetime(2026, 12, 17, 16, 45), datetime(2026, 12, 22, 16, 45))
    assert third.revision == 2 and third.own == ["starts"]
    friday = replace(
        draft_of_date(third), starts=datetime(2026, 12, 18, 16, 45), rule=Rule(Frequency.WEEKLY, weekdays=(4,))
    )
    edit_as(scope, third, friday, NOW)
    assert (local(third), local(fourth)) == (datetime(2026, 12, 18, 16, 45), datetime(2026, 12, 25, 16, 45))
    assert third.own == []


def date_page(client: FlaskClient, row: Occurrence, **changes: object) -> dict[str, object]:
    sent = edit_page(client, row.meetup, f"{row.recurrence_id:%Y-%m-%dT%H%M}/edit")
    return sent | {name: value if isinstance(value, list) else [value] for name, value in changes.items()}


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("this", ["Only this date", "Thursday 17 December at 15:00", "1 date changes. 2 families will be told."]),
        ("following", ["Every Thursday at 15:00", "Next: 17 Dec, 24 Dec, 31 Dec", "2 families will be told."]),
        ("all", ["Every Thursday at 15:00", "Next: 3 Dec, 10 Dec, 17 Dec", "3 families will be told."]),
    ],
)
def test_the_page_says_what_will_happen_and_keeps_nothing_of_it(
    client: FlaskClient, meetup: Meetup, scope: str, words: list[str]
) -> None:
    first, _, third, *_ = rows = dates_of(meetup)
    add_rsvp(first, add_member("Ana"))
    for name, answer in (("Bea", "going"), ("Cleo", "waiting"), ("Dora", "not_going")):
        add_rsvp(third, add_member(name), answer)
    sign_in(client, meetup.host)
    path = f"/meetups/{meetup.public_id}/2026-12-15T1000/edit"
    sent = date_page(client, third, scope=scope, date="2026-12-17", time="15:00")
    page = " ".join(BeautifulSoup(client.post(path, data=sent).text, "html.parser").text.split())
    assert all(word in page for word in words), page
    db.session.rollback()
    assert [local(row).hour for row in rows] == [10] * len(rows) and told() == []
    assert saved(client, path, sent).status_code == 302
    db.session.rollback()
    changed = {"this": 1, "following": len(rows) - 2, "all": len(rows)}[scope]
    assert [local(row).hour for row in rows].count(15) == changed


@pytest.mark.parametrize("scope", ["this", "following", "all"])
def test_a_date_page_saved_as_it_is_changes_nothing(client: FlaskClient, meetup: Meetup, scope: str) -> None:
    cafe = add_place("Riverdale Coffee", Point(43.671, -79.34))
    third = dates_of(meetup)[2]
    exceptions.edit_date(
        third,
        replace(draft_of_date(third), place=cafe, starts=datetime(2026, 12, 17, 15), title="Cake", duration=75),
        NOW,
    )
    sign_in(client, meetup.host)
    before = [(row.recurrence_id, row.starts_at, row.ends_at, row.title, row.place_id) for row in dates_of(meetup)]
    sent = date_page(client, third, scope=scope)
    assert sent["duration"] == ["75"]
    assert saved(client, f"/meetups/{meetup.public_id}/2026-12-15T1000/edit", sent).status_code == 302
    db.session.rollback()
    rows = db.session.scalars(select(Occurrence).order_by(Occurrence.recurrence_id)).all()
    assert [(row.recurrence_id, row.starts_at, row.ends_at, row.title, row.place_id) for row in rows] == before


def test_the_page_of_a_split_series_leads_to_all_its_dates(client: FlaskClient, meetup: Meetup) -> None:
    third = dates_of(meetup)[2]
    part, _ = edit_following(third, a_draft(meetup.place, TUESDAY + 2 * WEEK + timedelta(hours=4)), NOW)
    db.session.commit()
    page = BeautifulSoup(client.get(f"/meetups/{meetup.public_id}/2026-12-01T1000").text, "html.parser")
    links = [link["href"] for link in page.select(".dates a")]
    assert f"/meetups/{meetup.public_id}/2026-12-08T1000" in links
    assert f"/meetups/{part.public_id}/2026-12-15T1400" in links


def test_only_what_she_has_read_is_saved(client: FlaskClient, meetup: Meetup) -> None:
    sign_in(client, meetup.host)
    path, third = f"/meetups/{meetup.public_id}/2026-12-15T1000/edit", dates_of(meetup)[2]
    sent = date_page(client, third, time="13:00", title="Cake")
    page = BeautifulSoup(client.post(path, data=sent).text, "html.parser").select_one(".checked")
    assert "Title: Cake, not Slow walk" in page.text
    read = {"confirm": [page.select_one("button[name=confirm]")["value"]]}
    for later in ({"scope": ["all"]}, {"time": ["14:00"]}, {"title": ["Tea"]}, {"confirm": ["1"]}):
        assert client.post(path, data=sent | read | later).status_code == 200
    db.session.rollback()
    assert {local(row).hour for row in dates_of(meetup)} == {10}
    assert client.post(path, data=sent | read).status_code == 302


def test_a_date_is_found_where_people_know_it_after_it_went_along(client: FlaskClient, meetup: Meetup) -> None:
    third = dates_of(meetup)[2]
    part, _ = edit_following(third, a_draft(meetup.place, TUESDAY + 2 * WEEK, title="Other"), NOW)
    stranger = add_member("Mei")
    db.session.commit()
    page = client.get(f"/meetups/{meetup.public_id}/2026-12-15T1000")
    assert page.status_code == 200 and "Other" in page.text and part.public_id in page.text
    assert queries.occurrence(meetup.public_id, "2026-12-15T1000", stranger) == third
    add_block(meetup.host, stranger)
    assert queries.occurrence(meetup.public_id, "2026-12-15T1000", stranger) is None


def test_a_host_adds_cancels_and_restores_on_the_dates_page(client: FlaskClient, meetup: Meetup) -> None:
    sign_in(client, meetup.host)
    own = f"/meetups/{meetup.public_id}"
    page = client.post(f"{own}/add", data={"date": "2026-12-03", "time": "10:00"}, follow_redirects=True)
    assert "Added." in page.text and "Thursday 3 December at 10:00" in page.text
    again = client.post(f"{own}/add", data={"date": "2026-12-03", "time": "10:00"})
    assert again.status_code == 422 and "There is a date at that time already." in again.text
    client.post(f"{own}/2026-12-03T1000/cancel", data={"reason": "Flu"})
    page = client.get(f"{own}/2026-12-03T1000").text
    assert "This date is cancelled" in page and "It takes place after all" in page
    page = client.post(f"{own}/2026-12-03T1000/restore", follow_redirects=True).text
    assert "It takes place again." in page and "This date is cancelled" not in page


def test_what_has_begun_has_no_button_that_leads_nowhere(client: FlaskClient, meetup: Meetup, clock: Any) -> None:
    clock.move_to(dates_of(meetup)[0].starts_at + timedelta(minutes=20))
    sign_in(client, meetup.host)
    page = client.get(f"/meetups/{meetup.public_id}/2026-12-01T1000").text
    assert "Change this date" not in page and "Cancel this date" not in page
    assert "Edit the series" in page and "Add a date" in page


@pytest.mark.parametrize("what", ["2026-12-01T1000/edit", "2026-12-01T1000/restore", "add", "edit", "undo/x"])
def test_nobody_else_changes_a_meetup(client: FlaskClient, meetup: Meetup, what: str) -> None:
    sign_in(client, add_member("Mei"))
    assert client.post(f"/meetups/{meetup.public_id}/{what}").status_code == 404


@pytest.mark.parametrize("begun", [False, True])
def test_this_and_following_leaves_an_added_date_before_it_as_it_is(meetup: Meetup, begun: bool) -> None:
    first = dates_of(meetup)[1 if begun else 0]
    now = dates_of(meetup)[0].starts_at if begun else NOW
    sunday = exceptions.add_date(meetup, first.recurrence_id - timedelta(days=2), now)
    later = exceptions.add_date(meetup, first.recurrence_id + timedelta(days=2), now)
    cafe = add_place("Riverdale Coffee", Point(43.671, -79.34))

    def shows(row: Occurrence) -> tuple[Any, ...]:
        length = row.ends_at - row.starts_at
        return row.place, row.kind, row.ages, row.title, row.note, row.spot, length, row.capacity, row.cell8

    was = shows(sunday)
    draft = replace(
        draft_of_date(first), place=cafe, kind="coffee", ages=1, title="Cake", note="Hot", spot="Door", duration=30, capacity=9
    )  # fmt: skip
    edit_as(Scope.FOLLOWING, first, draft, now)
    db.session.flush()
    db.session.expire_all()
    assert shows(sunday) == was and sunday.id not in told()
    assert shows(first) == shows(later) != was
