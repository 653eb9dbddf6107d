"""The mail server of the machine: it keeps what it takes, and may ask to try later, refuse, or be cut off."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from enum import Enum

from sqlalchemy import select

from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.domain.words import clock_words, short_when, when_words
from meetups.domain.zones import to_local
from meetups.events.models import Occurrence
from meetups.extensions import db, reading
from meetups.mail.message import FinishedMail
from meetups.mail.models import MailState, OutboxMail
from meetups.mail.transport import Outcome, Result
from meetups.rsvps import queries
from meetups.rsvps.models import Told
from tests.conftest import NOW
from tests.rsvps.machine.look import Fact, Pair, dates_in

REMINDERS = ("day_before", "two_hours")
NEWS = ("promoted", "changed", "cancelled", "changes")
TO_HOSTS = ("host_news", "host_list")
# Whoever stands in the park must still hear how it has changed, and its host who comes late.
AFTER_THE_START = ("changed", "cancelled", "changes", "host_news")


class Mood(Enum):
    """What the mail server does with what it is sent; the last two strike one mail and are over."""

    TAKES = "takes it"
    GREY = "asks to try later"
    REFUSES = "refuses it for good"
    CUT = "takes it, and the connection ends before it says so"
    KILL = "takes it, and the worker is killed before it marks it"


class Killed(BaseException):
    """The process is gone: no statement reaches the database any more."""


@dataclass
class Mailman:
    """What has been heard, by whom, and what was wrong with it. `die` ends the worker."""

    die: Callable[[], None]
    mood: Mood = Mood.TAKES
    now: datetime = NOW
    heard: dict[Pair, Fact] = field(default_factory=dict)
    has_a_place: set[Pair] = field(default_factory=set)
    asked: set[tuple[Pair, datetime]] = field(default_factory=set)
    ids: Counter[str] = field(default_factory=Counter)
    doubled: int = 0
    unsure: int = 0  # what was taken and not marked, by a kill or a connection that ended: each may double one mail
    wrong: list[str] = field(default_factory=list)
    _in_hand: str = ""
    _last: dict[tuple[object, ...], Told | None] = field(default_factory=dict)

    def send(self, finished: FinishedMail, rcpt: str) -> Result:
        if self.mood == Mood.GREY:
            return Result(Outcome.RETRY, "greylisted")
        with reading():
            try:
                self._take(finished.read(), rcpt)
            finally:
                db.session.rollback()
        return self._answer()

    def _answer(self) -> Result:
        mood, self.mood = self.mood, self.mood if self.mood == Mood.REFUSES else Mood.TAKES
        if mood in (Mood.CUT, Mood.KILL):
            self.unsure += 1
        if mood == Mood.KILL:
            self.die()
            raise Killed
        # What is refused for good counts as heard: another try would tell it no better.
        return {
            Mood.TAKES: Result(Outcome.SENT),
            Mood.CUT: Result(Outcome.RETRY, "ConnectionResetError"),
            Mood.REFUSES: Result(Outcome.FAILED, "no such box"),
        }[mood]

    def count_in_hand(self) -> None:
        """Note whether a worker that was killed at a statement had not marked the mail that was taken last."""
        with reading():
            state = db.session.scalar(select(OutboxMail.state).where(OutboxMail.message_id == self._in_hand))
            db.session.rollback()
        self.unsure += state in (MailState.PENDING, MailState.SENDING)

    def reads(self, pair: Pair, fact: Fact, *, comes: bool) -> None:
        """Note what somebody reads on a date's page as she answers."""
        self.heard[pair] = fact
        (self.has_a_place.add if comes else self.has_a_place.discard)(pair)
        self._last.pop(("news", pair), None)

    def repeats(self, pair: Pair) -> None:
        """Somebody has read on a page of another kind how it stands: what a mail said before is news again."""
        self._last.pop(("news", pair), None)

    def forget(self, pair: Pair) -> None:
        """An answer is gone, and with it what was known by it."""
        self.heard.pop(pair, None)
        self.has_a_place.discard(pair)
        self._last.pop(("news", pair), None)

    def _take(self, mail: EmailMessage, rcpt: str) -> None:
        row = db.session.scalars(
            select(OutboxMail).where(OutboxMail.message_id == str(mail["Message-ID"]).replace("<again.", "<"))
        ).one()
        self._in_hand = row.message_id
        member = db.session.scalars(select(Member).where(Member.email == rcpt)).one()
        again = self.ids[mail["Message-ID"]] > 0
        self.ids[mail["Message-ID"]] += 1
        self.doubled += again
        letter = Letter(_kind(row, str(mail["Subject"])), str(mail["Subject"]), _text(mail), member)
        dates = [db.session.get(Occurrence, one) for one in dates_in(row.data)]
        told = letter.told([date for date in dates if date], self.heard)
        self._judge(letter, told, dates)
        fresh = [self._note(letter, date, again) for date in told]
        if fresh and not any(fresh) and not again and not _takes_back(row, mail):
            # Another mail says what one has said already: only what was sent before a kill may come so.
            self.doubled += 1

    def _judge(self, letter: "Letter", told: list[Occurrence], dates: list[Occurrence | None]) -> None:
        for date in told:
            if date.ends_at <= self.now or (date.starts_at <= self.now and letter.template not in AFTER_THE_START):
                self.wrong.append(f"{letter.template} about what has begun: {letter.subject}")
            if letter.template != "host_news" and not letter.says(date):
                self.wrong.append(f"another time or place than it has: {letter.subject}\n{letter.text}")
            if letter.template not in TO_HOSTS and queries.standing(date.id, letter.member.id) is None:
                self.wrong.append(f"to who is blocked, or has no answer: {letter.subject}")
        if not told and any(dates):
            self.wrong.append(f"says nothing of what it was written for: {letter.subject}\n{letter.text}")

    def _note(self, letter: "Letter", date: Occurrence, again: bool) -> bool:
        """Note what its reader knows by a mail; return whether it was new to her."""
        pair = date.id, letter.member.id
        if letter.template in TO_HOSTS:
            return True
        row = queries.standing(*pair)
        if letter.template in REMINDERS:
            return again or self._first((letter.template, pair, date.starts_at, date.place_id), None)
        self.heard[pair] = Fact(date.starts_at, date.place_id, date.cancelled_at is not None)
        if letter.template == "offered" and row:
            self.asked.add((pair, row.changed_at))
            return True
        if "you are in" in letter.subject.lower():
            self.has_a_place.add(pair)
        fresh = self._first(("news", pair), row.stands if row else None)
        # What she has just said is confirmed, whatever else she has read meanwhile.
        confirms = letter.template == "youre_in" and row and self._first(("yes", pair, row.changed_at), None)
        return again or fresh or bool(confirms)

    def _first(self, key: tuple[object, ...], stands: Told | None) -> bool:
        """Note what was said, and return whether the last that was said of it was something else."""
        fresh = key not in self._last or self._last[key] != stands
        self._last[key] = stands
        return fresh


@dataclass(frozen=True)
class Letter:
    """A mail as its reader reads it."""

    template: str
    subject: str
    text: str
    member: Member

    def told(self, dates: list[Occurrence], heard: dict[Pair, Fact]) -> list[Occurrence]:
        """Return which of the dates that it was queued for it says anything of."""
        if self.template != "changes":
            return dates
        return [date for date in dates if self._line(date, heard) or self._is_of(date, heard)]

    def _is_of(self, date: Occurrence, heard: dict[Pair, Fact]) -> bool:
        """Return whether it is of this one date, all others being told otherwise: then its subject names the day."""
        starts = {before.starts} if (before := heard.get((date.id, self.member.id))) else set()
        return any(short_when(to_local(at, date.meetup.zone)) in self.subject for at in {*starts, date.starts_at})

    def _line(self, date: Occurrence, heard: dict[Pair, Fact]) -> str | None:
        before = heard.get((date.id, self.member.id))
        start = f"- {short_when(to_local(before.starts, date.meetup.zone))}" if before else "-"
        return next((line for line in self.text.splitlines() if line.startswith(start)), None)

    def says(self, date: Occurrence) -> bool:
        """Return whether it says when and where a date is now, or that it is off."""
        local, ends = to_local(date.starts_at, date.meetup.zone), to_local(date.ends_at, date.meetup.zone)
        when = when_words(local, utcnow().date())
        if date.cancelled_at:
            return "cancelled" in self.text
        if self.template == "changes":
            return (when in self.text and date.place.name in self.text) or short_when(local) in self.text
        return f"{when} to {clock_words(ends)}, {date.place.name}" in self.text


def _takes_back(row: OutboxMail, mail: EmailMessage) -> bool:
    """Return whether a mail says that all is as it was, because an earlier try of it may have said otherwise: a worker
    that was killed with it claimed does not say whether it had left."""
    return row.may_have_left and str(mail["Message-ID"]).startswith("<again.")


def _kind(row: OutboxMail, subject: str) -> str:
    """Return what a mail is: what was queued to say that she is in says what is news by the time it leaves."""
    return "changed" if row.template == "promoted" and "you are in" not in subject.lower() else row.template


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")
