"""Text with nothing to see in it is none: required fields say so, titles are the usual ones, and no letter hides."""

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.accounts.models import Member
from meetups.events.models import Meetup
from meetups.extensions import db
from tests.events.test_hosting import filled
from tests.factories import add_member, add_place, sign_in
from tests.imports.files import calendar, event
from tests.imports.uploads import bring

pytestmark = pytest.mark.one_database

BLANK = ["\u200b\u2060", "\xad", "\u3164", "\u2800", "\U000e0041", "\u034f\ufe0f\u200d"]


@pytest.fixture
def ana(client: FlaskClient) -> Member:
    member = add_member("Ana")
    add_place("Withrow Park")
    sign_in(client, member)
    return member


@pytest.mark.parametrize("blank", BLANK)
def test_a_name_that_nobody_sees_is_asked_for(client: FlaskClient, ana: Member, blank: str) -> None:
    answer = client.post("/me", data={"first_name": blank})
    assert (answer.status_code, "Type your first name" in answer.text) == (422, True)
    assert db.session.scalars(select(Member.first_name)).one() == "Ana"


@pytest.mark.parametrize("blank", BLANK)
def test_a_spot_that_nobody_sees_is_asked_for_beside_its_field(client: FlaskClient, ana: Member, blank: str) -> None:
    answer = client.post("/meetups/new", data=filled(spot=blank))
    field = BeautifulSoup(answer.text, "html.parser").select_one("[name=spot]")
    assert (answer.status_code, field["aria-invalid"]) == (422, "true")
    assert "Say how people will find you" in answer.text
    assert db.session.scalars(select(Meetup)).all() == []


def test_titles_are_as_they_look(client: FlaskClient, ana: Member) -> None:
    client.post("/meetups/new", data=filled(title="\u200b\u3164"))
    client.post("/meetups/new", data=filled(title="Wal\u200bk and \U0001f469\u200d\U0001f467", date="2026-12-02"))
    titles = list(db.session.scalars(select(Meetup.title).order_by(Meetup.id)))
    assert titles == ["Stroller walk at Withrow Park", "Walk and \U0001f469\u200d\U0001f467"]


def test_a_title_that_is_brought_in_is_so_too(client: FlaskClient, ana: Member) -> None:
    bring(client, calendar(event(summary="\u2060\u200b"), event(uid="b", summary="Story\xad ti\u200bme")))
    titles = list(db.session.scalars(select(Meetup.title).order_by(Meetup.id)))
    assert titles == ["Get-together at Withrow Park", "Story time"]
