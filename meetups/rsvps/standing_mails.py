"""The two mails of a standing yes: when it begins, and when it has ended by itself."""

from datetime import datetime

from meetups.accounts import choices
from meetups.domain.recurrence import parse_rule
from meetups.domain.words import rule_words
from meetups.events import queries as events
from meetups.events.models import Meetup, rid
from meetups.events.shown import show
from meetups.mail.composers import composer
from meetups.mail.message import Drop, Message, Wait, render
from meetups.mail.models import OutboxMail
from meetups.rsvps import mail_links
from meetups.rsvps import standing_queries as queries
from meetups.rsvps.models import StandingYes
from meetups.web.links import public_url

NOT_SO = Drop("no longer so")
NOT_WANTED = Drop("not wanted")
NEXT_DATES = 4


@composer("standing")
def standing(mail: OutboxMail, now: datetime) -> Message | Drop:
    """Compose what coming every time means, with the next dates as they stand for her."""
    row = _row(mail)
    if row is None or row.ended_at:
        return NOT_SO
    answers = [one for one in queries.coming_answers(row, now) if one.answer != "not_going"][:NEXT_DATES]
    if not answers:
        return NOT_SO
    if not choices.wants(row.member, "replies"):
        return NOT_WANTED
    dates = [show(one.occurrence, row.member, now, answer=one.answer) for one in answers]
    going = next((date for date in dates if date.answer == "going"), None)
    ways = {
        "skip": mail_links.to_dates(row.member, [one.occurrence for one in answers]),
        "page": public_url("standing.every_time", public_id=row.series.public_id),
        "calendar": public_url("feeds.calendar"),
    }
    rule = rule_line(answers[0].occurrence.meetup)
    unsubscribe = choices.unsubscribe_url(row.member, "replies")
    words = render("standing", unsubscribe=unsubscribe, dates=dates, first=dates[0], going=going, rule=rule, **ways)
    return Message(*words, unsubscribe=unsubscribe)


@composer("standing_over")
def standing_over(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose that she is not counted on any more, kindly, with the way back."""
    row = _row(mail)
    if row is None or row.ended_at is None:
        return NOT_SO
    following = next(iter(events.upcoming(row.series, now, 1)), None)
    if following is None or following.meetup.cancelled_at:
        return NOT_SO
    # It is a change of what she was promised: who has ended other mails hears of it too, though not in her night.
    until = choices.waits(row.member, "changes", now, following.meetup.zone)
    if until:
        return Wait(until)
    ids = {"public_id": following.meetup.public_id, "rid": rid(following.recurrence_id)}
    ways = {"again": mail_links.to_series(row), "link": public_url("pages.date", **ids)}
    first, rule = show(following, row.member, now), rule_line(following.meetup)
    return Message(*render("standing_over", first=first, rule=rule, **ways))


def _row(mail: OutboxMail) -> StandingYes | None:
    row = queries.for_mail(int(mail.data["standing"]))
    # What has begun anew since has a mail of its own.
    return row if row and row.since == datetime.fromisoformat(mail.data["since"]) else None


def rule_line(meetup: Meetup) -> str | None:
    """Return a meetup's rule in words; None where it has none."""
    return rule_words(parse_rule(meetup.rule), meetup.starts) if meetup.rule else None
