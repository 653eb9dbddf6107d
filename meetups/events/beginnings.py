"""The facts that meetups are new where they are, from which those who wait near are told."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from meetups.columns import Id, Instant
from meetups.events.dates import TELL_AFTER
from meetups.events.models import Meetup
from meetups.extensions import Base, db


class Beginning(Base):
    """The fact that a meetup is new where it is: posted, moved there whole, or awake again. Once those who wait near
    are told of it (by granting), it is deleted."""

    __tablename__ = "beginnings"
    __table_args__ = (Index(None, "due", "id"),)

    id: Mapped[Id]
    meetup_id: Mapped[int] = mapped_column(ForeignKey("meetups.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[Instant]
    # When they are told: a little later, so that it can be taken back.
    due: Mapped[Instant]
    # The last of those who wait that has been looked at: where there are many, in several rounds.
    reached: Mapped[int] = mapped_column(default=0)
    # The edit that moved it here, by whose undo it goes.
    edit_id: Mapped[int | None] = mapped_column(ForeignKey("edits.id", ondelete="SET NULL"), index=True)

    meetup: Mapped[Meetup] = relationship()


def begins(meetup: Meetup, now: datetime) -> None:
    """Leave the fact that a meetup is new where it is: those who wait near are told in ten minutes."""
    db.session.add(Beginning(meetup_id=meetup.id, created_at=now, due=now + TELL_AFTER))
