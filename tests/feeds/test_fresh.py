"""304 is said only where 200 would have the same bytes, whatever has happened, in the same second too."""

import re
from dataclasses import replace
from datetime import timedelta
from functools import partialmethod
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.http import parse_date

from meetups.clock import utcnow
from meetups.events import renamed, services
from meetups.events.models import Meetup, Occurrence, Visibility
from meetups.events.scopes import Scope, draft_of_date, edit_as
from meetups.extensions import db
from meetups.feeds.models import Feed
from meetups.feeds.services import add_feed
from meetups.prepared import Prepared
from meetups.worker import run_round
from tests.conftest import counted_queries
from tests.factories import add_block, add_member
from tests.feeds.hosting import dates
from tests.feeds.world import CHANGES, World, world

FEEDS = ["series", "date", "own", "search"]


def same_bytes(world: World, name: str, before: object, **condition: str) -> tuple[bool, int]:
    """Ask with a condition, then without; return whether the bytes are as before, and what the first answer was."""
    conditional, now = world.read(name, **condition), world.read(name)
    assert conditional.status_code in (200, 304, 404) and now.status_code in (200, 404)
    assert conditional.data == (b"" if conditional.status_code == 304 else now.data)
    return now.data == before.data, conditional.status_code  # type: ignore[attr-defined]


@pytest.mark.parametrize("change", CHANGES)
def test_unchanged_is_said_only_where_the_bytes_are_the_same(client: FlaskClient, clock: object, change: str) -> None:
    here = world(client, clock)
    before = {name: here.read(name) for name in FEEDS}
    happens, whom = CHANGES[change]
    happens(here)
    db.session.commit()
    for name in FEEDS:
        same, answered = same_bytes(here, name, before[name], **{"If-None-Match": before[name].headers["ETag"]})
        assert same or answered != 304, name
        assert same is (name not in whom.split()), name
        if change in ("nothing", "hours pass", "block and unblock") or (name == "series" and not whom):
            assert answered == (200 if "worker" in change else 304), name
        if "Last-Modified" in before[name].headers:
            since = {"If-Modified-Since": before[name].headers["Last-Modified"]}
            same, answered = same_bytes(here, name, before[name], **since)
            assert same or answered != 304, name
            assert answered == 304 or change not in ("nothing", "hours pass"), name


@pytest.mark.parametrize("name", ["series", "own"])
def test_apple_asks_by_date_and_is_never_frozen(client: FlaskClient, clock: object, name: str) -> None:
    here = world(client, clock)
    first = here.read(name)
    date = first.headers["Last-Modified"]
    assert here.read(name, **{"If-Modified-Since": date}).status_code == 304
    # A program that sends the time of its last reading instead.
    later = utcnow().strftime("%a, %d %b %Y %H:%M:%S GMT")
    for hour in (10, 11):
        services.move_date(dates(here.meetup)[0], dates(here.meetup)[0].recurrence_id.replace(hour=hour), utcnow())
        db.session.commit()
        for asked in (date, later):
            assert here.read(name, **{"If-Modified-Since": asked}).status_code == 200


@pytest.mark.parametrize("name", FEEDS)
def test_a_date_that_fell_off_is_news_on_that_day(client: FlaskClient, clock: object, name: str) -> None:
    here = world(client, clock)
    row = dates(here.meetup)[0]
    services.cancel_date(row, None, utcnow())
    db.session.commit()
    clock.move_to(row.starts_at + timedelta(days=30))  # type: ignore[attr-defined]
    before = here.read(name)
    clock.shift(timedelta(days=1))  # type: ignore[attr-defined]
    same, answered = same_bytes(here, name, before, **{"If-None-Match": before.headers["ETag"]})
    assert answered == 200 and (same or name in ("series", "own", "search"))


@pytest.mark.parametrize("name", ["series", "own", "search"])
def test_asking_again_costs_one_indexed_query(
    client: FlaskClient, clock: object, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(client, clock)
    tag = here.read(name).headers["ETag"]
    # Until somebody writes, what is everybody's is not even asked for.
    add_member("Eve")
    db.session.commit()
    asked: list[tuple[Prepared, dict[str, Any]]] = []
    monkeypatch.setattr(Prepared, "all", partialmethod(_noted, Prepared.all, asked))
    with counted_queries() as others:
        assert here.read(name, **{"If-None-Match": tag}).status_code == 304
    ((query, values),) = asked
    assert [statement for statement in others if "pg_current_snapshot" not in statement] == []
    # SQLite says SCAN of a table (anon_ is a subquery's own result) that it walks without an index, PostgreSQL Seq Scan.
    assert [
        line for line in _plan(query, values) if re.search(r"SCAN (?!.* USING |CONSTANT|anon_)|Seq Scan", line)
    ] == []


def _noted(self: Prepared, ask: Any, asked: list[tuple[Prepared, dict[str, Any]]], **values: Any) -> Any:
    asked.append((self, values))
    return ask(self, **values)


def _plan(query: Prepared, values: dict[str, Any]) -> list[str]:
    text = query.text(db.engine.dialect)
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            return [
                row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text.sql}", text.parameters(values))
            ]
        # In tables this small it would use no index of its own accord.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {text.sql}", text.parameters(values))]


def test_a_stranger_to_the_two_changes_nothing_of_what_is_seen(client: FlaskClient, clock: object) -> None:
    # Another member with a feed has blocked the host: Ana still learns of what changes.
    here = world(client, clock)
    eve = add_member("Eve")
    add_feed(eve, "Phone", utcnow())
    add_block(eve, here.meetup.host)
    db.session.commit()
    before = here.read("own")
    CHANGES["title"][0](here)
    db.session.commit()
    same, answered = same_bytes(here, "own", before, **{"If-None-Match": before.headers["ETag"]})
    assert (same, answered) == (False, 200)


def test_a_weak_copy_of_the_tag_counts_too(client: FlaskClient, clock: object) -> None:
    # Proxies that compress make a strong tag weak.
    here = world(client, clock)
    tag = here.read("series").headers["ETag"]
    assert not tag.startswith("W/")
    assert here.read("series", **{"If-None-Match": f'"x", W/{tag}'}).status_code == 304


def test_if_none_match_outdoes_the_date(client: FlaskClient, clock: object) -> None:
    here = world(client, clock)
    date = here.read("series").headers["Last-Modified"]
    assert here.read("series", **{"If-None-Match": '"x"', "If-Modified-Since": date}).status_code == 200


def test_a_change_of_this_minute_has_no_last_modified_yet(client: FlaskClient, clock: object) -> None:
    here = world(client, clock)
    services.move_date(dates(here.meetup)[0], dates(here.meetup)[0].recurrence_id.replace(hour=12), utcnow())
    db.session.commit()
    assert "Last-Modified" not in here.read("series").headers
    clock.shift(timedelta(minutes=2))  # type: ignore[attr-defined]
    assert "Last-Modified" in here.read("series").headers


def test_nothing_is_promised_while_calendars_have_not_been_told_of_a_new_name(
    client: FlaskClient, clock: object
) -> None:
    here = world(client, clock)
    sequence = here.meetup.sequence
    CHANGES["rename"][0](here)
    db.session.commit()
    assert all("ETag" not in here.read(name).headers for name in FEEDS)
    run_round(utcnow())
    assert here.meetup.sequence == sequence + 1 and here.meetup.changed_at == utcnow()
    assert all("ETag" in here.read(name).headers for name in FEEDS)
    assert renamed.tell_calendars(utcnow()) == 0


def test_dates_follow_a_park_that_was_put_right_on_the_map(client: FlaskClient, clock: object) -> None:
    here = world(client, clock)
    CHANGES["elsewhere"][0](here)
    renamed.tell_calendars(utcnow())
    db.session.commit()
    cells = set(db.session.execute(select(Occurrence.cell6, Occurrence.cell7, Occurrence.cell8)))
    assert cells == {(here.place.cell6, here.place.cell7, here.place.cell8)}


def test_the_day_of_the_last_reading_is_kept_once_a_day(client: FlaskClient, clock: object) -> None:
    here = world(client, clock)
    tag = here.read("own").headers["ETag"]
    assert db.session.scalar(select(Feed.read_on)) == utcnow().date()
    clock.shift(timedelta(days=1))  # type: ignore[attr-defined]
    here.read("own", **{"If-None-Match": tag})
    assert db.session.scalar(select(Feed.read_on)) == utcnow().date()


def test_a_look_in_the_browser_is_no_reading(client: FlaskClient, clock: object) -> None:
    here = world(client, clock)
    here.read("own", **{"Sec-Fetch-Mode": "navigate"})
    here.client.head(here.addresses["own"])
    assert db.session.scalar(select(Feed.read_on)) is None
    assert db.session.scalar(text("SELECT tag FROM feeds")) is None


def test_what_becomes_of_a_part_for_members_shows_nowhere(client: FlaskClient, clock: object) -> None:
    here = world(client, clock)
    CHANGES["a part for members only"][0](here)
    db.session.commit()
    clock.shift(timedelta(minutes=5))  # type: ignore[attr-defined]
    before = here.read("series")
    part = db.session.scalars(select(Meetup).where(Meetup.series_id == here.meetup.id)).one()
    services.move_date(dates(part)[0], dates(part)[0].recurrence_id.replace(hour=12), utcnow())
    db.session.commit()
    clock.shift(timedelta(minutes=5))  # type: ignore[attr-defined]
    after = here.read("series")
    assert "Last-Modified" in before.headers and dict(after.headers) == dict(before.headers)


@pytest.mark.parametrize("towards", [Visibility.MEMBERS, Visibility.PUBLIC])
def test_a_part_that_is_hidden_or_shown_makes_the_calendar_younger(
    client: FlaskClient, clock: object, towards: Visibility
) -> None:
    here = world(client, clock)
    CHANGES["a part for members only"][0](here)
    part = db.session.scalars(select(Meetup).where(Meetup.series_id == here.meetup.id)).one()

    def turn(to: Visibility) -> None:
        first = dates(part)[0]
        edit_as(Scope.ALL, first, replace(draft_of_date(first), visibility=to), utcnow())
        db.session.commit()
        clock.shift(timedelta(minutes=5))  # type: ignore[attr-defined]

    if towards == Visibility.MEMBERS:
        turn(Visibility.PUBLIC)
    db.session.commit()
    clock.shift(timedelta(minutes=5))  # type: ignore[attr-defined]
    before = here.read("series").headers["Last-Modified"]
    turn(towards)
    after = here.read("series").headers["Last-Modified"]
    assert parse_date(after) > parse_date(before)  # type: ignore[operator]
