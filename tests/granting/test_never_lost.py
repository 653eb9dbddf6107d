# ruff: noqa: F811
"""Who waits is told, whatever else she waits for and whatever was off for a moment."""

from datetime import timedelta

from meetups.accounts.models import Member
from meetups.domain.ages import AgeBand
from meetups.domain.nearness import Point, cell_centre, home_cell
from meetups.events import services, undo
from meetups.extensions import db
from meetups.granting.services import grant
from meetups.hosting import resting
from meetups.places.models import Place
from meetups.rsvps.changes import handle_changes
from meetups.wishes import services as wishes
from meetups.wishes.models import Wish
from tests.conftest import NOW
from tests.events.drafts import a_draft, dates_of
from tests.factories import TUESDAY, WITHROW, add_meetup, add_member, add_place, add_wish
from tests.granting.test_mails import AWAY, DUE, HOUR, MINUTE, SUBJECT, Granting, ana, bea, is_open, park, post, wish  # noqa: F401 - fixtures
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
    for hour in range(1, 48):
        handle_changes(DUE + hour * HOUR)
        post.at(DUE + hour * HOUR)
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
