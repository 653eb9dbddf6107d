"""What a reply does to an answer, from the invitation that was sent to the mail that comes back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from meetups.domain.capacity import Answer
from meetups.domain.zones import to_utc
from meetups.events import services as events
from meetups.events.dates import TELL_AFTER
from meetups.extensions import db
from meetups.mail.composers import compose
from meetups.mail.message import Drop, Message
from meetups.mail.models import OutboxMail
from meetups.replies.receiving import receive
from meetups.replies.services import Outcome
from meetups.rsvps import services
from meetups.rsvps.changes import handle_changes
from meetups.rsvps.models import Rsvp
from tests.conftest import NOW
from tests.factories import TORONTO, TUESDAY, add_block, add_meetup, add_member, add_place, add_rsvp, first_date
from tests.replies.conftest import MINUTE, Guest, Program, sent
from tests.replies.samples import PROGRAMS, event_of, gmail, invite_of, outlook_com

LATER = NOW + 5 * MINUTE
# Hosts have a while to undo what they change.
TOLD = LATER + TELL_AFTER


def mails(template: str) -> list[OutboxMail]:
    db.session.rollback()
    query = select(OutboxMail).filter_by(template=template).order_by(OutboxMail.id)
    return list(db.session.scalars(query))


@pytest.mark.parametrize("write", PROGRAMS.values(), ids=PROGRAMS.keys())
@pytest.mark.parametrize(
    ("partstat", "answer"), [("DECLINED", "not_going"), ("TENTATIVE", "maybe"), ("ACCEPTED", "going")]
)
def test_every_program_answers(guest: Guest, write: Program, partstat: str, answer: str) -> None:
    assert receive(write(guest.invite, partstat, LATER), LATER) == Outcome.TAKEN
    row = guest.row()
    assert (row.answer, row.replied_at) == (answer, LATER)
    assert [kid.id for kid in row.kids] == [guest.kid.id], "who comes along stays as she said"
    assert row.occurrence.taken == (answer == "going")


def test_a_no_lets_in_who_waits_and_a_yes_waits_then_and_is_told_so(guest: Guest) -> None:
    zoe = add_member("Zoe")
    services.answer(guest.date, zoe, Answer.GOING, [], NOW)
    db.session.commit()
    assert receive(gmail(guest.invite, "DECLINED", LATER), LATER) == Outcome.TAKEN
    assert [mail.rcpt for mail in mails("promoted")] == [zoe.email]
    assert receive(gmail(guest.invite, "ACCEPTED", LATER + MINUTE), LATER + 2 * MINUTE) == Outcome.TAKEN
    assert guest.answer == "waiting" and guest.row().occurrence.taken == 1
    (mail,) = mails("waiting")
    message = compose(mail, LATER + 3 * MINUTE)
    assert isinstance(message, Message) and message.invitation is None and mail.rcpt == "ana@home.example"
    for words in (message.text, message.html):
        assert "full just now" in words and "number 1 on the waiting list" in words and "Red stroller" not in words
    assert receive(gmail(guest.invite, "ACCEPTED", LATER + 4 * MINUTE), LATER + 4 * MINUTE) == Outcome.TAKEN
    assert len(mails("waiting")) == 1, "once is enough"
    services.answer(guest.row().occurrence, zoe, Answer.NOT_GOING, [], LATER + 5 * MINUTE)
    assert compose(mail, LATER + 6 * MINUTE) == Drop("no longer so")


def test_the_same_reply_again_never_undoes_what_came_after(guest: Guest) -> None:
    no = gmail(guest.invite, "DECLINED", LATER)
    receive(no, LATER)
    receive(gmail(guest.invite, "ACCEPTED", LATER + MINUTE), LATER + MINUTE)
    assert receive(no, LATER + 2 * MINUTE) == Outcome.IGNORED
    assert guest.answer == "going"


def test_the_same_reply_again_never_undoes_what_she_said_on_the_page_since(guest: Guest) -> None:
    no = gmail(guest.invite, "DECLINED", LATER)
    receive(no, LATER)
    services.answer(guest.date, guest.member, Answer.GOING, [], LATER + MINUTE)
    db.session.commit()
    assert receive(no, LATER + 2 * MINUTE) == Outcome.IGNORED
    assert guest.answer == "going"


def test_two_replies_that_overtake_each_other_end_as_she_said_last(guest: Guest) -> None:
    assert receive(gmail(guest.invite, "DECLINED", LATER + MINUTE), LATER + 9 * MINUTE) == Outcome.TAKEN
    assert receive(gmail(guest.invite, "ACCEPTED", LATER), LATER + 9 * MINUTE) == Outcome.IGNORED
    assert guest.answer == "not_going"


def test_she_may_change_her_mind_while_her_first_reply_is_on_its_way(guest: Guest) -> None:
    assert receive(gmail(guest.invite, "TENTATIVE", LATER), LATER + 9 * MINUTE) == Outcome.TAKEN
    assert receive(gmail(guest.invite, "DECLINED", LATER + MINUTE), LATER + 10 * MINUTE) == Outcome.TAKEN
    assert guest.answer == "not_going"


def test_what_she_said_on_the_page_since_counts(guest: Guest) -> None:
    services.answer(guest.date, guest.member, Answer.MAYBE, [], LATER + MINUTE)
    db.session.commit()
    assert receive(gmail(guest.invite, "DECLINED", LATER), LATER + 9 * MINUTE) == Outcome.IGNORED
    assert guest.answer == "maybe"


def test_a_clock_that_runs_ahead_does_not_keep_later_replies_out(guest: Guest) -> None:
    assert receive(gmail(guest.invite, "DECLINED", NOW + timedelta(days=900)), LATER) == Outcome.TAKEN
    assert guest.row().replied_at == LATER
    assert receive(gmail(guest.invite, "ACCEPTED", LATER + MINUTE), LATER + MINUTE) == Outcome.TAKEN


@pytest.mark.parametrize("write", PROGRAMS.values(), ids=PROGRAMS.keys())
@pytest.mark.parametrize("partstat", ["ACCEPTED", "DECLINED"])
def test_an_answer_to_the_old_time_says_nothing_of_the_new_one(guest: Guest, write: Program, partstat: str) -> None:
    events.move_date(guest.date, TUESDAY.replace(hour=15), LATER)
    db.session.commit()
    # She had not read the mail about it yet.
    assert receive(write(guest.invite, partstat, LATER + MINUTE), LATER + MINUTE) == Outcome.IGNORED
    row = guest.row()
    assert row.answer == "going" and row.for_starts == to_utc(TUESDAY, TORONTO), "she is still to be asked"


def test_an_answer_to_the_new_time_confirms_it(guest: Guest) -> None:
    events.move_date(guest.date, TUESDAY.replace(hour=15), LATER)
    handle_changes(TOLD)
    (mail,) = sent(TOLD)
    new = invite_of(mail)
    assert (new.uid, new.organizer) == (guest.invite.uid, guest.invite.organizer)
    assert new.sequence > guest.invite.sequence and new.starts.hour == 15
    assert receive(outlook_com(new, "ACCEPTED", TOLD + MINUTE), TOLD + MINUTE) == Outcome.TAKEN
    assert guest.row().for_starts == to_utc(TUESDAY.replace(hour=15), TORONTO)


def test_an_answer_to_the_old_place_says_nothing_of_the_new_one(guest: Guest) -> None:
    guest.date.place_id = add_place("Riverdale Park").id
    guest.date.meetup.sequence += 1
    db.session.commit()
    old = gmail(guest.invite, "ACCEPTED", LATER)
    assert receive(old, LATER) == Outcome.IGNORED
    new = replace(guest.invite, sequence=guest.invite.sequence + 1)
    assert receive(gmail(new, "ACCEPTED", LATER), LATER) == Outcome.TAKEN


def test_a_change_of_another_date_of_the_series_keeps_nobody_from_answering(guest: Guest) -> None:
    guest.date.meetup.sequence += 3
    db.session.commit()
    assert receive(gmail(guest.invite, "DECLINED", LATER), LATER) == Outcome.TAKEN


@pytest.mark.parametrize("what", ["begun", "cancelled"])
def test_a_date_that_has_begun_or_is_off_takes_no_reply(guest: Guest, what: str) -> None:
    at = LATER
    if what == "begun":
        at = guest.date.starts_at
    else:
        guest.date.cancelled_at = NOW
    db.session.commit()
    assert receive(gmail(guest.invite, "DECLINED", at), at) == Outcome.IGNORED
    assert guest.answer == "going"


def test_a_block_between_her_and_the_host_leaves_nothing_to_answer(guest: Guest) -> None:
    add_block(guest.date.meetup.host, guest.member)
    db.session.commit()
    assert receive(gmail(guest.invite, "DECLINED", LATER), LATER) == Outcome.UNKNOWN
    assert guest.answer == "going"


def test_a_date_that_is_gone_is_unknown(guest: Guest) -> None:
    db.session.delete(guest.row())
    db.session.commit()
    assert receive(gmail(guest.invite, "DECLINED", LATER), LATER) == Outcome.UNKNOWN


def test_a_token_is_not_the_next_members_who_gets_the_same_number(guest: Guest) -> None:
    number = guest.row().id
    db.session.delete(guest.row())
    db.session.commit()
    bea = add_rsvp(guest.date, add_member("Bea"), "maybe", id=number)
    db.session.commit()
    assert receive(gmail(guest.invite, "DECLINED", LATER), LATER) == Outcome.UNKNOWN
    db.session.refresh(bea)
    assert bea.answer == "maybe"


def test_a_forged_token_is_unknown_whichever_letter_differs(guest: Guest) -> None:
    local, _, domain = guest.invite.organizer.partition("@")
    for place in range(local.index("-") + 1, len(local)):
        other = "b" if local[place] == "a" else "a"
        forged = f"{local[:place]}{other}{local[place + 1 :]}@{domain}"
        assert receive(gmail(replace(guest.invite, organizer=forged), "DECLINED", LATER), LATER) == Outcome.UNKNOWN
    assert guest.answer == "going"


def test_a_token_opens_nobody_elses_answer(guest: Guest) -> None:
    other = add_rsvp(guest.date, add_member("Bea"), "maybe")
    db.session.commit()
    own_id = str(guest.row().id)
    stolen = guest.invite.organizer.replace(f"+{own_id}-", f"+{other.id}-")
    assert receive(gmail(replace(guest.invite, organizer=stolen), "DECLINED", LATER), LATER) == Outcome.UNKNOWN
    assert db.session.get(type(other), other.id).answer == "maybe"  # type: ignore[union-attr]


@pytest.mark.parametrize("changes", [{"guest": "friend@away.example"}, {"uid": "date-other@localhost"}])
def test_whom_an_invitation_was_forwarded_to_answers_for_nobody(guest: Guest, changes: dict[str, str]) -> None:
    assert receive(gmail(replace(guest.invite, **changes), "DECLINED", LATER), LATER) == Outcome.REFUSED
    assert guest.answer == "going"


def test_another_time_that_she_proposes_is_no_answer(guest: Guest) -> None:
    counter = gmail(guest.invite, "TENTATIVE", LATER).replace(b"METHOD:REPLY", b"METHOD:COUNTER")
    counter = counter.partition(b"--mixed\r\nContent-Type: application/ics")[0]
    assert receive(counter, LATER) == Outcome.IGNORED
    assert guest.answer == "going"


@pytest.mark.parametrize("partstat", ["NEEDS-ACTION", "DELEGATED", "COMPLETED", "", "NO"])
def test_what_is_no_answer_changes_nothing(guest: Guest, partstat: str) -> None:
    assert receive(gmail(guest.invite, partstat, LATER), LATER) == Outcome.IGNORED
    assert guest.row().replied_at is None


def test_her_yes_by_calendar_is_not_asked_for_again(guest: Guest) -> None:
    receive(gmail(guest.invite, "DECLINED", LATER), LATER)
    receive(gmail(guest.invite, "ACCEPTED", LATER + MINUTE), LATER + MINUTE)
    (mail,) = sent(LATER + 2 * MINUTE)
    assert mail["Subject"].startswith("You are in") and invite_of(mail) == guest.invite
    assert event_of(mail)["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"


def test_of_two_dates_the_right_one_is_answered(guest: Guest) -> None:
    thursday = first_date(add_meetup(starts=TUESDAY + timedelta(days=2)))
    services.answer(thursday, guest.member, Answer.GOING, [], NOW)
    (mail,) = sent(NOW)
    other = invite_of(mail)
    assert receive(gmail(other, "DECLINED", LATER), LATER) == Outcome.TAKEN
    rows = db.session.scalars(select(Rsvp).order_by(Rsvp.id))
    assert [row.answer for row in rows] == ["going", "not_going"]
