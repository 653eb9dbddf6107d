"""The words of mails about an answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from meetups.domain.words import when_words
from meetups.events.calendar import date_calendar
from meetups.events.models import Occurrence, rid
from meetups.events.shown import Shown, show
from meetups.mail.composers import composer
from meetups.mail.message import Attachment, Drop, Invitation, Message, render
from meetups.mail.models import OutboxMail
from meetups.rsvps import invitations, queries
from meetups.rsvps.models import Rsvp
from meetups.web.links import public_url

NOT_SO = Drop("no longer so")


@composer("youre_in")
@composer("promoted")
def coming(mail: OutboxMail, now: datetime) -> Message | Drop:
    """Compose the yes of somebody who has a place, with the date for her calendar."""
    found = _standing(mail)
    if found is None or found[1].answer != "going" or found[0].cancelled_at or found[0].starts_at <= now:
        return NOT_SO
    row = found[1]
    if row.changed_at != datetime.fromisoformat(mail.data["since"]):
        return Drop("answered again")
    # Her calendar knows the date already, and that she comes: it must not ask again.
    partstat = "ACCEPTED" if row.replied_at else "NEEDS-ACTION"
    return _message(mail, row, now, _invitation(row, "REQUEST", now, partstat), _file(row, now))


@composer("changed")
def changed(mail: OutboxMail, now: datetime) -> Message | Drop:
    """Compose a new time or place, or that a cancelled date takes place after all."""
    found = _standing(mail)
    if found is None or found[1].answer == "not_going" or found[0].cancelled_at or found[0].ends_at <= now:
        return NOT_SO
    if found[0].revision != mail.data["revision"]:
        return Drop("changed again")
    row = found[1]
    return _message(mail, row, now, _invitation(row, "REQUEST", now), _file(row, now))


@composer("cancelled")
def cancelled(mail: OutboxMail, now: datetime) -> Message | Drop:
    """Compose that a date does not take place."""
    found = _standing(mail)
    if found is None or found[1].answer == "not_going" or not found[0].cancelled_at:
        return NOT_SO
    return _message(mail, found[1], now, _invitation(found[1], "CANCEL", now), ())


@composer("changes")
def changes(mail: OutboxMail, now: datetime) -> Message | Drop:
    """Compose what has become of several dates of one meetup."""
    found = [(was, queries.standing(int(was["occurrence"]), int(mail.data["member"]))) for was in mail.data["dates"]]
    lines = [
        _Line(show(date, row.member, now, answer=row.answer, asked=row.asked_again), was)
        for was, standing in found
        if standing
        for date, row in [standing]
        if row.answer != "not_going" and date.revision == was["revision"] and date.ends_at > now
    ]
    if not lines:
        return NOT_SO
    lines.sort(key=lambda line: line.shown.local)
    words = render(
        "changes",
        title=lines[-1].shown.title,
        lines=lines,
        off=all(line.shown.cancelled for line in lines),
        asked=any(line.shown.asked and not line.shown.cancelled for line in lines),
        mine=public_url("pages.mine"),
    )
    return Message(*words)


@dataclass(frozen=True, slots=True)
class _Line:
    """One date of several: as it stands, and what she heard of it last."""

    shown: Shown
    was: dict[str, Any]

    @property
    def before(self) -> datetime:
        """The wall-clock start she has heard of."""
        return datetime.fromisoformat(self.was["starts"])


def _invitation(row: Rsvp, method: str, now: datetime, partstat: str = "NEEDS-ACTION") -> Invitation | None:
    # Who does not come has the date in her calendar only if that has answered for her.
    known = row.answer == "going" or row.replied_at is not None
    return invitations.invitation(row, method, now, partstat=partstat) if known and invitations.wanted(row) else None


def _file(row: Rsvp, now: datetime) -> tuple[Attachment, ...]:
    if row.answer != "going":
        return ()
    return (Attachment("meetup.ics", date_calendar(row.occurrence, now, with_spot=True)),)


def _standing(mail: OutboxMail) -> tuple[Occurrence, Rsvp] | None:
    return queries.standing(int(mail.data["occurrence"]), int(mail.data["member"]))


def _message(
    mail: OutboxMail, row: Rsvp, now: datetime, invitation: Invitation | None, files: tuple[Attachment, ...]
) -> Message:
    occurrence = row.occurrence
    ids = {"public_id": occurrence.meetup.public_id, "rid": rid(occurrence.recurrence_id)}
    was = mail.data.get("starts")
    words = render(
        mail.template,
        shown=show(occurrence, row.member, now, answer=row.answer, asked=row.asked_again),
        moved=mail.data.get("moved"),
        was=when_words(datetime.fromisoformat(was)) if was else None,
        was_place=mail.data.get("place"),
        new_spot=mail.data.get("spot"),
        on_again=mail.data.get("off"),
        invited=invitation is not None,
        link=public_url("pages.date", **ids),
        answer=public_url("rsvps.answer", **ids),
        cant=public_url("rsvps.cant", **ids),
        nearby=public_url("pages.browse"),
    )
    return Message(*words, attachments=() if invitation else files, invitation=invitation)
