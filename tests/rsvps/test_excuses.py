"""Bailing and being late without guilt: one tap each, and the host knows at once."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from meetups.accounts.models import Member
from meetups.domain.capacity import Answer
from meetups.domain.taps import Purpose
from meetups.events import services as events
from meetups.events.models import Meetup
from meetups.extensions import db
from meetups.rsvps import mail_links
from meetups.rsvps.models import Rsvp
from meetups.rsvps.services import answer
from tests.factories import add_block, add_meetup, add_member, add_rsvp, first_date, sign_in
from tests.rsvps.moving import move
from tests.rsvps.post import Post

PAGE = "2026-12-01T1000"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def meetup(client: FlaskClient) -> Meetup:
    """Ana, Zoe and Mia come to the walk of Beatrice, who is up from five in the morning."""
    found = add_meetup(add_member("Beatrice", quiet_until=5))
    for name in ("Ana", "Zoe", "Mia"):
        add_rsvp(first_date(found), add_member(name))
    db.session.commit()
    return found


def named(name: str) -> Member:
    return db.session.scalars(select(Member).where(Member.first_name == name)).one()


def row_of(name: str) -> Rsvp:
    db.session.expire_all()
    return db.session.scalars(select(Rsvp).join(Rsvp.member).where(Member.first_name == name)).one()


class Phone:
    """Whoever's phone it is, some time before the date."""

    def __init__(self, client: FlaskClient, clock: Traveller, meetup: Meetup) -> None:
        self.client, self.clock, self.starts = client, clock, first_date(meetup).starts_at
        self.path = f"/meetups/{meetup.public_id}/{PAGE}"

    def tap(self, who: str, before: timedelta, what: str, **data: object) -> str:
        """Press a button; return the page that follows."""
        self.clock.move_to(self.starts - before)
        sign_in(self.client, named(who))
        return self.client.post(f"{self.path}/{what}", data=data, follow_redirects=True).text

    def page(self, who: str, what: str = "") -> str:
        sign_in(self.client, named(who))
        return self.client.get(f"{self.path}{what}").text


@pytest.fixture
def phone(client: FlaskClient, clock: Traveller, meetup: Meetup) -> Phone:
    return Phone(client, clock, meetup)


@pytest.mark.parametrize(
    ("reason", "words"),
    [("nose", "runny nose"), ("nap", "nap ran long"), ("rain", "rain"), ("other", "something came up")],
)
def test_one_tap_bails_with_a_reason_that_the_host_alone_sees(phone: Phone, reason: str, words: str) -> None:
    assert len(BeautifulSoup(phone.page("Ana", "/cant"), "html.parser").select("button[name=reason]")) == 4
    phone.tap("Ana", 5 * HOUR, "cant", reason=reason)
    assert (row_of("Ana").answer, row_of("Ana").reason) == ("not_going", reason)
    assert f"<b>Ana</b>: {words}" in phone.page("Beatrice")
    for other in ("Zoe", "Ana"):
        assert "<b>Ana</b>" not in phone.page(other) and "<h3>Can’t make it" not in phone.page(other)


def test_without_a_reason_she_can_still_give_one_and_need_not(phone: Phone) -> None:
    assert "No reason needed" in phone.tap("Ana", 5 * HOUR, "cant") and row_of("Ana").reason is None
    phone.tap("Ana", 5 * HOUR, "cant", reason="nap")
    assert row_of("Ana").reason == "nap"
    phone.tap("Ana", 5 * HOUR, "cant")
    phone.tap("Ana", 5 * HOUR, "cant", reason="<b>long story</b>")
    assert row_of("Ana").reason == "nap"
    phone.tap("Ana", 4 * HOUR, "answer", answer="going")
    assert row_of("Ana").reason is None


def test_late_is_seen_at_once_by_the_host_and_by_who_comes(phone: Phone) -> None:
    assert "10 minutes late" not in phone.page("Ana"), "a week before nobody is late"
    text = phone.tap("Ana", HOUR, "late", minutes=10)
    assert "No rush" in text and "20 minutes late" in text and "On time after all" in text
    for who in ("Beatrice", "Zoe"):
        assert "10 minutes late</span>" in phone.page(who)
    add_member("Stranger")
    assert "minutes late" not in phone.page("Stranger")
    phone.tap("Ana", HOUR, "late", minutes=20)
    assert "20 minutes late</span>" in phone.page("Beatrice")
    phone.tap("Ana", -10 * MINUTE, "late", minutes=0)
    assert "minutes late" not in phone.page("Beatrice")


@pytest.mark.parametrize(
    ("before", "taken"), [(3 * HOUR + MINUTE, False), (3 * HOUR, True), (MINUTE - HOUR, True), (-HOUR, False)]
)
def test_late_can_be_said_from_three_hours_before_until_it_ends(phone: Phone, before: timedelta, taken: bool) -> None:
    phone.clock.move_to(phone.starts - before)
    assert ('name="minutes"' in phone.page("Ana")) is taken
    phone.tap("Ana", before, "late", minutes=10)
    assert (row_of("Ana").late == 10) is taken


def test_only_who_comes_is_late_and_only_as_the_buttons_say(phone: Phone) -> None:
    add_member("Lea")
    assert "Only who comes" in phone.tap("Lea", HOUR, "late", minutes=10)
    phone.tap("Ana", HOUR, "late", minutes=9999)
    assert row_of("Ana").late is None
    for method in (phone.client.get, phone.client.head):
        assert method(f"{phone.path}/late").status_code in (302, 404, 405) and row_of("Ana").late is None


def test_she_is_late_for_the_time_she_said_it_for(phone: Phone, meetup: Meetup) -> None:
    phone.tap("Ana", HOUR, "late", minutes=10)
    move(first_date(meetup), 11, phone.starts - HOUR)
    db.session.commit()
    assert "minutes late" not in phone.page("Beatrice")


def test_the_host_gets_one_mail_for_what_comes_within_five_minutes(phone: Phone) -> None:
    post, host, start = Post(), named("Beatrice"), phone.starts
    phone.tap("Ana", 5 * HOUR, "cant", reason="nose")
    phone.tap("Zoe", 5 * HOUR - 2 * MINUTE, "answer", answer="maybe")
    post.deliver(start - 5 * HOUR + 4 * MINUTE)
    assert post.to(host) == []
    post.deliver(start - 5 * HOUR + 5 * MINUTE)
    assert len(post.to(host)) == 1 and "News of who comes" in post.to(host)[0]
    text = post.text()
    assert "- Ana can’t make it (runny nose)." in text and "- Zoe is not sure any more." in text
    assert "Mia" not in text and "@example.org" not in text
    post.deliver(start - 4 * HOUR)
    phone.tap("Mia", 2 * HOUR, "late", minutes=20)
    phone.tap("Ana", 2 * HOUR - MINUTE, "answer", answer="going")
    post.deliver(start - 2 * HOUR + 5 * MINUTE)
    assert len(post.to(host)) == 2
    assert "- Mia is 20 minutes late." in post.text() and "- Ana comes after all." in post.text()
    assert "Zoe" not in post.text(), "what she has heard is not told again"


def test_what_is_taken_back_within_five_minutes_is_no_mail(phone: Phone) -> None:
    post = Post()
    phone.tap("Ana", 2 * HOUR, "late", minutes=10)
    phone.tap("Ana", 2 * HOUR - MINUTE, "late", minutes=0)
    phone.tap("Zoe", 2 * HOUR - MINUTE, "cant")
    phone.tap("Zoe", 2 * HOUR - 2 * MINUTE, "answer", answer="going")
    post.deliver(phone.starts - HOUR)
    assert post.to(named("Beatrice")) == []


def test_what_comes_in_while_the_mail_is_put_off_is_in_it(phone: Phone) -> None:
    post = Post(grey=True)
    phone.tap("Ana", 5 * HOUR, "cant")
    post.deliver(phone.starts - 5 * HOUR + 5 * MINUTE)
    phone.tap("Zoe", 5 * HOUR - 6 * MINUTE, "cant")
    post.grey = False
    for minute in range(7, 30):
        post.deliver(phone.starts - 5 * HOUR + minute * MINUTE)
    assert len(post.to(named("Beatrice"))) == 1 and "Ana" in post.text() and "Zoe" in post.text()


@pytest.mark.parametrize("what", ["days before", "blocked", "imported", "cancelled", "over", "was not coming"])
def test_what_is_no_news_for_the_host_is_no_mail(phone: Phone, meetup: Meetup, what: str) -> None:
    post, start, date = Post(), phone.starts, first_date(meetup)
    if what == "imported":
        meetup.source = "East York library"
    elif what == "was not coming":
        answer(date, named("Ana"), Answer.MAYBE, [], start - 24 * HOUR)
    db.session.commit()
    phone.tap("Ana", (13 if what == "days before" else 5) * HOUR, "cant")
    if what == "blocked":
        add_block(named("Ana"), named("Beatrice"))
    elif what == "cancelled":
        events.cancel_date(first_date(meetup), None, start - 5 * HOUR)
    post.deliver(start + 2 * HOUR if what == "over" else start - 4 * HOUR)
    assert post.to(named("Beatrice")) == []


def test_news_comes_in_her_night_only_where_it_cannot_wait(phone: Phone, meetup: Meetup) -> None:
    post, host, night = Post(), named("Beatrice"), 8 * HOUR
    meetup.host.quiet_until = 7
    phone.tap("Ana", night, "cant")
    post.deliver(phone.starts - night + 5 * MINUTE)
    assert post.to(host) == []
    post.deliver(phone.starts - 3 * HOUR)
    assert len(post.to(host)) == 1
    meetup.host.quiet_until = 9
    phone.tap("Zoe", 2 * HOUR + 30 * MINUTE, "cant")
    post.deliver(phone.starts - 2 * HOUR)
    assert len(post.to(host)) == 2, "at nine it would come an hour before"


def flood(phone: Phone, post: Post, before: timedelta, link: str, every: int) -> list[str]:
    """Tap a link to and fro for an hour, with a worker's round each minute; return who got a mail."""
    said, since = ("not_going", "going"), phone.starts - before
    for minute in range(60):
        phone.clock.move_to(since + minute * MINUTE)
        phone.client.post(link, data={"answer": said[minute // every % 2]})
        post.deliver(since + minute * MINUTE + MINUTE / 2)
    return [str(mail["To"]) for mail in post.mails]


@pytest.mark.parametrize("last", ["going", "not_going"])
def test_who_has_her_link_cannot_fill_her_mailbox_and_the_last_word_is_told(
    phone: Phone, meetup: Meetup, last: str
) -> None:
    post, ana = Post(), named("Ana")
    link = urlsplit(mail_links.to_date(ana, first_date(meetup), Purpose.CANT)).path
    assert flood(phone, post, 60 * HOUR, link, 1) == [ana.email] * 2
    phone.client.post(link, data={"answer": last})
    assert row_of("Ana").answer == last, "it counts at once all the same"
    post.deliver(phone.starts - 58 * HOUR)
    assert len(post.mails) == (3 if last == "going" else 2)


def test_a_guest_cannot_fill_the_hosts_mailbox_and_her_last_word_is_told(phone: Phone, meetup: Meetup) -> None:
    post, host = Post(), named("Beatrice")
    link = urlsplit(mail_links.to_date(named("Ana"), first_date(meetup), Purpose.CANT)).path
    assert flood(phone, post, 4 * HOUR, link, 6).count(host.email) == 4
    phone.tap("Mia", 3 * HOUR, "cant")
    post.deliver(phone.starts - 3 * HOUR + 5 * MINUTE)
    assert "- Mia can’t make it." in post.text(), "nobody's news waits for Ana to settle"
    post.mails.clear()
    phone.client.post(link, data={"answer": "not_going", "reason": "nap"})
    post.deliver(phone.starts - 2 * HOUR)
    assert "- Ana can’t make it (nap ran long)." in post.text() and post.to(host) == [str(post.mails[-1]["Subject"])]


def test_her_own_calendar_changes_at_once(phone: Phone) -> None:
    sign_in(phone.client, named("Ana"))
    made = phone.client.post("/me/calendar", data={"device": "Phone"}, follow_redirects=True).text
    address = made[made.index("/feeds/") :].split("my-meetups.ics")[0] + "my-meetups.ics"
    before = phone.client.get(address)
    assert b"BEGIN:VEVENT" in before.data
    phone.tap("Ana", 5 * HOUR, "cant", reason="nap")
    after = phone.client.get(address, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200 and b"BEGIN:VEVENT" not in after.data
