"""What the pages weigh, and that nothing in them is inline, missing or from elsewhere."""

import gzip
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from meetups.events.models import Kind

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted(path for path in (ROOT / "templates").rglob("*.html") if "emails" not in path.parts)
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
# Loaded with the library it needs, when she asks for another site's map.
ASKED_FOR = ROOT / "static" / "js" / "street.js"
SVG = "{http://www.w3.org/2000/svg}"
# What is loaded on the first view of any page, besides the page itself and its own script.
SHARED = ("css/site.css", "icons.svg", "favicon.svg", "js/site.js")
CSS_BYTES, JS_BYTES, REQUESTS = 6_000, 5_000, 6


def packed(*paths: Path) -> int:
    """Return the bytes of the files as a server would compress them, one by one."""
    return sum(len(gzip.compress(path.read_bytes())) for path in paths)


def icons() -> set[str]:
    """Return the names of the icons in the sprite."""
    sprite = ElementTree.parse(ROOT / "static" / "icons.svg")
    return {symbol.attrib["id"] for symbol in sprite.iter(f"{SVG}symbol")}


def named_icons(text: str) -> set[str]:
    """Return the icons that a template asks for by name."""
    return {
        *re.findall(r"\b_?icon\(\s*[\"']([a-z]+)[\"']", text),
        *re.findall(r"\bicon=[\"']([a-z]+)[\"']", text),
        *re.findall(r"\bfact\(\s*[\"']([a-z]+)[\"']", text),
        *re.findall(r"icons\.svg'\) }}#([a-z]+)\"", text),
    }


def loaded(client: FlaskClient, path: str) -> list[str]:
    """Return the addresses that a browser loads for a page without being asked."""
    soup = BeautifulSoup(client.get(path).text, "html.parser")
    links = [link["href"] for link in soup.select("link[rel=stylesheet], link[rel=icon]")]
    scripts = [script["src"] for script in soup.select("script")]
    images = [image["src"] for image in soup.select("img, iframe")]
    sprites = {use["href"].partition("#")[0] for use in soup.select("use")}
    return [*links, *scripts, *images, *sprites]


def test_the_stylesheet_fits_its_budget() -> None:
    assert packed(ROOT / "static" / "css" / "site.css") <= CSS_BYTES


def test_all_scripts_together_fit_their_budget() -> None:
    assert packed(*(path for path in SCRIPTS if path != ASKED_FOR)) <= JS_BYTES
    assert packed(ASKED_FOR) <= 2_500


def test_there_is_one_stylesheet_and_a_second_one_for_what_few_look_at() -> None:
    # The calendar's is linked by the week and the month alone, the mailbox's by its mail; the street map's are loaded
    # when she asks for it.
    sheets = {path.name for path in (ROOT / "static").rglob("*.css")}
    assert sheets == {"site.css", "calendar.css", "mail.css", "street.css", "leaflet.css"}
    linking = {path.name: path.read_text() for path in PAGES}
    assert {name for name, page in linking.items() if "css/calendar.css" in page} == {"week.html", "month.html"}
    assert {name for name, page in linking.items() if "css/mail.css" in page} == {"message.html"}
    assert packed(ROOT / "static" / "css" / "calendar.css") <= 1_500


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_imports_no_other(path: Path) -> None:
    # An import would be one more request, and its address carries no version.
    assert not re.search(r"^\s*(import\b|export\b.* from\b)|\bimport\(", path.read_text(), re.MULTILINE)


@pytest.mark.parametrize("path", ["/", "/week", "/month", "/meetups/new", "/signin", "/about", "/no-such-page"])
def test_a_first_view_needs_few_requests_and_all_to_this_site(client: FlaskClient, path: str) -> None:
    found = loaded(client, path)
    assert 1 + len(found) <= REQUESTS
    assert {name for name in SHARED if any(url.startswith(f"/static/{name}?v=") for url in found)} == set(SHARED)
    for url in found:
        assert url.startswith("/static/")
        with client.get(url) as answer:
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_file_asked_for_without_its_version_is_not_kept(client: FlaskClient) -> None:
    with client.get("/static/css/site.css") as answer:
        assert "immutable" not in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_holds_nothing_inline(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<style|\sstyle\s*=|javascript:", text, re.IGNORECASE)
    assert not re.search(r"<[a-z][^>]*\son[a-z]+\s*=", text, re.IGNORECASE)
    for script in re.findall(r"<script\b[^>]*>(?:.*?)</script>", text, re.IGNORECASE | re.DOTALL):
        assert re.fullmatch(r'<script type="module" src="\{\{ asset\([^)]*\) \}\}"></script>', script)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_every_icon_of_a_template_is_in_the_sprite(path: Path) -> None:
    assert named_icons(path.read_text()) <= icons()


def test_every_kind_of_meetup_has_an_icon() -> None:
    assert {str(kind) for kind in Kind} <= icons()


def test_every_tab_has_an_icon_and_the_open_one_is_marked(client: FlaskClient) -> None:
    soup = BeautifulSoup(client.get("/meetups/new").text, "html.parser")
    tabs = soup.select(".tabs a")
    assert [tab.text.strip() for tab in tabs] == ["Nearby", "Host", "Mine", "You"]
    assert {tab.use["href"].partition("#")[2] for tab in tabs} <= icons()
    assert [tab.text.strip() for tab in tabs if tab.get("aria-current") == "page"] == ["Host"]


def test_the_first_stop_of_the_keyboard_leads_past_the_tabs(client: FlaskClient) -> None:
    soup = BeautifulSoup(client.get("/").text, "html.parser")
    first = soup.body.select("a, button, input, select, summary")[0]
    assert soup.select_one(first["href"]).name == "main"


def test_an_error_is_tied_to_its_field_and_named_in_the_summary(client: FlaskClient) -> None:
    answer = client.post("/signin", data={"email": "not an address"})
    soup = BeautifulSoup(answer.text, "html.parser")
    field = soup.select_one("main input[name=email]")
    assert answer.status_code == 422
    assert field["value"] == "not an address" and field["aria-invalid"] == "true"
    said = [soup.find(id=name).text.strip() for name in field["aria-describedby"].split()]
    (link,) = soup.select("main [role=alert] a")
    assert link["href"] == f"#{field['id']}" and link.text in said


def test_a_summary_links_only_to_what_is_on_the_page(client: FlaskClient) -> None:
    answer = client.post("/meetups/new", data={"weekdays": "nonsense", "ages": "nonsense", "kind": "nonsense"})
    soup = BeautifulSoup(answer.text, "html.parser")
    links = [link["href"] for link in soup.select("main [role=alert] a")]
    assert answer.status_code == 422 and {"#weekdays", "#ages", "#kind-0"} <= set(links)
    assert all(soup.select_one(link) for link in links)
