"""`flask receive-mail --listen`: real LMTP and SMTP, and what each mail server is told."""

import signal
import smtplib
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from meetups.clock import utcnow
from meetups.config import Settings
from meetups.extensions import db
from meetups.mail.models import OutboxMail
from meetups.replies.listener import MOST_OPEN
from tests.factories import TUESDAY
from tests.mail.processes import STARTS_WITHIN
from tests.replies.conftest import Guest, invited
from tests.replies.processes import listening
from tests.replies.samples import gmail, outlook_com

pytestmark = [pytest.mark.real_clock, pytest.mark.slow]


@pytest.fixture
def guest(site: object) -> Guest:
    starts = datetime.combine(utcnow().date() + timedelta(days=7), TUESDAY.time())
    return invited(starts=starts, capacity=1)


def soon(seconds: int = 5) -> datetime:
    return utcnow() + timedelta(seconds=seconds)


@pytest.fixture(params=["smtp", "lmtp"])
def server(request: pytest.FixtureRequest, guest: Guest, inviting: Settings) -> Iterator[smtplib.SMTP]:
    options = ("--lmtp",) if request.param == "lmtp" else ()
    protocol = smtplib.LMTP if options else smtplib.SMTP
    with listening(inviting, *options) as (port, process), protocol("127.0.0.1", port, timeout=20) as client:
        yield client
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=STARTS_WITHIN)[0]
        assert process.returncode == 0, said
        for secret in (guest.invite.organizer.partition("@")[0].rpartition("-")[2], guest.invite.guest, "evil"):
            assert secret not in said


def told(server: smtplib.SMTP, sender: str, rcpt: str, raw: bytes) -> int:
    """Hand a message over; return the code of the last answer."""
    try:
        server.sendmail(sender, [rcpt], raw)
    except smtplib.SMTPRecipientsRefused as error:
        return next(iter(error.recipients.values()))[0]
    except smtplib.SMTPResponseException as error:
        return error.smtp_code
    return 250


@pytest.mark.one_database
def test_what_a_mail_server_is_told(server: smtplib.SMTP, guest: Guest) -> None:
    mine, ana = guest.invite.organizer, guest.invite.guest
    no = outlook_com(guest.invite, "DECLINED", soon())
    for stranger in ("postmaster@park.example", "rsvp@park.example", "evil@evil.example", f"x{mine}"):
        assert told(server, ana, stranger, no) == 550
    forged = mine.partition("@")[0][:-6] + "aaaaaa@park.example"
    assert told(server, ana, forged, no.replace(mine.encode(), forged.encode())) == 550
    assert (
        told(server, ana, mine, outlook_com(replace(guest.invite, guest="a@evil.example"), "DECLINED", soon())) == 550
    )
    assert told(server, ana, mine, b"Subject: Hello\r\n\r\nI come!\r\n") == 554
    assert told(server, ana, mine, b"\x00\xff\r\n") == 554
    assert told(server, ana, mine, no + b"x\r\n" * 200_000) == 552
    assert told(server, ana, mine, b"Auto-Submitted: auto-replied\r\n" + no) == 250
    assert told(server, "", mine, no) == 250, "a bounce is taken, and changes nothing"
    assert guest.answer == "going"
    before = len(_mailed())
    assert told(server, ana, mine.upper(), no) == 250
    assert guest.answer == "not_going"
    assert told(server, ana, mine, gmail(guest.invite, "ACCEPTED", soon(9))) == 250
    assert guest.answer == "going"
    assert _mailed()[before:] == ["youre_in"], "the listener itself answers nobody"


def _mailed() -> list[str]:
    db.session.rollback()
    found = list(db.session.scalars(db.select(OutboxMail.template).order_by(OutboxMail.id)))
    db.session.rollback()
    return found


@pytest.mark.one_database
def test_one_message_is_for_one_address(server: smtplib.SMTP, guest: Guest) -> None:
    server.ehlo_or_helo_if_needed()
    server.mail(guest.invite.guest)
    assert server.rcpt(guest.invite.organizer)[0] == 250
    assert server.rcpt(guest.invite.organizer)[0] == 452


@pytest.mark.one_database
def test_a_database_that_is_away_is_tried_again(guest: Guest, inviting: Settings) -> None:
    away = replace(inviting, database_url="postgresql://nobody@127.0.0.1:9/none")
    with listening(away, "--lmtp") as (port, _), smtplib.LMTP("127.0.0.1", port, timeout=20) as client:
        no = gmail(guest.invite, "DECLINED", soon())
        assert told(client, guest.invite.guest, guest.invite.organizer, no) == 451


@pytest.mark.one_database
def test_a_client_that_says_nothing_keeps_nobody_waiting(guest: Guest, inviting: Settings) -> None:
    no = gmail(guest.invite, "DECLINED", soon())
    with (
        listening(inviting) as (port, _),
        socket.create_connection(("127.0.0.1", port)),
        smtplib.SMTP("127.0.0.1", port, timeout=20) as client,
    ):
        assert told(client, guest.invite.guest, guest.invite.organizer, no) == 250
    assert guest.answer == "not_going"


def test_many_replies_at_two_listeners_end_as_she_said_last(guest: Guest, inviting: Settings) -> None:
    answers, codes = ["ACCEPTED", "DECLINED"] * 10, []

    def send(port: int, numbers: range) -> None:
        with smtplib.LMTP("127.0.0.1", port, timeout=60) as client:
            for number in numbers:
                raw = gmail(guest.invite, answers[number], made[number])
                codes.append(told(client, guest.invite.guest, guest.invite.organizer, raw))

    made = [soon(-200 + 10 * number) for number in range(20)]
    guest.row().changed_at = made[0] - timedelta(minutes=1)
    db.session.commit()
    with listening(inviting, "--lmtp") as (one, _), listening(inviting, "--lmtp") as (two, _):
        threads = [threading.Thread(target=send, args=(one, range(0, 20, 2)[::-1])),
                   threading.Thread(target=send, args=(two, range(1, 20, 2)))]  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    assert codes == [250] * 20
    row = guest.row()
    assert (row.answer, row.occurrence.taken) == ("not_going", 0)


@pytest.mark.one_database
def test_there_is_an_end_to_how_many_talk_and_a_free_place_is_taken(guest: Guest, inviting: Settings) -> None:
    with listening(inviting) as (port, _):
        address = ("127.0.0.1", port)
        idle = [socket.create_connection(address, timeout=20) for _ in range(MOST_OPEN)]
        try:
            assert all(one.recv(200).startswith(b"220") for one in idle)
            with socket.create_connection(address, timeout=20) as late:
                assert late.recv(200).startswith(b"421")
            idle[0].sendall(b"QUIT\r\n")
            assert idle[0].recv(200).startswith(b"221") and idle[0].recv(200) == b""
            with smtplib.SMTP(*address, timeout=20) as client:
                assert client.noop()[0] == 250
        finally:
            for one in idle:
                one.close()
