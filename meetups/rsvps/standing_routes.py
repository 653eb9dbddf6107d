"""Routes of coming every time: say it, pause, come back, end it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_login import login_required

from meetups.accounts.current import member
from meetups.accounts.models import Kid
from meetups.clock import utcnow
from meetups.domain.errors import Problem
from meetups.domain.standing import months_ahead
from meetups.domain.words import MONTHS, date_words, days_words
from meetups.domain.zones import to_local
from meetups.events import queries as events
from meetups.events.models import Meetup, Occurrence
from meetups.events.models import rid as rid_of
from meetups.events.shown import show
from meetups.extensions import db
from meetups.rsvps import queries as answers
from meetups.rsvps import standing, standing_queries
from meetups.rsvps.forms import kids_form
from meetups.rsvps.models import StandingYes
from meetups.rsvps.standing_mails import rule_line
from meetups.web.links import came_from, path

bp = Blueprint("standing", __name__)


@bp.route("/meetups/<public_id>/every-time", methods=["GET", "POST"])
@login_required
def every_time(public_id: str) -> Any:
    """A member's standing yes to a meetup: a page with its buttons, and what they do."""
    meetup = events.meetup(public_id, member()) or abort(404)
    following = next(iter(events.upcoming(meetup, utcnow(), 1)), None)
    if following is None:
        return redirect(path("pages.meetup", public_id=public_id))
    if request.method != "POST":
        return _page(meetup, following)
    try:
        words = _do(meetup, utcnow())
    except Problem as problem:
        db.session.rollback()
        flash(problem.message)
        return redirect(path("standing.every_time", public_id=public_id, next=came_from("") or None))
    db.session.commit()
    flash(words)
    return redirect(came_from(_next_page(following)))


def _next_page(following: Occurrence) -> str:
    return path("pages.date", public_id=following.meetup.public_id, rid=rid_of(following.recurrence_id))


def _do(meetup: Meetup, now: datetime) -> str:
    what, row = request.form.get("do"), _active(meetup)
    if what == "say":
        standing.say(meetup, member(), _kids(meetup, row, now), now)
        return "You come every time. One tap skips a date, and we remind you before each."
    if row is None:
        return standing.ENDED
    if what == "keep":
        row.kids = _kids(meetup, row, now)
        return "Saved, for the dates that are added from now on."
    if what == "end":
        standing.end(row, now)
        return f"{meetup.title}: you do not come every time any more. Dates that you said yes to yourself stay."
    back = _day(request.form.get("back") or "")
    standing.pause(row, back, now)
    return _paused(meetup, row, now)


def _paused(meetup: Meetup, row: StandingYes, now: datetime) -> str:
    dates, back = standing.ahead(row, now), row.paused_until
    skipped, own = _in_pause(row, dates.skipped), _in_pause(row, dates.own)
    words = f"{meetup.title}: paused. You are back on {date_words(back)}." if back else ""
    if skipped:
        words += f" Skipped, and free for others: {skipped}."
    return f"{words} You said yes yourself to {own}: that stays." if own else words


def _in_pause(row: StandingYes, dates: Sequence[Occurrence]) -> str:
    return _days([one for one in dates if standing.back_on(row, one)])


def _days(dates: Sequence[Occurrence]) -> str:
    return days_words([to_local(one.starts_at, one.meetup.zone).date() for one in dates])


def _kids(meetup: Meetup, row: StandingYes | None, now: datetime) -> list[Kid]:
    # From a date's page it is one tap: the children who come along there come along every time.
    before = row.kids if row else standing_queries.last_kids(meetup, member())
    form = kids_form(member(), before, now.date())
    return form.chosen(member()) if "choose" in request.form else list(before)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Problem("Choose a day to come", "back") from error


def _active(meetup: Meetup) -> StandingYes | None:
    row = standing_queries.of(meetup, member())
    return row if row and row.ended_at is None else None


def _page(meetup: Meetup, following: Occurrence) -> str:
    row, who, now = _active(meetup), member(), utcnow()
    today = to_local(now, following.meetup.zone).date()
    dates = standing.ahead(row, now) if row else None
    # One that she has skipped is none that she comes to.
    comes = sorted([*dates.given, *dates.own], key=lambda one: one.starts_at)[:1] if dates else []
    following = next(iter(comes), following)
    answer = answers.answers_of(who, [following]).get(following.id)
    return render_template(
        "rsvps/every_time.html",
        shown=show(following, who, now, answer=answer),
        rule_words=rule_line(following.meetup),
        row=row,
        paused=row.paused_until if row and row.paused_until and row.paused_until > today else None,
        why_not=None if row else standing.refusal(meetup, who, now),
        form=kids_form(who, row.kids if row else standing_queries.last_kids(meetup, who), today),
        months=[(month, MONTHS[month.month - 1]) for month in months_ahead(today)],
        today=today,
        back_to=came_from(""),
        comes=bool(comes),
        **(_named(row, dates) if row and dates else {}),
    )


def _named(row: StandingYes, dates: standing.Ahead) -> dict[str, str]:
    """Return the dates that she skips, that a pause would skip, and that stay hers in one, in words."""
    own = _in_pause(row, dates.own) or ("" if row.paused_until else _days(dates.own))
    return {"skipped": _days(dates.skipped), "given": _days(dates.given), "own": own}
