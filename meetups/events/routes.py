"""The host's routes."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, session, url_for
from flask_login import login_required
from werkzeug.datastructures import MultiDict

from meetups.accounts import entry
from meetups.accounts.current import member, viewer
from meetups.accounts.forms import NewcomerFields
from meetups.accounts.held import held_action
from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.domain.errors import Problem
from meetups.domain.nearness import Point
from meetups.domain.words import dates_words, rule_words
from meetups.domain.zones import to_local
from meetups.events import dates, editing, queries, services
from meetups.events.forms import (
    NEXT_DATES,
    HostForm,
    MoveForm,
    ReasonForm,
    nearest_places,
    new_values,
    say,
    values_of,
)  # fmt: skip
from meetups.events.models import Meetup, Occurrence, rid
from meetups.events.search import Search
from meetups.events.shown import KIND_WORDS
from meetups.extensions import db
from meetups.places import queries as places
from meetups.web.links import path

bp = Blueprint("events", __name__)
DRAFT = "draft"


class NewcomerHostForm(HostForm, NewcomerFields):
    """The hosting form of somebody we do not know yet."""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the problems as on the page, where she says last who she is."""
        yield from sorted(super().problems(), key=lambda found: found[0] in ("email", "first_name"))


@bp.route("/meetups/new", methods=["GET", "POST"])
def new() -> Any:
    """Write a meetup, check it, post it."""
    form = _new_form()
    if not form.is_submitted():
        return _form_page(form)
    draft = _read(form)
    if draft is None:
        return _form_page(form), 422
    if not (request.form.get("confirm") or request.form.get("seen")):
        return _form_page(form, checked=say(draft.rule, draft.starts))
    known = viewer()
    if known is None:
        return _hold(form)
    try:
        meetup = services.host(known, draft, utcnow(), form.key())
    except Problem as problem:
        db.session.rollback()
        form.blame(problem)
        return _form_page(form), 422
    db.session.commit()
    session.pop(DRAFT, None)
    flash("Posted. Now send it to somebody who might come.")
    return redirect(_first_page(meetup))


def _new_form() -> HostForm:
    kind = HostForm if viewer() else NewcomerHostForm
    if request.method == "POST":
        return kind()
    kept = session.get(DRAFT)
    if kept and not request.args:
        form = kind(MultiDict(kept), meta={"csrf": False})
        _read(form)
        return form
    place = places.by_public_id(request.args.get("place", ""))
    return kind(data=new_values(viewer(), place, _near(), utcnow()))


def _near() -> Point | None:
    return Search.from_args(request.args).near


def _read(form: HostForm) -> dates.Draft | None:
    """Return what a valid form says; None, with the errors on the form, for any other."""
    if not form.validate():
        return None
    try:
        draft = form.draft()
        dates.check_start(draft, utcnow())
    except Problem as problem:
        form.blame(problem)
        return None
    return draft


def _form_page(form: HostForm, **more: Any) -> str:
    return render_template("events/form.html", form=form, near=nearest_places(viewer(), _near()), **more)


def _hold(form: HostForm) -> Any:
    typed = {name: values for name, values in request.form.lists() if name not in ("csrf_token", "email", "first_name")}
    draft = form.draft()
    # Not the title: a stranger's words do not go out in our mails.
    summary = f"{KIND_WORDS[draft.kind]} at {draft.place.name}. {say(draft.rule, draft.starts)[0]}"
    held = {"action": "host", "form": typed, "summary": summary}
    sent = entry.begin(form.email.data, form.first_name.data, held)
    if sent:
        return redirect(sent)
    form.email.errors = [entry.TOO_MANY]
    return _form_page(form), 429


@held_action("host")
def _host_held(known: Member, held: dict[str, Any], now: Any) -> str:
    form = HostForm(MultiDict(held["form"]), meta={"csrf": False})
    if not held["sure"]:
        session[DRAFT] = held["form"]
        flash("You are signed in. Check your meetup, then post it.")
        return path("events.new")
    draft = _read(form)
    if draft is None:
        session[DRAFT] = held["form"]
        flash("You are signed in. One thing is left to change before your meetup can be posted.")
        return path("events.new")
    try:
        meetup = services.host(known, draft, now, form.key())
    except Problem as problem:
        flash(problem.message)
        return path("pages.mine")
    flash("Posted. Now send it to somebody who might come.")
    return _first_page(meetup)


def _first_page(meetup: Meetup) -> str:
    return path("pages.date", public_id=meetup.public_id, rid=rid(meetup.starts))


@bp.get("/meetups/preview")
def preview() -> Response:
    """What the form says, in words: {words, next, problem}."""
    form = HostForm(request.args, meta={"csrf": False})
    form.validate()
    zone = form.place.place.zone if form.place.place else places.usual_zone()
    try:
        rule, starts = form.rule(), form.starts()
        words, following = say(rule, dates.check_time(rule, starts, zone, utcnow()))
    except Problem as problem:
        return jsonify(words="", next="", problem=problem.message)
    return jsonify(words=words, next=following, problem="")


def _own(public_id: str) -> Meetup:
    found = queries.meetup(public_id, member())
    if found is None or found.host_id != member().id:
        abort(404)
    return found


def _own_date(public_id: str, rid_: str) -> Occurrence:
    found = queries.occurrence(public_id, rid_, member())
    if found is None or found.meetup.host_id != member().id:
        abort(404)
    return found


@bp.route("/meetups/<public_id>/edit", methods=["GET", "POST"])
@login_required
def edit(public_id: str) -> Any:
    """Change the whole series; first say what that does."""
    meetup, now = _own(public_id), utcnow()
    coming = queries.next_or_last(meetup, now) or abort(404)
    if meetup.cancelled_at or coming.ends_at <= now:
        abort(404)
    asked = request.method == "POST"
    form = HostForm() if asked else HostForm(data=values_of(meetup, editing.next_instance(meetup, now)))
    if not form.is_submitted():
        return _form_page(form, meetup=meetup)
    draft = _read_edit(form)
    if draft is None:
        return _form_page(form, meetup=meetup), 422
    try:
        effect = editing.edit(meetup, draft, now)
    except Problem as problem:
        db.session.rollback()
        form.blame(problem)
        return _form_page(form, meetup=_own(public_id)), 422
    if not request.form.get("confirm"):
        checked = _say_edited(meetup, now)
        # Nothing is kept: this only found out what would happen.
        db.session.rollback()
        return _form_page(form, meetup=_own(public_id), checked=checked, effect=effect)
    db.session.commit()
    flash("Saved. Whoever comes is told of a new time or place.")
    return redirect(path("pages.meetup", public_id=public_id))


def _say_edited(meetup: Meetup, now: datetime) -> tuple[str, str]:
    # What the rows say: dates that were moved or cancelled for themselves are told as they are.
    coming = sorted(dates.coming_dates(meetup, now), key=lambda row: row.starts_at)
    standing = [to_local(row.starts_at, meetup.zone) for row in coming if not row.cancelled_at]
    return rule_words(dates.rule_of(meetup), meetup.starts), dates_words(standing[:NEXT_DATES])


def _read_edit(form: HostForm) -> dates.Draft | None:
    if not form.validate():
        return None
    try:
        return form.draft()
    except Problem as problem:
        form.blame(problem)
        return None


@bp.route("/meetups/<public_id>/cancel", methods=["GET", "POST"])
@login_required
def cancel(public_id: str) -> Any:
    """Cancel a meetup with all its coming dates."""
    meetup, form = _own(public_id), ReasonForm()
    if not form.validate_on_submit():
        words = (
            ("Cancel the series?" if meetup.rule else "Cancel this meetup?"),
            "Every date to come is cancelled, and whoever comes is told by mail.",
        )
        return _ask("events/reason.html", form, words, path("pages.meetup", public_id=public_id))
    try:
        services.cancel_series(meetup, form.reason.data, utcnow())
    except Problem as problem:
        flash(problem.message)
    else:
        db.session.commit()
        flash("Cancelled. Whoever comes is told.")
    return redirect(url_for("pages.mine"))


@bp.route("/meetups/<public_id>/<rid>/cancel", methods=["GET", "POST"])
@login_required
def cancel_date(public_id: str, rid: str) -> Any:
    """Cancel one date."""
    row, form = _own_date(public_id, rid), ReasonForm()
    back = path("pages.date", public_id=public_id, rid=rid)
    if not form.validate_on_submit():
        words = "Cancel this date?", "The others stay. Whoever comes is told by mail."
        return _ask("events/reason.html", form, words, back, row)
    return _done(
        lambda: services.cancel_date(row, form.reason.data, utcnow()), "Cancelled. Whoever comes is told.", back
    )


@bp.route("/meetups/<public_id>/<rid>/move", methods=["GET", "POST"])
@login_required
def move_date(public_id: str, rid: str) -> Any:
    """Move one date."""
    row, back = _own_date(public_id, rid), path("pages.date", public_id=public_id, rid=rid)
    local = to_local(row.starts_at, row.meetup.zone)
    form = MoveForm(data={"date": local.date(), "time": local.time()})
    words = "Move this date", "Only this one. Whoever comes keeps her place and is told by mail."
    if not form.validate_on_submit():
        return _ask("events/move.html", form, words, back, row)
    try:
        services.move_date(row, form.starts(), utcnow())
    except Problem as problem:
        db.session.rollback()
        form.blame(problem)
        return _ask("events/move.html", form, words, back, _own_date(public_id, rid))
    db.session.commit()
    flash("Moved. Whoever comes is told.")
    return redirect(back)


def _ask(template: str, form: Any, words: tuple[str, str], back: str, row: Occurrence | None = None) -> Any:
    when = to_local(row.starts_at, row.meetup.zone) if row else None
    page = render_template(template, form=form, words=words, back=back, when_local=when)
    return page, 422 if form.is_submitted() else 200


def _done(change: Any, words: str, back: str) -> Any:
    try:
        change()
    except Problem as problem:
        db.session.rollback()
        flash(problem.message)
    else:
        db.session.commit()
        flash(words)
    return redirect(back)
