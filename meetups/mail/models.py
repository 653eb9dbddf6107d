"""The rows from which every mail is sent, and the development mailbox."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, LargeBinary, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from meetups.columns import Facts, Id, Instant, UTCDateTime
from meetups.extensions import Base


class MailState(StrEnum):
    """Where a mail is on its way. Only PENDING and SENDING rows are ever looked for."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


# Written out, not bound: SQLite uses a partial index only where it can see that the condition is the same.
IS_OPEN = text("state IN ('pending', 'sending')")
HAS_FAILED = text("state = 'failed'")
# What a try ends with where the server may have taken the message all the same (transport.py writes it down).
CUT_OFF = ("SMTPServerDisconnected", "ConnectionResetError", "BrokenPipeError", "TimeoutError")


class OutboxMail(Base):
    """One mail to one address, written in the same transaction as the fact it tells of."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "next_try", "id", postgresql_where=IS_OPEN, sqlite_where=IS_OPEN),
        Index(None, "finished_at"),
        # What else waits for one reader; what was refused lately; whose mail came back.
        Index("ix_outbox_open_rcpt", "rcpt", postgresql_where=IS_OPEN, sqlite_where=IS_OPEN),
        Index("ix_outbox_failed", "finished_at", postgresql_where=HAS_FAILED, sqlite_where=HAS_FAILED),
        Index(None, "message_id"),
    )

    id: Mapped[Id]
    # "kind:occurrence:member:revision": writing the same mail twice leaves one row.
    dedupe_key: Mapped[str] = mapped_column(String(120), unique=True)
    template: Mapped[str] = mapped_column(String(40))
    rcpt: Mapped[str] = mapped_column(String(254))
    data: Mapped[Facts]
    message_id: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(12), default=MailState.PENDING)
    created_at: Mapped[Instant]
    next_try: Mapped[Instant]  # when it is due; pushed on by a failure, and by the lease of who sends it
    not_after: Mapped[datetime | None] = mapped_column(UTCDateTime())
    attempts: Mapped[int] = mapped_column(default=0)  # how often it was taken, also by workers that died
    failures: Mapped[int] = mapped_column(default=0, server_default="0")  # how often it could not be sent
    # An earlier try may have been taken: its worker died before it was marked, or the connection ended before the
    # server's word.
    may_have_left: Mapped[bool] = mapped_column(default=False, server_default=false())
    owner: Mapped[str | None] = mapped_column(String(64))
    # When the lease of who sends it ends on the machine's steady clock (seconds): setting the wall clock ends none.
    held_until: Mapped[float | None]
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    outcome: Mapped[str | None] = mapped_column(String(200))  # why it was dropped or failed; no address


class MailboxMessage(Base):
    """A message kept for the mailbox page, where development has no mail server."""

    __tablename__ = "mailbox"

    id: Mapped[Id]
    rcpt: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(250))
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Instant]


class Heartbeat(Base):
    """When each background worker last finished a round."""

    __tablename__ = "heartbeats"

    worker: Mapped[str] = mapped_column(String(64), primary_key=True)
    beat_at: Mapped[Instant]
