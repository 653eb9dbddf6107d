"""The pages that help to subscribe: her own program first, every other below, each address revocable alone."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from meetups.clock import utcnow
from meetups.extensions import db
from meetups.feeds.services import add_feed
from tests.factories import add_member, sign_in
from tests.feeds.hosting import host

PROGRAMS = {"iPhone, iPad or Mac", "Android phone", "Google Calendar", "Outlook", "Thunderbird"}
VISITORS = {
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1": "iPhone, iPad or Mac",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15": "iPhone, iPad or Mac",
    "Mozilla/5.0 (Linux; Android 16; Pixel 9) Chrome/140.0 Mobile Safari/537.36": "Android phone",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36": "Outlook",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Thunderbird",
    "": "Google Calendar",
}


def page_of(client: FlaskClient, path: str, **headers: str) -> BeautifulSoup:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


@pytest.mark.parametrize("agent", VISITORS)
def test_her_own_program_comes_first_and_all_others_below(client: FlaskClient, agent: str) -> None:
    page = page_of(client, f"/meetups/{host().public_id}/subscribe", **{"User-Agent": agent})
    shown = [heading.text for heading in page.select("section.card h3")]
    assert shown[0] == VISITORS[agent] and set(shown) == PROGRAMS and len(shown) == 5
    first = page.select_one("section.card a.button")
    assert len(page.select("section.card .primary")) == (0 if shown[0] == "Thunderbird" else 1) and first is not None
    # How long a change takes is said for each.
    assert all("A change" in section.text for section in page.select("section.card"))


def test_every_link_leads_to_the_calendar_in_the_form_its_program_wants(client: FlaskClient) -> None:
    meetup = host(title="Tea")
    page = page_of(client, f"/meetups/{meetup.public_id}/subscribe")
    https, webcal = (f"{scheme}://localhost/meetups/{meetup.public_id}/tea.ics" for scheme in ("http", "webcal"))
    links = {urlsplit(str(a["href"])).netloc: str(a["href"]) for a in page.select("section.card a")}
    assert page.select_one("#address")["value"] == https  # type: ignore[index]
    assert page.select_one('a[href^="webcal"]')["href"] == webcal  # type: ignore[index]
    assert parse_qs(urlsplit(links["calendar.google.com"]).query) == {"cid": [webcal]}
    for there in ("outlook.live.com", "outlook.office.com"):
        assert parse_qs(urlsplit(links[there]).query) == {"url": [https], "name": ["Tea"]}


def test_the_picture_is_ours_dark_on_light_and_small_enough_for_a_phone(client: FlaskClient) -> None:
    svg = page_of(client, f"/meetups/{host().public_id}/subscribe").select_one("svg.segno")
    assert svg is not None and svg.title is not None
    colours = {str(path.get(name)) for path in svg.select("path") for name in ("fill", "stroke") if path.get(name)}
    assert colours == {"#fff", "#000"} and "style" not in str(svg) and "href" not in str(svg)
    assert int(str(svg["width"])) <= 280


def test_each_device_is_named_with_the_day_it_was_last_read(client: FlaskClient, clock: object) -> None:
    ana = add_member("Ana")
    token = add_feed(ana, "Kitchen tablet", utcnow())
    add_feed(ana, "Phone", utcnow())
    db.session.commit()
    client.get(f"/feeds/{token}/my-meetups.ics")
    clock.shift(timedelta(days=3))  # type: ignore[attr-defined]
    sign_in(client, ana)
    rows = [" ".join(row.span.text.split()) for row in page_of(client, "/me/calendar").select(".rows li") if row.span]
    assert rows == ["Phone not read yet", "Kitchen tablet last read on 24 November"]


def test_an_address_is_shown_once(client: FlaskClient) -> None:
    sign_in(client, add_member("Ana"))
    client.post("/me/calendar", data={"device": "Phone"})
    assert page_of(client, "/me/calendar").select_one("#address")
    assert not page_of(client, "/me/calendar").select_one("#address")
