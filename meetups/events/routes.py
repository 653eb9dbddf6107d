"""The host's routes."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, session
from werkzeug.datastructures import MultiDict

from meetups.accounts import entry
from meetups.accounts.current import viewer
from meetups.accounts.forms import NewcomerFields
from meetups.accounts.held import held_action
from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.domain.ages import welcome_words
from meetups.domain.errors import Problem
from meetups.domain.nearness import Point
from meetups.domain.words import duration_words
from meetups.events import dates, services
from meetups.events.forms import HostForm, nearest_places, new_values, say, say_ages, usual_title
from meetups.events.models import Meetup, rid
from meetups.events.search import Search
from meetups.events.shown import KIND_WORDS
from meetups.events.waiting import promise, waiting
from meetups.extensions import db
from meetups.places import queries as places
from meetups.places.models import Place
from meetups.web.links import path

bp = Blueprint("events", __name__)
DRAFT = "draft"


class NewcomerHostForm(HostForm, NewcomerFields):
    """The hosting form of somebody we do not know yet."""


@bp.route("/meetups/new", methods=["GET", "POST"])
def new() -> Any:
    """Write a meetup, check it, post it."""
    form = _new_form()
    if not form.is_submitted():
        return _form_page(form)
    draft = form.read(_check)
    if draft is None:
        return _form_page(form), 422
    if "again" in request.form or not (request.form.get("confirm") or request.form.get("seen")):
        return _form_page(form, checked=_checked(draft))
    known = viewer()
    if known is None:
        return _hold(form)
    try:
        meetup = services.host(known, draft, utcnow(), form.key())
    except Problem as problem:
        db.session.rollback()
        form.blame(problem)
        return _form_page(form), 422
    said = _posted(meetup)
    db.session.commit()
    session.pop(DRAFT, None)
    flash(said)
    return redirect(_first_page(meetup))


def _checked(draft: dates.Draft) -> dict[str, str]:
    """Return what will be posted, in a few short lines."""
    words, following = say(draft.rule, draft.starts)
    usual, day = usual_title(draft.kind, draft.place), draft.starts.date()
    return {
        "title": draft.title,
        "where": draft.place.neighbourhood or "" if draft.title == usual else usual,
        "rule": f"{words}, {duration_words(draft.duration)}",
        "next": following,
        "ages": say_ages(draft.ages, day) or welcome_words(draft.ages, day),
        "spot": draft.spot,
    }


def _posted(meetup: Meetup) -> str:
    promised = promise(meetup, utcnow())
    return f"Posted. Now send it to somebody who might come. You can change or cancel it on this page.{promised}"


def _new_form() -> HostForm:
    kind = HostForm if viewer() else NewcomerHostForm
    if request.method == "POST":
        return kind()
    kept = session.get(DRAFT)
    if kept and not request.args:
        form = kind(MultiDict(kept), meta={"csrf": False})
        form.read(_check)
        return form
    place = places.by_public_id(request.args.get("place", ""))
    return kind(data=new_values(viewer(), place, _near(), utcnow(), _day()))


def _near() -> Point | None:
    return Search.from_args(request.args).near


def _day() -> date | None:
    return Search.from_args({"day": request.args.get("date")}).day


def _check(draft: dates.Draft) -> None:
    dates.check_start(draft, utcnow())


def _form_page(form: HostForm, **more: Any) -> str:
    near = nearest_places(viewer(), _near())
    more["suits"] = form.suits(viewer(), utcnow())
    families = waiting(_chosen(form), near, utcnow()) if viewer() else None
    return render_template("events/form.html", form=form, near=near, waiting=families, **more)


def _chosen(form: HostForm) -> Place | None:
    """Return the park that stands in the form, also before it was sent."""
    if form.is_submitted() or not form.place.data:
        return form.place.place
    named = places.called(form.place.data)
    return named[0] if len(named) == 1 else None


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
    draft = form.read(_check)
    if draft is None:
        session[DRAFT] = held["form"]
        flash("You are signed in. One thing is left to change before your meetup can be posted.")
        return path("events.new")
    try:
        meetup = services.host(known, draft, now, form.key())
    except Problem as problem:
        flash(problem.message)
        return path("pages.mine")
    flash(_posted(meetup))
    return _first_page(meetup)


def _first_page(meetup: Meetup) -> str:
    return path("pages.date", public_id=meetup.public_id, rid=rid(meetup.starts))


@bp.get("/meetups/preview")
def preview() -> Response:
    """What the form says, in words: {words, next, ages, problem}; and for members, who waits near: {waiting}."""
    form = HostForm(request.args, meta={"csrf": False})
    form.validate()
    zone = form.place.place.zone if form.place.place else places.usual_zone()
    lines = waiting(form.place.place, (), utcnow()).lines if viewer() else []
    try:
        rule, starts = form.rule(), form.starts()
        words, following = say(rule, dates.check_time(rule, starts, zone, utcnow()))
        ages = say_ages(form.welcome(), starts.date())
    except Problem as problem:
        return jsonify(words="", next="", ages="", problem=problem.message, waiting=lines)
    return jsonify(words=words, next=following, ages=ages, problem="", waiting=lines)


@bp.get("/meetups/suits")
def suits() -> str:
    """Which hour suits the families around the park that the form names: a piece of its page."""
    form = HostForm(request.args, meta={"csrf": False})
    form.validate()
    return render_template("events/_suits.html", suits=form.suits(viewer(), utcnow()))
