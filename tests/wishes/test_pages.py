"""Waiting: offered where a search finds little, asked for with one tap, listed, ended; signed in and out."""

from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from time_machine import Traveller

from meetups.accounts.models import Kid, Member
from meetups.domain.ages import ALL_AGES, AgeBand
from meetups.domain.nearness import Point, cell_centre, home_cell
from meetups.domain.wishes import LASTS
from meetups.extensions import db
from meetups.wishes import services
from meetups.wishes.models import Wish
from tests.accounts.mail import code_mail, signed_in
from tests.conftest import NOW, counted_queries
from tests.factories import WITHROW, add_kid, add_meetup, add_member, add_place, add_wish, sign_in
from tests.taps import held_back

NEAR = "43.675,-79.348"
PAGE = f"/wishes/new?near={NEAR}"
ANY = str(int(ALL_AGES))


@pytest.fixture
def ana(client: FlaskClient) -> Member:
    """Signed in, at Withrow Park, where nothing is on."""
    add_place()
    ana = add_member("Ana", email="ana@example.org")
    sign_in(client, ana)
    return ana


def wishes() -> list[Wish]:
    db.session.rollback()
    return list(db.session.scalars(select(Wish).order_by(Wish.id)))


def offered(client: FlaskClient, address: str) -> str | None:
    link = BeautifulSoup(client.get(address).text, "html.parser").select_one("a[href^='/wishes/new']")
    return str(link["href"]) if link else None


def form_of(client: FlaskClient, address: str = PAGE) -> dict[str, str]:
    """What the page's form sends when nothing is changed."""
    form = BeautifulSoup(client.get(address).text, "html.parser").select_one("main form")
    chosen = {field["name"]: field.select_one("option[selected]")["value"] for field in form.select("select")}
    return chosen | {field["name"]: field.get("value", "") for field in form.select("input")}


def test_a_search_that_finds_little_offers_it_with_place_walk_and_age(client: FlaskClient, ana: Member) -> None:
    assert offered(client, f"/?near={NEAR}&age=8&within=1600") == f"/wishes/new?near={NEAR}&within=1600&age=8"
    assert offered(client, "/") is None, "nobody knows where"
    for _ in range(5):
        add_meetup(place=add_place())
    db.session.commit()
    assert offered(client, f"/?near={NEAR}") == PAGE
    add_meetup(place=add_place())
    db.session.commit()
    assert offered(client, f"/?near={NEAR}") is None


def test_the_offer_is_a_plain_link_for_strangers_too(app: Flask, ana: Member) -> None:
    page = BeautifulSoup(app.test_client().get(f"/?near={NEAR}").text, "html.parser")
    assert page.select_one(f"a[href='{PAGE}']") and not page.select("main form[method=post]")


def test_one_tap_and_she_waits_and_two_taps_are_one(client: FlaskClient, ana: Member) -> None:
    ana.wants_wishes = False
    db.session.commit()
    sent = form_of(client, f"{PAGE}&age=8")
    assert "up to 15 minutes on foot, for 6 to 11 months" in client.get(f"{PAGE}&age=8").text
    for _ in range(2):
        answer = client.post(f"{PAGE}&age=8", data=sent)
        assert (answer.status_code, answer.location) == (302, "/me/wishes")
    (wish,) = wishes()
    assert (wish.cell, wish.within, wish.ages, wish.kid_id) == (home_cell(WITHROW), 800, int(AgeBand.CRAWLER), None)
    assert (wish.name, wish.created_at, wish.ends_at) == ("Riverdale", NOW, NOW + LASTS)
    assert wish.member.wants_wishes, "who asks for one has them again"
    page = client.get("/me/wishes").text
    assert (
        "We will tell you once something starts near Riverdale, up to 15 minutes on foot, for 6 to 11 months." in page
    )
    assert "Near Riverdale, up to 15 minutes on foot, for 6 to 11 months" in page


@pytest.mark.slow
def test_taps_at_once_are_one(app: Flask, client: FlaskClient, ana: Member) -> None:
    db.session.execute(update(Member).where(Member.id == ana.id).values(first_name="Ana"))

    def tap() -> int:
        other = app.test_client()
        other._cookies = dict(client._cookies or {})
        return other.post(PAGE, data={"within": "800", "whom": ANY}).status_code

    assert set(held_back(app, tap, db.session.rollback)) == {302}
    assert len(wishes()) == 1


def test_no_point_is_kept_only_a_cell(client: FlaskClient, ana: Member) -> None:
    middle = cell_centre(home_cell(WITHROW))
    for near in (NEAR, f"{middle.lat},{middle.lon}", f"{middle.lat + 0.002},{middle.lon}"):
        client.post(f"/wishes/new?near={near}", data={"within": "800", "whom": ANY})
    assert [wish.cell for wish in wishes()] == [home_cell(WITHROW)]


def test_her_own_children_are_offered_by_age_and_never_by_month(client: FlaskClient, ana: Member) -> None:
    baby, big = add_kid(ana, date(2026, 4, 1)), add_kid(ana, date(2024, 2, 1))
    db.session.commit()
    page = BeautifulSoup(client.get(f"{PAGE}&age=mine").text, "html.parser")
    said = [option.text for option in page.select("select[name=whom] option")][:4]
    assert said == ["My own children", "Mine: a baby of 6-11 months", "Mine: a 2-year-old", "Any age"]
    assert "for your 2-year-old and a baby of 6-11 months" in page.text
    client.post(PAGE, data={"within": "500", "whom": "mine"})
    client.post(PAGE, data={"within": "500", "whom": f"kid:{baby.id}"})
    assert [(wish.ages, wish.kid_id) for wish in wishes()] == [(None, None), (None, baby.id)]
    # A wish for one child goes with that child.
    client.post("/me/kids", data={"remove": str(baby.id)})
    assert [(wish.ages, wish.kid_id) for wish in wishes()] == [(None, None)]
    assert big.id in db.session.scalars(select(Kid.id))


def test_what_is_no_choice_is_refused_beside_its_field(client: FlaskClient, ana: Member) -> None:
    other = add_kid(add_member("Eve"), date(2026, 4, 1))
    db.session.commit()
    for sent in ({"whom": f"kid:{other.id}"}, {"whom": "kid:x"}, {"within": "7"}, {"whom": "999999999999999999999"}):
        answer = client.post(PAGE, data={"within": "800", "whom": ANY} | sent)
        assert answer.status_code == 422 and "field-error" in answer.text
    assert wishes() == []


@pytest.mark.parametrize("address", ["/wishes/new", "/wishes/new?near=x", "/wishes/new?near=91,0"])
def test_without_a_place_she_says_first_where(client: FlaskClient, ana: Member, address: str) -> None:
    assert client.get(address).location == "/"
    ana.home_cell = home_cell(Point(43.70, -79.40))
    db.session.commit()
    client.post(address, data={"within": "800", "whom": ANY})
    assert [wish.cell for wish in wishes()] == [ana.home_cell]


@pytest.mark.parametrize("args", ["&within=x&age=x", "&within=99999&age=99999", "&within=-1&age=-1", "&age=mine"])
def test_an_address_that_makes_no_sense_is_a_search_for_anything(client: FlaskClient, ana: Member, args: str) -> None:
    answer = client.get(PAGE + args)
    assert answer.status_code == 200 and "for any age" in answer.text


def test_ten_at_once_and_twenty_an_hour(client: FlaskClient, ana: Member, clock: Traveller) -> None:
    for number in range(10):
        add_wish(ana, Point(44 + number, -79))
    db.session.commit()
    answer = client.post(PAGE, data={"within": "800", "whom": ANY})
    assert answer.status_code == 422 and "You wait in 10 places already" in answer.text
    for wish in wishes():
        services.end(wish, NOW)
    db.session.commit()
    for number in range(21):
        made = client.post(f"/wishes/new?near={number},7", data={"within": "800", "whom": ANY})
        (wish,) = (wish for wish in wishes()[-1:])
        client.post(f"/wishes/{wish.public_id}/end")
    assert made.status_code == 422 and "a lot for one hour" in made.text and len(wishes()) == 30
    clock.shift(timedelta(hours=1))
    assert client.post(PAGE, data={"within": "800", "whom": ANY}).status_code == 302


def test_she_ends_one_with_a_tap_and_nobody_elses(client: FlaskClient, app: Flask, ana: Member) -> None:
    hers, others = add_wish(ana), add_wish(add_member("Eve"))
    db.session.commit()
    path, other = f"/wishes/{hers.public_id}/end", f"/wishes/{others.public_id}/end"
    assert client.get(path).status_code == 405
    assert app.test_client().post(path).location.startswith("/signin")
    assert client.post(other).status_code == client.post("/wishes/x/end").status_code == 404
    for _ in range(2):
        assert client.post(path).location == "/me/wishes"
    assert [wish.ends_at > NOW for wish in wishes()] == [False, True]
    page = client.get("/me/wishes").text
    assert "You do not wait there any more." in page and "You are not waiting for anything" in page
    # Once it is over she may ask again.
    client.post(PAGE, data={"within": "800", "whom": ANY})
    assert len(wishes()) == 3


def test_the_list_says_where_she_has_stopped_these_mails(client: FlaskClient, ana: Member) -> None:
    add_wish(ana)
    ana.wants_wishes = False
    db.session.commit()
    assert "You have stopped these mails" in client.get("/me/wishes").text
    assert "/me/wishes" in client.get("/me").text


def test_forms_have_their_token(app: Flask, client: FlaskClient, ana: Member) -> None:
    wish = add_wish(ana)
    db.session.commit()
    app.config["WTF_CSRF_ENABLED"] = True
    assert client.post(PAGE, data={"within": "800", "whom": ANY}).status_code in (400, 422)
    assert client.post(f"/wishes/{wish.public_id}/end").status_code == 400
    assert client.post(PAGE, data=form_of(client)).status_code == 302


def ask(client: FlaskClient, email: str = "new@example.org") -> str:
    sent = form_of(client, f"{PAGE}&age=8") | {"email": email, "first_name": "Noor"}
    answer = client.post(f"{PAGE}&age=8", data=sent)
    assert answer.status_code == 302, answer.text
    return urlsplit(answer.location).path


def test_somebody_new_waits_once_her_address_is_confirmed(app: Flask, ana: Member) -> None:
    stranger = app.test_client()
    page = BeautifulSoup(stranger.get(f"{PAGE}&age=mine").text, "html.parser")
    assert [field["name"] for field in page.select("main form input:not([type=hidden])")] == ["first_name", "email"]
    sent = form_of(stranger, PAGE) | {"within": "7", "first_name": "", "email": "x"}
    wrong = BeautifulSoup(stranger.post(PAGE, data=sent).text, "html.parser")
    assert [link["href"] for link in wrong.select("[role=alert] a")] == ["#within", "#first_name", "#email"]
    assert "for any age" in page.text
    code_page, mail = ask(stranger), code_mail("new@example.org")
    assert wishes() == [] and "Tell me" in stranger.get(code_page).text
    summary = "Be told when something starts near Riverdale, up to 15 minutes on foot, for 6 to 11 months"
    for words in (mail.message.text, mail.message.html, app.test_client().get(mail.link).text):
        assert summary in words
    assert "Yes, tell me" in mail.message.html
    assert stranger.post(code_page, data={"code": mail.code}).location == "/me/wishes"
    assert [(wish.member.first_name, wish.ages) for wish in wishes()] == [("Noor", int(AgeBand.CRAWLER))]
    assert signed_in(stranger)


def test_a_member_whose_address_somebody_else_typed_is_asked_again(app: Flask, ana: Member) -> None:
    ask(app.test_client(), ana.email)
    phone = app.test_client()
    answer = phone.post(code_mail(ana.email).link)
    assert answer.location == f"{PAGE}&age=8" and wishes() == []
    assert "You are signed in. Shall we tell you?" in phone.get(answer.location).text


def test_a_wrong_address_loses_nothing_typed(app: Flask, ana: Member) -> None:
    sent = {"within": "1600", "whom": str(int(AgeBand.ONE)), "email": "x", "first_name": "Noor"}
    answer = app.test_client().post(PAGE, data=sent)
    page = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 422 and page.select_one("[name=email][aria-invalid]")
    assert page.select_one("[name=first_name]")["value"] == "Noor"
    assert [option["value"] for option in page.select("option[selected]")] == ["1600", str(int(AgeBand.ONE))]


def test_wishes_go_with_the_account_and_old_ones_fade(app: Flask, ana: Member) -> None:
    gone, old = add_member("Eve"), add_wish(ana, created_at=NOW - LASTS)
    add_wish(gone)
    young = add_wish(ana, created_at=NOW - LASTS + timedelta(minutes=1))
    db.session.commit()
    db.session.delete(gone)
    services.forget_old(NOW + services.KEPT)
    db.session.commit()
    assert [wish.id for wish in wishes()] == [old.id, young.id]
    services.forget_old(NOW + services.KEPT + timedelta(seconds=1))
    db.session.commit()
    assert [wish.id for wish in wishes()] == [young.id]


def test_pages_ask_as_much_for_ten_wishes_as_for_one(client: FlaskClient, ana: Member) -> None:
    kid = add_kid(ana, date(2026, 4, 1))
    add_wish(ana, ages=None, kid_id=kid.id)
    add_wish(ana, Point(43, -79), ages=None)
    db.session.commit()

    def cost(path: str) -> int:
        with counted_queries() as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    before = cost("/me/wishes"), cost(PAGE)
    for number in range(9):
        add_wish(ana, Point(44 + number, -79), ages=None)
        add_wish(add_member())
    db.session.commit()
    assert (cost("/me/wishes"), cost(PAGE)) == before
