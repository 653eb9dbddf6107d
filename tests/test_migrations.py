"""Migrations: up equals the models; down and up again with rows in every table loses none."""

from datetime import UTC, date, datetime, timedelta

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import inspect, select

from meetups.accounts.models import Attempt, Block, Bounce, LoginSession, SignIn
from meetups.cli import new_migration
from meetups.clock import utcnow
from meetups.columns import hashed, secret
from meetups.events import undo
from meetups.events.beginnings import Beginning
from meetups.events.models import Change, CoHost, Edit, HandOver, Meetup, Occurrence
from meetups.extensions import Base, db
from meetups.feeds.models import Feed, SavedSearch
from meetups.hosting.models import BatonAsk
from meetups.imports.models import Calendar, CalendarEvent
from meetups.mail.models import Heartbeat, MailboxMessage
from meetups.mail.outbox import enqueue
from meetups.places.models import Area, PlaceAmenity, PlaceProposal, PlaceWord, Shape
from meetups.rsvps.models import StandingYes
from meetups.schema import alembic_config
from meetups.wishes.models import Wish
from tests.factories import TUESDAY, add_kid, add_meetup, add_member, add_occurrence, add_rsvp, first_date
from tests.mail.processes import ROOT

MIGRATIONS = ROOT / "migrations" / "versions"


def fill() -> None:
    """Put at least one row into every table."""
    ana, now = add_member("Ana"), utcnow()
    meetup = add_meetup()
    kid = add_kid(ana, date(2025, 6, 1))
    add_rsvp(first_date(meetup), ana, kids=[kid])
    enqueue("code", ana.email, {}, dedupe_key="once", due=now, now=now)
    library = Calendar(member_id=ana.id, name="Library", failures=0, refused=[], kind="other", ages=127, created_at=now)
    db.session.add(library)
    db.session.flush()
    db.session.add_all(
        [
            CalendarEvent(calendar_id=library.id, uid="1", recurrence_id="", meetup_id=meetup.id, read={}, corrected=[], exceptions={}),
            StandingYes(series_id=meetup.id, member_id=ana.id, since=now, look_at=now, kids=[kid]),
            Block(blocker_id=ana.id, blocked_id=meetup.host_id, created_at=now),
            LoginSession(token_hash=hashed(secret()), member_id=ana.id, created_at=now, last_seen_at=now, expires_at=now, device="x"),
            SignIn(email=ana.email, code_hash="x", link_hash=hashed(secret()), held={}, created_at=now, expires_at=now),
            Bounce(member_id=ana.id, message_id="<x@x>", refused=False, status="5.1.1", at=now),
            Attempt(key="x", window_start=now, count=1),
            Change(occurrence_id=first_date(meetup).id, kind="moved", created_at=now, due=now),
            Edit(meetup_id=meetup.id, before={}, created_at=now),
            Beginning(meetup_id=meetup.id, created_at=now, due=now),
            Wish(member_id=ana.id, kid_id=kid.id, cell="88", within=800, created_at=now, ends_at=now),
            PlaceAmenity(place_id=meetup.place_id, amenity="fence", present=True, told=True, source="tests"),
            PlaceWord(place_id=meetup.place_id, amenity="fence", member_id=ana.id, present=True, at=now),
            PlaceProposal(member_id=ana.id, name="Oak Park", kind="park", lat=1, lon=1, typed="1, 1", created_at=now),
            Area(name="Riverdale", search_key="riverdale", city="Toronto", country="CA", lat=1, lon=1, rings=[], attribution=""),
            Area(name="Leslieville", search_key="leslieville", city="Toronto", country="CA", lat=1, lon=1, rings=[[[1, 1], [2, 1], [2, 3], [1, 1]]], attribution="", south=1, west=1, north=3, east=2),
            Shape(kind="water", name="Pond", rings=[], south=1, west=1, north=2, east=2, size=9, source="x", source_ref="1"),
            Feed(token_hash=hashed(secret()), member_id=ana.id, device="Phone", created_at=now),
            SavedSearch(digest=hashed(secret()), name="Near me", query={}, created_at=now),
            MailboxMessage(rcpt=ana.email, subject="x", raw=b"x", created_at=now),
            CoHost(series_id=meetup.id, member_id=ana.id, invited_at=now),
            HandOver(series_id=meetup.id, member_id=ana.id, offered_at=now),
            BatonAsk(occurrence_id=first_date(meetup).id, member_id=ana.id, asked_at=now),
            Heartbeat(worker="x", beat_at=datetime(2026, 1, 1, tzinfo=UTC)),
        ]
    )  # fmt: skip
    db.session.commit()


def counts() -> dict[str, int]:
    return {table.name: len(db.session.execute(select(table)).all()) for table in Base.metadata.sorted_tables}


def test_the_migrations_make_the_tables_of_the_models(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_next_migration_would_change_nothing_and_has_the_next_number(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    command.check(alembic_config())
    made: dict[str, str] = {}
    monkeypatch.setattr(command, "revision", lambda _config, **given: made.update(given))
    assert app.test_cli_runner().invoke(new_migration, ["A thing"]).exit_code == 0
    numbers = sorted(path.name[:4] for path in MIGRATIONS.glob("*.py"))
    assert made["rev_id"] == f"{int(numbers[-1]) + 1:04}"


def test_there_is_a_row_of_every_table_to_lose(app: Flask) -> None:
    fill()
    assert [name for name, count in counts().items() if not count] == []


def test_down_to_nothing_and_up_again_leaves_the_tables_whole(app: Flask) -> None:
    db.session.commit()
    command.downgrade(alembic_config(), "base")
    try:
        with db.engine.connect() as connection:
            assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    finally:
        command.upgrade(alembic_config(), "head")
    fill()


def test_no_id_of_a_date_is_given_twice(app: Flask) -> None:
    """Mails are kept from going out twice by the ids of dates, and an undo deletes a date that was added."""
    fill()
    meetup = db.session.scalars(select(Meetup)).one()
    with undo.undoable(meetup, utcnow()) as edit:
        added = add_occurrence(meetup, TUESDAY + timedelta(days=2))
    was = added.id
    undo.undo(edit, utcnow())
    assert db.session.get(Occurrence, was) is None
    assert add_occurrence(meetup, TUESDAY + timedelta(days=4)).id > was


def test_no_id_is_given_twice_after_the_migration_either(app: Flask) -> None:
    fill()
    newest = max(db.session.scalars(select(Occurrence.id)))
    db.session.rollback()
    command.downgrade(alembic_config(), "0006")
    command.upgrade(alembic_config(), "head")
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    db.session.delete(db.session.get_one(Occurrence, newest))
    db.session.commit()
    assert add_occurrence(db.session.scalars(select(Meetup)).one(), TUESDAY + timedelta(days=4)).id > newest


def test_one_step_down_and_up_loses_no_row_that_the_older_tables_hold(app: Flask) -> None:
    fill()
    before = counts()
    db.session.rollback()
    command.downgrade(alembic_config(), "-1")
    with db.engine.connect() as connection:
        older = set(inspect(connection).get_table_names())
    command.upgrade(alembic_config(), "head")
    after = counts()
    assert {name: after[name] for name in before if name in older} == {
        name: before[name] for name in before if name in older
    }
    assert len(set(db.session.scalars(select(Occurrence.uid)))) == before["occurrences"]
