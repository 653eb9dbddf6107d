"""Column types and defaults that every feature's models share."""

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import JSON, DateTime, Dialect, String, TypeDecorator
from sqlalchemy.orm import mapped_column


class UTCDateTime(TypeDecorator[datetime]):
    """An aware UTC instant on both databases (SQLite hands timezone-aware columns back naive)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Take an aware datetime of any zone; raise ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in a UTC column")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def public_id() -> str:
    """Return 128 random bits as 22 URL-safe characters: an id that cannot be counted or guessed."""
    return secrets.token_urlsafe(16)


def id_beside(other: str) -> str:
    """Return an id like `public_id`, of which 84 bits are random, that begins as another does: in an index the dates of
    one meetup lie beside each other, and to add half a year of them touches one page of it instead of twenty-six."""
    return other[:8] + secrets.token_urlsafe(11)[:14]


def secret() -> str:
    """Return 256 random bits as 43 URL-safe characters, for a token whose hash alone is stored."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """Return the SHA-256 of a random token, in hex: what the database keeps instead of it."""
    return hashlib.sha256(token.encode()).hexdigest()


Id = Annotated[int, mapped_column(primary_key=True)]
PublicId = Annotated[str, mapped_column(String(22), unique=True, default=public_id)]
TokenHash = Annotated[str, mapped_column(String(64), unique=True)]
Instant = Annotated[datetime, mapped_column(UTCDateTime())]
# Local wall-clock time beside an IANA zone: what a calendar rule repeats.
WallClock = Annotated[datetime, mapped_column(DateTime(timezone=False))]
Facts = Annotated[dict[str, Any], mapped_column(JSON)]
