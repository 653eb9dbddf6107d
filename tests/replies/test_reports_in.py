"""Reports through the doors by which replies come in, and the sender to which mail servers send them."""

import signal
import smtplib
from dataclasses import replace

import pytest
from flask import Flask

from meetups.accounts.models import Bounce, Member
from meetups.clock import utcnow
from meetups.config import Settings
from meetups.extensions import db
from meetups.mail import outbox
from meetups.mail.models import OutboxMail
from meetups.mail.transport import SmtpTransport, from_settings
from tests.factories import add_member
from tests.mail import outbox_rows
from tests.mail.processes import STARTS_WITHIN
from tests.mail.smtp import mail_server
from tests.replies.processes import in_process, listening
from tests.replies.reports import RETURNS, Returned, exim, gmail, postfix
from tests.replies.test_listener import told

pytestmark = [pytest.mark.real_clock, pytest.mark.slow]


@pytest.fixture
def mail(site: Flask) -> OutboxMail:
    """A mail to Ana, as it was sent."""
    add_member("Ana", email="member1@example.org")
    outbox_rows.add(1, due=utcnow())
    with mail_server() as inbox:
        outbox.send_due(inbox.transport(), "tests", utcnow, lambda: False)
    found = outbox_rows.row(1)
    db.session.expunge(found)
    db.session.rollback()
    return found


def counted() -> list[tuple[str, str, bool]]:
    db.session.rollback()
    rows = db.session.scalars(db.select(Bounce))
    found = [(row.message_id, row.status, row.refused) for row in rows]
    db.session.rollback()
    return found


@pytest.mark.one_database
@pytest.mark.parametrize("lmtp", [True, False])
def test_a_report_comes_in_where_replies_do(mail: OutboxMail, inviting: Settings, lmtp: bool) -> None:
    protocol = smtplib.LMTP if lmtp else smtplib.SMTP
    report = postfix(Returned(mail.message_id, mail.rcpt))
    with (
        listening(inviting, *(["--lmtp"] if lmtp else [])) as (port, process),
        protocol("127.0.0.1", port, timeout=20) as client,
    ):
        assert told(client, mail.rcpt, RETURNS, report) == 550, "a report comes from nobody"
        assert told(client, "", "rsvp@park.example", report) == 550
        assert counted() == []
        assert told(client, "", RETURNS.upper(), postfix(Returned("<unknown@park.example>"))) == 250
        assert told(client, "", RETURNS, b"Subject: Hello\r\n\r\nBuy!\r\n") == 250, "nobody is answered by a bounce"
        assert counted() == []
        assert told(client, "", RETURNS, report) == 250
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=STARTS_WITHIN)[0]
    assert counted() == [(mail.message_id, "5.1.1", False)]
    assert mail.rcpt not in said and mail.message_id not in said and "a report of a mail that came back" in said


@pytest.mark.parametrize("write", [exim, gmail])
def test_a_report_on_standard_input_is_counted(mail: OutboxMail, write: object) -> None:
    raw = write(Returned(mail.message_id, mail.rcpt))  # type: ignore[operator]
    code, output = in_process(raw, "--rcpt", RETURNS, "--sender", "")
    assert (code, counted()) == (0, [(mail.message_id, "5.1.1", False)])
    assert mail.rcpt not in output and mail.message_id not in output
    assert in_process(raw)[0] == 0 and len(counted()) == 1


def test_reports_are_asked_for_at_the_mailbox_for_replies_and_the_mail_looks_the_same(
    site: Flask, inviting: Settings
) -> None:
    senders = []
    for settings in (inviting, replace(inviting, reply_to=None)):
        with mail_server() as inbox:
            transport = from_settings(replace(settings, mail_url=inbox.url))
            assert isinstance(transport, SmtpTransport)
            db.session.execute(db.delete(OutboxMail))
            outbox_rows.add(1, due=utcnow())
            outbox.send_due(transport, "tests", utcnow, lambda: False)
            transport.close()
            senders.append((inbox.taken[0].sender, str(inbox.taken[0].mail["From"])))
    assert senders == [
        (RETURNS, "Hello Park <hello@park.example>"),
        ("hello@park.example", "Hello Park <hello@park.example>"),
    ]


def test_a_row_that_is_gone_is_no_mail_of_ours(mail: OutboxMail) -> None:
    db.session.execute(db.delete(Member))
    db.session.commit()
    raw = postfix(Returned(mail.message_id, mail.rcpt))
    assert in_process(raw)[0] == 0 and counted() == []
