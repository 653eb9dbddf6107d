"""Routes of answering."""

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_login import login_required

from meetups.accounts import entry
from meetups.accounts.current import member, viewer
from meetups.accounts.held import held_action
from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.domain.capacity import Answer
from meetups.domain.errors import Problem
from meetups.domain.excuses import LATES, REASON_WORDS, reason_of
from meetups.domain.reminders import day_before
from meetups.domain.words import short_when, when_words
from meetups.domain.zones import to_local
from meetups.events import queries as events
from meetups.events.models import Occurrence
from meetups.events.models import rid as rid_of
from meetups.events.shown import sees_whole, show
from meetups.extensions import db
from meetups.rsvps import emails, line, offers, queries, services
from meetups.rsvps.forms import ANSWERS, AnswerForm, NewcomerAnswerForm, answer_form
from meetups.rsvps.models import Rsvp
from meetups.web.links import came_from, path

bp = Blueprint("rsvps", __name__)
COMPOSERS = (emails, offers)  # importing them registers the mails
SAID = {
    Answer.GOING: "You are going. See you there.",
    Answer.MAYBE: "Noted: maybe.",
    Answer.NOT_GOING: "Noted: you can’t make it.",
}


def _date(public_id: str, rid: str) -> Occurrence:
    found = events.occurrence(public_id, rid, viewer())
    if found is None or not sees_whole(found, viewer()):
        # Another hour makes other addresses, and mails keep the old ones: the page leads to the next date. So it does
        # where she may not know when that is, for nobody learns by guessing.
        meetup = events.meetup(public_id, viewer()) or abort(404)
        abort(redirect(path("pages.meetup", public_id=meetup.public_id)))
    return found


def _form(occurrence: Occurrence) -> tuple[AnswerForm, Rsvp | None]:
    row = queries.answer_of(viewer(), [occurrence]).get(occurrence.id)
    day = to_local(occurrence.starts_at, occurrence.meetup.zone).date()
    return answer_form(viewer(), row, day), row


@bp.route("/meetups/<public_id>/<rid>/answer", methods=["GET", "POST"])
def answer(public_id: str, rid: str) -> Any:
    """Say whether one comes; for somebody new, hold the answer until her address is confirmed."""
    occurrence = _date(public_id, rid)
    why = services.refusal(occurrence, viewer(), utcnow())
    if why:
        return _said(why, occurrence)
    form, row = _form(occurrence)
    if not form.validate_on_submit():
        return _page(occurrence, form, row), 422 if form.is_submitted() else 200
    if isinstance(form, NewcomerAnswerForm):
        return _hold(occurrence, form)
    return _give(occurrence, member(), form)


def _page(occurrence: Occurrence, form: AnswerForm, row: Rsvp | None) -> str:
    asked, given = (row.asked_again, row.answer) if row else (False, None)
    shown = show(occurrence, viewer(), utcnow(), answer=given, asked=asked)
    until = offers.held_until(row)
    return render_template(
        "rsvps/answer.html", shown=shown, form=form, rsvp=row, occurrence=occurrence, reasons=REASON_WORDS, until=until
    )


def _said(words: str, occurrence: Occurrence) -> Any:
    flash(words)
    return redirect(came_from(_back(occurrence)))


def _back(occurrence: Occurrence) -> str:
    return path("pages.date", public_id=occurrence.meetup.public_id, rid=rid_of(occurrence.recurrence_id))


def _hold(occurrence: Occurrence, form: NewcomerAnswerForm) -> Any:
    held = {
        "action": "answer",
        "meetup": occurrence.meetup.public_id,
        "rid": rid_of(occurrence.recurrence_id),
        "answer": form.answer.data,
        "summary": _summary(occurrence, form),
    }
    sent = entry.begin(form.email.data, form.first_name.data, held)
    if sent:
        return redirect(sent)
    form.email.errors = [entry.TOO_MANY]
    return _page(occurrence, form, None), 429


def _summary(occurrence: Occurrence, form: AnswerForm) -> str:
    shown = show(occurrence, None, utcnow())
    words = dict(ANSWERS)[form.answer.data]
    return f"{words}: {shown.kind_words} at {shown.place_name}, {when_words(shown.local)}"


def _give(occurrence: Occurrence, who: Member, form: AnswerForm) -> Any:
    try:
        row = services.answer(occurrence, who, Answer(form.answer.data), form.chosen(who), utcnow())
    except Problem as problem:
        db.session.rollback()
        return _said(problem.message, occurrence)
    words = _words(row)
    db.session.commit()
    return _said(words, occurrence)


def _words(row: Rsvp) -> str:
    if row.answer == Answer.WAITING:
        number = line.place_in_line(row)
        return f"It is full. You are number {number} on the waiting list, and we write as soon as a place is free."
    if row.answer == Answer.GOING and _reminded_early(row):
        return "You are going. We will remind you the day before."
    return SAID[Answer(row.answer)]


def _reminded_early(row: Rsvp) -> bool:
    zone = row.occurrence.meetup.zone
    return day_before(to_local(row.occurrence.starts_at, zone), zone) > utcnow()


@held_action("answer")
def _answer_held(who: Member, held: dict[str, Any], now: datetime) -> str:
    """Give the answer that somebody new gave before we knew her."""
    occurrence = events.occurrence(held["meetup"], held["rid"], who)
    if occurrence is None:
        flash("That meetup is gone.")
        return path("pages.browse")
    if not held["sure"]:
        flash("You are signed in. Will you come?")
        return path("rsvps.answer", public_id=held["meetup"], rid=held["rid"])
    try:
        # Whoever signs in again with the same address brings the children she has told us of.
        row = services.answer(occurrence, who, Answer(held["answer"]), who.kids, now)
        flash(_words(row))
    except Problem as problem:
        flash(problem.message)
    return _back(occurrence)


@bp.route("/meetups/<public_id>/<rid>/cant", methods=["GET", "POST"])
@login_required
def cant(public_id: str, rid: str) -> Any:
    """One tap: I can't make it. A mail's link opens the page with that one button."""
    occurrence = _date(public_id, rid)
    row = queries.answer_of(member(), [occurrence]).get(occurrence.id)
    why = services.refusal(occurrence, member(), utcnow())
    if why:
        return _said(why, occurrence)
    if request.method == "POST":
        return _take_back(occurrence, row)
    if row is None or row.answer == Answer.NOT_GOING:
        return redirect(_back(occurrence))
    shown = show(occurrence, member(), utcnow(), answer=row.answer)
    return render_template("rsvps/cant.html", shown=shown, reasons=REASON_WORDS)


def _take_back(occurrence: Occurrence, row: Rsvp | None) -> Any:
    # Who comes along stays known, so that her old answer is one tap away on the page that follows.
    try:
        kids, reason = row.kids if row else (), reason_of(request.form.get("reason", ""))
        services.answer(occurrence, member(), Answer.NOT_GOING, kids, utcnow(), reason=reason)
    except Problem as problem:
        db.session.rollback()
        return _said(problem.message, occurrence)
    db.session.commit()
    if reason and row and row.answer == Answer.NOT_GOING:
        return _said("Noted, and only those who host see why. See you next time.", occurrence)
    if came_from(_back(occurrence)) == _back(occurrence):
        return _said("Noted: you can’t make it. Changed your mind? Answer again below.", occurrence)
    what = f"{occurrence.title}, {short_when(to_local(occurrence.starts_at, occurrence.meetup.zone))}"
    return _said(f"Noted: you can’t make it to {what}. Changed your mind? Answer again on its page.", occurrence)


@bp.post("/meetups/<public_id>/<rid>/late")
@login_required
def late(public_id: str, rid: str) -> Any:
    """One tap: 10 or 20 minutes late, or on time after all."""
    occurrence = _date(public_id, rid)
    minutes = request.form.get("minutes", type=int)
    try:
        services.say_late(occurrence, member(), minutes if minutes in LATES else None, utcnow())
    except Problem as problem:
        db.session.rollback()
        return _said(problem.message, occurrence)
    db.session.commit()
    return _said(f"Noted: {minutes} minutes late. No rush." if minutes in LATES else "Noted: on time.", occurrence)
