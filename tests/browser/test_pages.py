"""Every page, seen: accessible in both themes, never wider than the screen, light, focus in sight."""

import gzip
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response

from tests.imports.files import calendar, event

pytestmark = [pytest.mark.browser, pytest.mark.real_clock, pytest.mark.xdist_group("browser")]
# Where nothing is on in the demo town, and some wait.
EMPTY = "/?q=Thorncliffe+Park"
OPEN = [
    "/",
    "/?q=withrow",
    "/?q=nowhere",
    "/?q=willow",
    EMPTY,
    "/wishes/new?near=43.708,-79.350",
    "/?q=withrow&within=5000",
    "/?near=43.674,-79.347&at=43.661,-79.310&within=1600",
    "/week",
    "/month",
    "/signin",
    "/about",
    "/meetups/new",
]
MEMBERS = [
    "/mine",
    "/me",
    "/me/kids",
    "/me/home",
    "/me/calendar",
    "/me/mails",
    "/me/wishes",
    "/meetups/new",
    "/mailbox",
    "/calendars",
    "/calendars/new",
    "/admin/mails",
    "/places/new",
    "/admin/places",
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# All that another theme can break.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
BROKEN_RULES = """async options =>
  (await axe.run(document, options)).violations.map(rule => [rule.id, rule.nodes[0].html.slice(0, 120)])"""
KILOBYTE = 1000
LIBRARY = calendar(
    event(
        start="20260106T100000", rrule="FREQ=WEEKLY", summary="Baby time in the children's room of the Riverdale branch"
    ),
    event("DTSTART;VALUE=DATE:20260106", start="", uid="sale", summary="Book sale"),
)


def go(page: Page, path: str) -> str:
    """Open a page that is there: what is said of one that is not is short and always right."""
    response = page.goto(path)
    assert response and response.ok, path
    return path


def pages(page: Page) -> Iterator[str]:
    """Yield every kind of page, the last ones as a host who runs the site too; the page is already there."""
    for path in OPEN:
        yield go(page, path)
    page.goto("/")
    first = page.locator(".list h3 a").first.get_attribute("href") or ""
    for path in (first, f"{first}/answer", first.rsplit("/", 1)[0] + "/subscribe"):
        yield go(page, path)
    page.goto("/signin")
    page.click("button[value=host]")
    for path in MEMBERS:
        yield go(page, path)
    yield go(page, every_time(page))
    page.goto("/places/new")
    page.fill("#name", "Oak Park")
    page.fill("#where", "Withrow Park")
    page.click("main form button[type=submit]")
    page.goto("/admin/places")
    yield go(page, page.locator(".links a").first.get_attribute("href") or "")
    yield go(page, page.locator(".rows a").first.get_attribute("href") or "")
    page.goto("/calendars/new")
    page.fill("#name", "Riverdale library")
    page.set_input_files("#file", {"name": "library.ics", "mimeType": "text/calendar", "buffer": LIBRARY})
    page.fill("#place", "Withrow Park")
    page.get_by_role("button", name="See what comes of it").click()
    page.get_by_role("button", name="Take it").wait_for()
    yield "/calendars/<id>/check"
    page.goto("/calendars")
    yield "/calendars with one"
    page.get_by_role("link", name="Remove").first.click()
    page.get_by_role("button", name="Remove it").wait_for()
    yield "/calendars/<id>/remove"
    page.get_by_role("button", name="Remove it").click()
    page.goto("/mine")
    hosting = page.locator("section", has_text="You are hosting").last.locator("li")
    # Today's may have begun, and has nothing to edit any more.
    hosted = hosting.filter(has_not_text="Today").locator("h3 a").first.get_attribute("href") or ""
    series = hosted.rsplit("/", 1)[0]
    for path in (hosted, f"{hosted}/cancel", f"{hosted}/edit", f"{series}/edit", f"{series}/cohosts"):
        yield go(page, path)


def every_time(page: Page) -> str:
    """Come every time to somebody else's meetup; return the path where that is paused."""
    page.goto("/?q=withrow")
    for date in [link.get_attribute("href") or "" for link in page.locator(".list h3 a").all()]:
        path = date.rsplit("/", 1)[0] + "/every-time"
        page.goto(path)
        button = page.get_by_role("button", name="I come every time")
        if button.count():
            button.click()
            page.get_by_text("You come every time").first.wait_for()
            return path
    raise AssertionError("there is no such meetup")


BROKEN_WORDS = """() => [...document.querySelectorAll("main .button")].flatMap(button => {
  const broken = [], walk = document.createTreeWalker(button, NodeFilter.SHOW_TEXT);
  for (let text = walk.nextNode(); text; text = walk.nextNode())
    for (const word of text.data.matchAll(/[^\\s-]+/g)) {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) broken.push(word[0]);
    }
  return broken;
})"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PHONE, SMALLEST = {"width": 390, "height": 844}, {"width": 320, "height": 844}


def violations(page: Page, rules: dict[str, Any] = RULES) -> list[list[str]]:
    """Return the rules that a page breaks, each with the first element that does."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    return list(page.evaluate(BROKEN_RULES, {**rules, "resultTypes": ["violations"]}))


def wrong(page: Page) -> dict[str, object]:
    """Say what is wrong with a page for one reader or another; it is left as it was."""
    found: dict[str, object] = {}
    page.emulate_media(color_scheme="dark")
    found["colours in the dark"] = violations(page, COLOURS)
    page.emulate_media(color_scheme="light")
    found["rules"] = violations(page)
    page.set_viewport_size(SMALLEST)
    found["wider than the smallest screen"] = page.evaluate(WIDER)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    found["a word breaks in a button in the largest text"] = page.evaluate(BROKEN_WORDS)
    page.set_viewport_size(PHONE)
    found["wider than a phone in the largest text"] = page.evaluate(WIDER)
    page.evaluate("document.documentElement.style.fontSize = ''")
    return {what: much for what, much in found.items() if much}


def test_every_page_is_for_everybody(chromium: Browser, site: str) -> None:
    context = chromium.new_context(viewport=PHONE, base_url=site, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    found = {path: problems for path in pages(page) if (problems := wrong(page))}
    context.close()
    assert found == {}


UNDER_THE_BAR = """() => {
  const it = document.activeElement, bar = document.querySelector(".tabs");
  if (!it || it === document.body || bar.contains(it)) return null;
  const box = it.getBoundingClientRect(), top = bar.getBoundingClientRect().top;
  return box.top >= top || box.bottom <= 0 ? it.outerHTML.slice(0, 100) : null;
}"""


def test_focus_is_never_hidden(chromium: Browser, site: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, base_url=site)
    page = context.new_page()
    for path in ("/", "/meetups/new", "/signin", "/month"):
        page.goto(path)
        for _ in range(60):
            page.keyboard.press("Tab")
            assert page.evaluate(UNDER_THE_BAR) is None, path
    context.close()


def test_the_first_view_is_light(chromium: Browser, site: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, base_url=site)
    page, seen = context.new_page(), list[Response]()
    page.on("response", lambda response: seen.append(response))
    page.goto("/?q=withrow", wait_until="networkidle")
    weight = {"document": 0, "stylesheet": 0, "script": 0}
    for response in seen:
        kind = response.request.resource_type
        if kind in weight:
            weight[kind] += len(gzip.compress(response.body()))
    addresses = [response.url for response in seen]
    context.close()
    assert all(address.startswith(site) for address in addresses), "a third party was asked"
    assert weight["document"] <= 14 * KILOBYTE
    assert weight["stylesheet"] <= 6 * KILOBYTE
    assert weight["script"] <= 5 * KILOBYTE
    assert len(addresses) <= 6, addresses
