# ruff: noqa: F811
"""Who waits is told, whatever else she waits for and whatever was off for a moment."""

from dataclasses import replace
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from meetups.accounts.models import Member
from meetups.domain.ages import AgeBand
from meetups.domain.nearness import Point, cell_centre, home_cell
from meetups.events import editing, services, undo
from meetups.events.scopes import draft_of
from meetups.extensions import db
from meetups.granting.services import grant
from meetups.hosting import resting
from meetups.mail.composers import compose
from meetups.mail.message import Message, Wait
from meetups.mail.models import OutboxMail
from meetups.places.models import Place
from meetups.rsvps.changes import handle_changes
from meetups.wishes import services as wishes
from meetups.wishes.models import Wish
from tests.conftest import NOW
from tests.events.drafts import a_draft, dates_of
from tests.factories import TUESDAY, WITHROW, add_meetup, add_member, add_place, add_wish
from tests.granting.test_mails import (  # noqa: F401 - fixtures
    AWAY,
    DUE,
    HOUR,
    MINUTE,
    SUBJECT,
    Granting,
    ana,
    bea,
    is_open,
    looked,
    park,
    post,
    wish,
)
from tests.reminders.sending import part


def test_a_second_wish_is_told_where_the_first_ended_while_its_mail_waited(
    park: Place, bea: Member, wish: Wish, post: Granting
) -> None:
    add_wish(wish.member, AWAY, within=3200)
    services.host(bea, a_draft(park), NOW)
    grant(DUE)
    wishes.end(wish, DUE)  # she taps "end" on the first one, while the mail waits (a night, a greylisting)
    post.deliver(DUE)
    for hour in range(1, 48):
        post.at(DUE + hour * HOUR)
    assert post.to(wish.member) == [SUBJECT]  # the second wish still waits for just this


def test_a_meetup_that_is_off_for_a_moment_and_on_again_is_told(
    park: Place, bea: Member, wish: Wish, post: Granting
) -> None:
    walk = services.host(bea, a_draft(park), NOW)
    with undo.undoable(walk, NOW + 9 * MINUTE) as edit:
        services.cancel_series(walk, None, NOW + 9 * MINUTE)
    post.at(DUE)
    undo.undo(edit, NOW + 12 * MINUTE)
    assert dates_of(walk)[0].cancelled_at is None
    two_days_pass(post, 1)
    assert post.to(wish.member) == [SUBJECT]


def test_the_mail_s_link_does_not_say_where_she_lives(park: Place, bea: Member, ana: Member, post: Granting) -> None:
    ana.home_cell = home_cell(WITHROW)
    add_wish(ana)  # as made from "/wishes/new" without a point: her home
    for n in range(2):
        services.host(bea, a_draft(park, TUESDAY + n * HOUR, None), NOW)
    post.at(DUE)
    c = cell_centre(ana.home_cell)
    assert f"{c.lat:.3f},{c.lon:.3f}" not in part(post.mails[0], "plain").replace("%2C", ",")


def test_several_link_keeps_for_whom(park: Place, bea: Member, ana: Member, post: Granting) -> None:
    add_wish(ana, ages=int(AgeBand.ONE))
    for n in range(2):
        services.host(bea, a_draft(park, TUESDAY + n * HOUR, None), NOW)
    post.at(DUE)
    assert "age=" in part(post.mails[0], "plain")


def test_a_library_s_calendar_elsewhere_does_not_cost_her_the_walk_round_the_corner(
    park: Place, bea: Member, wish: Wish, post: Granting
) -> None:
    # She waits in two neighbourhoods, nine kilometres apart. Six story times are brought in at the far one.
    far = Point(43.70, -79.45)
    there = add_place("Library", far)
    add_wish(wish.member, far)
    for n in range(6):
        services.host(bea, a_draft(there, TUESDAY + n * HOUR, None), NOW)
    services.host(add_member("Zoe"), a_draft(park, title="Round the corner"), NOW)
    for hour in range(48):
        post.at(DUE + hour * HOUR)
    assert any("Round the corner" in str(m.get_body(("plain",)).get_content()) for m in post.mails), post.to(
        wish.member
    )
    assert not is_open(wish, DUE + 48 * HOUR)


def test_a_series_of_two_parts_that_wakes_is_one_meetup(park: Place, bea: Member, wish: Wish, post: Granting) -> None:
    first = add_meetup(bea, park, TUESDAY, title="Tuesday walk")
    later = add_meetup(bea, park, TUESDAY + timedelta(days=7), title="Tuesday walk", series_id=first.id)
    for part_ in (first, later):
        part_.resting_at = NOW - HOUR
    db.session.flush()
    resting.wake(first, bea, NOW)
    assert post.at(DUE) == [SUBJECT]  # one series, known by one name, is not "Two meetups"


def two_days_pass(post: Granting, since: int) -> None:
    """Do a round of the worker's each hour, from so many hours after DUE on."""
    for hour in range(since, 48):
        handle_changes(DUE + hour * HOUR)
        post.at(DUE + hour * HOUR)


def test_what_was_elsewhere_for_a_moment_is_told_where_it_is(
    park: Place, bea: Member, wish: Wish, post: Granting
) -> None:
    far = add_place("Far", AWAY)
    walk = services.host(bea, a_draft(park), NOW)
    with undo.undoable(walk, NOW + 9 * MINUTE) as edit:
        editing.edit(walk, replace(draft_of(walk, walk.starts), place=far), NOW + 9 * MINUTE)
    post.at(DUE)
    undo.undo(edit, NOW + 12 * MINUTE)
    assert dates_of(walk)[0].place == park
    two_days_pass(post, 1)
    assert post.to(wish.member) == [SUBJECT]


def test_what_is_off_for_a_moment_as_its_mail_is_to_leave_is_told_once_it_is_on_again(
    park: Place, bea: Member, wish: Wish, post: Granting
) -> None:
    walk = services.host(bea, a_draft(park), NOW)
    grant(DUE)  # a night, a greylisting
    with undo.undoable(walk, DUE + HOUR) as edit:
        services.cancel_series(walk, None, DUE + HOUR)
    post.deliver(DUE + HOUR + MINUTE)
    undo.undo(edit, DUE + HOUR + 2 * MINUTE)
    two_days_pass(post, 2)
    assert post.to(wish.member) == [SUBJECT]


def test_who_ends_a_wish_while_its_mail_is_on_the_way_has_ended_it(
    park: Place, bea: Member, wish: Wish, post: Granting
) -> None:
    walk = services.host(bea, a_draft(park), NOW)
    wishes.end(wish, DUE)
    db.session.commit()
    wishes.told(wish, {walk.public_id: bea.public_id}, DUE)  # it has been composed before, and leaves now
    services.cancel_series(walk, None, DUE + MINUTE)
    db.session.commit()
    looked(DUE + 2 * HOUR)
    assert not is_open(wish, DUE + 2 * HOUR)


def test_two_workers_tell_a_wish_once_also_where_it_is_told_instead_of_another(
    park: Place, bea: Member, wish: Wish, app: Flask
) -> None:
    other = add_wish(wish.member, AWAY, within=3200)
    services.host(bea, a_draft(park), NOW)
    services.host(bea, a_draft(add_place("Far", AWAY), TUESDAY + HOUR), NOW)
    grant(DUE)
    wishes.end(wish, DUE)
    db.session.commit()
    rows = list(db.session.scalars(select(OutboxMail).order_by(OutboxMail.id)))
    assert [row.data["wish"] for row in rows] == [wish.public_id, other.public_id]
    # Each in the hands of a worker, and neither has left.
    first, second = (compose(row, DUE) for row in rows)
    assert isinstance(first, Message) and isinstance(second, Wait)
    assert first.carries == (rows[1].id,) and first.subject.startswith("Two meetups start")


def test_a_host_who_rests_for_one_wish_is_not_told_to_it_instead_of_another(
    park: Place, bea: Member, wish: Wish, post: Granting
) -> None:
    other = add_wish(wish.member, AWAY, within=3200)
    other.told, other.reopened_at = {"meetups": [], "hosts": [bea.public_id]}, NOW - HOUR
    services.host(bea, a_draft(park), NOW)
    grant(DUE)
    wishes.end(wish, DUE)
    post.deliver(DUE)
    assert post.mails == [] and is_open(other)
