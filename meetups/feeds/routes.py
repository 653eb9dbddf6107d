"""Feeds, and the pages that help to subscribe to them."""

import logging
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask_login import login_required
from icalendar import Event
from werkzeug.wrappers import Response as AnyResponse
from wtforms.validators import InputRequired, Length

from meetups.accounts import limits
from meetups.accounts.current import member, viewer
from meetups.clock import utcnow
from meetups.domain.text import clean, slug
from meetups.domain.visibility import Shows
from meetups.domain.words import when_words
from meetups.domain.zones import to_local, zone_at
from meetups.events import calendar as writing
from meetups.events import queries as events
from meetups.events.models import Meetup, Occurrence
from meetups.events.search import Search
from meetups.events.shown import seen_by
from meetups.extensions import db
from meetups.feeds import queries, services
from meetups.feeds.answers import calendar
from meetups.places import queries as places
from meetups.web.forms import Form, LineField
from meetups.web.links import public_url

bp = Blueprint("feeds", __name__)
HOUR, SEARCHES_AN_HOUR = timedelta(hours=1), 20
NEW_TOKEN = "new_feed"  # noqa: S105 - the name of the cookie's entry
log = logging.getLogger("meetups.feeds")


def _public(row: Occurrence | None) -> Occurrence:
    # Feeds are read without a cookie: what they hold is what a stranger may see.
    if row is None:
        abort(404)
    _, facts = seen_by(row, None, None)
    if facts is None or Shows.WHOLE not in facts:
        abort(404)
    return row


def _series(public_id: str) -> tuple[Meetup, list[Occurrence]]:
    found = events.meetup(public_id, None) or abort(404)
    dates = events.all_dates(found)
    _public(dates[0] if dates else None)
    return found, dates


@bp.get("/meetups/<public_id>/<name>.ics")
def series(public_id: str, name: str) -> AnyResponse:
    """A meetup with its rule and exceptions."""
    meetup, dates = _series(public_id)
    body = writing.series_calendar(meetup, dates, utcnow())
    return calendar(body, slug(meetup.title))


@bp.get("/meetups/<public_id>/<rid>/<name>.ics")
def date(public_id: str, rid: str, name: str) -> AnyResponse:
    """One date."""
    row = _public(events.occurrence(public_id, rid, None))
    return calendar(writing.date_calendar(row, utcnow()), slug(row.meetup.title))


@bp.get("/feeds/<token>/my-meetups.ics")
def own(token: str) -> AnyResponse:
    """A member's own dates, by her secret."""
    feed, now = queries.by_token(token) or abort(404), utcnow()
    dates = queries.own_dates(feed.member, now)
    made = list(_safely((row, answer) for row, answer in dates))
    zones = [row.meetup.zone for row, _ in dates]
    body = writing.finished(writing.empty("My meetups"), made, zones, now)
    return calendar(body, "my-meetups", secret=True)


@bp.get("/near/<public_id>/<name>.ics")
def search(public_id: str, name: str) -> AnyResponse:
    """What a saved search finds."""
    saved, now = queries.saved(public_id) or abort(404), utcnow()
    dates = queries.search_dates(saved.query, places.usual_zone(), now)
    made = list(_safely((row, None) for row in dates))
    body = writing.finished(writing.empty(saved.name), made, [row.meetup.zone for row in dates], now)
    return calendar(body, slug(saved.name))


def _safely(dates: Iterable[tuple[Occurrence, str | None]]) -> Iterator[Event]:
    """Yield the events, past any one that cannot be written: one bad date never breaks a calendar."""
    for row, answer in dates:
        try:
            yield writing.date_event(row, with_spot=answer == "going", maybe=answer == "maybe")
        except Exception:
            log.exception("date %s cannot be written", row.id)


def _links(address: str) -> dict[str, str]:
    webcal = "webcal://" + address.partition("://")[2]
    return {
        "address": address,
        "webcal": webcal,
        "google": "https://calendar.google.com/calendar/render?cid=" + quote(webcal, safe=""),
        "outlook": "https://outlook.live.com/calendar/0/addfromweb?url=" + quote(address, safe=""),
    }


@bp.get("/meetups/<public_id>/subscribe")
def subscribe(public_id: str) -> str:
    """How to have a meetup in one's calendar."""
    events.meetup(public_id, viewer()) or abort(404)
    meetup, dates = _series(public_id)
    wanted = (
        events.occurrence(public_id, request.args.get("rid", ""), viewer())
        or events.next_or_last(meetup, utcnow())
        or dates[0]
    )
    name = slug(meetup.title)
    address = public_url("feeds.series", public_id=public_id, name=name)
    rid = f"{wanted.recurrence_id:%Y-%m-%dT%H%M}"
    return render_template(
        "feeds/subscribe.html", title=meetup.title, links=_links(address),
        one=url_for("feeds.date", public_id=public_id, rid=rid, name=name),
        when=when_words(to_local(wanted.starts_at, meetup.zone)), repeats=meetup.rule is not None,
        back=url_for("pages.date", public_id=public_id, rid=rid),
    )  # fmt: skip


@bp.post("/near")
def save_search() -> Any:
    """Keep a search under an address for calendars."""
    search_ = Search.from_args(request.form)
    if search_.near is None:
        abort(400, "Search near a place first.")
    if not limits.allow(f"near-from:{limits.network(request.remote_addr)}", SEARCHES_AN_HOUR, HOUR, utcnow()):
        db.session.commit()
        abort(429)
    # Only a name that we know: the page and the calendar are everybody's to read.
    found = places.find(clean(request.form.get("name", ""))[:80])
    name = found.name if found else ""
    saved_ = services.save(search_.but(zone=zone_at(search_.near)), f"Meetups near {name or 'me'}", utcnow())
    db.session.commit()
    return redirect(url_for("feeds.saved", public_id=saved_.public_id))


@bp.get("/near/<public_id>")
def saved(public_id: str) -> str:
    """How to have a saved search in one's calendar."""
    found = queries.saved(public_id) or abort(404)
    address = public_url("feeds.search", public_id=public_id, name=slug(found.name))
    back = url_for("pages.browse", **found.query)
    return render_template(
        "feeds/subscribe.html", title=found.name, links=_links(address), one=None, repeats=True, back=back
    )


class DeviceForm(Form):
    """Which device a feed is for."""

    device = LineField(
        "Which device is it for?",
        [InputRequired("Give it a name, such as My phone"), Length(max=60, message="At most 60 letters")],
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
    links = _links(public_url("feeds.own", token=token)) if token else None
    page = render_template("feeds/calendar.html", form=form, links=links, feeds=queries.of_member(member()))
    return page, 422 if form.is_submitted() else 200


@bp.post("/me/calendar/<public_id>/remove")
@login_required
def remove(public_id: str) -> Any:
    """End one of a member's feeds."""
    services.remove_feed(member(), public_id)
    db.session.commit()
    flash("That calendar gets nothing new any more.")
    return redirect(url_for("feeds.calendar"))
