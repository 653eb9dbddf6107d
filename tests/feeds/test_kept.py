"""What strangers read of a calendar is written once for each of its tags, and never for the wrong one."""

import pytest
from flask.testing import FlaskClient

from meetups.events import services
from meetups.extensions import db
from meetups.feeds import answers
from tests.conftest import NOW, counted_queries
from tests.feeds.hosting import dates
from tests.feeds.world import World, world


@pytest.fixture
def here(client: FlaskClient, clock: object) -> World:
    answers.KEPT.clear()
    return world(client, clock)


def read(here: World, name: str) -> bytes:
    """Read a calendar as its next reader does, who has nothing of it."""
    answer = here.client.get(here.addresses[name])
    assert answer.status_code == 200
    return bytes(answer.data)


@pytest.mark.parametrize("name", ["series", "search"])
def test_the_second_reader_gets_the_same_bytes_for_one_question(here: World, name: str) -> None:
    with counted_queries() as first:
        before = read(here, name)
    with counted_queries() as second:
        assert read(here, name) == before
    assert len(second) < len(first) and len(second) <= 1


def test_after_a_change_everybody_reads_what_is_so(here: World) -> None:
    before = read(here, "series")
    services.cancel_date(dates(here.meetup)[3], "Flu", NOW)
    db.session.commit()
    after = read(here, "series")
    assert after != before and read(here, "series") == after


def test_what_one_member_reads_of_her_own_is_kept_for_nobody(here: World) -> None:
    read(here, "own")
    assert len(answers.KEPT) == 0


def test_what_is_larger_than_all_that_is_kept_is_written_each_time(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "KEPT", type(answers.KEPT)(10, getsizeof=lambda written: len(written[0])))
    assert read(here, "series") == read(here, "series")
    assert len(answers.KEPT) == 0
