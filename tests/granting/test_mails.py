"""The one mail of a wish: to whom, when, of what; and what must be so as it leaves."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.accounts.models import Member
from meetups.domain.ages import AgeBand
from meetups.domain.nearness import Point, area_of, cells_of, home_cell
from meetups.domain.wishes import LASTS
from meetups.events import editing, exceptions, services, undo
from meetups.events.beginnings import Beginning
from meetups.events.models import CoHost, Meetup, Visibility
from meetups.events.scopes import draft_of
from meetups.extensions import db
from meetups.granting import services as granting
from meetups.granting.services import grant, look_again
from meetups.hosting import resting
from meetups.mail import outbox
from meetups.mail.models import MailState, OutboxMail
from meetups.places.models import Place
from meetups.rsvps.changes import handle_changes
from meetups.wishes import services as wishes
from meetups.wishes.models import Wish
from meetups.wishes.queries import waiting_at
from tests.conftest import NOW, counted_queries
from tests.events.drafts import a_draft, dates_of
from tests.factories import (
    TUESDAY,
    WITHROW,
    add_block,
    add_kid,
    add_meetup,
    add_member,
    add_place,
    add_rsvp,
    add_wish,
    sign_in,
)
from tests.mail.smtp import mail_server
from tests.reminders.sending import outcomes, part
from tests.rsvps.post import Post

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DUE = NOW + 10 * MINUTE
# Two kilometres from Withrow Park.
AWAY = Point(43.692, -79.345)
SUBJECT = "A walk starts near you: Tuesday 1 December, 10:00"


class Granting(Post):
    """The worker's step, and what leaves."""

    def at(self, moment: datetime) -> list[str]:
        before = len(self.mails)
        grant(moment)
        self.deliver(moment)
        return [str(mail["Subject"]) for mail in self.mails[before:]]


@pytest.fixture
def post() -> Granting:
    return Granting()


@pytest.fixture
def park(app: Flask) -> Place:
    return add_place()


@pytest.fixture
def bea(app: Flask) -> Member:
    return add_member("Beatrice")


@pytest.fixture
def ana(app: Flask) -> Member:
    return add_member("Ana", email="ana@example.org")


@pytest.fixture
def wish(ana: Member) -> Wish:
    return add_wish(ana)


def is_open(wish: Wish, at: datetime = DUE) -> bool:
    db.session.rollback()
    db.session.refresh(wish)
    return wish.ends_at > at


def test_who_waits_near_is_told_once_ten_minutes_after(park: Place, bea: Member, wish: Wish, post: Granting) -> None:
    services.host(bea, a_draft(park), NOW)
    assert post.at(DUE - timedelta(seconds=1)) == []
    assert post.at(DUE) == [SUBJECT]
    assert not is_open(wish)
    services.host(bea, a_draft(park, TUESDAY + HOUR), DUE + MINUTE)
    assert post.at(DUE + HOUR) == [] and post.at(DUE + 24 * HOUR) == []
    assert db.session.scalars(select(Beginning)).all() == []


def test_what_the_mail_says_and_what_it_does_not(park: Place, bea: Member, ana: Member, post: Granting) -> None:
    add_wish(ana, ages=None)
    add_kid(ana, date(2026, 4, 1))
    services.host(bea, a_draft(park, spot="Red stroller", note="Slow"), NOW)
    post.at(DUE)
    mail = post.mails[0]
    for words in (part(mail, "plain"), BeautifulSoup(part(mail, "html"), "html.parser").text):
        for told in ("Slow walk", "Tuesday 1 December at 10:00 to 11:30", "Withrow Park", "min walk", "All ages"):
            assert told in words
        assert "for your baby of 6-11 months" in words and "near Riverdale" in words
        for hidden in ("Red stroller", "Beatrice", "April", "8-month", "lonely", "support", "mental"):
            assert hidden not in words
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("point", "within", "told"), [(WITHROW, 500, True), (AWAY, 1600, False), (AWAY, 3200, True), (AWAY, 800, False)]
)
def test_it_is_as_far_as_she_walks(
    park: Place, bea: Member, ana: Member, post: Granting, point: Point, within: int, told: bool
) -> None:
    wish = add_wish(ana, point, within=within)
    services.host(bea, a_draft(park), NOW)
    assert bool(post.at(DUE)) == told == (not is_open(wish))


def test_ages_are_those_of_the_date(park: Place, bea: Member, post: Granting) -> None:
    told = {}
    for name, values in {
        "asks for one": {"ages": int(AgeBand.ONE)},
        "asks for two": {"ages": int(AgeBand.TWO)},
        # Twelve months in the very month of the second date, not of the first.
        "one by then": {"kid": date(2025, 12, 1)},
        "one too late": {"kid": date(2026, 3, 1)},
    }.items():
        member = add_member(name)
        kid = add_kid(member, values["kid"]) if "kid" in values else None
        add_wish(member, ages=values.get("ages"), kid_id=kid and kid.id)
        told[name] = member
    add_kid(told["one too late"], date(2025, 1, 1))
    services.host(bea, a_draft(park, datetime(2026, 11, 25, 10), ages=int(AgeBand.ONE)), NOW)
    post.at(DUE)
    assert post.to(told["asks for one"]) == ["A walk starts near you: Tuesday 1 December, 10:00"]
    assert post.to(told["one by then"]) == ["A walk starts near you: Tuesday 1 December, 10:00"]
    assert post.to(told["asks for two"]) == post.to(told["one too late"]) == []


def test_who_has_taken_her_child_off_hears_nothing(park: Place, bea: Member, ana: Member, post: Granting) -> None:
    add_wish(ana, ages=None)
    services.host(bea, a_draft(park), NOW)
    assert post.at(DUE) == []


def test_nobody_hears_of_what_was_there_as_she_asked(park: Place, bea: Member, ana: Member, post: Granting) -> None:
    add_wish(ana, created_at=NOW)
    services.host(bea, a_draft(park), NOW)
    assert post.at(DUE) == []


@pytest.mark.parametrize("either_way", [True, False])
def test_a_block_either_way_with_host_or_cohost_says_nothing(
    park: Place, bea: Member, wish: Wish, post: Granting, either_way: bool
) -> None:
    eve, walk = add_member("Eve"), services.host(bea, a_draft(park), NOW)
    db.session.add(CoHost(series_id=walk.id, member_id=eve.id, invited_at=NOW, accepted_at=NOW))
    add_block(*((wish.member, eve) if either_way else (eve, wish.member)))
    assert post.at(DUE) == [] and is_open(wish)
    assert db.session.scalars(select(OutboxMail)).all() == []


def blocked(walk: Meetup, wish: Wish) -> None:
    add_block(walk.host, wish.member)


def cancelled(walk: Meetup, wish: Wish) -> None:
    services.cancel_series(walk, None, DUE)


def not_wanted(walk: Meetup, wish: Wish) -> None:
    wish.member.wants_wishes = False


def ended(walk: Meetup, wish: Wish) -> None:
    wishes.end(wish, DUE)


def moved_away(walk: Meetup, wish: Wish) -> None:
    editing.edit(walk, replace(draft_of(walk, walk.starts), place=add_place("Far", AWAY)), DUE)


def for_others(walk: Meetup, wish: Wish) -> None:
    editing.edit(walk, replace(draft_of(walk, walk.starts), ages=int(AgeBand.SCHOOL)), DUE)


def found_it_herself(walk: Meetup, wish: Wish) -> None:
    add_rsvp(dates_of(walk)[0], wish.member)


def helps_to_host(walk: Meetup, wish: Wish) -> None:
    db.session.add(CoHost(series_id=walk.id, member_id=wish.member_id, invited_at=NOW, accepted_at=NOW))


@pytest.mark.parametrize(
    "meanwhile",
    [blocked, cancelled, not_wanted, ended, moved_away, for_others, found_it_herself, helps_to_host],
    ids=lambda one: one.__name__,
)
def test_what_has_happened_while_it_was_queued_says_nothing_and_she_goes_on_waiting(
    park: Place, bea: Member, ana: Member, post: Granting, meanwhile: object
) -> None:
    wish = add_wish(ana, ages=int(AgeBand.ONE))
    walk = services.host(bea, a_draft(park), NOW)
    grant(DUE)
    meanwhile(walk, wish)  # type: ignore[operator]
    post.deliver(DUE)
    post.deliver(DUE + HOUR)
    assert post.mails == [] and outcomes()["wish"][0] == MailState.DROPPED
    if meanwhile in (not_wanted, ended):
        return
    assert is_open(wish)
    # What starts next is told after all.
    services.host(add_member("Zoe"), a_draft(park, TUESDAY + HOUR, title="Another"), DUE + HOUR)
    assert post.at(DUE + 2 * HOUR) == ["A walk starts near you: Tuesday 1 December, 11:00"]


def test_members_are_told_of_what_is_for_members_also_where_it_has_become_so(
    park: Place, bea: Member, wish: Wish, post: Granting
) -> None:
    services.host(bea, a_draft(park, visibility=Visibility.MEMBERS), NOW)
    later = services.host(bea, a_draft(add_place("Far", AWAY)), NOW)
    add_wish(other := add_member("Zoe"), AWAY)
    grant(DUE)
    later.visibility = Visibility.MEMBERS
    post.deliver(DUE)
    assert post.to(wish.member) == post.to(other) == [SUBJECT]


def test_a_host_who_posts_and_cancels_tells_nobody(park: Place, bea: Member, wish: Wish, post: Granting) -> None:
    walk = services.host(bea, a_draft(park), NOW)
    services.cancel_series(walk, None, NOW + 9 * MINUTE)
    assert post.at(DUE) == [] and post.at(DUE + 24 * HOUR) == [] and is_open(wish)
    assert db.session.scalars(select(OutboxMail.template)).all() == []


@pytest.mark.parametrize("is_queued", [False, True])
def test_it_waits_while_an_edit_can_be_undone_and_says_what_is_so_then(
    park: Place, bea: Member, wish: Wish, post: Granting, is_queued: bool
) -> None:
    walk = services.host(bea, a_draft(park), NOW - MINUTE)
    grant(NOW + 9 * MINUTE if is_queued else NOW)
    with undo.undoable(walk, NOW + 9 * MINUTE):
        editing.edit(walk, draft_of(walk, walk.starts + 5 * HOUR), NOW + 9 * MINUTE)
    assert post.at(DUE) == [] and post.at(DUE + 8 * MINUTE) == []
    handle_changes(DUE + 9 * MINUTE)
    post.at(DUE + 9 * MINUTE)
    post.at(DUE + 11 * MINUTE)
    assert [str(mail["Subject"]) for mail in post.mails] == ["A walk starts near you: Tuesday 1 December, 15:00"]


def test_what_moves_here_is_new_here_and_its_undo_tells_nobody(
    park: Place, bea: Member, ana: Member, post: Granting
) -> None:
    far = add_place("Far", AWAY)
    walk, other = (services.host(bea, a_draft(far, title=title), NOW - HOUR) for title in ("Comes", "Goes back"))
    post.at(NOW)
    wish = add_wish(ana, created_at=NOW)
    for meetup in (walk, other):
        with undo.undoable(meetup, NOW + MINUTE) as edit:
            editing.edit(meetup, replace(draft_of(meetup, meetup.starts), place=park), NOW + MINUTE)
    undo.undo(edit, NOW + 5 * MINUTE)
    post.at(NOW + 11 * MINUTE)
    post.round(NOW + 12 * MINUTE)
    assert post.to(ana) == [SUBJECT] and "Comes" in post.text() and not is_open(wish, NOW + HOUR)


def test_other_edits_and_single_dates_are_nothing_new(park: Place, bea: Member, ana: Member, post: Granting) -> None:
    walk = services.host(bea, a_draft(park), NOW - HOUR)
    far = services.host(bea, a_draft(add_place("Far", AWAY)), NOW - HOUR)
    post.at(NOW)
    add_wish(ana, created_at=NOW)
    editing.edit(walk, replace(draft_of(walk, walk.starts), title="Quick walk"), NOW + MINUTE)
    date_ = dates_of(far)[0]
    exceptions.edit_date(date_, replace(draft_of(far, far.starts), place=park), NOW + MINUTE)
    services.roll_forward(NOW + timedelta(days=30))
    assert db.session.scalars(select(Beginning)).all() == [] and post.at(NOW + HOUR) == []


def test_a_series_that_wakes_starts_again(park: Place, bea: Member, wish: Wish, post: Granting) -> None:
    walk = add_meetup(bea, park)
    walk.resting_at = NOW - HOUR
    db.session.flush()
    resting.wake(walk, bea, NOW)
    assert post.at(DUE) == [SUBJECT]


def test_several_at_once_are_one_mail_that_names_three(park: Place, bea: Member, wish: Wish, post: Granting) -> None:
    for number in range(8):
        services.host(bea, a_draft(park, TUESDAY + number * HOUR, None, title=f"Walk {number}"), NOW)
    assert post.at(DUE) == ["Six meetups start near you: the first Tuesday 1 December, 10:00"]
    text = post.text()
    assert [f"Walk {number}" in text for number in range(4)] == [True] * 3 + [False] and "And 3 more." in text
    assert {row.state for row in db.session.scalars(select(OutboxMail))} == {MailState.SENT}
    assert post.at(DUE + HOUR) == []


def test_where_the_first_of_several_is_off_the_next_tells(park: Place, bea: Member, wish: Wish, post: Granting) -> None:
    first = services.host(bea, a_draft(park, title="Off"), NOW)
    services.host(bea, a_draft(park, TUESDAY + HOUR, title="On"), NOW)
    grant(DUE)
    services.cancel_series(first, None, DUE)
    post.deliver(DUE)
    post.deliver(DUE + MINUTE)
    assert post.to(wish.member) == ["A walk starts near you: Tuesday 1 December, 11:00"] and not is_open(wish)


def test_two_wishes_are_not_told_of_one_meetup_twice(park: Place, bea: Member, wish: Wish, post: Granting) -> None:
    other = add_wish(wish.member, AWAY, within=3200)
    services.host(bea, a_draft(park), NOW)
    assert post.at(DUE) == [SUBJECT] and post.at(DUE + HOUR) == []
    assert (is_open(wish), is_open(other)) == (False, True)


def test_at_night_it_waits_for_the_morning(park: Place, bea: Member, wish: Wish, post: Granting) -> None:
    evening = NOW.replace(hour=3) + timedelta(days=1)  # ten in the evening in Toronto
    wish.member.home_cell = home_cell(WITHROW)
    services.host(bea, a_draft(park), evening)
    assert post.at(evening + 10 * MINUTE) == []
    services.host(bea, a_draft(park, TUESDAY + HOUR, None), evening + HOUR)
    assert post.at(evening + 8 * HOUR) == []
    assert post.at(evening + 9 * HOUR) == ["Two meetups start near you: the first Tuesday 1 December, 10:00"]


def test_her_own_and_what_begins_too_soon_are_no_news(park: Place, wish: Wish, bea: Member, post: Granting) -> None:
    services.host(wish.member, a_draft(park), NOW)
    services.host(bea, a_draft(park, datetime(2026, 11, 24, 8, 35), None), NOW)
    assert post.at(DUE) == [] and is_open(wish)


def test_an_old_wish_is_told_of_nothing(park: Place, bea: Member, ana: Member, post: Granting) -> None:
    add_wish(ana, created_at=NOW - LASTS)
    services.host(bea, a_draft(park), NOW)
    assert post.at(DUE) == []


def test_many_who_wait_are_looked_at_in_several_rounds(park: Place, bea: Member, post: Granting) -> None:
    for _ in range(7):
        add_wish(add_member())
    services.host(bea, a_draft(park), NOW)
    assert [grant(DUE, 3) for _ in range(4)] == [1, 1, 1, 0]
    post.deliver(DUE)
    assert len(post.mails) == 7 and len({mail["To"] for mail in post.mails}) == 7


def test_a_library_s_whole_calendar_queues_few(park: Place, bea: Member, wish: Wish, post: Granting) -> None:
    for number in range(12):
        services.host(bea, a_draft(park, TUESDAY + number * HOUR, None), NOW)
    grant(DUE)
    assert len(db.session.scalars(select(OutboxMail)).all()) == granting.MOST_QUEUED


def test_a_second_try_names_one_and_ends_the_wish_once(park: Place, bea: Member, wish: Wish, post: Granting) -> None:
    services.host(bea, a_draft(park), NOW)
    post.grey = True
    assert post.at(DUE) == [] and is_open(wish)
    post.grey = False
    post.deliver(DUE + MINUTE)
    post.deliver(DUE + HOUR)
    assert post.to(wish.member) == [SUBJECT] and not is_open(wish, DUE + HOUR)


def test_it_goes_through_the_mail_server_whole(park: Place, bea: Member, wish: Wish) -> None:
    services.host(bea, a_draft(park), NOW)
    grant(DUE)
    db.session.commit()
    with mail_server() as inbox:
        assert outbox.send_due(inbox.transport(), "tests", lambda: DUE, lambda: False) == 1
        assert inbox.taken[0].subject == SUBJECT
    assert not is_open(wish)


def test_a_click_ends_these_mails_and_her_page_says_so(
    client: FlaskClient, park: Place, bea: Member, wish: Wish, post: Granting
) -> None:
    services.host(bea, a_draft(park), NOW)
    post.at(DUE)
    way = str(post.mails[0]["List-Unsubscribe"]).strip("<>").removeprefix("http://localhost")
    add_wish(wish.member, AWAY)
    db.session.commit()
    assert client.post(way, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    sign_in(client, wish.member)
    assert "You have stopped these mails" in client.get("/me/wishes").text


def test_a_round_with_nothing_new_asks_one_question(wish: Wish) -> None:
    db.session.commit()
    with counted_queries() as seen:
        assert grant(NOW) == 0
    assert len(seen) == 1


def test_a_round_costs_as_much_for_fifty_as_for_one(park: Place, bea: Member, post: Granting) -> None:
    def cost() -> int:
        services.host(bea, a_draft(park, TUESDAY, None), NOW)
        db.session.commit()
        with counted_queries() as seen:
            grant(DUE)
        db.session.commit()
        return len([one for one in seen if not one.startswith("INSERT INTO outbox")])

    add_wish(add_member())
    one = cost()
    for _ in range(49):
        member = add_member()
        add_kid(member, date(2026, 4, 1))
        add_wish(member, ages=None)
    assert cost() == one


def looked(at: datetime) -> None:
    look_again(at)
    db.session.commit()


def cancel(meetup: Meetup, at: datetime) -> None:
    for row in dates_of(meetup):
        row.cancelled_at = at
    db.session.commit()


def test_who_was_told_of_nothing_but_what_is_cancelled_by_now_waits_on(
    park: Place, bea: Member, wish: Wish, post: Granting
) -> None:
    gone, honest = services.host(bea, a_draft(park), NOW), add_member("Eve")
    assert post.at(DUE) == [SUBJECT] and not is_open(wish)
    looked(DUE + HOUR)
    assert not is_open(wish), "it takes place, as far as anybody knows"
    cancel(gone, DUE + HOUR)
    looked(DUE + 2 * HOUR)
    assert is_open(wish) and wish.ends_at == wish.created_at + LASTS
    services.host(honest, a_draft(park, TUESDAY + HOUR), DUE + 2 * HOUR)
    db.session.commit()
    assert len(post.at(DUE + 3 * HOUR)) == 1


def test_who_was_told_of_what_took_place_or_takes_place_does_not(
    park: Place, bea: Member, wish: Wish, post: Granting
) -> None:
    kept = services.host(bea, a_draft(park), NOW)
    gone = services.host(bea, a_draft(park, TUESDAY + HOUR), NOW)
    post.at(DUE)
    cancel(gone, DUE + HOUR)
    looked(DUE + 2 * HOUR)
    wishes.forget_old(DUE + 72 * HOUR)
    db.session.commit()
    assert not is_open(wish), "of two one is on"
    after = dates_of(kept)[0].ends_at
    looked(after)
    assert wish.look_at is None and not is_open(wish, after)
    # A host cannot take it back by cancelling what is over.
    looked(after + HOUR)
    wishes.forget_old(after + 72 * HOUR)
    db.session.commit()
    assert db.session.scalar(select(Wish)) is None


def test_a_meetup_that_is_gone_is_as_one_that_is_cancelled_and_who_has_ended_it_is_left_alone(
    park: Place, bea: Member, ana: Member, wish: Wish, post: Granting
) -> None:
    again = add_wish(add_member("Kim"))
    meetup = services.host(bea, a_draft(park), NOW)
    post.at(DUE)
    wishes.end(again, DUE + MINUTE)
    db.session.delete(db.session.get(Meetup, meetup.id))
    db.session.commit()
    looked(DUE + HOUR)
    assert is_open(wish, DUE + HOUR) and not is_open(again, DUE + HOUR)


def test_nobody_sees_by_the_count_whom_a_meetup_has_reached(
    park: Place, bea: Member, ana: Member, post: Granting
) -> None:
    # Three are made up, and too far to be told; a host posts and cancels around the one real one, to see where it is.
    wish = add_wish(ana, within=500)
    for _ in range(3):
        add_wish(
            add_member(), within=500, cell=next(cell for cell in cells_of(area_of(wish.cell)) if cell != wish.cell)
        )

    def waits(at: datetime) -> int:
        return len(waiting_at([wish.cell], at)[wish.cell])

    meetup = services.host(bea, a_draft(park), NOW)
    assert len(post.at(DUE)) == 1 and not is_open(wish)
    assert waits(DUE + HOUR) == waits(DUE + 24 * HOUR) == 4
    cancel(meetup, DUE + 24 * HOUR)
    looked(DUE + 25 * HOUR)
    assert waits(DUE + 25 * HOUR) == waits(DUE + 48 * HOUR) == 4


def test_who_was_told_counts_until_the_midnight_after_it_took_place(
    park: Place, bea: Member, wish: Wish, post: Granting
) -> None:
    began = dates_of(services.host(bea, a_draft(park), NOW))[0].starts_at
    post.at(DUE)
    looked(began - HOUR)
    looked(began + HOUR)
    counted = [len(waiting_at([wish.cell], at)[wish.cell]) for at in (began, began + HOUR, began + 24 * HOUR)]
    assert counted == [1, 1, 0]


def test_one_that_she_ends_as_its_mail_leaves_is_not_opened_again(
    park: Place, bea: Member, wish: Wish, post: Granting
) -> None:
    meetup = services.host(bea, a_draft(park), NOW)
    wishes.end(wish, DUE)
    wishes.told(wish, {meetup.public_id: bea.public_id}, DUE + MINUTE)
    db.session.commit()
    cancel(meetup, DUE + HOUR)
    looked(DUE + 3 * HOUR)
    assert not is_open(wish, DUE + 3 * HOUR)


def test_a_wish_that_was_told_and_taken_back_on_one_day_is_not_seen_to(
    park: Place, bea: Member, post: Granting
) -> None:
    wish = add_wish(add_member())
    meetup = services.host(bea, a_draft(park), NOW)
    post.at(DUE)
    cancel(meetup, DUE + MINUTE)
    looked(DUE + HOUR)
    assert is_open(wish) and all(len(waiting_at([wish.cell], at)[wish.cell]) == 1 for at in (DUE, DUE + HOUR))


def test_whose_meetup_was_cancelled_tells_the_same_wish_nothing_for_a_month(
    park: Place, bea: Member, wish: Wish, post: Granting
) -> None:
    at = DUE
    for subjects in (1, 0, 0):
        meetup = services.host(bea, a_draft(park), at - 10 * MINUTE)
        db.session.commit()
        assert len(post.at(at)) == subjects
        cancel(meetup, at)
        looked(at + HOUR)
        assert is_open(wish, at + HOUR)
        at += 2 * HOUR
    services.host(add_member("Eve"), a_draft(park, TUESDAY + HOUR), at - 10 * MINUTE)
    db.session.commit()
    assert len(post.at(at)) == 1, "others tell it at once"
    later, who = wish.reopened_at + timedelta(days=30), [wish.member_id]
    assert wishes.resting_from(bea.public_id, who, later - MINUTE) == set(who)
    assert wishes.resting_from(bea.public_id, who, later) == set()


def test_whoever_waits_in_many_ways_hears_of_a_host_who_cancels_once(
    park: Place, bea: Member, ana: Member, post: Granting
) -> None:
    for within in (800, 1600, 3200):
        add_wish(ana, within=within)
    at, told = DUE, 0
    for _ in range(4):
        meetup = services.host(bea, a_draft(park), at - 10 * MINUTE)
        db.session.commit()
        told += len(post.at(at))
        cancel(meetup, at)
        looked(at + HOUR)
        at += 2 * HOUR
    assert told == 1
