"""What a reminder says, and that it is not sent when the world has changed since it was queued."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from meetups.accounts import choices
from meetups.accounts.models import Member
from meetups.domain.zones import to_utc
from meetups.events.models import Occurrence
from meetups.extensions import db
from meetups.mail import outbox
from meetups.mail.models import OutboxMail
from meetups.reminders.services import plan
from meetups.rsvps.models import Rsvp
from tests.conftest import NOW
from tests.factories import TORONTO, add_block, add_kid, add_meetup, add_member, add_rsvp, first_date
from tests.mail.smtp import mail_server
from tests.reminders.sending import Post, outcomes, part

HOUR = timedelta(hours=1)
START = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
DAY_BEFORE = START - 24 * HOUR
# Monday, seven in the evening in Toronto.
EVENING = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)


class World:
    """A date, its host, and one family that comes."""

    def __init__(self) -> None:
        self.host = add_member("Hana", email="hana@example.org")
        self.meetup = add_meetup(self.host, title="Stroller walk")
        self.date: Occurrence = first_date(self.meetup)
        self.member: Member = add_member("Ana", email="ana@example.org")
        kid = add_kid(self.member, date(2025, 9, 1))
        self.rsvp: Rsvp = add_rsvp(self.date, self.member, kids=[kid])
        plan(NOW)
        db.session.commit()

    def cancel(self) -> None:
        self.date.cancelled_at = NOW
        self.rsvp.answered(NOW)

    def bail(self) -> None:
        self.rsvp.answer = "not_going"
        self.date.taken -= 1

    def forget_her(self) -> None:
        db.session.delete(self.rsvp)
        self.date.taken -= 1

    def move(self) -> None:
        self.date.starts_at = to_utc(datetime(2026, 12, 8, 11, 0), TORONTO)
        self.date.revision += 1
        self.rsvp.planned_at = None
        self.rsvp.answered(NOW)

    def block_host(self) -> None:
        add_block(self.member, self.host)

    def blocked_by_host(self) -> None:
        add_block(self.host, self.member)

    def stop_day_before(self) -> None:
        self.member.wants_day_before = False


@pytest.fixture
def world(app: Flask) -> World:
    return World()


@pytest.fixture
def post() -> Post:
    return Post()


def test_the_day_before_says_when_where_who_and_how_to_find_her(world: World, post: Post) -> None:
    post.at(DAY_BEFORE)
    (mail,) = post.mails
    assert (mail["To"], mail["Subject"]) == ("ana@example.org", "Tomorrow 10:00: Stroller walk")
    link = f"http://localhost/meetups/{world.meetup.public_id}/2026-12-01T1000"
    for words in (part(mail, "plain"), part(mail, "html")):
        for told in ("Tuesday 1 December at 10:00", "Withrow Park", "Hana", "Red stroller by the gate", link):
            assert told in words
        assert "http://localhost/answer/" in words
        assert "example.org" not in words
    assert "<img" not in part(mail, "html") and "hana@" not in mail.as_string()


@pytest.mark.parametrize("together", [False, True])
def test_two_hours_before_it_has_the_way_to_say_that_she_is_late(
    world: World, post: Post, client: FlaskClient, clock: Traveller, together: bool
) -> None:
    if together:
        add_rsvp(first_date(add_meetup(title="Park hangout")), world.member)
        db.session.commit()
    post.at(DAY_BEFORE)
    early = next(mail for mail in post.mails if mail["To"] == world.member.email)
    assert "http" in part(early, "plain") and "late" not in (part(early, "plain") + part(early, "html")).lower()
    post.mails.clear()
    post.at(START - 2 * HOUR)
    (mail,) = (mail for mail in post.mails if mail["To"] == world.member.email)
    lines = part(mail, "plain").split("\n")
    ways = [lines[number + 1] for number, line in enumerate(lines) if line.endswith(("others know:", "late:"))]
    assert len(ways) == (2 if together else 1)
    assert all(f'href="{way}"' in part(mail, "html") for way in ways)
    clock.move_to(START - HOUR)
    for way in ways:
        client.post(way.removeprefix("http://localhost"), data={"minutes": "10"})
    assert db.session.scalars(select(Rsvp.late)).all() == [10] * len(ways)


def test_a_title_that_wants_to_be_markup_stays_words(app: Flask, post: Post) -> None:
    add_rsvp(first_date(add_meetup(title="<b>Mums & buns</b>")), add_member())
    db.session.commit()
    post.at(DAY_BEFORE)
    assert post.mails[0]["Subject"] == "Tomorrow 10:00: <b>Mums & buns</b>"
    assert "<b>Mums & buns</b>" in part(post.mails[0], "plain")
    assert "&lt;b&gt;Mums &amp; buns&lt;/b&gt;" in part(post.mails[0], "html")


@pytest.mark.parametrize("kind", ["day_before", "two_hours", "host_list"])
def test_every_reminder_can_be_ended_by_a_click_in_the_mail_program(world: World, post: Post, kind: str) -> None:
    post.at({"day_before": DAY_BEFORE, "host_list": EVENING, "two_hours": START - 2 * HOUR}[kind])
    found = set()
    for mail in post.mails:
        address = str(mail["List-Unsubscribe"]).strip("<>")
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert address in part(mail, "plain") and f'href="{address}"' in part(mail, "html")
        found.add(choices.read(address.rsplit("/", 1)[1]))
    reader = world.host if kind == "host_list" else world.member
    assert (reader.public_id, kind) in found


@pytest.mark.parametrize(
    ("happen", "why"),
    [
        (World.cancel, "no longer so"),
        (World.bail, "no longer so"),
        (World.forget_her, "no longer so"),
        (World.move, "no longer so"),
        (World.block_host, "no longer so"),
        (World.blocked_by_host, "no longer so"),
        (World.stop_day_before, "not wanted"),
    ],
)
def test_what_is_no_longer_so_is_dropped_with_a_record(
    world: World, post: Post, happen: Callable[[World], None], why: str
) -> None:
    happen(world)
    db.session.commit()
    assert post.at(DAY_BEFORE) == []
    assert ("dropped", why) in _all_outcomes("day_before")


def _all_outcomes(template: str) -> list[tuple[str, str | None]]:
    rows = db.session.execute(select(OutboxMail.state, OutboxMail.outcome).where(OutboxMail.template == template))
    return [(state, why) for state, why in rows]


def test_after_a_move_the_new_day_has_its_own_reminder_and_the_old_day_none(world: World, post: Post) -> None:
    world.move()
    db.session.commit()
    assert post.at(DAY_BEFORE) == post.at(START - 2 * HOUR) == []
    assert post.at(to_utc(datetime(2026, 12, 7, 11, 0), TORONTO)) == ["Tomorrow 11:00: Stroller walk"]


def test_who_wants_only_two_hours_before_gets_only_that(world: World, post: Post) -> None:
    world.stop_day_before()
    db.session.commit()
    assert post.at(DAY_BEFORE) == []
    post.at(EVENING)
    assert post.at(START - 2 * HOUR) == ["Today 10:00: Stroller walk"]


def test_the_host_reads_the_evening_before_who_comes(world: World, post: Post) -> None:
    other = add_member("Bea", email="bea@example.org")
    add_rsvp(world.date, other, kids=[add_kid(other, date(2026, 8, 1)), add_kid(other, date(2027, 2, 1))])
    add_rsvp(world.date, add_member("Maybe"), "maybe")
    add_rsvp(world.date, add_member("Waiting"), "waiting")
    db.session.commit()
    post.at(DAY_BEFORE)
    assert post.at(EVENING - timedelta(minutes=1)) == []
    assert post.at(EVENING) == ["Still on? Tomorrow 10:00: 2 families come to Stroller walk"]
    assert post.mails[-1]["To"] == "hana@example.org"
    for words in (post.text(), part(post.mails[-1], "html")):
        assert "Ana with a 1-year-old" in words
        assert "Bea with a baby under 6 months and a bump" in words
        assert "Maybe" not in words and "Waiting" not in words
        assert "@example.org" not in words and "2025" not in words and "September" not in words


def test_one_family_is_said_as_one(world: World, post: Post) -> None:
    post.at(DAY_BEFORE)
    assert post.at(EVENING) == ["Still on? Tomorrow 10:00: 1 family comes to Stroller walk"]


def test_a_host_to_whom_nobody_comes_gets_no_list(app: Flask, post: Post) -> None:
    add_meetup()
    db.session.commit()
    assert post.at(EVENING) == []


def test_a_list_of_nobody_is_dropped_when_the_last_family_bails(world: World, post: Post) -> None:
    plan(EVENING)
    world.bail()
    db.session.commit()
    assert post.at(EVENING) == []
    assert outcomes()["host_list"] == ("dropped", "nobody comes")


def test_a_family_that_comes_late_in_the_evening_is_on_a_list_too(world: World, post: Post) -> None:
    post.at(DAY_BEFORE)
    world.bail()
    db.session.commit()
    assert post.at(EVENING) == []
    add_rsvp(world.date, add_member("Late"), planned_at=NOW)
    db.session.commit()
    assert post.at(EVENING + timedelta(minutes=10)) == ["Still on? Tomorrow 10:00: 1 family comes to Stroller walk"]


def test_a_family_that_blocks_the_host_is_not_on_her_list(world: World, post: Post) -> None:
    add_rsvp(world.date, add_member("Bea"))
    post.at(DAY_BEFORE)
    world.block_host()
    db.session.commit()
    assert post.at(EVENING) == ["Still on? Tomorrow 10:00: 1 family comes to Stroller walk"]
    assert "Bea" in post.text() and "Ana" not in post.text()


def test_a_host_who_wants_no_list_gets_none(world: World, post: Post) -> None:
    world.host.wants_host_list = False
    db.session.commit()
    post.at(DAY_BEFORE)
    assert post.at(EVENING) == []
    assert outcomes()["host_list"] == ("dropped", "not wanted")


def test_a_cancelled_date_has_no_list_and_a_moved_one_a_new_one(world: World, post: Post) -> None:
    post.at(DAY_BEFORE)
    world.move()
    db.session.commit()
    assert post.at(EVENING) == []
    new_evening = to_utc(datetime(2026, 12, 7, 19, 0), TORONTO)
    post.at(new_evening - HOUR)
    assert post.at(new_evening) == ["Still on? Tomorrow 11:00: 1 family comes to Stroller walk"]
    world.cancel()
    db.session.commit()
    assert post.at(new_evening + HOUR) == []


def test_a_reminder_goes_through_the_mail_server_whole(world: World) -> None:
    with mail_server() as inbox:
        assert outbox.send_due(inbox.transport(), "tests", lambda: DAY_BEFORE, lambda: False) == 1
        (taken,) = inbox.taken
    assert taken.rcpts == ["ana@example.org"] and taken.subject == "Tomorrow 10:00: Stroller walk"
    assert taken.mail["List-Unsubscribe"].startswith("<http://localhost/unsubscribe/")
    assert "I can’t make it" in part(taken.mail, "html")
