"""Answers and the kids that come with them."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Column, Date, ForeignKey, Index, String, Table, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from meetups.accounts.models import Kid, Member
from meetups.columns import Id, Instant, UTCDateTime
from meetups.domain.excuses import standing_for_host
from meetups.events.models import Meetup, Occurrence
from meetups.extensions import Base

rsvp_kids = Table(
    "rsvp_kids",
    Base.metadata,
    Column("rsvp_id", ForeignKey("rsvps.id", ondelete="CASCADE"), primary_key=True),
    Column("kid_id", ForeignKey("kids.id", ondelete="CASCADE"), primary_key=True, index=True),
)

standing_kids = Table(
    "standing_kids",
    Base.metadata,
    Column("standing_id", ForeignKey("standing_yeses.id", ondelete="CASCADE"), primary_key=True),
    Column("kid_id", ForeignKey("kids.id", ondelete="CASCADE"), primary_key=True, index=True),
)

_ACTIVE = text("ended_at IS NULL")
_OFFERED = text("answer = 'offered'")
_UNPLANNED = text("planned_at IS NULL AND answer = 'going'")


class Told(NamedTuple):
    """How a date stands for a family: times in UTC, the sign to find each other by, whether it is off, whether she
    has a place, who is there to find (Occurrence.who), and whether it is on rain or shine."""

    starts: datetime
    ends: datetime
    place_id: int
    spot: str
    off: bool
    has_place: bool
    who: int | None
    rain: bool


class Rsvp(Base):
    """A member's answer to one occurrence: going, maybe, not_going, waiting, or offered (a place)."""

    __tablename__ = "rsvps"
    __table_args__ = (
        UniqueConstraint("occurrence_id", "member_id"),
        # Its head is who gets the next free place.
        Index(None, "occurrence_id", "answer", "waiting_since", "id"),
        Index("ix_rsvps_unplanned", "id", postgresql_where=_UNPLANNED, sqlite_where=_UNPLANNED),
        Index("ix_rsvps_offered", "offered_until", postgresql_where=_OFFERED, sqlite_where=_OFFERED),
    )

    id: Mapped[Id]
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrences.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    answer: Mapped[str] = mapped_column(String(12))
    waiting_since: Mapped[datetime | None] = mapped_column(UTCDateTime())
    # Given by her standing yes, and not answered by herself since.
    by_standing: Mapped[bool] = mapped_column(default=False)
    # That she does not come is no miss: there was no place for her, or she has not said so herself.
    no_miss: Mapped[bool] = mapped_column(default=False)
    # Why she cannot come (domain.excuses.Reason), for those who host now, until the date is over.
    reason: Mapped[str | None] = mapped_column(String(12))
    # How many minutes late she is, where she has said so.
    late: Mapped[int | None]
    # When, shortly before the date, she gave up her place or said how late she is; and what of it (domain.excuses)
    # the host has been written last.
    news_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    host_told: Mapped[str | None] = mapped_column(String(24))
    # Until when a place is held for her. It stays once she has let it pass, so that she is not asked again.
    offered_until: Mapped[datetime | None] = mapped_column(UTCDateTime())
    # Whether the mail that offers it has left: else she has let nothing pass.
    offer_told: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    # The time and place she answered to. Where the date has moved since, she is asked again.
    for_starts: Mapped[Instant]
    for_place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    # What she has last been told, by a page or by a mail that has left: where it differs, she is written to.
    told_starts: Mapped[Instant]
    told_ends: Mapped[Instant]
    told_place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    told_spot: Mapped[str] = mapped_column(String(160))
    told_off: Mapped[bool] = mapped_column(default=False)
    told_in: Mapped[bool]
    told_who: Mapped[int | None]
    told_rain: Mapped[bool] = mapped_column(default=False)
    told_at: Mapped[Instant]
    # The DTSTAMP of the last reply her calendar program has sent: an older one changes nothing.
    replied_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    # When reminders were queued for this answer and this time; emptied when either changes.
    planned_at: Mapped[datetime | None] = mapped_column(UTCDateTime())

    @property
    def skipped(self) -> bool:
        """Whether a pause of her standing yes says no for her: what she comes back to it answers anew."""
        return self.by_standing and self.answer == "not_going"

    @property
    def for_host(self) -> str | None:
        """How she stands for the host, where she has a place or gave one up (domain.excuses)."""
        return standing_for_host(self.answer, self.late_now)

    @property
    def untold(self) -> bool:
        """Whether the host is still to be written how she stands."""
        return self.news_at is not None and self.for_host != self.host_told

    @property
    def late_now(self) -> int | None:
        """How many minutes late she is; nothing where the date has moved since she said so."""
        return None if self.asked_again else self.late

    @property
    def asked_again(self) -> bool:
        """Whether the date has moved to another time or place since she said going or maybe."""
        now_is = (self.occurrence.starts_at, self.occurrence.place_id)
        return self.answer in ("going", "maybe") and (self.for_starts, self.for_place_id) != now_is

    def answered(self, now: datetime) -> None:
        """Note that her answer is to the date as it stands."""
        self.for_starts, self.for_place_id = self.occurrence.starts_at, self.occurrence.place_id
        self.hear(self.stands, now)

    def hear(self, told: Told, now: datetime) -> None:
        """Note what she knows from now on."""
        self.told_starts, self.told_ends, self.told_place_id = told.starts, told.ends, told.place_id
        self.told_spot, self.told_off = told.spot, told.off
        self.told_in, self.told_who, self.told_rain = told.has_place, told.who, told.rain
        self.told_at = now

    @property
    def stands(self) -> Told:
        """How the date stands for her now."""
        date, off = self.occurrence, self.occurrence.cancelled_at is not None
        # Of what is off she is not told that she has a place.
        has_place = self.answer == "going" and not (off and not self.told_in)
        when = date.starts_at, date.ends_at, date.place_id
        return Told(*when, date.spot, off, has_place, date.who, date.rain_or_shine)

    @property
    def told(self) -> Told:
        """How she believes that it stands."""
        when = self.told_starts, self.told_ends, self.told_place_id
        return Told(*when, self.told_spot, self.told_off, self.told_in, self.told_who, self.told_rain)

    @property
    def read_at(self) -> datetime:
        """When she last read all about the date: on its page as she answered, or in a mail."""
        return max(self.changed_at, self.told_at)

    @property
    def let_in(self) -> bool:
        """Whether she has a place, and has not heard of it: "you are in" is a mail of its own."""
        return self.answer == "going" and not self.told_in and self.occurrence.cancelled_at is None

    @property
    def knows(self) -> bool:
        """Whether the date stands as she has been told. Only who comes knows of the sign to find each other by."""
        told, stands = self.told, self.stands
        if told.off or stands.off:
            return told.off and stands.off
        if self.answer == "going":
            return told == stands
        return told[:3] == stands[:3]

    occurrence: Mapped[Occurrence] = relationship()
    member: Mapped[Member] = relationship()
    kids: Mapped[list[Kid]] = relationship(secondary=rsvp_kids)


class StandingYes(Base):
    """A member's answer to a whole series: she comes every time unless she says otherwise."""

    __tablename__ = "standing_yeses"
    __table_args__ = (
        UniqueConstraint("series_id", "member_id"),
        Index("ix_standing_yeses_due", "look_at", postgresql_where=_ACTIVE, sqlite_where=_ACTIVE),
    )

    id: Mapped[Id]
    # The first part of the series, which stays whatever is split off.
    series_id: Mapped[int] = mapped_column(ForeignKey("meetups.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    # Since when she comes every time, without a break: what she missed before is nobody's business.
    since: Mapped[Instant]
    # The first day (at the place) on which she is back; dates before it are not answered for her.
    paused_until: Mapped[date | None] = mapped_column(Date)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    # When the worker looks for new dates of the series next.
    look_at: Mapped[Instant]

    series: Mapped[Meetup] = relationship()
    member: Mapped[Member] = relationship()
    kids: Mapped[list[Kid]] = relationship(secondary=standing_kids)
