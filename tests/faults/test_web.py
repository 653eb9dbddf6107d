"""The site itself, by real processes: killed in mid-request, and without its database."""

import os
import random
import signal
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.client import HTTPException
from typing import Any

import psutil
import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import select
from sqlalchemy.engine import make_url

from meetups.accounts.models import LoginSession, Member
from meetups.accounts.sessions import TOKEN
from meetups.clock import utcnow
from meetups.columns import hashed, secret
from meetups.config import Settings
from meetups.events.models import Occurrence, rid
from meetups.extensions import db
from meetups.rsvps.models import Rsvp
from tests.factories import add_member
from tests.faults.conftest import LONG, Record
from tests.faults.databases import writing
from tests.faults.driving import settle
from tests.faults.invariants import FACTS, judge
from tests.faults.processes import answers, until, web
from tests.faults.proxy import proxy
from tests.faults.sink import Sink
from tests.faults.world import DAY, Owed, World, date_in

pytestmark = [pytest.mark.real_clock, pytest.mark.usefixtures("app")]
MEMBERS, PLACES, KILLS = 60, 20, 20
# Seconds until the last family has its answer, on a machine that has other work too.
ANSWERED_WITHIN = 300.0


@dataclass
class Phone:
    """One member's browser: what it asks for, and what became of it."""

    cookie: str
    site: str
    said: list[int] = field(default_factory=list)  # statuses; 0 where the connection broke

    def ask(self, path: str, **form: str) -> tuple[int, dict[str, str], str]:
        """GET, or POST a form with the token of its page; return status, headers and body."""
        data = None
        if form:
            status, headers, page = self.ask(path)
            if status != 200:
                return status, headers, page
            token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
            data = urllib.parse.urlencode(form | {"csrf_token": token}).encode()
        request = urllib.request.Request(self.site + path, data, {"Cookie": self.cookie})
        try:
            with _sent(request) as answer:
                return self._noted(answer.status, dict(answer.headers), answer.read().decode())
        except (OSError, HTTPException):
            # Also where it broke in mid-answer.
            return self._noted(0, {}, "")

    def _noted(self, status: int, headers: dict[str, str], body: str) -> tuple[int, dict[str, str], str]:
        self.said.append(status)
        return status, headers, body


def _sent(request: urllib.request.Request) -> Any:
    """Return the answer, whatever its status is."""
    try:
        return urllib.request.build_opener(_Stay).open(request, timeout=60)
    except urllib.error.HTTPError as error:
        return error


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer."""

    def redirect_request(self, *_args: object, **_more: object) -> None:
        return None


def signed_in(app: Flask, member: Member, site: str) -> Phone:
    """Sign a member in at the running site, by a row and a cookie as it makes them."""
    token, now = secret(), utcnow()
    ends = now + timedelta(days=90)
    db.session.add(
        LoginSession(token_hash=hashed(token), member_id=member.id, created_at=now, last_seen_at=now, expires_at=ends, device="x")
    )  # fmt: skip
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer
    value = signer.dumps({TOKEN: token, "csrf_token": secret()})
    return Phone(f"{app.config['SESSION_COOKIE_NAME']}={value}", site)


def at(date: Occurrence, what: str = "answer") -> str:
    return f"/meetups/{date.meetup.public_id}/{rid(date.recurrence_id)}/{what}"


def in_threads(work: Sequence[Callable[[], object]]) -> list[threading.Thread]:
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    return threads


@pytest.mark.harder
def test_the_web_process_is_killed_in_mid_request_under_load(
    app: Flask, settings: Settings, post: Sink, record: Record
) -> None:
    date = date_in(add_member("Hana"), 3 * DAY, utcnow(), capacity=PLACES)
    members = [add_member(f"Family {number}") for number in range(MEMBERS)]
    with web(settings) as (gunicorn, site):
        phones = [signed_in(app, member, site) for member in members]
        path = at(date)
        db.session.commit()
        over = threading.Event()

        def tap(phone: Phone) -> None:
            # Yes and no by turns until the killing is over, and a yes that is answered at the end.
            while not over.is_set():
                phone.ask(path, answer=random.choice(["going", "not_going"]))
            until(lambda: phone.ask(path, answer="going")[0] == 302, ANSWERED_WITHIN)

        threads = in_threads([lambda phone=phone: tap(phone) for phone in phones])
        killed: set[int] = set()
        while len(killed) < KILLS:
            said = sum(len(phone.said) for phone in phones)
            until(lambda said=said: sum(len(phone.said) for phone in phones) > said + 5)
            alive = {child.pid for child in psutil.Process(gunicorn.pid).children()} - killed
            if alive:
                victim = random.choice(sorted(alive))
                os.kill(victim, signal.SIGKILL)
                killed.add(victim)
        over.set()
        for thread in threads:
            thread.join(ANSWERED_WITHIN)
        statuses = {status for phone in phones for status in phone.said}
    settle(post.transport())
    verdict = judge(told_that_they_are_in(date), post.taken)
    if statuses - {0, 200, 302, 503}:
        verdict.broken.append(f"the site said {sorted(statuses)}")
    if db.session.get_one(Occurrence, date.id).taken != PLACES:
        verdict.broken.append("places are left while families wait")
    db.session.rollback()
    record(f"web killed -9 under load of {MEMBERS}", len(killed), verdict)
    assert 0 in statuses, "no request was cut"


def told_that_they_are_in(date: Occurrence) -> World:
    """A world in which whoever has a place must hear so, at once or when let in."""
    going = db.session.scalars(
        select(Member.email).join(Rsvp).where(Rsvp.occurrence_id == date.id, Rsvp.answer == "going")
    )
    world = World(either=[frozenset(Owed(one, date.id, email) for one in FACTS) for email in going])
    db.session.rollback()
    return world


def is_friendly(answer: tuple[int, dict[str, str], str]) -> bool:
    status, headers, body = answer
    return status == 503 and int(headers["Retry-After"]) > 0 and "Nothing was lost" in body and "</html>" in body


@pytest.mark.only("sqlite")
def test_a_database_that_is_locked_is_said_and_comes_back(
    app: Flask, settings: Settings, post: Sink, record: Record
) -> None:
    date, member_id = a_date_and_a_member()
    path = at(date)
    with web(settings, workers=1) as (_, site):
        phone = signed_in(app, db.session.get_one(Member, member_id), site)
        db.session.commit()
        broken = []
        with writing():
            if phone.ask("/")[0] != 200 or phone.ask("/mine")[0] != 200 or phone.ask(path)[0] != 200:
                broken.append("a page that only reads waits for a writer")
            if LONG and not is_friendly(phone.ask(path, answer="going")):
                broken.append("a writer that waited too long is not told so kindly")
        if phone.ask(path, answer="going")[0] != 302:
            broken.append("an answer after the lock was refused")
    settle(post.transport())
    verdict = judge(told_that_they_are_in(date), post.taken)
    verdict.broken += broken
    record("web while SQLite is locked", 1, verdict)


def a_date_and_a_member() -> tuple[Occurrence, int]:
    date, member = date_in(add_member("Hana"), 3 * DAY, utcnow()), add_member("Ana")
    db.session.commit()
    return date, member.id


@pytest.mark.only("postgresql")
def test_a_database_that_is_away_is_said_and_comes_back(
    app: Flask, settings: Settings, post: Sink, record: Record
) -> None:
    date, member_id = a_date_and_a_member()
    path = at(date)
    url = make_url(settings.database_url)
    host = str(url.query.get("host") or url.host)
    upstream = f"{host}/.s.PGSQL.{url.port or 5432}" if host.startswith("/") else f"{host}:{url.port or 5432}"
    with proxy(upstream) as line:
        through = url.set(host="127.0.0.1", port=line.port).difference_update_query(["host"])
        elsewhere = replace(settings, database_url=through.render_as_string(hide_password=False))
        with web(elsewhere, workers=1) as (_, site):
            phone = signed_in(app, db.session.get_one(Member, member_id), site)
            db.session.commit()
            broken = [] if phone.ask("/mine")[0] == 200 else ["it did not work before"]
            line.down()
            asked = [phone.ask(one) for one in ("/", "/mine", path, "/readyz")]
            broken += [] if all(is_friendly(one) for one in asked) else [f"said {phone.said}"]
            broken += [] if phone.ask("/healthz")[0] == 200 else ["healthz needs the database"]
            line.up()
            until(lambda: answers(f"{site}/"))
            broken += [] if phone.ask(path, answer="going")[0] == 302 else ["it does not come back"]
    settle(post.transport())
    verdict = judge(told_that_they_are_in(date), post.taken)
    verdict.broken += broken
    record("web while PostgreSQL is away", 1, verdict)
