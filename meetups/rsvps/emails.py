"""The words of mails about an answer, written when they leave: how the date stands then, and what she heard last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from meetups.accounts import choices
from meetups.domain.taps import Purpose
from meetups.domain.words import when_words
from meetups.domain.zones import to_local
from meetups.events.calendar import date_calendar
from meetups.events.models import rid
from meetups.events.shown import Shown, show
from meetups.mail.composers import composer, reads_ahead
from meetups.mail.message import Attachment, Drop, Invitation, Message, Wait, render
from meetups.mail.models import OutboxMail
from meetups.rsvps import invitations, mail_links, offers, queries
from meetups.rsvps.models import Rsvp
from meetups.rsvps.telling import all_unsettled, noted, read_ahead, unsettled
from meetups.web.links import public_url

NOT_SO = Drop("no longer so")
NEWS = ("changed", "cancelled", "who")
PARTSTATS = {"going": "ACCEPTED", "maybe": "TENTATIVE", "waiting": "NEEDS-ACTION", "offered": "NEEDS-ACTION"}
# A cancellation is on its way to her, or is about to be taken back.
SETTLES = timedelta(minutes=10)
reads_ahead("youre_in", "promoted", "changed", "cancelled", "changes")(read_ahead)


@composer("youre_in")
def youre_in(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose the yes of somebody who has a place, with the date for her calendar."""
    row = _row(mail)
    if row is None or row.answer != "going" or row.told_off or row.occurrence.starts_at <= now:
        return NOT_SO
    if row.changed_at != datetime.fromisoformat(mail.data["since"]):
        return Drop("answered again")
    if mail.may_have_left and row.knows and row.told_at > mail.created_at:
        # An earlier try has told her, or what has left since: that said that her place is kept.
        return NOT_SO
    if row.occurrence.cancelled_at:
        return Wait(now + SETTLES)
    until = None if row.knows else unsettled(row.occurrence)
    if until:
        return Wait(until)
    # Where her calendar answers for her, it has to be told.
    if row.replied_at is None and not choices.wants(row.member, "replies"):
        return Drop("not wanted")
    return _message("youre_in", row, now)


@composer("youre_out")
def youre_out(mail: OutboxMail, now: datetime) -> Message | Drop:
    """Compose the no of somebody whose calendar has the date as an invitation, to take it out there."""
    row = _row(mail)
    if row is None or row.answer != "not_going" or row.occurrence.starts_at <= now:
        return NOT_SO
    if row.changed_at != datetime.fromisoformat(mail.data["since"]):
        return Drop("answered again")
    return _message("youre_out", row, now, invitations.withdrawal(row, now))


@composer("promoted")
@composer("changed")
@composer("cancelled")
@composer("changes")
def news(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose what has become of one date, or of several of one meetup, since she heard of them last."""
    ids = mail.data.get("dates") or [mail.data["occurrence"]]
    rows = [
        row for row in queries.all_standing(ids, int(mail.data["member"])) if _owed(row, now) or _unsure(mail, row, now)
    ]
    if len(ids) > 1:
        # One line of several would not tell her that she is in.
        rows = [row for row in rows if not row.let_in]
    if not rows:
        return NOT_SO
    # What can still be undone is told once it cannot, with all else that has happened to the date by then.
    waits = all_unsettled([row.occurrence_id for row in rows])
    settled = [row for row in rows if row.occurrence_id not in waits]
    if not settled:
        return Wait(max(waits.values()))
    until = _quiet(settled, now)
    if until:
        return Wait(until)
    return _news(settled[0], now) if len(ids) == 1 else _several(settled, now)


def _quiet(rows: Sequence[Rsvp], now: datetime) -> datetime | None:
    # Late for one is late for all; and whoever believes in an earlier start must hear in time for that one.
    first = min(min(row.told.starts, row.occurrence.starts_at) for row in rows)
    return choices.waits(rows[0].member, "changes", now, rows[0].occurrence.meetup.zone, first)


def _owed(row: Rsvp, now: datetime) -> bool:
    if row.answer == "not_going" or row.knows:
        return False
    # Who stands in the park, or is on her way, must hear why nobody is there; nobody is let in to what has begun.
    return (row.occurrence.starts_at if row.let_in else row.occurrence.ends_at) > now


def _unsure(mail: OutboxMail, row: Rsvp, now: datetime) -> bool:
    """Return whether an earlier try of a mail may have told her what has been taken back since, and she has read
    nothing after it."""
    unread = row.answer != "not_going" and row.read_at <= mail.created_at
    return mail.may_have_left and unread and row.occurrence.ends_at > now


def _news(row: Rsvp, now: datetime) -> Message:
    if row.occurrence.cancelled_at:
        return _message("cancelled", row, now)
    if row.let_in:
        return _message("promoted", row, now)
    return _message("who" if _only_who(row) else "changed", row, now)


def _only_who(row: Rsvp) -> bool:
    """Return whether all that is new is who is there to find, and by what sign, or that it is on in the rain."""
    told, stands = row.told, row.stands
    new = (told.who, told.rain) != (stands.who, stands.rain)
    return not told.off and new and told._replace(who=stands.who, rain=stands.rain, spot=stands.spot) == stands


def _several(rows: Sequence[Rsvp], now: datetime) -> Message:
    lines = [_Line.of(row, now) for row in rows]
    words = render(
        "changes",
        title=lines[-1].shown.title,
        lines=lines,
        off=all(line.shown.cancelled for line in lines),
        asked=any(line.shown.asked and not line.shown.cancelled for line in lines),
        dates=mail_links.to_dates(rows[0].member, [row.occurrence for row in rows]),
        nearby=public_url("pages.browse"),
    )
    return Message(*words, noted=noted(rows, now), another=any(line.same for line in lines))


@dataclass(frozen=True, slots=True)
class _Line:
    """One date: as it stands, and what she heard of it last."""

    shown: Shown
    before: datetime  # wall clock
    place: str
    moved: bool
    off: bool
    new_spot: bool
    new_who: bool
    new_rain: bool
    same: bool

    @classmethod
    def of(cls, row: Rsvp, now: datetime) -> "_Line":
        date, told = row.occurrence, row.told
        return cls(
            shown=show(date, row.member, now, answer=row.answer, asked=row.asked_again),
            before=to_local(told.starts, date.meetup.zone),
            place=queries.place_name(told.place_id),
            moved=(told.starts, told.place_id) != (date.starts_at, date.place_id),
            off=told.off,
            new_spot=told.spot != date.spot,
            new_rain=row.answer == "going" and told.rain != date.rain_or_shine,
            new_who=row.answer == "going" and told.who != date.who,
            same=row.knows,
        )


def _request(row: Rsvp, now: datetime) -> Invitation | None:
    # Who does not come has the date in her calendar only if that has answered for her.
    if row.answer != "going" and row.replied_at is None:
        return None
    if not invitations.wanted(row):
        return None
    if row.occurrence.cancelled_at:
        return invitations.invitation(row, "CANCEL", now)
    # What her calendar knows already it must not ask again; of what has moved it must.
    asks = row.replied_at is None or row.asked_again
    return invitations.invitation(row, "REQUEST", now, partstat="NEEDS-ACTION" if asks else PARTSTATS[row.answer])


def _file(row: Rsvp, now: datetime) -> tuple[Attachment, ...]:
    if row.answer != "going" or row.occurrence.cancelled_at:
        return ()
    return (Attachment("meetup.ics", date_calendar(row.occurrence, now, with_spot=True)),)


def _row(mail: OutboxMail) -> Rsvp | None:
    return queries.standing(int(mail.data["occurrence"]), int(mail.data["member"]))


def _message(template: str, row: Rsvp, now: datetime, withdrawal: Invitation | None = None) -> Message:
    occurrence, line = row.occurrence, _Line.of(row, now)
    invitation = withdrawal or _request(row, now)
    ids = {"public_id": occurrence.meetup.public_id, "rid": rid(occurrence.recurrence_id)}
    # What cannot be switched off may still come without an invitation.
    kind = "replies" if template == "youre_in" else "invitations" if invitation else None
    unsubscribe = choices.unsubscribe_url(row.member, kind) if kind else None
    words = render(
        template,
        unsubscribe=unsubscribe,
        shown=line.shown,
        line=line,
        was=when_words(line.before),
        until=offers.held_until(row),
        invited=invitation is not None,
        link=public_url("pages.date", **ids),
        come=mail_links.to_date(row.member, occurrence, Purpose.COME),
        cant=mail_links.to_date(row.member, occurrence, Purpose.CANT),
        nearby=public_url("pages.browse"),
    )
    files = () if invitation else _file(row, now)
    return Message(
        *words,
        attachments=files,
        unsubscribe=unsubscribe,
        invitation=invitation,
        noted=noted([row], now),
        another=template in NEWS and line.same,
    )
