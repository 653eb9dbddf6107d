"""`flask send-test-mail`: it goes the way of all mails, and says in plain words what is wrong."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult
from click.testing import Result
from flask import Flask

from tests.mail.processes import ROOT
from tests.mail.smtp import Inbox, free_port, greeting_server, mail_server
from tests.mail.test_transport import server_side

pytestmark = pytest.mark.one_database


def sent(app: Flask, url: str | None, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], mail_url=url))
    return app.test_cli_runner().invoke(args=["send-test-mail", "ana@example.org"])


def test_a_test_mail_arrives(app: Flask, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    result = sent(app, inbox.url, monkeypatch)
    assert result.exit_code == 0 and "127.0.0.1 has taken the mail" in result.output
    (taken,) = inbox.taken
    assert (taken.rcpts, taken.subject) == (["ana@example.org"], "A test from Hello Park")


def test_without_a_mail_server_it_lies_in_the_mailbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    result = sent(app, None, monkeypatch)
    assert result.exit_code == 0 and "/mailbox" in result.output
    assert "A test from Hello Park" in app.test_client().get("/mailbox").text


def said(app: Flask, url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    result = sent(app, url, monkeypatch)
    assert result.exit_code == 1 and "Traceback" not in result.output and "ana@example.org" not in result.output
    return result.output


def test_a_name_that_is_not_there(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no machine called mail.invalid" in said(app, "smtp://mail.invalid:587", monkeypatch)


def test_a_port_where_nobody_listens(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    assert f"refuses connections on port {port}" in said(app, f"smtp://127.0.0.1:{port}", monkeypatch)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_wrong_password(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    with mail_server(authenticator=never, auth_require_tls=False, auth_required=True) as inbox:
        words = said(app, inbox.url.replace("smtp://", "smtp://park:secret@"), monkeypatch)
        assert "does not take the name or the password (535)" in words and "secret" not in words
        assert "login is wanted" in said(app, inbox.url, monkeypatch)


def test_tls_that_nobody_vouches_for_or_that_is_not_there(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server(ssl_context=server_side()) as inbox:
        url = inbox.url.replace("smtp://127.0.0.1", "smtps://localhost")
        assert "certificate that nobody we trust vouches for" in said(app, url, monkeypatch)
    with mail_server() as inbox:
        assert "does not offer what MAIL_URL asks for" in said(app, f"{inbox.url}?tls=1", monkeypatch)
        assert "does not speak TLS" in said(app, inbox.url.replace("smtp://", "smtps://"), monkeypatch)


@pytest.mark.parametrize("stage", ["to_rcpt", "to_data"])
def test_a_refusal(app: Flask, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    setattr(inbox, stage, ["550 5.7.1 No"])
    words = {"to_rcpt": "does not take mail for that address (550)", "to_data": "does not want it (550)"}
    assert words[stage] in said(app, inbox.url, monkeypatch)


def test_a_server_that_wants_no_mail_at_all(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with greeting_server(b"554 5.3.2 No service\r\n", pause=0) as url:
        assert "wants no mail from this machine (554)" in said(app, url, monkeypatch)


@pytest.mark.real_clock
@pytest.mark.slow
def test_as_a_command_it_ends_with_1_and_one_line(app: Flask, tmp_path: Path) -> None:
    environment = {"MAIL_URL": f"smtp://127.0.0.1:{free_port()}", "DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "send-test-mail", "ana@example.org"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stderr.startswith("Error: 127.0.0.1 refuses connections")
