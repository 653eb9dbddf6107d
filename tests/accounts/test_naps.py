"""When a child naps, on its mother's page: said in three taps, said back in words, taken away; hers alone."""

from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from meetups.accounts.models import Kid, Member
from meetups.extensions import db
from tests.conftest import NOW, counted_queries
from tests.factories import add_kid, add_member, sign_in

# Eight months old in the world of the tests.
APRIL = date(2026, 4, 1)


@pytest.fixture
def ana(client: FlaskClient) -> Member:
    member = add_member("Ana")
    sign_in(client, member)
    return member


@pytest.fixture
def baby(ana: Member) -> Kid:
    kid = add_kid(ana, APRIL)
    db.session.commit()
    return kid


def page(client: FlaskClient) -> BeautifulSoup:
    return BeautifulSoup(client.get("/me/kids").text, "html.parser")


def say(client: FlaskClient, kid: Kid, what: object, first: object = None, status: int = 302) -> str:
    data = {"say": what} | ({"first": first} if first is not None else {})
    answer = client.post(f"/me/kids/{kid.id}/naps", data=data)
    assert answer.status_code == status
    db.session.expire_all()
    return answer.text if status == 422 else client.get("/me/kids").text


def test_who_has_said_nothing_is_offered_the_usual_in_one_tap(client: FlaskClient, baby: Kid) -> None:
    form = page(client).select_one("form.naps")
    assert "Usual at this age: naps about 9:15 to 10:30 and 13 to 14:30" in form.text and baby.naps is None
    assert form.select_one(".row button[name=say]")["value"] == "usual"
    assert "Noted. As usual for the age: naps about 9:15 to 10:30" in say(client, baby, "usual")
    assert baby.naps == "usual" and baby.naps_since is None


def test_her_own_times_are_three_taps_and_said_back(client: FlaskClient, baby: Kid) -> None:
    form = page(client).select_one("form.naps details")
    # Unfold, a first nap (the usual one is chosen), a last one: that is a button, and saves.
    assert form.select_one("input[name=first][checked]")["value"] == "540"
    assert {button.name for button in form.select("[name=say]")} == {"button"}
    words = "Naps about 9:30 to 10:45 and 14 to 15:30. Awake about 7 to 9:30, 10:45 to 14 and 15:30 to 19."
    said = say(client, baby, 14 * 60, 9 * 60 + 30)
    assert said.count(words) == 2 and "Noted. " + words in said
    assert (baby.naps, baby.naps_since) == ("570-645,840-930", NOW.date())
    assert page(client).select_one("input[name=first][checked]")["value"] == "570"
    assert "Naps about 12:30 to 14:30." in say(client, baby, "only", 12 * 60 + 30)
    assert "No naps. Awake about 7 to 19." in say(client, baby, "none")
    taken = say(client, baby, "nothing")
    assert "Taken away" in taken and "Usual at this age" in taken
    assert (baby.naps, baby.naps_since) == (None, None)


@pytest.mark.parametrize(
    ("what", "first", "words"),
    [
        (12 * 60, 11 * 60, "two and a half hours after"),
        (14 * 60, None, "Tap when the first nap begins"),
        ("only", "x", "Tap when the first nap begins"),
        ("again", None, "Tap when the last nap begins"),
        ("9999", 600, "Tap when the last nap begins"),
        ("", 600, "Tap when the last nap begins"),
    ],
)
def test_what_cannot_be_is_said_beside_it_and_the_chip_stays(
    client: FlaskClient, ana: Member, baby: Kid, what: object, first: object, words: str
) -> None:
    add_kid(ana, date(2024, 1, 1))
    db.session.commit()
    text = say(client, baby, what, first, 422)
    shown = BeautifulSoup(text, "html.parser")
    (error,) = shown.select(".field-error")
    row = error.find_parent("form")
    assert words in error.text and row["action"].endswith(f"/{baby.id}/naps") and row.select_one("details[open]")
    if isinstance(first, int):
        assert row.select_one("input[name=first][checked]")["value"] == str(first)
    assert baby.naps is None


def test_nobody_elses_child_and_no_bump_is_asked_of(app: Flask, client: FlaskClient, ana: Member) -> None:
    hers = add_kid(add_member("Bea"), APRIL)
    add_kid(ana, date(2027, 1, 1)), add_kid(ana, date(2019, 1, 1)), add_kid(ana, date(2026, 10, 1))
    db.session.commit()
    assert client.post(f"/me/kids/{hers.id}/naps", data={"say": "usual"}).status_code == 404
    assert client.get(f"/me/kids/{hers.id}/naps").status_code == 405 and hers.naps is None
    (newborn,) = page(client).select("form.naps")
    assert "they sleep at any hour" in newborn.text and not newborn.select("input[checked]")
    assert app.test_client().post(f"/me/kids/{hers.id}/naps", data={"say": "usual"}).location.startswith("/signin")
    app.config["WTF_CSRF_ENABLED"] = True
    assert client.post(f"/me/kids/{ana.kids[0].id}/naps", data={"say": "usual"}).status_code == 400


def test_what_is_old_is_asked_again_and_the_usual_counts_until_then(
    client: FlaskClient, ana: Member, baby: Kid, clock: Traveller
) -> None:
    say(client, baby, 14 * 60, 9 * 60 + 30)
    clock.move_to(NOW + timedelta(days=90))
    assert "You told us on" not in page(client).text
    clock.move_to(NOW + timedelta(days=91))
    sign_in(client, ana)
    text = page(client).select_one("form.naps").text
    assert "You told us on Tuesday 24 November: naps about 9:30 to 10:45 and 14 to 15:30" in text
    assert "we go by what is usual: naps about 9:45 to 10:45 and 14 to 15:15" in text
    assert "You told us on" not in say(client, baby, "again")
    assert (baby.naps, baby.naps_since) == ("570-645,840-930", date(2027, 2, 23))


def test_they_are_deleted_with_her(client: FlaskClient, ana: Member, baby: Kid) -> None:
    say(client, baby, "usual")
    db.session.delete(ana)
    db.session.commit()
    assert db.session.scalars(select(Kid)).all() == []


def test_the_number_of_queries_does_not_grow_with_her_children(client: FlaskClient, ana: Member) -> None:
    counts = []
    for _ in range(2):
        add_kid(ana, APRIL), add_kid(ana, APRIL)
        db.session.commit()
        with counted_queries() as seen:
            assert client.get("/me/kids").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 4
