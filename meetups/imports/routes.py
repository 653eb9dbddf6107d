"""Bringing a calendar in: choose it, see what comes of it, take it; read it again, remove it."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import login_required

from meetups.accounts import limits
from meetups.accounts.current import member
from meetups.clock import utcnow
from meetups.domain.ages import welcome_words
from meetups.domain.errors import Problem
from meetups.domain.words import rule_words
from meetups.events.dates import Draft
from meetups.extensions import db
from meetups.imports import fetching, queries, services
from meetups.imports.blocks import reduced
from meetups.imports.forms import AgainForm, CalendarForm, FollowForm, PlaceForm
from meetups.imports.models import Calendar
from meetups.imports.planning import plan
from meetups.imports.reading import read
from meetups.places.forms import full_name
from meetups.web.forms import Form

bp = Blueprint("imports", __name__)
# A library's year; everything else that is sent to the site is small.
MOST_UPLOADED = 1024 * 1024
UPLOADS = ("imports.new", "imports.upload")
HOUR, READS_AN_HOUR = timedelta(hours=1), 20
TOO_OFTEN = "That was often enough for an hour. Try again a little later."


@bp.url_value_preprocessor
def _make_room(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    # Before anything looks into what was sent: only here may it be as large as this.
    if endpoint in UPLOADS:
        request.max_content_length = MOST_UPLOADED


@bp.get("/calendars", endpoint="all")
@login_required
def all_calendars() -> str:
    """A member's calendars: when each was read, and what came of it."""
    counts = queries.coming_counts(member(), utcnow())
    return render_template("imports/all.html", calendars=queries.of_member(member()), counts=counts)


@bp.route("/calendars/new", methods=["GET", "POST"])
@login_required
def new() -> Any:
    """Choose a calendar, and say whose it is."""
    form = FollowForm() if member().admin else CalendarForm()
    if not form.validate_on_submit():
        return render_template("imports/new.html", form=form), 422 if form.is_submitted() else 200
    try:
        calendar = _begin(form)
    except Problem as problem:
        return _blamed("imports/new.html", form, problem)
    db.session.commit()
    return redirect(url_for("imports.check", public_id=calendar.public_id))


def _begin(form: CalendarForm) -> Calendar:
    _count()
    values: dict[str, Any] = form.values()
    address = form.address() if isinstance(form, FollowForm) else None
    if address:
        # Nothing is held open while that site talks.
        db.session.commit()
        found = fetching.fetch(address, guard=fetching.PUBLIC)
        if found is None:
            raise Problem("That site sent nothing.", "url")
        upload = reduced(found.body)
        values |= {"url": address, "etag": found.etag, "last_modified": found.last_modified}
    else:
        upload = form.calendar()
    return services.add(member(), utcnow(), upload=upload, uploaded_at=utcnow(), **values)


def _count() -> None:
    allowed = limits.allow(f"calendars:{member().id}", READS_AN_HOUR, HOUR, utcnow())
    # The try counts, whatever comes of it.
    db.session.commit()
    if not allowed:
        raise Problem(TOO_OFTEN)


def _blamed(template: str, form: Any, problem: Problem, **more: Any) -> Any:
    db.session.rollback()
    form.blame(problem)
    return render_template(template, form=form, **more), 422


def _own(public_id: str) -> Calendar:
    return queries.own(member(), public_id) or abort(404)


@bp.route("/calendars/<public_id>/check", methods=["GET", "POST"])
@login_required
def check(public_id: str) -> Any:
    """What would be taken and what not; then it is taken."""
    calendar, now = _own(public_id), utcnow()
    if calendar.upload is None:
        abort(404)
    file = read(calendar.upload, now)
    if request.method == "GET":
        made = plan(calendar, file, now)
        form = PlaceForm(data={"place": full_name(calendar.place) if calendar.place else ""})
        return render_template(
            "imports/check.html", calendar=calendar, plan=made, now=now, when=_when, ages=_ages, form=form
        )
    report = services.take(calendar, file, now)
    db.session.commit()
    flash(f"Done: {report.words()}.")
    return redirect(url_for("imports.all"))


def _when(draft: Draft) -> str:
    return rule_words(draft.rule, draft.starts)


def _ages(draft: Draft) -> str:
    return welcome_words(draft.ages, draft.starts.date())


@bp.route("/calendars/<public_id>/upload", methods=["GET", "POST"])
@login_required
def upload(public_id: str) -> Any:
    """Read a calendar again from a newer file."""
    calendar = _own(public_id)
    form = AgainForm(data={"place": full_name(calendar.place) if calendar.place else ""})
    if calendar.url:
        abort(404)
    if not form.validate_on_submit():
        page = render_template("imports/upload.html", form=form, calendar=calendar)
        return page, 422 if form.is_submitted() else 200
    try:
        _count()
        calendar = _own(public_id)
        calendar.upload, calendar.uploaded_at = form.calendar(), utcnow()
        calendar.place = form.place.place or calendar.place
    except Problem as problem:
        return _blamed("imports/upload.html", form, problem, calendar=_own(public_id))
    db.session.commit()
    return redirect(url_for("imports.check", public_id=public_id))


@bp.post("/calendars/<public_id>/place")
@login_required
def place(public_id: str) -> Any:
    """Say where the events are that do not say so themselves, and look again."""
    calendar, form = _own(public_id), PlaceForm()
    if form.validate_on_submit() and form.place.place:
        calendar.place = form.place.place
        db.session.commit()
    else:
        flash(" ".join(form.place.errors) or "Choose a place.")
    return redirect(url_for("imports.check" if calendar.upload else "imports.all", public_id=public_id))


@bp.route("/calendars/<public_id>/remove", methods=["GET", "POST"])
@login_required
def remove(public_id: str) -> Any:
    """Remove a calendar, and cancel what it brought; first ask."""
    calendar, form, now = _own(public_id), Form(), utcnow()
    if not form.validate_on_submit():
        coming = queries.coming_counts(member(), now).get(calendar.id, 0)
        return render_template("imports/remove.html", calendar=calendar, coming=coming)
    cancelled = services.remove(calendar, now)
    db.session.commit()
    flash(f"Removed. {cancelled} {'meetup is' if cancelled == 1 else 'meetups are'} cancelled; whoever comes is told.")
    return redirect(url_for("imports.all"))
