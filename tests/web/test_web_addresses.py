"""Web addresses that somebody types: refused where subjects, calendars and lists would carry them; in a note, words."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from meetups.accounts.models import Member
from meetups.extensions import db
from meetups.hosting.tokens import local_address
from meetups.places.models import PlaceProposal
from tests.events.test_editing import edit_page
from tests.events.test_hosting import filled, meetup
from tests.factories import add_member, add_place, first_date, sign_in

LINKS = ("Walk: http://evil.example", "www.evil.example", "bit.ly/abc", "evil.com")
RAIN = {"rain": "place", "rain_place": "Withrow Park"}


@pytest.fixture
def host(client: FlaskClient) -> Member:
    add_place()
    member = add_member("Beatrice")
    sign_in(client, member)
    return member


def said(page: str, field: str) -> str:
    found = BeautifulSoup(page, "html.parser").find(id=f"{field}-error")
    return found.text if found else ""


@pytest.mark.parametrize("link", LINKS)
def test_a_title_or_sign_that_holds_one_is_refused_beside_its_field_and_stays_typed(
    client: FlaskClient, host: Member, link: str
) -> None:
    for field, more in (("title", {}), ("spot", {}), ("rain_spot", RAIN)):
        page = client.post("/meetups/new", data=filled(**{field: link}, **more)).text
        assert "Leave the web address out" in said(page, field) and f'value="{link}"' in page
    client.post("/meetups/new", data=filled())
    sent = edit_page(client, meetup()) | {"title": [link]}
    page = client.post(f"/meetups/{meetup().public_id}/edit", data=sent)
    assert page.status_code == 422 and "Leave the web address out" in said(page.text, "title")


@pytest.mark.parametrize("link", LINKS)
def test_so_is_a_name(client: FlaskClient, host: Member, link: str) -> None:
    assert "no web address" in said(client.post("/me", data={"first_name": link}).text, "first_name")
    newcomer = {"first_name": link, "email": "new@example.org"}
    page = client.application.test_client().post("/meetups/new", data=filled(**newcomer)).text
    assert "no web address" in said(page, "first_name")
    page = client.post("/places/new", data={"name": link, "kind": "park", "where": "43.67, -79.35"}).text
    assert "Its name alone" in said(page, "name")
    assert not db.session.scalars(db.select(PlaceProposal)).all() and host.first_name == "Beatrice"


def test_a_stand_ins_sign_by_a_mails_link_too(client: FlaskClient, host: Member, clock: object) -> None:
    client.post("/meetups/new", data=filled())
    date = first_date(meetup())
    clock.move_to(date.starts_at - timedelta(hours=15))  # type: ignore[attr-defined]
    link = local_address("still_on", date.uid, host)
    assert client.get(link).status_code == 200
    page = client.post(link, data={"spot": "evil.com"})
    assert page.status_code == 422 and "Leave the web address out" in page.text
    db.session.refresh(date)
    assert date.confirmed_at is None


def test_in_a_note_it_is_words_and_leads_nowhere(client: FlaskClient, host: Member) -> None:
    note = "Map: https://maps.example/x <a href='https://evil.example'>tap</a>"
    assert client.post("/meetups/new", data=filled(note=note)).status_code == 302
    path = f"/meetups/{meetup().public_id}/2026-12-01T1000"
    page = client.get(path).text
    assert "https://maps.example/x &lt;a href=" in page
    links = [link.get("href", "") for link in BeautifulSoup(page, "html.parser").find_all("a")]
    assert links and not any("maps.example" in link or "evil.example" in link for link in links)
    assert meetup().note == note
