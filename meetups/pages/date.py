"""One date, and one place, as plain values for their pages; and the search as GeoJSON features."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import url_for

from meetups.accounts.models import Member
from meetups.domain.ages import coming_words
from meetups.domain.amenities import LAPS
from meetups.domain.excuses import LATES, REASON_WORDS, Reason, may_be_late
from meetups.domain.nearness import Point, walk_from
from meetups.domain.recurrence import parse_rule
from meetups.domain.visibility import Shows, children_shown
from meetups.domain.words import rule_words
from meetups.domain.zones import to_local
from meetups.events import finding, undo
from meetups.events import queries as events
from meetups.events.dated import Dated
from meetups.events.hosts import acts_as_host
from meetups.events.models import Occurrence, rid
from meetups.events.search import Search
from meetups.events.shown import Shown, rain_words_of, seen_by, show
from meetups.hosting import shown as hosting
from meetups.pages import asking, maps
from meetups.pages import cards as listing
from meetups.places import cards
from meetups.places.models import Place
from meetups.rsvps import queries as rsvps
from meetups.rsvps import standing_queries as standing
from meetups.rsvps.forms import answer_form
from meetups.rsvps.offers import held_until
from meetups.rsvps.standing import back_on

OTHER_DATES = 6
AT_PLACE = 10


def address(occurrence: Occurrence) -> str:
    """Return the path of a date's page."""
    return url_for("pages.date", public_id=occurrence.meetup.public_id, rid=rid(occurrence.recurrence_id))


def page(occurrence: Occurrence, viewer: Member | None, now: datetime) -> dict[str, Any]:
    """Return what the page of one date shows to `viewer`."""
    meetup = occurrence.meetup
    is_host = acts_as_host(meetup, viewer)
    rsvp = rsvps.answer_of(viewer, [occurrence]).get(occurrence.id) if viewer else None
    answer = rsvp.answer if rsvp else None
    _, facts = seen_by(occurrence, viewer, answer)
    facts = facts or Shows(0)
    hidden = rsvps.hidden_families(viewer, [occurrence]).get(occurrence.id, 0)
    others = _others(occurrence, viewer, now)
    return {
        "shown": show(
            occurrence,
            viewer,
            now,
            answer=answer,
            asked=rsvp is not None and rsvp.asked_again,
            hidden=hidden,
            kids=viewer.kids if viewer else (),
        ),
        "occurrence": occurrence,
        "rsvp": rsvp,
        "until": held_until(rsvp),
        "reasons": REASON_WORDS,
        "lates": LATES if _may_be_late(occurrence, answer, now) else None,
        "excused": _excused(occurrence) if is_host and occurrence.ends_at > now else None,
        "is_host": is_host,
        "helps": is_host and viewer is not None and meetup.host_id != viewer.id,
        "hosting": hosting.asks(occurrence, viewer, now),
        "holds": viewer is not None and occurrence.held_by_id == viewer.id,
        "undo": undo.latest(meetup, now) if is_host else None,
        "series_off": meetup.cancelled_at is not None,
        "rule_words": _rule_words(occurrence),
        "rain_words": rain_words_of(occurrence),
        "rain_spot": meetup.rain_spot if Shows.SPOT in facts else None,
        "others": others,
        **_every_time(occurrence, viewer, others, now),
        "guests": rsvps.guests(occurrence.id, viewer) if Shows.GUESTS in facts else None,
        "children": _children(occurrence, viewer) if Shows.FAMILIES in facts else "",
        "amenities": cards.shown(occurrence.place, now),
        "question": asking.at_date(occurrence, viewer, is_host, answer, now),
        "place_line": place_line(occurrence.place),
        "map": maps.spot(Point(occurrence.place.lat, occurrence.place.lon)),
        "ways": maps.ways(occurrence.place),
        "form": answer_form(viewer, rsvp, to_local(occurrence.starts_at, meetup.zone).date()),
        "host_public_id": meetup.host.public_id if Shows.HOST_NAME in facts else None,
    }


def _may_be_late(occurrence: Occurrence, answer: str | None, now: datetime) -> bool:
    stands = answer == "going" and occurrence.cancelled_at is None
    return stands and may_be_late(occurrence.starts_at, occurrence.ends_at, now)


def _excused(occurrence: Occurrence) -> list[tuple[str, str | None]]:
    return [(name, REASON_WORDS[Reason(why)] if why else None) for name, why in rsvps.excused(occurrence)]


def _every_time(
    occurrence: Occurrence, viewer: Member | None, others: Sequence[Shown], now: datetime
) -> dict[str, Any]:
    """Return whether she comes to this meetup every time, until when she pauses, and whether she could."""
    repeats = any(not other.cancelled and not other.begun for other in others)
    row = standing.of(occurrence.meetup, viewer) if viewer and (occurrence.meetup.rule or others) else None
    if row is None or row.ended_at:
        return {"regular": None, "may_be_regular": viewer is not None and repeats}
    today = to_local(now, occurrence.meetup.zone).date()
    paused = row.paused_until if row.paused_until and row.paused_until > today else None
    return {"regular": row, "paused": paused, "in_pause": back_on(row, occurrence), "may_be_regular": False}


def _rule_words(occurrence: Occurrence) -> str | None:
    meetup = occurrence.meetup
    if not meetup.rule:
        return None
    words = rule_words(parse_rule(meetup.rule), meetup.starts)
    return f"One more date. The others: {words[0].lower()}{words[1:]}" if "extra" in occurrence.own else words


def _others(occurrence: Occurrence, viewer: Member | None, now: datetime) -> list[Shown]:
    meetup = occurrence.meetup
    if not meetup.rule and not meetup.series_id:
        return []
    coming = events.upcoming(occurrence.meetup, now, OTHER_DATES + 1)
    return [show(row, viewer, now) for row in coming if row.id != occurrence.id][:OTHER_DATES]


def _children(occurrence: Occurrence, viewer: Member | None) -> str:
    shown = children_shown(rsvps.bands_coming(occurrence, viewer))
    return coming_words(shown) if shown else ""


def place_line(place: Place) -> str:
    """Return where a place is in one line: address or neighbourhood, then the town."""
    return ", ".join(filter(None, [place.address or place.neighbourhood, place.city]))


def place_page(place: Place, viewer: Member | None, now: datetime) -> dict[str, Any]:
    """Return what a place's page shows: what is known of it, and the coming dates there."""
    point = Point(place.lat, place.lon)
    coming = finding.find(Search(near=point, within=100, place_id=place.id), viewer, now, AT_PLACE)
    return {
        "place": place,
        "place_line": place_line(place),
        "card": cards.card(place, viewer, now),
        "laps": LAPS,
        "coming": listing.gathered(coming, listing.cards(coming, Search(), viewer, now)),
        "minutes": walk_from(viewer.home_cell, point) if viewer else None,
        "map": maps.spot(point),
        "ways": maps.ways(place),
    }


def features(search: Search, viewer: Member | None, now: datetime, limit: int) -> list[dict[str, Any]]:
    """Return the search as GeoJSON features (RFC 7946), each what the viewer may see of one date."""
    found = finding.find(search, viewer, now, limit)
    return [_feature(row, show(row, viewer, now)) for row in found]


def _feature(row: Dated, shown: Shown) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [row.place.lon, row.place.lat]},
        "properties": {
            "title": shown.title,
            "place": shown.place_name,
            "kind": shown.kind,
            "starts": row.starts_at.isoformat(),
            "when": f"{shown.day}, {shown.time}",
            "ages": shown.ages,
            "room": shown.room,
            "url": shown.url,
            "place_url": url_for("pages.place", public_id=shown.place_id) if shown.place_id else None,
        },
    }
