"""Mail that comes back: read, matched, counted; an address that takes none is left alone until it works again."""

from datetime import datetime, timedelta

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from time_machine import Traveller

from meetups.accounts import bounces
from meetups.accounts.models import Bounce, Member
from meetups.domain.capacity import Answer
from meetups.events.models import Occurrence
from meetups.extensions import db
from meetups.mail import outbox, returns
from meetups.mail.message import AGAIN, first_id
from meetups.mail.models import OutboxMail
from meetups.replies.receiving import receive
from meetups.replies.reports import read_report
from meetups.replies.services import Outcome
from meetups.rsvps import services
from meetups.worker import run_round
from tests.accounts.mail import code_mail
from tests.conftest import NOW
from tests.factories import add_meetup, add_member, first_date, sign_in
from tests.mail import outbox_rows
from tests.mail.smtp import Inbox, mail_server
from tests.replies.reports import RETURNS, SERVERS, Returned, Server, postfix
from tests.replies.samples import lines

pytestmark = pytest.mark.one_database

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
OURS = "<AbC-123_xyz@park.example>"
EMAIL = "ana@home.example"


@pytest.mark.parametrize("write", SERVERS.values(), ids=SERVERS.keys())
def test_every_servers_report_is_read(write: Server) -> None:
    report = read_report(write(Returned(OURS)))
    assert report is not None and report.status == "5.1.1" and OURS in report.message_ids


@pytest.mark.parametrize("write", SERVERS.values(), ids=SERVERS.keys())
@pytest.mark.parametrize(
    ("action", "status"),
    [("delayed", "4.4.1"), ("delivered", "2.0.0"), ("relayed", "2.1.5"), ("expanded", "2.0.0"), ("failed", "x")],
)
def test_what_has_not_failed_has_no_status(write: Server, action: str, status: str) -> None:
    report = read_report(write(Returned(OURS, action=action, status=status)))
    assert report is not None and report.status is None


@pytest.mark.parametrize("write", SERVERS.values(), ids=SERVERS.keys())
def test_no_bytes_break_it(write: Server) -> None:
    raw = write(Returned(OURS))

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, len(raw)), st.integers(0, 40), st.binary(max_size=20))
    def broken(at: int, drop: int, junk: bytes) -> None:
        read_report(raw[:at] + junk + raw[at + drop :])

    broken()


def test_other_mail_is_no_report() -> None:
    seen = postfix(Returned(OURS)).replace(b"report-type=delivery-status", b"report-type=disposition-notification")
    absent = lines("Auto-Submitted: auto-replied", f"In-Reply-To: {OURS}", "Subject: Away", "", "5.1.1 I am away")
    for raw in (seen, absent, b"", b"\xff\x00"):
        assert read_report(raw) is None


@pytest.fixture
def ana(site: Flask) -> Member:
    member = add_member("Ana", email=EMAIL)
    db.session.commit()
    return member


_count = iter(range(1, 10_000))


def mailed(at: datetime, rcpt: str = EMAIL, inbox: Inbox | None = None) -> str:
    """Send one mail to Ana at a moment; return its Message-ID."""
    key = f"{outbox_rows.note.__name__}:{next(_count)}"
    outbox.enqueue("tests_note", rcpt, {}, dedupe_key=key, due=at, now=at)
    db.session.commit()
    with mail_server() as running:
        for name in ("to_rcpt", "to_data"):
            getattr(running, name).extend(getattr(inbox, name) if inbox else [])
        outbox.send_due(running.transport(), "tests", lambda: at, lambda: False)
    row = db.session.scalars(db.select(OutboxMail).filter_by(dedupe_key=key)).one()
    found = row.message_id
    db.session.rollback()
    return found


def signed(message_id: str) -> str:
    """The sender on the envelope of one of our mails."""
    return returns.sender(current_app.config["SETTINGS"], message_id) or ""


def came_back(message_id: str, at: datetime, write: Server = postfix, **said: str) -> Outcome:
    said.setdefault("sender", signed(message_id))
    return receive(write(Returned(message_id, **said)), at, said["sender"], "")


def suspended(member: Member) -> bool:
    db.session.rollback()
    db.session.refresh(member)
    found = member.mail_suspended_at is not None
    db.session.rollback()
    return found


@pytest.mark.parametrize("write", SERVERS.values(), ids=SERVERS.keys())
def test_three_days_of_bounces_suspend_her_address(ana: Member, write: Server) -> None:
    for day in range(3):
        assert not suspended(ana)
        at = NOW + day * DAY
        assert came_back(mailed(at), at + MINUTE, write, status="5.2.1") == Outcome.TAKEN
    assert suspended(ana)


def test_the_same_report_again_and_three_on_one_day_do_not(ana: Member) -> None:
    one = mailed(NOW)
    for day in range(4):
        came_back(one, NOW + day * DAY)
    for minute in range(3):
        came_back(mailed(NOW + minute * MINUTE), NOW + DAY / 2)
    assert not suspended(ana)


@pytest.mark.parametrize("status", ["4.2.2", "4.4.1", "5.7.1"])
def test_soft_ones_and_those_about_us_count_for_nothing(ana: Member, status: str) -> None:
    for day in range(4):
        at = NOW + day * DAY
        assert came_back(mailed(at), at, status=status) == Outcome.IGNORED
    assert not suspended(ana) and db.session.scalars(db.select(Bounce)).all() == []


def test_an_address_alone_is_no_word_about_it(ana: Member) -> None:
    """Anybody can write her address into a report."""
    mailed(NOW)
    for number in range(4):
        assert came_back(f"<forged{number}@localhost>", NOW + number * DAY) == Outcome.IGNORED
    assert db.session.scalars(db.select(Bounce)).all() == []


def test_three_mails_that_she_has_forwarded_do_not_silence_her(ana: Member) -> None:
    """A forward quotes the Message-ID, and never the sender on the envelope."""
    other = signed(mailed(NOW))
    for number in range(4):
        at = NOW + number * DAY
        forwarded = mailed(at)
        for sender in (RETURNS, other if number else RETURNS, "rsvp@park.example", ""):
            assert came_back(forwarded, at, sender=sender) == Outcome.IGNORED
    assert db.session.scalars(db.select(Bounce)).all() == []


def test_another_mail_from_the_same_row_counts_as_that_row(ana: Member) -> None:
    again = mailed(NOW).replace("<", AGAIN)
    assert came_back(again, NOW) == Outcome.TAKEN
    assert [row.message_id for row in db.session.scalars(db.select(Bounce))] == [first_id(again)]


def test_the_report_may_say_itself_to_whom_it_goes(ana: Member) -> None:
    message_id = mailed(NOW)
    assert receive(postfix(Returned(message_id, sender=signed(message_id))), NOW) == Outcome.TAKEN


def test_another_members_message_id_counts_for_that_member(ana: Member) -> None:
    eve = add_member("Eve", email="eve@home.example")
    for day in range(3):
        at = NOW + day * DAY
        came_back(mailed(at, eve.email), at, rcpt=EMAIL)
    assert suspended(eve) and not suspended(ana)


def test_an_absence_notice_never_counts(ana: Member) -> None:
    for day in range(4):
        at = NOW + day * DAY
        message_id = mailed(at)
        to = signed(message_id)
        head = ("Auto-Submitted: auto-replied", f"In-Reply-To: {message_id}", f"To: {to}", "Subject: 5.1.1 failed")
        receive(lines(*head, "", "Action: failed", "Status: 5.1.1"), at, to, EMAIL)
    assert not suspended(ana) and db.session.scalars(db.select(Bounce)).all() == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("550 5.1.1 No such user", True),
        ("550 No such user", True),
        ("554 Transaction failed", True),
        ("550 5.7.1 On a block list", False),
        ("552 5.2.2 Over quota", False),
        ("451 4.7.1 Greylisted", False),
    ],
)
@pytest.mark.parametrize("stage", ["to_rcpt", "to_data"])
def test_no_such_mailbox_and_a_refusal_as_we_send_suspend_her(
    ana: Member, stage: str, said: str, expected: bool
) -> None:
    came_back(mailed(NOW), NOW)
    inbox = Inbox()
    getattr(inbox, stage).append(said)
    mailed(NOW + MINUTE, inbox=inbox)
    bounces.count_refused(NOW + 2 * MINUTE)
    db.session.commit()
    assert suspended(ana) is expected
    assert bounces.count_refused(NOW + 3 * MINUTE) == 0, "once is enough"
    db.session.rollback()


def test_a_round_of_the_worker_counts_refusals(ana: Member) -> None:
    for day in range(3):
        at = NOW + day * DAY
        mailed(at, inbox=Inbox(to_rcpt=["550 No"]))
        run_round(at + MINUTE)
    assert suspended(ana)
    run_round(NOW + 40 * DAY)
    assert db.session.scalars(db.select(Bounce)).all() == []


def suspend(member: Member) -> None:
    member.mail_suspended_at = NOW
    db.session.commit()


def answered(member: Member) -> Occurrence:
    date = first_date(add_meetup(title="Stroller walk"))
    services.answer(date, member, Answer.GOING, [], NOW)
    db.session.commit()
    return date


def sent(at: datetime) -> list[str]:
    with mail_server() as inbox:
        outbox.send_due(inbox.transport(), "tests", lambda: at, lambda: False)
        return [taken.subject for taken in inbox.taken]


def test_a_suspended_address_gets_nothing_until_it_works_again_and_then_what_still_helps(
    client: FlaskClient, ana: Member, clock: Traveller
) -> None:
    answered(ana)
    suspend(ana)
    assert sent(NOW) == []
    sign_in(client, ana)
    for page in ("/", "/me", "/me/mails"):
        found = client.get(page).text
        assert f"Our mails to {EMAIL} come back" in found and "It works again" in found
    asked = client.post("/me/mail-works")
    assert asked.status_code == 302 and "/signin/" in asked.location
    assert "come back" not in client.get(asked.location).text
    assert sent(NOW) == [f"{code_mail(EMAIL).code} is your Hello Park code"]
    assert suspended(ana), "asking alone is no proof"
    wrong = client.post(asked.location, data={"code": "000000"})
    assert wrong.status_code == 422 and suspended(ana)
    done = client.post(asked.location, data={"code": code_mail(EMAIL).code}, follow_redirects=True)
    assert "Your mail works again" in done.text and "come back" not in done.text
    assert not suspended(ana)
    clock.shift(6 * MINUTE)
    assert sent(NOW + 6 * MINUTE) == ["You are in: Tue 1 Dec, 10:00, Withrow Park"]


def test_what_came_back_before_it_worked_again_does_not_count_after(client: FlaskClient, ana: Member) -> None:
    early = [mailed(NOW - day * DAY) for day in range(3)]
    for day, message_id in enumerate(early[:2]):
        came_back(message_id, NOW - day * DAY)
    bounces.works(ana, NOW + MINUTE)
    db.session.commit()
    for day, message_id in enumerate(early):
        assert came_back(message_id, NOW + day * DAY) == Outcome.IGNORED
    assert not suspended(ana)


def test_a_stranger_sees_nothing_of_it_and_cannot_ask(client: FlaskClient, ana: Member) -> None:
    suspend(ana)
    assert "come back" not in client.get("/").text
    assert client.post("/me/mail-works").location.startswith("/signin")
    other = add_member("Bea")
    sign_in(client, other)
    assert "come back" not in client.get("/").text


def test_another_site_cannot_press_her_button(client: FlaskClient, ana: Member, app: Flask) -> None:
    suspend(ana)
    sign_in(client, ana)
    app.config["WTF_CSRF_ENABLED"] = True
    assert client.post("/me/mail-works").status_code == 400
