"""A place that comes free less than two hours before is offered to one family after the other."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from time_machine import Traveller

from meetups.accounts.models import Member
from meetups.domain.capacity import Answer
from meetups.events import services as events
from meetups.events.models import Meetup, Occurrence
from meetups.extensions import db
from meetups.mail.models import OutboxMail
from meetups.rsvps.models import Rsvp
from meetups.rsvps.services import answer, expire_offers, settle_blocks
from meetups.worker import run_round
from tests.conftest import NOW
from tests.factories import add_block, add_meetup, add_member, add_rsvp, first_date, sign_in
from tests.mail.kinds import body
from tests.rsvps.moving import move
from tests.rsvps.post import Post

PAGE = "2026-12-01T1000"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def meetup(app: Flask) -> Meetup:
    """A walk for one family: Ana goes, Zoe and then Mia wait."""
    found = add_meetup(add_member("Beatrice"), capacity=1)
    date = first_date(found)
    add_rsvp(date, add_member("Ana"))
    for number, name in enumerate(("Zoe", "Mia")):
        answer(date, add_member(name), Answer.GOING, [], NOW + number * MINUTE)
    db.session.commit()
    return found


def named(name: str) -> Member:
    return db.session.scalars(select(Member).where(Member.first_name == name)).one()


def stand(meetup: Meetup) -> dict[str, str]:
    """Each family's answer, after a look that the date's count is theirs."""
    db.session.expire_all()
    rows = db.session.scalars(select(Rsvp).where(Rsvp.occurrence_id == first_date(meetup).id).order_by(Rsvp.id))
    found = {row.member.first_name: row.answer for row in rows}
    assert first_date(meetup).taken == sum(said in ("going", "offered") for said in found.values())
    return found


def bail(meetup: Meetup, before: timedelta) -> None:
    date = first_date(meetup)
    answer(date, named("Ana"), Answer.NOT_GOING, [], date.starts_at - before)
    db.session.commit()


def to(name: str, template: str = "offered") -> int:
    mails = select(OutboxMail).where(OutboxMail.rcpt == named(name).email, OutboxMail.template == template)
    return len(db.session.scalars(mails).all())


def test_with_enough_time_the_place_is_hers_as_ever(meetup: Meetup) -> None:
    bail(meetup, 2 * HOUR)
    assert stand(meetup) == {"Ana": "not_going", "Zoe": "going", "Mia": "waiting"}
    assert (to("Zoe"), to("Zoe", "promoted")) == (0, 1)


def test_less_than_two_hours_before_the_next_in_line_is_asked(meetup: Meetup) -> None:
    bail(meetup, 2 * HOUR - MINUTE)
    assert stand(meetup) == {"Ana": "not_going", "Zoe": "offered", "Mia": "waiting"}
    post = Post()
    post.deliver(first_date(meetup).starts_at - 2 * HOUR + MINUTE)
    assert post.to(named("Zoe")) == ["A place came free, do you come? Tue 1 Dec, 10:00, Withrow Park"]
    text = post.text()
    for words in (
        "until 8:21",
        "Yes, I come:\nhttp://localhost/answer/",
        "No, this time not:\nhttp://",
        "A no is fine",
    ):
        assert words in text
    assert "Red stroller" not in text, "only who comes knows how to find her"


def test_a_place_that_is_held_is_given_to_nobody_else(meetup: Meetup) -> None:
    bail(meetup, HOUR)
    late = answer(first_date(meetup), add_member("Lea"), Answer.GOING, [], first_date(meetup).starts_at - 50 * MINUTE)
    assert late.answer == "waiting" and stand(meetup)["Zoe"] == "offered"


def test_one_tap_takes_it(client: FlaskClient, clock: Traveller, meetup: Meetup) -> None:
    bail(meetup, HOUR)
    path = f"/meetups/{meetup.public_id}/{PAGE}"
    clock.move_to(first_date(meetup).starts_at - 50 * MINUTE)
    sign_in(client, named("Zoe"))
    for address in (path, f"{path}/answer"):
        text = client.get(address).text
        assert "kept for you until 9:20" in text and "Yes, I come" in text and "Red stroller" not in text
    assert "yes or no?" in client.get("/mine").text
    text = client.post(f"{path}/answer", data={"answer": "going"}, follow_redirects=True).text
    assert "You are going" in text and "Red stroller" in text
    assert stand(meetup)["Zoe"] == "going" and to("Zoe", "youre_in") == 1
    assert expire_offers(first_date(meetup).starts_at) == 0 and stand(meetup)["Zoe"] == "going"


def test_a_no_goes_to_the_next_at_once(client: FlaskClient, clock: Traveller, meetup: Meetup) -> None:
    bail(meetup, HOUR)
    clock.move_to(first_date(meetup).starts_at - 50 * MINUTE)
    sign_in(client, named("Zoe"))
    client.post(f"/meetups/{meetup.public_id}/{PAGE}/cant")
    assert stand(meetup) == {"Ana": "not_going", "Zoe": "not_going", "Mia": "offered"} and to("Mia") == 1
    assert to("Beatrice", "host_news") == 1, "of Ana; Zoe never had a place"


def test_after_twenty_minutes_it_goes_to_the_next_and_nobody_is_asked_twice(meetup: Meetup) -> None:
    bail(meetup, 90 * MINUTE)
    start = first_date(meetup).starts_at
    run_round(start - 89 * MINUTE)
    run_round(start - 70 * MINUTE)
    assert stand(meetup)["Zoe"] == "offered", "she was asked a minute after the place came free"
    run_round(start - 69 * MINUTE)
    assert stand(meetup) == {"Ana": "not_going", "Zoe": "waiting", "Mia": "offered"}
    for minute in (49, 48, 30, 10, 1):
        run_round(start - minute * MINUTE)
    assert stand(meetup) == {"Ana": "not_going", "Zoe": "waiting", "Mia": "waiting"}
    assert (to("Zoe"), to("Mia")) == (1, 1)
    # The place is still there for whoever says yes first.
    assert answer(first_date(meetup), named("Zoe"), Answer.GOING, [], start - MINUTE).answer == "going"
    assert answer(first_date(meetup), named("Mia"), Answer.GOING, [], start - MINUTE).answer == "waiting"


def test_whom_the_worker_was_too_late_to_ask_is_asked_when_it_is_back(meetup: Meetup) -> None:
    bail(meetup, 110 * MINUTE)
    start, post = first_date(meetup).starts_at, Post()
    run_round(start - 80 * MINUTE, transport=post)
    assert stand(meetup) == {"Ana": "not_going", "Zoe": "waiting", "Mia": "offered"}
    assert post.to(named("Mia")) != [] and "until 9:00" in post.text()
    run_round(start - 61 * MINUTE, transport=post)
    assert post.to(named("Zoe")) == [], "she has not been asked, and nobody has let it pass"
    run_round(start - 60 * MINUTE, transport=post)
    assert stand(meetup) == {"Ana": "not_going", "Zoe": "offered", "Mia": "waiting"}
    assert len(post.to(named("Zoe"))) == 1 and "until 9:20" in post.text()
    run_round(start - 40 * MINUTE, transport=post)
    assert stand(meetup)["Zoe"] == "waiting", "now she has let it pass"
    assert len(post.to(named("Mia"))) == len(post.to(named("Zoe"))) == 1


def test_an_address_that_takes_no_mail_holds_up_nobody_and_keeps_its_place_in_the_line(meetup: Meetup) -> None:
    date, post = first_date(meetup), Post()
    named("Zoe").mail_suspended_at = NOW
    bail(meetup, 110 * MINUTE)
    for minute in range(110, 60, -5):
        run_round(date.starts_at - minute * MINUTE, transport=post)
    assert post.to(named("Zoe")) == [] and len(post.to(named("Mia"))) == 1
    assert stand(meetup) == {"Ana": "not_going", "Zoe": "offered", "Mia": "waiting"}, "she sees it on the site"
    answer(date, add_member("Lea"), Answer.GOING, [], date.starts_at - 59 * MINUTE)
    run_round(date.starts_at - 50 * MINUTE, transport=post)
    assert stand(meetup)["Lea"] == "offered" and post.to(named("Lea")) != []
    zoe, mia, _lea = db.session.scalars(select(Rsvp).where(Rsvp.offered_until.is_not(None)).order_by(Rsvp.id))
    assert (zoe.answer, zoe.waiting_since) == ("waiting", NOW) and mia.waiting_since > NOW


def test_an_offer_whose_mail_may_have_left_is_not_passed_on(meetup: Meetup) -> None:
    bail(meetup, HOUR)
    start = first_date(meetup).starts_at
    # A worker died on it; when its lease is over another sends it again.
    db.session.execute(update(OutboxMail).where(OutboxMail.template == "offered").values(state="sending"))
    db.session.commit()
    run_round(start - 39 * MINUTE)
    assert stand(meetup) == {"Ana": "not_going", "Zoe": "offered", "Mia": "waiting"}


def test_an_offer_ends_with_the_start(meetup: Meetup) -> None:
    bail(meetup, 5 * MINUTE)
    run_round(first_date(meetup).starts_at)
    assert stand(meetup) == {"Ana": "not_going", "Zoe": "waiting", "Mia": "waiting"}


@pytest.mark.parametrize("what", ["over", "taken", "cancelled", "blocked"])
def test_the_mail_of_an_offer_that_stands_no_more_is_not_sent(meetup: Meetup, what: str) -> None:
    bail(meetup, HOUR)
    post, date = Post(), first_date(meetup)
    at = date.starts_at - (40 if what == "over" else 50) * MINUTE
    if what == "over":
        expire_offers(at)
        assert stand(meetup)["Mia"] == "offered"
    elif what == "taken":
        answer(date, named("Zoe"), Answer.GOING, [], at)
    elif what == "cancelled":
        events.cancel_date(date, None, at)
    elif what == "blocked":
        add_block(named("Zoe"), date.meetup.host)
        settle_blocks(at)
        db.session.commit()
        assert stand(meetup) == {"Ana": "not_going", "Zoe": "not_going", "Mia": "offered"}
    post.deliver(at)
    assert not any("do you come" in subject for subject in post.to(named("Zoe")))


def test_who_is_offered_a_place_hears_that_the_date_is_off(meetup: Meetup) -> None:
    bail(meetup, HOUR)
    date, post = first_date(meetup), Post()
    post.deliver(date.starts_at - 59 * MINUTE)
    events.cancel_date(date, None, date.starts_at - 58 * MINUTE)
    post.round(date.starts_at - 58 * MINUTE)
    assert post.to(named("Zoe"))[-1].startswith("Cancelled")


def test_who_is_offered_a_place_hears_that_the_date_has_moved_and_that_it_is_still_kept(meetup: Meetup) -> None:
    bail(meetup, HOUR)
    date, post = first_date(meetup), Post()
    start = date.starts_at
    post.deliver(start - 59 * MINUTE)
    move(date, 11, start - 58 * MINUTE)
    post.round(start - 47 * MINUTE)
    assert post.to(named("Zoe"))[-1].startswith("Changed: ")
    (told,) = (mail for mail in post.mails if mail["To"] == named("Zoe").email and "Changed" in mail["Subject"])
    text, html = body(told, "plain"), body(told, "html")
    for part in (text, html):
        assert "Your answer stands" not in part and "No, this time not" in part and "Will you come" in part
    assert "still kept for you until 9:21" in text and "Will you come?" in BeautifulSoup(html, "html.parser").div.text
    (button,) = BeautifulSoup(html, "html.parser").select("a.button")
    assert button["href"] in text and "/answer/" in button["href"]


def test_a_held_place_is_no_family_that_goes(client: FlaskClient, clock: Traveller, meetup: Meetup) -> None:
    date = first_date(meetup)
    date.capacity = 3
    for name in ("Lea", "Eva"):
        add_rsvp(date, add_member(name))
    bail(meetup, HOUR)
    clock.move_to(date.starts_at - 59 * MINUTE)
    assert stand(meetup)["Zoe"] == "offered"
    sign_in(client, add_member("Ida"))
    assert "families are going" not in client.get(f"/meetups/{meetup.public_id}/{PAGE}").text


FAMILIES = 4
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["going", "not_going", "maybe"]), st.integers(0, FAMILIES - 1)),
        st.tuples(st.just("expire"), st.integers(1, 25)),
    ),
    min_size=5,
    max_size=30,
)


@given(st.integers(1, 2), STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_never_twice_never_a_gap_whatever_happens_in_the_last_two_hours(
    app: Flask, capacity: int, steps: list[tuple[str, int]]
) -> None:
    date: Occurrence = first_date(add_meetup(capacity=capacity))
    members = [add_member(f"Member {number}") for number in range(FAMILIES)]
    now = date.starts_at - 2 * HOUR + MINUTE
    for what, number in steps:
        now = min(now + (number * MINUTE if what == "expire" else MINUTE), date.starts_at - MINUTE)
        expire_offers(now)
        if what != "expire":
            answer(date, members[number], Answer(what), [], now)
        rows = db.session.scalars(select(Rsvp).where(Rsvp.occurrence_id == date.id)).all()
        assert date.taken == sum(Answer(row.answer).holds for row in rows) <= capacity
        asked = [row for row in rows if row.answer == "waiting" and row.offered_until is None]
        assert date.taken == capacity or not asked, "nobody waits unasked beside a free place"
    db.session.rollback()
