"""Calendars of others that are brought in, and which of their events became which meetup."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from meetups.accounts.models import Member
from meetups.columns import Facts, Id, Instant, PublicId, UTCDateTime
from meetups.events.models import Meetup
from meetups.extensions import Base
from meetups.places.models import Place


class Calendar(Base):
    """Somebody else's calendar, brought in by a member, who hosts what is in it."""

    __tablename__ = "calendars"
    __table_args__ = (
        Index("ix_calendars_next_read", "next_read", "id", postgresql_where=text("next_read IS NOT NULL"),
              sqlite_where=text("next_read IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    # Whose it is: "East York library".
    name: Mapped[str] = mapped_column(String(80))
    # Where it is followed; None for one that is uploaded.
    url: Mapped[str | None] = mapped_column(String(500))
    etag: Mapped[str | None] = mapped_column(String(200))
    last_modified: Mapped[str | None] = mapped_column(String(80))
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    # When its file came whole: dates come near by themselves, so now and then it is asked for even if unchanged.
    whole_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    # When a worker looks at it next: reads the address, or cancels what an uploaded file left out far ahead.
    next_read: Mapped[datetime | None] = mapped_column(UTCDateTime())
    failures: Mapped[int] = mapped_column(default=0)
    # What the last read came to, in words for its member; never an address.
    outcome: Mapped[str | None] = mapped_column(String(200))
    # [[name, why], ...] of what the last read did not take.
    refused: Mapped[list[Any]] = mapped_column(JSON, default=list)
    # What holds where an event itself does not say: the place, the kind, the ages (domain.ages bits).
    place_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    kind: Mapped[str] = mapped_column(String(12))
    ages: Mapped[int]
    created_at: Mapped[Instant]
    # A file that waits for her word (blocks.reduced), for a day.
    upload: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    uploaded_at: Mapped[datetime | None] = mapped_column(UTCDateTime(), index=True)

    member: Mapped[Member] = relationship()
    place: Mapped[Place | None] = relationship()


class CalendarEvent(Base):
    """One event of a calendar as a meetup: what it said when it was last read, and what its host has put right."""

    __tablename__ = "calendar_events"
    __table_args__ = (UniqueConstraint("calendar_id", "uid", "recurrence_id"),)

    id: Mapped[Id]
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendars.id", ondelete="CASCADE"))
    uid: Mapped[str] = mapped_column(String(200))
    # The date of a series that is a meetup of its own (ISO wall clock); "" for a whole event.
    recurrence_id: Mapped[str] = mapped_column(String(40))
    meetup_id: Mapped[int] = mapped_column(ForeignKey("meetups.id", ondelete="CASCADE"), index=True)
    # A digest of each field as it was last read: what a correction and a change are told by.
    read: Mapped[Facts]
    # The fields that are the host's own since.
    # When a followed calendar was first read without it: once may be a slip of theirs.
    missing_since: Mapped[datetime | None] = mapped_column(UTCDateTime())
    corrected: Mapped[list[str]] = mapped_column(JSON, default=list)
    # {recurrence id: [the start instead or null, whether that is done]}
    exceptions: Mapped[Facts]

    calendar: Mapped[Calendar] = relationship()
    meetup: Mapped[Meetup] = relationship()
