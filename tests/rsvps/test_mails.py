"""The mails of a yes: what they say, what is attached, and when they are not owed any more."""

from datetime import timedelta

import icalendar
import pytest
from sqlalchemy import select

from meetups.accounts.models import Member
from meetups.domain.capacity import Answer
from meetups.domain.nearness import Point, home_cell
from meetups.events import services as events
from meetups.events.models import Meetup
from meetups.extensions import db
from meetups.mail.composers import compose
from meetups.mail.message import Drop, Message, Wait
from meetups.mail.models import OutboxMail
from meetups.rsvps import services
from tests.conftest import NOW
from tests.factories import add_block, add_meetup, add_member, add_rsvp, first_date
from tests.rsvps.post import Post

pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.one_database]
MINUTE = timedelta(minutes=1)
NOT_SO = Drop("no longer so")


def mails() -> list[OutboxMail]:
    return list(db.session.scalars(select(OutboxMail).order_by(OutboxMail.id)))


@pytest.fixture(params=["youre_in", "promoted"])
def meetup(request: pytest.FixtureRequest) -> Meetup:
    """A meetup that Ana has got a place at, by saying yes or by waiting for it."""
    meetup, ana = add_meetup(capacity=1), add_member("Ana")
    if request.param == "promoted":
        zoe = add_member("Zoe")
        add_rsvp(first_date(meetup), zoe)
        services.answer(first_date(meetup), ana, Answer.GOING, [], NOW - MINUTE)
        services.answer(first_date(meetup), zoe, Answer.NOT_GOING, [], NOW)
    else:
        services.answer(first_date(meetup), ana, Answer.GOING, [], NOW)
    assert [mail.template for mail in mails()] == [request.param]
    return meetup


def composed() -> Message | Drop | Wait:
    return compose(mails()[-1], NOW + MINUTE)


def test_it_says_when_where_and_how_to_find_her(meetup: Meetup) -> None:
    message = composed()
    assert isinstance(message, Message)
    assert message.subject.lower().endswith("you are in: tue 1 dec, 10:00, withrow park")
    date_page = f"http://localhost/meetups/{meetup.public_id}/2026-12-01T1000"
    for body in (message.text, message.html):
        for words in ("Tuesday 1 December at 10:00", "Withrow Park", "Red stroller by the gate", date_page):
            assert words in body
        assert "http://localhost/answer/" in body
    assert "Red stroller" not in message.subject, "a subject is read on locked screens by anybody"


def test_it_says_how_far_it_is_from_her_home(meetup: Meetup) -> None:
    message = composed()
    assert isinstance(message, Message) and "min walk" not in message.text + message.html
    ana = db.session.scalars(select(Member).where(Member.first_name == "Ana")).one()
    ana.home_cell = home_cell(Point(43.668, -79.352))
    message = composed()
    assert isinstance(message, Message)
    assert all("Withrow Park, 15 min walk from home" in body for body in (message.text, message.html))


def test_the_date_is_attached_for_her_calendar(meetup: Meetup) -> None:
    message = composed()
    assert isinstance(message, Message)
    (event,) = icalendar.Calendar.from_ical(message.attachments[0].content).walk("VEVENT")
    assert event.start == first_date(meetup).starts_at and "Withrow Park" in event["LOCATION"]
    assert "Children welcome: all ages" in event["DESCRIPTION"]


@pytest.mark.parametrize("what", ["taken back", "cancelled", "begun", "blocked"])
def test_what_is_no_longer_so_is_not_sent(meetup: Meetup, what: str) -> None:
    date, at, mail = first_date(meetup), NOW + MINUTE, mails()[-1]
    ana = next(row for row in services.queries.touched(date) if row.member.first_name == "Ana").member
    if what == "taken back":
        services.answer(date, ana, Answer.MAYBE, [], NOW)
    elif what == "cancelled":
        events.cancel_date(date, "A cold", NOW - 60 * MINUTE)
        Post().round(NOW)
    elif what == "begun":
        at = date.starts_at
    else:
        add_block(ana, meetup.host)
    assert compose(mail, at) == NOT_SO


def test_a_yes_taken_back_and_given_again_is_told_once(meetup: Meetup) -> None:
    date = first_date(meetup)
    ana = next(row for row in services.queries.touched(date) if row.member.first_name == "Ana").member
    services.answer(date, ana, Answer.NOT_GOING, [], NOW + MINUTE)
    services.answer(date, ana, Answer.GOING, [], NOW + 2 * MINUTE)
    old, new = mails()
    assert isinstance(compose(old, NOW + 3 * MINUTE), Drop)
    assert isinstance(compose(new, NOW + 3 * MINUTE), Message)


def test_another_kid_is_no_new_yes(meetup: Meetup) -> None:
    date = first_date(meetup)
    ana = next(row for row in services.queries.touched(date) if row.member.first_name == "Ana").member
    services.answer(date, ana, Answer.GOING, [], NOW + MINUTE)
    post = Post()
    post.deliver(NOW + MINUTE)
    assert len(post.mails) == 1
