"""Answering from a mail without signing in: who may, for how long, and that looking changes nothing."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from sqlalchemy import func, select

from meetups import logs
from meetups.accounts.models import Attempt, Member
from meetups.domain.capacity import Answer
from meetups.domain.taps import Purpose
from meetups.events import editing, services, splitting, undo
from meetups.events.models import Meetup, Occurrence
from meetups.events.scopes import draft_of, draft_of_date
from meetups.extensions import Base, db
from meetups.rsvps import mail_links, standing
from meetups.rsvps import services as rsvps
from meetups.rsvps.models import Rsvp
from tests.conftest import NOW
from tests.events.drafts import dates_of
from tests.factories import add_block, add_kid, add_member, sign_in
from tests.rsvps.moving import says
from tests.rsvps.post import Post

LOOKS = ("GET", "HEAD", "OPTIONS")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A mail program's browser: no cookies, and every form of the site wants its CSRF token."""
    app.config["WTF_CSRF_ENABLED"] = True
    return app.test_client(use_cookies=False)


@pytest.fixture
def ana(date: Occurrence) -> Member:
    """Ana comes, with one of her two kids."""
    member = add_member("Ana")
    kids = [add_kid(member, NOW.date()), add_kid(member, NOW.date())]
    rsvps.answer(date, member, Answer.GOING, kids[:1], NOW)
    db.session.commit()
    return member


def path_to(member: Member, date: Occurrence, purpose: Purpose = Purpose.CANT) -> str:
    return mail_links.to_date(member, date, purpose).removeprefix("http://localhost")


def path_to_dates(member: Member, *dates: Occurrence) -> str:
    return mail_links.to_dates(member, dates).removeprefix("http://localhost")


def page(browser: FlaskClient, path: str) -> BeautifulSoup:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "html.parser")


def buttons(page: BeautifulSoup, kind: str = "button") -> list[str]:
    return [button.text.strip() for button in page.select(f"main form button.{kind}")]


def given(member: Member, date: Occurrence) -> tuple[str, int]:
    """Her answer as it is in the database now, and with how many kids."""
    db.session.rollback()
    row = db.session.scalars(select(Rsvp).filter_by(member_id=member.id, occurrence_id=date.id)).one()
    found = row.answer, len(row.kids)
    db.session.rollback()
    return found


def dump() -> bytes:
    """Everything that is in the database."""
    db.session.rollback()
    rows = {table.name: db.session.execute(select(table)).all() for table in Base.metadata.sorted_tables}
    db.session.rollback()
    return repr({name: sorted(map(repr, found)) for name, found in rows.items()}).encode()


def test_a_hundred_looks_change_nothing_and_one_tap_does(browser: FlaskClient, ana: Member, date: Occurrence) -> None:
    paths = [path_to(ana, date), path_to(ana, date, Purpose.COME), path_to_dates(ana, date)]
    before = dump()
    for number in range(102):
        assert browser.open(paths[number % 3], method=LOOKS[number // 3 % 3]).status_code == 200
    assert dump() == before
    for _ in range(2):
        answer = browser.post(paths[0], data={"answer": "not_going"})
        assert answer.status_code == 303 and answer.location == paths[0] and "Set-Cookie" not in answer.headers
        assert given(ana, date) == ("not_going", 1)
    assert before != dump()
    db.session.refresh(date)
    assert date.taken == 0 and len(db.session.scalars(select(Rsvp)).all()) == 1


def test_the_page_has_one_main_button_for_what_the_link_says(
    browser: FlaskClient, ana: Member, date: Occurrence
) -> None:
    cant, come = path_to(ana, date), path_to(ana, date, Purpose.COME)
    assert buttons(page(browser, cant), "primary") == ["I can’t make it"]
    assert buttons(page(browser, cant), "quiet") == ["Maybe"]
    assert "You are going" in page(browser, come).text and buttons(page(browser, come), "primary") == []
    form = page(browser, cant).select_one("main form")
    assert form and form["method"] == "post" and not form.select("input")
    browser.post(cant, data={"answer": "not_going"})
    assert "Noted: you can’t make it" in page(browser, cant).text
    assert buttons(page(browser, cant)) == ["I can come after all", "Maybe"]
    assert buttons(page(browser, come), "primary") == ["I can come after all"]
    browser.post(come, data={"answer": "going"})
    assert given(ana, date) == ("going", 1), "the kids of her last answer come along"


def test_who_waits_says_that_she_does_not_want_to(browser: FlaskClient, ana: Member, date: Occurrence) -> None:
    zoe = says(date, "Zoe").member
    db.session.commit()
    path = path_to(zoe, date)
    assert "You are number 1 on the waiting list" in page(browser, path).text
    assert buttons(page(browser, path), "primary") == ["I do not want to wait"]
    browser.post(path, data={"answer": "not_going"})
    assert buttons(page(browser, path)) == ["Join the waiting list", "Maybe"]
    browser.post(path, data={"answer": "going"})
    assert given(zoe, date) == ("waiting", 0)
    assert "Red stroller" not in page(browser, path).text


def offer(date: Occurrence, ana: Member) -> Member:
    """Let Zoe, who waits, be offered Ana's place an hour before."""
    zoe, at = says(date, "Zoe").member, date.starts_at - 60 * MINUTE
    rsvps.answer(date, ana, Answer.NOT_GOING, [], at)
    db.session.commit()
    return zoe


@pytest.mark.parametrize(("tap", "others"), [("going", "waiting"), ("not_going", "offered"), ("maybe", "offered")])
def test_a_place_that_is_offered_is_taken_or_left_in_one_tap(
    browser: FlaskClient, clock: time_machine.Traveller, ana: Member, date: Occurrence, tap: str, others: str
) -> None:
    zoe = offer(date, ana)
    mia = says(date, "Mia", now=date.starts_at - 59 * MINUTE).member
    db.session.commit()
    clock.move_to(date.starts_at - 58 * MINUTE)
    come, cant = path_to(zoe, date, Purpose.COME), path_to(zoe, date)
    for path, main in ((come, "Yes, I come"), (cant, "No, this time not")):
        text = page(browser, path).text
        assert "A place came free. Will you come?" in text and "kept for you until 9:20" in text
        assert buttons(page(browser, path), "primary") == [main] and "Red stroller" not in text
    assert given(zoe, date)[0] == "offered"
    browser.post(come, data={"answer": tap})
    assert (given(zoe, date)[0], given(mia, date)[0]) == (tap, others)
    assert ("Red stroller" in page(browser, come).text) is (tap == "going")


def test_an_offer_that_she_let_pass_is_the_waiting_list_again(
    browser: FlaskClient, clock: time_machine.Traveller, ana: Member, date: Occurrence
) -> None:
    zoe = offer(date, ana)
    Post().deliver(date.starts_at - 60 * MINUTE)
    clock.move_to(date.starts_at - 30 * MINUTE)
    rsvps.expire_offers(date.starts_at - 30 * MINUTE)
    db.session.commit()
    text = page(browser, path_to(zoe, date, Purpose.COME)).text
    assert "number 1 on the waiting list" in text and "kept for you" not in text


def chips(page: BeautifulSoup) -> list[str]:
    return [chip["value"] for chip in page.select("main button[name=reason]")]


def test_why_she_cannot_come_is_one_more_tap_for_who_likes(browser: FlaskClient, ana: Member, date: Occurrence) -> None:
    path = path_to(ana, date)
    assert chips(page(browser, path)) == []
    browser.post(path, data={"answer": "not_going"})
    assert chips(page(browser, path)) == ["nose", "nap", "rain", "other"]
    browser.post(path, data={"answer": "not_going", "reason": "<b>long story</b>"})
    assert chips(page(browser, path)) != []
    browser.post(path, data={"answer": "not_going", "reason": "nap"})
    assert chips(page(browser, path)) == [] and "Those who host read: nap ran long." in page(browser, path).text
    row = db.session.scalars(select(Rsvp).filter_by(member_id=ana.id)).one()
    assert (row.answer, row.reason, len(row.kids)) == ("not_going", "nap", 1)


def test_after_a_move_the_link_finds_its_date_and_asks_again(
    browser: FlaskClient, ana: Member, date: Occurrence
) -> None:
    path, before = path_to(ana, date, Purpose.COME), date.recurrence_id
    with undo.undoable(date.meetup, NOW):
        editing.edit(date.meetup, draft_of(date.meetup, date.meetup.starts + timedelta(hours=5)), NOW)
    db.session.commit()
    assert date.recurrence_id != before, "its address on the site is another now"
    assert "It has moved. Will you still come?" in page(browser, path).text
    assert buttons(page(browser, path), "primary") == ["Still coming"]
    browser.post(path, data={"answer": "going"})
    assert "You are going" in page(browser, path).text and given(ana, date) == ("going", 1)


def test_it_shows_no_more_than_the_mail_told(browser: FlaskClient, ana: Member, date: Occurrence) -> None:
    date.capacity, date.meetup.note = 5, "Bring the blue book"
    says(date, "Quentina")
    path = path_to(ana, date)
    text = page(browser, path).text
    assert "Red stroller" in text and "Quentina" not in text and "blue book" not in text
    browser.post(path, data={"answer": "maybe"})
    assert "Red stroller" not in page(browser, path).text, "the spot is for those who come"


def test_it_signs_nobody_in_and_says_the_way_to_the_details(app: Flask, ana: Member, date: Occurrence) -> None:
    path, client = path_to(ana, date), app.test_client()
    links = [link["href"] for link in page(client, path).select("main a")]
    (to,) = links
    assert to.startswith("/signin?next=/meetups/") and "answer" not in to
    client.post(path, data={"answer": "maybe"})
    assert client.get("/me").status_code == 302 and client.get_cookie("session") is None
    sign_in(client, ana)
    assert [link.text for link in page(client, path).select("main a")] == ["See the details"]


def test_the_address_stays_secret(
    browser: FlaskClient, ana: Member, date: Occurrence, caplog: pytest.LogCaptureFixture
) -> None:
    path, wrong = path_to(ana, date), "/answer/WyJYZ0lBYnZOY1phTWs4Z0REdDgxbnVBI.wrong"
    assert len(path_to_dates(ana, date)) < 150
    with caplog.at_level(logging.DEBUG):
        answers = [browser.get(path), browser.get(wrong), browser.post(path, data={"answer": "maybe"})]
    for answer in answers:
        headers = answer.headers
        assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "same-origin")
        assert "noindex" in headers["X-Robots-Tag"] and headers["Content-Security-Policy"]
    lines = "\n".join(logs.formatter("text").format(record) for record in caplog.records)
    assert "route=/answer/<token> method=GET status=200" in lines
    assert path.split("/")[-1] not in lines and wrong.split("/")[-1] not in lines
    assert path.split("/")[-1] not in answers[0].text


def forged(app: Flask, salt: str, member: Member, what: str, purpose: str = "cant", number: int = 0) -> str:
    signer = URLSafeSerializer(app.config["SECRET_KEY"], salt=salt)
    return f"/answer/{signer.dumps([member.public_id, what, purpose, number, 2**31])}"


def test_what_leads_nowhere_looks_like_what_never_was(
    app: Flask, browser: FlaskClient, ana: Member, date: Occurrence
) -> None:
    zoe, salt = add_member("Zoe"), "answer from a mail"
    db.session.commit()
    hers = path_to(ana, date)
    middle = len("/answer/") + 12
    wrong = {
        "another key's": forged(app, "unsubscribe", ana, date.uid),
        "changed in the middle": hers[:middle] + ("A" if hers[middle] != "A" else "B") + hers[middle + 1 :],
        "cut": hers[:-3],
        "nonsense": "/answer/x",
        "another's name on her signature": forged(app, salt, zoe, date.uid).split(".")[0] + "." + hers.split(".")[-1],
        "a date of somebody gone": forged(app, salt, Member(public_id="A" * 22, mail_links=0), date.uid),
        "a date of nobody": forged(app, salt, ana, "A" * 22),
        "a meetup of nobody": forged(app, salt, ana, "A" * 22, "dates"),
        "no purpose of ours": forged(app, salt, ana, date.uid, "host"),
        "an older number": forged(app, salt, ana, date.uid, number=-1),
    }
    assert browser.get(forged(app, salt, ana, date.uid)).status_code == 200, "this is how they are made"
    never = browser.get("/answer/never")
    for why, path in wrong.items():
        for answer in (browser.get(path), browser.post(path, data={"answer": "not_going"})):
            assert (answer.status_code, answer.data) == (404, never.data), why
    assert given(ana, date) == ("going", 1)


@pytest.mark.parametrize("what", ["one date", "each of them"])
def test_what_a_pause_has_taken_back_can_be_said_again(browser: FlaskClient, date: Occurrence, what: str) -> None:
    zoe = add_member("Zoe")
    kid = add_kid(zoe, NOW.date())
    row = standing.say(date.meetup, zoe, [kid], NOW)
    path = path_to(zoe, date) if what == "one date" else path_to_dates(zoe, date)
    standing.pause(row, NOW.date() + timedelta(days=300), NOW)
    db.session.commit()
    text = page(browser, path).text
    assert "Your pause skips it" in text and "Red stroller" not in text
    assert buttons(page(browser, path))[:2] == ["I come", "Maybe"]
    for _ in range(2):
        browser.post(path, data={"date": date.uid, "answer": "going"})
    assert given(zoe, date) == ("going", 1), "with whom she would have come"
    assert ("To this date you said yes yourself, so it stays." in page(browser, path).text) == (what == "one date")
    add_block(date.meetup.host, zoe)
    db.session.commit()
    assert browser.get(path).status_code == 404


def test_late_is_one_more_tap_from_three_hours_before_until_it_ends(
    browser: FlaskClient, ana: Member, date: Occurrence, clock: time_machine.Traveller
) -> None:
    path, starts, ends = path_to(ana, date, Purpose.COME), date.starts_at, date.ends_at
    clock.move_to(starts - 181 * MINUTE)
    assert lates(page(browser, path)) == []
    for at in (starts - 180 * MINUTE, starts + MINUTE):
        clock.move_to(at)
        browser.post(path, data={"minutes": "0"})
        assert lates(page(browser, path)) == ["10", "20"]
        for _ in range(2):
            assert browser.post(path, data={"minutes": "10"}).status_code == 303
        assert "The others know: 10 minutes late" in page(browser, path).text
        assert lates(page(browser, path)) == ["20", "0"]
    for wrong in ("11", "-1", "x", ""):
        assert browser.post(path, data={"minutes": wrong}).status_code == 400
    assert db.session.scalars(select(Rsvp.late)).all() == [10]
    clock.move_to(ends)
    assert browser.post(path, data={"minutes": "20"}).status_code == 410


def lates(page: BeautifulSoup) -> list[str]:
    return [button["value"] for button in page.select("main button[name=minutes]")]


def test_who_does_not_come_is_not_late(
    browser: FlaskClient, ana: Member, date: Occurrence, clock: time_machine.Traveller
) -> None:
    clock.move_to(date.starts_at - 60 * MINUTE)
    path = path_to(ana, date)
    browser.post(path, data={"answer": "not_going"})
    assert lates(page(browser, path)) == []
    assert browser.post(path, data={"minutes": "10"}).status_code == 303
    assert db.session.scalars(select(Rsvp.late)).all() == [None]


def test_a_block_either_way_ends_it(browser: FlaskClient, ana: Member, date: Occurrence) -> None:
    never, paths = browser.get("/answer/never").data, (path_to(ana, date), path_to_dates(ana, date))
    add_block(date.meetup.host, ana)
    db.session.commit()
    for path in paths:
        for answer in (browser.get(path), browser.post(path, data={"answer": "maybe"})):
            assert (answer.status_code, answer.data) == (404, never)
    assert given(ana, date) == ("going", 1)


@pytest.mark.parametrize("gone", ["member", "date"])
def test_who_or_what_is_gone_is_gone(browser: FlaskClient, ana: Member, date: Occurrence, gone: str) -> None:
    paths = path_to(ana, date), path_to_dates(ana, date)
    model, own_id = (Member, ana.id) if gone == "member" else (Meetup, date.meetup_id)
    db.session.execute(Base.metadata.tables[model.__tablename__].delete().where(model.id == own_id))
    db.session.commit()
    assert [browser.get(path).status_code for path in paths] == [404, 404]


def test_it_lasts_until_the_date_ends(
    browser: FlaskClient, ana: Member, date: Occurrence, clock: time_machine.Traveller
) -> None:
    path, starts, ends = path_to(ana, date), date.starts_at, date.ends_at
    clock.move_to(starts)
    assert "This date has begun" in page(browser, path).text and buttons(page(browser, path)) == []
    assert browser.post(path, data={"answer": "not_going"}).status_code == 303
    assert given(ana, date) == ("going", 1)
    clock.move_to(ends)
    for answer in (browser.get(path), browser.post(path, data={"answer": "not_going"})):
        assert answer.status_code == 410 and "The date is over" in answer.text


def test_that_it_is_over_tells_of_no_block(
    browser: FlaskClient, ana: Member, date: Occurrence, clock: time_machine.Traveller
) -> None:
    row = standing.say(date.meetup, ana, [], NOW)
    standing.end(row, NOW)
    paths = path_to(ana, date), path_to_dates(ana, date), mail_links.to_series(row).removeprefix("http://localhost")
    services.cancel_series(date.meetup, None, NOW)
    db.session.commit()
    clock.move_to(db.session.scalars(select(func.max(Occurrence.ends_at))).one())
    before = [browser.get(path).data for path in paths]
    add_block(date.meetup.host, ana)
    db.session.commit()
    for path, said in zip(paths, before, strict=True):
        answer = browser.get(path)
        assert (answer.status_code, answer.data) == (410, said)


def test_of_a_cancelled_date_there_is_nothing_to_say(browser: FlaskClient, ana: Member, date: Occurrence) -> None:
    path = path_to(ana, date)
    services.cancel_date(date, "A cold", NOW)
    db.session.commit()
    assert "This date is cancelled. A cold" in page(browser, path).text and buttons(page(browser, path)) == []
    browser.post(path, data={"answer": "not_going"})
    assert given(ana, date) == ("going", 1)


def test_what_no_button_says_is_not_taken(browser: FlaskClient, ana: Member, date: Occurrence) -> None:
    other = dates_of(date.meetup)[1].uid
    for sent in ({}, {"answer": "waiting"}, {"answer": "x"}, {"answer": "maybe", "date": other}):
        assert browser.post(path_to(ana, date), data=sent).status_code == 400
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert browser.post(path_to(ana, date), data={"answer": "maybe"}, headers=elsewhere).status_code == 400
    assert given(ana, date) == ("going", 1)


def test_all_her_dates_of_a_meetup_one_tap_each(browser: FlaskClient, ana: Member, meetup: Meetup) -> None:
    dates = dates_of(meetup)
    for date in dates[1:3]:
        rsvps.answer(date, ana, Answer.GOING, [], NOW)
    says(dates[4], "Zoe")
    path = path_to_dates(ana, dates[0], dates[2])
    later = replace(draft_of_date(dates[1]), starts=dates[1].recurrence_id + timedelta(hours=5))
    part, _ = splitting.edit_following(dates[1], later, NOW)
    assert part is not meetup and path_to_dates(ana, dates[2]) != path
    db.session.commit()
    found = page(browser, path).select("main li.card")
    assert [item["id"] for item in found] == [date.uid for date in dates[:3]], "and no date that she never answered"
    assert [buttons_of(item) for item in found] == [
        ["Maybe", "I can’t make it"],
        ["Still coming", "Maybe", "I can’t make it"],
        ["Still coming", "Maybe", "I can’t make it"],
    ]
    tapped = browser.post(path, data={"date": dates[1].uid, "answer": "going"})
    assert tapped.location == f"{path}#{dates[1].uid}"
    browser.post(path, data={"date": dates[2].uid, "answer": "not_going"})
    assert [given(ana, date)[0] for date in dates[:3]] == ["going", "going", "not_going"]
    said = [item.b.text for item in page(browser, path).select("main li.card")]
    assert said == ["You are going", "You are going", "Noted: you can’t make it"]


def test_a_link_of_several_dates_ends_with_the_last_day_that_its_mail_told_of(
    browser: FlaskClient, ana: Member, meetup: Meetup, clock: time_machine.Traveller
) -> None:
    dates = dates_of(meetup)
    for date in dates[:4]:
        rsvps.answer(date, ana, Answer.GOING, [], NOW)
    db.session.commit()
    path = path_to_dates(ana, dates[0], dates[1])
    assert [item["id"] for item in page(browser, path).select("main li.card")] == [date.uid for date in dates[:2]]
    assert browser.post(path, data={"answer": "maybe", "date": dates[2].uid}).status_code == 400
    clock.move_to(dates[0].ends_at)
    assert [item["id"] for item in page(browser, path).select("main li.card")] == [dates[1].uid]
    clock.move_to(dates[1].ends_at)
    for answer in (browser.get(path), browser.post(path, data={"answer": "not_going", "date": dates[2].uid})):
        assert answer.status_code == 410 and "The date is over" in answer.text
    assert given(ana, dates[2])[0] == "going"


def buttons_of(item: Any) -> list[str]:
    return [button.text.strip() for button in item.select("button")]


def test_she_can_end_all_links_that_she_has_got(
    app: Flask, browser: FlaskClient, ana: Member, date: Occurrence
) -> None:
    old, client = path_to(ana, date), app.test_client()
    sign_in(client, ana)
    form = page(client, "/me").select_one("form[action='/me/links/end']")
    assert form
    sent = {"csrf_token": form.select_one("input[name=csrf_token]")["value"]}
    assert client.get("/me/links/end").status_code == 405
    assert client.post("/me/links/end").status_code == 400 and browser.get(old).status_code == 200
    assert "answer for nobody any more" in client.post("/me/links/end", data=sent, follow_redirects=True).text
    assert browser.get(old).status_code == 404
    db.session.refresh(ana)
    assert browser.get(path_to(ana, date)).status_code == 200, "the next mail's work"


def test_guesses_are_counted_at_all_doors_together_and_what_we_signed_is_never_refused(
    app: Flask, ana: Member, date: Occurrence
) -> None:
    browser, doors = app.test_client(), ("answer", "host", "unsubscribe")
    ended = path_to(ana, date)
    ana.mail_links += 1
    db.session.commit()
    path = path_to(ana, date)
    for _ in range(3):
        assert (browser.get(path).status_code, browser.get(ended).status_code) == (200, 404)
    assert db.session.scalars(select(Attempt.count)).all() == []
    tries = [(f"/{doors[n % 3]}/guess{n}", ("GET", "HEAD", "POST")[n // 3 % 3]) for n in range(63)]
    assert [browser.open(path, method=how).status_code for path, how in tries] == [404] * 60 + [429] * 3
    assert [browser.get(f"/{door}/guess").status_code for door in doors] == [429] * 3
    assert browser.get("/host/guess", environ_base={"REMOTE_ADDR": "198.51.100.7"}).status_code == 404
    # No number of guesses comes near 160 bits, and sixty would end the links of everybody behind a carrier's address.
    assert browser.post(path, data={"answer": "maybe"}).status_code == 303 and given(ana, date)[0] == "maybe"
    assert browser.get(ended).status_code == 404


def test_the_yes_of_a_link_is_confirmed_by_mail_like_any(
    browser: FlaskClient, ana: Member, date: Occurrence, clock: time_machine.Traveller
) -> None:
    post = Post()
    post.deliver(NOW + MINUTE)
    path = path_to(ana, date)
    for wanted in ("not_going", "going", "going"):
        clock.shift(MINUTE)
        browser.post(path, data={"answer": wanted})
    post.deliver(NOW + 4 * MINUTE)
    assert post.to(ana) == ["You are in: Tue 1 Dec, 10:00, Withrow Park"] * 2
