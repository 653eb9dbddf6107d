"""Signed-in browsers: a random token in the cookie, its hash in a table, so that signing out is final."""

from datetime import datetime, timedelta

from flask import Request, session
from sqlalchemy import delete, select, update
from sqlalchemy.orm import contains_eager

from meetups.accounts.models import LoginSession, Member
from meetups.clock import utcnow
from meetups.columns import hashed, secret
from meetups.extensions import db, login

# Its only effect would be to write into the cookie of strangers; our rows are the protection.
login.session_protection = None

TOKEN = "token"  # noqa: S105 - the name of the cookie's entry
LASTS = timedelta(days=90)
SEEN_AGAIN = timedelta(days=1)


def start(member: Member, device: str, now: datetime) -> None:
    """Sign a member in on this browser; whatever session it had before ends (no session fixation)."""
    end(now)
    session.clear()
    token = secret()
    session[TOKEN] = token
    session.permanent = True
    row = LoginSession(
        token_hash=hashed(token), member_id=member.id, created_at=now, last_seen_at=now, expires_at=now + LASTS,
        device=device[:60],
    )  # fmt: skip
    db.session.add(row)


def end(now: datetime) -> None:
    """Sign this browser out, a copied cookie too; old sessions of anybody go with it."""
    token = session.pop(TOKEN, None)
    if token:
        db.session.execute(delete(LoginSession).where(LoginSession.token_hash == hashed(token)))
    db.session.execute(delete(LoginSession).where(LoginSession.expires_at < now))


def end_all(member: Member) -> None:
    """Sign a member out everywhere."""
    db.session.execute(delete(LoginSession).where(LoginSession.member_id == member.id))


def end_one(member: Member, row_id: int) -> None:
    """Sign one of a member's browsers out."""
    db.session.execute(delete(LoginSession).where(LoginSession.member_id == member.id, LoginSession.id == row_id))


def current_hash() -> str | None:
    """Return the stored hash of this browser's session."""
    return hashed(session[TOKEN]) if session.get(TOKEN) else None


def prolong(now: datetime) -> bool:
    """Note, at most once a day, that this browser's session is in use; return whether there was anything to note.

    Only for requests that may write: reading a page changes nothing, not even this.
    """
    in_use = update(LoginSession).where(
        LoginSession.token_hash == current_hash(),
        LoginSession.last_seen_at < now - SEEN_AGAIN,
        LoginSession.expires_at > now,
    )
    noted = db.session.execute(in_use.values(last_seen_at=now, expires_at=now + LASTS))
    # The cookie lives as long as its row: it is set anew with it, and at no other time.
    session.modified = session.modified or bool(noted.rowcount)  # type: ignore[attr-defined]
    return bool(noted.rowcount)  # type: ignore[attr-defined]


@login.request_loader
def load(_request: Request) -> Member | None:
    """Return the member of the session cookie, if its row still stands."""
    token_hash = current_hash()
    if not token_hash:
        return None
    query = (
        select(LoginSession)
        .join(LoginSession.member)
        .where(LoginSession.token_hash == token_hash, LoginSession.expires_at > utcnow())
        .options(contains_eager(LoginSession.member))
    )
    found = db.session.scalar(query)
    return found.member if found else None


def device_words(user_agent: str) -> str:
    """Return what a member would call the device of a User-Agent header."""
    systems = ("iPhone", "iPad", "Android", "Windows", "Mac OS", "Linux")
    browsers = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
    system = next((name for name in systems if name in user_agent), "A device").replace("Mac OS", "Mac")
    browser = next((name for mark, name in browsers if mark in user_agent), None)
    return f"{browser} on {system}" if browser else system
