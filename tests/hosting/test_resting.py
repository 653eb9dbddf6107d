"""Two silent dates in a row, and a series rests; one tap wakes it, or a regular takes it over."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.domain.capacity import Answer
from meetups.domain.hosting import rests
from meetups.events.models import Occurrence
from meetups.events.services import MOST_ACTIVE, roll_forward
from meetups.extensions import db
from meetups.hosting import helpers, resting
from meetups.hosting.resting import rest_silent
from meetups.hosting.tokens import local_address
from meetups.rsvps import services as rsvps
from tests.factories import TUESDAY, add_block, add_meetup, add_member, add_occurrence, add_rsvp, first_date, sign_in
from tests.hosting.world import HOUR, MINUTE, WEEK, World, tap

BROWSE = "/?near=43.6747,-79.3476&within=2000"


class Silent(World):
    """The walk of next Tuesday has nobody to welcome; so had, or had not, the one before; two more are to come."""

    def __init__(self, before: str = "silent") -> None:
        super().__init__()
        self.cara = add_member("Cara", email="cara@example.org")
        self.before = add_occurrence(self.meetup, TUESDAY - WEEK)
        if before != "nobody came":
            add_rsvp(self.before, self.ana)
        if before == "cancelled":
            self.before.cancelled_at = self.start - 8 * 24 * HOUR
        if before in ("silent", "cancelled"):
            self.before.unhosted_at = self.before.starts_at - 2 * HOUR
        self.date.unhosted_at = self.told_at
        self.next, self.off = (add_occurrence(self.meetup, TUESDAY + weeks * WEEK) for weeks in (1, 2))
        self.off.cancelled_at, self.off.cancel_reason, self.off.own = self.told_at, "Away", ["cancelled"]
        add_rsvp(self.next, self.cara)
        self.meetup.rolled_to = TUESDAY + 25 * WEEK
        db.session.commit()
        self.now = self.start + HOUR

    def settle(self, at: Any) -> list[tuple[str, str]]:
        """Let series rest and mails leave; ten minutes on, the changes have been told."""
        rest_silent(at)
        db.session.commit()
        return self.round(at) + self.round(at + 11 * MINUTE)

    def state(self) -> list[str | None]:
        db.session.expire_all()
        return [row.cancel_reason if row.cancelled_at else "on" for row in (self.next, self.off)]


@pytest.mark.parametrize(
    ("silent", "expected"),
    [([], False), ([True], False), ([True, True], True), ([True, False], False), ([False, True, True], False)],
)
def test_two_in_a_row(silent: list[bool], expected: bool) -> None:
    assert rests(silent) == expected


def test_after_two_silent_dates_it_rests_and_says_so(app: Flask, client: FlaskClient, clock: Any) -> None:
    world = Silent()
    told = world.settle(world.now)
    assert sorted(told) == [
        ("cara", "Cancelled: Slow walk, Tue 8 Dec, 10:00"),
        ("hana", "Slow walk rests until you wake it"),
    ]
    assert world.state() == ["Resting until somebody wakes it.", "Away"]
    clock.move_to(world.now)
    assert roll_forward(world.now) == 0
    assert "Slow walk" not in client.get(BROWSE).text
    sign_in(client, world.cara)
    page = client.get(f"/meetups/{world.meetup.public_id}", follow_redirects=True).text
    assert "Resting until somebody wakes it." in page and "Wake it" not in page
    sign_in(client, world.host)
    assert "Slow walk" in client.get("/mine").text
    # Again and again nothing more happens.
    assert world.settle(world.now + HOUR) == []


def test_one_tap_wakes_only_what_went_to_rest(app: Flask, client: FlaskClient, clock: Any) -> None:
    world = Silent()
    rest_silent(world.now)
    db.session.commit()
    world.round(world.now)
    link = world.link()
    world.round(world.now + 11 * MINUTE)
    clock.move_to(world.now + 12 * MINUTE)
    for method in ("GET", "HEAD", "OPTIONS"):
        client.open(link, method=method)
    assert world.state() == ["Resting until somebody wakes it.", "Away"]
    assert "It is awake" in tap(client, link)
    tap(client, link)
    assert world.state() == ["on", "Away"]
    assert world.meetup.rolled_to > TUESDAY + 25 * WEEK
    told = world.settle(world.now + 23 * MINUTE)
    assert told == [("cara", "On after all: Slow walk, Tue 8 Dec, 10:00")]
    # What was silent before it was woken counts no more.
    assert rest_silent(world.now + HOUR) == 0


def test_a_series_that_was_silent_once_is_not_in_the_way_of_others(app: Flask) -> None:
    once = first_date(add_meetup(starts=TUESDAY))
    once.unhosted_at = once.starts_at
    world = Silent()
    assert rest_silent(world.now, limit=1) == 1 and world.meetup.resting_at == world.now
    assert rest_silent(world.now, limit=1) == 0


def test_a_date_that_all_who_were_warned_bailed_from_was_silent_too(app: Flask) -> None:
    world = Silent()
    for who in (world.ana, world.bea):
        rsvps.answer(world.date, who, Answer.NOT_GOING, [], world.told_at + 30 * MINUTE)
    db.session.commit()
    assert world.date.taken == 0 and rest_silent(world.now) == 1


@pytest.mark.parametrize("before", ["welcomed", "cancelled", "nobody came"])
def test_what_breaks_the_row(app: Flask, before: str) -> None:
    world = Silent(before)
    assert rest_silent(world.now) == 0


def test_what_would_have_been_while_it_rested_is_not_made_up_for(app: Flask, client: FlaskClient, clock: Any) -> None:
    world = Silent()
    rest_silent(world.now)
    db.session.commit()
    world.round(world.now)
    link = world.link()
    much_later = world.now + timedelta(weeks=40)
    clock.move_to(much_later)
    tap(client, link)
    coming = list(db.session.scalars(select(Occurrence).where(Occurrence.recurrence_id > TUESDAY + 3 * WEEK)))
    assert coming and all(row.starts_at > much_later for row in coming)


def test_a_regular_offers_to_take_it_over_and_the_host_gives_it_with_one_tap(
    app: Flask, client: FlaskClient, clock: Any
) -> None:
    world = Silent()
    world.settle(world.now)
    clock.move_to(world.now + 20 * MINUTE)
    sign_in(client, world.ana)
    page = client.get(f"/meetups/{world.meetup.public_id}", follow_redirects=True).text
    assert "Would you take it over?" in page
    address = page.split('action="/host/')[1].split('"')[0]
    client.post(f"/host/{address}")
    client.post(f"/host/{address}")
    assert world.round(world.now + 21 * MINUTE) == [("hana", "Ana would take over Slow walk")]
    link = world.link()
    assert "Hana must be signed in" in tap(client, link)
    sign_in(client, world.host)
    for _ in range(2):
        assert "Handed over" in client.post(link, follow_redirects=True).text
    assert world.state() == ["on", "Away"]
    assert world.meetup.host_id == world.ana.id
    told = world.settle(world.now + 33 * MINUTE)
    assert sorted(told) == [("ana", "Slow walk is yours"), ("cara", "On after all: Slow walk, Tue 8 Dec, 10:00")]


def test_the_host_does_not_read_of_herself_what_keeps_a_regular_from_it(app: Flask, client: FlaskClient) -> None:
    world = Silent()
    rest_silent(world.now)
    for _ in range(MOST_ACTIVE):
        add_meetup(world.ana, starts=TUESDAY + WEEK)
    subject = f"{world.meetup.public_id}:{world.ana.public_id}:{resting.stamp(world.meetup)}"
    link = local_address("give", subject, world.host)
    sign_in(client, world.host)
    page = client.post(link, follow_redirects=True).text
    assert "Ana cannot take it over at the moment." in page and "You host" not in page
    assert world.meetup.host_id == world.host.id and world.meetup.resting_at


def test_cohosts_hear_of_it_and_may_wake_it(app: Flask, client: FlaskClient, clock: Any) -> None:
    world = Silent()
    helpers.name_cohost(world.meetup, world.ana, world.now)
    helpers.accept_cohost(world.meetup, world.ana, world.now)
    db.session.commit()
    rest_silent(world.now)
    db.session.commit()
    assert ("ana", "Slow walk rests until you wake it") in world.round(world.now)
    clock.move_to(world.now + MINUTE)
    sign_in(client, world.ana)
    page = client.get(f"/meetups/{world.meetup.public_id}", follow_redirects=True).text
    assert "Wake it" in page


def test_an_offer_to_take_it_over_ends_with_the_rest_it_was_for(app: Flask, client: FlaskClient, clock: Any) -> None:
    world = Silent()
    world.settle(world.now)
    resting.volunteer(world.meetup, world.ana, world.now)
    db.session.commit()
    world.round(world.now + HOUR)
    link = world.link()
    clock.move_to(world.now + 2 * HOUR)
    sign_in(client, world.host)
    assert "Hand it to Ana" in client.get(link).text
    resting.volunteer(world.meetup, world.bea, world.now + 2 * HOUR)
    resting.wake(world.meetup, world.host, world.now + 2 * HOUR)
    # It rests again, before the second offer has left, and nobody has offered anything since.
    world.meetup.resting_at = world.now + 3 * HOUR
    db.session.commit()
    clock.move_to(world.now + 4 * HOUR)
    assert client.post(link).status_code == 404
    assert not [subject for _, subject in world.round(world.now + 4 * HOUR) if "would take over" in subject]
    db.session.expire_all()
    assert world.meetup.host_id == world.host.id


@pytest.mark.parametrize("blocker", ["host", "ana"])
def test_who_is_blocked_before_her_offer_leaves_is_not_named_to_the_host(app: Flask, blocker: str) -> None:
    world = Silent()
    world.settle(world.now)
    resting.volunteer(world.meetup, world.ana, world.now + 20 * MINUTE)
    add_block(*((world.host, world.ana) if blocker == "host" else (world.ana, world.host)))
    db.session.commit()
    assert world.round(world.now + 21 * MINUTE) == []
