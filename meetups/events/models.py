"""Meetups, their occurrences, and the facts of what a host has changed."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from meetups.accounts.models import Member
from meetups.columns import Facts, Id, Instant, PublicId, UTCDateTime, WallClock
from meetups.extensions import Base
from meetups.places.models import Place

RID_FORMAT = "%Y-%m-%dT%H%M"


def rid(recurrence_id: datetime) -> str:
    """Return a recurrence id as it stands in addresses: "2026-12-01T1000"."""
    return recurrence_id.strftime(RID_FORMAT)


def parse_rid(text: str) -> datetime | None:
    """Read what `rid` wrote; None for anything else."""
    try:
        parsed = datetime.strptime(text, RID_FORMAT)
    except ValueError:
        return None
    return parsed if rid(parsed) == text else None


class Kind(StrEnum):
    """What a meetup is."""

    WALK = "walk"
    PARK = "park"
    COFFEE = "coffee"
    PLAYGROUND = "playground"
    OTHER = "other"


class Visibility(StrEnum):
    """Who may see a meetup whole."""

    PUBLIC = "public"
    MEMBERS = "members"


class Meetup(Base):
    """What a host posts: a wall-clock start in the zone of its place, and a rule if it repeats."""

    __tablename__ = "meetups"
    __table_args__ = (UniqueConstraint("host_id", "form_key"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    host_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    visibility: Mapped[str] = mapped_column(String(12), default=Visibility.PUBLIC)
    title: Mapped[str] = mapped_column(String(80))
    note: Mapped[str | None] = mapped_column(Text)
    # How people find the host: seen only by those who come.
    spot: Mapped[str] = mapped_column(String(160))
    # The first instance of the rule (RFC 5545 DTSTART), wall clock in `zone`.
    starts: Mapped[WallClock]
    zone: Mapped[str] = mapped_column(String(64))
    duration: Mapped[int]  # minutes
    rule: Mapped[str | None] = mapped_column(String(120))  # domain.recurrence.stored
    ages: Mapped[int]  # domain.ages.AgeBand bits
    capacity: Mapped[int | None]  # families besides the host; None is as many as come
    # What a calendar needs to notice a change (RFC 5545 SEQUENCE, LAST-MODIFIED).
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    # Wall-clock time up to which occurrences exist as rows; None once the rule has ended.
    rolled_to: Mapped[datetime | None] = mapped_column(index=True)
    # Made by the form, so that two taps post one meetup.
    form_key: Mapped[str | None] = mapped_column(String(43))
    # The first part of a series that "this and following" has split; None for that first part itself.
    series_id: Mapped[int | None] = mapped_column(ForeignKey("meetups.id", ondelete="SET NULL"), index=True)
    # Whose calendar it was brought in from ("East York library"); None for what a member has written here.
    source: Mapped[str | None] = mapped_column(String(120))

    host: Mapped[Member] = relationship()
    place: Mapped[Place] = relationship()


class Occurrence(Base):
    """One date of a meetup (a recurrence instance). Place, kind, ages and capacity stand here too, so that
    "near here, soonest first" is a walk along one index, and so that one date can differ from its series."""

    __tablename__ = "occurrences"
    __table_args__ = (
        UniqueConstraint("meetup_id", "recurrence_id"),
        CheckConstraint("taken >= 0", name="taken_not_negative"),
        Index(None, "starts_at", "id"),
        Index(None, "cell6", "starts_at", "id"),
        Index(None, "cell7", "starts_at", "id"),
        Index(None, "cell8", "starts_at", "id"),
        # An undo deletes dates that it finds added; mails are kept from going out twice by the ids of dates.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Id]
    meetup_id: Mapped[int] = mapped_column(ForeignKey("meetups.id", ondelete="CASCADE"))
    # The wall-clock start the rule gave it; it stays when the date is moved (RFC 5545 RECURRENCE-ID).
    recurrence_id: Mapped[WallClock]
    # What calendars know this date by for ever, whatever an edit makes of its recurrence id (RFC 5545 UID).
    uid: Mapped[PublicId]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    cell6: Mapped[str] = mapped_column(String(16))
    cell7: Mapped[str] = mapped_column(String(16))
    cell8: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(12))
    ages: Mapped[int]
    capacity: Mapped[int | None]
    taken: Mapped[int] = mapped_column(default=0)  # families going
    # The fields this date has changed for itself: editing the series leaves them alone.
    own: Mapped[list[str]] = mapped_column(JSON, default=list)
    # What it says for itself instead of its meetup; None where it says the same.
    own_title: Mapped[str | None] = mapped_column(String(80))
    own_note: Mapped[str | None] = mapped_column(Text)
    own_spot: Mapped[str | None] = mapped_column(String(160))
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    cancel_reason: Mapped[str | None] = mapped_column(String(160))
    # Grows when date, time, place or state changes: each is told once.
    revision: Mapped[int] = mapped_column(default=0)
    # The start for which the host's list of who comes was queued.
    listed_for: Mapped[datetime | None] = mapped_column(UTCDateTime())

    meetup: Mapped[Meetup] = relationship()
    place: Mapped[Place] = relationship()

    @property
    def title(self) -> str:
        """What this date is called."""
        return self.own_title or self.meetup.title

    @property
    def note(self) -> str | None:
        """The host's note for this date; an empty own one takes the meetup's away."""
        return self.meetup.note if self.own_note is None else self.own_note or None

    @property
    def spot(self) -> str:
        """How people find the host on this date: only for those who come."""
        return self.own_spot or self.meetup.spot


class Edit(Base):
    """What one press of "Save" changed, kept for as long as it can be undone."""

    __tablename__ = "edits"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    meetup_id: Mapped[int] = mapped_column(ForeignKey("meetups.id", ondelete="CASCADE"), index=True)
    # Every changed row's columns as they were: events.undo.
    before: Mapped[Facts]
    created_at: Mapped[Instant] = mapped_column(index=True)

    meetup: Mapped[Meetup] = relationship()


class ChangeKind(StrEnum):
    """What happened to a date."""

    MOVED = "moved"
    CANCELLED = "cancelled"
    ROOM = "room"


class Change(Base):
    """The fact that a host changed one date, from which those who come are told (rsvps reads it)."""

    __tablename__ = "changes"
    __table_args__ = (
        Index("ix_changes_unhandled", "due", "id", postgresql_where=text("handled_at IS NULL"),
              sqlite_where=text("handled_at IS NULL")),
    )  # fmt: skip

    id: Mapped[Id]
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrences.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[Instant]
    # When those who come are told: a little later, so that it can be undone and several changes make one mail.
    due: Mapped[Instant]
    handled_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    edit_id: Mapped[int | None] = mapped_column(ForeignKey("edits.id", ondelete="SET NULL"), index=True)

    occurrence: Mapped[Occurrence] = relationship()
