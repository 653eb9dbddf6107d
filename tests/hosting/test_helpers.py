"""Co-hosts and hand-over: asked, accepted with one tap, ended silently; and blocks with any of them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from meetups.accounts.models import Member
from meetups.domain.capacity import Answer
from meetups.domain.taps import Purpose
from meetups.events import welcome
from meetups.events.hosts import acts_as_host, remember_cohosted
from meetups.events.models import CoHost, Meetup, Occurrence
from meetups.extensions import db
from meetups.hosting import helpers, queries
from meetups.hosting.tokens import local_address
from meetups.mail import outbox
from meetups.rsvps import mail_links, standing
from meetups.rsvps import services as rsvps
from meetups.rsvps.models import Rsvp, StandingYes
from tests.conftest import NOW, counted_queries
from tests.factories import TUESDAY, add_block, add_meetup, add_member, add_occurrence, add_place, add_rsvp, sign_in
from tests.hosting.world import HOUR, MINUTE, WEEK, World

BROWSE = "/?near=43.6747,-79.3476&within=2000"


@pytest.fixture
def world(app: Flask) -> World:
    return World()


def ask(client: FlaskClient, world: World, whom: Member, do: str = "ask") -> Any:
    sign_in(client, world.host)
    address = f"/meetups/{world.meetup.public_id}/cohosts"
    return client.post(address, data={"whom": whom.public_id, "do": do}, follow_redirects=True)


def make_cohost(world: World, member: Member) -> None:
    helpers.name_cohost(world.meetup, member, NOW)
    helpers.accept_cohost(world.meetup, member, NOW)
    db.session.commit()


def date_page(world: World) -> str:
    return f"/meetups/{world.meetup.public_id}/2026-12-01T1000"


def test_she_is_asked_by_mail_and_says_yes_with_one_tap(world: World, client: FlaskClient) -> None:
    add_member("Zoe")
    sign_in(client, world.host)
    page = client.get(f"/meetups/{world.meetup.public_id}/cohosts").text
    assert "Ana" in page and "Bea" in page and "Zoe" not in page and "example.org" not in page
    assert "Ana is asked" in ask(client, world, world.ana).text
    assert ("ana", "Would you host Slow walk with Hana?") in world.round(NOW + MINUTE)
    link = world.link()
    sign_in(client, world.ana)
    # Asked is not yet allowed.
    assert client.get(f"/meetups/{world.meetup.public_id}/edit").status_code == 404
    assert "Hana asks whether you would host with her." in client.get(date_page(world)).text
    for method in ("GET", "HEAD", "OPTIONS"):
        client.open(link, method=method)
    assert client.get(f"/meetups/{world.meetup.public_id}/edit").status_code == 404
    client.post(link)
    client.post(link)
    assert client.get(f"/meetups/{world.meetup.public_id}/edit").status_code == 200
    assert "You host this with Hana" in client.get(date_page(world)).text
    assert "Slow walk" in BeautifulSoup(client.get("/mine").text, "html.parser").text.split("You are hosting")[1]


def test_who_wants_no_such_mails_is_asked_on_the_page(world: World, client: FlaskClient) -> None:
    world.ana.wants_asked = False
    db.session.commit()
    # Who takes them and who does not is none of the host's business.
    said = "is asked: she sees it on the meetup’s page, and by mail if she takes such mails."
    for do in ("ask", "offer"):
        for whom in (world.ana, world.bea):
            assert f"{whom.first_name} {said}" in ask(client, world, whom, do).text
        ask(client, world, world.ana, do)
    assert "ana" not in [to for to, _ in world.round(NOW + MINUTE)]
    sign_in(client, world.ana)
    page = client.get(date_page(world)).text
    assert "Yes, I’ll help" in page and "Yes, I’ll host it" in page


def test_a_cohost_does_what_the_host_does_but_names_nobody_and_hands_nothing_over(
    world: World, client: FlaskClient
) -> None:
    make_cohost(world, world.ana)
    sign_in(client, world.ana)
    assert client.post(f"{date_page(world)}/cancel", data={"reason": "Rain"}).status_code == 302
    db.session.refresh(world.date)
    assert world.date.cancelled_at is not None
    client.post(f"{date_page(world)}/restore")
    address = f"/meetups/{world.meetup.public_id}/cohosts"
    assert client.get(address).status_code == client.post(address, data={"do": "ask"}).status_code == 404
    # She is still a family that comes, or not.
    client.post(f"{date_page(world)}/cant")
    assert (
        db.session.scalars(select(Rsvp.answer).filter_by(member_id=world.ana.id, occurrence_id=world.date.id)).one()
        == "not_going"
    )


def test_a_cohost_who_says_that_it_is_on_is_the_one_to_find(world: World, client: FlaskClient, clock: Any) -> None:
    cara = add_member("Cara", email="cara@example.org")
    add_rsvp(db.session.scalars(select(Occurrence).filter_by(recurrence_id=TUESDAY - 2 * WEEK)).one(), cara)
    make_cohost(world, cara)
    world.rounds(world.evening, world.told_at + 20 * MINUTE)
    clock.move_to(world.told_at + 20 * MINUTE)
    sign_in(client, cara)
    assert "Hana has not said that she comes." in client.get(date_page(world)).text
    # What a co-host does to the date promises nobody that the host comes.
    client.post(f"{date_page(world)}/cancel", data={})
    client.post(f"{date_page(world)}/restore")
    world.rounds(world.told_at + 21 * MINUTE, world.told_at + 40 * MINUTE)
    clock.move_to(world.told_at + 40 * MINUTE)
    link = local_address("still_on", world.date.uid, cara)
    assert 'value="Red stroller by the gate"' in client.get(link).text
    client.post(link, data={"spot": "Yellow hat"})
    told = world.rounds(world.told_at + 41 * MINUTE, world.start)
    found, cara_is = "Today 10:00: Cara is the one to find", "Today 10:00: Cara stands in for you"
    assert sorted(told) == [("ana", found), ("bea", found), ("hana", cara_is)]
    db.session.refresh(world.date)
    assert (world.date.spot, world.date.confirmed_at) == ("Yellow hat", None)
    page = client.get(date_page(world)).text
    assert "I’ll be there" not in page and "How to find you" in page
    # She has answered nothing so far; once she says that she cannot come, nobody is there to find.
    client.post(f"{date_page(world)}/cant")
    assert ("bea", "Today 10:00: Slow walk may be unhosted") in world.rounds(world.start - 30 * MINUTE, world.start)


@pytest.fixture
def two(world: World, client: FlaskClient, clock: Any) -> Callable[..., list[str]]:
    """What the host reads of it when these, both co-hosts, say one after the other that they stand in."""
    make_cohost(world, world.ana)
    make_cohost(world, world.bea)
    world.round(world.evening)

    def told(*who: Member, since: int = 1, before: Callable[[], object] = lambda: None) -> list[str]:
        clock.move_to(world.evening + since * MINUTE)
        for one in who:
            client.post(local_address("still_on", world.date.uid, one))
        before()
        db.session.commit()
        return [subject for to, subject in world.round(world.evening + since * MINUTE) if to == "hana"]

    return told


def test_the_host_reads_who_stands_in_as_it_is_when_the_mail_leaves_and_once(world: World, two: Any) -> None:
    ana, bea = (f"Tomorrow 10:00: {name} stands in for you" for name in ("Ana", "Bea"))
    assert two(world.ana, world.bea) == [bea]
    assert two(world.ana, world.bea, since=2) == []
    assert two(world.ana, since=61) == [ana]
    # She leaves her post twice within the hour, and comes back to it.
    lost, answer = "Tomorrow 10:00: nobody stands in for you any more", partial(rsvps.answer, world.date, world.ana)
    for minutes in (62, 64):
        at = world.evening + minutes * MINUTE
        assert lost in two(since=minutes, before=partial(answer, Answer.NOT_GOING, [], at))
        answer(Answer.GOING, [], at)
        db.session.commit()
        assert ana in two(world.ana, since=minutes + 1)


def test_who_stands_in_is_not_named_to_a_host_whom_she_has_blocked_meanwhile(world: World, two: Any) -> None:
    world.host.quiet_from, world.host.quiet_until = 19, 23
    db.session.commit()
    assert two(world.ana) == []
    add_block(world.ana, world.host)
    db.session.commit()
    outbox.send_due(world, "tests", lambda: world.evening + 5 * HOUR, lambda: False)
    assert not [mail for mail in world.mails if "Ana stands in" in mail["Subject"]]


@pytest.mark.one_database
def test_who_stands_in_changes_four_times_an_hour(world: World, two: Any, client: FlaskClient) -> None:
    assert len(two(*[world.ana, world.bea] * 3)) == 1
    assert world.date.held_by_id == world.bea.id
    assert "Wait a little." in client.post(local_address("still_on", world.date.uid, world.ana)).text
    # Her own words she may change for all that.
    client.post(local_address("still_on", world.date.uid, world.bea), data={"spot": "Yellow hat"})
    db.session.expire_all()
    assert world.date.spot == "Yellow hat"


def test_a_stand_in_who_becomes_the_host_is_told_as_such_and_reminders_go_on(world: World) -> None:
    welcome.stand_in(world.date, world.ana, "Blue coat", world.evening)
    db.session.commit()
    assert ("bea", "Tomorrow 10:00: Ana is the one to find") in world.rounds(world.evening, world.baton_at)
    helpers.offer(world.meetup, world.ana, world.baton_at)
    helpers.take_over(world.meetup, world.ana, world.baton_at)
    db.session.commit()
    told = [subject for to, subject in world.rounds(world.baton_at, world.start) if to == "bea"]
    assert told == ["Tomorrow 10:00: Ana will be there", "Today 10:00: Slow walk"]
    assert "Red stroller by the gate" in world.text()


def test_either_ends_it_and_nobody_is_told(world: World, client: FlaskClient) -> None:
    for end in ("host", "cohost"):
        make_cohost(world, world.ana)
        world.round(NOW + MINUTE)
        world.mails.clear()
        if end == "host":
            ask(client, world, world.ana, "end")
        sign_in(client, world.ana)
        if end == "cohost":
            client.post(f"/meetups/{world.meetup.public_id}/cohosts/leave")
        assert client.get(f"/meetups/{world.meetup.public_id}/edit").status_code == 404
        assert world.round(NOW + 2 * MINUTE) == []


def test_three_at_most_of_those_who_have_come_and_a_dead_link_is_404(world: World, client: FlaskClient) -> None:
    past = db.session.scalars(select(Occurrence).filter_by(recurrence_id=TUESDAY - 2 * WEEK)).one()
    guests = [add_member(name) for name in ("Cara", "Dora", "Ella")]
    for guest in guests:
        add_rsvp(past, guest)
    db.session.commit()
    for guest in guests:
        ask(client, world, guest)
    assert "Three at most" in ask(client, world, world.ana).text
    ask(client, world, guests[0], "end")
    assert client.get(local_address("cohost", world.meetup.public_id, guests[0])).status_code == 404
    assert "not among the families" in ask(client, world, add_member("Zoe")).text
    assert len(list(db.session.scalars(select(CoHost)))) == 2


def test_a_block_with_a_cohost_is_a_block_with_the_host(world: World, client: FlaskClient) -> None:
    make_cohost(world, world.ana)
    cara = add_member("Cara")
    add_rsvp(world.date, cara)
    add_block(cara, world.ana)
    db.session.commit()
    sign_in(client, cara)
    for address in (date_page(world), f"/meetups/{world.meetup.public_id}"):
        assert client.get(address).status_code == 404
    assert "Slow walk" not in client.get(BROWSE).text and "Slow walk" not in client.get("/mine").text
    world.round(NOW + MINUTE)
    db.session.expire_all()
    assert db.session.scalars(select(Rsvp.answer).filter_by(member_id=cara.id)).one() == "not_going"
    assert world.date.taken == 2


def test_whoever_is_blocked_with_her_before_leaves_as_she_begins_to_help(world: World) -> None:
    cara = add_member("Cara", email="cara@example.org")
    add_rsvp(world.date, cara)
    add_block(cara, world.ana)
    db.session.commit()
    world.round(NOW)
    make_cohost(world, world.ana)
    world.round(NOW + MINUTE)
    db.session.expire_all()
    assert db.session.scalars(select(Rsvp.answer).filter_by(member_id=cara.id)).one() == "not_going"


def test_a_block_with_the_host_ends_it(world: World, client: FlaskClient) -> None:
    make_cohost(world, world.ana)
    helpers.offer(world.meetup, world.ana, NOW)
    add_block(world.host, world.ana)
    db.session.commit()
    sign_in(client, world.ana)
    assert client.get(f"/meetups/{world.meetup.public_id}/edit").status_code == 404
    world.round(NOW + MINUTE)
    assert not list(db.session.scalars(select(CoHost))) and not [
        mail for mail in world.mails if mail["To"] == world.ana.email
    ]


def test_a_block_with_the_host_ends_it_before_the_worker_comes_round(
    world: World, client: FlaskClient, clock: Any
) -> None:
    world.meetup.rain_plan, world.meetup.rain_place_id = "place", add_place("Dark Alley").id
    make_cohost(world, world.ana)
    add_block(world.host, world.ana)
    db.session.commit()
    clock.move_to(world.start - 3 * HOUR)
    links = [local_address(act, world.date.uid, world.ana) for act in ("still_on", "rain")]
    assert [client.post(link).status_code for link in links] == [404, 404]
    db.session.expire_all()
    assert world.date.place.name == "Withrow Park" and world.date.confirmed_at is None


def test_a_cohost_who_blocks_the_host_takes_no_page_from_her(world: World, client: FlaskClient) -> None:
    make_cohost(world, world.bea)
    add_block(world.bea, world.host)
    db.session.commit()
    sign_in(client, world.host)
    assert client.get(date_page(world)).status_code == 200
    # She who cannot see it may still say that she is done with it.
    sign_in(client, world.bea)
    answer = client.post(f"/meetups/{world.meetup.public_id}/cohosts/leave", follow_redirects=True)
    assert answer.status_code == 200 and "You do not host it any more." in answer.text
    assert not list(db.session.scalars(select(CoHost)))


def test_two_cohosts_who_block_each_other_both_stop_hosting(world: World) -> None:
    for one in (world.ana, world.bea):
        make_cohost(world, one)
    add_block(world.ana, world.bea)
    add_block(world.bea, world.ana)
    world.round(NOW)
    assert list(db.session.scalars(select(CoHost))) == []


def test_of_two_cohosts_the_one_who_blocks_the_other_stops_hosting(
    world: World, client: FlaskClient, clock: Any
) -> None:
    for one in (world.ana, world.bea):
        make_cohost(world, one)
    helpers.offer(world.meetup, world.bea, NOW)
    add_block(world.bea, world.ana)
    db.session.commit()
    clock.move_to(world.evening + MINUTE)
    links = {one: local_address("still_on", world.date.uid, one) for one in (world.ana, world.bea)}
    for at in (None, world.evening):
        # At once, and when the worker has been round, is the same.
        if at:
            world.round(at)
        for one, expected in ((world.ana, 200), (world.bea, 404), (world.host, 200)):
            sign_in(client, one)
            assert client.get(date_page(world)).status_code == expected
            assert client.get(links.get(one, date_page(world))).status_code == expected
    assert list(db.session.scalars(select(CoHost.member_id))) == [world.ana.id]
    assert queries.offered(world.meetup) is None


def test_a_series_goes_over_whole_and_places_and_mails_with_it(world: World, client: FlaskClient, clock: Any) -> None:
    part = add_meetup(
        world.host, world.meetup.place, starts=TUESDAY + WEEK, series_id=world.meetup.id, title="Slow walk"
    )
    world.date.capacity = 2
    waits = add_member("Cara", email="cara@example.org")
    add_rsvp(world.date, waits, "waiting")
    db.session.commit()
    assert "You host until she says yes." in ask(client, world, world.ana, "offer").text
    assert world.round(NOW + MINUTE) == [("ana", "Hana would like to hand Slow walk over to you")]
    link = world.link()
    sign_in(client, world.ana)
    for _ in range(2):
        assert "You are the host" in client.post(link, follow_redirects=True).text
    db.session.expire_all()
    assert {meetup.host_id for meetup in db.session.scalars(select(Meetup))} == {world.ana.id}
    assert part.host_id == world.ana.id
    answers = dict(db.session.execute(select(Member.first_name, Rsvp.answer).join(Rsvp.member).where(Rsvp.occurrence_id == world.date.id)).all())  # fmt: skip
    assert answers == {"Ana": "not_going", "Bea": "going", "Cara": "going"}
    # What has been keeps no trace of who hosted.
    assert world.round(NOW + 2 * MINUTE) == [("cara", "A place came free, you are in: Tue 1 Dec, 10:00, Withrow Park")]
    told = world.round(world.evening)
    assert [(to, subject) for to, subject in told if "Still on" in subject] == [
        ("ana", "Still on? Tomorrow 10:00: 2 families come to Slow walk")
    ]
    assert "Ana will be there" in next(
        mail.get_body(("plain",)).get_content() for mail in world.mails if mail["To"] == world.bea.email
    )
    # The old one may come as a guest.
    sign_in(client, world.host)
    assert client.get(f"/meetups/{world.meetup.public_id}/edit").status_code == 404
    clock.move_to(NOW + timedelta(hours=1))
    client.post(f"{date_page(world)}/answer", data={"answer": "maybe"})
    assert db.session.scalars(select(Rsvp.answer).filter_by(member_id=world.host.id)).one() == "maybe"


def test_a_scanner_that_presses_buttons_takes_nothing_over(world: World, client: FlaskClient) -> None:
    helpers.offer(world.meetup, world.ana, NOW)
    db.session.commit()
    world.round(NOW + MINUTE)
    link = world.link()
    for who in (None, world.bea):
        if who:
            sign_in(client, who)
        page = client.post(link).text
        assert "Ana must be signed in" in page and "Yes, I’ll host it" not in page
    db.session.expire_all()
    assert world.meetup.host_id == world.host.id
    # She signs in, and comes back to the same page with its button.
    browser = client.application.test_client()
    page = BeautifulSoup(browser.get(link).text, "html.parser")
    way = str(page.select_one("main a.button.primary")["href"])  # type: ignore[index]
    sign_in(browser, world.ana)
    assert browser.get(way).location == link and "Yes, I’ll host it" in browser.get(link).text


def test_an_offer_taken_back_is_dead(world: World, client: FlaskClient) -> None:
    ask(client, world, world.ana, "offer")
    link = local_address("hand_over", world.meetup.public_id, world.ana)
    assert client.get(link).status_code == 200
    assert "You stay the host" in ask(client, world, world.ana, "keep").text
    assert client.get(link).status_code == client.post(link).status_code == 404
    ask(client, world, world.ana, "offer")
    ask(client, world, world.bea, "offer")
    assert client.post(link).status_code == 404


@pytest.mark.one_database
@pytest.mark.parametrize(("do", "undo"), [("ask", "end"), ("offer", "keep"), ("offer", None)])
def test_asking_to_and_fro_is_one_mail_a_day_and_two_a_week(
    world: World, client: FlaskClient, clock: Any, do: str, undo: str | None
) -> None:
    def asked_and_not(at: datetime) -> str:
        clock.move_to(at)
        page = ask(client, world, world.ana, do).text
        world.round(at)
        ask(client, world, world.ana, undo) if undo else ask(client, world, world.bea, do)
        return str(page)

    def got() -> int:
        return len([mail for mail in world.mails if mail["To"] == world.ana.email and "Hana" in mail["Subject"]])

    for second in range(3):
        page = asked_and_not(NOW + timedelta(seconds=second))
    assert "Ana is asked" in page and got() == 1
    asked_and_not(NOW + timedelta(days=1))
    assert "She has had two mails about it this week." in asked_and_not(NOW + timedelta(days=2))
    offered = queries.offered(world.meetup)
    assert not offered or offered.member_id == world.bea.id
    assert queries.cohosts(world.meetup) == [] and got() == 2
    asked_and_not(NOW + timedelta(days=7))
    assert got() == 3


@pytest.mark.one_database
def test_one_host_has_ten_families_written_to_in_an_hour(world: World, client: FlaskClient) -> None:
    past = db.session.scalars(select(Occurrence).filter_by(recurrence_id=TUESDAY - 2 * WEEK)).one()
    guests = [add_member("Cara") for _ in range(11)]
    for guest in guests:
        add_rsvp(past, guest)
    db.session.commit()
    pages = [ask(client, world, guest, "offer").text for guest in guests]
    assert ["Try again later." in page for page in pages] == [False] * 10 + [True]
    offered = queries.offered(world.meetup)
    assert offered and offered.member_id == guests[9].id


def test_lists_cost_the_same_with_many_hosts(world: World, client: FlaskClient) -> None:
    make_cohost(world, world.ana)
    sign_in(client, world.ana)
    # What lies under the map is read once in a minute.
    client.get(BROWSE)
    with counted_queries() as few:
        client.get(BROWSE)
    for _ in range(10):
        meetup = add_meetup(add_member("Host"), world.meetup.place)
        add_rsvp(add_occurrence(meetup, TUESDAY - 2 * WEEK), world.ana)
        helpers.name_cohost(meetup, world.ana, NOW)
        helpers.accept_cohost(meetup, world.ana, NOW)
    db.session.commit()
    with counted_queries() as many:
        client.get(BROWSE)
    assert len(many) == len(few)


def test_who_takes_over_is_no_longer_counted_among_those_who_come_every_time(world: World) -> None:
    next_date = add_occurrence(world.meetup, TUESDAY + WEEK)
    standing.say(world.meetup, world.ana, [], NOW)
    given = select(Rsvp.answer).filter_by(member_id=world.ana.id, occurrence_id=next_date.id)
    assert db.session.scalars(given).one() == "going"
    helpers.offer(world.meetup, world.ana, NOW)
    helpers.take_over(world.meetup, world.ana, NOW)
    db.session.commit()
    assert db.session.scalars(select(StandingYes.ended_at)).one() == NOW
    assert db.session.scalars(given).one() == "not_going" and next_date.taken == 0
    standing.answer_for_regulars(NOW + timedelta(days=1))
    assert db.session.scalars(given).one() == "not_going"


def test_news_of_who_cannot_come_go_to_whoever_hosts_when_they_leave(world: World) -> None:
    now = world.start - 3 * HOUR
    for member in (world.ana, world.bea):
        rsvps.answer(world.date, member, Answer.NOT_GOING, [], now)
    helpers.offer(world.meetup, world.ana, now)
    helpers.take_over(world.meetup, world.ana, now + MINUTE)
    db.session.commit()
    told = world.round(now + 10 * MINUTE)
    assert told == [("ana", "Bea can’t make it: Slow walk, Tue 1 Dec, 10:00")]


def test_a_reason_is_for_those_who_host_until_it_is_over_and_not_for_the_next(
    world: World, client: FlaskClient, clock: Traveller
) -> None:
    link = urlsplit(mail_links.to_date(world.bea, world.date, Purpose.CANT)).path
    client.post(link, data={"answer": "not_going"})
    assert "tell those who host" in client.get(link).text
    client.post(link, data={"answer": "not_going", "reason": "nose"})
    page = f"/meetups/{world.meetup.public_id}/2026-12-01T1000"

    def reads(member: Member) -> bool:
        sign_in(client, member)
        return "runny nose" in client.get(page).text

    helpers.name_cohost(world.meetup, world.ana, NOW)
    assert reads(world.host) and not reads(world.ana)
    helpers.accept_cohost(world.meetup, world.ana, NOW)
    assert reads(world.ana)
    clock.move_to(world.date.ends_at)
    assert not reads(world.host)
    clock.move_to(NOW)
    assert reads(world.host)
    helpers.offer(world.meetup, world.ana, NOW)
    helpers.take_over(world.meetup, world.ana, NOW)
    assert not reads(world.ana)


@pytest.mark.parametrize("at_once", [False, True], ids=["her own page", "many mails at once"])
def test_whom_a_block_parts_from_the_host_helps_her_no_more_however_it_is_asked(world: World, at_once: bool) -> None:
    helping = {"series_id": world.meetup.id, "invited_at": NOW, "accepted_at": NOW}
    db.session.add_all([CoHost(member_id=who.id, **helping) for who in (world.ana, world.bea)])
    add_block(world.host, world.ana)
    db.session.commit()
    if at_once:
        remember_cohosted([world.ana.id, world.bea.id])
    assert not acts_as_host(world.meetup, world.ana)
    assert acts_as_host(world.meetup, world.bea)


def test_of_many_families_a_handful_is_shown_and_the_others_are_found_by_name(
    world: World, client: FlaskClient
) -> None:
    sign_in(client, world.host)
    address = f"/meetups/{world.meetup.public_id}/cohosts"
    assert "Look for a first name" not in client.get(address).text
    past = db.session.scalars(select(Occurrence).order_by(Occurrence.starts_at)).first()
    for number in range(12):
        add_rsvp(past, add_member(f"Zoé{number}"))
    regular = db.session.scalars(select(Member).where(Member.first_name == "Zoé7")).one()
    db.session.add(StandingYes(series_id=world.meetup.id, member_id=regular.id, since=NOW, look_at=NOW))
    db.session.commit()

    def shown(name: str = "") -> list[str]:
        page = BeautifulSoup(client.get(address, query_string={"name": name}).text, "html.parser")
        return [button["aria-label"] for button in page.select("button[value=ask]")]

    ask_to = "Ask her to help: "
    # Who comes every time, then who came last.
    assert shown()[:3] == [f"{ask_to}{name}" for name in ("Zoé7", "Ana", "Bea")] and len(shown()) == 5
    assert shown("ZOE11") == [f"{ask_to}Zoé11"] and shown("Hana") == []
    assert "Nobody of that name." in client.get(address, query_string={"name": "Mia"}).text
    found = db.session.scalars(select(Member).where(Member.first_name == "Zoé11")).one()
    assert "Zoé11 is asked" in ask(client, world, found).text
