"""A tap on a date, or the worker's look at it, while its series is being edited. On SQLite writers are alone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import Connection, select, text, update
from time_machine import Traveller

from meetups.events.models import Meetup, Occurrence
from meetups.extensions import db
from meetups.hosting.models import BatonAsk
from meetups.hosting.services import see_who_welcomes
from meetups.hosting.tokens import local_address
from tests.factories import add_place
from tests.hosting.test_helpers import make_cohost
from tests.hosting.test_rain import plan
from tests.hosting.world import HOUR, World

LOOKS = 5000


@pytest.fixture
def world(app: Flask) -> World:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("writers are alone there")
    return World()


@pytest.fixture
def editor(world: World) -> Iterator[Connection]:
    """Somebody who edits at the same time."""
    with db.engine.connect() as connection:
        yield connection


def begin_edit(editor: Connection) -> None:
    editor.execute(text("SET LOCAL lock_timeout = '5s'"))
    editor.execute(select(Meetup.id).with_for_update())


def somebody_waits(connection: Connection) -> bool:
    connection.execute(text("SELECT pg_stat_clear_snapshot()"))
    here = "datname = current_database() AND wait_event_type = 'Lock'"
    return bool(connection.scalar(text(f"SELECT count(*) FROM pg_stat_activity WHERE {here}")))


@pytest.mark.parametrize("what", ["rain", "still_on"])
def test_a_tap_that_changes_date_and_series_waits_for_an_edit_with_empty_hands(
    app: Flask, world: World, clock: Traveller, what: str, editor: Connection
) -> None:
    make_cohost(world, world.bea)
    plan(world, "place", add_place("Riverdale Library", kind="library"))
    world.date.confirmed_at = None
    clock.move_to(world.start - 3 * HOUR)
    link = local_address(what, world.date.uid, world.host if what == "rain" else world.bea)
    its = Occurrence.id == world.date.id
    db.session.commit()
    begin_edit(editor)

    def tap() -> int:
        with app.app_context():
            return app.test_client().post(link, data={"spot": "Yellow hat"}).status_code

    with ThreadPoolExecutor(1) as pool:
        tapped = pool.submit(tap)
        assert any(somebody_waits(editor) for _ in range(LOOKS))
        editor.execute(update(Occurrence).where(its).values(taken=Occurrence.taken))
        editor.rollback()
        assert tapped.result(30) == 200
    row = db.session.scalars(select(Occurrence).where(its), execution_options={"populate_existing": True}).one()
    assert row.place.name == "Riverdale Library" if what == "rain" else row.spot == "Yellow hat"


def test_the_worker_asks_nobody_about_a_date_whose_series_is_being_edited(world: World, editor: Connection) -> None:
    world.round(world.evening)
    for edits in (True, False):
        if edits:
            begin_edit(editor)
        see_who_welcomes(world.baton_at)
        db.session.commit()
        assert len(db.session.scalars(select(BatonAsk)).all()) == (0 if edits else 1)
        editor.rollback()
