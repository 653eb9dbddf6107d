"""Members, their kids, their sessions, the codes they sign in with, and whom they have blocked."""

from datetime import date, datetime
from typing import Any

from flask_login import UserMixin
from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from meetups.columns import Facts, Id, Instant, PublicId, TokenHash, UTCDateTime
from meetups.domain.mails import KINDS
from meetups.domain.naps import Sleeper
from meetups.extensions import Base


def _on(kind: str) -> Any:
    return mapped_column(default=KINDS[kind].default)


# Written out, not bound: SQLite uses a partial index only where it can see that the condition is the same.
LOOKS_AHEAD = text("wants_weekly IS TRUE AND home_cell IS NOT NULL")


class Member(UserMixin, Base):
    """A person with an account. The pages speak to mothers; the code says member."""

    __tablename__ = "members"
    __table_args__ = (
        Index("ix_members_weekly", "weekly_at", postgresql_where=LOOKS_AHEAD, sqlite_where=LOOKS_AHEAD),
        # Who lives around a place: events/around.py.
        Index(None, "home_cell"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    first_name: Mapped[str] = mapped_column(String(40))
    # An H3 cell at resolution 8 (about 0.7 km2): there is no home address and no home point anywhere.
    home_cell: Mapped[str | None] = mapped_column(String(16))
    home_name: Mapped[str | None] = mapped_column(String(80))
    # Since when it is that cell; None: longer ago than we have kept it.
    home_since: Mapped[datetime | None] = mapped_column(UTCDateTime())
    created_at: Mapped[Instant]
    # Which mails she wants: one column for each of domain.mails.KINDS that can be switched off.
    wants_day_before: Mapped[bool] = _on("day_before")
    wants_two_hours: Mapped[bool] = _on("two_hours")
    wants_host_list: Mapped[bool] = _on("host_list")
    wants_baton: Mapped[bool] = _on("baton")
    wants_asked: Mapped[bool] = _on("asked")
    wants_replies: Mapped[bool] = _on("replies")
    wants_wishes: Mapped[bool] = _on("wishes")
    wants_weekly: Mapped[bool] = _on("weekly")  # counts once she has a home cell
    # Invitations that the phone's own Yes and No answer; None: as long as she has no feed, so that nothing shows twice.
    wants_invitations: Mapped[bool | None]
    # The links in her mails that answer without signing in hold this number: a new one ends all of them.
    mail_links: Mapped[int] = mapped_column(default=0)
    # When she wants them: the hour of the mail on the day before (None: that of the meetup), the weekday of the
    # look-ahead (0 is Monday) and when the next one is due, and her quiet hours.
    day_before_hour: Mapped[int | None]
    weekly_day: Mapped[int] = mapped_column(default=6)
    weekly_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    quiet_from: Mapped[int] = mapped_column(default=21)
    quiet_until: Mapped[int] = mapped_column(default=7)
    # Since when her mails come back: she gets nothing but the codes she asks for.
    mail_suspended_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    # When a mail last reached her for certain: its code or link was used.
    mail_works_since: Mapped[datetime | None] = mapped_column(UTCDateTime())
    # Who runs the site for a town: `flask make-admin`.
    admin: Mapped[bool] = mapped_column(default=False)
    # "host", "regular" or "first-timer" for the demo town's one-tap look round; empty for everybody else.
    demo_role: Mapped[str | None] = mapped_column(String(20))

    kids: Mapped[list["Kid"]] = relationship(
        back_populates="member", order_by="Kid.month.desc()", cascade="all, delete-orphan"
    )


class Kid(Base):
    """A child: the first day of the birth month or of the due month, and roughly when it naps, if its mother says."""

    __tablename__ = "kids"

    id: Mapped[Id]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    month: Mapped[date] = mapped_column(Date)
    # None: longer ago than we have kept it.
    added_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    # domain.naps.Sleeper: "usual", or what her mother told and when; None: she has said nothing, and nothing is marked.
    naps: Mapped[str | None] = mapped_column(String(60))
    naps_since: Mapped[date | None] = mapped_column(Date)

    member: Mapped[Member] = relationship(back_populates="kids")

    @property
    def sleeper(self) -> Sleeper | None:
        """When it naps, for its mother alone; None where she has said nothing."""
        return Sleeper.read(self.month, self.naps, self.naps_since) if self.naps is not None else None

    @sleeper.setter
    def sleeper(self, sleeper: Sleeper | None) -> None:
        self.naps, self.naps_since = (sleeper.stored, sleeper.since) if sleeper else (None, None)


class LoginSession(Base):
    """One signed-in browser: deleting the row signs it out, whatever cookie was copied."""

    __tablename__ = "login_sessions"

    id: Mapped[Id]
    token_hash: Mapped[TokenHash]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[Instant]
    last_seen_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    device: Mapped[str] = mapped_column(String(60))

    member: Mapped[Member] = relationship()


class SignIn(Base):
    """One emailed code and link, with what she was doing when we asked for her address."""

    __tablename__ = "sign_ins"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    email: Mapped[str] = mapped_column(String(254), index=True)
    first_name: Mapped[str | None] = mapped_column(String(40))
    code_hash: Mapped[str] = mapped_column(String(64))
    link_hash: Mapped[TokenHash]
    wrong_codes: Mapped[int] = mapped_column(default=0)
    # {"action": "answer" | "host" | None, "next": "/path", ...}: done when the address is confirmed.
    held: Mapped[Facts]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime())


class Bounce(Base):
    """One mail that came back for good, or was refused for good as it was sent."""

    __tablename__ = "bounces"
    __table_args__ = (UniqueConstraint("message_id", "refused"),)

    id: Mapped[Id]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[str] = mapped_column(String(120))  # of our mail
    refused: Mapped[bool]  # as it was sent; else a report came back (RFC 3464)
    status: Mapped[str] = mapped_column(String(12))  # RFC 3463: "5.1.1"
    at: Mapped[Instant]


class Attempt(Base):
    """How often one key (a hashed address, a network) did one thing in one window of time."""

    __tablename__ = "attempts"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    window_start: Mapped[datetime] = mapped_column(UTCDateTime(), primary_key=True)
    count: Mapped[int]


_UNSETTLED = text("settled_at IS NULL")


class Block(Base):
    """One member does not want to meet another; it works both ways."""

    __tablename__ = "blocks"
    __table_args__ = (
        CheckConstraint("blocker_id <> blocked_id", name="not_oneself"),
        Index(None, "blocked_id", "blocker_id"),
        Index("ix_blocks_unsettled", "created_at", postgresql_where=_UNSETTLED, sqlite_where=_UNSETTLED),
    )

    blocker_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    blocked_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[Instant]
    # When the answers that the two had given to each other's dates were taken back (rsvps does that).
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
