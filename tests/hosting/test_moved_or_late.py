"""What has been said of who welcomes, where the date moves to another day, the host is asked late, or families bail
after she has read who comes."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetups.domain.zones import to_local
from meetups.events import welcome
from meetups.extensions import db
from tests.events.drafts import saved
from tests.events.test_scopes import date_page
from tests.factories import sign_in
from tests.hosting.world import HOUR, MINUTE, World

ADDRESS = "/meetups/{}/2026-12-01T1000"


@pytest.fixture
def world(app: Flask) -> World:
    return World()


@pytest.mark.parametrize("who", ["nobody", "a stand-in"])
def test_on_another_day_nobody_has_been_asked_yet(world: World, client: FlaskClient, clock: Any, who: str) -> None:
    if who == "a stand-in":
        welcome.stand_in(world.date, world.ana, "Blue coat", world.evening)
        db.session.commit()
    world.rounds(world.evening, world.told_at + 11 * MINUTE)
    assert world.date.who is not None
    at = world.told_at + 20 * MINUTE
    clock.move_to(at)
    sign_in(client, world.host)
    address = ADDRESS.format(world.meetup.public_id)
    assert saved(client, f"{address}/edit", date_page(client, world.date, date="2026-12-05")).status_code == 302
    told = world.rounds(at, at + 30 * MINUTE)
    assert sorted(told) == [(to, "Changed: Slow walk is now Sat 5 Dec, 10:00") for to in ("ana", "bea")]
    assert "Red stroller by the gate" in world.text() and "Blue coat" not in world.text()
    db.session.expire_all()
    # What lets a series rest does not count it.
    assert world.date.who is None and world.date.unhosted_at is None
    sign_in(client, world.bea)
    assert "unhosted" not in client.get(address).text
    assert ("hana", "Still on? Tomorrow 10:00: 2 families come to Slow walk") in world.round(
        world.date.starts_at - 15 * HOUR
    )


@pytest.mark.parametrize("why", ["her night", "the mail was down"])
def test_where_the_host_is_asked_in_the_morning_a_regular_is_asked_all_the_same(world: World, why: str) -> None:
    if why == "her night":
        world.host.quiet_from, world.host.quiet_until = 18, 7
        db.session.commit()
    since = world.evening if why == "her night" else world.start - 4 * HOUR
    told = []
    while since < world.start:
        told += [(f"{to_local(since, world.meetup.zone):%H:%M}", *mail) for mail in world.round(since)]
        since += 15 * MINUTE
    assert [mail for mail in told if mail[2] not in ("Tomorrow 10:00: Slow walk", "Today 10:00: Slow walk")] == [
        ("07:00", "hana", "Still on? Today 10:00: 2 families come to Slow walk"),
        ("07:45", "ana", "Today 10:00: would you be the one to find?"),
        ("08:30", "ana", "Today 10:00: Slow walk may be unhosted"),
        ("08:30", "bea", "Today 10:00: Slow walk may be unhosted"),
    ]


@pytest.mark.parametrize("asked", [True, False])
def test_who_bails_after_the_list_has_left_is_told_to_the_host(
    world: World, client: FlaskClient, clock: Any, asked: bool
) -> None:
    if not asked:
        world.date.confirmed_at = world.evening - HOUR
        db.session.commit()
    sign_in(client, world.ana)
    address = ADDRESS.format(world.meetup.public_id)
    clock.move_to(world.evening - 30 * MINUTE)
    client.post(f"{address}/cant")
    (listed,) = [subject for to, subject in world.round(world.evening) if to == "hana"]
    assert "1 family comes to Slow walk" in listed
    clock.move_to(world.evening + MINUTE)
    sign_in(client, world.bea)
    client.post(f"{address}/cant")
    told = world.rounds(world.evening + 2 * MINUTE, world.start)
    assert told == [("hana", "Bea can’t make it: Slow walk, Tue 1 Dec, 10:00")]
