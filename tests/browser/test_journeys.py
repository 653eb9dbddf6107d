"""What the site is for, on a phone, with and without JavaScript: host, find, say yes, keep, be told."""

import re
import uuid

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.real_clock, pytest.mark.xdist_group("browser")]


def look_round(page: Page, role: str) -> None:
    page.goto("/signin")
    page.click(f"button[value={role}]")
    expect(page.get_by_text("You are looking round as")).to_be_visible()


def open_mail(page: Page, address: str, subject: str) -> None:
    """Wait for the worker's mail to an address and open its page."""
    for _ in range(60):
        page.goto("/mailbox")
        found = page.locator("a", has_text=subject).filter(has_text=address)
        if found.count():
            found.first.click()
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"no mail {subject!r}")


def code_of(page: Page) -> str:
    return re.search(r"\b(\d{6})\b", page.locator("h1").inner_text()).group(1)  # type: ignore[union-attr]


def test_a_stranger_finds_a_meetup_says_yes_and_has_it_in_her_calendar(page: Page, phone: BrowserContext) -> None:
    address = f"ana-{uuid.uuid4().hex[:8]}@example.org"
    page.goto("/")
    page.fill("input[name=q]", "Withrow Park")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("h1")).to_have_text("Near Withrow Park")
    open_one = (
        page.locator(".list > li")
        .filter(has_not_text="Full")
        .filter(has_not_text="Cancelled")
        .filter(has_not_text="Today")
        .first
    )
    open_one.locator("h3 a").click()
    date_page = page.url
    page.get_by_role("link", name="I come").click()
    page.get_by_label("Your first name").fill("Ana")
    page.get_by_role("button", name="I come").click()
    expect(page.get_by_text("Type your email address").first).to_be_visible()
    expect(page.get_by_label("Your first name")).to_have_value("Ana")
    page.get_by_label("Your email").fill(address)
    page.get_by_role("button", name="I come").click()
    expect(page.locator("h1")).to_have_text("Look in your mail")
    mail = phone.new_page()
    open_mail(mail, address, "is your Hello Park code")
    page.get_by_label("Code").fill(code_of(mail))
    page.get_by_role("button", name="Confirm my answer").click()
    expect(page.get_by_text(re.compile("You are going. (We will remind you|See you there)"))).to_be_visible()
    assert page.url == date_page
    expect(page.get_by_text("How to find")).to_be_visible()
    page.get_by_role("link", name="Add to calendar").click()
    expect(page.get_by_role("link", name="Open in Calendar")).to_have_attribute(
        "href", re.compile(r"^webcal://.*\.ics$")
    )
    open_mail(mail, address, "You are in")
    expect(mail.get_by_role("link", name="meetup.ics")).to_be_visible()
    page.goto("/mine")
    page.get_by_role("button", name="I can’t make it").click()
    expect(page.get_by_text("Noted: you can’t make it to ")).to_be_visible()


def test_a_host_posts_a_weekly_walk_and_another_mother_finds_it(
    page: Page, phone: BrowserContext, scripted: bool
) -> None:
    look_round(page, "host")
    title = f"Slow walk {uuid.uuid4().hex[:6]}"
    page.goto("/meetups/new")
    page.get_by_label("Which park?").fill("Greenwood Park")
    page.locator("summary").filter(has_text="More").click()
    page.get_by_label("Title").fill(title)
    spot = page.get_by_label("How will people find you?")
    # With scripts she has read what will happen, and the button says that it posts.
    page.get_by_role("button", name="Post it" if scripted else "Check it").click()
    expect(page.get_by_text("Say how people will find you").first).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value(title)
    spot.fill("Red stroller by the pool")
    if scripted:
        expect(page.locator("[data-preview-out]")).to_contain_text("Every ")
    if not scripted:
        page.get_by_role("button", name="Check it").click()
        expect(page.get_by_text(re.compile(r"Every \w+day at \d+:\d\d"))).to_be_visible()
    page.get_by_role("button", name="Post it").click()
    expect(page.get_by_text("Posted.")).to_be_visible()
    expect(page.locator("h1")).to_have_text(title)
    shared = page.url
    change(page, "Only this date", "11:30", scripted)
    expect(page.get_by_text("Only this date: ")).to_be_visible()
    page.get_by_role("button", name="Save it").click()
    expect(page.get_by_text("This date was moved to")).to_be_visible()
    phone.clear_cookies()
    page.goto(shared)
    expect(page.get_by_text("11:30").first).to_be_visible()
    expect(page.get_by_text("Red stroller")).to_have_count(0)


def change(page: Page, scope: str, time: str, scripted: bool) -> None:
    """Change a date's hour as far as to what will happen."""
    page.get_by_role("link", name="Change this date").click()
    if scripted:
        expect(page.get_by_label("Repeats")).to_be_hidden()
    page.locator("label", has_text=scope).click()
    page.locator("[name=time]").fill(time)
    page.get_by_role("button", name="Check the changes").click()
    expect(page.get_by_role("heading", name="This will happen")).to_be_visible()


def test_a_host_changes_all_that_follow_and_takes_it_back(page: Page, scripted: bool) -> None:
    look_round(page, "host")
    page.goto("/mine")
    hosting = page.locator("section", has=page.get_by_role("heading", name="You are hosting"))
    hosting.locator("li").filter(has_not_text="Today").locator("h3 a").first.click()
    before = page.locator(".facts").inner_text()
    change(page, "This and all after it", "16:45", scripted)
    expect(page.get_by_text(re.compile(r"\d+ dates? changes?.* told\."))).to_be_visible()
    page.get_by_role("button", name="Save it").click()
    expect(page.locator(".facts")).to_contain_text("16:45")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("All is as it was")).to_be_visible()
    assert page.locator(".facts").inner_text() == before


def test_near_me_says_where_she_is_to_a_hundred_metres_and_no_closer(chromium: Browser, site: str) -> None:
    context = chromium.new_context(
        **PHONE,
        base_url=site,
        geolocation={"latitude": 43.674738, "longitude": -79.347619},
        permissions=["geolocation"],
    )  # type: ignore[arg-type]
    page, sent = context.new_page(), list[str]()
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data} {request.headers}"))
    page.goto("/?kind=walk")
    page.get_by_role("button", name="Near me").click()
    expect(page.locator("h1")).to_have_text(re.compile("^Around "))
    assert page.url == f"{site}/?within=800&kind=walk&near=43.675%2C-79.348"
    # Where a form asks for the place alone, it is put there, and what else was typed stays.
    look_round(page, "host")
    page.goto("/places/new")
    page.get_by_label("What is it called?").fill("Corner Playground")
    page.get_by_role("button", name="I am there now").click()
    expect(page.get_by_label("Where is it?")).to_have_value("43.675,-79.348")
    expect(page.get_by_label("What is it called?")).to_have_value("Corner Playground")
    context.close()
    assert not [said for said in sent if "43.6747" in said or "79.3476" in said]


def test_a_phone_that_does_not_say_where_it_is_leaves_a_line_and_the_place_to_type(
    chromium: Browser, site: str
) -> None:
    context = chromium.new_context(**PHONE, base_url=site, permissions=[])  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/?q=withrow")
    days = {round(box["width"]) for day in page.locator(".week a").all() if (box := day.bounding_box())}
    assert max(days) - min(days) <= 1, "each day is as easy to hit as another"
    page.get_by_role("button", name="Near me").click()
    expect(page.get_by_role("alert")).to_have_text("Your phone did not say where you are. Type a place instead.")
    page.goto("/meetups/new")
    chevron = "getComputedStyle(document.querySelector('.more > summary'), '::after').width"
    assert page.evaluate(chevron) == "8.5px"
    context.close()


def test_a_first_timer_keeps_her_own_calendar(page: Page) -> None:
    look_round(page, "first-timer")
    page.goto("/me/calendar")
    page.get_by_role("button", name="Make an address").click()
    address = page.locator("#address").input_value()
    answer = page.request.get(address)
    assert answer.status == 200 and "BEGIN:VCALENDAR" in answer.text()
    page.reload()
    expect(page.locator("#address")).to_have_count(0)
