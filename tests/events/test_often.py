"""However often a host changes her mind, those who come are written to now and then."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.events import services
from meetups.events.models import Change, Meetup
from meetups.extensions import db
from meetups.rsvps.changes import handle_changes
from tests.conftest import NOW
from tests.events.drafts import a_draft, dates_of, saved
from tests.events.test_scopes import date_page
from tests.events.test_undo import MINUTE
from tests.factories import add_member, add_place, add_rsvp, sign_in

pytestmark = pytest.mark.one_database


@pytest.fixture
def meetup(client: FlaskClient) -> Meetup:
    meetup = services.host(add_member("Beatrice"), a_draft(add_place()), NOW)
    add_rsvp(dates_of(meetup)[0], add_member("Ana"))
    return meetup


def test_changes_in_the_last_hours_are_told_five_minutes_apart(meetup: Meetup) -> None:
    first = dates_of(meetup)[0]
    now = first.starts_at - timedelta(hours=1)
    told = []
    for minute in range(12):
        moment = now + minute * MINUTE
        services.move_date(first, meetup.starts + timedelta(minutes=minute + 1), moment)
        if handle_changes(moment):
            told.append(minute)
    assert told == [0, 5, 10]
    waiting = db.session.scalars(select(Change.due).where(Change.handled_at.is_(None))).all()
    assert set(waiting) == {now + 15 * MINUTE}


def test_what_is_told_within_minutes_offers_no_undo(client: FlaskClient, meetup: Meetup, clock: Any) -> None:
    first = dates_of(meetup)[0]
    now = first.starts_at - timedelta(hours=1)
    services.move_date(first, meetup.starts + 5 * MINUTE, now)
    handle_changes(now)
    sign_in(client, meetup.host)
    clock.move_to(now + MINUTE)
    sign_in(client, meetup.host)
    path = f"/meetups/{meetup.public_id}/2026-12-01T1000/edit"
    sent = date_page(client, first, time="10:30")
    assert "can’t be taken back" in client.post(path, data=sent).text
    assert "Undo" not in saved(client, path, sent, follow_redirects=True).text


def test_a_host_saves_thirty_times_an_hour_and_loses_nothing_typed(
    client: FlaskClient, meetup: Meetup, clock: Any
) -> None:
    sign_in(client, meetup.host)
    own = f"/meetups/{meetup.public_id}"
    path, first = f"{own}/2026-12-01T1000/edit", dates_of(meetup)[0]
    for number in range(14):
        assert saved(client, path, date_page(client, first, title=f"Walk {number}")).status_code == 302
    for _ in range(8):
        assert client.post(f"{own}/2026-12-08T1000/cancel", data={"reason": "Flu"}).status_code == 302
        assert client.post(f"{own}/2026-12-08T1000/restore").status_code == 302
    refused = saved(client, path, date_page(client, first, title="Once more"))
    page = BeautifulSoup(refused.text, "html.parser")
    assert refused.status_code == 429 and "30 times in an hour" in page.text
    assert page.select_one("input[name=title]")["value"] == "Once more"
    refused = client.post(f"{own}/2026-12-08T1000/cancel", data={"reason": "Colds"})
    assert refused.status_code == 429 and "30 times in an hour" in refused.text and "Colds" in refused.text
    for what in ("2026-12-08T1000/restore", "cancel"):
        refused = client.post(f"{own}/{what}", data={"reason": ""})
        assert refused.status_code == 429 and "30 times in an hour" in refused.text
    db.session.rollback()
    assert (first.title, meetup.cancelled_at, dates_of(meetup)[1].cancelled_at) == ("Walk 13", None, None)
    clock.move_to(NOW + timedelta(hours=1))
    assert saved(client, path, date_page(client, first, title="Once more")).status_code == 302
