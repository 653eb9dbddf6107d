"""Routes about places and about where a member lives."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask_login import login_required

from meetups.accounts import limits
from meetups.accounts.current import member, viewer
from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.domain.nearness import Point, cell_centre
from meetups.extensions import db
from meetups.places import ground, meaning, queries, services
from meetups.places import view as looking
from meetups.places.forms import HomeForm, WordForm
from meetups.places.models import LAP, Place
from meetups.web.links import came_from

bp = Blueprint("places", __name__)
HOUR, WORDS_AN_HOUR = timedelta(hours=1), 60
TOO_MANY_WORDS = "That is a lot for one hour. Wait a little, then go on."
THANKS = {
    "yes": "Thank you. That helps whoever comes next.",
    "no": "Thank you. That helps whoever comes next.",
    "unsure": "No matter. Somebody else will know.",
    "back": "Taken back.",
}


@bp.get("/places/suggest")
def suggest() -> Response:
    """Names with words that begin as those of `q` do: [{name, id, note}]; `only=places` leaves all but parks out."""
    text, anywhere = request.args.get("q", ""), not request.args.get("only")
    areas = queries.suggest_areas(text) if anywhere else []
    found = [{"name": area.name, "id": "", "note": area.city} for area in areas]
    found += [{"name": row.name, "id": row.public_id, "note": row.neighbourhood or ""} for row in queries.suggest(text)]
    if anywhere:
        found += [{"name": name, "id": "", "note": ""} for name in meaning.suggest(text, viewer())]
    return jsonify(found)


@bp.post("/places/<public_id>/say")
@login_required
def say(public_id: str) -> Any:
    """One tap: what a member says of one amenity of a place, or takes back; leads to where she was."""
    place = queries.by_public_id(public_id) or abort(404)
    form, here = WordForm(), url_for("pages.place", public_id=public_id)
    if not form.validate_on_submit():
        return redirect(came_from(here))
    if not limits.allow(f"words:{member().id}", WORDS_AN_HOUR, HOUR, utcnow()):
        db.session.commit()
        flash(TOO_MANY_WORDS)
        return redirect(came_from(here))
    _keep(place, form)
    db.session.commit()
    flash(THANKS[form.word or "yes"])
    return redirect(came_from(f"{here}#{form.amenity}"))


def _keep(place: Place, form: WordForm) -> None:
    if form.word == "back" or (form.amenity == LAP and not form.minutes):
        form.word = "back"
        services.take_back(place, member(), form.amenity)
    elif form.amenity == LAP:
        services.say_lap(place, member(), form.minutes, utcnow())
    else:
        services.say(place, member(), form.amenity, {"yes": True, "no": False}.get(form.word), utcnow())


@bp.route("/me/home", methods=["GET", "POST"])
@login_required
def home() -> Any:
    """A member's neighbourhood: typed, tapped, or where the phone is; kept as one cell and a name."""
    me = member()
    form = HomeForm(data=_chosen(me))
    if form.validate_on_submit() and form.found:
        services.live_at(me, form.found, utcnow())
        db.session.commit()
        flash(f"Your neighbourhood is {me.home_name}." if me.home_name else "Your neighbourhood is saved.")
        return redirect(url_for("accounts.me"))
    status = 422 if form.is_submitted() else 200
    return render_template("places/home.html", form=form, outlines=_outlines(me)), status


def _chosen(me: Member) -> dict[str, str]:
    # A tap on the map leads here with `area`, the phone's position with `near`: chosen, not yet saved.
    near = request.args.get("near", "")
    found = queries.find(near) if near else None
    if found:
        return {"name": found.name, "near": near}
    return {"name": request.args.get("area") or me.home_name or "", "near": ""}


def _outlines(me: Member) -> list[ground.Outline]:
    areas = queries.areas_about(cell_centre(me.home_cell) if me.home_cell else None)
    view = looking.around([Point(area.lat, area.lon) for area in areas])
    shapes = [ground.outline(view, area.name, area.rings) for area in areas] if view else []
    return [shape for shape in shapes if shape]
