"""One real mail of every kind: each story is what makes the site send it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from meetups.accounts import sign_in
from meetups.accounts.models import Member
from meetups.domain.capacity import Answer
from meetups.domain.excuses import Reason
from meetups.domain.nearness import Point, home_cell
from meetups.domain.zones import to_local
from meetups.events import editing, services, undo
from meetups.events.models import Meetup, Occurrence
from meetups.events.scopes import draft_of
from meetups.events.welcome import leave_open
from meetups.extensions import db
from meetups.granting.services import grant
from meetups.hosting import helpers, resting
from meetups.hosting.resting import rest_silent
from meetups.hosting.services import see_who_welcomes, take_baton
from meetups.mail.models import MailboxMessage, OutboxMail
from meetups.places import proposals
from meetups.reminders.weekly import look_ahead
from meetups.rsvps import services as rsvps
from meetups.rsvps import standing
from meetups.rsvps.telling import tell
from meetups.wishes.services import Asked, make
from tests.conftest import NOW
from tests.events.drafts import a_draft, dates_of
from tests.factories import WITHROW, add_kid, add_meetup, add_member, add_occurrence, add_place, add_rsvp, first_date
from tests.rsvps.moving import move
from tests.rsvps.post import Post

TEMPLATES = Path(__file__).parent.parent.parent / "templates" / "emails"
KINDS = sorted(path.parent.name for path in TEMPLATES.glob("*/subject.txt"))
SPOT = "Red stroller by the duck pond"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass
class Town:
    """Beatrice hosts a walk every Tuesday with room for one family; Ana answers."""

    meetup: Meetup = field(
        default_factory=lambda: services.host(add_member("Beatrice"), a_draft(add_place(), capacity=1, spot=SPOT), NOW)
    )
    # Without invitations, unless a mail goes only to who has one.
    ana: Member = field(default_factory=lambda: add_member("Ana", email="ana@example.org", wants_invitations=False))
    post: Post = field(default_factory=Post)

    @property
    def date(self) -> Occurrence:
        return dates_of(self.meetup)[0]

    def says(self, wanted: Answer = Answer.GOING, date: Occurrence | None = None, who: Member | None = None) -> None:
        rsvps.answer(date or self.date, who or self.ana, wanted, [], NOW)


def _youre_in(town: Town) -> None:
    town.says()
    town.post.round(NOW)


def _promoted(town: Town) -> None:
    zoe = add_member("Zoe", wants_invitations=False)
    town.says(who=zoe)
    town.says()
    town.says(Answer.NOT_GOING, who=zoe)
    town.post.round(NOW)


def _changed(town: Town) -> None:
    _youre_in(town)
    move(town.date, 15)
    town.post.round(NOW + 11 * MINUTE)


def _changes(town: Town) -> None:
    for date in dates_of(town.meetup)[:3]:
        town.says(date=date)
    town.post.round(NOW)
    with undo.undoable(town.meetup, NOW):
        editing.edit(town.meetup, draft_of(town.meetup, town.meetup.starts + 5 * HOUR), NOW)
    town.post.round(NOW + 11 * MINUTE)


def _cancelled(town: Town) -> None:
    _youre_in(town)
    services.cancel_date(town.date, "A cold, sorry", NOW)
    town.post.round(NOW + 11 * MINUTE)


def _code(town: Town) -> None:
    sign_in.begin(town.ana.email, None, {"next": "/"}, NOW)
    town.post.round(NOW)


def _before(hours: int) -> Callable[[Town], None]:
    def story(town: Town) -> None:
        _youre_in(town)
        town.post.round(town.date.starts_at - hours * HOUR)

    return story


def _waiting(town: Town) -> None:
    # As her calendar's reply does where it is full: replies.services.
    town.says(who=add_member("Zoe"))
    town.says()
    tell("waiting", town.date, town.ana, NOW, stamp="tests", since=NOW.isoformat())
    town.post.round(NOW)


def _youre_out(town: Town) -> None:
    town.ana.wants_invitations = True
    _youre_in(town)
    town.says(Answer.NOT_GOING)
    town.post.round(NOW + 3 * MINUTE)


def _test(town: Town) -> None:
    current_app.test_cli_runner().invoke(args=["send-test-mail", town.ana.email])
    raw = db.session.scalars(select(MailboxMessage.raw)).one()
    town.post.mails.append(message_from_bytes(raw, policy=policy.default))


def _together(town: Town) -> None:
    songs = first_date(
        add_meetup(add_member("Hana"), title="Songs", spot=SPOT, starts=town.date.recurrence_id + HOUR / 4)
    )
    add_rsvp(songs, town.ana)
    _youre_in(town)
    town.post.round(town.date.starts_at - 24 * HOUR)


def _weekly(town: Town) -> None:
    town.ana.home_cell = home_cell(WITHROW)
    add_kid(town.ana, NOW.date())
    look_ahead(NOW)
    assert town.ana.weekly_at
    at = town.ana.weekly_at
    look_ahead(at)
    town.post.deliver(at)


def _wish(town: Town) -> None:
    make(town.ana, Asked(home_cell(WITHROW), "Riverdale", 800, 127), NOW - HOUR)
    grant(NOW + 10 * MINUTE)
    town.post.deliver(NOW + 10 * MINUTE)


def _host_news(town: Town) -> None:
    _youre_in(town)
    at = town.date.starts_at - 2 * HOUR
    rsvps.answer(town.date, town.ana, Answer.NOT_GOING, [], at, reason=Reason.NOSE)
    town.post.deliver(at + 5 * MINUTE)


def _offered(town: Town) -> None:
    zoe, at = add_member("Zoe", wants_invitations=False), town.date.starts_at - HOUR
    town.says(who=zoe)
    town.says()
    rsvps.answer(town.date, zoe, Answer.NOT_GOING, [], at)
    town.post.deliver(at)


def _standing(town: Town) -> None:
    standing.say(town.meetup, town.ana, [], NOW)
    town.post.deliver(NOW)


def _standing_over(town: Town) -> None:
    standing.say(town.meetup, town.ana, [], NOW)
    for missed in dates_of(town.meetup)[:4]:
        rsvps.answer(missed, town.ana, Answer.NOT_GOING, [], missed.starts_at - HOUR)
        db.session.flush()
        standing.answer_for_regulars(missed.ends_at + 20 * MINUTE)
    town.post.deliver(missed.ends_at + 21 * MINUTE)


def _regular(town: Town, days: int = 7) -> Occurrence:
    """Ana has come to a date of the walk that was, so many days ago."""
    past = add_occurrence(town.meetup, to_local(NOW, town.meetup.zone).replace(minute=0) - timedelta(days=days))
    add_rsvp(past, town.ana)
    return past


def _baton(town: Town) -> None:
    date = town.date
    _before(15)(town)
    _regular(town)
    at = date.starts_at - 13 * HOUR - 30 * MINUTE
    see_who_welcomes(at)
    town.post.deliver(at)


def _baton_taken(town: Town) -> None:
    date = town.date
    _baton(town)
    at = date.starts_at - 3 * HOUR
    take_baton(date, town.ana, None, at)
    town.post.deliver(at)


def _baton_lost(town: Town) -> None:
    date = town.date
    _baton_taken(town)
    at = date.starts_at - 2 * HOUR - 30 * MINUTE
    rsvps.answer(date, town.ana, Answer.NOT_GOING, [], at)
    see_who_welcomes(at)
    town.post.deliver(at)


def _who(town: Town) -> None:
    _youre_in(town)
    at = town.date.starts_at - 2 * HOUR
    leave_open(town.date, at)
    town.post.round(at)


def _cohost(town: Town) -> None:
    _regular(town)
    helpers.name_cohost(town.meetup, town.ana, NOW)
    town.post.deliver(NOW)


def _hand_over(town: Town) -> None:
    _regular(town)
    helpers.offer(town.meetup, town.ana, NOW)
    town.post.deliver(NOW)


def _resting(town: Town) -> None:
    for days in (1, 8):
        _regular(town, days).unhosted_at = NOW - timedelta(days=days, hours=2)
    db.session.flush()
    rest_silent(NOW)
    town.post.deliver(NOW)


def _would_host(town: Town) -> None:
    _resting(town)
    resting.volunteer(town.meetup, town.ana, NOW)
    town.post.deliver(NOW)


def _proposed(town: Town) -> None:
    what = proposals.Proposed("Oak Park", "park", Point(43.7, -79.4), "43.7, -79.4")
    proposals.accept(proposals.propose(town.ana, what, NOW), what.name, what.kind, what.point, NOW)
    town.post.deliver(NOW)


def _you_host(town: Town) -> None:
    _resting(town)
    resting.give(town.meetup, town.meetup.host, town.ana, NOW)
    town.post.deliver(NOW)


STORIES: dict[str, Callable[[Town], None]] = {
    "baton": _baton,
    "baton_lost": _baton_lost,
    "baton_taken": _baton_taken,
    "cancelled": _cancelled,
    "changed": _changed,
    "changes": _changes,
    "code": _code,
    "cohost": _cohost,
    "day_before": _before(24),
    "hand_over": _hand_over,
    "host_list": _before(15),
    "host_news": _host_news,
    "offered": _offered,
    "promoted": _promoted,
    "proposed": _proposed,
    "resting": _resting,
    "standing": _standing,
    "standing_over": _standing_over,
    "test": _test,
    "together": _together,
    "two_hours": _before(2),
    "waiting": _waiting,
    "weekly": _weekly,
    "who": _who,
    "wish": _wish,
    "would_host": _would_host,
    "you_host": _you_host,
    "youre_in": _youre_in,
    "youre_out": _youre_out,
}


# Reminders that fall together are one mail, and that only who welcomes is new is a change of its own words.
QUEUED_AS = {"together": "day_before", "who": "changed"}


def mail_of(kind: str, town: Town) -> EmailMessage:
    """Let the site send a mail of a kind, and return it as its reader's mail program takes it."""
    STORIES[kind](town)
    queued_as = OutboxMail.template == QUEUED_AS.get(kind, kind)
    ids = set(db.session.scalars(select(OutboxMail.message_id).where(queued_as)))
    db.session.rollback()
    # The test mail is in no queue: its command sends it.
    (mail,) = [mail for mail in town.post.mails if kind == "test" or mail["Message-ID"] in ids]
    return message_from_bytes(mail.as_bytes(), policy=policy.default)


def body(mail: EmailMessage, kind: str) -> str:
    """The text ("plain") or "html" of a mail."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
