"""Which mails, when: each choice made on the page, and what then leaves the outbox."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from meetups.accounts.models import Member
from meetups.domain.capacity import Answer
from meetups.domain.nearness import Point, home_cell
from meetups.events.models import Change, ChangeKind, Occurrence
from meetups.extensions import db
from meetups.reminders.services import plan
from meetups.rsvps import services
from meetups.rsvps.changes import handle_changes
from meetups.rsvps.models import Rsvp
from tests.conftest import NOW
from tests.factories import TUESDAY, add_meetup, add_member, add_rsvp, first_date, sign_in
from tests.reminders.sending import Post, outcomes, part, queued

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
# TUESDAY 10:00 in Toronto.
START = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
PAGE = "/me/mails"
BOXES = dict.fromkeys(("wants_day_before", "wants_two_hours", "wants_replies", "wants_host_list"), "y")


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def ana(app: Flask) -> Member:
    return add_member("Ana", email="ana@example.org")


def coming(ana: Member, starts: datetime = TUESDAY) -> Occurrence:
    """A date that Ana said a week before she comes to; its host wants no list."""
    date = first_date(add_meetup(add_member("Hana", wants_host_list=False), starts=starts, title="Stroller walk"))
    add_rsvp(date, ana)
    db.session.commit()
    return date


def choose(client: FlaskClient, ana: Member, **values: str) -> None:
    sign_in(client, ana)
    assert client.post(PAGE, data=BOXES | values).status_code == 302
    db.session.rollback()


@pytest.mark.parametrize(
    ("chosen", "due"),
    [
        ("same", datetime(2026, 11, 30, 15, 0, tzinfo=UTC)),
        ("8", datetime(2026, 11, 30, 13, 0, tzinfo=UTC)),
        ("19", datetime(2026, 12, 1, 0, 0, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("queued_before", [True, False])
def test_the_day_before_comes_at_the_hour_she_chose_also_if_it_was_queued_before(
    client: FlaskClient, ana: Member, post: Post, chosen: str, due: datetime, queued_before: bool
) -> None:
    coming(ana)
    if queued_before:
        plan(NOW)
        db.session.commit()
    choose(client, ana, day_before_hour=chosen)
    assert post.at(due - MINUTE) == []
    assert post.at(due) == ["Tomorrow 10:00: Stroller walk"]
    assert post.at(START - 2 * HOUR) == ["Today 10:00: Stroller walk"]


def test_a_changed_hour_sends_nothing_twice(client: FlaskClient, ana: Member, post: Post, clock: Traveller) -> None:
    coming(ana)
    assert post.at(START - 24 * HOUR) == ["Tomorrow 10:00: Stroller walk"]
    clock.move_to(START - 23 * HOUR)
    choose(client, ana, day_before_hour="19")
    assert post.at(datetime(2026, 12, 1, 0, 0, tzinfo=UTC)) == []


def test_the_page_shows_what_she_chose_and_refuses_what_is_none(client: FlaskClient, ana: Member) -> None:
    choose(client, ana, day_before_hour="19", quiet_from="22", quiet_until="6")
    page = client.get(PAGE).text
    assert '<option selected value="22">22:00' in page and '<option selected value="6">6:00' in page
    for name, value in (("day_before_hour", "25"), ("quiet_from", "24"), ("quiet_until", "x")):
        assert client.post(PAGE, data=BOXES | {name: value}).status_code == 422
    db.session.refresh(ana)
    assert (ana.day_before_hour, ana.quiet_from, ana.quiet_until) == (19, 22, 6)


def test_changes_are_always_on_and_the_page_says_so(client: FlaskClient, ana: Member) -> None:
    sign_in(client, ana)
    page = client.get(PAGE).text
    assert "Changed and cancelled dates, places that come free, and the end of coming every time" in page
    assert "wants_changes" not in page


def test_who_wants_no_you_are_in_gets_none_and_hears_of_changes_all_the_same(
    client: FlaskClient, ana: Member, post: Post
) -> None:
    sign_in(client, ana)
    client.post(PAGE, data={"wants_day_before": "y"})
    date = first_date(add_meetup(add_member("Hana")))
    services.answer(date, ana, Answer.GOING, [], NOW)
    assert post.at(NOW) == []
    assert outcomes()["youre_in"] == ("dropped", "not wanted")
    change(date, START + HOUR, NOW)
    assert post.at(NOW + MINUTE) == ["Changed: Stroller walk at Withrow Park is now Tue 1 Dec, 11:00"]


def change(date: Occurrence, starts_at: datetime, now: datetime) -> None:
    """The host moves a date; what is told of it is due now."""
    db.session.refresh(date)
    date.starts_at, date.ends_at, date.revision = starts_at, starts_at + HOUR, date.revision + 1
    db.session.add(Change(occurrence_id=date.id, kind=ChangeKind.MOVED, created_at=now, due=now))
    handle_changes(now)
    db.session.commit()


# Monday 22:30 in Toronto; and seven on Tuesday morning.
NIGHT = datetime(2026, 12, 1, 3, 30, tzinfo=UTC)
MORNING = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("starts", "moved_to", "told"),
    [
        ("10:00", "11:00", MORNING),
        ("9:00", "10:00", MORNING),
        # Whoever believes in 8:30 would set out for it before two hours were left to hear of it.
        ("8:30", "12:00", NIGHT),
        ("12:00", "8:30", NIGHT),
    ],
)
def test_a_change_in_the_night_waits_for_the_morning_unless_that_is_within_two_hours(
    ana: Member, post: Post, starts: str, moved_to: str, told: datetime
) -> None:
    date = coming(ana, datetime.strptime(f"2026-12-01 {starts}", "%Y-%m-%d %H:%M"))
    plan(NOW)
    local = datetime.strptime(moved_to, "%H:%M")
    change(date, MORNING + timedelta(hours=local.hour - 7, minutes=local.minute), NIGHT)
    subject = f"Changed: Stroller walk is now Tue 1 Dec, {moved_to}"
    sent = {moment: post.at(moment) for moment in (NIGHT, MORNING - MINUTE, MORNING)}
    assert [moment for moment, subjects in sent.items() if subject in subjects] == [told]
    assert db.session.scalars(db.select(Rsvp)).one().knows


def test_what_was_taken_back_in_the_night_is_never_told(ana: Member, post: Post) -> None:
    date = coming(ana)
    change(date, START + HOUR, NIGHT)
    assert post.at(NIGHT) == []
    change(date, START, NIGHT + HOUR)
    assert post.at(NIGHT + HOUR) == []
    assert [subject for subject in post.at(MORNING) if "Changed" in subject] == []
    assert outcomes()["changed"] == ("dropped", "no longer so")


@pytest.mark.parametrize(
    ("starts", "sent_at"),
    [
        # Due at 5:30: at seven half an hour is left, which is too late.
        ("7:30", datetime(2026, 12, 1, 10, 30, tzinfo=UTC)),
        # Due at 6:15: at seven more than an hour is left.
        ("8:15", MORNING),
        ("9:30", datetime(2026, 12, 1, 12, 30, tzinfo=UTC)),
    ],
)
def test_a_reminder_in_the_night_waits_unless_it_would_come_too_late(
    ana: Member, post: Post, starts: str, sent_at: datetime
) -> None:
    ana.wants_day_before = False
    coming(ana, datetime.strptime(f"2026-12-01 {starts}", "%Y-%m-%d %H:%M"))
    moment, found = NIGHT, []
    while moment < MORNING + HOUR:
        found += [moment for _ in post.at(moment)]
        moment += 15 * MINUTE
    assert found == [sent_at]


def test_who_has_no_quiet_hours_is_told_at_once(client: FlaskClient, ana: Member, post: Post) -> None:
    date = coming(ana)
    choose(client, ana, quiet_from="9", quiet_until="9")
    change(date, START + HOUR, NIGHT)
    assert post.at(NIGHT) == ["Changed: Stroller walk is now Tue 1 Dec, 11:00"]


def test_her_night_is_that_of_her_neighbourhood_wherever_the_meetup_is(ana: Member, post: Post) -> None:
    # She lives in Vancouver: 22:30 in Toronto is half past seven there.
    ana.home_cell = home_cell(Point(49.2827, -123.1207))
    date = coming(ana)
    change(date, START + 9 * HOUR, NIGHT)
    assert post.at(NIGHT) == ["Changed: Stroller walk is now Tue 1 Dec, 19:00"]


def test_what_answers_her_own_tap_comes_in_the_night_too(ana: Member, post: Post) -> None:
    services.answer(first_date(add_meetup()), ana, Answer.GOING, [], NIGHT)
    assert post.at(NIGHT) != [] and part(post.mails[0], "plain")
    assert [kind for kind, _ in queued()].count("youre_in") == 1
