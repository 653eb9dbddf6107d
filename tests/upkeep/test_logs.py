"""What is written about what happens: lines that programs read, and nobody in them."""

import json
import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetups import logs
from meetups.config import BadSetting, from_environment
from meetups.extensions import db
from tests.factories import add_meetup
from tests.mail.outbox_rows import add, send
from tests.mail.smtp import Inbox


def line(style: str = "json", event: str = "it", **extra: object) -> str:
    record = logging.getLogger("meetups.tests").makeRecord("meetups.tests", 20, "x.py", 1, event, (), None, extra=extra)
    return logs.formatter(style).format(record)


def test_a_line_of_json_has_the_named_fields_and_no_other() -> None:
    found = json.loads(line(mail=1, template="code", duration=0.25, rcpt="ana@example.org", title="A walk"))
    assert found == {
        "event": "it", "level": "info", "logger": "meetups.tests", "timestamp": "2026-11-24T13:00:00Z",
        "mail": 1, "template": "code", "duration": 0.25,
    }  # fmt: skip


def test_text_is_keys_and_values_in_one_order() -> None:
    assert line("text", mail=1, template="code") == (
        "timestamp=2026-11-24T13:00:00Z level=info logger=meetups.tests event=it mail=1 template=code"
    )


@pytest.mark.parametrize("secret", ["ana@example.org", "<ana@example.org>", "Xk3_9-aB" * 5, "Zq8" * 8])
def test_words_of_a_library_lose_what_looks_like_an_address_or_a_token(secret: str) -> None:
    found = line("text", event=f"could not reach {secret}, sorry", why=f"said {secret}")
    assert secret.strip("<>") not in found and "could not reach" in found and "sorry" in found


@pytest.mark.parametrize("name", ["SMTPServerDisconnected", "SMTPAuthenticationError"])
def test_the_long_names_of_smtps_errors_stay(name: str) -> None:
    assert json.loads(line(why=name))["why"] == name


def test_of_an_error_the_place_is_written_and_not_its_words() -> None:
    try:
        raise ValueError("about ana@example.org and A secret walk")
    except ValueError as error:
        record = logging.getLogger("meetups").makeRecord(
            "meetups", 40, "x.py", 1, "broken", (), (type(error), error, error.__traceback__)
        )
    found = json.loads(logs.formatter("json").format(record))
    assert found["error"] == "ValueError" and "test_logs.py" in found["where"]
    assert "secret" not in str(found) and "ana" not in str(found)


def test_requests_and_mails_leave_one_line_each_that_names_nobody(
    client: FlaskClient, app: Flask, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    meetup = add_meetup(title="A secret walk")
    add(7)
    with caplog.at_level(logging.INFO, "meetups"):
        client.get(f"/meetups/{meetup.public_id}?near=43.675,-79.348")
        send(inbox.transport())
    lines = [json.loads(logs.formatter("json").format(record)) for record in caplog.records]
    asked, sent = lines
    assert (asked["event"], asked["route"], asked["status"]) == ("request", "/meetups/<public_id>", 302)
    assert (sent["event"], sent["template"], sent["state"]) == ("mail", "tests_note", "sent")
    assert sent["duration"] >= 0
    for secret in ("member7", "example.org", "secret", meetup.public_id, "43.675"):
        assert secret not in str(lines)
    db.session.rollback()


def test_another_format_is_refused() -> None:
    with pytest.raises(BadSetting, match="LOG_FORMAT"):
        from_environment({"LOG_FORMAT": "xml"})
