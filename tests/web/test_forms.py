"""Every form that needs a token can be sent over https, where a browser must say as well which page it comes from."""

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from meetups.accounts import choices
from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.domain.taps import Purpose
from meetups.hosting import helpers
from meetups.hosting.tokens import address
from meetups.rsvps import mail_links
from tests.factories import add_block, add_member, sign_in
from tests.hosting.world import HOUR, World

pytestmark = pytest.mark.one_database
SITE = "https://localhost"
# By what a form leads to, and what its page lets a browser say of itself: the address of both pages.
Forms = dict[tuple[str, str], tuple[str, str]]


@pytest.fixture
def guarded(app: Flask) -> Iterator[Flask]:
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


def endpoint(app: Flask, path: str, method: str = "GET") -> str | None:
    try:
        return str(app.url_map.bind("localhost").match(path.partition("?")[0].partition("#")[0], method=method)[0])
    except HTTPException:
        return None


def forms(app: Flask, client: FlaskClient, todo: list[str], seen: set[str | None]) -> Forms:
    """Walk some pages, and one of each kind that is linked from there and not seen yet; find the forms with a token."""
    found = Forms()
    while todo:
        path = todo.pop()
        page = client.get(path, base_url=SITE)
        soup = BeautifulSoup(page.text, "html.parser")
        for form in soup.select("form:has([name=csrf_token])"):
            action = str(form.get("action") or path)
            key = endpoint(app, action, "POST") or action, page.headers["Referrer-Policy"]
            found.setdefault(key, (action, path))
        linked = {endpoint(app, path): path for path in (str(one["href"]) for one in soup.select("a[href^='/']"))}
        todo += [path for kind, path in linked.items() if kind not in seen]
        seen |= set(linked)
    return found


def send(app: Flask, whose: Member | None, action: str, page: str, policy: str) -> int:
    """Send a form as a browser does that is on that page; only its token is filled in."""
    client = app.test_client()
    if whose:
        sign_in(client, whose)
    token = BeautifulSoup(client.get("/signin" if whose is None else "/me", base_url=SITE).text, "html.parser")
    data = {"csrf_token": str(token.select_one("[name=csrf_token]")["value"])}  # type: ignore[index]
    headers = {"Sec-Fetch-Site": "same-origin"} | ({} if policy == "no-referrer" else {"Referer": SITE + page})
    return client.post(action, data=data, base_url=SITE, headers=headers).status_code


def test_every_form_arrives_over_https(guarded: Flask, clock) -> None:  # type: ignore[no-untyped-def]
    world = World()
    helpers.name_cohost(world.meetup, world.ana, utcnow())
    helpers.accept_cohost(world.meetup, world.ana, utcnow())
    add_block(world.host, add_member("Zoe"))
    for one in (world.host, world.ana):
        # So that the button "It works again" is on all pages.
        one.mail_suspended_at = utcnow()
    clock.move_to(world.start - 2 * HOUR)
    date = f"/meetups/{world.meetup.public_id}/2026-12-01T1000"
    host_links = [address("still_on", world.date.uid, world.host), choices.unsubscribe_url(world.host, "host_list")]
    links = {
        world.host: [date, *host_links],
        world.ana: [date, mail_links.to_date(world.ana, world.date, Purpose.CANT)],
        None: ["/signin"],
    }
    seen, sent = {None}, set()
    for whose, paths in links.items():
        client = guarded.test_client()
        if whose:
            sign_in(client, whose)
        found = forms(guarded, client, [path.removeprefix("http://localhost") for path in paths], seen)
        for kind in set(found) - sent:
            assert send(guarded, whose, *found[kind], kind[1]) != 400, (kind, found[kind])
        sent |= set(found)
    kinds = {kind for kind, _ in sent}
    assert kinds > {"hosting.cohosts", "hosting.leave", "accounts.mail_works", "links.end_all", "accounts.signin"}
    assert len(kinds) > 20
    # Without a Referer none would.
    assert send(guarded, world.host, "/me/kids", "/me/kids", "no-referrer") == 400
