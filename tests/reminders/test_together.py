"""Reminders that fall together: one mail, nothing lost, nothing twice, whoever sends."""

from collections import Counter, deque
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from flask import Flask

from meetups.accounts.models import Member
from meetups.events.models import Change, ChangeKind, Occurrence
from meetups.extensions import db
from meetups.mail import outbox
from meetups.mail.claims import claim
from meetups.mail.composers import compose
from meetups.mail.message import Drop, Message, Wait
from meetups.mail.models import MailState, OutboxMail
from meetups.mail.transport import Outcome, Result, Transport
from meetups.reminders.services import plan
from meetups.rsvps.changes import handle_changes
from tests.conftest import NOW
from tests.factories import add_meetup, add_member, add_rsvp, first_date
from tests.mail.smtp import Inbox, mail_server
from tests.reminders.sending import Post, part

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
# 10:00 in Toronto.
START = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
DAY_BEFORE = START - 24 * HOUR


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def ana(app: Flask) -> Member:
    return add_member("Ana", email="ana@example.org")


def coming(ana: Member, title: str, minutes: int = 0) -> Occurrence:
    """A date that Ana comes to, so many minutes after ten."""
    starts = datetime(2026, 12, 1, 10, 0) + minutes * MINUTE
    host = add_member("Hana", wants_host_list=False)
    date = first_date(add_meetup(host, title=title, starts=starts))
    add_rsvp(date, ana)
    plan(NOW)
    db.session.commit()
    return date


def states(template: str = "day_before") -> list[str]:
    db.session.rollback()
    rows = db.session.scalars(db.select(OutboxMail).filter_by(template=template).order_by(OutboxMail.id))
    found = [row.state for row in rows]
    db.session.rollback()
    return found


def test_two_within_half_an_hour_are_one_mail_and_a_third_is_its_own(ana: Member, post: Post) -> None:
    for title, minutes in (("Walk", 0), ("Songs", 30), ("Swim", 31)):
        coming(ana, title, minutes)
    assert post.at(DAY_BEFORE) == ["Tomorrow: two things"]
    (mail,) = post.mails
    for words in (part(mail, "plain"), part(mail, "html")):
        assert words.index("Walk") < words.index("Songs") and "Swim" not in words
        for told in (
            "Tuesday 1 December at 10:00",
            "at 10:30",
            "Red stroller by the gate",
            "/answer/",
            "/unsubscribe/",
        ):
            assert told in words
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert states() == ["sent", "sent", "pending"]
    assert post.at(DAY_BEFORE + 31 * MINUTE) == ["Tomorrow 10:31: Swim"]
    assert post.at(START - 2 * HOUR) == ["Today: two things"]
    assert post.at(START - 89 * MINUTE) == ["Today 10:31: Swim"]
    assert states() == states("two_hours") == ["sent"] * 3


def test_a_row_that_was_queued_first_for_a_later_date_waits_for_the_earlier_one(ana: Member, post: Post) -> None:
    coming(ana, "Songs", 10)
    coming(ana, "Walk", 0)
    assert post.at(DAY_BEFORE + HOUR / 4) == ["Tomorrow: two things"]
    assert part(post.mails[0], "plain").index("Walk") < part(post.mails[0], "plain").index("Songs")
    assert post.at(DAY_BEFORE + HOUR) == []


def test_two_members_never_share_a_mail(ana: Member, post: Post) -> None:
    date = coming(ana, "Walk")
    add_rsvp(date, add_member("Bea", email="bea@example.org"))
    assert post.at(DAY_BEFORE) == ["Tomorrow 10:00: Walk"] * 2


def test_one_that_is_off_or_has_moved_is_not_in_it_and_holds_up_no_other(ana: Member, post: Post) -> None:
    moved, _, off = coming(ana, "Walk"), coming(ana, "Songs", 10), coming(ana, "Swim", 20)
    off.cancelled_at, moved.starts_at, moved.ends_at = DAY_BEFORE, START + 5 * HOUR, START + 6 * HOUR
    for date, kind in ((off, ChangeKind.CANCELLED), (moved, ChangeKind.MOVED)):
        date.revision += 1
        due = DAY_BEFORE + 10 * MINUTE
        db.session.add(Change(occurrence_id=date.id, kind=kind, created_at=DAY_BEFORE, due=due))
    db.session.commit()
    # What has changed can still be undone: neither is told, and the one that stands does not wait for them.
    assert post.at(DAY_BEFORE) == [] and post.at(DAY_BEFORE + 10 * MINUTE) == ["Tomorrow 10:10: Songs"]
    handle_changes(DAY_BEFORE + 11 * MINUTE)
    told = post.at(DAY_BEFORE + 11 * MINUTE)
    assert len(told) == 2 and any("Walk is now" in one for one in told) and any("Swim" in one for one in told)
    later = [subject for minutes in range(20, 28 * 60, 20) for subject in post.at(DAY_BEFORE + minutes * MINUTE)]
    assert later == ["Tomorrow 15:00: Walk", "Today 10:10: Songs", "Today 15:00: Walk"]


def claimed(owner: str) -> OutboxMail:
    (found,) = claim(owner, DAY_BEFORE + 10 * MINUTE, 1)
    return found


def deliver(mail: OutboxMail, post: Transport, at: datetime) -> None:
    """Let the worker that has a row in hand send it."""
    outbox.Batch(deque([mail]), post, lambda: at, deque()).send(lambda: False, at + HOUR)


def composed(mail: OutboxMail) -> Message | Drop | Wait:
    found = compose(mail, DAY_BEFORE + 10 * MINUTE)
    db.session.rollback()
    return found


def test_two_workers_with_one_row_each_tell_both_once(ana: Member, post: Post) -> None:
    coming(ana, "Walk")
    coming(ana, "Songs", 10)
    first, second = claimed("one"), claimed("two")
    written = composed(first)
    assert isinstance(written, Message) and not written.carries, "the other has it in hand"
    assert isinstance(composed(second), Wait), "and does not know yet what the first tells"


def test_a_row_that_is_taken_while_another_tells_it_is_not_told_again(ana: Member) -> None:
    coming(ana, "Walk")
    coming(ana, "Songs", 10)
    taken: list[object] = []

    class Slow(Post):
        def send(self, mail: object, rcpt: str) -> Result:
            # Meanwhile another worker takes the second row.
            taken.append(claimed("two"))
            taken.append(composed(taken[0]))
            return Result(Outcome.SENT)

    first = claimed("one")
    deliver(first, Slow(), DAY_BEFORE)
    assert isinstance(taken[1], Wait)
    second = taken[0]
    assert states() == ["sent", "sent"]
    other = Post()
    deliver(second, other, DAY_BEFORE + 10 * MINUTE)
    assert other.mails == [] and states() == ["sent", "sent"], "who comes late changes nothing"


def test_what_the_mail_server_refuses_for_now_is_tried_again_whole(ana: Member, post: Post) -> None:
    coming(ana, "Walk")
    coming(ana, "Songs", 10)

    class Busy(Post):
        def send(self, mail: object, rcpt: str) -> Result:
            return Result(Outcome.RETRY, "the mail server said 451")

    outbox.send_due(Busy(), "tests", lambda: DAY_BEFORE + 10 * MINUTE, lambda: False)
    assert states() == [MailState.PENDING] * 2
    assert post.at(DAY_BEFORE + 12 * MINUTE) == ["Tomorrow: two things"]
    assert states() == ["sent", "sent"]


def test_a_worker_that_dies_repeats_the_whole_mail_and_no_more(ana: Member, post: Post) -> None:
    coming(ana, "Walk")
    coming(ana, "Songs", 10)
    dead = claimed("dead")
    written = composed(dead)
    assert isinstance(written, Message) and len(written.carries) == 1
    # It was sent, and nobody wrote that down.
    assert post.at(DAY_BEFORE + 11 * MINUTE) == []
    assert post.at(DAY_BEFORE + 16 * MINUTE) == ["Tomorrow: two things"]
    assert post.mails[0]["Message-ID"] == dead.message_id
    assert states() == ["sent", "sent"] and post.at(DAY_BEFORE + HOUR) == []


def test_a_second_try_tells_nothing_beside_what_the_first_one_told(ana: Member, post: Post) -> None:
    """The server may have taken the first, and throws a second one of the same Message-ID away."""
    coming(ana, "Walk")

    class Cut(Post):
        def send(self, mail: object, rcpt: str) -> Result:
            return Result(Outcome.RETRY, "SMTPServerDisconnected")

    outbox.send_due(Cut(), "tests", lambda: DAY_BEFORE, lambda: False)
    add_rsvp(
        first_date(add_meetup(title="Songs", starts=datetime(2026, 12, 1, 10, 10))), ana, changed_at=NOW, created_at=NOW
    )
    plan(DAY_BEFORE + MINUTE / 2)
    db.session.commit()
    assert post.at(DAY_BEFORE + MINUTE) == ["Tomorrow 10:00: Walk"]
    assert [subject for subject in post.at(DAY_BEFORE + 10 * MINUTE) if "Songs" in subject] != []


def test_what_is_queued_late_after_the_worker_was_down_falls_together_too(ana: Member, post: Post) -> None:
    for title, minutes in (("Walk", 0), ("Songs", 10)):
        starts = datetime(2026, 12, 1, 10, minutes)
        add_rsvp(first_date(add_meetup(add_member(wants_host_list=False), title=title, starts=starts)), ana)
    db.session.commit()
    assert post.at(DAY_BEFORE + HOUR) == ["Tomorrow: two things"]


def test_a_row_after_one_in_another_workers_hands_is_left_to_that(ana: Member, post: Post) -> None:
    """The first date has changed while a worker wrote the second and the third in one; now it is told itself."""
    for title, minutes in (("Walk", 0), ("Songs", 5), ("Swim", 10)):
        coming(ana, title, minutes)
    first, second = claimed("one"), claimed("two")
    written = composed(first)
    assert isinstance(written, Message) and written.carries == ()
    assert isinstance(composed(second), Wait)


def test_three_workers_at_once_tell_each_date_once(app: Flask) -> None:
    members = [add_member("Ana", email=f"ana{number}@example.org") for number in range(12)]
    for title, minutes in (("Walk", 0), ("Songs", 5), ("Swim", 10)):
        starts = datetime(2026, 12, 1, 10, minutes)
        date = first_date(add_meetup(add_member(wants_host_list=False), title=title, starts=starts))
        for member in members:
            add_rsvp(date, member)
    plan(NOW)
    db.session.commit()
    with mail_server() as inbox:
        # What waits for another row is looked at a minute later.
        for minute in range(10, 16):
            threads = [Thread(target=work, args=(app, inbox, f"worker {n}", minute)) for n in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
        told = Counter(
            (taken.rcpts[0], title)
            for taken in inbox.taken
            for title in ("Walk", "Songs", "Swim")
            if title in part(taken.mail, "plain")
        )
    assert told == Counter({(member.email, title): 1 for member in members for title in ("Walk", "Songs", "Swim")})
    assert states() == ["sent"] * 36
    assert len(inbox.taken) < 36, "most of them together"


def work(app: Flask, inbox: Inbox, owner: str, minute: int) -> None:
    with app.app_context():
        outbox.send_due(inbox.transport(), owner, lambda: DAY_BEFORE + minute * MINUTE, lambda: False)
        db.session.remove()
