"""What a reply changes: the answer, just as a tap on the page would."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from meetups.accounts.bounces import came_back
from meetups.config import Settings
from meetups.domain.capacity import Answer
from meetups.domain.errors import Problem
from meetups.domain.replies import ANSWERS, Said, Standing, too_old
from meetups.events.calendar import date_uid
from meetups.mail import returns
from meetups.replies import emails, queries
from meetups.replies.reading import Reply
from meetups.replies.reports import Report
from meetups.rsvps import services as rsvps
from meetups.rsvps.models import Rsvp
from meetups.rsvps.telling import tell

COMPOSERS = emails  # importing it registers the mail


class Outcome(Enum):
    """What became of a message."""

    TAKEN = "taken"
    IGNORED = "changes nothing"
    BAD = "no reply"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    AWAY = "try again"


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome and why, fit for a log: no address, no token."""

    outcome: Outcome
    why: str = ""


def apply(reply: Reply, now: datetime) -> Result:
    """Give the answer that a reply carries to its date, with the kids she last had.

    A full date puts her on the waiting list, and she is told, for her calendar believes that she has a place.
    """
    row = queries.answer(reply.token)
    if row is None:
        return Result(Outcome.UNKNOWN, "no such answer, or a forged token")
    if not _is_hers(reply, row):
        return Result(Outcome.REFUSED, "another date or another guest")
    wanted = ANSWERS.get(reply.partstat)
    why = "neither yes, no nor maybe" if wanted is None else too_old(_said(reply), _standing(row))
    if wanted is None or why:
        return Result(Outcome.IGNORED, why or "")
    # A clock that runs ahead must not keep what she says next from counting.
    return _answer(row, wanted, min(reply.made, now), now)


def take_report(report: Report, to: str, settings: Settings, now: datetime) -> Result:
    """Count a report of a mail server that one of our mails could not be delivered, if it came `to` the address from
    which we have sent that very mail. It is never answered, whatever it says."""
    if report.status is None:
        return Result(Outcome.IGNORED, "a report of nothing that has failed for good")
    signature = returns.find(to, settings)
    ours = [one for one in report.message_ids if signature and returns.signs(signature, one, settings)]
    if any(came_back(message_id, report.status, now) for message_id in ours):
        return Result(Outcome.TAKEN, "a report of a mail that came back")
    return Result(Outcome.IGNORED, "a report that counts for nobody")


def _is_hers(reply: Reply, row: Rsvp) -> bool:
    # A forwarded invitation holds her token, and answers with the address of whoever it was forwarded to.
    return reply.uid == date_uid(row.occurrence) and reply.attendee == row.member.email.lower()


def _said(reply: Reply) -> Said:
    return Said(made=reply.made, sequence=reply.sequence, starts=reply.starts)


def _standing(row: Rsvp) -> Standing:
    date = row.occurrence
    return Standing(
        starts=date.starts_at,
        sequence=date.meetup.sequence,
        answered=row.changed_at,
        answered_starts=row.for_starts,
        same_place=row.for_place_id == date.place_id,
        replied=row.replied_at,
    )


def _answer(row: Rsvp, wanted: Answer, made: datetime, now: datetime) -> Result:
    before = row.answer
    try:
        row = rsvps.answer(row.occurrence, row.member, wanted, row.kids, now, replied=made)
    except Problem as problem:
        return Result(Outcome.IGNORED, problem.message)
    if row.answer == Answer.WAITING and before != Answer.WAITING:
        tell("waiting", row.occurrence, row.member, now, stamp=now.isoformat(), since=now.isoformat())
    return Result(Outcome.TAKEN)
