"""A button that is tapped twice does once what it says, and what changes nothing leaves nothing behind."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.events import services
from meetups.events.models import Change, Edit, Meetup, Occurrence
from meetups.extensions import db
from tests.conftest import NOW
from tests.events.drafts import a_draft, dates_of, saved
from tests.events.test_scopes import date_page
from tests.factories import add_member, add_place, add_rsvp, sign_in

SCOPES = ("this", "following", "all")
THIRD = "2026-12-15T1000"


@pytest.fixture
def meetup(client: FlaskClient) -> Meetup:
    meetup = services.host(add_member("Beatrice"), a_draft(add_place()), NOW)
    db.session.flush()
    add_rsvp(dates_of(meetup)[2], add_member("Ana"))
    sign_in(client, meetup.host)
    return meetup


def left() -> Sequence[Any]:
    """All that calendars, mails and the undo go by."""
    db.session.rollback()
    dates = db.session.execute(select(Occurrence.id, Occurrence.starts_at, Occurrence.revision)).all()
    counts = db.session.execute(select(Meetup.id, Meetup.sequence, Meetup.rule)).all()
    return [dates, counts, db.session.scalars(select(Change.id)).all(), db.session.scalars(select(Edit.id)).all()]


def read(client: FlaskClient, path: str, sent: dict[str, Any]) -> dict[str, Any]:
    page = BeautifulSoup(client.post(path, data=sent).text, "html.parser")
    return sent | {"confirm": [page.select_one("button[name=confirm]")["value"]]}


@pytest.mark.parametrize("changes", [{"title": "Cake"}, {"time": "15:00"}, {"date": "2026-12-22"}], ids=str)
@pytest.mark.parametrize("scope", SCOPES)
def test_a_second_tap_says_what_the_first_did(
    client: FlaskClient, meetup: Meetup, scope: str, changes: dict[str, str]
) -> None:
    path = f"/meetups/{meetup.public_id}/{THIRD}/edit"
    sent = read(client, path, date_page(client, dates_of(meetup)[2], scope=scope, **changes))
    assert client.post(path, data=sent).status_code == 302
    client.get("/about")
    once = left()
    assert len(once[-1]) == 1
    again = client.post(path, data=sent, follow_redirects=True)
    assert again.status_code == 200 and "Saved." in again.text
    assert left() == once


def test_the_whole_series_too_is_saved_once(client: FlaskClient, meetup: Meetup) -> None:
    path = f"/meetups/{meetup.public_id}/edit"
    sent = read(client, path, date_page(client, dates_of(meetup)[0], date="2026-12-08") | {"scope": ["all"]})
    assert client.post(path, data=sent).status_code == 302
    client.get("/about")
    once = left()
    assert "Saved." in client.post(path, data=sent, follow_redirects=True).text and left() == once


@pytest.mark.parametrize("scope", SCOPES)
def test_what_changes_nothing_leaves_nothing_behind(client: FlaskClient, meetup: Meetup, scope: str) -> None:
    path, before = f"/meetups/{meetup.public_id}/{THIRD}/edit", left()
    sent = date_page(client, dates_of(meetup)[2], scope=scope)
    assert "No date changes. Nobody needs to be told." in client.post(path, data=sent).text
    assert saved(client, path, sent).status_code == 302
    assert left() == before


def test_a_series_saved_as_it_is_leaves_nothing_behind(client: FlaskClient, meetup: Meetup) -> None:
    path, before = f"/meetups/{meetup.public_id}/edit", left()
    assert saved(client, path, date_page(client, dates_of(meetup)[0])).status_code == 302
    assert left() == before


def test_what_was_taken_back_may_be_saved_again(client: FlaskClient, meetup: Meetup) -> None:
    path = f"/meetups/{meetup.public_id}/{THIRD}/edit"
    sent = read(client, path, date_page(client, dates_of(meetup)[2], title="Cake"))
    client.post(path, data=sent)
    edit = db.session.scalars(select(Edit)).one()
    assert "Undone" in client.post(f"/meetups/{meetup.public_id}/undo/{edit.public_id}", follow_redirects=True).text
    client.post(path, data=sent)
    db.session.rollback()
    assert dates_of(meetup)[2].title == "Cake"


@pytest.mark.parametrize("what", ["edit", "cancel", "restore"])
def test_an_address_from_before_leads_to_the_next_date(client: FlaskClient, meetup: Meetup, what: str) -> None:
    own = f"/meetups/{meetup.public_id}"
    saved(client, f"{own}/edit", date_page(client, dates_of(meetup)[0], time="15:00"))
    before = left()
    page = client.post(f"{own}/{THIRD}/{what}", data={"confirm": "x"}, follow_redirects=True)
    assert page.status_code == 200 and "not there any more" in page.text and "Tuesday 1 December at 15:00" in page.text
    assert left() == before
    sign_in(client, add_member("Mei"))
    assert client.post(f"{own}/{THIRD}/{what}").status_code == 404


def test_a_second_tap_on_undo_finds_the_series(client: FlaskClient, meetup: Meetup, clock: Any) -> None:
    clock.move_to(NOW + timedelta(minutes=1))
    path = f"/meetups/{meetup.public_id}/{THIRD}/edit"
    page = saved(client, path, date_page(client, dates_of(meetup)[2], scope="following", title="Cake"))
    part = BeautifulSoup(client.get(page.location).text, "html.parser")
    undo = part.select_one("form[action*=undo]")["action"]
    assert "Undone" in client.post(undo, follow_redirects=True).text
    assert "can’t be undone" in client.post(undo, follow_redirects=True).text
