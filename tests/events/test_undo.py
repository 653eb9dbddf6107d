"""Ten minutes to take an edit back: all is as it was, and nobody has heard of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect, select

from meetups.domain.errors import Problem
from meetups.domain.recurrence import Frequency, Rule
from meetups.events import editing, exceptions, services, undo
from meetups.events.models import Change, ChangeKind, Edit, Meetup, Occurrence
from meetups.events.scopes import draft_of_date
from meetups.events.splitting import edit_following
from meetups.extensions import db
from meetups.mail.models import OutboxMail
from meetups.rsvps.changes import handle_changes
from tests.conftest import NOW
from tests.events.drafts import TUESDAYS, a_draft, dates_of
from tests.factories import TUESDAY, add_member, add_place, add_rsvp, sign_in

MINUTE, WEEK = timedelta(minutes=1), timedelta(weeks=1)
GROWS = {"sequence", "changed_at", "revision"}


@pytest.fixture
def meetup(client: FlaskClient) -> Meetup:
    meetup = services.host(add_member("Beatrice"), a_draft(add_place(), note="Slowly"), NOW)
    services.move_date(dates_of(meetup)[3], datetime(2026, 12, 24, 15), NOW)
    handle_changes(NOW + 11 * MINUTE)
    return meetup


def facts() -> dict[str, dict[str, Any]]:
    """Every column of every meetup and date, but for those that only grow."""
    db.session.flush()
    db.session.expire_all()
    rows: list[Any] = [*db.session.scalars(select(Meetup)), *db.session.scalars(select(Occurrence))]
    return {
        f"{type(row).__name__} {row.id}": {
            column.key: getattr(row, column.key)
            for column in inspect(type(row)).column_attrs
            if column.key not in GROWS
        }
        for row in rows
    }


EDITS: dict[str, Callable[[Meetup, datetime], object]] = {
    "time": lambda one, now: editing.edit(one, a_draft(one.place, TUESDAY.replace(hour=9)), now),
    "days": lambda one, now: editing.edit(one, a_draft(one.place, rule=Rule(Frequency.WEEKLY, weekdays=(0, 4))), now),
    "fortnight": lambda one, now: editing.edit(one, a_draft(one.place, rule=replace(TUESDAYS, interval=2)), now),
    "words": lambda one, now: editing.edit(one, a_draft(one.place, title="Run", note=None, capacity=2), now),
    "this": lambda one, now: exceptions.edit_date(
        dates_of(one)[1], replace(draft_of_date(dates_of(one)[1]), title="Cake", starts=datetime(2026, 12, 9, 9)), now
    ),
    "following": lambda one, now: edit_following(
        dates_of(one)[2], a_draft(one.place, TUESDAY + 2 * WEEK + timedelta(hours=3)), now
    ),
    "cancel": lambda one, now: services.cancel_date(dates_of(one)[1], "Flu", now),
    "cancel all": lambda one, now: services.cancel_series(one, "We move", now),
    "add": lambda one, now: exceptions.add_date(one, TUESDAY + timedelta(days=2), now),
}


@pytest.mark.parametrize("what", EDITS)
def test_undone_all_is_as_it_was_and_nobody_is_told(meetup: Meetup, what: str) -> None:
    add_rsvp(dates_of(meetup)[1], add_member("Ana"))
    now, before, sequence = NOW + 20 * MINUTE, facts(), meetup.sequence
    with undo.undoable(meetup, now) as edit:
        EDITS[what](meetup, now)
    assert facts() != before
    undo.undo(edit, now + 9 * MINUTE)
    assert facts() == before
    assert meetup.sequence > sequence + 1 and db.session.scalars(select(Edit)).all() == []
    # What is left to tell is that all is where it was: no mail, but reminders of the newest revision.
    left = db.session.scalars(select(Change).where(Change.handled_at.is_(None))).all()
    assert {change.kind for change in left} <= {ChangeKind.MOVED} and handle_changes(now + 20 * MINUTE) == len(left)
    assert db.session.scalars(select(OutboxMail)).all() == []


@pytest.mark.parametrize("what", EDITS)
def test_several_edits_are_undone_one_after_the_other(meetup: Meetup, what: str) -> None:
    now, states = NOW + 20 * MINUTE, []
    for number, name in enumerate(("words" if what != "words" else "time", what)):
        states.append(facts())
        with undo.undoable(meetup, now + number * MINUTE):
            EDITS[name](meetup, now + number * MINUTE)
    for state in reversed(states):
        edit = undo.latest(meetup, now + 3 * MINUTE)
        assert edit
        undo.undo(edit, now + 3 * MINUTE)
        assert facts() == state


def test_it_is_too_late_after_ten_minutes_and_once_somebody_was_told(meetup: Meetup) -> None:
    add_rsvp(dates_of(meetup)[1], add_member("Ana"))
    now = NOW + 20 * MINUTE
    with undo.undoable(meetup, now) as edit:
        EDITS["time"](meetup, now)
    assert undo.latest(meetup, now + 9 * MINUTE) == edit and undo.latest(meetup, now + 10 * MINUTE) is None
    handle_changes(now + 10 * MINUTE)
    for moment in (now + 9 * MINUTE, now + 11 * MINUTE):
        with pytest.raises(Problem, match="told already"):
            undo.undo(edit, moment)


def test_what_begins_within_two_hours_is_told_at_once(meetup: Meetup) -> None:
    first = dates_of(meetup)[0]
    add_rsvp(first, add_member("Ana"))
    now = first.starts_at - timedelta(minutes=90)
    with undo.undoable(meetup, now):
        services.cancel_date(first, "Flu", now)
    assert undo.latest(meetup, now) is None and handle_changes(now) == 1


def test_a_new_date_that_somebody_has_answered_stays(meetup: Meetup) -> None:
    with undo.undoable(meetup, NOW) as edit:
        row = exceptions.add_date(meetup, TUESDAY + timedelta(days=2), NOW)
    add_rsvp(row, add_member("Ana"), "maybe")
    with pytest.raises(Problem, match="Somebody has answered"):
        undo.undo(edit, NOW + MINUTE)


def test_the_host_undoes_with_one_tap(client: FlaskClient, meetup: Meetup, clock: Any) -> None:
    clock.move_to(NOW + 20 * MINUTE)
    sign_in(client, meetup.host)
    own = f"/meetups/{meetup.public_id}"
    page = client.post(f"{own}/2026-12-01T1000/cancel", data={"reason": "Flu"}, follow_redirects=True).text
    edit = db.session.scalars(select(Edit)).one()
    assert "Nobody has been told yet" in page and f"{own}/undo/{edit.public_id}" in page
    path = f"{own}/undo/{edit.public_id}"
    assert "All is as it was" in client.post(path, follow_redirects=True).text
    assert "can’t be undone" in client.post(path, follow_redirects=True).text
    db.session.rollback()
    assert dates_of(meetup)[0].cancelled_at is None
    assert "Nobody has been told yet" not in client.get(f"{own}/2026-12-01T1000").text


def test_a_part_that_is_undone_leads_back_to_its_series(client: FlaskClient, meetup: Meetup, clock: Any) -> None:
    clock.move_to(NOW + 20 * MINUTE)
    with undo.undoable(meetup, NOW + 20 * MINUTE) as edit:
        part, _ = edit_following(dates_of(meetup)[2], a_draft(meetup.place, TUESDAY + 2 * WEEK, title="Other"), NOW + 20 * MINUTE)  # type: ignore[misc] # fmt: skip
    sign_in(client, meetup.host)
    page = client.post(f"/meetups/{part.public_id}/undo/{edit.public_id}")
    assert page.location == f"/meetups/{meetup.public_id}"
    assert client.get(f"/meetups/{part.public_id}").status_code == 404


def test_old_edits_do_not_stay(meetup: Meetup) -> None:
    with undo.undoable(meetup, NOW):
        EDITS["words"](meetup, NOW)
    undo.forget_old(NOW + timedelta(hours=23))
    assert db.session.scalars(select(Edit)).all()
    undo.forget_old(NOW + timedelta(hours=25))
    assert not db.session.scalars(select(Edit)).all()
