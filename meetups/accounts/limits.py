"""How often something may be done, counted in the database so that it holds over all processes."""

import hashlib
import hmac
import ipaddress
from datetime import UTC, datetime, timedelta

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from meetups.accounts.models import Attempt
from meetups.extensions import db

KEPT = timedelta(days=2)


def allow(key: str, limit: int, window: timedelta, now: datetime) -> bool:
    """Count one more try of `key` in this window; return False once there have been more than `limit`."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    counted = (
        insert(Attempt)
        .values(key=_private(key), window_start=_start(window, now), count=1)
        .on_conflict_do_update(index_elements=["key", "window_start"], set_={"count": Attempt.count + 1})
        .returning(Attempt.count)
    )
    return db.session.execute(counted).scalar_one() <= limit


def spent(key: str, limit: int, window: timedelta, now: datetime) -> bool:
    """Return whether `key` has been counted `limit` times in this window, without counting."""
    query = select(Attempt.count).where(Attempt.key == _private(key), Attempt.window_start == _start(window, now))
    return (db.session.scalar(query) or 0) >= limit


def forget_old(now: datetime) -> None:
    """Delete the counts of past windows."""
    db.session.execute(delete(Attempt).where(Attempt.window_start < now - KEPT))


def network(address: str | None) -> str:
    """Return the network of a visitor: /24 for IPv4 and /56 for IPv6, which one household shares."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    # A socket that takes both kinds names every IPv4 visitor ::ffff:a.b.c.d: all of them would be one network.
    ip = (ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None) or ip
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 56), strict=False))


def _start(window: timedelta, now: datetime) -> datetime:
    return datetime.fromtimestamp(now.timestamp() // window.total_seconds() * window.total_seconds(), UTC)


def _private(key: str) -> str:
    # Keys hold addresses of people; the table holds only what the secret key can recognise.
    secret_key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(secret_key, key.encode(), hashlib.sha256).hexdigest()
