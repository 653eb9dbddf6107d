"""Routes that only read: browse, a meetup, one date, a place, my meetups, about, health."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, redirect, render_template, request, url_for
from flask_login import login_required

from meetups.accounts.current import member, viewer
from meetups.accounts.models import Member
from meetups.clock import steady, utcnow
from meetups.domain.ages import AGE_CHOICES, BAND_WORDS, band_for_months
from meetups.domain.nearness import reach_minutes
from meetups.domain.zones import to_local
from meetups.events import queries as events
from meetups.events.models import Kind
from meetups.events.search import WITHIN, WITHINS, Search
from meetups.events.shown import KIND_WORDS, sees_whole, show
from meetups.pages import browse as browsing
from meetups.pages import calendar, health, wishing
from meetups.pages import date as dates
from meetups.pages import mine as mining
from meetups.places import cards
from meetups.places import queries as places
from meetups.places.models import Amenity
from meetups.web.headers import with_pictures_from
from meetups.web.kept import kept_for_strangers

bp = Blueprint("pages", __name__)
POINTS = 200


@bp.get("/")
@kept_for_strangers
def browse() -> Any:
    """Meetups near a place, soonest first."""
    asked, tiles = browsing.ask(request.args, viewer()), current_app.config["SETTINGS"].tiles
    shown = browsing.browse(asked, viewer(), utcnow(), request.args.get("page"))
    wish = wishing.offer(asked.search, len(shown.cards), utcnow()) if shown.first else None
    choices = _choices(asked.search.within) | {"chosen": _chosen(asked.search)}
    page = render_template("pages/browse.html", page=shown, asked=asked, wish=wish, tiles=tiles, **choices)
    return page, with_pictures_from(tiles.origin) if tiles else {}


@bp.get("/week")
@kept_for_strangers
def week() -> str:
    """The same search as a week, a column a day."""
    return _grid("pages/week.html", calendar.week_of)


@bp.get("/month")
@kept_for_strangers
def month() -> str:
    """The same search as a month."""
    return _grid("pages/month.html", calendar.month_of)


def _grid(template: str, of: Callable[[Search, Member | None, datetime], calendar.Grid]) -> str:
    asked = browsing.ask(request.args, viewer())
    grid, walk = of(asked.search, viewer(), utcnow()), reach_minutes(asked.search.within)
    today = to_local(utcnow(), asked.search.zone).date()
    return render_template(template, asked=asked, grid=grid, walk=walk, here=_here(asked), today=today)


def _here(asked: browsing.Asked) -> str | None:
    """Return what lies around where she looks, if she has not named it herself."""
    near = None if asked.name else asked.search.near
    return places.area_at(near) if near else None


def _choices(within: int) -> dict[str, Any]:
    return {
        "kinds": [(str(kind), KIND_WORDS[kind]) for kind in Kind],
        "ages": AGE_CHOICES,
        # The map leads to some that nobody chooses by the minute.
        "walks": [(far, f"{reach_minutes(far)} min") for far in sorted({*WITHINS, within})],
        "amenities": [(str(amenity), cards.NAMES[amenity]) for amenity in Amenity],
    }


def _chosen(search: Search) -> list[str]:
    """Return in short words what narrows a search, besides where and when."""
    said = (
        f"{reach_minutes(search.within)} min walk" if search.within != WITHIN else None,
        "My own" if search.mine and search.kids else None,
        BAND_WORDS[band_for_months(search.age)] if search.age is not None else None,
        KIND_WORDS[search.kind] if search.kind else None,
        *(cards.NAMES[amenity] for amenity in search.amenities),
        "not in nap time" if search.awake and search.sleepers else None,
    )
    return [words for words in said if words]


@bp.get("/browse.geojson")
@kept_for_strangers
def geojson() -> Response:
    """The same search as points (RFC 7946)."""
    asked = browsing.ask(request.args, viewer())
    features = dates.features(asked.search, viewer(), utcnow(), POINTS)
    response = jsonify(type="FeatureCollection", features=features)
    response.mimetype = "application/geo+json"
    return response


@bp.get("/meetups/<public_id>")
def meetup(public_id: str) -> Any:
    """A meetup: leads to its next date, or to its last; an outline for whoever may not know when that is."""
    found = events.meetup(public_id, viewer()) or abort(404)
    occurrence = events.next_or_last(found, utcnow()) or abort(404)
    if sees_whole(occurrence, viewer()):
        return redirect(dates.address(occurrence))
    shown = show(occurrence, viewer(), utcnow())
    return render_template("pages/outline.html", shown=shown)


@bp.get("/meetups/<public_id>/<rid>")
def date(public_id: str, rid: str) -> Any:
    """One date of a meetup; an address from before its days were changed leads to the next date."""
    occurrence = events.occurrence(public_id, rid, viewer())
    if occurrence is None or not sees_whole(occurrence, viewer()):
        # The same for a date that is and one that is not: nobody learns by guessing.
        events.meetup(public_id, viewer()) or abort(404)
        return redirect(url_for("pages.meetup", public_id=public_id))
    return render_template("pages/date.html", **dates.page(occurrence, viewer(), utcnow()))


@bp.get("/places/<public_id>")
def place(public_id: str) -> str:
    """A place: what is known of it, and what comes there."""
    found = places.by_public_id(public_id) or abort(404)
    return render_template("pages/place.html", **dates.place_page(found, viewer(), utcnow()))


@bp.get("/mine")
@login_required
def mine() -> str:
    """What a member said yes to, and what she hosts."""
    return render_template("pages/mine.html", mine=mining.mine(member(), utcnow()))


@bp.get("/about")
def about() -> str:
    """What this is, how it keeps people safe, whose data it shows."""
    return render_template("pages/about.html", attributions=places.attributions())


@bp.get("/robots.txt")
def robots() -> Response:
    """Personal pages are not for crawlers; feeds must stay open, for Google's calendar obeys this file."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in ("/me$", "/me/", "/mine", "/signin", "/wishes/"))]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@bp.get("/healthz")
def healthz() -> Response:
    """Whether the process is up, whatever its database is."""
    # Without its own word on caching the session's would be looked up.
    return Response("ok\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Whether the database takes writes, the schema is at head, mail is not late and a worker works.

    While a site starts, its pages can be read before its worker has come round: that is no reason to send nobody.
    """
    found = health.problems(utcnow())
    starting = health.is_starting(found, steady() - current_app.config["STARTED"])
    found = [] if starting else found
    lines = [*(found or ["starting" if starting else "ready"]), *health.notes()]
    return Response("\n".join(lines) + "\n", mimetype="text/plain"), 503 if found else 200
