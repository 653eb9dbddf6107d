"""The mail server's bad days: what is tried again, what is final, and that every attempt ends."""

import smtplib
import socket
import ssl
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiosmtpd.smtp import AuthResult
from flask import Flask

from meetups.mail.message import Message, build
from meetups.mail.transport import MailboxTransport, Outcome, Result, SmtpTransport, from_settings
from tests.conftest import NOW
from tests.mail.smtp import Inbox, free_port, greeting_server, mail_server

pytestmark = pytest.mark.one_database

# A key and a certificate that it signed itself, for localhost, made for these tests and of no worth elsewhere.
LOCALHOST = Path(__file__).parent / "localhost.pem"


@pytest.fixture(autouse=True)
def _context(app: Flask) -> None:
    """Messages are built inside the application's context."""


def sent(url: str, seconds: float = 10) -> Result:
    mail = build(Message("A walk", "Hello\n", "<p>Hello</p>"), "ana@example.org", "<a@localhost>", NOW)
    with closing(SmtpTransport(urlsplit(url), seconds)) as transport:
        return transport.send(mail, "ana@example.org")


def test_a_server_that_is_not_there_is_tried_again() -> None:
    assert sent(f"smtp://127.0.0.1:{free_port()}") == Result(Outcome.RETRY, "ConnectionRefusedError")


@pytest.mark.parametrize("line", [b"220-hello " * 100, b"220-x\r\n" * 200])
def test_a_server_that_drips_its_greeting_is_left_at_the_deadline(line: bytes) -> None:
    with greeting_server(line, pause=0.1) as url:
        began = time.monotonic()
        assert sent(url, seconds=1).outcome == Outcome.RETRY
        assert time.monotonic() - began < 2


def test_a_server_that_says_nothing_is_left_at_the_deadline() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        began = time.monotonic()
        assert sent(f"smtp://127.0.0.1:{silent.getsockname()[1]}", seconds=1).outcome == Outcome.RETRY
        assert time.monotonic() - began < 2


def test_a_server_that_takes_the_message_and_says_nothing_is_left_at_the_deadline(inbox: Inbox) -> None:
    inbox.hold = True
    assert sent(inbox.url, seconds=1).outcome == Outcome.RETRY
    assert len(inbox.taken) == 1


def test_a_server_that_answers_our_goodbye_with_an_error_has_still_taken_the_message(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rude(*_: object) -> str:
        return "421 4.3.2 Shutting down"

    monkeypatch.setattr(Inbox, "handle_QUIT", rude, raising=False)
    assert sent(inbox.url) == Result(Outcome.SENT)
    assert len(inbox.taken) == 1


def test_a_greeting_of_554_is_about_us_and_tried_again() -> None:
    with greeting_server(b"554 5.3.2 No service\r\n", pause=0) as url:
        assert sent(url) == Result(Outcome.RETRY, "the mail server said 554 before the message")


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_name_and_password_are_used_and_a_wrong_one_is_tried_again() -> None:
    def checked(_server: object, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
        right = (data.login, data.password) == (b"park", b"s@cret/")  # type: ignore[attr-defined]
        return AuthResult(success=right, handled=False)

    with mail_server(authenticator=checked, auth_require_tls=False, auth_required=True) as inbox:
        host = inbox.url.removeprefix("smtp://")
        assert sent(f"smtp://park:s%40cret%2F@{host}").outcome == Outcome.SENT
        assert sent(f"smtp://park:wrong@{host}") == Result(Outcome.RETRY, "the mail server said 535 before the message")
        assert sent(f"smtp://{host}") == Result(Outcome.RETRY, "the mail server said 530")
        assert len(inbox.taken) == 1


def server_side() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(LOCALHOST)
    return context


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(LOCALHOST))


@pytest.mark.usefixtures("trusted")
def test_smtps_speaks_tls_from_the_first_byte() -> None:
    with mail_server(ssl_context=server_side()) as inbox:
        url = inbox.url.replace("smtp://127.0.0.1", "smtps://localhost")
        assert sent(url) == Result(Outcome.SENT)
        assert len(inbox.taken) == 1


@pytest.mark.usefixtures("trusted")
def test_tls_1_turns_an_open_connection_into_a_secret_one() -> None:
    with mail_server(tls_context=server_side(), require_starttls=True) as inbox:
        url = inbox.url.replace("127.0.0.1", "localhost")
        assert sent(url).outcome != Outcome.SENT
        assert sent(f"{url}?tls=1") == Result(Outcome.SENT)
        assert len(inbox.taken) == 1


def test_a_server_whose_certificate_nobody_vouches_for_gets_no_mail() -> None:
    with mail_server(ssl_context=server_side()) as inbox:
        url = inbox.url.replace("smtp://127.0.0.1", "smtps://localhost")
        assert sent(url) == Result(Outcome.RETRY, "SSLCertVerificationError")
    with mail_server(tls_context=server_side(), require_starttls=True) as other:
        url = other.url.replace("127.0.0.1", "localhost")
        assert sent(f"{url}?tls=1") == Result(Outcome.RETRY, "SSLCertVerificationError")
    assert not inbox.taken and not other.taken


def test_a_server_without_starttls_gets_no_mail_where_tls_is_wanted(inbox: Inbox) -> None:
    assert sent(f"{inbox.url}?tls=1") == Result(Outcome.RETRY, smtplib.SMTPNotSupportedError.__name__)
    assert not inbox.taken


def test_every_message_goes_to_one_recipient(inbox: Inbox) -> None:
    assert inbox.to_rcpt == [] and sent(inbox.url).outcome == Outcome.SENT
    assert [taken.rcpts for taken in inbox.taken] == [["ana@example.org"]]


def test_without_mail_url_the_mailbox_takes_them(app: Flask) -> None:
    assert isinstance(from_settings(app.config["SETTINGS"]), MailboxTransport)
