"""Towns, districts and postal codes anywhere: built by the command, asked over HTTP."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from meetups.accounts.models import Member
from meetups.config import DEMO_GAZETTEER, GAZETTEER, Settings
from meetups.domain.nearness import Point, home_cell
from meetups.extensions import db
from meetups.places import gazetteer
from meetups.places.commands import build_gazetteer
from meetups.places.models import Place
from tests.factories import add_member, add_place, sign_in
from tests.places import made_up

pytestmark = pytest.mark.one_database
BRITISH, AMERICAN = {"Accept-Language": "en-GB,en;q=0.9"}, {"Accept-Language": "en-US"}
GERMAN, CANADIAN = {"Accept-Language": "de-DE"}, {"Accept-Language": "fr-CA"}


@pytest.fixture(scope="session")
def built(migrated: Flask, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gazetteer")
    out = folder / "world.sqlite"
    given = ["--from", str(made_up.wheels(folder / "wheels")), "--out", str(out)]
    done = migrated.test_cli_runner().invoke(build_gazetteer, given)
    assert done.output.startswith("20 cities, 4 districts, 18 postal codes: "), done.output
    return out


@pytest.fixture
def world(app: Flask, built: Path, settings: Settings) -> Iterator[Path]:
    """The site with a gazetteer of a few towns, and the place of a Toronto park of its own."""
    add_place()
    db.session.commit()
    file = settings.data_dir / GAZETTEER
    copyfile(built, file)
    yield file
    file.unlink()


@pytest.fixture
def ana(world: Path, client: FlaskClient) -> Member:
    member = add_member()
    sign_in(client, member)
    return member


def page(client: FlaskClient, typed: str, headers: dict[str, str] | None = None, more: str = "") -> BeautifulSoup:
    answer = client.get("/", query_string=f"q={typed}{more}", headers=headers)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html5lib")


def led_to(soup: BeautifulSoup) -> str:
    """Where she was led: of a town its whole name, which stands in the box for whoever she sends the address to."""
    said, typed = soup.h1.text.removeprefix("Near "), soup.select_one("input[name=q]").get("value", "")
    return typed if typed.startswith(said.partition(",")[0] + ",") else said


def offered(soup: BeautifulSoup) -> list[str]:
    return [link.text for link in soup.select("#which + .chips a")]


@pytest.mark.parametrize(
    ("typed", "headers", "label", "near"),
    [
        ("Brooklyn", AMERICAN, "Brooklyn, New York, US", "40.650,-73.950"),
        ("brooklyn oh", AMERICAN, "Brooklyn, Ohio, US", "41.440,-81.735"),
        ("Hackney", BRITISH, "Hackney, England, GB", "51.550,-0.050"),
        ("hackney, south australia", BRITISH, "Hackney, South Australia, AU", "-34.917,138.617"),
        ("97214", AMERICAN, "97214, Portland, Oregon, US", "45.514,-122.636"),
        ("97214-1234", AMERICAN, "97214, Portland, Oregon, US", "45.514,-122.636"),
        ("Neukölln", GERMAN, "Neukölln, Berlin, DE", "52.477,13.431"),
        ("neukolln", BRITISH, "Neukölln, Berlin, DE", "52.477,13.431"),
        ("Neukoelln", BRITISH, "Neukölln, Berlin, DE", "52.477,13.431"),
        ("Fitzroy", BRITISH, "Fitzroy, Victoria, AU", "-37.798,144.978"),
        ("E8", BRITISH, "E8, Hackney, England, GB", "51.548,-0.063"),
        ("e8 3dl", BRITISH, "E8, Hackney, England, GB", "51.548,-0.063"),
        ("M4M", CANADIAN, "M4M, East Toronto (Studio District), Ontario, CA", "43.656,-79.341"),
        ("m4m2s9", CANADIAN, "M4M, East Toronto (Studio District), Ontario, CA", "43.656,-79.341"),
        ("Dalston", BRITISH, "Dalston, England, GB", "51.546,-0.076"),
        ("München", GERMAN, "Munich, Bayern, DE", "48.137,11.575"),
        ("ミュンヘン", GERMAN, "Munich, Bayern, DE", "48.137,11.575"),
        ("Londres", BRITISH, "London, England, GB", "51.508,-0.126"),
        ("studio distr", CANADIAN, "East Toronto (Studio District), Ontario, CA", "43.656,-79.341"),
        ("portl, or", AMERICAN, "Portland, Oregon, US", "45.523,-122.676"),
        # A region whose name begins another's.
        ("Dahlen, Sachsen, DE", GERMAN, "Dahlen, Sachsen, DE", "51.360,12.990"),
        ("Nairobi, Kenya", BRITISH, "Nairobi, KE", "-1.283,36.817"),
    ],
)
def test_what_is_typed_is_found_anywhere_and_says_where_it_is(
    world: Path, client: FlaskClient, typed: str, headers: dict[str, str], label: str, near: str
) -> None:
    soup = page(client, typed, headers)
    assert led_to(soup) == label
    assert soup.select_one("input[name=near]")["value"] == near
    # As the page gives it back it leads to the same place, whoever asks.
    assert led_to(page(client, soup.select_one("input[name=q]")["value"])) == label


def test_a_postal_code_of_several_countries_is_asked_about_her_own_country_first(
    world: Path, client: FlaskClient
) -> None:
    for headers, first in ((GERMAN, "12043, Berlin, DE"), (AMERICAN, "12043, Cobleskill, New York, US")):
        soup = page(client, "12043", headers)
        assert soup.select_one("#which").text == "Which one?" and led_to(soup) == "Meetups"
        assert offered(soup)[0] == first
        assert set(offered(soup)) == {
            "12043, Berlin, DE", "12043, Cobleskill, New York, US", "12043, Las Delicias, San Marcos, GT",
        }  # fmt: skip
        assert not soup.select("[aria-invalid]")


def test_a_choice_keeps_all_else_that_was_asked(world: Path, client: FlaskClient) -> None:
    soup = page(client, "Springfield", AMERICAN, "&within=1600&has=fence&has=shade&kind=coffee&day=2026-12-01&near=1,1")
    link = next(link for link in soup.select("#which + .chips a") if "Illinois" in link.text)
    chosen = BeautifulSoup(client.get(link["href"]).text, "html5lib")
    assert led_to(chosen) == "Springfield, Illinois, US"
    assert chosen.select_one("input[name=near]")["value"] == "39.802,-89.644"
    assert chosen.select_one("input[name=day]")["value"] == "2026-12-01"
    assert chosen.select_one("select[name=within] option[selected]")["value"] == "1600"
    assert {box["value"] for box in chosen.select("input[name=has][checked]")} == {"fence", "shade"}


def test_who_is_led_somewhere_may_have_meant_another_place(world: Path, client: FlaskClient) -> None:
    soup = page(client, "Brooklyn", AMERICAN)
    assert soup.select_one("#which").text == "Not the one you meant?"
    assert offered(soup) == ["Brooklyn, Ohio, US", "Brooklyn, Victoria, AU"]


def test_without_a_word_on_her_country_the_towns_own_comes_first(world: Path, client: FlaskClient) -> None:
    assert offered(page(client, "London"))[0] == "London, Ontario, CA"
    assert led_to(page(client, "London", BRITISH)) == "London, England, GB"


def test_her_home_says_more_than_her_browsers_language(ana: Member, client: FlaskClient) -> None:
    ana.home_cell = home_cell(Point(-34.92, 138.61))
    db.session.commit()
    assert offered(page(client, "Hackney", BRITISH)) == ["Hackney, England, GB"]
    assert led_to(page(client, "Hackney", BRITISH)) == "Hackney, South Australia, AU"


def test_the_sites_own_parks_come_first(world: Path, client: FlaskClient) -> None:
    add_place("Hackney Green")
    db.session.commit()
    soup = page(client, "Hackney", BRITISH)
    assert led_to(soup) == "Hackney Green"
    assert offered(soup)[0] == "Hackney, England, GB"
    add_place("Hackney")
    db.session.commit()
    soup = page(client, "Hackney", BRITISH)
    assert led_to(soup) == "Hackney" and offered(soup) == []


def test_a_slip_in_a_parks_name_is_taken_before_a_town_that_only_begins_so(world: Path, client: FlaskClient) -> None:
    add_place("Brookly Parkette")
    db.session.commit()
    assert led_to(page(client, "Brookli")) == "Brookly Parkette"
    assert led_to(page(client, "Neuk")) == "Neukölln, Berlin, DE"


@pytest.mark.parametrize("typed", ["Atlantis", "%25", '"', "a", "*", "name%3A", "x" * 300, "NOT", "%F0%9F%98%80", ","])
def test_nothing_that_can_be_typed_breaks_it(world: Path, client: FlaskClient, typed: str) -> None:
    assert page(client, typed).select_one("input[name=q]")
    assert isinstance(client.get(f"/places/suggest?q={typed}").json, list)


def test_names_are_suggested_as_they_are_typed(world: Path, client: FlaskClient) -> None:
    names = [row["name"] for row in client.get("/places/suggest?q=brook", headers=AMERICAN).json]
    assert names == ["Brooklyn, New York, US", "Brooklyn, Ohio, US", "Brooklyn, Victoria, AU"]
    assert client.get("/places/suggest?q=brook&only=places").json == []
    assert [row["name"] for row in client.get("/places/suggest?q=972").json] == ["97214, Portland, Oregon, US"]


def test_a_town_can_be_a_home_and_a_name_of_several_is_asked_about(ana: Member, client: FlaskClient) -> None:
    answer = client.post("/me/home", data={"name": "Springfield"})
    buttons = BeautifulSoup(answer.text, "html5lib").select("button[name=name]")
    assert answer.status_code == 422 and "Which one is yours?" in answer.text
    assert [button["value"] for button in buttons][:2] == ["Springfield, Missouri, US", "Springfield, Illinois, US"]
    client.post("/me/home", data={"name": buttons[1]["value"]})
    db.session.refresh(ana)
    assert (ana.home_name, ana.home_cell) == ("Springfield", home_cell(Point(39.8017, -89.6437)))


def test_a_postal_code_can_be_a_home_by_the_name_of_what_is_there(ana: Member, client: FlaskClient) -> None:
    client.post("/me/home", data={"name": "E8 3DL"})
    db.session.refresh(ana)
    assert ana.home_name == "Hackney"


def test_a_point_outside_all_outlines_has_the_name_of_the_nearest_town(ana: Member, client: FlaskClient) -> None:
    soup = BeautifulSoup(client.get("/me/home?near=52.480,13.432").text, "html5lib")
    assert soup.select_one("input[name=name]")["value"] == "Neukölln"
    client.post("/me/home", data={"name": "Neukölln", "near": "52.480,13.432"})
    db.session.refresh(ana)
    assert (ana.home_name, ana.home_cell) == ("Neukölln", home_cell(Point(52.480, 13.432)))
    assert page(client, "10,10").h1.text == "Near here"


@pytest.mark.parametrize(
    ("typed", "headers", "heading"),
    [
        ("M4M", CANADIAN, "Near M4M, East Toronto"),
        ("E8", BRITISH, "Near E8, Hackney"),
        ("Hackney", BRITISH, "Near Hackney, England"),
        ("Hackney, England, GB", CANADIAN, "Near Hackney, England, GB"),
    ],
)
def test_a_heading_says_no_more_than_its_reader_needs(
    world: Path, client: FlaskClient, typed: str, headers: dict[str, str], heading: str
) -> None:
    assert page(client, typed, headers).h1.text == heading


def test_a_town_comes_before_a_park_that_only_has_its_name_within(world: Path, client: FlaskClient) -> None:
    for number, name in enumerate(("East Brooklyn Field", "Brooklyn Playground", "West Brooklyn Green")):
        add_place(name, Point(43.67 + number / 100, -79.35))
    db.session.commit()
    assert led_to(page(client, "Brooklyn", AMERICAN)) == "Brooklyn Playground"
    found = page(client, "Brooklyn", AMERICAN)
    assert "East Brooklyn Field" in offered(found) and len(offered(found)) == 3
    db.session.execute(delete(Place).where(Place.name == "Brooklyn Playground"))
    db.session.commit()
    found = page(client, "Brooklyn", AMERICAN)
    assert led_to(found) == "Brooklyn, New York, US"
    assert {"East Brooklyn Field", "West Brooklyn Green"} & set(offered(found)) and len(offered(found)) == 3
    # In another country's parks nobody looks for that town.
    assert page(client, "Brooklyn", BRITISH).h1.text == "Near East Brooklyn Field"


def test_a_search_near_a_town_can_be_kept_under_its_name(world: Path, client: FlaskClient) -> None:
    answer = client.post("/near", data={"near": "51.55,-0.05", "name": "Hackney, England, GB"})
    assert "Meetups near Hackney, England, GB" in client.get(answer.location).text


def test_whose_data_it_is_is_said_where_that_of_parks_is(world: Path, client: FlaskClient) -> None:
    said = client.get("/about").text
    assert "GeoNames" in said and "CC BY 4.0" in said


def test_without_a_gazetteer_all_is_as_ever_and_the_operator_reads_it(app: Flask, client: FlaskClient) -> None:
    assert "We know no place called" in page(client, "Hackney", BRITISH).select_one("#unknown").text
    assert "GeoNames" not in client.get("/about").text
    assert "no gazetteer" in client.get("/readyz").text
    assert "gazetteer" not in client.get("/about").text + client.get("/?q=Hackney").text


def test_with_one_the_operator_reads_nothing_of_it(world: Path, client: FlaskClient) -> None:
    assert "gazetteer" not in client.get("/readyz").text


def test_a_new_file_is_taken_up_and_a_broken_one_is_as_good_as_none(world: Path, client: FlaskClient) -> None:
    assert led_to(page(client, "Neukölln")) == "Neukölln, Berlin, DE"
    other = world.with_suffix(".new")
    other.write_bytes(b"no database at all" * 1000)
    other.replace(world)
    assert page(client, "Neukölln").select_one("#unknown")
    assert "no gazetteer" in client.get("/readyz").text


def test_a_lookup_is_a_few_statements_and_none_reads_a_whole_table(world: Path, app: Flask) -> None:
    gazetteer.lookup("a", ())
    file, seen = gazetteer._kept.file, []
    for typed in ("new york ny us", "santa maria de", "972", "E8 3DL", "nowhere at all"):
        seen.clear()
        file.set_trace_callback(seen.append)
        gazetteer.lookup(typed, ("US", "CA"))
        gazetteer.nearest(Point(40.65, -73.95))
        file.set_trace_callback(None)
        asked = [statement for statement in seen if statement.lstrip().startswith("SELECT s.id")]
        assert 0 < len(asked) < 25
        for statement in asked:
            plan = [row[3] for row in file.execute(f"EXPLAIN QUERY PLAN {statement}")]
            assert not [step for step in plan if step.startswith("SCAN") and "VIRTUAL TABLE" not in step], plan


def test_the_command_takes_the_packages_where_they_are_installed(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(made_up.installed(tmp_path / "packages"))
    out = tmp_path / "some.sqlite"
    given = ["--countries", "gb, ie", "--out", str(out)]
    done = app.test_cli_runner().invoke(build_gazetteer, given)
    assert done.output.startswith("2 cities, 1 districts, 2 postal codes: ")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["some.sqlite"]


def test_the_command_takes_what_is_near_a_point_alone(app: Flask, tmp_path: Path) -> None:
    given = [
        "--from",
        str(made_up.wheels(tmp_path)),
        "--out",
        str(tmp_path / "near.sqlite"),
        "--around",
        "43.67,-79.33",
    ]
    done = app.test_cli_runner().invoke(build_gazetteer, [*given, "--within", "20"])
    assert done.output.startswith("1 cities, 1 districts, 2 postal codes: ")


def test_where_nothing_can_be_built_the_old_file_stays(app: Flask, tmp_path: Path) -> None:
    out = tmp_path / "kept.sqlite"
    out.write_text("kept")
    (tmp_path / "empty").mkdir()
    wheels = made_up.wheels(tmp_path / "wheels")
    for folder, countries, said in ((wheels, "ZZ", "nothing in this part"), (tmp_path / "empty", "", "no wheel of")):
        given = ["--from", str(folder), "--countries", countries, "--out", str(out)]
        done = app.test_cli_runner().invoke(build_gazetteer, given)
        assert done.exit_code == 1 and said in done.output
        assert out.read_text() == "kept"
    assert {path.name for path in tmp_path.iterdir()} == {"kept.sqlite", "empty", "wheels"}


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("Leslieville", "Leslieville"),
        ("lesliville", "Leslieville"),
        ("M4M", "M4M, East Toronto (Studio District), Ontario, CA"),
        ("m4m 2s9", "M4M, East Toronto (Studio District), Ontario, CA"),
        ("Toronto", "Toronto, Ontario, CA"),
        ("Etobicoke", "Etobicoke, Ontario, CA"),
        ("markham ont", "Markham, Ontario, CA"),
    ],
)
def test_the_demo_town_finds_what_is_around_it(
    east: None, settings: Settings, client: FlaskClient, typed: str, label: str
) -> None:
    file = settings.data_dir / GAZETTEER
    copyfile(DEMO_GAZETTEER, file)
    try:
        # Whatever her phone speaks.
        for headers in ({}, AMERICAN, CANADIAN):
            assert led_to(page(client, typed, headers)) == label
    finally:
        file.unlink()


def test_the_demo_has_a_small_one_of_its_own(tmp_path: Path) -> None:
    settings = Settings("sqlite://", "", "http://localhost", tmp_path)
    assert settings.gazetteer is None
    demo = Settings("sqlite://", "", "http://localhost", tmp_path, demo=True)
    assert demo.gazetteer == DEMO_GAZETTEER and DEMO_GAZETTEER.stat().st_size < 400_000
    with sqlite3.connect(DEMO_GAZETTEER) as file:
        assert file.execute("PRAGMA user_version").fetchone()[0] == gazetteer.VERSION
        assert "GeoNames" in file.execute("SELECT attribution FROM about").fetchone()[0]
    file.close()
    (tmp_path / GAZETTEER).touch()
    assert demo.gazetteer == settings.gazetteer == tmp_path / GAZETTEER
