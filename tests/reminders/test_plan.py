"""Which reminders are owed, when, and that each is queued once."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from meetups.accounts.models import Member
from meetups.events.models import Occurrence
from meetups.extensions import db
from meetups.mail.models import OutboxMail
from meetups.reminders.services import plan
from meetups.rsvps.models import Rsvp
from tests.conftest import NOW, counted_queries
from tests.factories import add_meetup, add_member, add_occurrence, add_place, add_rsvp, first_date
from tests.reminders.sending import Post, outcomes, queued

HOUR = timedelta(hours=1)
# TUESDAY 10:00 in Toronto (factories).
START = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
SUBJECT = "10:00: Stroller walk at Withrow Park"


@pytest.fixture
def date(app: Flask) -> Occurrence:
    return first_date(add_meetup())


@pytest.fixture
def family(date: Occurrence) -> Member:
    """Somebody who said a week before that she comes."""
    member = add_member()
    add_rsvp(date, member)
    db.session.commit()
    return member


@pytest.fixture
def post() -> Post:
    return Post()


def reminders(post: Post, moment: datetime) -> list[str]:
    """Subjects sent at a moment, without the host's lists."""
    return [subject for subject in post.at(moment) if "come" not in subject]


def test_she_is_reminded_a_day_and_two_hours_before_and_no_more(family: Member, post: Post) -> None:
    sent = {}
    moment = NOW
    while moment < START + 2 * HOUR:
        for subject in reminders(post, moment):
            sent[subject] = moment
        moment += HOUR / 2
    assert sent == {f"Tomorrow {SUBJECT}": START - 24 * HOUR, f"Today {SUBJECT}": START - 2 * HOUR}


def test_planning_again_queues_nothing_twice(family: Member) -> None:
    assert plan(NOW) == 1
    assert plan(NOW) == 0
    db.session.scalars(select(Rsvp)).one().planned_at = None
    assert plan(NOW) == 1
    assert len(queued()) == 2


@pytest.mark.parametrize(
    ("starts", "due"),
    [
        # Clocks went forward in the night: 23 hours before is the same hour on the wall.
        (datetime(2027, 3, 14, 10, 0), datetime(2027, 3, 13, 15, 0, tzinfo=UTC)),
        # And back: 25 hours before.
        (datetime(2027, 11, 7, 10, 0), datetime(2027, 11, 6, 14, 0, tzinfo=UTC)),
        (datetime(2027, 7, 6, 10, 0), datetime(2027, 7, 5, 14, 0, tzinfo=UTC)),
    ],
)
def test_the_day_before_is_the_same_hour_on_the_wall_whatever_the_clocks_did(
    app: Flask, post: Post, starts: datetime, due: datetime
) -> None:
    add_rsvp(first_date(add_meetup(starts=starts)), add_member())
    db.session.commit()
    assert post.at(due - timedelta(seconds=1)) == []
    assert reminders(post, due) == [f"Tomorrow {SUBJECT}"]


def test_two_hours_before_are_two_real_hours_in_the_night_the_clocks_change(app: Flask) -> None:
    add_rsvp(first_date(add_meetup(starts=datetime(2027, 3, 14, 3, 30))), add_member())
    plan(NOW)
    assert ("two_hours", datetime(2027, 3, 14, 5, 30, tzinfo=UTC)) in queued()


def test_the_hour_is_that_of_the_place_and_not_of_the_server(app: Flask) -> None:
    place = add_place(zone="Pacific/Auckland")
    add_rsvp(first_date(add_meetup(place=place)), add_member())
    plan(NOW)
    assert ("day_before", datetime(2026, 11, 29, 21, 0, tzinfo=UTC)) in queued()


@pytest.mark.parametrize("answer", ["maybe", "not_going", "waiting"])
def test_only_who_comes_is_reminded(date: Occurrence, answer: str) -> None:
    add_rsvp(date, add_member(), answer)
    assert plan(NOW) == 0 and queued() == []


def test_a_cancelled_date_and_one_that_has_begun_are_not_planned(app: Flask) -> None:
    meetup = add_meetup(dates=[datetime(2026, 11, 24, 7, 0)])
    add_rsvp(first_date(meetup), add_member())
    add_rsvp(add_occurrence(meetup, cancelled_at=NOW), add_member())
    plan(NOW)
    assert queued() == []


def test_a_date_that_is_over_is_looked_at_once_and_never_again(app: Flask) -> None:
    add_rsvp(first_date(add_meetup(starts=datetime(2026, 11, 24, 7, 0))), add_member())
    assert plan(NOW) == 1
    assert plan(NOW) == 0


def test_after_six_hours_of_silence_the_worker_sends_what_has_not_begun(family: Member, post: Post) -> None:
    plan(NOW)
    assert reminders(post, START - 20 * HOUR) == [f"Tomorrow {SUBJECT}"]


def test_a_late_reminder_says_today_when_it_is_today(family: Member, post: Post) -> None:
    plan(NOW)
    assert reminders(post, START - 2.5 * HOUR) == [f"Today {SUBJECT}"]
    assert outcomes()["day_before"] == ("sent", None)


@pytest.mark.parametrize("planned", [True, False], ids=["queued in time", "not even queued"])
def test_of_two_late_reminders_only_the_nearer_is_sent(family: Member, post: Post, planned: bool) -> None:
    if planned:
        plan(NOW)
    assert reminders(post, START - HOUR) == [f"Today {SUBJECT}"]
    assert outcomes()["two_hours"] == ("sent", None)
    assert outcomes()["day_before"] == ("dropped", "late, and the nearer reminder is due")


def test_who_wants_no_nearer_one_gets_the_other_even_then(family: Member, post: Post) -> None:
    family.wants_two_hours = False
    plan(NOW)
    assert reminders(post, START - HOUR) == [f"Today {SUBJECT}"]
    assert outcomes()["day_before"] == ("sent", None)


def test_nothing_is_sent_about_a_date_that_has_begun_and_a_record_says_so(family: Member, post: Post) -> None:
    plan(NOW)
    assert post.at(START) == []
    assert outcomes() == {"day_before": ("dropped", "too late"), "two_hours": ("dropped", "too late")}


@pytest.mark.parametrize(
    ("before", "expected"),
    [(30 * HOUR, ["day_before", "two_hours"]), (20 * HOUR, ["two_hours"]), (HOUR, [])],
)
def test_what_she_has_just_read_when_she_answered_is_not_sent_again(
    date: Occurrence, before: timedelta, expected: list[str]
) -> None:
    add_rsvp(date, add_member(), changed_at=START - before)
    plan(START - before + timedelta(seconds=5))
    assert [kind for kind, _ in queued() if kind != "host_list"] == expected


def test_a_date_that_was_moved_to_within_the_day_brings_no_second_mail_beside_that_news(
    date: Occurrence, family: Member
) -> None:
    moved_at = START - 20 * HOUR
    date.revision = 1
    db.session.scalars(select(Rsvp)).one().answered(moved_at)
    plan(moved_at)
    assert [kind for kind, _ in queued() if kind != "host_list"] == ["two_hours"]


def test_a_round_takes_as_many_as_it_may_and_the_next_one_the_rest(date: Occurrence) -> None:
    for _ in range(5):
        add_rsvp(date, add_member())
    assert [plan(NOW, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert db.session.scalar(select(func.count()).select_from(OutboxMail)) == 10


def test_a_round_with_nothing_to_plan_asks_two_questions(date: Occurrence, family: Member) -> None:
    plan(START - 20 * HOUR)
    db.session.commit()
    with counted_queries() as seen:
        plan(START - 20 * HOUR)
    assert len(seen) == 2, seen
