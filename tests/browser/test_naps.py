"""Naps on a phone, with and without JavaScript: said in three taps, hidden in the list, drawn for who hosts."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_journeys import look_round
from tests.browser.test_pages import violations, wrong

pytestmark = [pytest.mark.browser, pytest.mark.real_clock, pytest.mark.xdist_group("browser")]


def test_from_the_childs_row_to_saved_are_three_taps(page: Page, scripted: bool) -> None:
    look_round(page, "host")
    page.goto("/me/kids")
    row = page.locator("form.naps")
    expect(row).to_contain_text("As usual for the age")
    row.locator("summary").tap()
    if scripted:
        assert wrong(page) == {}
    row.get_by_role("radio", name="10", exact=True).tap()
    row.get_by_role("button", name="14:30").tap()
    words = "Naps about 10 to 11:15 and 14:30 to 16. Awake about 7 to 10, 11:15 to 14:30 and 16 to 19."
    expect(page.get_by_role("status")).to_have_text(f"Noted. {words}")
    page.locator("form.naps").get_by_role("button", name="Stop marking naps").tap()
    expect(page.get_by_role("status")).to_contain_text("Taken away")
    page.locator("form.naps").get_by_role("button", name="As usual for the age").tap()
    expect(page.locator("form.naps")).to_contain_text("As usual for the age: naps about")


def test_she_hides_what_falls_into_a_nap(page: Page) -> None:
    look_round(page, "first-timer")
    page.goto("/?q=withrow")
    expect(page.locator(".list .nap").first).to_have_text("in nap time")
    page.locator("summary").first.tap()
    page.get_by_text("Not in nap time").tap()
    page.get_by_role("button", name="Show these").tap()
    # What was chosen is said, and does not lie before the list.
    summary = page.locator(".filters:not([open]) summary")
    expect(summary).to_contain_text("not in nap time")
    expect(page.locator(".list .meet").first).to_be_visible()
    expect(page.locator(".list .nap")).to_have_count(0)
    assert "nap=no" in page.url
    summary.tap()
    expect(page.get_by_role("checkbox", name="Not in nap time")).to_be_checked()


def test_a_host_sees_which_hour_suits_most_as_she_writes(page: Page, scripted: bool) -> None:
    look_round(page, "regular")
    page.goto("/meetups/new")
    page.get_by_label("Which park?").fill("Phin Park")
    page.get_by_label("How will people find you?").fill("Red stroller")
    page.get_by_label("Time", exact=True).fill("15:00")
    if scripted:
        # It follows what she types.
        expect(page.locator(".suits figcaption")).to_contain_text("around Phin Park")
        expect(page.locator(".suits text.chosen")).to_have_text("15")
        assert violations(page) == []
        page.evaluate("document.querySelector('[name=seen]').value = ''")
    page.locator(".actions button").tap()
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
    picture = page.locator(".checked + div .suits")
    expect(picture).to_contain_text("around Phin Park")
    expect(picture.locator("svg rect")).to_have_count(10)
    assert "most are awake" in (picture.locator("svg").get_attribute("aria-label") or "").lower()
