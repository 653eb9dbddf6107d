"""Routes of a member's children: their months, and when they nap."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import login_required

from meetups.accounts import forms, services
from meetups.accounts.current import member
from meetups.accounts.models import Kid
from meetups.clock import utcnow
from meetups.domain import naps as napping
from meetups.domain.ages import BAND_WORDS, band_at, months_between, own_words
from meetups.domain.errors import Problem
from meetups.domain.words import date_words
from meetups.extensions import db

bp = Blueprint("kids", __name__)
TAKEN_AWAY = "Taken away. Nothing is marked as this child’s nap time."


@dataclass(frozen=True, slots=True)
class Row:
    """A child on its mother's page: its age, whose it is in words, what she has said of its naps, what is usual.

    `first` is the chip that is chosen to begin with, `problem` what stands against what she has just tapped.
    """

    kid: Kid
    age: str
    name: str
    asked: bool
    told: str | None
    stale: str | None
    usual: str
    first: int | None
    problem: str | None


@bp.route("/me/kids", methods=["GET", "POST"])
@login_required
def mine() -> Any:
    """Her children: add one, remove one."""
    form, today = forms.KidForm(), utcnow().date()
    form.offer(today)
    if request.method == "POST" and "remove" in request.form:
        return _remove(request.form["remove"])
    if form.validate_on_submit():
        try:
            if form.too_far(today):
                raise Problem("A due month is at most nine months ahead", "month")
            services.add_kid(member(), form.first_day(), utcnow())
        except Problem as problem:
            form.month.errors = [problem.message]
        else:
            db.session.commit()
            flash("Added.")
            return redirect(url_for("kids.mine"))
    return _page(form, today), 422 if form.errors or form.month.errors else 200


def _remove(text: str) -> Any:
    services.remove_kid(member(), text)
    db.session.commit()
    flash("Removed.")
    return redirect(url_for("kids.mine"))


@bp.post("/me/kids/<int(max=2147483647):row_id>/naps")
@login_required
def naps(row_id: int) -> Any:
    """Say when one of them naps, or take that away again."""
    kid = next((kid for kid in member().kids if kid.id == row_id), None) or abort(404)
    form, today = forms.NapForm(), utcnow().date()
    form.validate()
    try:
        kid.sleeper = form.sleeper(kid, today)
    except Problem as problem:
        empty = forms.KidForm(formdata=None)
        empty.offer(today)
        return _page(empty, today, (kid, form, problem.message)), 422
    db.session.commit()
    flash(f"Noted. {_told(kid, today)}" if kid.sleeper else TAKEN_AWAY)
    return redirect(url_for("kids.mine"))


def _page(form: forms.KidForm, today: date, wrong: tuple[Kid, forms.NapForm, str] | None = None) -> str:
    rows = [_row(kid, today) if not wrong or kid is not wrong[0] else _wrong(*wrong, today) for kid in member().kids]
    choices = [(start, napping.minute_words(start)) for start in napping.FIRSTS]
    lasts = [(start, napping.minute_words(start)) for start in napping.LASTS]
    return render_template("accounts/kids.html", form=form, rows=rows, firsts=choices, lasts=lasts)


def _wrong(kid: Kid, form: forms.NapForm, problem: str, today: date) -> Row:
    return _row(kid, today, form.first.data, problem)


def _row(kid: Kid, today: date, first: int | None = None, problem: str | None = None) -> Row:
    months = months_between(kid.month, today)
    sleeper, usual = kid.sleeper, napping.usual(months)
    known = (sleeper.on(today) if sleeper else ()) or usual
    return Row(
        kid=kid,
        age=BAND_WORDS[band_at(kid.month, today)],
        name=own_words(kid.month, today),
        asked=sleeper is not None or 0 <= months < napping.ASKED_UNTIL,
        told=_told(kid, today),
        stale=_stale(kid, today),
        usual=_naps_words(usual, months),
        first=first or (known[0].start // 30 * 30 if known else None),
        problem=problem,
    )


def _told(kid: Kid, today: date) -> str | None:
    """Return what she has said, in our words: what she reads is what was understood."""
    sleeper = kid.sleeper
    if sleeper is None:
        return None
    if sleeper.own is None:
        return f"As usual for the age: {_naps_words(sleeper.on(today), months_between(kid.month, today))}"
    said = f"Naps about {napping.naps_words(sleeper.own)}" if sleeper.own else "No naps"
    return f"{said}. Awake about {napping.awake_words(sleeper.own)}."


def _naps_words(naps: napping.Naps, months: int) -> str:
    if not naps:
        return (
            "they sleep at any hour, so nothing is marked yet."
            if months < napping.REGULAR_FROM
            else "no naps any more."
        )
    return f"naps about {napping.naps_words(naps)}. Awake about {napping.awake_words(naps)}."


def _stale(kid: Kid, today: date) -> str | None:
    """Return when she said it, where that is too long ago to go by."""
    sleeper = kid.sleeper
    if sleeper is None or sleeper.holds_until is None or sleeper.since is None or today < sleeper.holds_until:
        return None
    return date_words(sleeper.since)
