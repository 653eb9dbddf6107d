"""A place that a member proposes: what is refused at once, who sees it, and what becomes of it."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from meetups.accounts.models import Member
from meetups.domain.homes import ADDRESS, HOME
from meetups.domain.nearness import Point
from meetups.extensions import db
from meetups.places.models import Place, PlaceProposal
from meetups.places.proposal_routes import PROPOSALS_A_DAY, TOO_MANY
from tests.conftest import NOW, counted_queries
from tests.factories import WITHROW, add_member, add_place, sign_in
from tests.rsvps.post import Post

HOUR = timedelta(hours=1)
AT = "43.6745, -79.3468"


def member(client: FlaskClient, name: str = "Ana", **values: Any) -> Member:
    found = add_member(name, **values)
    sign_in(client, found)
    return found


def propose(client: FlaskClient, **said: str) -> Any:
    return client.post("/places/new", data={"name": "Oak Park", "kind": "park", "where": AT} | said)


def one() -> PlaceProposal:
    return db.session.scalars(db.select(PlaceProposal)).one()


def decide(client: FlaskClient, **said: str) -> Any:
    path = f"/admin/places/{one().public_id}"
    return client.post(path, data={"name": "Oak Park", "kind": "park", "where": AT, "refusal": ""} | said)


def test_a_proposal_is_hers_and_the_admins_alone_until_it_is_accepted(client: FlaskClient) -> None:
    ana = member(client)
    assert propose(client).location == "/places/new"
    assert "Oak Park" in client.get("/places/new").text
    path = f"/admin/places/{one().public_id}"
    zoe, stranger, admin = (client.application.test_client() for _ in range(3))
    member(zoe, "Zoe")
    member(admin, "Ada", admin=True)
    for other in (client, zoe, stranger):
        assert [other.get(way).status_code for way in ("/admin/places", path)] == [404, 404]
        assert other.get("/places/suggest?q=oak").json == []
        assert client.get(f"/places/{one().public_id}").status_code == 404
        assert "We know no park of that name" in other.post("/meetups/new", data={"place": "Oak Park"}).text
    assert "Oak Park" not in zoe.get("/places/new").text
    assert stranger.get("/places/new").location.startswith("/signin")
    assert path in admin.get("/admin/places").text and AT in admin.get(path).text
    assert decide(zoe).status_code == 404 and db.session.scalars(db.select(Place)).all() == []
    # Who runs the site sees what is proposed, and not by whom.
    assert ana.first_name not in admin.get(path).text + admin.get("/admin/places").text


def test_an_accepted_place_is_one_of_the_site_and_she_is_told(client: FlaskClient) -> None:
    ana = member(client, email="ana@example.org")
    add_place("Elm Park")
    propose(client)
    member(client, "Ada", admin=True)
    assert decide(client, name="Oak Tree Park", where="43.68, -79.35").location == "/admin/places"
    place = db.session.scalars(db.select(Place).filter_by(source="members")).one()
    assert (place.name, place.kind, place.zone, place.lat) == ("Oak Tree Park", "park", "America/Toronto", 43.68)
    assert [row["name"] for row in client.get("/places/suggest?q=oak").json] == ["Oak Tree Park"]  # type: ignore[union-attr]
    assert client.get(f"/places/{place.public_id}").status_code == 200
    assert "This is decided" in client.post(f"/admin/places/{one().public_id}", follow_redirects=True).text
    post = Post()
    # In her night it waits for the morning.
    post.deliver(NOW + 13 * HOUR)
    assert post.mails == []
    post.deliver(NOW + 24 * HOUR)
    assert post.to(ana) == ["Oak Tree Park is on the map"] and len(post.mails) == 1
    assert f"/places/{place.public_id}" in post.text()
    sign_in(client, ana)
    assert f'href="/places/{place.public_id}"' in client.get("/places/new").text


def test_a_refused_place_says_why_and_where_it_was_is_forgotten(client: FlaskClient) -> None:
    ana = member(client)
    propose(client)
    member(client, "Ada", admin=True)
    assert decide(client, refusal="home").status_code == 302
    assert (one().lat, one().lon, one().typed) == (None, None, "")
    assert db.session.scalars(db.select(Place)).all() == []
    post = Post()
    post.deliver(NOW)
    assert post.to(ana) == ["Oak Park is not on the map"]
    assert "it is, or may be, somebody’s home" in post.text()
    sign_in(client, ana)
    page = client.get("/places/new").text
    assert "Not on the map: it is, or may be, somebody’s home" in page
    assert client.get("/admin/places").status_code == 404
    # Once she has been told, what it was called is forgotten as well.
    assert one().name == "" and "<b>Oak Park<" not in page and "A place whose name is forgotten" in page


@pytest.mark.parametrize(("why", "kept"), [("home", ""), ("closed", "Oak Park")])
def test_a_name_is_forgotten_only_of_a_home_and_only_once_its_mail_has_left(
    client: FlaskClient, why: str, kept: str
) -> None:
    member(client)
    propose(client)
    member(client, "Ada", admin=True)
    decide(client, refusal=why)
    post = Post(grey=True)
    post.deliver(NOW)
    assert one().name == "Oak Park"
    post.grey = False
    post.deliver(NOW + HOUR)
    db.session.expire_all()
    assert len(post.mails) == 1 and one().name == kept


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"name": "My place"}, "name", HOME),
        ({"name": "our garden", "kind": "other"}, "name", HOME),
        ({"name": "12 Oak Street"}, "name", ADDRESS),
        ({"name": "12 Church Street"}, "name", ADDRESS),
        ({"name": ""}, "name", "Type its name"),
        ({"name": "!!!"}, "name", "Type its name in letters"),
        ({"name": "withrow PARK"}, "name", "Withrow Park is on the map already"),
        ({"where": ""}, "where", "Type where it is"),
        ({"where": "nowhere at all"}, "where", "We know nothing of that name"),
        ({"kind": "home"}, "kind", "Not a valid choice"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_stays_typed(
    client: FlaskClient, said: dict[str, str], field: str, words: str
) -> None:
    add_place("Withrow Park", WITHROW)
    member(client)
    answer = propose(client, **said)
    soup = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 422 and db.session.scalars(db.select(PlaceProposal)).all() == []
    assert words in soup.find(id=f"{field}-error").text  # type: ignore[union-attr]
    assert soup.find(id="name")["value"] == said.get("name", "Oak Park")  # type: ignore[index]


def test_a_place_may_be_put_beside_one_that_we_know(client: FlaskClient) -> None:
    add_place("Withrow Park", WITHROW)
    member(client)
    assert propose(client, where="Withrow Park").status_code == 302
    assert (one().lat, one().lon, one().typed) == (WITHROW.lat, WITHROW.lon, "Withrow Park")


def test_twice_the_same_is_one_and_there_are_not_too_many(client: FlaskClient) -> None:
    member(client)
    propose(client)
    propose(client, kind="playground")
    assert one().kind == "playground"
    for number in range(PROPOSALS_A_DAY - 2):
        propose(client, name=f"Park {number} of many")
    answer = client.post("/places/new", data={"name": "One more", "kind": "park", "where": AT}, follow_redirects=True)
    assert TOO_MANY in answer.text
    assert len(db.session.scalars(db.select(PlaceProposal)).all()) == PROPOSALS_A_DAY - 1


def test_one_that_came_on_the_map_meanwhile_is_not_made_twice(client: FlaskClient) -> None:
    member(client)
    propose(client)
    add_place("Oak Park", WITHROW)
    member(client, "Ada", admin=True)
    answer = decide(client)
    assert answer.status_code == 422 and "Oak Park is on the map already" in answer.text
    assert one().decided_at is None and len(db.session.scalars(db.select(Place)).all()) == 1
    assert decide(client, refusal="known").status_code == 302


def test_the_pages_cost_the_same_however_many_there_are(client: FlaskClient) -> None:
    ana = member(client, admin=True)
    for number in range(20):
        place = add_place(f"Park {number}")
        db.session.add(
            PlaceProposal(
                member_id=ana.id, name=place.name, kind="park", lat=1.0, lon=1.0, typed="1, 1", created_at=NOW,
                **({"decided_at": NOW, "place_id": place.id} if number % 2 else {}),
            )
        )  # fmt: skip
    db.session.commit()
    for path in ("/places/new", "/admin/places"):
        with counted_queries() as queries:
            assert client.get(path).text.count("Park 1") > 1
        assert len(queries) <= 3, queries


def test_one_of_the_same_name_farther_down_the_street_is_said_as_known(client: FlaskClient) -> None:
    member(client)
    propose(client)
    # More than are looked at for a name while she types; the importer looks at all of them.
    for number in range(21):
        add_place(f"Elm {number}", Point(43.6745, -79.3468))
    add_place("Oak Park", Point(43.6755, -79.3468))
    db.session.commit()
    member(client, "Ada", admin=True)
    answer = decide(client)
    assert answer.status_code == 422 and "Refuse this one as known." in answer.text
