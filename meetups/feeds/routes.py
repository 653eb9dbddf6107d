"""Feeds, and the pages that help to subscribe to them."""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial, wraps
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask_login import login_required
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response as AnyResponse
from wtforms.validators import InputRequired

from meetups.accounts import limits
from meetups.accounts.current import member, viewer
from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.domain.ages import BAND_WORDS, band_for_months
from meetups.domain.nearness import Point, cell_centre, reach_minutes
from meetups.domain.text import clean, slug
from meetups.domain.words import when_words
from meetups.domain.zones import to_local, zone_at
from meetups.events import calendar as writing
from meetups.events import queries as events
from meetups.events.models import Meetup, Occurrence, rid
from meetups.events.search import Search
from meetups.events.series import series_calendar
from meetups.events.shown import KIND_WORDS
from meetups.extensions import db, may_write
from meetups.feeds import queries, services, states
from meetups.feeds.answers import answer, calendar, known, unchanged
from meetups.feeds.links import Links, links
from meetups.places import cards, meaning
from meetups.places import queries as places
from meetups.web.forms import AtMost, Form, LineField
from meetups.web.links import public_url

bp = Blueprint("feeds", __name__)
HOUR, SEARCHES_AN_HOUR = timedelta(hours=1), 20
NEW_TOKEN = "new_feed"  # noqa: S105 - the name of the cookie's entry
# Some programs look before they read; whatever they ask with, they get the calendar. None has
# ever been seen to post, and a post may write to its session.
ASKED_BY = ["GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"]
log = logging.getLogger("meetups.feeds")
View = Callable[..., AnyResponse]


def _calendar(rule: str) -> Callable[[View], View]:
    """Serve a calendar at an address, by whatever method it is asked for: nothing of it is written."""

    def serve(view: View) -> View:
        @wraps(view)
        def read(**values: str) -> AnyResponse:
            may_write.set(False)
            return view(**values)

        bp.route(rule, methods=ASKED_BY, provide_automatic_options=False)(read)
        return read

    return serve


@_calendar("/meetups/<public_id>/<name>.ics")
def series(public_id: str, name: str) -> AnyResponse:
    """A meetup with its rule and exceptions, and whatever parts its series has been split into."""
    now = utcnow()
    found = states.series(public_id, now) or abort(404)
    return answer(found.state, partial(_write_series, public_id, found.parts, now))


def _write_series(public_id: str, ids: tuple[int, ...], now: datetime) -> tuple[bytes, str]:
    parts = queries.parts(ids)
    title = next(meetup.title for meetup, _ in parts if meetup.public_id == public_id)
    return series_calendar(title, parts, now), slug(title)


@_calendar("/meetups/<public_id>/<rid>/<name>.ics")
def date(public_id: str, rid: str, name: str) -> AnyResponse:
    """One date."""
    row, now = events.occurrence(public_id, rid, None), utcnow()
    # Feeds are read without a cookie: what they hold is what a stranger may see.
    if row is None or not states.open_to_strangers(row.meetup.visibility):
        abort(404)
    return answer(states.one_date(row, now), lambda: (writing.date_calendar(row, now), slug(row.title)))


@_calendar("/feeds/<token>/my-meetups.ics")
def own(token: str) -> AnyResponse:
    """A member's own dates, by her secret."""
    now = utcnow()
    found = states.own(token, now) or abort(404)
    if found.ended:
        abort(410, "This calendar has been stopped. You can remove it from your calendar program.")
    if known(found.state):
        _note_read(found, now)
        return unchanged(found.state, secret=True)
    dates = queries.own_dates(found.member_id, now)
    body = _document("My meetups", dates, now)
    return calendar(body, "my-meetups", _note_read(found, now), secret=True)


def _note_read(found: states.OwnState, now: datetime) -> states.State:
    """Keep the day on which a program read a feed and what it read; at most once a day while nothing changes."""
    before, after = found.before, found.state
    news = after.tag != before.tag or found.read_on != now.date()
    # A browser that shows the address is no program that reads it.
    if not news or request.method != "GET" or after.tag is None or "Sec-Fetch-Mode" in request.headers:
        return after
    try:
        return states.State(after.tag, services.note_read(found.feed_id, now, before, after))
    except OperationalError as error:
        # Her calendar matters more than our knowing that she read it.
        log.warning("reading not noted: %s", type(error.orig).__name__)
        return after


@_calendar("/near/<public_id>/<name>.ics")
def search(public_id: str, name: str) -> AnyResponse:
    """What a saved search finds."""
    now = utcnow()
    state, kept = states.search(public_id, now) or abort(404)
    return answer(state, partial(_write_search, kept, now))


def _write_search(kept: states.KeptSearch, now: datetime) -> tuple[bytes, str]:
    dates = [(row, "") for row in queries.search_dates(kept.query, now)]
    return _document(kept.name, dates, now), slug(kept.name)


def _document(name: str, dates: Iterable[tuple[Occurrence, str]], now: datetime) -> bytes:
    made = (
        writing.attempt(row, partial(writing.date_event, row, with_spot=said == "going", maybe=said == "maybe"))
        for row, said in dates
    )
    return writing.document(name, writing.fitting([event for event in made if event], now), now)


def _links(address: str, name: str, page: str | None = None) -> Links:
    return links(address, name, request.user_agent.string, page)


@bp.get("/meetups/<public_id>/subscribe")
def subscribe(public_id: str) -> str:
    """How to have a meetup in one's calendar."""
    meetup = events.meetup(public_id, viewer())
    if meetup is None or not states.open_to_strangers(meetup.visibility):
        abort(404)
    wanted = _wanted(meetup) or abort(404)
    name, at = slug(meetup.title), rid(wanted.recurrence_id)
    address = public_url("feeds.series", public_id=public_id, name=name)
    page = public_url("feeds.subscribe", public_id=public_id)
    return render_template(
        "feeds/subscribe.html", title=meetup.title, links=_links(address, meetup.title, page),
        one=url_for("feeds.date", public_id=public_id, rid=at, name=name),
        when=when_words(to_local(wanted.starts_at, meetup.zone)), repeats=meetup.rule is not None,
        back=url_for("pages.date", public_id=public_id, rid=at),
    )  # fmt: skip


def _wanted(meetup: Meetup) -> Occurrence | None:
    asked = events.occurrence(meetup.public_id, request.args.get("rid", ""), viewer())
    return asked or events.next_or_last(meetup, utcnow())


@bp.get("/near/new")
def new_search() -> str:
    """What a search as a calendar will hold, and the button that makes it."""
    wanted = services.for_everybody(_near_somewhere(request.args))
    if wanted.near is None:
        abort(404)
    # From her home no address says what it is called.
    named = _known_name(request.args) if request.args.get("near") else places.area_name(wanted.near)
    return render_template(
        "feeds/search.html",
        search=wanted,
        name=named,
        minutes=reach_minutes(wanted.within),
        kind=KIND_WORDS[wanted.kind] if wanted.kind else None,
        age=BAND_WORDS[band_for_months(wanted.age)] if wanted.age is not None else None,
        has=[cards.NAMES[amenity] for amenity in wanted.amenities],
    )


def _known_name(args: Mapping[str, str]) -> str:
    # Only a name that we know: the page and the calendar are everybody's to read.
    found = meaning.look_up(clean(args.get("name", "")), viewer()).found
    return found.name if found else ""


@bp.post("/near")
def save_search() -> Any:
    """Keep a search under an address for calendars."""
    search_ = _near_somewhere(request.form)
    if search_.near is None:
        abort(400, "Search near a place first.")
    if not limits.allow(f"near-from:{limits.network(request.remote_addr)}", SEARCHES_AN_HOUR, HOUR, utcnow()):
        db.session.commit()
        abort(429)
    name = _known_name(request.form)
    saved_ = services.save(search_.but(zone=zone_at(search_.near)), f"Meetups near {name or 'me'}", utcnow())
    db.session.commit()
    return redirect(url_for("feeds.saved", public_id=saved_.public_id))


def _near_somewhere(args: Mapping[str, str]) -> Search:
    wanted = Search.from_args(args)
    return wanted.but(near=wanted.near or _near_home(viewer()), everywhere=False)


def _near_home(member: Member | None) -> Point | None:
    """Return where a member looks from who has not said where: not from her home, which would be everybody's to read,
    but from the park nearest to it; from nowhere, where there is none."""
    if member is None or not member.home_cell:
        return None
    return next((Point(park.lat, park.lon) for park, _ in places.nearest(cell_centre(member.home_cell), 1)), None)


@bp.get("/near/<public_id>")
def saved(public_id: str) -> str:
    """How to have a saved search in one's calendar."""
    found = queries.saved(public_id) or abort(404)
    address = public_url("feeds.search", public_id=public_id, name=slug(found.name))
    page, back = public_url("feeds.saved", public_id=public_id), url_for("pages.browse", **found.query)
    return render_template(
        "feeds/subscribe.html",
        title=found.name,
        links=_links(address, found.name, page),
        one=None,
        repeats=True,
        back=back,
    )


class DeviceForm(Form):
    """Which device a feed is for."""

    device = LineField(
        "Which device is it for?",
        [InputRequired("Give it a name, such as My phone"), AtMost(60)],
        default="My phone",
    )


@bp.route("/me/calendar", endpoint="calendar", methods=["GET", "POST"])
@login_required
def own_calendar() -> Any:
    """A member's own calendar: one secret address for each device."""
    form = DeviceForm()
    if form.validate_on_submit():
        session[NEW_TOKEN] = services.add_feed(member(), form.device.data, utcnow())
        db.session.commit()
        return redirect(url_for("feeds.calendar"))
    # HEAD must not use it up.
    token = session.pop(NEW_TOKEN, None) if request.method == "GET" else None
    ways = _links(public_url("feeds.own", token=token), "My meetups") if token else None
    page = render_template("feeds/calendar.html", form=form, links=ways, feeds=queries.of_member(member()))
    return page, 422 if form.is_submitted() else 200


@bp.post("/me/calendar/<public_id>/remove")
@login_required
def remove(public_id: str) -> Any:
    """End one of a member's feeds."""
    services.remove_feed(member(), public_id, utcnow())
    db.session.commit()
    flash("That calendar gets nothing new any more.")
    return redirect(url_for("feeds.calendar"))
