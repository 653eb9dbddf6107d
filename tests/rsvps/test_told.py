"""Everybody is told by what she has heard last: of the way back too, and never of what nobody had heard of."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.accounts.models import Member
from meetups.domain.capacity import Answer
from meetups.domain.errors import Problem
from meetups.events import exceptions, services, undo
from meetups.events.models import Meetup, Occurrence
from meetups.events.scopes import Scope, draft_of_date, edit_as
from meetups.events.told import families
from meetups.extensions import db
from meetups.mail.composers import compose
from meetups.mail.message import Message
from meetups.mail.models import OutboxMail
from meetups.rsvps import queries
from meetups.rsvps.changes import handle_changes
from meetups.rsvps.services import answer
from tests.conftest import NOW
from tests.events.drafts import dates_of
from tests.factories import TUESDAY, add_block, add_meetup, add_member, add_place, add_rsvp, first_date
from tests.rsvps.moving import move, says, take_back
from tests.rsvps.post import Post

MINUTE = timedelta(minutes=1)


def news(name: str, now: datetime) -> list[str]:
    """The mails of changes that a member gets once all is due."""
    handle_changes(now)
    post = Post()
    post.deliver(now)
    member = db.session.scalars(select(Member).filter_by(first_name=name)).one()
    return [subject for subject in post.to(member) if not subject.startswith("You are in")]


def test_who_answers_meanwhile_is_told_of_the_way_back_and_others_are_not(date: Occurrence) -> None:
    date.capacity = 2
    says(date, "Ana")
    move(date, 15, NOW)
    says(date, "Zoe", now=NOW + MINUTE)
    Post().deliver(NOW + MINUTE)
    take_back(date, NOW + 2 * MINUTE)
    assert news("Zoe", NOW + 13 * MINUTE) == ["Changed: Slow walk is now Tue 1 Dec, 10:00"]
    assert news("Ana", NOW + 13 * MINUTE) == []


def test_who_is_let_in_meanwhile_is_told_of_the_way_back(date: Occurrence) -> None:
    ana = says(date, "Ana")
    says(date, "Bea")
    move(date, 15, NOW)
    answer(date, ana.member, Answer.NOT_GOING, [], NOW + MINUTE)
    move(date, 10, NOW + 2 * MINUTE)
    assert news("Bea", NOW + 13 * MINUTE) == ["A place came free, you are in: Tue 1 Dec, 10:00, Withrow Park"]


def test_two_undos_leave_nothing_to_tell_and_the_next_edit_says_what_it_was(date: Occurrence) -> None:
    says(date, "Ana")
    for minute, hour in ((0, 11), (1, 12)):
        move(date, hour, NOW + minute * MINUTE)
    take_back(date, NOW + 2 * MINUTE)
    take_back(date, NOW + 3 * MINUTE)
    assert news("Ana", NOW + 14 * MINUTE) == []
    move(date, 11, NOW + 15 * MINUTE)
    assert news("Ana", NOW + 26 * MINUTE) == ["Changed: Slow walk is now Tue 1 Dec, 11:00"]


def test_a_restored_date_is_announced_though_a_restoring_was_undone_before(date: Occurrence) -> None:
    says(date, "Ana")
    services.cancel_date(date, "Flu", NOW)
    assert len(news("Ana", NOW + 11 * MINUTE)) == 1
    later = NOW + 20 * MINUTE
    with undo.undoable(date.meetup, later):
        exceptions.restore_date(date, later)
    take_back(date, later + MINUTE)
    assert news("Ana", later + 12 * MINUTE) == []
    exceptions.restore_date(date, later + 60 * MINUTE)
    assert news("Ana", later + 71 * MINUTE) == ["On after all: Slow walk, Tue 1 Dec, 10:00"]


def test_another_place_of_the_same_name_is_another_place(date: Occurrence) -> None:
    ana, other = says(date, "Ana"), add_place(neighbourhood="Leslieville")
    Post().deliver(NOW)
    exceptions.edit_date(date, replace(draft_of_date(date), place=other), NOW)
    db.session.flush()
    assert ana.asked_again
    assert news("Ana", NOW + 11 * MINUTE) == ["Changed: Slow walk is now Tue 1 Dec, 10:00"]


@pytest.mark.parametrize("how", ["undone", "by hand"])
def test_a_reminder_due_while_a_change_was_on_its_way_back_still_comes(date: Occurrence, how: str) -> None:
    says(date, "Ana")
    Post().round(NOW)
    due = date.starts_at - timedelta(hours=24)
    move(date, 15, due - 3 * MINUTE)
    if how == "undone":
        take_back(date, due + 2 * MINUTE)
    else:
        move(date, 10, due + 2 * MINUTE)
    post = Post()
    post.rounds(due)
    assert post.to(db.session.scalars(select(Member).filter_by(first_name="Ana")).one()) == [
        "Tomorrow 10:00: Slow walk"
    ]


def test_room_that_comes_back_by_an_undo_goes_to_who_waits(date: Occurrence) -> None:
    date.capacity = 2
    ana = says(date, "Ana")
    says(date, "Bea")
    with undo.undoable(date.meetup, NOW):
        exceptions.edit_date(date, replace(draft_of_date(date), capacity=1), NOW)
    answer(date, ana.member, Answer.NOT_GOING, [], NOW + MINUTE)
    cleo = says(date, "Cleo", now=NOW + 2 * MINUTE)
    assert cleo.answer == "waiting"
    take_back(date, NOW + 3 * MINUTE)
    handle_changes(NOW + 14 * MINUTE)
    assert (cleo.answer, date.taken) == ("going", 2)


def test_nothing_is_undone_that_something_else_has_changed_since(date: Occurrence) -> None:
    with undo.undoable(date.meetup, NOW) as edit:
        services.cancel_date(date, "Flu", NOW)
    # As an import does it.
    services.move_date(dates_of(date.meetup)[1], datetime(2026, 12, 9, 11), NOW + MINUTE)
    assert undo.latest(date.meetup, NOW + 2 * MINUTE) is None
    with pytest.raises(Problem):
        undo.undo(edit, NOW + 2 * MINUTE)


def test_a_dates_sequence_never_falls_whatever_part_it_belongs_to(date: Occurrence) -> None:
    meetup, third = date.meetup, dates_of(date.meetup)[2]
    for minute, hour in ((0, 11), (1, 12), (2, 13)):
        move(date, hour, NOW + minute * MINUTE)
    before = third.meetup.sequence
    with undo.undoable(meetup, NOW + 3 * MINUTE):
        edit_as(Scope.FOLLOWING, third, replace(draft_of_date(third), title="Other"), NOW + 3 * MINUTE)
    part = third.meetup
    assert part != meetup and part.sequence > before
    with undo.undoable(part, NOW + 4 * MINUTE):
        exceptions.edit_date(third, replace(draft_of_date(third), title="Cake"), NOW + 4 * MINUTE)
    highest = part.sequence
    take_back(date, NOW + 5 * MINUTE)
    take_back(date, NOW + 6 * MINUTE)
    assert third.meetup == meetup and meetup.sequence > highest


def test_a_series_that_was_split_is_cancelled_whole(date: Occurrence) -> None:
    meetup, third = date.meetup, dates_of(date.meetup)[2]
    part, _ = edit_as(Scope.FOLLOWING, third, replace(draft_of_date(third), title="Other"), NOW)
    services.cancel_series(part, "We move", NOW)
    assert all(row.cancelled_at for one in (meetup, part) for row in dates_of(one))
    assert meetup.cancelled_at == part.cancelled_at == NOW


def test_a_whole_series_that_moves_or_ends_is_one_mail(meetup: Meetup) -> None:
    ana = add_member("Ana")
    rows = dates_of(meetup)[:4]
    for row in rows:
        answer(row, ana, Answer.GOING, [], NOW)
    services.cancel_date(rows[3], "Flu", NOW)
    edit_as(Scope.ALL, rows[0], replace(draft_of_date(rows[0]), starts=TUESDAY.replace(hour=15)), NOW)
    handle_changes(NOW + 11 * MINUTE)
    (mail,) = db.session.scalars(select(OutboxMail).where(OutboxMail.template.in_(("changed", "changes", "cancelled"))))
    message = compose(mail, NOW + 12 * MINUTE)
    assert isinstance(message, Message)
    assert message.subject == "Changed: Slow walk, 4 dates"
    for body in (message.text, message.html):
        assert "Tuesday 8 December at 15:00 to 16:30" in body and "Flu" in body and "http://localhost/answer/" in body
    assert "Your places are kept. Do you still come?" in message.text
    services.cancel_series(meetup, "We move", NOW + 20 * MINUTE)
    assert handle_changes(NOW + 31 * MINUTE) >= 3
    last = db.session.scalars(select(OutboxMail).where(OutboxMail.template == "changes").order_by(OutboxMail.id)).all()
    words = compose(last[-1], NOW + 32 * MINUTE)
    assert len(last) == 2 and isinstance(words, Message) and words.subject == "Cancelled: Slow walk, 3 dates"


def test_who_is_counted_is_who_is_told(client: FlaskClient) -> None:
    date = first_date(add_meetup())
    for name, said in (("Ana", "going"), ("Bea", "maybe"), ("Cleo", "waiting"), ("Dora", "not_going")):
        add_rsvp(date, add_member(name), said)
    blocks, blocked = add_member("Eva"), add_member("Fay")
    for member in (blocks, blocked):
        add_rsvp(date, member)
    # The worker has not settled them yet.
    add_block(blocks, date.meetup.host)
    add_block(date.meetup.host, blocked)
    assert families([date.id]) == len(queries.touched(date)) == 3
