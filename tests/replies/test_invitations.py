"""Which mails are invitations, and that each is what Gmail, Outlook and Apple answer."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from icalendar import Calendar

from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.domain.capacity import Answer
from meetups.events import services as events
from meetups.events.calendar import date_event
from meetups.events.dates import TELL_AFTER
from meetups.events.models import Occurrence
from meetups.extensions import db
from meetups.feeds.services import add_feed
from meetups.replies.receiving import receive
from meetups.rsvps import services
from meetups.rsvps.changes import handle_changes
from tests.conftest import NOW
from tests.factories import TUESDAY, add_meetup, add_member, first_date
from tests.replies.conftest import MINUTE, Guest, sent
from tests.replies.samples import event_of, gmail, invite_of

LATER = NOW + 5 * MINUTE
# Hosts have a while to undo what they change.
TOLD = LATER + TELL_AFTER


def calendars(mail: EmailMessage) -> list[EmailMessage]:
    kinds = ("text/calendar", "application/ics")
    return [part for part in mail.walk() if part.get_content_type() in kinds]  # type: ignore[misc]


def said_yes(member: Member, date: Occurrence | None = None) -> EmailMessage:
    services.answer(date or first_date(add_meetup()), member, Answer.GOING, [], utcnow())
    (mail,) = sent(utcnow())
    return mail


def test_a_yes_is_an_invitation_for_one_guest(site: Flask) -> None:
    ana, date = add_member("Ana", email="ana@home.example"), first_date(add_meetup())
    mail = said_yes(ana, date)
    assert mail.get_content_type() == "multipart/mixed"
    alternative, file = mail.iter_parts()
    assert [part.get_content_type() for part in alternative.iter_parts()] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    inline = list(alternative.iter_parts())[-1]
    assert dict(inline["Content-Type"].params) == {"charset": "utf-8", "method": "REQUEST"}
    assert inline.get_content_disposition() is None
    assert (file.get_content_type(), file.get_filename()) == ("application/ics", "invite.ics")
    assert file.get_payload(decode=True) == inline.get_payload(decode=True)
    event = event_of(mail)
    assert event["UID"] == date_event(date)["UID"], "the same as in every feed"
    assert (event["SEQUENCE"], event["STATUS"], event.DTSTAMP) == (date.meetup.sequence, "CONFIRMED", NOW)
    assert event["ATTENDEE"] == "mailto:ana@home.example"
    assert dict(event["ATTENDEE"].params) == {
        "CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE",
    }  # fmt: skip
    assert event["ORGANIZER"].params["CN"] == "Hello Park"
    assert "Red stroller by the gate" in event["DESCRIPTION"]
    for body in (mail.get_body(("plain",)), mail.get_body(("html",))):
        assert body is not None and "its Yes, No and Maybe reach us" in body.get_content()


def test_an_address_for_replies_survives_mail_servers(guest: Guest) -> None:
    local, _, domain = guest.invite.organizer.partition("@")
    assert domain == "park.example" and local.startswith("rsvp+") and len(local) <= 64
    assert local == local.lower() and len(local.rpartition("-")[2]) * 5 >= 128, "bits of the signature"
    shouted = gmail(guest.invite, "DECLINED", LATER).replace(local.encode(), local.upper().encode())
    assert receive(shouted, LATER).value == "taken"


def test_a_promotion_and_a_change_are_invitations_too(guest: Guest) -> None:
    zoe = add_member("Zoe")
    services.answer(guest.date, zoe, Answer.GOING, [], NOW)
    services.answer(guest.date, guest.member, Answer.NOT_GOING, [], NOW)
    (promoted,) = sent(NOW)
    assert invite_of(promoted).guest == zoe.email
    (out,) = sent(LATER)
    assert out["To"] == guest.member.email
    events.move_date(guest.date, TUESDAY.replace(hour=15), LATER)
    handle_changes(TOLD)
    (changed,) = sent(TOLD + MINUTE)
    before, after = invite_of(promoted), invite_of(changed)
    assert (after.uid, after.organizer) == (before.uid, before.organizer)
    assert after.sequence > before.sequence and after.starts.hour == 15
    assert event_of(changed).DTSTAMP == TOLD + MINUTE, "of two with one SEQUENCE the later one counts"
    assert "reach us" in changed.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_a_cancelled_date_leaves_her_calendar(guest: Guest) -> None:
    events.cancel_date(guest.date, "A cold", LATER)
    handle_changes(TOLD)
    (mail,) = sent(TOLD)
    inline, file = calendars(mail)
    assert inline.get_param("method") == file.get_param("method") == "CANCEL"
    calendar = Calendar.from_ical(inline.get_payload(decode=True))
    (event,) = calendar.walk("VEVENT")
    assert (calendar["METHOD"], event["STATUS"]) == ("CANCEL", "CANCELLED")
    invite = invite_of(mail)
    assert (invite.uid, invite.organizer) == (guest.invite.uid, guest.invite.organizer)
    assert invite.sequence > guest.invite.sequence


def test_a_no_on_the_page_takes_the_invitation_out_of_her_calendar(guest: Guest) -> None:
    services.answer(guest.date, guest.member, Answer.NOT_GOING, [], NOW)
    assert sent(NOW) == [], "she may have slipped"
    (mail,) = sent(LATER)
    inline, file = calendars(mail)
    assert inline.get_param("method") == file.get_param("method") == "CANCEL"
    calendar = Calendar.from_ical(inline.get_payload(decode=True))
    (event,) = calendar.walk("VEVENT")
    assert (event["UID"], event["STATUS"]) == (guest.invite.uid, "CANCELLED")
    assert event["ATTENDEE"] == f"mailto:{guest.member.email}"
    assert event["ATTENDEE"].params["PARTSTAT"] == "DECLINED"
    assert mail["Subject"].startswith("Noted, you can’t make it: Tue 1 Dec, 10:00")


@pytest.mark.parametrize("how", ["her calendar says no", "she says yes again", "she takes the feed"])
def test_no_mail_of_a_no_where_her_calendar_needs_none(guest: Guest, how: str) -> None:
    if how == "her calendar says no":
        receive(gmail(guest.invite, "DECLINED", NOW), NOW)
    else:
        guest.member.wants_invitations = None if how == "she says yes again" else False
        services.answer(guest.date, guest.member, Answer.NOT_GOING, [], NOW)
        if how == "she says yes again":
            services.answer(guest.date, guest.member, Answer.GOING, [], NOW + MINUTE)
    assert [mail["Subject"] for mail in sent(LATER) if mail["Subject"].startswith("Noted")] == []


def test_who_only_said_maybe_on_the_page_has_nothing_in_her_calendar(guest: Guest) -> None:
    bea, cleo = add_member("Bea"), add_member("Cleo")
    services.answer(guest.date, bea, Answer.MAYBE, [], NOW)
    services.answer(guest.date, cleo, Answer.GOING, [], NOW)
    assert receive(gmail(guest.invite, "TENTATIVE", LATER), LATER).value == "taken"
    services.answer(guest.date, cleo, Answer.NOT_GOING, [], LATER)
    sent(LATER)
    events.move_date(guest.date, TUESDAY.replace(hour=15), LATER)
    handle_changes(TOLD)
    sent(LATER + 3 * MINUTE)
    has = {str(mail["To"]): bool(calendars(mail)) for mail in sent(TOLD)}
    assert has == {"ana@home.example": True, bea.email: False}


def test_the_spot_is_in_no_invitation_of_who_is_not_coming(guest: Guest) -> None:
    receive(gmail(guest.invite, "TENTATIVE", LATER), LATER)
    events.move_date(guest.row().occurrence, TUESDAY.replace(hour=15), LATER)
    handle_changes(TOLD)
    (mail,) = sent(TOLD)
    assert "Red stroller" not in event_of(mail)["DESCRIPTION"]


def test_without_a_mailbox_for_replies_nobody_is_invited(app: Flask) -> None:
    mail = said_yes(add_member("Ana", wants_invitations=True))
    (file,) = calendars(mail)
    assert file.get_filename() == "meetup.ics" and file.get_param("method") is None
    content = file.get_payload(decode=True)
    assert isinstance(content, bytes)
    for word in (b"METHOD", b"ORGANIZER", b"ATTENDEE"):
        assert word not in content
    assert "is attached" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("chosen", "has_feed", "invited"),
    [
        (None, False, True),
        (None, True, False),
        (True, True, True),
        (True, False, True),
        (False, True, False),
        (False, False, False),
    ],
)
def test_nothing_shows_twice_unless_she_wants_it(
    site: Flask, chosen: bool | None, has_feed: bool, invited: bool
) -> None:
    ana = add_member("Ana", wants_invitations=chosen)
    add_feed(add_member("Bea"), "Bea's phone", NOW)
    if has_feed:
        add_feed(ana, "My phone", NOW)
    mail = said_yes(ana)
    names = [part.get_filename() for part in calendars(mail)]
    assert names == ([None, "invite.ics"] if invited else ["meetup.ics"])


def test_what_came_as_an_invitation_is_moved_as_one_although_she_has_a_feed_since(guest: Guest) -> None:
    add_feed(guest.member, "My phone", NOW + MINUTE)
    events.move_date(guest.date, TUESDAY.replace(hour=15), LATER)
    handle_changes(TOLD)
    (mail,) = sent(TOLD)
    assert invite_of(mail).uid == guest.invite.uid


def test_what_her_calendar_has_answered_goes_on_as_an_invitation(guest: Guest) -> None:
    receive(gmail(guest.invite, "TENTATIVE", LATER), LATER)
    add_feed(guest.member, "My phone", LATER)
    db.session.commit()
    services.answer(guest.date, guest.member, Answer.GOING, [], LATER + MINUTE)
    (mail,) = sent(LATER + MINUTE)
    assert invite_of(mail).uid == guest.invite.uid


def test_never_is_never_from_then_on(guest: Guest) -> None:
    guest.member.wants_invitations = False
    events.cancel_date(guest.date, None, LATER)
    handle_changes(TOLD)
    (mail,) = sent(TOLD)
    assert not calendars(mail)


def test_words_of_members_stay_inside_the_calendar(site: Flask) -> None:
    ana = add_member("Ana")
    hostile = "Walk\r\nATTENDEE:mailto:evil@example.org"
    meetup = add_meetup(title=hostile, spot="At the 🌳; by, the \\n gate\nMETHOD:CANCEL" + "é" * 90)
    mail = said_yes(ana, first_date(meetup))
    event = event_of(mail)
    assert event["ATTENDEE"] == f"mailto:{ana.email}" and event["DTSTART"].dt - NOW == timedelta(days=7, hours=2)
    content = calendars(mail)[0].get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.count(b"\r\nMETHOD:") == 1 and content.count(b"\r\nATTENDEE") == 1
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    assert max(mail.as_bytes()) < 128
    db.session.rollback()
