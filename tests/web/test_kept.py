"""What is kept for strangers: the same bytes without a question, and never a moment older than the database."""

import gzip
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from meetups.app import create_app
from meetups.config import Settings
from meetups.events.models import Visibility
from meetups.extensions import data_version, db
from tests.conftest import counted_queries
from tests.factories import TUESDAY, add_meetup, add_member, add_place, first_date, sign_in

NEAR = "near=43.675,-79.348"
PAGES = (f"/?{NEAR}", f"/browse.geojson?{NEAR}")


def read(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    return client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("path", PAGES)
def test_a_second_reader_asks_the_database_for_its_version_alone(app: Flask, path: str) -> None:
    add_meetup(title="Amble")
    db.session.commit()
    first = app.test_client().get(path)
    with counted_queries() as seen:
        second = app.test_client().get(path)
    assert second.data == first.data and b"Amble" in first.data
    assert not [statement for statement in seen if "pg_current_snapshot" not in statement]


@pytest.mark.parametrize("path", PAGES)
def test_whatever_is_written_is_seen_by_the_next_reader(client: FlaskClient, path: str) -> None:
    meetup = add_meetup(title="Amble")
    db.session.commit()
    assert "Amble" in client.get(path).text
    meetup.visibility = Visibility.MEMBERS
    db.session.commit()
    assert "Amble" not in client.get(path).text
    meetup.visibility = Visibility.PUBLIC
    db.session.commit()
    assert "Amble" in client.get(path).text
    first_date(meetup).taken = first_date(meetup).capacity = 8
    db.session.commit()
    assert ("Full" if path == PAGES[0] else '"room":"no"') in client.get(path).text
    # What is not committed is nobody's to see.
    meetup.title = "Ramble"
    db.session.flush()
    db.session.rollback()
    assert "Ramble" not in client.get(path).text


def test_a_version_is_never_that_of_another_connection(app: Flask, settings: Settings) -> None:
    # Two sites in one process, turn by turn; each connection counts its database's changes from the start.
    other = create_app(replace(settings, site_name="Another park"))
    seen = []
    for number in range(3):
        for site in (app, other):
            with site.app_context():
                seen.append(data_version())
        add_place(f"Park {number}")
        db.session.commit()
    with other.app_context():
        db.engine.dispose()
    assert app.config["SETTINGS"].database_url.startswith("postgresql") or len(set(seen)) == len(seen)
    assert len({str(one) for one in seen[::2]}) == len({str(one) for one in seen[1::2]}) == 3


def test_what_has_begun_is_gone_within_the_minute(client: FlaskClient, clock: time_machine.Traveller) -> None:
    starts = first_date(add_meetup(title="Amble", starts=TUESDAY)).starts_at
    db.session.commit()
    clock.move_to(starts - timedelta(seconds=61))
    assert "Amble" in client.get(PAGES[0]).text
    clock.move_to(starts + timedelta(seconds=1))
    assert "Amble" not in client.get(PAGES[0]).text


def test_a_member_reads_her_own_page_and_leaves_none_behind(app: Flask) -> None:
    add_meetup(add_member("Beatrice"), title="Amble")
    ana, hers, others = add_member("Ana"), app.test_client(), app.test_client()
    sign_in(hers, ana)
    page = hers.get(PAGES[0])
    assert page.headers["Cache-Control"] == "no-store" and "ETag" not in page.headers
    stranger = others.get(PAGES[0])
    assert "Sign in" in stranger.text and "Sign in" not in page.text
    assert "Sign in" not in hers.get(PAGES[0]).text


def test_what_a_stranger_is_told_once_is_told_to_nobody_else(app: Flask) -> None:
    ana, leaving = add_member("Ana"), app.test_client()
    db.session.commit()
    sign_in(leaving, ana)
    page = leaving.post("/signout", follow_redirects=True)
    assert "You are signed out." in page.text
    assert "You are signed out." not in app.test_client().get("/").text
    assert "You are signed out." not in leaving.get("/").text


def test_a_page_is_sent_once_and_packed_for_whoever_can_unpack_it(client: FlaskClient) -> None:
    add_meetup(title="Amble")
    db.session.commit()
    plain, packed = read(client, PAGES[0]), read(client, PAGES[0], Accept_Encoding="br, gzip")
    assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.data) == plain.data
    refused = read(client, PAGES[0], Accept_Encoding="gzip;q=0")
    assert "Content-Encoding" not in refused.headers and refused.data == plain.data
    for answer in (plain, packed):
        assert answer.headers["Cache-Control"] == "private, no-cache" and "Set-Cookie" not in answer.headers
        assert set(answer.headers["Vary"].split(", ")) == {"Accept-Encoding", "Cookie"}
        assert answer.headers["ETag"] == plain.headers["ETag"]
    again = read(client, PAGES[0], If_None_Match=plain.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert "Content-Security-Policy" in again.headers and "Content-Security-Policy" in packed.headers


def test_a_page_says_the_sites_own_address_however_it_was_asked(client: FlaskClient) -> None:
    add_meetup()
    db.session.commit()
    for path in (PAGES[0], "/week", "/month"):
        first = client.get(path, base_url="https://localhost:6666").text
        assert "6666" not in first and "https://localhost" not in first
        assert "6666" not in client.get(path).text


def test_a_word_may_mean_another_place_to_another_reader(client: FlaskClient) -> None:
    assert "ETag" not in client.get("/?q=Withrow").headers


def test_no_page_that_is_kept_has_a_token(client: FlaskClient) -> None:
    add_meetup()
    db.session.commit()
    for path in ("/", PAGES[0]):
        assert "csrf_token" not in client.get(path).text
