"""The weekly look-ahead: when it comes, what is in it, and that nothing is in it that she may not see."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from meetups.accounts.models import Member
from meetups.domain.ages import AgeBand
from meetups.domain.naps import Sleeper
from meetups.domain.nearness import Point, home_cell
from meetups.events import services, splitting
from meetups.events.models import Meetup, Occurrence, Visibility
from meetups.events.scopes import draft_of_date
from meetups.extensions import db
from meetups.mail import outbox
from meetups.mail.models import OutboxMail
from meetups.places.models import Place
from meetups.reminders.weekly import _is_new, fitting, look_ahead
from meetups.rsvps.standing import pause, say
from tests.conftest import NOW, counted_queries
from tests.events.drafts import a_draft, dates_of
from tests.factories import (
    WITHROW,
    add_block,
    add_kid,
    add_meetup,
    add_member,
    add_occurrence,
    add_place,
    add_rsvp,
    first_date,
    sign_in,
)
from tests.mail.smtp import mail_server
from tests.reminders.sending import Post, outcomes, part

HOUR = timedelta(hours=1)
# Six in the evening in Toronto on the Sunday after NOW, and on the Wednesday.
SUNDAY = datetime(2026, 11, 29, 23, 0, tzinfo=UTC)
WEDNESDAY = datetime(2026, 11, 25, 23, 0, tzinfo=UTC)


class Weekly(Post):
    """The worker's look-aheads, and what leaves."""

    def at(self, moment: datetime) -> list[str]:
        before = len(self.mails)
        look_ahead(moment)
        db.session.commit()
        outbox.send_due(self, "tests", lambda: moment, lambda: False)
        return [str(mail["Subject"]) for mail in self.mails[before:]]


@pytest.fixture
def post() -> Weekly:
    return Weekly()


@pytest.fixture
def ana(app: Flask) -> Member:
    """A mother of a one-year-old, at home around Withrow Park."""
    member = add_member("Ana", email="ana@example.org", home_cell=home_cell(WITHROW), home_name="Riverdale")
    add_kid(member, date(2025, 9, 1))
    db.session.commit()
    return member


@pytest.fixture
def park(app: Flask) -> Place:
    return add_place()


@pytest.fixture
def old(park: Place) -> Meetup:
    """Something that has gone on for long."""
    meetup = add_meetup(place=park, title="Old walk", created_at=NOW - timedelta(days=90))
    db.session.commit()
    return meetup


def titles(post: Weekly) -> list[str]:
    """What the last one tells, in its order."""
    lines = part(post.mails[-1], "plain").split("\n")
    return [lines[n - 1] for n, line in enumerate(lines) if " min walk" in line]


def test_it_comes_on_sunday_evening_once(ana: Member, old: Meetup, post: Weekly) -> None:
    assert post.at(NOW) == [] and post.at(SUNDAY - timedelta(seconds=1)) == []
    assert post.at(SUNDAY) == ["One meetup near you this week"]
    assert post.at(SUNDAY) == [] and post.at(SUNDAY + 24 * HOUR) == []
    mail = post.mails[0]
    for words in (part(mail, "plain"), part(mail, "html")):
        for told in ("Old walk", "Tuesday 1 December at 10:00", "Withrow Park", "min walk", "/unsubscribe/"):
            assert told in words
        assert "All ages: fits your 15-month-old" in words
        assert "Red stroller" not in words and "(new)" not in words
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    add_occurrence(old, datetime(2026, 12, 8, 10, 0))
    db.session.commit()
    assert post.at(SUNDAY + timedelta(days=7)) == ["One meetup near you this week"]


def test_a_group_that_grows_is_for_whom_it_is_for(ana: Member, park: Place, post: Weekly) -> None:
    for title, born in (("Hers", "2025-08/2025-10"), ("Of others her age", "2025-10/2025-11")):
        add_meetup(place=park, title=title, born=born)
    db.session.commit()
    assert post.at(NOW) == [] and len(post.at(SUNDAY)) == 1 and titles(post) == ["Hers (new)"]
    said = "Toddlers born August to October 2025 (14 to 16 months): fits your 15-month-old"
    assert said in part(post.mails[-1], "plain")


def test_what_falls_into_a_nap_is_said(ana: Member, old: Meetup, park: Place, post: Weekly) -> None:
    ana.kids[0].sleeper = Sleeper(ana.kids[0].month)
    add_meetup(place=park, title="Noon", starts=datetime(2026, 12, 1, 13))
    db.session.commit()
    assert post.at(NOW) == [] and len(post.at(SUNDAY)) == 1 and titles(post) == ["Old walk", "Noon (new)"]
    for kind in ("plain", "html"):
        assert part(post.mails[-1], kind).count("fits your 15-month-old, in nap time") == 1


def test_it_comes_on_the_day_she_chose(client: FlaskClient, ana: Member, old: Meetup, post: Weekly) -> None:
    look_ahead(NOW)
    db.session.commit()
    sign_in(client, ana)
    client.post("/me/mails", data={"wants_weekly": "y", "weekly_day": "2"})
    assert post.at(NOW) == [] and post.at(WEDNESDAY - HOUR) == []
    assert post.at(WEDNESDAY) == ["One meetup near you this week"]
    assert post.at(SUNDAY) == []


def test_the_evening_is_that_of_her_neighbourhood(app: Flask, post: Weekly) -> None:
    vancouver = Point(49.2827, -123.1207)
    add_member(home_cell=home_cell(vancouver))
    add_meetup(place=add_place(point=vancouver, zone="America/Vancouver"))
    db.session.commit()
    look_ahead(NOW)
    assert post.at(SUNDAY) == []
    assert len(post.at(SUNDAY + 3 * HOUR)) == 1


@pytest.mark.parametrize("values", [{"home_cell": None}, {"wants_weekly": False}])
def test_who_has_no_neighbourhood_or_does_not_want_it_gets_none(
    ana: Member, old: Meetup, post: Weekly, values: dict[str, object]
) -> None:
    for name, value in values.items():
        setattr(ana, name, value)
    db.session.commit()
    post.at(NOW)
    assert post.at(SUNDAY) == [] and db.session.scalars(db.select(OutboxMail)).all() == []


def test_who_ends_it_while_it_is_queued_gets_none(ana: Member, old: Meetup, post: Weekly) -> None:
    look_ahead(NOW)
    look_ahead(SUNDAY)
    ana.wants_weekly = False
    db.session.commit()
    assert post.at(SUNDAY) == [] and outcomes() == {"weekly": ("dropped", "not wanted")}


def test_a_page_without_a_neighbourhood_asks_for_one_and_changes_no_choice(client: FlaskClient, ana: Member) -> None:
    ana.home_cell = None
    sign_in(client, ana)
    page = client.get("/me/mails").text
    assert "wants_weekly" not in page and "your neighbourhood" in page
    client.post("/me/mails", data={})
    db.session.refresh(ana)
    assert ana.wants_weekly


def test_where_nothing_is_near_there_is_no_mail(ana: Member, post: Weekly) -> None:
    add_meetup(place=add_place(point=Point(43.70, -79.40)))
    db.session.commit()
    post.at(NOW)
    assert post.at(SUNDAY) == [] and outcomes() == {"weekly": ("dropped", "nothing near her")}


def test_only_what_she_may_see_what_fits_and_what_she_has_not_answered(
    ana: Member, old: Meetup, park: Place, post: Weekly
) -> None:
    def add(title: str, **values: object) -> Occurrence:
        return first_date(add_meetup(values.pop("host", None), place=park, title=title, **values))  # type: ignore[arg-type]

    add("Blocked", host=(blocked := add_member("Eve")))
    add("Blocks her", host=(blocks := add_member("Mo")))
    add_block(ana, blocked)
    add_block(blocks, ana)
    add("Her own", host=ana)
    add_rsvp(add("Answered"), ana, "not_going")
    add("School", ages=int(AgeBand.SCHOOL))
    add("Too far ahead", starts=datetime(2026, 12, 20, 10, 0))
    add("Cancelled").cancelled_at = NOW
    add("Members", visibility=Visibility.MEMBERS, starts=datetime(2026, 12, 3, 10, 0))
    add_occurrence(old, datetime(2026, 12, 4, 10, 0))
    db.session.commit()
    post.at(NOW)
    post.at(SUNDAY)
    assert titles(post) == ["Old walk", "Members (new)"]


def test_at_most_five_the_new_ones_first_in_the_order_of_their_dates(ana: Member, park: Place, post: Weekly) -> None:
    for number in range(4):
        start = datetime(2026, 11, 30, 9 + number, 0)
        add_meetup(place=park, title=f"Old {number}", starts=start, created_at=NOW - timedelta(days=30))
        add_meetup(place=park, title=f"New {number}", starts=start + timedelta(days=2))
    db.session.commit()
    post.at(NOW)
    assert post.at(SUNDAY) == ["Five meetups near you this week"]
    assert titles(post) == ["Old 0", *(f"New {number} (new)" for number in range(4))]


def test_one_host_does_not_fill_everybodys_mail(ana: Member, old: Meetup, park: Place, post: Weekly) -> None:
    sam = add_member("Sam")
    for number in range(5):
        add_meetup(sam, park, title=f"Formula {number}", starts=datetime(2026, 12, 1, 9 + number, 0))
    db.session.commit()
    post.at(NOW)
    post.at(SUNDAY)
    assert sorted(titles(post)) == ["Formula 0 (new)", "Formula 1 (new)", "Old walk"]


def test_a_series_that_was_split_is_one_and_not_new(ana: Member, park: Place, post: Weekly) -> None:
    walk = services.host(add_member("Beatrice"), a_draft(park), NOW - timedelta(days=60))
    second = next(row for row in dates_of(walk) if row.starts_at > SUNDAY + timedelta(days=7))
    edited_at = SUNDAY + 18 * HOUR
    splitting.edit_following(second, replace(draft_of_date(second), note="Bring a cup"), edited_at)
    db.session.commit()
    after = SUNDAY + timedelta(days=7)
    assert [(row.starts_at, _is_new(row, after)) for row in fitting(ana, after)] == [(second.starts_at, False)]


def test_what_she_comes_to_every_time_is_not_advertised_while_she_pauses(ana: Member, park: Place) -> None:
    walk = services.host(add_member("Beatrice"), a_draft(park), NOW)
    pause(say(walk, ana, [], NOW), date(2027, 3, 1), NOW)
    db.session.commit()
    assert fitting(ana, SUNDAY) == []


def test_saving_what_she_has_chosen_before_loses_no_look_ahead(
    client: FlaskClient, ana: Member, old: Meetup, post: Weekly, clock: Traveller
) -> None:
    post.at(NOW)
    sign_in(client, ana)
    clock.move_to(SUNDAY - timedelta(seconds=3))
    client.post("/me/mails", data={"wants_weekly": "y", "weekly_day": "6", "wants_day_before": "y"})
    assert post.at(SUNDAY + timedelta(seconds=2)) == ["One meetup near you this week"]


def test_a_bump_finds_what_is_for_bumps(ana: Member, park: Place, post: Weekly) -> None:
    bea = add_member("Bea", email="bea@example.org", home_cell=home_cell(WITHROW))
    add_kid(bea, date(2027, 3, 1))
    add_meetup(place=park, title="Bumps", ages=int(AgeBand.BUMP))
    add_meetup(place=park, title="Ones", ages=int(AgeBand.ONE), starts=datetime(2026, 12, 2, 10, 0))
    db.session.commit()
    post.at(NOW)
    post.at(SUNDAY)
    told = {mail["To"]: part(mail, "plain") for mail in post.mails}
    assert "Bumps" in told["bea@example.org"] and "Ones" not in told["bea@example.org"]
    assert "Ones" in told["ana@example.org"] and "Bumps" not in told["ana@example.org"]


def test_a_worker_that_was_down_for_days_sends_none_too_late(ana: Member, old: Meetup, post: Weekly) -> None:
    post.at(NOW)
    assert post.at(SUNDAY + 30 * HOUR) == []
    assert outcomes() == {"weekly": ("dropped", "too late")}


def test_it_waits_for_the_morning_in_a_night_that_begins_early(ana: Member, old: Meetup, post: Weekly) -> None:
    ana.quiet_from = 18
    db.session.commit()
    post.at(NOW)
    assert post.at(SUNDAY) == [] and post.at(SUNDAY + 12 * HOUR) == []
    assert post.at(SUNDAY + 13 * HOUR) == ["One meetup near you this week"]


def test_a_round_with_nobody_due_asks_one_question(ana: Member) -> None:
    look_ahead(NOW)
    db.session.commit()
    with counted_queries() as seen:
        assert look_ahead(NOW) == 0
    assert len(seen) == 1


def test_it_goes_through_the_mail_server_whole(ana: Member, old: Meetup) -> None:
    look_ahead(NOW)
    look_ahead(SUNDAY)
    db.session.commit()
    with mail_server() as inbox:
        assert outbox.send_due(inbox.transport(), "tests", lambda: SUNDAY, lambda: False) == 1
        assert inbox.taken[0].subject == "One meetup near you this week"
