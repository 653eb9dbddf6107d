"""Answering from a mail without signing in. Looking changes nothing: mail programs and scanners open every link."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import login_required
from wtforms import RadioField

from meetups.accounts import guesses
from meetups.accounts.current import member
from meetups.clock import utcnow
from meetups.domain.capacity import Answer
from meetups.domain.errors import Problem
from meetups.domain.excuses import LATES, REASON_WORDS, Reason, may_be_late, reason_of
from meetups.domain.taps import Purpose, Taps, taps
from meetups.events import queries as events
from meetups.events.models import Meetup
from meetups.events.shown import Shown, show
from meetups.extensions import csrf, db
from meetups.rsvps import line, linked, mail_links, offers, services, standing, standing_queries
from meetups.rsvps.forms import ANSWERS
from meetups.rsvps.mail_links import Link
from meetups.rsvps.models import Rsvp, StandingYes
from meetups.web.forms import Form, options
from meetups.web.headers import keep_secret

bp = Blueprint("links", __name__)
bp.after_request(keep_secret)
MINUTES = {"0": None} | {str(minutes): minutes for minutes in LATES}
OVER = "The date is over. There will be others."
USED_UP = "This link has done what it was for. To come every time again, say so on the meetup’s page."


class TapForm(Form):
    """One of the page's buttons. It needs no session, for many mail programs open pages without cookies."""

    class Meta:
        csrf = False

    answer = RadioField(choices=options(ANSWERS))


# Exempt, for the address is the permission: it is all that the request's right comes from, no cookie is looked at,
# and another site cannot make a browser post to an address that it does not know.
@bp.route("/answer/<token>", methods=["GET", "POST"])
@csrf.exempt
def answer(token: str) -> Any:
    """What she has answered, and a button for what the mail's link said; a whole meetup's dates with one each."""
    link = guesses.opened(mail_links.read, token) or abort(404)
    if link.purpose == Purpose.AGAIN:
        return _again(token, link)
    rows = _rows(link)
    if request.method == "POST":
        return _give(token, rows)
    if link.purpose == Purpose.DATES:
        return render_template("rsvps/links.html", dates=_all_parts(rows, Purpose.COME))
    return render_template("rsvps/link.html", date=_all_parts(rows[:1], link.purpose)[0], **_alone(rows[0]))


def _rows(link: Link) -> list[Rsvp]:
    """Return the answers that a link is for whose dates are not over, one at least."""
    now = utcnow()
    if linked.over(link, now):
        abort(410, OVER)
    # Blocked or never there: nobody can tell these apart.
    return linked.answers(link, now) or linked.unanswered(link, now) or abort(404)


def _give(token: str, rows: list[Rsvp]) -> Any:
    form = TapForm()
    uid = request.form.get("date", rows[0].occurrence.uid)
    row = next((row for row in rows if row.occurrence.uid == uid), None)
    late = request.form.get("minutes")
    if row is None or not (form.validate() if late is None else late in MINUTES):
        abort(400)
    try:
        if late is None:
            # Who comes along stays as it was.
            wanted, reason = Answer(form.answer.data), reason_of(request.form.get("reason", ""))
            services.answer(row.occurrence, row.member, wanted, list(row.kids), utcnow(), reason=reason)
        else:
            services.say_late(row.occurrence, row.member, MINUTES[late], utcnow())
        db.session.commit()
    except Problem:
        # It has begun or is cancelled meanwhile: the page says so.
        db.session.rollback()
    # What was noted is on the page itself: without cookies nothing else could carry it there.
    return redirect(url_for("links.answer", token=token, _anchor=uid if "date" in request.form else None), 303)


def _all_parts(rows: list[Rsvp], purpose: Purpose) -> list[dict[str, Any]]:
    every_time = standing_queries.of(rows[0].occurrence.meetup, rows[0].member)
    return [_parts(row, purpose) | {"paused": standing.back_on(every_time, row.occurrence)} for row in rows]


def _parts(row: Rsvp, purpose: Purpose) -> dict[str, Any]:
    """Return what is shown of one date: no more than the mail has told, and the meeting spot only if she comes."""
    now = utcnow()
    shown = show(row.occurrence, row.member, now, answer=row.answer, asked=row.asked_again)
    why = services.refusal(row.occurrence, row.member, now)
    return {
        "shown": shown,
        "uid": row.occurrence.uid,
        "skipped": not row.answer or row.skipped,
        "why": why,
        "taps": None if why else _taps(row, shown, purpose),
        "number": line.place_in_line(row) if row.answer == Answer.WAITING else None,
    }


def _alone(row: Rsvp) -> dict[str, Any]:
    # Until when a place is held for her, and why she cannot come and how late she is, for who likes to say so.
    says_why = row.answer == Answer.NOT_GOING and not row.reason
    reasons = REASON_WORDS if says_why else {}
    said = REASON_WORDS[Reason(row.reason)].lower() if row.reason else None
    return {
        "until": offers.held_until(row),
        "reasons": reasons,
        "reason": said,
        "lates": _lates(row),
        "late": row.late_now,
    }


def _lates(row: Rsvp) -> Sequence[int]:
    # She may be on her way when it begins.
    date = row.occurrence
    comes = row.answer == Answer.GOING and date.cancelled_at is None
    return LATES if comes and may_be_late(date.starts_at, date.ends_at, utcnow()) else ()


def _taps(row: Rsvp, shown: Shown, purpose: Purpose) -> Taps:
    return taps(purpose, Answer(row.answer) if row.answer else None, asked=row.asked_again, full=shown.room == "no")


def _again(token: str, link: Link) -> Any:
    """A page with one button: come to a meetup every time again; and what it does."""
    row, now = linked.standing(link) or abort(404), utcnow()
    following = next(iter(events.upcoming(row.series, now, 1)), None) or abort(410, OVER)
    if linked.used_up(link, row):
        abort(410, USED_UP)
    meetup = events.meetup(link.what, link.member) or abort(404)
    if request.method == "POST":
        return _say_again(token, meetup, row)
    ended = row.ended_at is not None
    return render_template(
        "rsvps/link_again.html",
        shown=show(following, link.member, now),
        ended=ended,
        why=standing.refusal(meetup, link.member, now) if ended else None,
    )


def _say_again(token: str, meetup: Meetup, row: StandingYes) -> Any:
    try:
        # A second tap neither ends a pause nor changes who comes along.
        if row.ended_at is not None:
            standing.say(meetup, row.member, list(row.kids), utcnow())
        db.session.commit()
    except Problem:
        # It is cancelled or nearly over meanwhile: the page says so.
        db.session.rollback()
    return redirect(url_for("links.answer", token=token), 303)


@bp.post("/me/links/end")
@login_required
def end_all() -> Any:
    """Make every link in the mails that she has got so far lead nowhere."""
    member().mail_links += 1
    db.session.commit()
    flash("Done. The links in the mails you have got so far answer for nobody any more.")
    return redirect(url_for("accounts.me"))
