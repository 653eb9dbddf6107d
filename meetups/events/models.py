"""Meetups, their occurrences, and the facts of what a host has changed."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from meetups.accounts.models import Member
from meetups.columns import Facts, Id, Instant, PublicId, UTCDateTime, WallClock
from meetups.events.ages import Aged
from meetups.events.dated import Dated
from meetups.extensions import Base
from meetups.places.models import Place

RID_FORMAT = "%Y-%m-%dT%H%M"
# In `own` of the dates that are off because their series rests: waking it brings these back, and no others.
RESTING = "resting"


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


class RainPlan(StrEnum):
    """What happens when it rains: no row's word is that nobody has said."""

    GO = "go"
    PLACE = "place"


class Meetup(Aged, Base):
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

    # What happens when it rains, and where, if elsewhere; and how people find the host there.
    rain_plan: Mapped[str | None] = mapped_column(String(12))
    rain_place_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    rain_spot: Mapped[str | None] = mapped_column(String(160))

    # Since when its dates are off for nobody welcomed those who came, and when somebody woke it last.
    resting_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    woken_at: Mapped[datetime | None] = mapped_column(UTCDateTime())

    host: Mapped[Member] = relationship()
    place: Mapped[Place] = relationship(foreign_keys=[place_id])
    rain_place: Mapped[Place | None] = relationship(foreign_keys=[rain_place_id])


_HELD = text("held_by_id IS NOT NULL")


class Occurrence(Dated, Aged, Base):
    """One date of a meetup (a recurrence instance). Place, kind, ages and capacity stand here too, so that
    "near here, soonest first" is a walk along one index, and so that one date can differ from its series."""

    __tablename__ = "occurrences"
    __table_args__ = (
        UniqueConstraint("meetup_id", "recurrence_id"),
        CheckConstraint("taken >= 0", name="taken_not_negative"),
        Index(None, "starts_at", "id"),
        # Of the few that are held: one of all would lure SQLite away from the starts of the many that are not.
        Index("ix_occurrences_held", "held_by_id", postgresql_where=_HELD, sqlite_where=_HELD),
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
    # When the host's list left, which asks whether it is still on where she has not said so, and when she last did
    # anything that says yes (domain.hosting).
    asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    # Who is the one to find in the host's stead, and her own words for how; since when nobody may be there.
    held_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    held_spot: Mapped[str | None] = mapped_column(String(160))
    unhosted_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    # Whom a mail has named to the host last, as `who`; None while it is she.
    host_told_who: Mapped[int | None]
    # When the host said that her rain plan holds today, where the date was before that moved it, and where it did to.
    rain_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    dry_place_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    wet_place_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    # The spot that it had for itself there.
    dry_spot: Mapped[str | None] = mapped_column(String(160))

    meetup: Mapped[Meetup] = relationship()
    place: Mapped[Place] = relationship(foreign_keys=[place_id])
    dry_place: Mapped[Place | None] = relationship(foreign_keys=[dry_place_id])
    held_by: Mapped[Member | None] = relationship()

    def put_who(self, member: Member | None, spot: str | None = None, unhosted: datetime | None = None) -> None:
        """Put down who is the one to find, and by what words; with neither a member nor `unhosted`, it is the host."""
        self.held_by, self.held_by_id = member, member.id if member else None
        self.held_spot, self.unhosted_at = spot, unhosted
        if self.who is None:
            self.host_told_who = None


class CoHost(Base):
    """Who may do on a series what its host may: asked by her, and once she has accepted."""

    __tablename__ = "cohosts"
    __table_args__ = (UniqueConstraint("series_id", "member_id"),)

    id: Mapped[Id]
    # The first part of the series, whatever it has been split into.
    series_id: Mapped[int] = mapped_column(ForeignKey("meetups.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    invited_at: Mapped[Instant]
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime())

    member: Mapped[Member] = relationship()


class HandOver(Base):
    """A series offered to somebody who would host it from now on; gone once she does."""

    __tablename__ = "hand_overs"

    id: Mapped[Id]
    series_id: Mapped[int] = mapped_column(ForeignKey("meetups.id", ondelete="CASCADE"), unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    offered_at: Mapped[Instant]

    member: Mapped[Member] = relationship()


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
    WHO = "who"
    RAIN = "rain"


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
