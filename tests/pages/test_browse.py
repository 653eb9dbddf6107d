"""The front page: near, soonest first, stable pages, by what the reader may see."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient

from meetups.domain.ages import AgeBand
from meetups.domain.nearness import Point, home_cell
from meetups.events.models import Visibility
from meetups.extensions import db
from meetups.places.models import PlaceAmenity
from tests.conftest import counted_queries
from tests.factories import TUESDAY, WITHROW, add_block, add_meetup, add_member, add_place, first_date, sign_in

FAR = Point(43.70, -79.30)
NEAR = "43.675,-79.348"


def titles(client: FlaskClient, address: str) -> list[str]:
    page = BeautifulSoup(client.get(address).text, "html.parser")
    return [link.text for link in page.select(".list h3 a")]


def test_only_what_is_in_walking_distance_is_found(client: FlaskClient) -> None:
    add_meetup(title="Close", place=add_place("Withrow Park", WITHROW))
    add_meetup(title="Too far", place=add_place("Stan Wadlow Park", FAR))
    db.session.commit()
    assert titles(client, f"/?near={NEAR}") == ["Close"]
    assert titles(client, f"/?near={NEAR}&within=5000") == ["Close", "Too far"]


def test_soonest_comes_first_and_what_is_over_or_cancelled_not_at_all(client: FlaskClient) -> None:
    place = add_place()
    add_meetup(title="Second", place=place, starts=TUESDAY + timedelta(days=1))
    add_meetup(title="First", place=place, starts=TUESDAY)
    add_meetup(title="Over", place=place, starts=TUESDAY - timedelta(days=14))
    off = add_meetup(title="Off", place=place)
    first_date(off).cancelled_at = off.created_at
    db.session.commit()
    assert titles(client, "/") == ["First", "Second"]


def test_the_closed_panel_says_what_was_chosen_and_keeps_it(client: FlaskClient) -> None:
    def panel(address: str) -> Tag:
        found = BeautifulSoup(client.get(address).text, "html.parser").select_one(".filters:not([open])")
        assert found and found.summary
        return found

    assert panel(f"/?near={NEAR}").summary.text.strip() == "Filter"  # type: ignore[union-attr]
    chosen = panel(f"/?near={NEAR}&age=6&has=fence&within=1600&kind=coffee&nap=no")
    assert chosen.summary.text.strip() == "Only 30 min walk · 6-11 months · Coffee · Fence"  # type: ignore[union-attr]
    assert [option.text for option in chosen.select("[selected]")] == ["30 min", "6-11 months", "Coffee"]
    assert chosen.select_one("input[value=fence][checked]")


def test_pages_hold_still_while_new_meetups_arrive(client: FlaskClient) -> None:
    place = add_place()
    for number in range(45):
        add_meetup(title=f"Walk {number}", place=place, starts=TUESDAY + timedelta(hours=number // 2))
    db.session.commit()
    seen, address = [], "/"
    while address:
        page = BeautifulSoup(client.get(address).text, "html.parser")
        seen += [link.text for link in page.select(".list h3 a")]
        following = page.select_one("a[rel=next]")
        address = str(following["href"]) if following else ""
        add_meetup(title="Newcomer", place=place, starts=TUESDAY - timedelta(days=1))
        db.session.commit()
    assert sorted(seen) == sorted(f"Walk {number}" for number in range(45))


def test_ages_kinds_days_and_amenities_narrow_the_list(client: FlaskClient) -> None:
    fenced = add_place("Fenced Park")
    fenced.amenities.append(PlaceAmenity(amenity="fence", present=True, source="tests"))
    add_meetup(title="Babies", ages=int(AgeBand.BABY), place=fenced)
    add_meetup(title="Coffee", kind="coffee", ages=int(AgeBand.TWO), starts=TUESDAY + timedelta(days=1))
    db.session.commit()
    assert titles(client, "/?age=3") == ["Babies"]
    assert titles(client, "/?kind=coffee") == ["Coffee"]
    assert titles(client, "/?day=2026-12-01") == ["Babies"]
    assert titles(client, "/?has=fence") == ["Babies"]
    assert titles(client, f"/?has=fence&near={NEAR}") == ["Babies"]


def test_a_stranger_sees_no_name_no_spot_and_nothing_for_members(client: FlaskClient) -> None:
    host = add_member("Beatrice")
    add_meetup(host, title="Open walk", note="We walk slowly")
    add_meetup(host, title="Closed walk", visibility=Visibility.MEMBERS)
    db.session.commit()
    page = client.get("/").text
    assert "Open walk" in page
    for secret in ("Closed walk", "Beatrice", "Red stroller", "We walk slowly", host.email):
        assert secret not in page
    sign_in(client, add_member("Ana"))
    assert titles(client, "/") == ["Open walk", "Closed walk"]


@pytest.mark.parametrize("blocker_first", [True, False])
def test_a_block_hides_meetups_both_ways(client: FlaskClient, blocker_first: bool) -> None:
    host, ana = add_member("Beatrice"), add_member("Ana")
    meetup = add_meetup(host)
    add_block(*((host, ana) if blocker_first else (ana, host)))
    sign_in(client, ana)
    assert titles(client, "/") == []
    assert client.get(f"/meetups/{meetup.public_id}/2026-12-01T1000").status_code == 404
    assert client.get(f"/meetups/{meetup.public_id}").status_code == 404
    assert client.get("/browse.geojson").json["features"] == []


def test_nothing_found_says_what_is_nearest_and_offers_to_host(client: FlaskClient) -> None:
    add_meetup(title="The nearest one", place=add_place("Stan Wadlow Park", FAR))
    db.session.commit()
    page = client.get(f"/?near={NEAR}&kind=coffee").text
    assert "The nearest one" in page
    assert "Host one here" in page


def test_what_is_nearest_is_nearest_and_no_series_fills_it(client: FlaskClient) -> None:
    far, farther = add_place("Far", Point(43.688, -79.348)), add_place("Farther", Point(43.70, -79.348))
    for number in range(5):
        add_meetup(title=f"Soon {number}", place=farther, starts=TUESDAY - timedelta(days=5, hours=number))
    add_meetup(title="Near", place=far, dates=[TUESDAY + timedelta(days=7 * week) for week in range(4)])
    db.session.commit()
    assert titles(client, f"/?near={NEAR}")[0] == "Near"
    assert len(titles(client, f"/?near={NEAR}")) == 3


def test_an_unknown_place_is_said_beside_the_field_and_stays_typed(client: FlaskClient) -> None:
    page = BeautifulSoup(client.get("/?q=Atlantis").text, "html.parser")
    field = page.select_one("input[name=q]")
    assert field and field["value"] == "Atlantis" and field["aria-invalid"] == "true"
    assert "Atlantis" in page.select_one("#unknown").text


JUNK = (
    "near=1e9,x near=nan,nan within=-4 age=999999999 day=2026-13-40 page=zzz page=1.99999999999-x q=%F0%9F%98%80 "
    "day=0001-01-01 day=9999-12-31 near=90,0 near=-90,180 near=0,-180&within=5000 q=%ED%A0%80"
)


@pytest.mark.parametrize("junk", JUNK.split())
def test_an_address_with_nonsense_still_shows_the_page(client: FlaskClient, junk: str) -> None:
    assert client.get(f"/?{junk}").status_code == 200
    assert client.get(f"/browse.geojson?{junk}").status_code == 200


def test_the_week_strip_counts_the_dates_of_each_day(client: FlaskClient) -> None:
    add_meetup(starts=TUESDAY - timedelta(days=6))
    add_meetup(starts=TUESDAY - timedelta(days=6, hours=-2))
    db.session.commit()
    page = BeautifulSoup(client.get("/").text, "html.parser")
    counts = [day.select_one("small").contents[0].strip() for day in page.select(".week a")]
    assert counts == ["–", "2", "–", "–", "–", "–", "–"]


def test_pins_carry_the_numbers_of_their_cards(client: FlaskClient) -> None:
    add_meetup(place=add_place("Withrow Park", WITHROW))
    add_meetup(place=add_place("Riverdale Park", Point(43.6715, -79.3545)), starts=TUESDAY + timedelta(days=1))
    db.session.commit()
    page = BeautifulSoup(client.get(f"/?near={NEAR}").text, "html.parser")
    assert {pin["href"] for pin in page.select(".map-pin")} == {f"#{item['id']}" for item in page.select(".list li")}


def test_the_geojson_says_the_same(client: FlaskClient) -> None:
    add_meetup(title="Close", place=add_place("Withrow Park", WITHROW))
    db.session.commit()
    answer = client.get(f"/browse.geojson?near={NEAR}")
    assert answer.mimetype == "application/geo+json"
    (feature,) = answer.json["features"]
    assert feature["properties"]["title"] == "Close"
    assert feature["geometry"]["coordinates"] == [WITHROW.lon, WITHROW.lat]


@pytest.mark.parametrize(("many", "queries"), [(3, 11), (60, 12)])
def test_the_number_of_queries_does_not_grow_with_the_list(
    app: Flask, client: FlaskClient, many: int, queries: int
) -> None:
    place = add_place()
    for number in range(many):
        add_meetup(place=place, starts=TUESDAY + timedelta(hours=number))
    sign_in(client, add_member("Ana"))
    with counted_queries() as near:
        assert client.get(f"/?near={NEAR}").status_code == 200
    with counted_queries() as anywhere:
        assert client.get("/").status_code == 200
    # Where there are more than a page, the map counts them; three are the map's, and are kept for a minute.
    assert (len(near), len(anywhere)) == (queries, queries)
    with counted_queries() as again:
        client.get(f"/?near={NEAR}")
    assert len(again) == queries - 3


@pytest.mark.parametrize("junk", ["kind=%00", "q=%00", "page=1.1-%00", "has=fence&has=%00"])
def test_an_address_with_a_null_is_refused_before_the_database_is_asked(client: FlaskClient, junk: str) -> None:
    assert client.get(f"/?{junk}").status_code == 400


@pytest.mark.one_database
@pytest.mark.parametrize("path", ["/", "/week", "/browse.geojson", "/wishes/new", "/me", "/nowhere"])
@pytest.mark.parametrize("query", ["x=\xff", "q=\xc3", "near=43.675,-79.348&caf\xe9", "\x80"])
def test_an_address_that_is_none_is_refused_by_every_server(client: FlaskClient, path: str, query: str) -> None:
    # A server hands the bytes on as they are (PEP 3333).
    assert client.get(path, environ_overrides={"QUERY_STRING": query}).status_code == 400
    # Letters that somebody has not written as %C3%B6 are text.
    typed = "near=43.675,-79.348&n=ö".encode().decode("latin-1")
    assert client.get(path, environ_overrides={"QUERY_STRING": typed}).status_code < 400 or path in ("/me", "/nowhere")


def test_all_meetups_are_all_on_every_further_page_too(client: FlaskClient) -> None:
    for number in range(35):
        add_meetup(
            place=add_place("Stan Wadlow Park", FAR), starts=TUESDAY + timedelta(hours=number), title=f"{number}"
        )
    sign_in(client, add_member("Ana", home_cell=home_cell(WITHROW), home_name="Riverdale"))
    page = BeautifulSoup(client.get("/?near=").text, "html.parser")
    links = {
        str(link["href"]) for link in page.select(".week a, [data-part=looks] a, a[rel=next], [aria-label=Order] a")
    }
    assert len(links) > 10 and all("near=" in link and "near=4" not in link for link in links)
    assert page.select_one("input[name=near][value='']")
    for link in links:
        assert "Near you" not in client.get(link).text


def test_a_map_of_all_meetups_that_is_moved_leads_back_to_them_all(client: FlaskClient) -> None:
    add_meetup(place=add_place("Stan Wadlow Park", FAR))
    sign_in(client, add_member("Ana", home_cell=home_cell(WITHROW), home_name="Riverdale"))
    page = BeautifulSoup(client.get("/?near=").text, "html.parser")
    for step in ("north", "farther", "west"):
        page = BeautifulSoup(client.get(str(page.select_one(f"[data-move={step}]")["href"])).text, "html.parser")  # type: ignore[index]
        back = client.get(str(page.select_one("[data-move=back]")["href"])).text  # type: ignore[index]
        assert "Near Riverdale" not in back and "Stan Wadlow Park" in back
        # What she may wait for is around where the map is.
        wish = page.select_one("a[href^='/wishes/new']")
        assert wish and "near=43." in str(wish["href"])


@pytest.mark.parametrize("order", ["", "&order=best"])
def test_a_page_past_the_end_leads_back_to_the_first(client: FlaskClient, order: str) -> None:
    add_meetup(title="Walk")
    sign_in(client, add_member("Ana", home_cell=home_cell(WITHROW), home_name="Riverdale"))
    page = BeautifulSoup(client.get(f"/?page=90{order}").text, "html.parser")
    assert "That was all" in page.text and "No meetup matches" not in page.text
    assert titles(client, str(page.select_one(".empty a")["href"])) == ["Walk"]
