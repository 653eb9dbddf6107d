"""Waiting on a phone: found nothing, told later; and what a host reads of it as she chooses a park."""

import uuid

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_journeys import code_of, look_round, open_mail

pytestmark = [pytest.mark.browser, pytest.mark.real_clock, pytest.mark.xdist_group("browser")]


def test_a_stranger_who_finds_nothing_asks_to_be_told_and_ends_it(page: Page, phone: BrowserContext) -> None:
    address = f"noor-{uuid.uuid4().hex[:8]}@example.org"
    page.goto("/?q=Thorncliffe+Park")
    expect(page.get_by_text("A few others wait here, too.")).to_be_visible()
    page.get_by_role("link", name="Tell me when one starts").click()
    expect(page.get_by_text("Near Thorncliffe Park, up to 15 minutes on foot, for any age")).to_be_visible()
    page.get_by_text("Another walk or age").click()
    page.get_by_label("For", exact=True).select_option(label="6-11 months")
    page.get_by_label("Your first name").fill("Noor")
    page.get_by_label("Your email").fill(address)
    page.get_by_role("button", name="Tell me").click()
    mail = phone.new_page()
    open_mail(mail, address, "is your Hello Park code")
    page.get_by_label("Code").fill(code_of(mail))
    page.get_by_role("button", name="Tell me").click()
    expect(page.get_by_text("We will tell you once something starts near Thorncliffe Park")).to_be_visible()
    expect(page.locator(".rows")).to_contain_text("for 6 to 11 months")
    page.get_by_role("button", name="Stop waiting").click()
    expect(page.get_by_text("You are not waiting for anything")).to_be_visible()


def test_a_host_reads_that_families_wait_and_as_she_types_for_another_park(page: Page, scripted: bool) -> None:
    look_round(page, "host")
    page.goto("/meetups/new")
    block = page.locator("[data-waiting]")
    expect(block).to_contain_text("Families near here wait for something to start: a few.")
    expect(page.locator("label.chip", has_text="Leslie Grove Park")).to_contain_text("families wait")
    expect(page.locator("label.chip", has_text="Morse Street Playground")).not_to_contain_text("families wait")
    page.get_by_label("Which park?").fill("Blantyre Park")
    if not scripted:
        page.get_by_role("button", name="Check it").click()
    expect(block).to_be_hidden()
    page.get_by_label("Which park?").fill("R.V. Burgess Park")
    if scripted:
        expect(block).to_be_visible()
