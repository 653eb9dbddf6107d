"""Saying whether one comes, over HTTP."""

from datetime import date, timedelta
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.accounts.models import Member, SignIn
from meetups.accounts.sign_in import code_for
from meetups.clock import utcnow
from meetups.domain.zones import to_local
from meetups.events.models import Meetup, Visibility, rid
from meetups.extensions import db
from meetups.mail.models import OutboxMail
from meetups.rsvps.models import Rsvp
from tests.conftest import counted_queries
from tests.factories import TUESDAY, add_block, add_kid, add_meetup, add_member, add_rsvp, first_date, sign_in


def path(meetup: Meetup, what: str = "answer") -> str:
    return f"/meetups/{meetup.public_id}/2026-12-01T1000/{what}"


def answer_of(email: str) -> str | None:
    db.session.rollback()
    return db.session.scalar(select(Rsvp.answer).join(Rsvp.member).where(Member.email == email))


def mails(template: str) -> list[OutboxMail]:
    return list(db.session.scalars(select(OutboxMail).where(OutboxMail.template == template)))


def test_going_with_one_of_two_kids(client: FlaskClient) -> None:
    meetup, ana = add_meetup(), add_member("Ana")
    kid, other = add_kid(ana, date(2025, 1, 1)), add_kid(ana, date(2023, 1, 1))
    sign_in(client, ana)
    page = client.post(path(meetup), data={"answer": "going", "kids": [kid.id]}, follow_redirects=True)
    assert "You are going" in page.text and "Red stroller" in page.text
    row = db.session.scalars(select(Rsvp)).one()
    assert [brought.id for brought in row.kids] == [kid.id] != [other.id]
    assert first_date(meetup).taken == 1 and len(mails("youre_in")) == 1


def test_anothers_kid_cannot_be_brought(client: FlaskClient) -> None:
    meetup, ana, zoe = add_meetup(), add_member("Ana"), add_member("Zoe")
    kid = add_kid(zoe, date(2025, 1, 1))
    sign_in(client, ana)
    assert client.post(path(meetup), data={"answer": "going", "kids": [kid.id]}).status_code == 422
    assert answer_of(ana.email) is None


def test_a_kid_removed_in_another_tab_is_said_beside_the_field(client: FlaskClient) -> None:
    meetup, ana = add_meetup(), add_member("Ana")
    kid, gone = add_kid(ana, date(2025, 1, 1)), add_kid(ana, date(2023, 1, 1)).id
    sign_in(client, ana)
    client.post("/me/kids", data={"remove": gone})
    answer = client.post(path(meetup), data={"answer": "going", "kids": [kid.id, gone]})
    page = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 422 and answer_of(ana.email) is None
    assert page.select_one("[role=alert] a")["href"] == "#kids" and page.select_one("fieldset#kids .field-error")
    assert page.select_one(f"input[name=kids][value='{kid.id}']").has_attr("checked")


def test_whom_she_brings_outlasts_a_cant_and_comes_back_with_one_tap(client: FlaskClient) -> None:
    meetup, ana = add_meetup(), add_member("Ana")
    kid, _other = add_kid(ana, date(2025, 1, 1)), add_kid(ana, date(2023, 1, 1))
    add_rsvp(first_date(meetup), ana, kids=[kid])
    sign_in(client, ana)
    page = BeautifulSoup(client.post(path(meetup, "cant"), follow_redirects=True).text, "html.parser")
    form = page.select_one(".answer form")
    again = {"answer": "going", "kids": [box["value"] for box in form.select("input[name=kids][checked]")]}
    assert form.select_one("button[value=going]") and again["kids"] == [str(kid.id)]
    client.post(form["action"], data=again)
    row = db.session.scalars(select(Rsvp)).one()
    assert (row.answer, [brought.id for brought in row.kids]) == ("going", [kid.id])


def test_whoever_comes_without_kids_is_not_shown_as_bringing_them_all(client: FlaskClient) -> None:
    meetup, ana = add_meetup(), add_member("Ana")
    add_kid(ana, date(2025, 1, 1))
    sign_in(client, ana)
    assert "checked" in client.get(path(meetup)).text, "at first, all her kids come"
    client.post(path(meetup), data={"answer": "going"})
    assert "checked" not in client.get(path(meetup)).text


@pytest.mark.parametrize("first", ["going", "maybe", "not_going"])
@pytest.mark.parametrize("then", ["going", "maybe", "not_going"])
def test_a_mind_can_be_changed_in_any_direction(client: FlaskClient, first: str, then: str) -> None:
    meetup, ana = add_meetup(), add_member("Ana")
    sign_in(client, ana)
    for wanted in (first, then):
        client.post(path(meetup), data={"answer": wanted})
    assert answer_of(ana.email) == then
    assert first_date(meetup).taken == (then == "going")


def test_full_means_waiting_and_the_first_in_line_gets_the_place(client: FlaskClient) -> None:
    meetup, ana, zoe = add_meetup(capacity=1), add_member("Ana"), add_member("Zoe")
    add_rsvp(first_date(meetup), zoe)
    sign_in(client, ana)
    page = client.post(path(meetup), data={"answer": "going"}, follow_redirects=True)
    assert "number 1 on the waiting list" in page.text and "Red stroller" not in page.text
    pressed = BeautifulSoup(page.text, "html.parser").select(".answer button[aria-pressed=true]")
    assert [(button["value"], button.text) for button in pressed] == [("going", "Waiting")]
    sign_in(client, zoe)
    page = client.post(path(meetup, "cant"), follow_redirects=True)
    assert "Changed your mind" in page.text
    assert (answer_of(ana.email), answer_of(zoe.email)) == ("going", "not_going")
    assert [mail.rcpt for mail in mails("promoted")] == [ana.email]
    assert first_date(meetup).taken == 1
    client.post(path(meetup, "cant"))
    assert len(mails("promoted")) == 1


def test_a_place_passes_by_a_family_that_the_host_has_blocked_since(client: FlaskClient) -> None:
    meetup, ana, zoe, mia = add_meetup(capacity=1), add_member("Ana"), add_member("Zoe"), add_member("Mia")
    row = first_date(meetup)
    add_rsvp(row, ana)
    for member in (zoe, mia):
        add_rsvp(row, member, "waiting")
    add_block(meetup.host, zoe)
    sign_in(client, ana)
    client.post(path(meetup, "cant"))
    assert (answer_of(zoe.email), answer_of(mia.email)) == ("waiting", "going")
    page = client.post(path(meetup), data={"answer": "going"}, follow_redirects=True)
    assert "number 1 on the waiting list" in page.text, "nor does she stand before others in the line"


def test_the_host_counts_already(client: FlaskClient) -> None:
    meetup = add_meetup()
    sign_in(client, meetup.host)
    page = client.post(path(meetup), data={"answer": "going"}, follow_redirects=True)
    assert "You host this" in page.text and answer_of(meetup.host.email) is None


@pytest.mark.parametrize("why", ["cancelled", "begun"])
def test_what_is_off_or_has_begun_takes_no_answer(client: FlaskClient, why: str) -> None:
    meetup, ana = add_meetup(), add_member("Ana")
    row = first_date(meetup)
    if why == "begun":
        row.starts_at -= timedelta(days=8)
    else:
        row.cancelled_at = utcnow()
    sign_in(client, ana)
    for what in ("answer", "cant"):
        page = client.post(path(meetup, what), data={"answer": "going"}, follow_redirects=True)
        assert why in page.text and answer_of(ana.email) is None


def test_a_stranger_is_not_asked_who_she_is_for_a_date_that_is_off(client: FlaskClient) -> None:
    meetup = add_meetup()
    row = first_date(meetup)
    row.cancelled_at = utcnow()
    db.session.commit()
    typed = {"answer": "going", "first_name": "Ana", "email": "ana@example.org"}
    for answer in (client.get(path(meetup)), client.post(path(meetup), data=typed)):
        assert answer.status_code == 302 and answer.location == path(meetup, "").rstrip("/")
    assert not mails("code")


def test_a_block_makes_it_404(client: FlaskClient) -> None:
    meetup, ana = add_meetup(), add_member("Ana")
    add_block(meetup.host, ana)
    sign_in(client, ana)
    for what in ("answer", "cant"):
        assert client.post(path(meetup, what), data={"answer": "going"}).status_code == 404


def test_a_get_changes_nothing(client: FlaskClient) -> None:
    meetup, ana = add_meetup(), add_member("Ana")
    add_rsvp(first_date(meetup), ana)
    sign_in(client, ana)
    assert client.get(path(meetup) + "?answer=not_going").status_code == 200
    assert client.get(path(meetup, "cant")).status_code == 200
    assert client.head(path(meetup, "cant")).status_code == 200
    assert answer_of(ana.email) == "going"


def test_the_link_of_a_mail_opens_a_page_with_one_button(client: FlaskClient) -> None:
    meetup, ana = add_meetup(), add_member("Ana")
    add_rsvp(first_date(meetup), ana)
    db.session.commit()
    assert client.get(path(meetup, "cant")).location == f"/signin?next={quote(path(meetup, 'cant'), safe='/')}"
    sign_in(client, ana)
    page = BeautifulSoup(client.get(path(meetup, "cant")).text, "html.parser")
    assert [button.text.strip() for button in page.select("main button.primary")] == ["I can’t make it"]
    client.post(path(meetup, "cant"))
    assert answer_of(ana.email) == "not_going"
    assert client.get(path(meetup, "cant")).status_code == 302, "there is nothing left to take back"


def test_an_answer_costs_the_same_with_many_guests(client: FlaskClient) -> None:
    costs = []
    for guests in (2, 30):
        meetup, ana = add_meetup(capacity=guests), add_member("Ana")
        kid = add_kid(ana, date(2025, 1, 1))
        for number in range(guests):
            add_rsvp(first_date(meetup), add_member(f"Guest {number}"))
        for number in range(guests):
            add_rsvp(first_date(meetup), add_member(f"Waiting {number}"), "waiting")
        add_rsvp(first_date(meetup), ana, kids=[kid])
        sign_in(client, ana)
        with counted_queries() as queries:
            client.post(path(meetup), data={"answer": "not_going", "kids": [kid.id]})
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 20


def test_a_strangers_yes_is_held_until_the_code_and_counts_once(client: FlaskClient) -> None:
    meetup = add_meetup(starts=TUESDAY)
    db.session.commit()
    typed = {"answer": "going", "first_name": "Ana", "email": "ana@example.org"}
    wrong = client.post(path(meetup), data=typed | {"email": "ana"})
    assert wrong.status_code == 422 and 'value="Ana"' in wrong.text
    code_page = client.post(path(meetup), data=typed).location
    assert answer_of("ana@example.org") is None
    own_id = db.session.scalars(select(SignIn.public_id)).one()
    page = client.post(code_page, data={"code": code_for(own_id)}, follow_redirects=True)
    assert "You are going" in page.text
    client.post(code_page, data={"code": code_for(own_id)})
    assert answer_of("ana@example.org") == "going" and first_date(meetup).taken == 1
    assert len(mails("youre_in")) == 1


def test_a_strangers_yes_to_what_filled_up_meanwhile_puts_her_on_the_waiting_list(client: FlaskClient) -> None:
    meetup = add_meetup(capacity=1)
    db.session.commit()
    typed = {"answer": "going", "first_name": "Ana", "email": "ana@example.org"}
    code_page = client.post(path(meetup), data=typed).location
    add_rsvp(first_date(meetup), add_member("Zoe"))
    db.session.commit()
    own_id = db.session.scalars(select(SignIn.public_id)).one()
    page = client.post(code_page, data={"code": code_for(own_id)}, follow_redirects=True)
    assert "You are number 1 on the waiting list" in page.text
    assert answer_of("ana@example.org") == "waiting" and first_date(meetup).taken == 1


def test_a_stranger_cannot_answer_a_members_meetup(client: FlaskClient) -> None:
    meetup = add_meetup(visibility=Visibility.MEMBERS)
    db.session.commit()
    typed = {"answer": "going", "first_name": "Ana", "email": "ana@example.org"}
    # She is led to its outline, as from a date that is none.
    for answered in (client.get(path(meetup)), client.post(path(meetup), data=typed)):
        assert answered.location == f"/meetups/{meetup.public_id}"


@pytest.mark.parametrize(("hours", "words"), [(25, "We will remind you the day before"), (23, "See you there")])
def test_a_reminder_is_promised_only_where_one_will_come(client: FlaskClient, hours: int, words: str) -> None:
    meetup = add_meetup(starts=to_local(utcnow(), "America/Toronto") + timedelta(hours=hours))
    sign_in(client, add_member("Ana"))
    address = f"/meetups/{meetup.public_id}/{rid(meetup.starts)}/answer"
    assert words in client.post(address, data={"answer": "going"}, follow_redirects=True).text
