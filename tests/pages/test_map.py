"""The map on the pages: pins are the list's, moving it moves the list, further dates are counted, a place has its own."""

import gzip
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from h3 import grid_disk

from meetups.domain.nearness import Point, cell_centre, home_cell, rounded
from meetups.events.models import Visibility
from meetups.events.search import PAGE, Search
from meetups.extensions import db
from meetups.pages.maps import HOME_GRID
from meetups.places.queries import parks_in
from meetups.places.view import moved, on_grid
from tests.conftest import counted_queries
from tests.factories import TUESDAY, WITHROW, add_block, add_meetup, add_member, add_place, sign_in
from tests.places.test_map import area

NEAR = "43.675,-79.348"
EAST = Point(43.675, -79.328)


def soup(client: FlaskClient, address: str) -> BeautifulSoup:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return BeautifulSoup(answer.text, "html.parser")


def titles(page: BeautifulSoup) -> list[str]:
    return [link.text for link in page.select(".list h3 a")]


def move(page: BeautifulSoup, way: str) -> str:
    return str(page.select_one(f"[data-move={way}]")["href"])  # type: ignore[index]


def query(address: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address).query)


def test_every_pin_is_a_link_that_says_all_of_its_dates(client: FlaskClient) -> None:
    withrow = add_place("Withrow Park", WITHROW)
    add_meetup(title="Slow lap", place=withrow)
    add_meetup(
        title="Sandpit", place=add_place("Oak Park", Point(43.6751, -79.3475)), starts=TUESDAY + timedelta(days=1)
    )
    add_meetup(title="Coffee", place=withrow, starts=TUESDAY + timedelta(days=2))
    db.session.commit()
    page = soup(client, f"/?near={NEAR}")
    labels = {pin["href"]: pin["aria-label"] for pin in page.select(".map-pin")}
    assert labels == {
        "#m1": "1: Slow lap, Tuesday 1 December, 10:00, Withrow Park, 5 min walk; 3: Coffee, Thursday 3 December, 10:00",
        "#m2": "2: Sandpit, Wednesday 2 December, 10:00, Oak Park, 5 min walk",
    }
    assert [pin.text for pin in page.select(".map-pin text")] == ["1·3", "2"]
    # They are neighbours: the second made room, and a line says for where.
    assert len(page.select(".map-lead")) == 1
    assert [text.text for text in page.select(".map-min")] == ["10 min", "15 min"]


def test_moving_the_map_moves_the_list_and_keeps_where_she_walks_from(client: FlaskClient) -> None:
    add_meetup(title="Here", place=add_place("Withrow Park", WITHROW), kind="walk")
    add_meetup(title="In the east", place=add_place("East Park", EAST), kind="walk")
    add_meetup(title="Coffee in the east", place=add_place("East Café", EAST), kind="coffee")
    db.session.commit()
    page = soup(client, f"/?near={NEAR}&kind=walk")
    assert titles(page) == ["Here"]
    east = move(page, "east")
    assert query(east)["near"] == [NEAR] and query(east)["kind"] == ["walk"]
    assert re.fullmatch(r"43\.675,-79\.3\d{1,2}", query(east)["at"][0])
    page = soup(client, move(soup(client, east), "east"))
    assert titles(page) == ["In the east"]
    # Minutes are still hers: a mile from where she is, not from the middle of the map.
    assert "35 min walk" in page.select_one(".list").text
    # The form keeps it, and what is typed anew leads elsewhere.
    hidden = {field["name"]: field["value"] for field in page.select("form.find input[type=hidden]")}
    assert hidden["near"] == NEAR and hidden["at"].startswith("43.675,")
    assert titles(soup(client, f"/?q=Withrow+Park&at={hidden['at']}")) == ["Here"]
    back = soup(client, move(page, "back"))
    assert titles(back) == ["Here"] and not back.select("[data-move=back]")


def test_an_empty_map_can_be_left_again(client: FlaskClient) -> None:
    page = soup(client, f"/?near={NEAR}&at=43.9,-79.9")
    assert "Nothing here yet" in page.text and page.select_one("h1").text == "On this map"
    assert {link["data-move"] for link in page.select(".map-moves a")} == {
        "north",
        "south",
        "east",
        "west",
        "nearer",
        "farther",
    }


def test_nearer_and_farther_have_ends_and_keep_the_middle(client: FlaskClient) -> None:
    seen, address = [], f"/?near={NEAR}&within=5000"
    while True:
        page = soup(client, address)
        seen.append(query(address).get("within", ["800"])[0])
        link = page.select_one("[data-move=nearer]")
        if not link:
            break
        address = str(link["href"])
    assert seen == ["5000", "3200", "1600", "800", "500", "200"]
    assert not soup(client, f"/?near={NEAR}&within=5000").select("[data-move=farther]")
    # The whole town has no middle of hers: looking nearer gives it one, and no minutes.
    add_meetup()
    db.session.commit()
    nearer = query(move(soup(client, "/"), "nearer"))
    assert "near" not in nearer and nearer["at"] == ["43.675,-79.348"]
    assert "min walk" not in soup(client, move(soup(client, "/"), "nearer")).select_one(".list").text


def test_a_home_is_where_minutes_start_wherever_the_map_is(client: FlaskClient) -> None:
    ana = add_member("Ana", home_cell=home_cell(WITHROW), home_name="Riverdale")
    add_meetup(place=add_place("East Park", EAST))
    sign_in(client, ana)
    page = soup(client, "/?at=43.675,-79.328")
    assert "min walk" in page.select_one(".list").text
    assert "near" not in query(move(page, "north"))


@pytest.mark.parametrize("within", [200, 400, 800, 3200])
def test_an_address_of_a_map_moved_from_home_is_that_of_several_homes(client: FlaskClient, within: int) -> None:
    # Whoever gets addresses of first steps may try all homes there are: they are the same from several, however wide.
    own = home_cell(WITHROW)
    said = []
    for cell in (own, *sorted(set(grid_disk(own, 3)) - {own})):
        said.append(rounded(moved(on_grid(cell_centre(cell), HOME_GRID), (HOME_GRID + within) / 2, 0)))
    sign_in(client, add_member("Ana", home_cell=own, home_name="Riverdale"))
    at = query(move(soup(client, f"/?within={within}"), "north"))["at"][0]
    lat, lon = (float(part) for part in at.split(","))
    assert abs(lat - said[0].lat) < 0.001 and abs(lon - said[0].lon) < 0.001
    assert sum(abs(one.lat - lat) < 0.001 and abs(one.lon - lon) < 0.001 for one in said) >= 4
    again = query(move(soup(client, f"/?at={at}&within={within}"), "south"))
    assert "near" not in again


@pytest.mark.parametrize("within", [200, 400, 800, 3200])
def test_a_first_step_from_home_leads_where_it_says(client: FlaskClient, within: int) -> None:
    for number, cell in enumerate(sorted(grid_disk(home_cell(WITHROW), 2))):
        sign_in(client, add_member(f"Ana {number}", home_cell=cell, home_name="Riverdale"))
        home, page = cell_centre(cell), soup(client, f"/?within={within}")
        to = {
            way: Point(*(float(part) for part in query(move(page, way))["at"][0].split(",")))
            for way in ("north", "south", "west", "east")
        }
        assert to["south"].lat < home.lat < to["north"].lat and to["west"].lon < home.lon < to["east"].lon


def test_a_count_leads_nearer_however_wide_it_is_spread(client: FlaskClient) -> None:
    here = add_place("Withrow Park", WITHROW)
    for number in range(40):
        add_meetup(place=here, starts=TUESDAY + timedelta(hours=number))
    for north in range(-2, 3):
        spot = add_place(f"Park {north}", moved(WITHROW, north * 1000, 900))
        add_meetup(place=spot, starts=TUESDAY + timedelta(days=9, hours=north))
    db.session.commit()
    page = soup(client, "/")
    counts = page.select(".map a.map-more")
    assert counts
    for count in counts:
        wide = int(query(str(count["href"])).get("within", ["800"])[0])
        assert wide < 3200


def test_the_line_where_days_begin_divides_no_map(client: FlaskClient) -> None:
    west, east = add_place("West", Point(-16.85, 179.998)), add_place("East", Point(-16.85, -179.998))
    for place in (west, east):
        add_meetup(place=place)
    db.session.commit()
    for address in ("/?near=-16.850,180.000", "/"):
        pins = soup(client, address).select(".map-pin")
        assert len(pins) == 2, address


def test_of_many_parks_the_nearest_are_drawn(app: Flask) -> None:
    for number in range(12):
        add_place(f"Edge {number}", moved(WITHROW, 1500, 40 * number))
    add_place("Middle", WITHROW)
    db.session.commit()
    assert parks_in(WITHROW, 1600, 3)[0][0] == "Middle"


JUNK = ["at=x", "at=1e9,0", "at=nan,nan", "at=90,180", "at=-90,-180&within=9", "at=43.675", "at=0,-180&near=0,180"]


@pytest.mark.parametrize("junk", JUNK)
def test_an_address_with_nonsense_still_shows_a_map(client: FlaskClient, junk: str) -> None:
    page = soup(client, f"/?{junk}")
    for link in page.select(".map-moves a"):
        soup(client, str(link["href"]))


@pytest.mark.parametrize(
    "where", [{}, {"at": "43.675,-79.328"}, {"near": NEAR}, {"near": NEAR, "at": "43.675,-79.328"}]
)
def test_an_address_says_again_what_it_was_read_from(where: dict[str, str]) -> None:
    search = Search.from_args(where)
    assert search.to_args() == where
    assert Search.from_args(search.to_args()) == search


def busy_town(viewer_blocks: bool = False) -> None:
    """More than a page of dates in one park, then some elsewhere."""
    withrow, east = add_place("Withrow Park", WITHROW), add_place("East Park", Point(43.675, -79.342))
    for hour in range(PAGE):
        add_meetup(place=withrow, starts=TUESDAY + timedelta(hours=hour))
    for day in range(40, 45):
        add_meetup(place=east, starts=TUESDAY + timedelta(days=day))
    add_meetup(place=withrow, starts=TUESDAY + timedelta(days=46))
    add_meetup(place=east, starts=TUESDAY + timedelta(days=46), visibility=Visibility.MEMBERS)
    db.session.commit()


def test_what_a_page_has_no_room_for_is_counted_on_its_map(client: FlaskClient) -> None:
    busy_town()
    page = soup(client, f"/?near={NEAR}")
    (more,) = page.select(".map-more")
    # A place of this page has its pin already, and what is for members no stranger counts.
    assert (more.text.strip(), more["aria-label"]) == ("+5", "5 more dates: look nearer")
    nearer = soup(client, str(more["href"]))
    assert len(titles(nearer)) == 5 and query(str(more["href"]))["near"] == [NEAR]
    # On the second page the first one's are counted.
    second = soup(client, str(page.select_one("a[rel=next]")["href"]))  # type: ignore[index]
    assert [pin.text for pin in second.select(".map-pin text")] == ["1 +4", "6"]
    ana = add_member("Ana")
    sign_in(client, ana)
    assert soup(client, f"/?near={NEAR}").select_one(".map-more").text.strip() == "+6"
    assert not soup(client, f"/?near={NEAR}&kind=coffee").select(".map-more")


@pytest.mark.parametrize("within", [400, 800, 1600, 5000])
@pytest.mark.parametrize("across", [0.0, 0.0005, 0.0015, 0.003])
def test_a_nearer_look_at_a_count_shows_all_that_it_counts(client: FlaskClient, within: int, across: float) -> None:
    withrow = add_place("Withrow Park", WITHROW)
    for hour in range(PAGE):
        add_meetup(place=withrow, starts=TUESDAY + timedelta(hours=hour))
    for lon in (-79.3455, -79.3455 + across, -79.3455 + across / 2):
        add_meetup(place=add_place(point=Point(43.67449, lon)), starts=TUESDAY + timedelta(days=40))
    db.session.commit()
    for more in soup(client, f"/?near={NEAR}&within={within}").select(".map-more"):
        later = soup(client, f"{more['href']}&day=2027-01-10")
        assert len(titles(later)) >= int(more.text.strip(" +\n"))
        assert int(query(str(more["href"])).get("within", ["800"])[0]) <= within


def test_a_count_without_a_nearer_look_leads_to_its_page_of_the_list(client: FlaskClient) -> None:
    park, beside = add_place("Park", WITHROW), add_place("Beside", moved(WITHROW, 0, 110))
    for hour in range(PAGE):
        add_meetup(place=park, starts=TUESDAY + timedelta(hours=hour))
    add_meetup(title="Later", place=beside, starts=TUESDAY + timedelta(days=30))
    db.session.commit()
    page, seen = soup(client, f"/?near={NEAR}"), []
    while "Later" not in titles(page):
        (more,) = page.select(".map-more")
        assert more["href"] not in seen
        seen.append(more["href"])
        page = soup(client, str(more["href"]))
    # And from there to those before it.
    (back,) = page.select(".map-more")
    assert len(titles(soup(client, str(back["href"])))) == PAGE


def test_who_is_blocked_is_not_counted_either(client: FlaskClient) -> None:
    busy_town()
    host, ana = add_member("Beatrice"), add_member("Ana")
    add_meetup(host, place=add_place("West Park", Point(43.675, -79.354)), starts=TUESDAY + timedelta(days=50))
    sign_in(client, ana)
    assert len(soup(client, f"/?near={NEAR}").select(".map-more")) == 2
    add_block(host, ana)
    db.session.commit()
    assert len(soup(client, f"/?near={NEAR}").select(".map-more")) == 1


def test_one_query_counts_however_many_there_are(client: FlaskClient) -> None:
    def queries(address: str) -> int:
        client.get(address)
        with counted_queries() as seen:
            client.get(address)
        return len(seen)

    before = queries(f"/?near={NEAR}")
    busy_town()
    some = queries(f"/?near={NEAR}")
    for number in range(40):
        add_meetup(place=add_place(point=Point(43.675 + number / 9000, -79.348)), starts=TUESDAY + timedelta(days=60))
    db.session.commit()
    assert queries(f"/?near={NEAR}") == some <= before + 2


def test_what_lies_around_is_named_where_nobody_has_typed_a_name(client: FlaskClient) -> None:
    add_meetup(place=add_place("Withrow Park", WITHROW))
    db.session.add(area("Riverdale", Point(43.675, -79.348), 0.01))
    db.session.commit()
    page = soup(client, f"/?near={NEAR}")
    assert page.h1 and page.h1.text == "Around Riverdale"
    (calendar,) = [link["href"] for link in page.select("a") if "in my calendar" in link.text]
    assert query(str(calendar))["name"] == ["Riverdale"]
    for look in ("week", "month"):
        (lead,) = soup(client, f"/{look}?near={NEAR}").select(".lead")
        assert lead.text == "Around Riverdale, 15 min on foot"
    # Where the site knows nothing she is told no name, and at home she is at home.
    elsewhere = soup(client, "/?near=43.9,-79.9")
    assert elsewhere.h1 and elsewhere.h1.text == "Near you"
    ana = add_member("Ana")
    ana.home_cell = home_cell(Point(43.675, -79.348))
    db.session.commit()
    sign_in(client, ana)
    home = soup(client, "/")
    assert home.h1 and home.h1.text == "Near you"


def test_a_page_of_thirty_stays_light(client: FlaskClient) -> None:
    for number in range(60):
        place = add_place(f"Park number {number}", Point(43.668 + number % 8 / 600, -79.358 + number / 3000))
        add_meetup(place=place, title=f"Walk number {number} with a name", starts=TUESDAY + timedelta(hours=number))
    db.session.commit()
    assert len(gzip.compress(client.get(f"/?near={NEAR}&within=1600").data)) < 14_000


def test_a_dates_page_shows_its_place_and_how_to_get_there(client: FlaskClient) -> None:
    meetup = add_meetup(place=add_place("Withrow Park (north)", WITHROW))
    secret = add_meetup(visibility=Visibility.MEMBERS)
    db.session.commit()
    page = soup(client, f"/meetups/{meetup.public_id}/2026-12-01T1000")
    assert page.select_one("svg[aria-label='Map around Withrow Park (north)'] .map-spot") is not None
    ways = [str(link["href"]) for link in page.select("a[href^=geo], a[href^='https:']")]
    assert ways == [
        "geo:43.67470,-79.34760?q=43.67470,-79.34760(Withrow%20Park%20%28north%29)",
        "https://www.openstreetmap.org/?mlat=43.67470&mlon=-79.34760#map=17/43.67470/-79.34760",
    ]
    assert not page.select("main img, iframe")
    outline = soup(client, f"/meetups/{secret.public_id}")
    assert not outline.select(".map, a[href^=geo]") and "43.67" not in str(outline)


def test_points_say_when_and_where_in_words(app: Flask, client: FlaskClient) -> None:
    place = add_place("Withrow Park", WITHROW)
    add_meetup(title="Close", place=place)
    db.session.commit()
    (feature,) = client.get(f"/browse.geojson?near={NEAR}").json["features"]  # type: ignore[index]
    assert feature["properties"]["when"] == "Tuesday 1 December, 10:00"
    assert feature["properties"]["place_url"] == f"/places/{place.public_id}"


def test_where_nothing_is_known_of_the_ground_the_map_says_so(client: FlaskClient) -> None:
    assert "We have no map of this part yet" in soup(client, "/?near=10,10").select_one(".map svg").text
    add_place("Oak Park", WITHROW)
    db.session.commit()
    assert "We have no map" not in soup(client, f"/?near={NEAR}").select_one(".map svg").text
