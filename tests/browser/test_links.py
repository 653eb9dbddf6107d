"""A mail's link in a mail program's own browser: signed out, on a phone, in both themes."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE
from tests.browser.test_journeys import look_round
from tests.browser.test_pages import BROKEN_WORDS, COLOURS, SMALLEST, WIDER, violations

pytestmark = [pytest.mark.browser, pytest.mark.real_clock, pytest.mark.xdist_group("browser")]


def say_yes(page: Page) -> str:
    """Say yes to a date, as somebody who looks round; return the date's path."""
    look_round(page, "first-timer")
    page.goto("/?q=withrow")
    free = page.locator(".list > li").filter(has_not_text="Full").filter(has_not_text="Today")
    free.filter(has_not_text="Cancelled").filter(has_not_text="Going").first.locator("h3 a").click()
    page.get_by_role("button", name="Going", exact=True).click()
    expect(page.get_by_text("You are going.")).to_be_visible()
    return page.url.partition("/meetups/")[2]


def welcomes(page: Page) -> list[str]:
    """The paths of the mails "You are in", to anybody, the newest first."""
    page.goto("/mailbox")
    found = page.locator("main li a", has_text="You are in")
    return [one.get_attribute("href") or "" for one in found.all()]


def link_of(page: Page, date: str, before: list[str]) -> str:
    """Wait for the worker's mail about a date, which is none of those `before`; return its link that answers."""
    for _ in range(60):
        for mail in [path for path in welcomes(page) if path not in before]:
            page.goto(mail)
            text = page.locator("pre.mail-text")
            if date in text.inner_text():
                return text.locator("a[href*='/answer/']").get_attribute("href") or ""
        page.wait_for_timeout(250)
    raise AssertionError("no mail about it")


def referrer_elsewhere(page: Page, site: str, path: str) -> str:
    """Follow a link from a page to another origin; return what that is told of where one comes from."""
    elsewhere = site.replace("127.0.0.1", "localhost") + "/about"
    page.goto(path)
    page.evaluate("to => { document.querySelector('main a').href = to }", elsewhere)
    page.locator("main a").first.click()
    page.wait_for_url(elsewhere)
    return str(page.evaluate("document.referrer"))


@pytest.fixture
def link(page: Page) -> str:
    before = welcomes(page)
    return link_of(page, say_yes(page), before)


def a_mail_programs(chromium: Browser, site: str, **options: Any) -> Page:
    """A page of a browser that has never been here."""
    return chromium.new_context(base_url=site, **{**PHONE, **options}).new_page()


def test_one_tap_from_the_mail_answers_and_can_be_taken_back(
    chromium: Browser, site: str, link: str, scripted: bool, page: Page
) -> None:
    mail = a_mail_programs(chromium, site, java_script_enabled=scripted)
    mail.goto(link)
    expect(mail.get_by_role("heading", name="You are going")).to_be_visible()
    mail.get_by_role("button", name="I can’t make it").click()
    expect(mail.get_by_role("heading", name="Noted: you can’t make it")).to_be_visible()
    mail.get_by_role("button", name="I can come after all").click()
    expect(mail.get_by_role("heading", name="You are going")).to_be_visible()
    assert mail.context.cookies() == [] and mail.url.endswith(link)
    mail.get_by_role("link", name="Sign in to see the details").click()
    assert "/signin" in mail.url
    assert referrer_elsewhere(mail, site, link) == "", "no other site learns of an address that is a permission"
    mail.context.close()


@pytest.mark.parametrize("scripted", [True], indirect=True, ids=["js"])
def test_the_page_is_for_everybody(chromium: Browser, site: str, link: str) -> None:
    mail = a_mail_programs(chromium, site, color_scheme="light", viewport=SMALLEST, reduced_motion="reduce")
    mail.goto(link)
    assert violations(mail) == []
    mail.emulate_media(color_scheme="dark")
    assert violations(mail, COLOURS) == []
    assert mail.evaluate(WIDER) <= 0
    mail.evaluate("document.documentElement.style.fontSize = '200%'")
    assert mail.evaluate(WIDER) <= 0 and mail.evaluate(BROKEN_WORDS) == []
    mail.context.close()
