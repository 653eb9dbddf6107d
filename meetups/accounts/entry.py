"""The way in for a visitor who is not signed in, whatever she was doing."""

from datetime import timedelta
from typing import Any

from flask import request, url_for

from meetups.accounts import limits, sign_in
from meetups.clock import utcnow
from meetups.extensions import db

HOUR = timedelta(hours=1)
MAILS_AN_HOUR, NETWORK_MAILS_AN_HOUR = 5, 30
TOO_MANY = "Too many codes were asked for. Wait an hour, or use the newest one."


def begin(email: str, first_name: str | None, what: dict[str, Any]) -> str | None:
    """Send a code unless there were too many, commit, and return the path of the code page; None if so."""
    now = utcnow()
    network = limits.network(request.remote_addr)
    few = limits.allow(f"mail:{email}", MAILS_AN_HOUR, HOUR, now)
    calm = limits.allow(f"mail-from:{network}", NETWORK_MAILS_AN_HOUR, HOUR, now)
    row = sign_in.begin(email, first_name, what, now) if few and calm else None
    db.session.commit()
    return url_for("accounts.code", public_id=row.public_id) if row else None
