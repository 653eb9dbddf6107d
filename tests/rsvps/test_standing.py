"""Coming every time: each date answered as it appears, by turn, with pauses, until it ends."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from meetups.accounts.models import Member
from meetups.config import Settings
from meetups.domain.capacity import Answer
from meetups.domain.errors import Problem
from meetups.events import editing, exceptions, services, splitting, undo
from meetups.events.models import Meetup, Occurrence
from meetups.events.scopes import draft_of_date
from meetups.extensions import db
from meetups.mail.models import OutboxMail
from meetups.rsvps import mail_links
from meetups.rsvps.models import Rsvp, StandingYes
from meetups.rsvps.services import answer, settle_blocks, withdraw
from meetups.rsvps.standing import answer_for_regulars, end, pause, say
from meetups.rsvps.standing_queries import coming
from meetups.worker import run_round
from tests.conftest import NOW
from tests.events.drafts import a_draft, dates_of
from tests.factories import TUESDAY, add_block, add_kid, add_member, add_place, sign_in
from tests.rsvps.moving import move
from tests.rsvps.post import Post

WEEK, MINUTE = timedelta(weeks=1), timedelta(minutes=1)
MINE = "form[action*='/cant']", "a[href*='every-time']"
LATER = NOW + 11 * MINUTE


@pytest.fixture
def walk(app: Flask) -> Meetup:
    """A weekly walk for everybody, 26 dates of it."""
    return services.host(add_member("Beatrice"), a_draft(add_place()), NOW)


def url(meetup: Meetup) -> str:
    return f"/meetups/{meetup.public_id}/every-time"


def answers(member: Member) -> list[tuple[str, str, bool]]:
    """A member's answers, the first date first: day, answer, whether her standing yes gave it."""
    db.session.flush()
    query = select(Rsvp).join(Rsvp.occurrence).where(Rsvp.member_id == member.id).order_by(Occurrence.starts_at)
    return [(f"{row.occurrence.starts_at:%m-%d}", row.answer, row.by_standing) for row in db.session.scalars(query)]


def templates() -> list[str]:
    return list(db.session.scalars(select(OutboxMail.template).order_by(OutboxMail.id)))


def sound(meetup: Meetup) -> None:
    """Every date's count is that of its answers, within its capacity; nobody waits beside a free place."""
    for row in coming(meetup.id, NOW):
        found = db.session.scalars(select(Rsvp.answer).where(Rsvp.occurrence_id == row.id)).all()
        assert row.taken == found.count("going")
        assert row.capacity is None or row.taken <= row.capacity
        assert row.capacity is None or row.taken == row.capacity or "waiting" not in found


def test_one_tap_answers_every_date_and_is_one_mail(client: FlaskClient, walk: Meetup) -> None:
    ana = add_member("Ana")
    kid, _other = add_kid(ana, date(2025, 6, 1)), add_kid(ana, date(2023, 6, 1))
    first = dates_of(walk)[0]
    answer(first, ana, Answer.GOING, [kid], NOW)
    sign_in(client, ana)
    page = client.get(f"/meetups/{walk.public_id}/2026-12-01T1000").text
    assert "I come every time" in page
    page = client.post(url(walk), data={"do": "say"}, follow_redirects=True).text
    assert "You come every time" in page and "Pause or stop" in page and "I come every time</button>" not in page
    rows = answers(ana)
    assert len(rows) == len(dates_of(walk)) > 20 and {row[1] for row in rows} == {"going"}
    assert [row[2] for row in rows] == [False] + [True] * (len(rows) - 1)
    given = db.session.scalars(select(Rsvp).where(Rsvp.by_standing)).all()
    assert all(row.kids == [kid] for row in given)
    assert templates() == ["youre_in", "standing"]
    client.post(url(walk), data={"do": "say"})
    assert answers(ana) == rows and templates() == ["youre_in", "standing"], "a second tap says nothing new"


def test_the_mail_says_which_dates_and_how_to_stop(walk: Meetup) -> None:
    ana, post = add_member("Ana"), Post()
    say(walk, ana, [], NOW)
    post.deliver(NOW)
    assert post.to(ana) == ["You come every time: Slow walk"]
    text = post.text()
    for words in (
        "Every Tuesday at 10:00",
        "Tuesday 1 December at 10:00: your place is kept",
        "Red stroller",
        url(walk),
    ):
        assert words in text
    post.rounds(NOW, 15)
    assert len(post.mails) == 1


def test_a_mail_of_one_that_ended_in_the_same_minute_is_not_sent(walk: Meetup) -> None:
    ana, post = add_member("Ana"), Post()
    end(say(walk, ana, [], NOW), NOW)
    post.deliver(NOW)
    assert post.mails == [] and answers(ana) == []


def test_a_new_date_is_answered_as_it_appears_and_reminded_of_like_any(walk: Meetup) -> None:
    ana = add_member("Ana")
    say(walk, ana, [], NOW)
    db.session.commit()
    before = len(answers(ana))
    run_round(NOW + 2 * WEEK)
    assert len(answers(ana)) == before + 2
    assert [name for name in templates() if name not in ("day_before", "two_hours", "host_list")] == ["standing"]
    assert "day_before" in templates()


def test_a_date_put_in_at_short_notice_is_told_for_no_reminder_would(walk: Meetup) -> None:
    ana = add_member("Ana")
    say(walk, ana, [], NOW)
    exceptions.add_date(walk, (NOW + timedelta(hours=1)).replace(tzinfo=None), NOW)
    answer_for_regulars(LATER)
    assert answers(ana)[0][1:] == ("going", True) and templates() == ["standing", "youre_in"]


def test_what_is_near_when_she_says_so_is_in_that_mail_alone(walk: Meetup) -> None:
    ana = add_member("Ana")
    say(walk, ana, [], dates_of(walk)[0].starts_at - timedelta(hours=5))
    assert answers(ana)[0] == ("12-01", "going", True) and templates() == ["standing"]


@pytest.mark.parametrize("what", ["pause", "end"])
def test_the_host_hears_of_a_place_that_is_given_up_shortly_before(walk: Meetup, what: str) -> None:
    ana, post, first = add_member("Ana"), Post(), dates_of(walk)[0]
    row, at = say(walk, ana, [], NOW), first.starts_at - timedelta(hours=3)
    end(row, at) if what == "end" else pause(row, date(2027, 3, 1), at)
    assert answers(ana)[0] == ("12-01", "not_going", what == "pause") and (
        len(answers(ana)) == 1 or answers(ana)[1][0] == "03-02"
    )
    post.deliver(at + 5 * MINUTE)
    assert "Ana can’t make it" in post.to(walk.host)[0]
    sound(walk)


def test_one_tap_skips_a_date_and_no_round_answers_it_again(client: FlaskClient, walk: Meetup) -> None:
    ana = add_member("Ana")
    say(walk, ana, [], NOW)
    sign_in(client, ana)
    client.post(f"/meetups/{walk.public_id}/2026-12-08T1000/cant")
    run_round(LATER)
    assert answers(ana)[:3] == [("12-01", "going", True), ("12-08", "not_going", False), ("12-15", "going", True)]


def test_a_pause_skips_the_dates_before_she_is_back(client: FlaskClient, walk: Meetup) -> None:
    ana = add_member("Ana")
    say(walk, ana, [], NOW)
    answer(dates_of(walk)[1], ana, Answer.MAYBE, [], NOW)
    answer(dates_of(walk)[1], ana, Answer.GOING, [], NOW)
    sign_in(client, ana)
    page = client.post(url(walk), data={"do": "pause", "back": "2027-03-01"}, follow_redirects=True).text
    assert "Monday 1 March" in page
    run_round(LATER)
    assert answers(ana)[:2] == [("12-08", "going", False), ("03-02", "going", True)]
    sound(walk)
    client.post(url(walk), data={"do": "pause", "back": "2027-01-01"})
    assert [row[0] for row in answers(ana)][:2] == ["12-08", "01-05"]
    client.post(url(walk), data={"do": "say"})
    assert len(answers(ana)) == len(dates_of(walk)) and templates().count("standing") == 1


@pytest.mark.parametrize("kept", ["said once more", "with other children", "still coming after a move"])
def test_what_she_says_herself_is_hers_though_she_came_every_time(client: FlaskClient, walk: Meetup, kept: str) -> None:
    ana = add_member("Ana")
    kid, first = add_kid(ana, date(2025, 6, 1)), dates_of(walk)[0]
    say(walk, ana, [], NOW)
    if kept == "still coming after a move":
        move(first, 11)
    sign_in(client, ana)
    sent = {"answer": "going", "kids": [kid.id] if kept == "with other children" else []}
    assert "You are going" in said(client, walk, sent) and templates() == ["standing"]
    client.post(url(walk), data={"do": "end"})
    assert answers(ana) == [("12-01", "going", False)]


def said(client: FlaskClient, walk: Meetup, sent: dict[str, object]) -> str:
    return client.post(f"/meetups/{walk.public_id}/2026-12-01T1000/answer", data=sent, follow_redirects=True).text


def test_the_page_says_before_and_after_what_a_pause_skips_and_what_stays(client: FlaskClient, walk: Meetup) -> None:
    ana = add_member("Ana")
    first, _, third, *_ = dates_of(walk)
    answer(third, ana, Answer.GOING, [], NOW)
    say(walk, ana, [], NOW)
    answer(first, ana, Answer.NOT_GOING, [], NOW)
    sign_in(client, ana)
    page = client.get(url(walk)).text
    assert "You skip Tue 1 Dec." in page and "The next date that you come to: Tue 8 Dec" in page
    assert "A pause skips these, up to the day you are back: Tue 8 Dec, Tue 22 Dec, Tue 29 Dec" in page
    assert "You said yes yourself to Tue 15 Dec. That stays in a pause" in page
    said = client.post(url(walk), data={"do": "pause", "back": "2026-12-29"}, follow_redirects=True).text
    assert "Skipped, and free for others: Tue 1 Dec, Tue 8 Dec and Tue 22 Dec." in said
    assert "You said yes yourself to Tue 15 Dec: that stays." in said
    page = client.get(url(walk)).text
    assert "nobody counts on you, but on the dates that you said yes to yourself" in page
    assert "You skip Tue 1 Dec, Tue 8 Dec and Tue 22 Dec." in page and "come to: Tue 15 Dec" in page
    dates = f"/meetups/{walk.public_id}/2026-12-"
    assert "This date is skipped." in client.get(f"{dates}08T1000").text
    assert "To this date you said yes yourself, so it stays." in client.get(f"{dates}15T1000").text
    assert "skipped" not in client.get(f"{dates}29T1000").text


def test_the_mail_names_no_date_that_she_skips(client: FlaskClient, walk: Meetup) -> None:
    ana, post = add_member("Ana"), Post()
    answer(dates_of(walk)[0], ana, Answer.NOT_GOING, [], NOW)
    say(walk, ana, [], NOW)
    post.deliver(NOW + MINUTE)
    assert "8 December" in post.text() and "Tuesday 1 December" not in post.text()


def test_she_lands_on_the_page_she_came_from_and_reads_what_is_so(client: FlaskClient, walk: Meetup) -> None:
    ana = add_member("Ana")
    say(walk, ana, [], NOW)
    sign_in(client, ana)
    (hero, *_), (way,) = (BeautifulSoup(client.get("/mine").text, "html.parser").select(css) for css in MINE)
    sent = {field["name"]: field["value"] for field in hero.select("input")}
    page = client.post(hero["action"], data=sent, follow_redirects=True)
    assert page.request.path == "/mine" and "Noted: you can’t make it to Slow walk, Tue 1 Dec, 10:00." in page.text
    form = BeautifulSoup(client.get(way["href"]).text, "html.parser").select_one("form:has([type=date])")
    pause = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    page = client.post(url(walk), data=pause | {"back": "2027-01-01"}, follow_redirects=True)
    assert page.request.path == "/mine" and "Slow walk: paused. You are back on Friday 1 January." in page.text
    later = f"/meetups/{walk.public_id}/2026-12-15T1000"
    (link,) = BeautifulSoup(client.get(later).text, "html.parser").select("a[href*='every-time']")
    page = client.post(link["href"], data={"do": "say"}, follow_redirects=True)
    assert page.request.path == later and "You come every time." in page.text
    away = client.post(f"{url(walk)}?next=//evil.example", data={"do": "say"})
    assert away.location.startswith(f"/meetups/{walk.public_id}/")


def test_back_at_once_she_has_again_what_the_pause_took(client: FlaskClient, clock: Traveller, walk: Meetup) -> None:
    ana, post, first = add_member("Ana"), Post(), dates_of(walk)[0]
    say(walk, ana, [], NOW)
    sign_in(client, ana)
    clock.move_to(first.starts_at - timedelta(hours=3))
    for sent in ({"do": "pause", "back": "2027-03-01"}, {"do": "pause", "back": "2027-02-01"}):
        client.post(url(walk), data=sent)
    post.deliver(first.starts_at - 170 * MINUTE)
    assert answers(ana)[0] == ("12-01", "not_going", True) and "Ana can’t make it" in post.text()
    clock.move_to(first.starts_at - 150 * MINUTE)
    client.post(url(walk), data={"do": "say"})
    assert len(answers(ana)) == len(dates_of(walk)) and answers(ana)[0] == ("12-01", "going", True)
    post.deliver(first.starts_at - 140 * MINUTE)
    assert "Ana comes after all" in post.text() and len(post.to(walk.host)) == 2
    sound(walk)


def test_what_she_said_herself_stays_a_no_when_she_is_back(walk: Meetup) -> None:
    ana, at = add_member("Ana"), dates_of(walk)[0].starts_at - timedelta(hours=5)
    row = say(walk, ana, [], NOW)
    pause(row, date(2027, 3, 1), at)
    answer(dates_of(walk)[0], ana, Answer.NOT_GOING, [], at + MINUTE)
    say(walk, ana, [], at + 2 * MINUTE)
    assert answers(ana)[0] == ("12-01", "not_going", False)


def test_a_pause_that_waited_for_her_other_tap_gives_nothing_of_what_that_has_ended(walk: Meetup) -> None:
    ana = add_member("Ana")
    row = say(walk, ana, [], NOW)
    end(row, NOW)
    with pytest.raises(Problem, match="You do not come every time any more"):
        pause(row, date(2027, 3, 1), NOW)
    assert answers(ana) == [] and row.paused_until is None


@pytest.mark.parametrize("what", ["does not want to wait", "this time not", "paused that morning", "shuns a stand-in"])
def test_what_is_no_miss(app: Flask, what: str) -> None:
    walk = services.host(add_member("Beatrice"), a_draft(add_place(), capacity=1), NOW)
    zoe, ana = add_member("Zoe"), add_member("Ana")
    if what in ("does not want to wait", "this time not"):
        say(walk, zoe, [], NOW)
    row = say(walk, ana, [], NOW)
    if what == "shuns a stand-in":
        add_block(ana, zoe)
    for each in dates_of(walk)[:4]:
        before = each.starts_at - timedelta(hours=1)
        if what == "paused that morning":
            pause(row, each.recurrence_id.date() + timedelta(days=1), before)
        elif what == "shuns a stand-in":
            each.held_by_id = zoe.id
            (given,) = db.session.scalars(select(Rsvp).where(Rsvp.occurrence_id == each.id))
            given.by_standing = False
            withdraw(given, before)
        else:
            if what == "this time not":
                answer(each, zoe, Answer.NOT_GOING, [], before)
            answer(each, ana, Answer.NOT_GOING, [], before)
        (said,) = db.session.scalars(select(Rsvp.answer).where(Rsvp.occurrence_id == each.id, Rsvp.member == ana))
        assert said == "not_going"
    answer_for_regulars(dates_of(walk)[3].ends_at + 20 * MINUTE)
    assert row.ended_at is None


@pytest.mark.parametrize("back", ["", "soon", "2026-11-24", "2020-01-01", "2099-01-01"])
def test_a_day_of_coming_back_that_cannot_be_is_refused(client: FlaskClient, walk: Meetup, back: str) -> None:
    ana = add_member("Ana")
    say(walk, ana, [], NOW)
    sign_in(client, ana)
    page = client.post(url(walk), data={"do": "pause", "back": back}, follow_redirects=True)
    assert "Choose a day" in page.text and answers(ana)[0] == ("12-01", "going", True)


def test_the_end_takes_back_what_it_gave_and_lets_in_who_waits(client: FlaskClient, app: Flask) -> None:
    walk = services.host(add_member("Beatrice"), a_draft(add_place(), capacity=1), NOW)
    ana, zoe = add_member("Ana"), add_member("Zoe")
    answer(dates_of(walk)[0], ana, Answer.GOING, [], NOW)
    say(walk, ana, [], NOW)
    assert answer(dates_of(walk)[1], zoe, Answer.GOING, [], NOW).answer == "waiting"
    sign_in(client, ana)
    page = client.post(url(walk), data={"do": "end"}, follow_redirects=True).text
    assert "do not come every time any more" in page and "I come every time" in page
    assert answers(ana) == [("12-01", "going", False)] and answers(zoe) == [("12-08", "going", False)]
    run_round(LATER)
    assert answers(ana) == [("12-01", "going", False)]
    sound(walk)


def test_regulars_take_turns_where_they_are_more_than_places(app: Flask) -> None:
    walk = services.host(add_member("Beatrice"), a_draft(add_place(), capacity=2), NOW)
    members = [add_member(name) for name in ("Ana", "Zoe", "Mia")]
    for number, member in enumerate(members):
        say(walk, member, [], NOW + number * MINUTE)
    many = len(dates_of(walk))
    # On the dates that exist, whoever said so later waits; on each new one it goes by turn.
    assert [row[1] for row in answers(members[2])] == ["waiting"] * many
    for week in range(1, 7):
        services.roll_forward(NOW + week * WEEK)
        answer_for_regulars(NOW + week * WEEK)
    out = [
        [member.first_name for member in members if answers(member)[many + week][1] == "waiting"] for week in range(6)
    ]
    assert out == [["Zoe"], ["Ana"], ["Mia"], ["Zoe"], ["Ana"], ["Mia"]]
    sound(walk)


def test_single_answers_from_before_keep_their_places(app: Flask) -> None:
    walk = services.host(add_member("Beatrice"), a_draft(add_place(), capacity=1), NOW)
    ana, zoe = add_member("Ana"), add_member("Zoe")
    say(walk, ana, [], NOW)
    services.roll_forward(NOW + WEEK)
    answer(dates_of(walk)[-1], zoe, Answer.GOING, [], NOW + WEEK)
    answer_for_regulars(NOW + WEEK)
    assert answers(zoe)[-1][1] == "going" and answers(ana)[-1][1] == "waiting"


def words_after(text: str, words: str) -> str:
    """The path of the address that stands under some words."""
    return text.split(f"{words}\n")[1].split("\n")[0].removeprefix("http://localhost")


def take_place(walk: Meetup, member: Member, said: str) -> None:
    """Let the next dates pass: c she comes, n she can't, x it is cancelled, p she pauses, w she waits."""
    for date_, letter in zip(coming(walk.id, NOW), said, strict=False):
        before = date_.starts_at - timedelta(hours=1)
        row = db.session.scalars(select(Rsvp).where(Rsvp.occurrence_id == date_.id, Rsvp.member_id == member.id)).one()
        if letter == "n":
            answer(date_, member, Answer.NOT_GOING, [], before)
        elif letter == "x":
            answer(date_, member, Answer.NOT_GOING, [], before)
            services.cancel_date(date_, None, before)
        elif letter == "p":
            date_.taken -= 1
            db.session.delete(row)
        elif letter == "w":
            date_.taken -= 1
            row.answer = "waiting"
        db.session.flush()
        answer_for_regulars(date_.ends_at + 20 * MINUTE)


@pytest.mark.parametrize(
    ("said", "over"),
    [
        ("nnn", False),
        ("nnnn", True),
        ("nncnn", False),
        ("nnxnn", True),
        ("nnpwnn", True),
        ("cccc", False),
        ("nxxx", False),
    ],
)
def test_it_ends_by_itself_after_four_misses_in_a_row(walk: Meetup, said: str, over: bool) -> None:
    ana = add_member("Ana")
    row = say(walk, ana, [], NOW)
    take_place(walk, ana, said)
    assert (row.ended_at is not None) is over
    assert ("standing_over" in templates()) is over
    assert any(given for _, _, given in answers(ana)[len(said) + 1 :]) is not over


def test_the_kind_mail_counts_nothing_and_offers_it_again_in_one_tap(
    client: FlaskClient, clock: Traveller, walk: Meetup
) -> None:
    ana, post = add_member("Ana"), Post()
    say(walk, ana, [], NOW)
    take_place(walk, ana, "nnnn")
    after = dates_of(walk)[3].ends_at + timedelta(hours=1)
    post.deliver(after)
    assert post.to(ana)[-1] == "We keep no place for you for now: Slow walk"
    words = [line for line in post.text().split("\n") if not line.startswith("http://")]
    assert not any(word in "\n".join(words).lower() for word in ("four", "4", "missed", "absen"))
    again = words_after(post.text(), "Come every time again:")
    clock.move_to(after)
    page = client.get(again).text
    assert "Come every time again" in page and answers(ana)[4:] == []
    for _ in range(2):
        assert "You come every time" in client.post(again, follow_redirects=True).text
    assert answers(ana)[4][1:] == ("going", True)
    answer_for_regulars(after + 11 * MINUTE)
    assert answers(ana)[4][1:] == ("going", True), "what was before she said it again counts no more"


def test_that_it_has_ended_is_told_whatever_else_she_has_ended(client: FlaskClient, walk: Meetup) -> None:
    ana, zoe, post = add_member("Ana", wants_replies=False), add_member("Zoe"), Post()
    for member in (ana, zoe):
        say(walk, member, [], NOW)
        post.deliver(NOW)
        take_place(walk, member, "nnnn")
    assert post.to(ana) == [] and post.to(zoe) == ["You come every time: Slow walk"]
    way = words_after(post.text(), "Stop these mails:")
    post.deliver(dates_of(walk)[3].ends_at + timedelta(hours=1))
    for member in (ana, zoe):
        assert post.to(member)[-1] == "We keep no place for you for now: Slow walk"
    assert post.mails[-1]["List-Unsubscribe"] is None and "Stop these" not in post.text()
    assert client.post(way, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    db.session.refresh(zoe)
    assert zoe.wants_replies is False and zoe.wants_two_hours


def test_that_it_has_ended_is_not_told_in_her_night(walk: Meetup) -> None:
    ana, post = add_member("Ana"), Post()
    say(walk, ana, [], NOW)
    take_place(walk, ana, "nnnn")
    night = dates_of(walk)[3].ends_at.replace(hour=7)  # two in the morning in Toronto
    post.deliver(night + timedelta(days=1))
    assert not any("no place" in subject for subject in post.to(ana))
    post.deliver(night + timedelta(days=1, hours=6))
    assert post.to(ana)[-1].startswith("We keep no place for you")


def test_a_block_ends_the_way_back(client: FlaskClient, walk: Meetup) -> None:
    ana = add_member("Ana")
    row = say(walk, ana, [], NOW)
    end(row, NOW)
    way = mail_links.to_series(row).removeprefix("http://localhost")
    db.session.commit()
    for method in ("GET", "HEAD", "OPTIONS"):
        assert client.open(way, method=method).status_code == 200 and answers(ana) == []
    add_block(walk.host, ana)
    db.session.commit()
    never = client.get("/answer/never")
    for answered in (client.get(way), client.post(way)):
        assert (answered.status_code, answered.data) == (404, never.data)
    assert answers(ana) == []


def test_the_way_back_undoes_no_end_but_its_own(client: FlaskClient, walk: Meetup) -> None:
    ana = add_member("Ana")
    row = say(walk, ana, [], NOW)
    end(row, NOW)
    way = mail_links.to_series(row).removeprefix("http://localhost")
    db.session.commit()
    assert client.post(way).status_code == 303 and "You come every time" in client.get(way).text
    end(row, NOW + WEEK)
    db.session.commit()
    for answered in (client.get(way), client.post(way)):
        assert answered.status_code == 410 and "has done what it was for" in answered.text
    db.session.refresh(row)
    assert row.ended_at == NOW + WEEK


def test_a_split_series_goes_on_for_its_regulars(walk: Meetup) -> None:
    ana = add_member("Ana")
    say(walk, ana, [], NOW)
    before = len(answers(ana))
    at = dates_of(walk)[5]
    with undo.undoable(walk, NOW):
        part, _ = splitting.edit_following(
            at, replace(draft_of_date(at), starts=at.recurrence_id.replace(hour=15)), NOW
        )
    db.session.flush()
    services.roll_forward(NOW + WEEK)
    answer_for_regulars(NOW + WEEK)
    assert len(answers(ana)) == before + 1 and answers(ana)[-1][1:] == ("going", True)
    # Said to the part, it is the same.
    assert say(part, ana, [], NOW + WEEK).series_id == walk.id
    assert db.session.scalars(select(StandingYes)).one().member_id == ana.id


def test_no_answer_stands_in_the_way_of_undoing_an_edit(walk: Meetup) -> None:
    ana = add_member("Ana")
    say(walk, ana, [], NOW)
    db.session.commit()
    before = answers(ana)
    draft = replace(
        a_draft(walk.place), starts=TUESDAY.replace(day=3), rule=replace(a_draft(walk.place).rule, weekdays=(1, 3))
    )
    with undo.undoable(walk, LATER):
        editing.edit(walk, draft, LATER)
    run_round(LATER + MINUTE)
    run_round(LATER + 9 * MINUTE)
    edit = undo.latest(walk, LATER + 9 * MINUTE)
    assert edit and len(dates_of(walk)) > len(before)
    undo.undo(edit, LATER + 9 * MINUTE)
    db.session.commit()
    run_round(LATER + 30 * MINUTE)
    assert answers(ana) == before
    sound(walk)


def test_what_an_edit_adds_is_answered_once_it_can_be_undone_no_more(walk: Meetup) -> None:
    ana = add_member("Ana")
    say(walk, ana, [], NOW)
    draft = replace(a_draft(walk.place), rule=replace(a_draft(walk.place).rule, weekdays=(1, 3)))
    with undo.undoable(walk, NOW):
        editing.edit(walk, draft, NOW)
    db.session.commit()
    run_round(LATER)
    run_round(LATER + 11 * MINUTE)
    assert len(answers(ana)) == len(dates_of(walk)) and {row[1] for row in answers(ana)} == {"going"}


def test_a_cancelled_series_is_answered_no_more(walk: Meetup) -> None:
    ana = add_member("Ana")
    services.cancel_series(walk, None, NOW)
    db.session.flush()
    with pytest.raises(Exception, match="cancelled"):
        say(walk, ana, [], NOW)
    assert answers(ana) == []


def test_a_block_ends_it_silently_either_way(client: FlaskClient, walk: Meetup) -> None:
    ana, zoe = add_member("Ana"), add_member("Zoe")
    say(walk, ana, [], NOW)
    say(walk, zoe, [], NOW)
    add_block(walk.host, ana)
    db.session.flush()
    settle_blocks(NOW)
    answer_for_regulars(LATER)
    assert {row[1] for row in answers(ana)} == {"not_going"} and {row[1] for row in answers(zoe)} == {"going"}
    assert {row.member_id: row.ended_at is None for row in db.session.scalars(select(StandingYes))} == {
        ana.id: False,
        zoe.id: True,
    }
    assert templates().count("standing_over") == 0
    sound(walk)
    sign_in(client, ana)
    assert client.get(url(walk)).status_code == 404 and client.post(url(walk), data={"do": "say"}).status_code == 404
    assert "Every time" not in client.get("/mine").text


def test_the_host_cannot_and_a_stranger_is_asked_to_sign_in(client: FlaskClient, walk: Meetup) -> None:
    db.session.commit()
    assert client.get(url(walk)).location.startswith("/signin")
    assert client.post(url(walk), data={"do": "say"}).location.startswith("/signin")
    sign_in(client, walk.host)
    page = client.post(url(walk), data={"do": "say"}, follow_redirects=True).text
    assert "You host this" in page and db.session.scalars(select(Rsvp)).all() == []


def test_what_takes_place_once_cannot_be_come_to_every_time(client: FlaskClient, app: Flask) -> None:
    once = services.host(add_member("Beatrice"), a_draft(add_place(), rule=None), NOW)
    ana = add_member("Ana")
    answer(dates_of(once)[0], ana, Answer.GOING, [], NOW)
    sign_in(client, ana)
    assert "every time" not in client.get(f"/meetups/{once.public_id}/2026-12-01T1000").text
    assert "only once" in client.post(url(once), data={"do": "say"}, follow_redirects=True).text


def test_looking_changes_nothing(client: FlaskClient, walk: Meetup) -> None:
    sign_in(client, add_member("Ana"))
    for method in (client.get, client.head, client.options):
        assert method(url(walk)).status_code == 200
    assert db.session.scalars(select(StandingYes)).all() == []


def test_the_host_sees_regulars_apart(client: FlaskClient, walk: Meetup) -> None:
    ana, zoe, post = add_member("Ana"), add_member("Zoe"), Post()
    first = dates_of(walk)[0]
    say(walk, ana, [], NOW)
    answer(first, zoe, Answer.GOING, [], NOW)
    sign_in(client, walk.host)
    page = client.get(f"/meetups/{walk.public_id}/2026-12-01T1000").text
    assert page.index("Every time") < page.index("Ana") < page.index("This time") < page.index("Zoe")
    sign_in(client, zoe)
    page = client.get(f"/meetups/{walk.public_id}/2026-12-01T1000").text
    assert "Ana" in page and "Every time" not in page and "This time" not in page
    post.round(first.starts_at - timedelta(hours=14))
    assert "- Ana, every time" in post.text() and "Zoe, every time" not in post.text()


def test_my_meetups_lists_what_she_comes_to_every_time(client: FlaskClient, walk: Meetup) -> None:
    ana = add_member("Ana")
    say(walk, ana, [], NOW)
    sign_in(client, ana)
    text = client.get("/mine").text
    assert "Every time" in text and "Every Tuesday at 10:00" in text and url(walk) in text
    assert "Tuesday 8 December" not in text, "half a year of weeks would hide all else"
    second = dates_of(walk)[1]
    services.cancel_date(second, None, NOW)
    db.session.commit()
    assert "Tuesday 8 December" in client.get("/mine").text
    client.post(url(walk), data={"do": "pause", "back": "2027-03-01"})
    assert "Back on Monday 1 March" in client.get("/mine").text
    text = client.get(url(walk)).text
    assert "I am back now" in text and "Monday 1 March" in text


def test_a_date_that_it_answered_is_no_invitation_but_what_she_says_herself_is(
    app: Flask, walk: Meetup, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    inviting = replace(settings, mail_from="Hello Park <hello@park.example>", reply_to="rsvp@park.example")
    monkeypatch.setitem(app.config, "SETTINGS", inviting)
    ana, post = add_member("Ana"), Post()
    say(walk, ana, [], NOW)
    exceptions.edit_date(
        dates_of(walk)[0], replace(draft_of_date(dates_of(walk)[0]), starts=TUESDAY.replace(hour=11)), NOW
    )
    post.rounds(NOW, 15)
    assert [part.get_content_type() for part in post.mails[-1].walk()].count("text/calendar") == 1
    assert "method=" not in str(post.mails[-1]).lower(), "a file to keep, nothing to answer"
    answer(dates_of(walk)[1], ana, Answer.GOING, [], LATER)
    post.round(LATER + 2 * MINUTE)
    assert 'method="request"' in str(post.mails[-1]).lower()
