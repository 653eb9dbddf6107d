"""`flask receive-mail` behind a mail server's pipe: what changes, and what the exit code tells."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from meetups.clock import utcnow
from meetups.config import Settings
from meetups.extensions import db
from tests.factories import TUESDAY
from tests.replies.conftest import Guest, Program, invited
from tests.replies.processes import in_process, pipe
from tests.replies.samples import PROGRAMS, gmail, outlook_com

pytestmark = [pytest.mark.real_clock, pytest.mark.slow]


@pytest.fixture
def guest(site: object) -> Guest:
    starts = datetime.combine(utcnow().date() + timedelta(days=7), TUESDAY.time())
    return invited(starts=starts)


def soon() -> datetime:
    return utcnow() + timedelta(seconds=5)


def never_said(guest: Guest, output: str) -> None:
    """Nothing that it says may lead to anybody."""
    for secret in (guest.invite.organizer.partition("@")[0].rpartition("-")[2], guest.invite.guest):
        assert secret not in output


@pytest.mark.parametrize("write", PROGRAMS.values(), ids=PROGRAMS.keys())
@pytest.mark.one_database
def test_each_programs_reply_is_an_answer(guest: Guest, write: Program) -> None:
    assert in_process(write(guest.invite, "DECLINED", soon()))[0] == 0
    assert guest.answer == "not_going"


def test_a_reply_on_standard_input_is_an_answer(guest: Guest, inviting: Settings) -> None:
    code, output = pipe(inviting, gmail(guest.invite, "DECLINED", soon()))
    assert (code, guest.answer) == (0, "not_going"), output
    assert output.strip().endswith('logger=meetups.replies event="a reply: taken"')
    never_said(guest, output)


@pytest.mark.one_database
def test_the_envelopes_recipient_may_be_given(guest: Guest) -> None:
    raw = outlook_com(guest.invite, "DECLINED", soon()).replace(guest.invite.organizer.encode(), b"rsvp@park.example")
    assert in_process(raw)[0] == 65 and guest.answer == "going"
    assert in_process(raw, "--rcpt", guest.invite.organizer)[0] == 0 and guest.answer == "not_going"


@pytest.mark.one_database
def test_each_refusal_has_its_own_exit_code_and_changes_nothing(guest: Guest, caplog: pytest.LogCaptureFixture) -> None:
    no = gmail(guest.invite, "DECLINED", soon())
    cases = {
        "garbage": (b"\xff\x00garbage", 65),
        "a letter": (f"To: {guest.invite.organizer}\r\n\r\nI come!\r\n".encode(), 65),
        "too large": (no + b"x" * 600_000, 65),
        "another guest": (gmail(replace(guest.invite, guest="eve@evil.example"), "DECLINED", soon()), 77),
        "unknown": (no.replace(guest.invite.organizer.encode(), _other(guest.invite.organizer).encode()), 67),
        "an absence notice": (b"Auto-Submitted: auto-replied\r\n" + outlook_com(guest.invite, "DECLINED", soon()), 0),
        "a bounce": (b"Return-Path: <>\r\n" + outlook_com(guest.invite, "DECLINED", soon()), 0),
    }
    for name, (raw, expected) in cases.items():
        code, output = in_process(raw)
        assert code == expected, (name, output)
        never_said(guest, output)
    assert in_process(no, "--sender", "")[0] == 0
    assert guest.answer == "going"


def _other(address: str) -> str:
    head, _, domain = address.partition("@")
    return head[:-6] + "aaaaaa@" + domain


@pytest.mark.one_database
def test_a_database_that_is_away_keeps_the_mail_with_the_mail_server(
    guest: Guest, inviting: Settings, tmp_path: Path
) -> None:
    away = replace(inviting, database_url="postgresql://nobody@127.0.0.1:9/none")
    missing = replace(inviting, database_url=f"sqlite:///{tmp_path / 'empty.sqlite'}")
    for settings in (away, missing):
        code, output = pipe(settings, gmail(guest.invite, "DECLINED", soon()))
        assert code == 75, output
        never_said(guest, output)


@pytest.mark.one_database
def test_without_a_mailbox_for_replies_nothing_is_taken_and_nothing_lost(guest: Guest, inviting: Settings) -> None:
    code, output = pipe(replace(inviting, reply_to=None), gmail(guest.invite, "DECLINED", soon()))
    assert code == 75 and "REPLY_TO" in output and guest.answer == "going"
    db.session.rollback()
