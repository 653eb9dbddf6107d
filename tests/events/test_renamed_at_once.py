"""Calendars are told of a place's new name while others edit or answer: on PostgreSQL, which locks rows one by one."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import Connection, select, text, update

from meetups.clock import utcnow
from meetups.events.models import Meetup, Occurrence
from meetups.events.renamed import tell_calendars
from meetups.extensions import db
from meetups.places.models import Place
from tests.factories import TUESDAY, add_meetup, add_place
from tests.hosting.test_at_once import LOOKS, somebody_waits


@pytest.fixture
def place(app: Flask) -> Place:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("writers are alone there")
    # As an import leaves it: renamed, and put elsewhere on the map.
    return add_place(renamed_at=utcnow())


@pytest.fixture
def other(place: Place) -> Iterator[Connection]:
    """Somebody who does something else at the same time."""
    with db.engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '5s'"))
        yield connection


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def telling(app: Flask, pool: ThreadPoolExecutor, other: Connection) -> Future[int]:
    """Tell in a thread, and come back once it waits for what the other holds."""

    def tell() -> int:
        with app.app_context():
            told = tell_calendars(utcnow())
            db.session.commit()
            return told

    told = pool.submit(tell)
    assert any(somebody_waits(other) for _ in range(LOOKS))
    return told


def taken(other: Connection, model: type[Meetup] | type[Place] | type[Occurrence], row_id: int) -> None:
    other.execute(select(model.id).where(model.id == row_id).with_for_update())


def test_it_waits_for_an_edit_of_several_parts_with_empty_hands(
    app: Flask, place: Place, other: Connection, pool: ThreadPoolExecutor
) -> None:
    first = add_meetup(place=add_place("Riverdale Park"))
    second, third = (add_meetup(first.host, place, series_id=first.id).id for _ in range(2))
    db.session.commit()
    for part in (first.id, third):
        taken(other, Meetup, part)
    told = telling(app, pool, other)
    # The edit goes on with the part before it, and puts a date where the place is renamed.
    taken(other, Meetup, second)
    other.execute(select(Place.id).where(Place.id == place.id).with_for_update(key_share=True, read=True))
    other.rollback()
    assert told.result(30) == 1
    sequences = {row.id: row.sequence for row in db.session.execute(select(Meetup.id, Meetup.sequence))}
    assert sequences == {first.id: 0, second: 1, third: 1}, "the first part is elsewhere"


def test_dates_are_locked_by_their_ids(app: Flask, place: Place, other: Connection, pool: ThreadPoolExecutor) -> None:
    meetup = add_meetup(place=place, dates=[TUESDAY, TUESDAY.replace(hour=15)])
    early, late = db.session.scalars(select(Occurrence.id).order_by(Occurrence.id)).all()
    db.session.execute(update(Occurrence).values(cell8="elsewhere"))
    db.session.commit()
    # Written anew, the first row lies behind the second.
    db.session.execute(update(Occurrence).where(Occurrence.id == early).values(taken=0))
    db.session.commit()
    taken(other, Occurrence, early)
    told = telling(app, pool, other)
    taken(other, Occurrence, late)
    other.rollback()
    assert told.result(30) == 1
    assert set(db.session.scalars(select(Occurrence.cell8))) == {place.cell8} and meetup.sequence == 1
