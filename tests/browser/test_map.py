"""The map in a real browser: by thumb, by keyboard, without scripts, on paper, and another site's where she asks."""

import io
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_pages import violations

pytestmark = [pytest.mark.browser, pytest.mark.real_clock, pytest.mark.xdist_group("browser")]
BUSY = "/?q=withrow&within=3200"
# Of each pin: its link's box on the screen, and that of the pin that is seen.
BOXES = """() => [...document.querySelectorAll(".map-pin")].map(pin => [pin, pin.querySelectorAll("rect")[1]]
  .map(it => it.getBoundingClientRect()).map(box => [box.left, box.top, box.right, box.bottom]))"""


def test_every_pin_can_be_tapped_and_none_covers_another(page: Page) -> None:
    page.goto(BUSY)
    boxes = page.evaluate(BOXES)
    assert len(boxes) > 12
    for (left, top, right, bottom), _ in boxes:
        assert right - left >= 40 and bottom - top >= 40
    seen = [box for _, box in boxes]
    for number, (left, top, right, bottom) in enumerate(seen):
        for other in seen[number + 1 :]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
    pin = page.locator(".map-pin:not(.map-more)").nth(2)
    number = (pin.get_attribute("href") or "").removeprefix("#m")
    pin.click()
    card = page.locator(f"#m{number}")
    expect(card).to_be_in_viewport()
    label = pin.get_attribute("aria-label") or ""
    assert card.locator("h3").inner_text() in label and card.locator(".where").inner_text().split(" · ")[0] in label


def test_the_map_is_moved_by_links(page: Page, scripted: bool) -> None:
    page.goto("/?q=withrow&kind=walk")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.resource_type))
    page.get_by_role("link", name="Move the map east").click()
    page.wait_for_url("**at=**")
    expect(page.locator("h1")).to_contain_text("Around")
    assert page.url.endswith("/?near=43.674,-79.347&at=43.674,-79.337&kind=walk")
    assert ("document" in asked) != scripted
    if scripted:
        expect(page.locator("[data-move=east]")).to_be_focused()
        expect(page.locator("#moved")).to_have_text(re.compile(r"^Around .+: \d+ listed$"))
    assert page.locator("input[name=at]").get_attribute("value") == "43.674,-79.337"
    expect(page.locator("input[name=q]")).to_have_value("")
    page.get_by_role("link", name="Look farther").click()
    page.wait_for_url("**within=1600**")
    expect(page.locator("select[name=within]")).to_have_value("1600")
    page.go_back()
    expect(page.locator("select[name=within]")).to_have_value("800")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Near Withrow Park")
    expect(page.locator("[data-move=back]")).to_have_count(0)


def test_a_count_leads_nearer(page: Page) -> None:
    page.goto(BUSY)
    more = page.locator(".map-more").first
    count = int((more.text_content() or "").strip(" +"))
    more.click()
    page.wait_for_url("**at=**")
    expect(page.locator(".list > li[id]").first).to_be_visible()
    assert count and page.locator(".list > li[id]").count() > 0


def test_the_map_goes_by_keyboard_in_the_order_of_the_list(noted: tuple[Page, list[str], list[str]]) -> None:
    page, _, wrong = noted
    page.goto("/?q=withrow&within=1600")
    page.locator(".map-pin").first.focus()
    reached = [page.evaluate("document.activeElement.getAttribute('href')")]
    for _ in range(40):
        page.keyboard.press("Tab")
        href = page.evaluate("document.activeElement.getAttribute('href')") or ""
        if not href.startswith("#m"):
            break
        reached.append(href)
    numbers = [int(href.removeprefix("#m")) for href in reached]
    assert len(numbers) > 4 and numbers == sorted(numbers)
    page.locator("[data-move=nearer]").focus()
    for within in ("-79.347", "within=500", "within=200"):
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{within}")
        expect(page.locator("#map")).not_to_have_attribute("aria-busy", "true")
    # At the end of the way in, that link is gone and the focus is still on the map.
    assert page.evaluate("document.activeElement.closest('#map') !== null")
    assert wrong == []


def test_the_map_and_the_week_are_for_everybody(chromium: Browser, site: str) -> None:
    for scheme in ("light", "dark"):
        context = chromium.new_context(viewport={"width": 1280, "height": 800}, base_url=site, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto("/")
        date = page.locator(".list h3 a").first.get_attribute("href") or ""
        for path in (BUSY, "/week", "/month", date):
            page.goto(path)
            assert violations(page) == [], (path, scheme)
        context.close()


def test_on_paper_there_is_the_map_and_the_list_and_nothing_to_tap(chromium: Browser, site: str) -> None:
    context = chromium.new_context(base_url=site, color_scheme="dark")
    page = context.new_page()
    page.goto("/?q=withrow")
    page.emulate_media(media="print")
    expect(page.locator("#map svg")).to_be_visible()
    expect(page.locator(".list li").first).to_be_visible()
    for control in (".tabs", ".find", ".map-moves", ".week", ".button", ".chips"):
        assert all(not one.is_visible() for one in page.locator(control).all()), control
    expect(page.locator(".paper").first).to_contain_text("/?q=withrow")
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.querySelector('.map-pin text')).fill") == "rgb(0, 0, 0)"
    assert io.BytesIO(page.pdf(format="A4")).read(5) == b"%PDF-"
    context.close()
