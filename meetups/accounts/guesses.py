"""Made-up addresses where the address is the permission: counted at all such doors together, and refused after many."""

from collections.abc import Callable
from datetime import timedelta
from typing import NoReturn, TypeVar

from flask import abort, request
from itsdangerous import BadSignature

from meetups.accounts import limits
from meetups.clock import utcnow
from meetups.extensions import db, may_write

HOUR = timedelta(hours=1)
WRONG_AN_HOUR = 60
TOO_MANY = "Too many links that lead nowhere were tried from where you are. Wait an hour."
Said = TypeVar("Said")


def opened(read: Callable[[str], Said], token: str) -> Said:
    """Return what `read` makes of the token of an address, within a request.

    One that we did not sign (`read` raises BadSignature) is a guess: 404, and 429 after sixty in an hour from one
    network. What we signed is looked at first, and is neither counted nor refused, whatever others there have tried.
    """
    try:
        return read(token)
    except BadSignature:
        _refuse()


def _refuse() -> NoReturn:
    key, now = f"links-from:{limits.network(request.remote_addr)}", utcnow()
    if limits.spent(key, WRONG_AN_HOUR, HOUR, now):
        abort(429, TOO_MANY)
    # A guess counts however it is made: asking with GET would else be free.
    db.session.rollback()
    may_write.set(True)
    limits.allow(key, WRONG_AN_HOUR, HOUR, now)
    db.session.commit()
    abort(404)
