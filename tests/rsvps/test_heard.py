"""A family has heard what has left, not what was queued: whatever the mail server does, the last mail is true."""

from dataclasses import replace
from datetime import timedelta

import pytest

from meetups.domain.capacity import Answer
from meetups.events import exceptions, services, undo
from meetups.events.models import Meetup, Occurrence
from meetups.events.scopes import Scope, draft_of_date, edit_as
from meetups.extensions import db
from meetups.mail.message import FinishedMail
from meetups.mail.models import MailState, OutboxMail
from meetups.mail.transport import Outcome, Result
from meetups.rsvps.changes import handle_changes
from meetups.rsvps.services import answer
from tests.conftest import NOW
from tests.events.drafts import dates_of
from tests.factories import TUESDAY, add_member
from tests.rsvps.moving import move, says, take_back
from tests.rsvps.post import MINUTE, Post

TOLD = NOW + 10 * MINUTE
YES = "You are in: Tue 1 Dec, 10:00, Withrow Park"


class CutOff(Post):
    """A server that takes its first mail, and is gone before it says so."""

    def send(self, mail: FinishedMail, rcpt: str) -> Result:
        taken = super().send(mail, rcpt)
        return taken if self.mails[1:] else Result(Outcome.RETRY, "SMTPServerDisconnected")


def greylisted(post: Post, date: Occurrence) -> None:
    """At TOLD her mail about what was changed at NOW is queued, and the mail server asks to try later."""
    post.grey = True
    post.round(TOLD)
    post.grey = False


@pytest.mark.parametrize("how", ["by hand", "undone"])
def test_moved_on_and_back_while_the_mail_waits_she_hears_where_it_ends(date: Occurrence, how: str) -> None:
    post, ana = Post(), says(date, "Ana").member
    post.round(NOW)
    move(date, 11, NOW)
    greylisted(post, date)
    move(date, 12, TOLD)
    post.round(TOLD + MINUTE)
    if how == "by hand":
        move(date, 11, TOLD + 2 * MINUTE)
    else:
        take_back(date, TOLD + 2 * MINUTE)
    post.rounds(TOLD + 2 * MINUTE)
    assert post.to(ana) == [YES, "Changed: Slow walk is now Tue 1 Dec, 11:00"]


def test_cancelled_restored_and_cancelled_while_the_mail_waits_she_hears_of_it(date: Occurrence) -> None:
    post, ana = Post(), says(date, "Ana").member
    post.round(NOW)
    services.cancel_date(date, "Flu", NOW)
    greylisted(post, date)
    exceptions.restore_date(date, TOLD)
    post.round(TOLD + MINUTE)
    services.cancel_date(date, "Flu", TOLD + 2 * MINUTE)
    post.rounds(TOLD + 2 * MINUTE)
    assert post.to(ana) == [YES, "Cancelled: Slow walk, Tue 1 Dec, 10:00"]


def test_back_where_it_was_before_the_mail_has_left_is_no_news(date: Occurrence) -> None:
    post, ana = Post(), says(date, "Ana").member
    post.round(NOW)
    move(date, 11, NOW)
    greylisted(post, date)
    move(date, 10, TOLD)
    post.rounds(TOLD)
    assert post.to(ana) == [YES]


def test_another_sign_after_a_move_that_has_not_left_is_one_mail_that_says_both(date: Occurrence) -> None:
    post, ana = Post(), says(date, "Ana").member
    post.round(NOW)
    move(date, 15, NOW)
    greylisted(post, date)
    exceptions.edit_date(date, replace(draft_of_date(date), spot="Blue hat"), TOLD)
    post.rounds(TOLD)
    assert post.to(ana) == [YES, "Changed: Slow walk is now Tue 1 Dec, 15:00"]
    assert "It was: Tuesday 1 December at 10:00" in post.text() and "Blue hat" in post.text()


def test_a_line_of_several_dates_that_moved_on_and_back_is_still_told(meetup: Meetup) -> None:
    post, ana, rows = Post(), add_member("Ana"), dates_of(meetup)[:3]
    for row in rows:
        answer(row, ana, Answer.GOING, [], NOW)
    post.round(NOW)
    edit_as(Scope.ALL, rows[0], replace(draft_of_date(rows[0]), starts=TUESDAY.replace(hour=15)), NOW)
    greylisted(post, rows[0])
    for minute, hour in ((0, 16), (2, 15)):
        later = replace(draft_of_date(rows[1]), starts=TUESDAY.replace(day=8, hour=hour))
        exceptions.edit_date(rows[1], later, TOLD + minute * MINUTE)
        post.round(TOLD + (minute + 1) * MINUTE)
    post.rounds(TOLD + 3 * MINUTE)
    told = "".join(str(mail) for mail in post.mails[3:])
    assert told.count("8 December at 15:00") >= 1 and "8 December at 16:00" not in told


def test_what_changes_while_the_mail_server_talks_is_told_after(date: Occurrence) -> None:
    post, ana = Post(), says(date, "Ana").member
    post.round(NOW)
    move(date, 11, NOW)

    class Slow(Post):
        def send(self, mail: object, rcpt: str) -> Result:
            # Her host moves it back, and another worker weighs that against what she knew before this mail.
            if not self.mails:
                move(date, 10, TOLD)
                assert handle_changes(TOLD + 10 * MINUTE) == 1
                db.session.commit()
            return super().send(mail, rcpt)  # type: ignore[arg-type]

    slow = Slow()
    slow.round(TOLD)
    assert slow.to(ana) == [f"Changed: Slow walk is now Tue 1 Dec, {hour}:00" for hour in (11, 10)]


def test_what_she_reads_on_the_page_counts_though_a_mail_was_on_its_way(date: Occurrence) -> None:
    ana = says(date, "Ana")
    Post().round(NOW)
    move(date, 11, NOW)

    class Slow(Post):
        def send(self, mail: object, rcpt: str) -> Result:
            move(date, 12, TOLD)
            answer(date, ana.member, Answer.GOING, [], TOLD + MINUTE)
            return super().send(mail, rcpt)  # type: ignore[arg-type]

    Slow().round(TOLD)
    later = Post()
    later.rounds(TOLD + MINUTE)
    assert ana.knows and later.to(ana.member) == []


def test_a_mail_that_her_server_refuses_for_good_is_not_tried_for_ever(date: Occurrence) -> None:
    ana = says(date, "Ana")
    Post().round(NOW)
    move(date, 11, NOW)

    class Refuses(Post):
        def send(self, mail: object, rcpt: str) -> Result:
            return Result(Outcome.FAILED, "the mail server said 550")

    Refuses().round(TOLD)
    post = Post()
    post.rounds(TOLD)
    assert ana.knows and post.to(ana.member) == []


def test_who_was_let_in_while_it_was_cancelled_for_a_minute_hears_that_she_is_in(date: Occurrence) -> None:
    post, ana, bea = Post(), says(date, "Ana"), says(date, "Bea")
    post.round(NOW)
    answer(date, ana.member, Answer.NOT_GOING, [], NOW + MINUTE)
    with undo.undoable(date.meetup, NOW + MINUTE):
        services.cancel_date(date, "Flu", NOW + MINUTE)
    post.round(NOW + MINUTE)
    take_back(date, NOW + 2 * MINUTE)
    post.rounds(NOW + 2 * MINUTE)
    assert bea.answer == "going"
    assert post.to(bea.member) == ["A place came free, you are in: Tue 1 Dec, 10:00, Withrow Park"]


@pytest.mark.parametrize("back", [True, False], ids=["restored", "cancelled for good"])
def test_a_yes_given_just_before_it_was_cancelled_is_confirmed_if_it_comes_back(date: Occurrence, back: bool) -> None:
    post, ana = Post(), says(date, "Ana").member
    services.cancel_date(date, "Flu", NOW)
    post.round(NOW)
    if back:
        exceptions.restore_date(date, NOW + 5 * MINUTE)
    post.rounds(NOW + 5 * MINUTE)
    assert post.to(ana) == ([YES] if back else ["Cancelled: Slow walk, Tue 1 Dec, 10:00"])
    assert db.session.query(OutboxMail).filter_by(template="youre_in").one().state == (
        MailState.SENT if back else MailState.DROPPED
    )


def test_a_yes_is_confirmed_with_the_hour_she_said_it_to_or_both(date: Occurrence) -> None:
    post, ana = Post(), says(date, "Ana").member
    move(date, 15, NOW)
    post.round(NOW)
    assert post.to(ana) == [], "that can still be undone"
    post.rounds(NOW)
    assert post.to(ana)[0] == "You are in: Tue 1 Dec, 15:00, Withrow Park" and len(post.mails) == 1
    assert "It was: Tuesday 1 December at 10:00" in post.text()


def test_cancelled_names_the_day_that_she_knows(date: Occurrence) -> None:
    post, ana = Post(), says(date, "Ana").member
    post.round(NOW)
    tomorrow = TUESDAY + timedelta(days=1)
    exceptions.edit_date(date, replace(draft_of_date(date), starts=tomorrow), NOW)
    services.cancel_date(date, "Flu", NOW + MINUTE)
    post.rounds(NOW + MINUTE)
    assert post.to(ana) == [YES, "Cancelled: Slow walk, Tue 1 Dec, 10:00"]
    assert "Tuesday 1 December at 10:00" in post.text() and "Wednesday" not in post.text()


def test_who_is_let_in_to_a_date_that_moved_reads_both_and_is_asked_again(date: Occurrence) -> None:
    post, _, bea = Post(), says(date, "Ana"), says(date, "Bea")
    post.round(NOW)
    tomorrow = TUESDAY + timedelta(days=1)
    exceptions.edit_date(date, replace(draft_of_date(date), starts=tomorrow, capacity=4), NOW)
    post.rounds(NOW)
    assert post.to(bea.member) == ["A place came free, you are in: Wed 2 Dec, 10:00, Withrow Park"]
    assert bea.asked_again and "It was: Tuesday 1 December at 10:00" in post.text()


@pytest.mark.parametrize("how", ["by hand", "undone"])
def test_a_reminder_that_was_sent_is_not_sent_again_for_a_change_and_its_way_back(date: Occurrence, how: str) -> None:
    post, ana = Post(), says(date, "Ana").member
    post.round(NOW)
    day = date.starts_at - timedelta(hours=24)
    post.round(day)
    assert post.to(ana) == [YES, "Tomorrow 10:00: Slow walk"]
    move(date, 15, day + 60 * MINUTE)
    post.round(day + 60 * MINUTE)
    if how == "by hand":
        move(date, 10, day + 62 * MINUTE)
    else:
        take_back(date, day + 62 * MINUTE)
    post.rounds(day + 62 * MINUTE)
    assert len(post.to(ana)) == 2


def test_the_host_reads_who_comes_once_though_she_moves_it_and_takes_that_back(date: Occurrence) -> None:
    post, host = Post(), date.meetup.host
    says(date, "Ana")
    post.round(NOW)
    evening = date.starts_at - timedelta(hours=14)
    post.round(evening)
    assert post.to(host) == ["Still on? Tomorrow 10:00: 1 family comes to Slow walk"]
    move(date, 15, evening + MINUTE)
    post.round(evening + MINUTE)
    take_back(date, evening + 2 * MINUTE)
    post.rounds(evening + 2 * MINUTE)
    assert len(post.to(host)) == 1


def test_who_was_let_in_reads_that_she_is_though_several_of_her_dates_move_before_she_hears(meetup: Meetup) -> None:
    post, (first, second) = Post(), dates_of(meetup)[:2]
    ana, bea, second.capacity = says(first, "Ana"), says(first, "Bea"), 3
    answer(second, bea.member, Answer.GOING, [], NOW)
    post.round(NOW)
    answer(first, ana.member, Answer.NOT_GOING, [], NOW + MINUTE)
    edit_as(Scope.ALL, first, replace(draft_of_date(first), starts=TUESDAY.replace(hour=15)), NOW + MINUTE)
    greylisted(post, first)
    post.rounds(TOLD + MINUTE)
    assert sorted(post.to(bea.member)[1:]) == [
        "A place came free, you are in: Tue 1 Dec, 15:00, Withrow Park",
        "Changed: Slow walk is now Tue 8 Dec, 15:00",
    ]


def test_back_where_it_was_after_a_mail_that_may_have_been_taken_is_told_under_an_id_of_its_own(
    date: Occurrence,
) -> None:
    post, ana = Post(), says(date, "Ana").member
    post.round(NOW)
    move(date, 11, NOW)

    cut = CutOff()
    cut.round(TOLD)
    move(date, 10, TOLD)
    post.rounds(TOLD)
    assert cut.to(ana) == ["Changed: Slow walk is now Tue 1 Dec, 11:00"]
    assert post.to(ana) == [YES, "As it was: Slow walk, Tue 1 Dec, 10:00"]
    assert "that was taken back.</p>" in str(post.mails[-1].get_body(("html",)))
    assert "that was taken back" in post.text() and "Tuesday 1 December at 10:00 to 11:30" in post.text()
    assert post.mails[-1]["Message-ID"] != cut.mails[0]["Message-ID"]


def test_a_yes_whose_mail_may_have_been_taken_is_not_confirmed_again_once_she_has_heard_more(date: Occurrence) -> None:
    post, soon = CutOff(), date.starts_at - 90 * MINUTE
    ana = says(date, "Ana", now=soon - MINUTE).member
    move(date, 11, soon)
    post.round(soon)
    post.rounds(soon)
    yes, changed, *more = post.to(ana)
    assert yes.startswith("You are in: Tue 1 Dec, 11:00") and changed == "Changed: Slow walk is now Tue 1 Dec, 11:00"
    assert not [subject for subject in more if "You are in" in subject]
