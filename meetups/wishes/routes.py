"""Routes of waiting: ask to be told, look at what one waits for, end it."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import login_required

from meetups.accounts import entry
from meetups.accounts.current import member, viewer
from meetups.accounts.held import held_action
from meetups.accounts.models import Kid, Member
from meetups.clock import utcnow
from meetups.domain.errors import Problem
from meetups.domain.nearness import Point, cell_centre, home_cell, parse_point
from meetups.domain.wishes import (
    USUAL_REACH,
    bands_of,
    others_words,
    reach_of,
    waiting_for,
    whom_words,
    wish_words,
)
from meetups.extensions import db
from meetups.places import gazetteer
from meetups.places import queries as places
from meetups.web.links import path
from meetups.wishes import queries, services
from meetups.wishes.forms import NewcomerWishForm, WishForm, whom_of, wish_form
from meetups.wishes.models import Wish
from meetups.wishes.services import Asked

bp = Blueprint("wishes", __name__)


@bp.route("/wishes/new", methods=["GET", "POST"])
def new() -> Any:
    """Ask to be told when something starts near a point; for somebody new, once her address is confirmed."""
    cell = _cell()
    if cell is None:
        return redirect(url_for("pages.browse"))
    within = reach_of(request.args.get("within", USUAL_REACH, type=int))
    form = wish_form(viewer(), within, whom_of(request.args.get("age"), viewer()), utcnow().date())
    asked = _asked(form, cell)
    if not form.validate_on_submit():
        return _page(form, asked), 422 if form.is_submitted() else 200
    if isinstance(form, NewcomerWishForm):
        return _hold(form, asked)
    try:
        wish = services.make(member(), asked, utcnow())
    except Problem as problem:
        db.session.rollback()
        form.form_errors.append(problem.message)
        return _page(form, asked), 422
    db.session.commit()
    flash(_promise(wish))
    return redirect(url_for("wishes.mine"))


def _cell() -> str | None:
    """Return the cell of the address's point, or else of her home; None where nobody knows."""
    try:
        return home_cell(parse_point(request.args.get("near", "")))
    except Problem:
        who = viewer()
        return who.home_cell if who else None


def _asked(form: WishForm, cell: str) -> Asked:
    centre = cell_centre(cell)
    # A reach that is none is the form's to refuse.
    return Asked(cell, _name(centre), form.within.data or USUAL_REACH, form.ages(), form.kid_id())


def _name(point: Point) -> str | None:
    return places.area_name(point) or gazetteer.name_of(point)


def _page(form: WishForm, asked: Asked) -> str:
    who, now = viewer(), utcnow()
    kids = [kid.month for kid in _kids(who, asked)]
    waiting = queries.waiting_at([asked.cell], now)[asked.cell]
    return render_template(
        "wishes/new.html",
        form=form,
        words=wish_words(asked.name, asked.within, whom_words(asked.ages, kids, now.date())),
        others=others_words(waiting_for(waiting, bands_of(asked.ages, kids, now.date()))),
        asked=asked,
    )


def _kids(who: Member | None, asked: Asked) -> list[Kid]:
    kids = who.kids if who else []
    return [kid for kid in kids if asked.kid_id in (None, kid.id)]


def _hold(form: NewcomerWishForm, asked: Asked) -> Any:
    words = wish_words(asked.name, asked.within, whom_words(asked.ages, (), utcnow().date()))
    held = {
        "action": "wish",
        "wish": asdict(asked),
        "summary": f"Be told when something starts {words}",
        "next": request.full_path,
    }
    sent = entry.begin(form.email.data, form.first_name.data, held)
    if sent:
        return redirect(sent)
    form.email.errors = [entry.TOO_MANY]
    return _page(form, asked), 429


@held_action("wish")
def _wish_held(who: Member, held: dict[str, Any], now: datetime) -> str:
    """Let somebody wait who asked for it before we knew her."""
    if not held["sure"]:
        flash("You are signed in. Shall we tell you?")
        return str(held["next"])
    flash(_promise(services.make(who, Asked(**held["wish"]), now)))
    return path("wishes.mine")


def _promise(wish: Wish) -> str:
    return f"We will tell you once something starts {_words(wish)}."


def _words(wish: Wish) -> str:
    months = [kid.month for kid in wish.kids]
    return wish_words(wish.name, wish.within, whom_words(wish.ages, months, utcnow().date()))


@bp.get("/me/wishes")
@login_required
def mine() -> str:
    """What a member waits for."""
    return render_template(
        "wishes/mine.html", wishes=[(wish, _words(wish)) for wish in queries.open_of(member(), utcnow())]
    )


@bp.post("/wishes/<public_id>/end")
@login_required
def end(public_id: str) -> Any:
    """One tap: she does not wait any more."""
    services.end(queries.of(member(), public_id) or abort(404), utcnow())
    db.session.commit()
    flash("You do not wait there any more.")
    return redirect(url_for("wishes.mine"))
