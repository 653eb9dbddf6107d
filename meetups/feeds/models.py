"""Calendar subscriptions: a member's own, and saved searches."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from meetups.accounts.models import Member
from meetups.columns import Facts, Id, Instant, PublicId, TokenHash, UTCDateTime
from meetups.extensions import Base


class Feed(Base):
    """A member's own calendar on one device: secret, named, revocable by itself."""

    __tablename__ = "feeds"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    token_hash: Mapped[TokenHash]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    device: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[Instant]
    # The day on which a calendar program has read it last.
    read_on: Mapped[date | None]
    # What it read then, and since when it has been so: Last-Modified is as true as the ETag.
    tag: Mapped[str | None] = mapped_column(String(32))
    tag_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    # Ended feeds stay, so that a calendar program is told that it need not ask again.
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime())

    member: Mapped[Member] = relationship()


class SavedSearch(Base):
    """A search as a short address (Google refuses feeds whose address is over 256 characters)."""

    __tablename__ = "saved_searches"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    digest: Mapped[TokenHash]
    name: Mapped[str] = mapped_column(String(120))
    query: Mapped[Facts]  # events.search.Search as its query parameters
    created_at: Mapped[Instant]
