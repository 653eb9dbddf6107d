"""Who was asked to stand in for a host."""

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from meetups.columns import Id, Instant
from meetups.extensions import Base


class BatonAsk(Base):
    """A member was asked to be the one to find on a date."""

    __tablename__ = "baton_asks"
    __table_args__ = (UniqueConstraint("occurrence_id", "member_id"), Index(None, "member_id", "asked_at"))

    id: Mapped[Id]
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrences.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    asked_at: Mapped[Instant]
