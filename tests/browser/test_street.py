"""Another site's street map in a real browser: asked for nothing before she taps, and gone where it does not answer."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_pages import violations
from tests.browser.tiles import Tiles

pytestmark = [pytest.mark.browser, pytest.mark.real_clock, pytest.mark.xdist_group("browser")]


def test_the_street_map_comes_from_another_site_only_when_she_asks(
    noted: tuple[Page, list[str], list[str]], tiles: Tiles, site: str
) -> None:
    page, asked, wrong = noted
    tiles.asked.clear()
    page.goto("/?q=withrow&within=1600", wait_until="networkidle")
    assert tiles.asked == [] and not [url for url in asked if "leaflet" in url or "street" in url]
    button = page.get_by_role("button", name="Street map, from 127.0.0.1")
    button.click()
    expect(page.locator(".street .leaflet-tile-loaded").first).to_be_visible()
    expect(page.locator("#map > svg")).to_be_hidden()
    expect(page.locator(".street")).to_contain_text("© <b>Squares</b>")
    # No more is said than whose page it is on.
    assert {referrer for _, referrer in tiles.asked} == {f"{site}/"}
    markers = page.locator(".street-pin a")
    assert markers.count() > 4
    label = markers.first.get_attribute("aria-label") or ""
    assert "Park" in label or "Playground" in label
    assert violations(page) == []
    page.keyboard.press("ArrowRight")
    markers.first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).not_to_have_text("Near Withrow Park")
    page.go_back()
    page.wait_for_load_state("networkidle")
    button.click()
    expect(page.locator(".street")).to_be_visible()
    page.get_by_role("button", name="Back to the drawn map").click()
    expect(page.locator("#map > svg")).to_be_visible()
    expect(page.locator(".street")).to_have_count(0)
    assert wrong == []


def test_where_the_other_site_does_not_answer_our_map_comes_back(
    noted: tuple[Page, list[str], list[str]], tiles: Tiles
) -> None:
    page, _, _ = noted
    page.goto("/?q=withrow")
    tiles.away = True
    try:
        page.get_by_role("button", name="Street map").click()
        expect(page.get_by_role("alert")).to_have_text("The street map does not answer. Here is ours again.")
    finally:
        tiles.away = False
    expect(page.locator("#map > svg")).to_be_visible()
    page.get_by_role("button", name="Street map").click()
    expect(page.locator(".street .leaflet-tile-loaded").first).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
