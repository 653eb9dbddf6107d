"""Routes of answering."""

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template
from flask_login import login_required

from meetups.accounts import entry
from meetups.accounts.current import member, viewer
from meetups.accounts.held import held_action
from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.domain.capacity import Answer
from meetups.domain.errors import Problem
from meetups.domain.visibility import Shows
from meetups.domain.zones import to_local
from meetups.events import queries as events
from meetups.events.models import Occurrence
from meetups.events.shown import seen_by, show
from meetups.extensions import db
from meetups.rsvps import emails, queries, services
from meetups.rsvps.forms import AnswerForm, NewcomerAnswerForm, answer_form
from meetups.rsvps.models import Rsvp
from meetups.web.links import path

bp = Blueprint("rsvps", __name__)
COMPOSERS = emails  # importing it registers the mails
SAID = {
    Answer.GOING: "You are going. We will remind you the day before.",
    Answer.MAYBE: "Noted: maybe.",
    Answer.NOT_GOING: "Noted: you can’t make it.",
}


def _date(public_id: str, rid: str) -> Occurrence:
    found = events.occurrence(public_id, rid, viewer()) or abort(404)
    _, facts = seen_by(found, viewer(), None)
    if facts is None or Shows.WHOLE not in facts:
        abort(404)
    return found


def _form(occurrence: Occurrence) -> tuple[AnswerForm, Rsvp | None]:
    row = queries.answer_of(viewer(), [occurrence]).get(occurrence.id)
    day = to_local(occurrence.starts_at, occurrence.meetup.zone).date()
    return answer_form(viewer(), row, day), row


@bp.route("/meetups/<public_id>/<rid>/answer", methods=["GET", "POST"])
def answer(public_id: str, rid: str) -> Any:
    """Say whether one comes; for somebody new, hold the answer until her address is confirmed."""
    occurrence = _date(public_id, rid)
    form, row = _form(occurrence)
    if not form.validate_on_submit():
        return _page(occurrence, form, row), 422 if form.is_submitted() else 200
    if isinstance(form, NewcomerAnswerForm):
        return _hold(public_id, rid, occurrence, form)
    return _give(occurrence, member(), form)


def _page(occurrence: Occurrence, form: AnswerForm, row: Rsvp | None) -> str:
    shown = show(occurrence, viewer(), utcnow(), answer=row.answer if row else None)
    return render_template("rsvps/answer.html", shown=shown, form=form, rsvp=row, occurrence=occurrence)


def _hold(public_id: str, rid: str, occurrence: Occurrence, form: NewcomerAnswerForm) -> Any:
    held = {
        "action": "answer",
        "meetup": public_id,
        "rid": rid,
        "answer": form.answer.data,
        "adults": form.adults.data or 1,
    }
    sent = entry.begin(form.email.data, form.first_name.data, held)
    if sent:
        return redirect(sent)
    form.email.errors = [entry.TOO_MANY]
    return _page(occurrence, form, None), 429


def _give(occurrence: Occurrence, who: Member, form: AnswerForm) -> Any:
    back = path("pages.date", public_id=occurrence.meetup.public_id, rid=f"{occurrence.recurrence_id:%Y-%m-%dT%H%M}")
    try:
        row = services.answer(
            occurrence, who, Answer(form.answer.data), form.chosen(who), form.adults.data or 1, utcnow()
        )
    except Problem as problem:
        db.session.rollback()
        flash(problem.message)
        return redirect(back)
    words = _words(row)
    db.session.commit()
    flash(words)
    return redirect(back)


def _words(row: Rsvp) -> str:
    if row.answer == Answer.WAITING:
        number = queries.place_in_line(row)
        return f"It is full. You are number {number} on the waiting list, and we write as soon as a place is free."
    return SAID[Answer(row.answer)]


@held_action("answer")
def _answer_held(who: Member, held: dict[str, Any], now: datetime) -> str:
    """Give the answer that somebody new gave before we knew her."""
    occurrence = events.occurrence(held["meetup"], held["rid"], who)
    if occurrence is None:
        flash("That meetup is gone.")
        return path("pages.browse")
    try:
        # Whoever signs in again with the same address brings the children she has told us of.
        row = services.answer(occurrence, who, Answer(held["answer"]), who.kids, int(held["adults"]), now)
        flash(_words(row))
    except Problem as problem:
        flash(problem.message)
    return path("pages.date", public_id=held["meetup"], rid=held["rid"])


@bp.post("/meetups/<public_id>/<rid>/cant")
@login_required
def cant(public_id: str, rid: str) -> Any:
    """One tap: I can't make it. The page that follows has her old answer one tap away."""
    occurrence = _date(public_id, rid)
    try:
        services.answer(occurrence, member(), Answer.NOT_GOING, [], 1, utcnow())
    except Problem as problem:
        db.session.rollback()
        flash(problem.message)
    else:
        db.session.commit()
        flash("Noted: you can’t make it. Changed your mind? Tap Going.")
    return redirect(path("pages.date", public_id=public_id, rid=rid))
