"""Wishes."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from meetups.accounts.models import Kid, Member
from meetups.columns import Facts, Id, Instant, PublicId, UTCDateTime
from meetups.extensions import Base

# Written out, not bound: of the few that have been told.
TOLD = text("look_at IS NOT NULL")


class Wish(Base):
    """A member waits to be told, once, when something starts in walking distance of a neighbourhood."""

    __tablename__ = "wishes"
    # Whoever looks for those who wait near a place asks for cells, and of each for who walks far enough.
    __table_args__ = (
        Index(None, "cell", "within"),
        Index("ix_wishes_look_at", "look_at", postgresql_where=TOLD, sqlite_where=TOLD),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    # An H3 cell at resolution 8, as of a home: where she looked is kept no closer.
    cell: Mapped[str] = mapped_column(String(16))
    # What the cell is called, in our words.
    name: Mapped[str | None] = mapped_column(String(80))
    within: Mapped[int]  # metres, one of domain.wishes.REACHES
    # domain.ages.AgeBand bits; None is her own children, or the one of them that `kid_id` says, at their age by then.
    ages: Mapped[int | None]
    kid_id: Mapped[int | None] = mapped_column(ForeignKey("kids.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[Instant]
    # When it fades; or when she was told, or has ended it herself.
    ends_at: Mapped[Instant] = mapped_column(index=True)
    # Of which meetups she was told, and of whose (public ids); when to look whether they take place, None for no more.
    told: Mapped[Facts | None]
    look_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    # When it was opened again, since nothing came of what she was told.
    reopened_at: Mapped[datetime | None] = mapped_column(UTCDateTime())

    member: Mapped[Member] = relationship()
    kid: Mapped[Kid | None] = relationship()

    @property
    def kids(self) -> list[Kid]:
        """For which children of hers it waits, where it names no ages."""
        return [self.kid] if self.kid else list(self.member.kids)
