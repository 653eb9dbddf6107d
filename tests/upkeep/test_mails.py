"""The admins' page of mails: nobody else's, without an address, and what its buttons do."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.extensions import db
from meetups.mail.models import Heartbeat, MailState, OutboxMail
from meetups.mail.transport import Outcome, Result
from tests.conftest import NOW
from tests.factories import add_member, sign_in
from tests.mail.outbox_rows import add, minutes, row, send
from tests.mail.smtp import Inbox

REFUSED = "the mail server said 550"


class Saying:
    """A transport that always says the same."""

    def __init__(self, outcome: Outcome, why: str) -> None:
        self.result = Result(outcome, why)

    def send(self, _mail: object, _rcpt: str) -> Result:
        return self.result


@pytest.fixture
def admin(client: FlaskClient) -> FlaskClient:
    sign_in(client, add_member("Ada", admin=True))
    return client


def fail(*numbers: int, why: str = REFUSED) -> None:
    for number in numbers:
        add(number)
        send(Saying(Outcome.FAILED, why))


PATHS = ["/admin/mails", "/admin/mails/1/retry", "/admin/mails/1/drop", f"/admin/mails/failed/retry?why={REFUSED}"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("who", ["stranger", "member"])
def test_for_everybody_else_there_is_nothing_here(client: FlaskClient, path: str, who: str) -> None:
    fail(1)
    if who == "member":
        sign_in(client, add_member("Ana"))
    own = path.replace("/1/", f"/{row(1).id}/")
    assert client.get(own).status_code == 404
    if own != "/admin/mails":
        assert client.post(own).status_code == 404
    assert row(1).state == MailState.FAILED


def test_an_admins_own_page_leads_there_and_nobody_elses(app: Flask, admin: FlaskClient) -> None:
    assert 'href="/admin/mails"' in admin.get("/me").text
    other = app.test_client()
    sign_in(other, add_member("Bea"))
    assert "/admin" not in other.get("/me").text


def test_the_page_says_how_mails_are_doing_and_to_whom_of_none(admin: FlaskClient) -> None:
    fail(1, 2)
    add(3)
    send(Saying(Outcome.RETRY, "TimeoutError"))
    add(4, due=NOW - minutes(7))
    db.session.merge(Heartbeat(worker="one", beat_at=NOW - minutes(2)))
    db.session.commit()
    page = admin.get("/admin/mails").text
    text = " ".join(page.split())
    assert "example.org" not in page
    assert "1 due now, the oldest since" in text and "24 November, 12:53 UTC" in text
    assert f"<b>{REFUSED}</b>" in text and "2 mails" in text
    assert "waiting after 1 try" in text and "Next try" in text and "TimeoutError" in text
    assert "No worker" not in text


@pytest.mark.parametrize(("ago", "said"), [(None, "No worker has run"), (6, "No worker has finished a round since")])
def test_a_worker_that_is_not_there_is_said_first(admin: FlaskClient, ago: int | None, said: str) -> None:
    if ago:
        db.session.merge(Heartbeat(worker="one", beat_at=NOW - minutes(ago)))
        db.session.commit()
    assert said in admin.get("/admin/mails").text


def test_one_mail_is_sent_again_once_that_is_confirmed(admin: FlaskClient, inbox: Inbox) -> None:
    fail(1, 2)
    path = f"/admin/mails/{row(1).id}/retry"
    assert "Send this mail again?" in admin.get(path).text
    admin.head(path)
    assert row(1).state == MailState.FAILED
    assert "1 mail is sent once more." in admin.post(path, follow_redirects=True).text
    assert send(inbox.transport()) == 1
    assert [taken.id for taken in inbox.taken] == [row(1).message_id]
    assert (row(1).state, row(1).attempts, row(2).state) == (MailState.SENT, 1, MailState.FAILED)
    assert admin.get(path).status_code == 404


def test_one_that_waits_is_sent_now_or_given_up(admin: FlaskClient, inbox: Inbox) -> None:
    for number in (1, 2):
        add(number)
    send(Saying(Outcome.RETRY, "TimeoutError"))
    admin.post(f"/admin/mails/{row(1).id}/retry")
    admin.post(f"/admin/mails/{row(2).id}/drop")
    assert send(inbox.transport()) == 1
    assert (row(2).state, row(2).outcome, row(2).finished_at) == (MailState.DROPPED, "dropped by hand", NOW)


def test_all_that_failed_for_one_reason_are_sent_again_or_given_up(admin: FlaskClient) -> None:
    fail(1, 2)
    fail(3, why="unsafe header bcc")
    page = admin.get("/admin/mails/failed/drop", query_string={"why": REFUSED}).text
    assert "Give these 2 mails up?" in page and REFUSED in page
    admin.post("/admin/mails/failed/drop", query_string={"why": REFUSED})
    assert [row(number).state for number in (1, 2, 3)] == [MailState.DROPPED, MailState.DROPPED, MailState.FAILED]
    admin.post("/admin/mails/failed/retry", query_string={"why": "unsafe header bcc"})
    assert row(3).state == MailState.PENDING
    assert admin.get("/admin/mails/failed/retry?why=no such").status_code == 404


def test_what_a_worker_has_in_hand_or_has_sent_is_not_touched(admin: FlaskClient, inbox: Inbox) -> None:
    add(1)
    send(inbox.transport())
    add(2)
    held = row(2)
    held.state, held.owner, held.outcome = MailState.SENDING, "one", "TimeoutError"
    db.session.commit()
    for number in (1, 2):
        for action in ("retry", "drop"):
            assert admin.post(f"/admin/mails/{row(number).id}/{action}").status_code == 404
    assert (row(1).state, row(2).state) == (MailState.SENT, MailState.SENDING)


def test_no_button_works_without_its_token(app: Flask, admin: FlaskClient) -> None:
    fail(1)
    path = f"/admin/mails/{row(1).id}/drop"
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert admin.post(path).status_code == 400
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert db.session.scalars(select(OutboxMail.state)).one() == MailState.FAILED


def test_a_mail_sent_again_too_late_to_help_is_left_out(admin: FlaskClient, inbox: Inbox) -> None:
    add(1, not_after=NOW + minutes(1))
    send(Saying(Outcome.FAILED, REFUSED))
    admin.post(f"/admin/mails/{row(1).id}/retry")
    assert send(inbox.transport(), NOW + timedelta(hours=1)) == 1
    assert row(1).outcome == "too late" and not inbox.taken
