"""Proposing a place: her own page of what she has proposed, and the admins' pages that accept or refuse."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import login_required

from meetups.accounts import limits
from meetups.accounts.current import member, viewer
from meetups.clock import utcnow
from meetups.domain.errors import Problem
from meetups.domain.nearness import Point
from meetups.extensions import db
from meetups.places import emails, proposals, queries
from meetups.places.forms import DecideForm, ProposeForm
from meetups.places.models import PlaceProposal

bp = Blueprint("proposals", __name__)
COMPOSERS = emails  # importing it registers the mail
DAY, PROPOSALS_A_DAY = timedelta(days=1), 5
TOO_MANY = f"That was {PROPOSALS_A_DAY} places today. Thank you: the next one tomorrow."
NEAR = 5


@bp.route("/places/new", methods=["GET", "POST"])
@login_required
def new() -> Any:
    """Propose a place, and see what became of earlier ones."""
    form = ProposeForm()
    if form.validate_on_submit():
        if limits.allow(f"places:{member().id}", PROPOSALS_A_DAY, DAY, utcnow()):
            proposals.propose(member(), form.proposed(), utcnow())
            flash("Thank you. Somebody will look at it, and we will write to you.")
        else:
            flash(TOO_MANY)
        db.session.commit()
        return redirect(url_for("proposals.new"))
    status = 422 if form.is_submitted() else 200
    hers = proposals.of(member())
    return render_template("places/propose.html", form=form, hers=hers, refusals=proposals.REFUSALS), status


@bp.get("/admin/places")
def waiting() -> str:
    """What waits for an admin, oldest first."""
    _admins_only()
    return render_template("places/proposals.html", waiting=proposals.waiting())


@bp.route("/admin/places/<public_id>", methods=["GET", "POST"])
def one(public_id: str) -> Any:
    """Look at one that waits, correct it, and accept or refuse it."""
    _admins_only()
    proposal = proposals.one(public_id) or abort(404)
    if proposal.lat is None or proposal.lon is None or proposal.decided_at:
        flash("This is decided.")
        return redirect(url_for("proposals.waiting"))
    point = Point(proposal.lat, proposal.lon)
    form = DecideForm(data={"name": proposal.name, "kind": proposal.kind, "where": f"{point.lat}, {point.lon}"})
    if form.validate_on_submit() and _decide(form, proposal):
        return redirect(url_for("proposals.waiting"))
    near = [(place, round(far)) for place, far in queries.nearest(point, NEAR)]
    status = 422 if form.is_submitted() else 200
    return render_template("places/decide.html", form=form, proposal=proposal, near=near, point=point), status


def _admins_only() -> None:
    # For everybody else there is nothing here.
    who = viewer()
    if who is None or not who.admin:
        abort(404)


def _decide(form: DecideForm, proposal: PlaceProposal) -> bool:
    """Accept or refuse it; return False where that cannot be, which the form then says."""
    try:
        if form.refusal.data:
            proposals.refuse(proposal, form.refusal.data, utcnow())
            flash(f"{proposal.name} is refused, and she is told why.")
        else:
            place = proposals.accept(proposal, form.name.data, form.kind.data, form.point, utcnow())
            flash(f"{place.name} is on the map.")
    except Problem as problem:
        db.session.rollback()
        form.name.errors = [problem.message]
        return False
    db.session.commit()
    return True
