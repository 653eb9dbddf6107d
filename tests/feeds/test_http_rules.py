"""One test for each rule of docs/calendars.md about HTTP, named after the rule and who needs it."""

import logging
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups import logs
from meetups.clock import utcnow
from meetups.extensions import db
from meetups.feeds.models import Feed
from meetups.feeds.services import add_feed
from tests.factories import add_member, add_place, sign_in
from tests.feeds.hosting import address_of, dates, host
from tests.feeds.world import World, world

pytestmark = pytest.mark.one_database

FEEDS = ["series", "date", "own", "search"]


@pytest.fixture
def here(client: FlaskClient, clock: object) -> World:
    return world(client, clock)


@pytest.mark.parametrize("name", FEEDS)
@pytest.mark.parametrize("accept", [None, "*/*", "text/calendar", "text/html", "application/json", "image/png"])
def test_any_accept_gets_the_calendar(here: World, name: str, accept: str | None) -> None:
    # Google sends none at all.
    answer = here.read(name, **({"Accept": accept} if accept else {}))
    assert answer.status_code == 200 and answer.content_type == "text/calendar; charset=utf-8"


@pytest.mark.parametrize("name", FEEDS)
@pytest.mark.parametrize("method", ["OPTIONS", "PROPFIND", "REPORT"])
def test_any_method_gets_the_calendar(client: FlaskClient, here: World, name: str, method: str) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = True
    answer = client.open(here.addresses[name], method=method)
    assert answer.status_code == 200 and answer.data == here.read(name).data


@pytest.mark.parametrize("name", FEEDS)
def test_head_is_get_without_the_body(client: FlaskClient, here: World, name: str) -> None:
    here.read(name)
    head, get = client.head(here.addresses[name]), here.read(name)
    assert head.data == b"" and dict(head.headers) == dict(get.headers)
    assert head.headers["Content-Length"] == str(len(get.data))


@pytest.mark.parametrize("name", FEEDS)
def test_no_cookie_is_asked_for_or_set(client: FlaskClient, here: World, name: str) -> None:
    without = here.read(name)
    sign_in(client, add_member())
    answer = here.read(name)
    assert "Set-Cookie" not in answer.headers and answer.data == without.data


@pytest.mark.parametrize("name", FEEDS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PROPFIND", "REPORT"])
def test_no_cookie_is_set_even_when_a_session_could_be_prolonged(
    client: FlaskClient, here: World, name: str, method: str, clock: object
) -> None:
    sign_in(client, add_member())
    clock.shift(timedelta(days=3))  # type: ignore[attr-defined]
    answer = client.open(here.addresses[name], method=method)
    assert "Set-Cookie" not in answer.headers
    assert answer.status_code == (405 if method == "POST" else 200)
    assert method != "POST" or "public" not in answer.headers.get("Cache-Control", "")


@pytest.mark.parametrize("name", FEEDS)
@pytest.mark.parametrize("again", [False, True])
def test_headers_keep_the_address_to_its_reader_and_out_of_search(here: World, name: str, again: bool) -> None:
    answer = here.read(name)
    if again:
        answer = here.read(name, **{"If-None-Match": answer.headers["ETag"]})
        assert answer.status_code == 304 and "ETag" in answer.headers
    assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Cache-Control"] == ("private, no-cache" if name == "own" else "public, max-age=900")


@pytest.mark.parametrize("name", FEEDS)
def test_a_file_that_is_opened_not_saved_for_ios(here: World, name: str) -> None:
    said = here.read(name).headers["Content-Disposition"]
    assert said.startswith('inline; filename="') and said.endswith('.ics"') and said.isascii()


def test_the_last_part_of_the_address_is_the_name_in_thunderbird(client: FlaskClient) -> None:
    # Whatever it says, it leads to the same calendar: a title may change.
    meetup = host(title="Tea & cake, “outside”")
    page = client.get(f"/meetups/{meetup.public_id}/subscribe").text
    assert f"/meetups/{meetup.public_id}/tea-cake-outside.ics" in page
    assert client.get(f"/meetups/{meetup.public_id}/x.ics").data == client.get(address_of(meetup)).data


def test_addresses_are_under_256_characters_for_google(client: FlaskClient, here: World) -> None:
    meetup = host(title="W" * 80, place=add_place("P" * 120))
    db.session.commit()
    page = client.get(f"/meetups/{meetup.public_id}/subscribe").text
    address = page.split("webcal://")[1].split('"')[0]
    longest = max([address, *here.addresses.values()], key=len)
    assert len(longest) + len("webcal://") < 160


def test_a_token_that_never_was_is_404_and_an_ended_one_410(client: FlaskClient) -> None:
    ana = add_member("Ana")
    tokens = [add_feed(ana, device, utcnow()) for device in ("Phone", "Laptop")]
    db.session.commit()
    sign_in(client, ana)
    phone = db.session.scalar(select(Feed.public_id).where(Feed.device == "Phone"))
    client.post(f"/me/calendar/{phone}/remove")
    answers = [client.get(f"/feeds/{token}/my-meetups.ics").status_code for token in (*tokens, "x" * 43)]
    assert answers == [410, 200, 404]
    assert "Phone" not in client.get("/me/calendar").text and "Laptop" in client.get("/me/calendar").text


def test_nobody_ends_the_calendar_of_somebody_else(client: FlaskClient) -> None:
    token = add_feed(add_member("Ana"), "Phone", utcnow())
    db.session.commit()
    sign_in(client, add_member("Eve"))
    client.post(f"/me/calendar/{db.session.scalar(select(Feed.public_id))}/remove")
    assert client.get(f"/feeds/{token}/my-meetups.ics").status_code == 200


@pytest.mark.parametrize("name", ["own", "search"])
def test_no_token_and_no_name_in_any_log(here: World, name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    here.read(name)
    secret = urlsplit(here.addresses[name]).path.split("/")[2]
    lines = "\n".join(logs.formatter("text").format(record) for record in caplog.records)
    assert "status=200" in lines and "status=304" not in lines
    assert secret not in lines and "Ana" not in lines


def test_what_never_was_and_odd_addresses_are_404(client: FlaskClient) -> None:
    meetup = host()
    odd = [
        "/meetups/x/a.ics",
        f"/meetups/{meetup.public_id}/2026-13-01T1000/a.ics",
        "/near/x/a.ics",
        "/feeds/x/my-meetups.ics",
    ]
    assert [client.get(path).status_code for path in odd] == [404] * 4
    assert dates(meetup)
