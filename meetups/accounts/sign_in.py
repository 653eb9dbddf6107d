"""Signing in by an emailed code or link. No passwords: nothing to guess, leak or reset."""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import Update, delete, select, update
from sqlalchemy.exc import IntegrityError

from meetups.accounts.models import Member, SignIn
from meetups.accounts.queries import by_email
from meetups.columns import hashed, public_id
from meetups.extensions import db
from meetups.mail.outbox import enqueue

LASTS = timedelta(minutes=10)
CODE_DIGITS = 6
MOST_TRIES = 5
# How long after her address is confirmed somebody new may take to tell her first name.
NAME_LASTS = timedelta(minutes=30)
KEPT = timedelta(days=1)


def begin(email: str, first_name: str | None, held: dict[str, Any], now: datetime) -> SignIn:
    """Queue a code for an address, known or not: nothing that is done or answered differs between the two.

    `held` is {"action": name or None, "next": path, ...} (accounts/held.py). Old sign-ins go when a new one
    comes: the table must not become a list of everybody who ever typed an address.
    """
    db.session.execute(delete(SignIn).where(SignIn.expires_at < now - KEPT))
    own_id = public_id()
    row = SignIn(
        public_id=own_id, email=email, first_name=first_name, held=held, created_at=now, expires_at=now + LASTS,
        code_hash=hashed(own_id + code_for(own_id)), link_hash=hashed(link_token_for(own_id)),
    )  # fmt: skip
    db.session.add(row)
    enqueue("code", email, {"sign_in": own_id}, dedupe_key=f"code:{own_id}", due=now, now=now, not_after=row.expires_at)
    return row


def code_for(own_id: str) -> str:
    """Return the six digits of a sign-in.

    Made from its id and the secret key, so that neither the outbox nor any other table holds a code.
    """
    return str(int.from_bytes(_derived("code", own_id)[:8]) % 10**CODE_DIGITS).zfill(CODE_DIGITS)


def link_token_for(own_id: str) -> str:
    """Return the token in the link of a sign-in, made likewise."""
    return _derived("link", own_id).hex()


def _derived(purpose: str, own_id: str) -> bytes:
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, f"sign-in:{purpose}:{own_id}".encode(), hashlib.sha256).digest()


def by_id(own_id: str) -> SignIn | None:
    """Return a sign-in by the id in its code page's address."""
    return db.session.scalar(select(SignIn).where(SignIn.public_id == own_id))


def by_link(token: str) -> SignIn | None:
    """Return a sign-in by the token of its link."""
    return db.session.scalar(select(SignIn).where(SignIn.link_hash == hashed(token)))


def usable(row: SignIn | None, now: datetime) -> bool:
    """Return whether a sign-in is neither used nor over; its link works even after five wrong codes."""
    return row is not None and row.used_at is None and row.expires_at > now


def takes_codes(row: SignIn, now: datetime) -> bool:
    """Return whether it is worth typing a code."""
    return usable(row, now) and row.wrong_codes < MOST_TRIES


def use_code(row: SignIn, code: str, now: datetime) -> bool:
    """Use a sign-in up by its code; False for a wrong one, and for every one after five tries."""
    # Counted before it is compared: a hundred guesses at once are still five.
    tried = update(SignIn).where(SignIn.id == row.id, SignIn.wrong_codes < MOST_TRIES)
    if not _changed(tried.values(wrong_codes=SignIn.wrong_codes + 1)):
        return False
    return hmac.compare_digest(row.code_hash, hashed(row.public_id + code)) and use(row, now)


def use(row: SignIn, now: datetime) -> bool:
    """Use a sign-in up; False where another tab was first."""
    used = update(SignIn).where(SignIn.id == row.id, SignIn.used_at.is_(None), SignIn.expires_at > now)
    return _changed(used.values(used_at=now))


def _changed(change: Update) -> bool:
    return bool(db.session.execute(change).rowcount)  # type: ignore[attr-defined]


def member_of(row: SignIn, now: datetime) -> Member | None:
    """Return the member a used sign-in belongs to, made now if she is new; None while her name is missing."""
    known = by_email(row.email)
    if known or not row.first_name:
        return known
    return new_member(row, row.first_name, now) or by_email(row.email)


def waits_for_name(row: SignIn, now: datetime) -> bool:
    """Return whether a sign-in was confirmed a little while ago and its address has no member yet.

    Once there is one, the browser that confirmed it gets in no more: that would be a session without an end.
    """
    return row.used_at is not None and now < row.used_at + NAME_LASTS and by_email(row.email) is None


def new_member(row: SignIn, first_name: str, now: datetime) -> Member | None:
    """Make the member of a confirmed address; None where another tab was first."""
    member = Member(email=row.email, first_name=first_name, created_at=now)
    try:
        with db.session.begin_nested():
            db.session.add(member)
    except IntegrityError:
        return None
    return member
