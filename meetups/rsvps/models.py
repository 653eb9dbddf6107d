"""Answers and the kids that come with them."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, String, Table, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from meetups.accounts.models import Kid, Member
from meetups.columns import Id, Instant, UTCDateTime
from meetups.events.models import Occurrence
from meetups.extensions import Base

rsvp_kids = Table(
    "rsvp_kids",
    Base.metadata,
    Column("rsvp_id", ForeignKey("rsvps.id", ondelete="CASCADE"), primary_key=True),
    Column("kid_id", ForeignKey("kids.id", ondelete="CASCADE"), primary_key=True, index=True),
)

_UNPLANNED = text("planned_at IS NULL AND answer = 'going'")


class Rsvp(Base):
    """A member's answer to one occurrence: going, maybe, not_going or waiting."""

    __tablename__ = "rsvps"
    __table_args__ = (
        UniqueConstraint("occurrence_id", "member_id"),
        # Its head is who gets the next free place.
        Index(None, "occurrence_id", "answer", "waiting_since", "id"),
        Index("ix_rsvps_unplanned", "id", postgresql_where=_UNPLANNED, sqlite_where=_UNPLANNED),
    )

    id: Mapped[Id]
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrences.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    answer: Mapped[str] = mapped_column(String(12))
    waiting_since: Mapped[datetime | None] = mapped_column(UTCDateTime())
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    # The time and place she answered to. Where the date has moved since, she is asked again.
    for_starts: Mapped[Instant]
    for_place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    # What she has last been told of the date, by a page or by a mail: where it differs, she is written to.
    told_starts: Mapped[Instant]
    told_ends: Mapped[Instant]
    told_place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    told_spot: Mapped[str] = mapped_column(String(160))
    told_off: Mapped[bool] = mapped_column(default=False)
    told_at: Mapped[Instant]
    # The DTSTAMP of the last reply her calendar program has sent: an older one changes nothing.
    replied_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    # When reminders were queued for this answer and this time; emptied when either changes.
    planned_at: Mapped[datetime | None] = mapped_column(UTCDateTime())

    @property
    def asked_again(self) -> bool:
        """Whether the date has moved to another time or place since she said going or maybe."""
        now_is = (self.occurrence.starts_at, self.occurrence.place_id)
        return self.answer in ("going", "maybe") and (self.for_starts, self.for_place_id) != now_is

    def answered(self, now: datetime) -> None:
        """Note that her answer is to the date as it stands."""
        self.for_starts, self.for_place_id = self.occurrence.starts_at, self.occurrence.place_id
        self.tell(now)

    def tell(self, now: datetime) -> None:
        """Note that she knows from now on how the date stands."""
        date = self.occurrence
        self.told_starts, self.told_ends, self.told_place_id = date.starts_at, date.ends_at, date.place_id
        self.told_spot, self.told_off, self.told_at = date.spot, date.cancelled_at is not None, now

    @property
    def knows(self) -> bool:
        """Whether the date stands as she has been told. Only who comes knows of the sign to find each other by."""
        date = self.occurrence
        if self.told_off or date.cancelled_at:
            return self.told_off and date.cancelled_at is not None
        told = (self.told_starts, self.told_ends, self.told_place_id)
        same = told == (date.starts_at, date.ends_at, date.place_id)
        return same and (self.answer != "going" or self.told_spot == date.spot)

    occurrence: Mapped[Occurrence] = relationship()
    member: Mapped[Member] = relationship()
    kids: Mapped[list[Kid]] = relationship(secondary=rsvp_kids)
