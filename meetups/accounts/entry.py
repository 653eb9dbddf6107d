"""The way in for a visitor who is not signed in, whatever she was doing."""

from datetime import timedelta
from typing import Any

from flask import request, session, url_for

from meetups.accounts import limits, sign_in
from meetups.accounts.models import SignIn
from meetups.clock import utcnow
from meetups.extensions import db

HOUR = timedelta(hours=1)
MAILS_AN_HOUR, ALL_MAILS_AN_HOUR, NETWORK_MAILS_AN_HOUR = 5, 20, 30
BEGAN, REMEMBERED = "began", 5
TOO_MANY = "Too many codes were asked for. Wait an hour, or use the newest one."


def begin(email: str, first_name: str | None, what: dict[str, Any]) -> str | None:
    """Send a code unless there were too many, commit, and return the path of the code page; None if so."""
    now = utcnow()
    network = limits.network(request.remote_addr)
    # A try that is refused counts no further: else anybody could use up another's mails and lock her out.
    sent = all(
        limits.allow(key, most, HOUR, now)
        for key, most in (
            (f"mail-from:{network}", NETWORK_MAILS_AN_HOUR),
            (f"mail:{email}:{network}", MAILS_AN_HOUR),
            (f"mail:{email}", ALL_MAILS_AN_HOUR),
        )
    )
    row = sign_in.begin(email, first_name, what, now) if sent else None
    db.session.commit()
    if row is None:
        return None
    session[BEGAN] = [*session.get(BEGAN, []), row.public_id][-REMEMBERED:]
    return url_for("accounts.code", public_id=row.public_id)


def began_here(row: SignIn) -> bool:
    """Return whether a sign-in was begun in this browser."""
    return row.public_id in session.get(BEGAN, [])
