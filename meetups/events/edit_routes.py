"""What a host changes: a series, one date, some of them; off, on again, one more; and taking it back."""

import hashlib
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_login import login_required

from meetups.accounts import limits
from meetups.accounts.current import member
from meetups.clock import utcnow
from meetups.domain.errors import Problem
from meetups.domain.words import dates_words, effect_words, rule_words, told_words, when_words
from meetups.domain.zones import to_local
from meetups.events import dates, editing, exceptions, queries, services
from meetups.events.edit_forms import DateEditForm, EditForm, ReasonForm, WhenForm
from meetups.events.forms import NEXT_DATES
from meetups.events.hosts import acts_as_host
from meetups.events.models import Edit, Meetup, Occurrence, rid
from meetups.events.scopes import Scope, changed_words, draft_of, draft_of_date, edit_as
from meetups.events.told import families
from meetups.events.undo import families_told, is_kept, is_later, undo, undoable
from meetups.events.welcome import confirm_soon
from meetups.extensions import db
from meetups.web.links import path

bp = Blueprint("edits", __name__)
HOUR, SAVES_AN_HOUR = timedelta(hours=1), 30
TOO_OFTEN = f"That was {SAVES_AN_HOUR} times in an hour, and those who come read it all. Wait a little, then try again."
GONE = "That date is not there any more. This is the next one; nothing was changed."
Change = Callable[[dates.Draft, datetime], tuple[Meetup, editing.Effect]]


def _own(public_id: str) -> Meetup:
    found = _hosted(public_id)
    if request.method == "POST":
        # A second tap waits here for the first, and reads what that has made of it.
        dates.lock_series(found)
        found = _hosted(public_id)
    return found


def _hosted(public_id: str) -> Meetup:
    found = queries.meetup(public_id, member())
    if found is None or not acts_as_host(found, member()):
        abort(404)
    return found


def _own_date(public_id: str, rid_: str) -> Occurrence:
    meetup = _own(public_id)
    found = queries.occurrence(public_id, rid_, member())
    if found is None:
        # Another hour makes other addresses: as the page does, this leads to the next date.
        if request.method == "POST":
            flash("Saved." if _is_saved(meetup) else GONE)
        abort(redirect(path("pages.meetup", public_id=public_id)))
    return found


def _is_saved(meetup: Meetup) -> bool:
    """Return whether an earlier tap on the same button has just saved this."""
    return request.method == "POST" and is_kept(meetup, request.form.get("confirm"))


def _calm() -> bool:
    """Count one more change by this host; return False once there have been too many."""
    return limits.allow(f"edits:{member().id}", SAVES_AN_HOUR, HOUR, utcnow())


def _sure(form: ReasonForm) -> bool:
    if not form.validate_on_submit():
        return False
    if not _calm():
        form.form_errors.append(TOO_OFTEN)
    return not form.form_errors


def _saved(address: str) -> Any:
    flash("Saved.")
    return redirect(address)


def _address(row: Occurrence) -> str:
    return path("pages.date", public_id=row.meetup.public_id, rid=rid(row.recurrence_id))


@bp.route("/meetups/<public_id>/edit", methods=["GET", "POST"])
@login_required
def edit(public_id: str) -> Any:
    """Change the whole series; first say what that does."""
    meetup, now = _own(public_id), utcnow()
    if _is_saved(meetup):
        return _saved(path("pages.meetup", public_id=public_id))
    coming = queries.next_or_last(meetup, now) or abort(404)
    if meetup.cancelled_at or coming.ends_at <= now:
        abort(404)
    starts = editing.next_instance(meetup, now)
    form = EditForm(draft_of(meetup, starts), starts)
    return _edit(form, meetup, lambda draft, now: (meetup, editing.edit(meetup, draft, now)))


@bp.route("/meetups/<public_id>/<rid>/edit", methods=["GET", "POST"])
@login_required
def edit_date(public_id: str, rid: str) -> Any:
    """Change one date, this and the following, or all; first say what that does."""
    row = _own_date(public_id, rid)
    if _is_saved(row.meetup):
        return _saved(_address(row))
    if row.meetup.rule is None:
        return redirect(path("edits.edit", public_id=row.meetup.public_id), 307)
    if row.cancelled_at or row.starts_at <= utcnow():
        abort(404)
    form = DateEditForm(draft_of_date(row), row.recurrence_id)
    return _edit(form, row.meetup, lambda draft, now: edit_as(form.meant, row, draft, now), row)


def _edit(form: EditForm, meetup: Meetup, change: Change, row: Occurrence | None = None) -> Any:
    """Show the form; or do what it says, and keep that only once she has read what will happen."""
    own_id, now = meetup.public_id, utcnow()
    if not form.is_submitted():
        return _form_page(form, meetup, row)
    draft = form.read()
    if draft is None:
        return _form_page(form, meetup, row), 422
    confirm = _read_as(draft, form.meant)
    try:
        with undoable(meetup, now, confirm) as kept:
            part, effect = change(draft, now)
    except Problem as problem:
        db.session.rollback()
        form.blame(problem)
        return _form_page(form, _own(own_id), row), 422
    if request.form.get("confirm") != confirm:
        checked = _say(part, row if form.meant == Scope.THIS else None, kept, effect, now)
        checked |= {"what": changed_words(form.shown, draft), "later": is_later(kept)}
        # Nothing is kept: this only found out what would happen.
        db.session.rollback()
        return _form_page(form, _own(own_id), row, checked=checked, confirm=confirm)
    if not _calm():
        db.session.rollback()
        form.form_errors.append(TOO_OFTEN)
        return _form_page(form, _own(own_id), row), 429
    confirm_soon(part, member(), now, row if form.meant == Scope.THIS else None)
    db.session.commit()
    return _saved(_address(row) if row else path("pages.meetup", public_id=part.public_id))


def _read_as(draft: dates.Draft, scope: Scope) -> str:
    """Return what stands for an edit at this address: saved is what she has read, and nothing that she typed since."""
    values = [getattr(draft, field.name) for field in fields(draft) if field.name not in ("place", "rain_place")]
    values.append(draft.rain_place.id if draft.rain_place else None)
    return hashlib.sha256(repr((request.path, draft.place.id, scope, values)).encode()).hexdigest()[:20]


def _say(part: Meetup, row: Occurrence | None, kept: Edit, effect: editing.Effect, now: datetime) -> dict[str, Any]:
    """Return what will be: the rule or the one date in words, the next dates as they will stand, who is told."""
    told = effect_words(effect.changed, effect.kept, effect.cancelled, effect.added, families_told(kept))
    if row:
        local = to_local(row.starts_at, row.meetup.zone)
        only = f"Only this date: {when_words(local, now.date())}, {row.place.name}"
        return {"rule": only, "next": "", "effect": told}
    # What the rows say: dates that were moved or cancelled for themselves are told as they are.
    coming = sorted(dates.coming_dates(part, now), key=lambda row: row.starts_at)
    standing = [to_local(row.starts_at, part.zone) for row in coming if not row.cancelled_at]
    rule = rule_words(dates.rule_of(part), part.starts)
    apart = [one for one in dates.series_of(part) if one is not part and dates.coming_dates(one, now)]
    if apart:
        told += " The other dates of this series go on by a rule of their own: change them on their own page."
    return {"rule": rule, "next": dates_words(standing[:NEXT_DATES]), "effect": told}


def _form_page(form: EditForm, meetup: Meetup, row: Occurrence | None, **more: Any) -> str:
    more["suits"] = form.suits(member(), utcnow())
    return render_template("events/form.html", form=form, meetup=meetup, row=row, near=[], **more)


@bp.route("/meetups/<public_id>/cancel", methods=["GET", "POST"])
@login_required
def cancel(public_id: str) -> Any:
    """Cancel a meetup with all its coming dates."""
    meetup, form = _own(public_id), ReasonForm()
    back = path("pages.meetup", public_id=public_id)
    if not _sure(form):
        coming = [row for part in dates.series_of(meetup) for row in dates.coming_dates(part, utcnow())]
        words = (
            "Cancel the series?" if meetup.rule else "Cancel this meetup?",
            f"Every date to come is cancelled. {_told(coming)}",
        )
        return _ask("events/reason.html", form, words, back)
    return _done(meetup, lambda now: services.cancel_series(meetup, form.reason.data, now), "Cancelled.", back)


@bp.route("/meetups/<public_id>/<rid>/cancel", methods=["GET", "POST"])
@login_required
def cancel_date(public_id: str, rid: str) -> Any:
    """Cancel one date."""
    row, form = _own_date(public_id, rid), ReasonForm()
    if not _sure(form):
        words = "Cancel this date?", f"The others stay. {_told([row])}"
        return _ask("events/reason.html", form, words, _address(row), row)
    return _done(row.meetup, lambda now: services.cancel_date(row, form.reason.data, now), "Cancelled.", _address(row))


def _told(rows: list[Occurrence]) -> str:
    return told_words(families([row.id for row in rows if not row.cancelled_at]))


@bp.post("/meetups/<public_id>/<rid>/restore")
@login_required
def restore_date(public_id: str, rid: str) -> Any:
    """Let a cancelled date take place after all."""
    row = _own_date(public_id, rid)
    if not _calm():
        abort(429, TOO_OFTEN)
    return _done(row.meetup, lambda now: _restore(row, now), "It takes place again.", _address(row))


def _restore(row: Occurrence, now: datetime) -> None:
    exceptions.restore_date(row, now)
    confirm_soon(row.meetup, member(), now, row)


@bp.route("/meetups/<public_id>/add", methods=["GET", "POST"])
@login_required
def add_date(public_id: str) -> Any:
    """Add one date to a series."""
    meetup = _own(public_id)
    if meetup.rule is None:
        abort(404)
    form = WhenForm(data={"time": meetup.starts.time()})
    words = "Add a date", "One more, beside those of the series: at the same place, for as many families."
    if not form.validate_on_submit():
        return _ask("events/add.html", form, words, path("pages.meetup", public_id=public_id))
    now = utcnow()
    try:
        with undoable(meetup, now):
            row = exceptions.add_date(meetup, form.starts(), now)
    except Problem as problem:
        db.session.rollback()
        form.blame(problem)
        return _ask("events/add.html", form, words, path("pages.meetup", public_id=public_id))
    db.session.commit()
    flash("Added. Nobody is told of it by mail: send it to somebody who might come.")
    return redirect(_address(row))


@bp.post("/meetups/<public_id>/undo/<edit_id>")
@login_required
def take_back(public_id: str, edit_id: str) -> Any:
    """Take the last change back, while nobody has been told of it."""
    meetup = _own(public_id)
    kept = queries.edit_of(meetup, edit_id)
    if kept is None:
        flash("That can’t be undone any more.")
        return redirect(path("pages.meetup", public_id=public_id))
    try:
        meetup = undo(kept, utcnow())
    except Problem as problem:
        db.session.rollback()
        flash(problem.message)
        return redirect(path("pages.meetup", public_id=public_id))
    db.session.commit()
    flash("Undone. All is as it was.")
    return redirect(path("pages.meetup", public_id=meetup.public_id))


def _ask(template: str, form: Any, words: tuple[str, str], back: str, row: Occurrence | None = None) -> Any:
    when = to_local(row.starts_at, row.meetup.zone) if row else None
    page = render_template(template, form=form, words=words, back=back, when_local=when)
    if TOO_OFTEN in form.form_errors:
        return page, 429
    return page, 422 if form.is_submitted() else 200


def _done(meetup: Meetup, change: Callable[[datetime], None], words: str, back: str) -> Any:
    now = utcnow()
    try:
        with undoable(meetup, now):
            change(now)
    except Problem as problem:
        db.session.rollback()
        flash(problem.message)
    else:
        db.session.commit()
        flash(words)
    return redirect(back)
