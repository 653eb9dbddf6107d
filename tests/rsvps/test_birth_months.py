"""What others read of a child's age: nobody learns the month from it, whatever a host moves, adds or undoes."""

from datetime import date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from meetups.accounts.models import Member
from meetups.domain.capacity import Answer
from meetups.domain.recurrence import Frequency, Rule
from meetups.events import services
from meetups.events.models import Meetup, Occurrence
from meetups.extensions import db
from meetups.rsvps.services import answer
from meetups.rsvps.standing import say
from tests.conftest import NOW
from tests.events.drafts import a_draft, dates_of, saved
from tests.events.test_editing import edit_page
from tests.events.test_scopes import date_page
from tests.factories import TUESDAY, WITHROW, add_kid, add_member, add_place, sign_in
from tests.rsvps.moving import take_back
from tests.rsvps.post import Post

MINUTE = timedelta(minutes=1)
UNDER_SIX, FROM_SIX = "a baby under 6 months", "a baby of 6-11 months"


@pytest.fixture
def meetup(client: FlaskClient) -> Meetup:
    meetup = services.host(add_member("Beatrice"), a_draft(add_place()), NOW)
    sign_in(client, meetup.host)
    return meetup


def comes(row: Occurrence, name: str, month: date) -> Member:
    member = add_member(name)
    answer(row, member, Answer.GOING, [add_kid(member, month)], NOW)
    db.session.commit()
    return member


def path(row: Occurrence) -> str:
    return f"/meetups/{row.meetup.public_id}/{row.recurrence_id:%Y-%m-%dT%H%M}"


def guests(client: FlaskClient, row: Occurrence) -> list[str]:
    page = BeautifulSoup(client.get(path(row)).text, "html.parser")
    return [" ".join(guest.text.split()).removesuffix(" not confirmed yet") for guest in page.select(".guests li")]


def test_a_date_that_moves_and_moves_back_shows_the_age_of_the_day_she_answered_to(
    client: FlaskClient, meetup: Meetup
) -> None:
    row = dates_of(meetup)[3]
    comes(row, "Ana", date(2026, 8, 1))
    said = [f"Ana with {UNDER_SIX}"]
    for starts in (datetime(2027, 1, 31, 10), datetime(2027, 2, 1, 10), datetime(2027, 4, 1, 10), TUESDAY):
        sent = date_page(client, row, scope="this", date=f"{starts:%Y-%m-%d}", time="10:00")
        assert saved(client, f"{path(row)}/edit", sent).status_code == 302
        assert guests(client, row) == said
        take_back(row, NOW)
        db.session.commit()
        assert guests(client, row) == said
    # Answered again, it is the age on the day as it stands.
    saved(client, f"{path(row)}/edit", date_page(client, row, scope="this", date="2027-04-01", time="10:00"))
    ana = db.session.scalars(db.select(Member).filter_by(first_name="Ana")).one()
    answer(row, ana, Answer.GOING, ana.kids, NOW + MINUTE)
    db.session.commit()
    assert guests(client, row) == [f"Ana with {FROM_SIX}"]


def test_a_place_in_another_zone_turns_no_month(client: FlaskClient, meetup: Meetup) -> None:
    add_place("Victoria Park", WITHROW, zone="Europe/London")
    row = services.host(meetup.host, a_draft(meetup.place, datetime(2027, 1, 31, 20), rule=None), NOW).id
    row = db.session.scalars(db.select(Occurrence).filter_by(meetup_id=row)).one()
    comes(row, "Ana", date(2026, 8, 1))
    sent = edit_page(client, row.meetup) | {"place": ["Victoria Park"]}
    assert saved(client, f"/meetups/{row.meetup.public_id}/edit", sent).status_code == 302
    assert row.place.name == "Victoria Park" and guests(client, row) == [f"Ana with {UNDER_SIX}"]


def test_an_edit_of_all_dates_shows_no_other_age_on_page_and_list(client: FlaskClient, meetup: Meetup) -> None:
    fridays = Rule(Frequency.WEEKLY, weekdays=(4,))
    row = dates_of(services.host(meetup.host, a_draft(meetup.place, datetime(2026, 12, 4, 10), fridays), NOW))[8]
    assert row.day == date(2027, 1, 29)
    comes(row, "Ana", date(2026, 8, 1))
    sent = date_page(client, row, scope="all", date="2027-02-01", time="10:00")
    assert saved(client, f"{path(row)}/edit", sent).status_code == 302
    db.session.refresh(row)
    assert row.day == date(2027, 2, 1) and guests(client, row) == [f"Ana with {UNDER_SIX}"]
    post = Post()
    for at in (NOW + 11 * MINUTE, row.starts_at - timedelta(hours=15)):
        post.round(at)
    assert f"Ana with {UNDER_SIX}" in post.text() and post.mails[-1]["To"] == meetup.host.email


def test_on_no_date_of_a_series_is_one_month_told_from_its_neighbour(client: FlaskClient, meetup: Meetup) -> None:
    first = dates_of(meetup)[0]
    for name, month in (("Ana", date(2026, 7, 1)), ("Bea", date(2026, 8, 1)), ("Cleo", date(2026, 9, 1))):
        member = add_member(name)
        say(first.meetup, member, [add_kid(member, month)], NOW)
    db.session.commit()
    seen = [[guest.partition(" with ")[2] for guest in guests(client, row)] for row in dates_of(meetup)]
    assert len(seen) == 25 and all(len(ages) == 3 for ages in seen)
    assert all(ana == bea for ana, bea, _ in seen)
    # They do grow, each on its own day, and not all at once.
    assert [seen[0][0], seen[-1][0]] == [UNDER_SIX, FROM_SIX] and any(bea != cleo for _, bea, cleo in seen)
