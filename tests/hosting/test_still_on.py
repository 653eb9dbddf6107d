"""Still on? The host is asked, then one regular, then those coming hear; and whatever is said late is told once."""

from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from meetups.accounts import choices
from meetups.accounts.models import Member
from meetups.events.models import Change, Occurrence
from meetups.extensions import db
from meetups.hosting.models import BatonAsk
from meetups.hosting.services import see_who_welcomes, still_on
from meetups.mail.models import OutboxMail
from meetups.rsvps.models import Rsvp
from tests.conftest import NOW, counted_queries
from tests.factories import TUESDAY, add_block, add_meetup, add_member, add_occurrence, add_rsvp, first_date, sign_in
from tests.hosting.world import HOUR, MINUTE, RULE, WEEK, World, tap

STILL_ON = ("hana", "Still on? Tomorrow 10:00: 2 families come to Slow walk")
BATON = ("ana", "Tomorrow 10:00: would you be the one to find?")


@pytest.fixture
def world(app: Flask) -> World:
    return World()


def everything(world: World) -> list[tuple[str, str]]:
    """Rounds from the evening on until the walk is over."""
    return world.rounds(world.evening, world.start + HOUR)


def without_reminders(mails: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        (to, subject) for to, subject in mails if subject not in ("Tomorrow 10:00: Slow walk", "Today 10:00: Slow walk")
    ]


def test_one_tap_in_the_mail_says_that_it_is_on_and_nobody_else_is_asked(
    world: World, client: FlaskClient, clock
) -> None:  # type: ignore[no-untyped-def]
    assert STILL_ON in world.round(world.evening)
    clock.move_to(world.evening + MINUTE)
    assert "It is on" in tap(client, world.link())
    assert world.date.confirmed_at is not None
    assert [mail for mail in without_reminders(everything(world)) if mail != STILL_ON] == []
    assert db.session.scalars(select(BatonAsk)).all() == []


def test_looking_at_the_link_changes_nothing_and_tapping_twice_no_more_than_once(
    world: World, client: FlaskClient, clock
) -> None:  # type: ignore[no-untyped-def]
    world.round(world.evening)
    link = world.link()
    clock.move_to(world.evening)
    for method in ("GET", "HEAD", "OPTIONS") * 20:
        assert client.open(link, method=method).status_code == 200
    db.session.refresh(world.date)
    assert world.date.confirmed_at is None
    page = client.get(link)
    assert page.text.count("<button") == 1 and "Slow walk, Tuesday 1 December at 10:00, Withrow Park" in page.text
    for name, value in (
        ("Cache-Control", "no-store"),
        ("X-Robots-Tag", "noindex, nofollow"),
        ("Referrer-Policy", "same-origin"),
    ):
        assert page.headers[name] == value
    tap(client, link)
    revision = world.date.revision
    tap(client, link)
    db.session.refresh(world.date)
    assert world.date.confirmed_at == world.evening and world.date.revision == revision
    assert db.session.scalars(select(Change)).all() == []


def test_the_link_is_dead_once_the_date_has_begun_is_off_or_is_no_longer_hers(
    world: World, client: FlaskClient, clock
) -> None:  # type: ignore[no-untyped-def]
    world.round(world.evening)
    link = world.link()
    assert client.get(link[:-3] + "abc").status_code == client.post("/host/nonsense").status_code == 404
    world.date.cancelled_at = world.evening
    db.session.commit()
    assert client.post(link).status_code == 404
    world.date.cancelled_at, world.meetup.host_id = None, world.bea.id
    db.session.commit()
    assert client.post(link).status_code == 404
    world.meetup.host_id = world.host.id
    db.session.commit()
    assert client.get(link).status_code == 200
    clock.move_to(world.start)
    assert client.get(link).status_code == client.post(link).status_code == 404


def test_a_silent_host_a_regular_and_then_all_who_come(world: World) -> None:
    assert STILL_ON in world.round(world.evening)
    assert world.rounds(world.evening + MINUTE, world.baton_at) == []
    assert world.round(world.baton_at) == [BATON]
    assert "Hana has not said whether she comes" in world.text() and "Slow walk" in world.text()
    assert world.rounds(world.baton_at + MINUTE, world.told_at) == []
    told = world.round(world.told_at)
    assert sorted(told) == [(to, "Today 10:00: Slow walk may be unhosted") for to in ("ana", "bea")]
    assert "nobody may be there to welcome you. Come if you like." in world.text()
    assert world.rounds(world.told_at + MINUTE, world.start + HOUR) == []


def test_what_she_hears_late_is_good_news_once(world: World, client: FlaskClient, clock) -> None:  # type: ignore[no-untyped-def]
    world.round(world.evening)
    link = world.link()
    world.rounds(world.baton_at, world.told_at + 30 * MINUTE)
    clock.move_to(world.told_at + 30 * MINUTE)
    tap(client, link)
    tap(client, link)
    good = world.rounds(world.told_at + 30 * MINUTE, world.start + HOUR)
    assert sorted(good) == [(to, "Today 10:00: Hana will be there") for to in ("ana", "bea")]


def test_who_answers_after_that_has_read_it_on_the_page_and_is_told_only_what_changes(
    world: World, client: FlaskClient, clock
) -> None:  # type: ignore[no-untyped-def]
    world.round(world.evening)
    link = world.link()
    world.rounds(world.baton_at, world.told_at + 10 * MINUTE)
    clock.move_to(world.told_at + 10 * MINUTE)
    cara = add_member("Cara", email="cara@example.org")
    sign_in(client, cara)
    address = f"/meetups/{world.meetup.public_id}/2026-12-01T1000"
    assert "It may be unhosted: Hana has not said whether she comes." in client.get(address).text
    client.post(f"{address}/answer", data={"answer": "going"})
    assert [to for to, _ in world.round(world.told_at + 11 * MINUTE)] == ["cara"]
    assert "nobody may be there to welcome you" in world.text()
    assert world.rounds(world.told_at + 12 * MINUTE, world.told_at + 40 * MINUTE) == []
    client.post(link)
    assert sorted(to for to, _ in world.rounds(world.told_at + 40 * MINUTE, world.start)) == ["ana", "bea", "cara"]


def test_a_regular_who_takes_the_baton_is_the_one_to_find_in_her_own_words(
    world: World, client: FlaskClient, clock
) -> None:  # type: ignore[no-untyped-def]
    world.rounds(world.evening, world.baton_at + MINUTE)
    link = world.link()
    clock.move_to(world.baton_at + 5 * MINUTE)
    page = client.get(link)
    assert "Hana has not said" in page.text and 'value="Red stroller by the gate"' in page.text
    assert "Thank you: you are the one to find" in tap(client, link, spot="Blue coat, black dog")
    told = world.rounds(world.baton_at + 6 * MINUTE, world.start + HOUR)
    assert ("bea", "Tomorrow 10:00: Ana is the one to find") in told
    assert ("hana", "Tomorrow 10:00: Ana stands in for you") in told
    assert not [mail for mail in told if "unhosted" in mail[1]]
    # She knows it herself, and Bea's last reminder says it again.
    assert [subject for to, subject in told if to == "ana"] == ["Today 10:00: Slow walk"]
    assert "Ana is the one to find this time. How to find her: Blue coat, black dog" in world.text()
    sign_in(client, world.bea)
    page = client.get(f"/meetups/{world.meetup.public_id}/2026-12-01T1000").text
    assert "How to find Ana" in page and "Blue coat, black dog" in page


def take_baton(world: World, client: FlaskClient, clock, spot: str = "Blue coat") -> str:  # type: ignore[no-untyped-def]
    """Let Ana stand in and all hear of it, within the evening; return her link."""
    world.rounds(world.evening, world.baton_at + MINUTE)
    link = world.link()
    clock.move_to(world.baton_at + 5 * MINUTE)
    tap(client, link, spot=spot)
    world.rounds(world.baton_at + 6 * MINUTE, world.baton_at + 27 * MINUTE)
    clock.move_to(world.baton_at + 30 * MINUTE)
    return link


def test_a_stand_in_who_changes_her_words_is_found_by_the_new_ones(world: World, client: FlaskClient, clock) -> None:  # type: ignore[no-untyped-def]
    assert "Red umbrella" in tap(client, take_baton(world, client, clock), spot="Red umbrella")
    told = world.rounds(world.baton_at + 31 * MINUTE, world.start + HOUR)
    assert told[0] == ("bea", "Changed: Slow walk, Tue 1 Dec, 10:00")
    assert [to for to, subject in told if subject == "Today 10:00: Slow walk"] == ["ana", "bea"]
    assert "Red umbrella" in world.text()


@pytest.mark.parametrize("first", ["yes", "no such mails"])
def test_her_link_lives_until_the_date_whatever_mails_she_ends(
    world: World, client: FlaskClient, clock, first: str
) -> None:  # type: ignore[no-untyped-def]
    world.rounds(world.evening, world.baton_at + MINUTE)
    clock.move_to(world.baton_at + 5 * MINUTE)
    link = world.link()
    if first == "yes":
        tap(client, link)
    choices.stop(world.ana, "baton")
    db.session.commit()
    assert "“Red umbrella”" in tap(client, link, spot="Red umbrella")
    # Nor does she lose it to somebody whom she shuns; but to a block with her host at once.
    add_block(world.ana, world.bea)
    db.session.commit()
    assert client.get(link).status_code == 200
    add_block(world.host, world.ana)
    db.session.commit()
    assert client.get(link).status_code == 404


def test_where_nobody_is_going_to_tell_what_has_changed_the_reminder_does(world: World) -> None:
    world.round(world.start - 25 * HOUR)
    world.date.own_spot, world.date.confirmed_at = "By the pond", world.evening
    db.session.commit()
    assert ("bea", "Today 10:00: Slow walk") in world.round(world.start - 2 * HOUR)
    assert "By the pond" in world.text()


def test_the_host_who_comes_after_all_hosts_as_always_and_everybody_is_told_once(
    world: World, client: FlaskClient, clock
) -> None:  # type: ignore[no-untyped-def]
    world.rounds(world.evening, world.baton_at + MINUTE)
    clock.move_to(world.baton_at + 5 * MINUTE)
    tap(client, world.link(), spot="Blue coat")
    world.rounds(world.baton_at + 6 * MINUTE, world.baton_at + 20 * MINUTE)
    sign_in(client, world.host)
    address = f"/meetups/{world.meetup.public_id}/2026-12-01T1000"
    assert "Ana stands in for you." in client.get(address).text and "I come after all" in client.get("/mine").text
    (mail,) = [mail for mail in world.mails if "stands in" in str(mail["Subject"])]
    assert mail["To"] == world.host.email
    form = client.get(address).text.split('action="/host/')[1].split('"')[0]
    assert client.post(f"/host/{form}").location == address
    told = world.rounds(world.baton_at + 21 * MINUTE, world.told_at)
    assert sorted(told) == [(to, "Tomorrow 10:00: Hana will be there") for to in ("ana", "bea")]
    assert "How to find Ana" not in client.get(address).text


def test_who_stands_in_and_then_cannot_leaves_it_open(world: World, client: FlaskClient, clock) -> None:  # type: ignore[no-untyped-def]
    world.rounds(world.evening, world.baton_at + MINUTE)
    clock.move_to(world.baton_at + 5 * MINUTE)
    tap(client, world.link())
    world.round(world.baton_at + 6 * MINUTE)
    sign_in(client, world.ana)
    client.post(f"/meetups/{world.meetup.public_id}/2026-12-01T1000/cant")
    told = world.rounds(world.baton_at + 7 * MINUTE, world.start)
    assert sorted(without_reminders(told)) == [
        ("bea", "Tomorrow 10:00: Slow walk may be unhosted"),
        # More than twelve hours before, too, once her list has left.
        ("hana", "Ana can’t make it: Slow walk, Tue 1 Dec, 10:00"),
        ("hana", "Tomorrow 10:00: nobody stands in for you any more"),
    ]


@pytest.mark.one_database
def test_who_left_her_post_is_not_asked_for_it_again(world: World, client: FlaskClient, clock) -> None:  # type: ignore[no-untyped-def]
    world.rounds(world.evening, world.baton_at + MINUTE)
    link, at = world.link(), world.baton_at + 5 * MINUTE
    answer = f"/meetups/{world.meetup.public_id}/2026-12-01T1000/answer"
    sign_in(client, world.ana)
    clock.move_to(at)
    client.post(link)
    world.round(at)
    for minutes, said in ((1, "not_going"), (2, "going"), (10, "not_going"), (20, "going")):
        clock.move_to(at + minutes * MINUTE)
        client.post(answer, data={"answer": said})
        if minutes > 1:
            # Before that nobody has come round: a second thought.
            client.post(link)
            world.round(at + minutes * MINUTE)
    assert client.post(link).status_code == 404
    world.rounds(at + 25 * MINUTE, world.start)
    told = [str(mail["Subject"]) for mail in world.mails]
    # What she says of herself, the host hears as of anybody.
    about_her_post = [one for one in told if "Ana" in one and "make it" not in one and "after all" not in one]
    assert about_her_post == [
        "Tomorrow 10:00: Ana stands in for you",
        "Tomorrow 10:00: Ana is the one to find",
    ]


def test_editing_in_the_last_day_is_a_yes_and_the_mail_asks_no_more(world: World, client: FlaskClient, clock) -> None:  # type: ignore[no-untyped-def]
    clock.move_to(world.evening - 2 * HOUR)
    sign_in(client, world.host)
    address = f"/meetups/{world.meetup.public_id}/2026-12-01T1000"
    client.post(f"{address}/cancel", data={})
    client.post(f"{address}/restore")
    world.date.listed_for = None
    db.session.commit()
    everything(world)
    asked = [str(mail["Subject"]) for mail in world.mails if mail["To"] == world.host.email]
    assert asked == ["Tomorrow 10:00: 2 families come to Slow walk"]
    assert db.session.scalars(select(BatonAsk)).all() == []


def test_who_has_switched_the_question_off_was_not_asked_and_is_not_silent(world: World) -> None:
    world.host.wants_host_list = False
    db.session.commit()
    assert without_reminders(everything(world)) == []
    assert world.date.asked_at is None and world.date.unhosted_at is None


def test_a_library_is_never_asked(app: Flask) -> None:
    world = World()
    world.meetup.source = "East York library"
    db.session.commit()
    assert ("hana", "Tomorrow 10:00: 2 families come to Slow walk") in everything(world)
    assert world.date.asked_at is None and not world.date.unhosted_at


def test_nobody_is_asked_whose_address_takes_no_mail(world: World) -> None:
    world.ana.mail_suspended_at = NOW
    db.session.commit()
    told = world.rounds(world.evening, world.baton_at + 5 * MINUTE)
    assert ("bea", BATON[1]) in told and BATON not in told


def test_nobody_is_asked_who_is_blocked_with_the_host_or_with_somebody_who_comes(world: World) -> None:
    add_block(world.bea, world.ana)
    db.session.commit()
    subjects = without_reminders(everything(world))
    assert not [mail for mail in subjects if "one to find" in mail[1]]
    assert [to for to, subject in subjects if "unhosted" in subject] == ["ana", "bea"]


def test_nobody_is_asked_who_does_not_want_to_be(world: World, client: FlaskClient) -> None:
    world.rounds(world.evening, world.baton_at + MINUTE)
    unsubscribe = str(world.mails[-1]["List-Unsubscribe"]).strip("<>").removeprefix("http://localhost")
    assert client.post(unsubscribe, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    db.session.refresh(world.ana)
    assert world.ana.wants_baton is False and world.ana.wants_host_list is True
    sign_in(client, world.ana)
    assert "Would you be the one" not in client.get(f"/meetups/{world.meetup.public_id}/2026-12-01T1000").text


def test_what_is_no_longer_needed_is_dropped(world: World) -> None:
    world.rounds(world.evening, world.baton_at)
    see_who_welcomes(world.baton_at)
    still_on(world.date, world.host, None, world.baton_at)
    db.session.commit()
    assert world.round(world.baton_at) == []
    assert db.session.scalars(select(OutboxMail.state).where(OutboxMail.template == "baton")).one() == "dropped"


def test_a_stand_in_is_named_only_to_those_who_come(world: World, client: FlaskClient, clock) -> None:  # type: ignore[no-untyped-def]
    world.rounds(world.evening, world.baton_at + MINUTE)
    clock.move_to(world.baton_at + 5 * MINUTE)
    tap(client, world.link(), spot="Blue coat")
    sign_in(client, add_member("Zoe"))
    page = client.get(f"/meetups/{world.meetup.public_id}/2026-12-01T1000").text
    assert "Hana is hosting" in page and "Ana" not in page and "Blue coat" not in page


def test_two_workers_ask_and_tell_once(world: World) -> None:
    world.round(world.evening)
    for moment in (world.baton_at, world.told_at):
        see_who_welcomes(moment)
        see_who_welcomes(moment)
        db.session.commit()
    keys = list(db.session.scalars(select(OutboxMail.dedupe_key).where(OutboxMail.template == "baton")))
    assert len(keys) == 1 and len(list(db.session.scalars(select(Change)))) == 1


@pytest.mark.parametrize("first", ["asked already", "nobody to ask"])
def test_a_silent_date_is_not_in_the_way_of_those_after_it(world: World, first: str) -> None:
    host, cleo = add_member("Hope"), add_member("Cleo")
    begins = TUESDAY + (HOUR if first == "asked already" else -HOUR)
    other = add_meetup(host, starts=begins - 4 * WEEK, dates=[begins], rule=RULE, created_at=NOW - 5 * WEEK)
    add_rsvp(first_date(other), cleo)
    if first == "asked already":
        add_rsvp(add_occurrence(other, begins - 2 * WEEK), cleo)
    db.session.commit()
    world.round(world.evening)
    for minutes in (0, 5):
        see_who_welcomes(world.baton_at + minutes * MINUTE, limit=1)
    expected = {world.ana.id, cleo.id} if first == "asked already" else {world.ana.id}
    assert set(db.session.scalars(select(BatonAsk.member_id))) == expected


def test_a_round_with_nothing_silent_asks_four_questions(world: World) -> None:
    for number in range(20):
        date = add_meetup(starts=world.date.recurrence_id + WEEK * number)
        add_rsvp(db.session.scalars(select(Occurrence).filter_by(meetup_id=date.id)).one(), world.ana)
    db.session.commit()
    with counted_queries() as queries:
        see_who_welcomes(world.start - 20 * HOUR)
    assert len(queries) == 4


def test_silent_dates_are_found_by_their_start(world: World) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL reads so small a table whole")
    statement = "SELECT id FROM occurrences WHERE starts_at > :now AND held_by_id IS NULL AND unhosted_at IS NULL"
    plan = db.session.execute(text(f"EXPLAIN QUERY PLAN {statement} ORDER BY starts_at, id"), {"now": "2026-12-01"})
    assert "ix_occurrences_starts_at_occurrences_id" in str(plan.all())


def test_maybe_is_not_told_who_is_there(world: World) -> None:
    add_rsvp(world.date, add_member("May", email="may@example.org"), "maybe")
    db.session.commit()
    assert [to for to, subject in everything(world) if "unhosted" in subject] == ["ana", "bea"]
    assert db.session.scalars(select(Rsvp.told_who).where(Rsvp.answer == "maybe")).one() is None


def test_who_ends_the_links_in_her_mails_ends_these_too(world: World, client: FlaskClient, clock) -> None:  # type: ignore[no-untyped-def]
    world.round(world.evening)
    link = world.link()
    clock.move_to(world.evening)
    assert client.get(link).status_code == 200
    sign_in(client, world.host)
    client.post("/me/links/end")
    assert client.get(link).status_code == client.post(link).status_code == 404


@pytest.mark.parametrize(("hour", "at"), [(10, "12:00"), (8, "1:30")])
def test_a_regular_is_asked_in_her_night_only_where_the_morning_is_too_late(world: World, hour: int, at: str) -> None:
    world.ana.quiet_from = 20
    world.date.starts_at = world.start + (hour - 10) * HOUR
    db.session.commit()
    asked = []
    moment = world.evening
    while moment < world.date.starts_at:
        asked += [moment for mail in world.round(moment) if "be the one to find" in mail[1]]
        moment += 10 * MINUTE
    assert [f"{moment:%-H:%M}" for moment in asked] == [at]


def test_who_comes_reads_that_it_is_on_and_the_host_finds_the_way_on(world: World, client: FlaskClient, clock) -> None:  # type: ignore[no-untyped-def]
    world.meetup.rain_plan, stranger = "go", add_member("Zoe")
    db.session.commit()
    world.round(world.evening)
    clock.move_to(world.evening + MINUTE)
    address = f"/meetups/{world.meetup.public_id}/2026-12-01T1000"

    def reads(*members: Member) -> list[bool]:
        found = []
        for member in members:
            sign_in(client, member)
            found += ["Hana says it is on" in client.get(page).text for page in (address, "/mine")]
        return found

    assert reads(world.ana) == [False, False]
    nobody = client.application.test_client()
    page = BeautifulSoup(tap(nobody, world.link()), "html.parser")
    # Without signing in the link does this one thing, and gives away no other.
    assert "/host/" not in str(page.select("main a"))
    ways = {link.text: unquote(link["href"]).removeprefix("/signin?next=") for link in page.select("main a")}
    off = f"{address}/cancel"
    assert ways == {"Who comes": f"{address}#coming", "Rain plan": address, "I can’t host this one": off}
    assert reads(world.ana, stranger) == [True, True, False, False]
    sign_in(client, world.host)
    assert client.get(off).status_code == 200 and "Rain plan today" in client.get(address).text
    assert f'href="{address}#coming">Who comes</a>' in client.get(world.link()).text
    assert "You have said that it is on" in client.get("/mine").text
    # Where somebody stands in it is her word that counts.
    world.date.put_who(world.bea)
    db.session.commit()
    assert reads(world.ana) == [False, False]
