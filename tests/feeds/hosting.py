"""Series as a host posts them, and their feeds as programs read them."""

from datetime import datetime, timedelta

import recurring_ical_events
from flask.testing import FlaskClient
from icalendar import Calendar, Event
from sqlalchemy import select

from meetups.clock import utcnow
from meetups.domain.recurrence import Frequency, Rule
from meetups.domain.zones import to_utc
from meetups.events import services
from meetups.events.dates import Draft
from meetups.events.models import Kind, Meetup, Occurrence
from meetups.extensions import db
from meetups.places.models import Place
from tests.factories import TUESDAY, add_member, add_place

TUESDAYS = Rule(Frequency.WEEKLY, weekdays=(1,))


def host(
    rule: Rule | None = TUESDAYS, starts: datetime = TUESDAY, place: Place | None = None, **values: object
) -> Meetup:
    draft = Draft(place=place or add_place(), starts=starts, rule=rule, spot="Red stroller", kind=Kind.WALK, ages=127, **{"title": "Slow walk, with “tea”; bring cups"} | values)  # type: ignore[arg-type] # fmt: skip
    meetup = services.host(add_member("Beatrice"), draft, utcnow())
    db.session.commit()
    return meetup


def dates(meetup: Meetup) -> list[Occurrence]:
    return list(
        db.session.scalars(select(Occurrence).filter_by(meetup_id=meetup.id).order_by(Occurrence.recurrence_id))
    )


def series(client: FlaskClient, meetup: Meetup) -> bytes:
    answer = client.get(f"/meetups/{meetup.public_id}/slow-walk.ics")
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    return answer.data


def expanded(body: bytes, until: datetime) -> list[tuple[datetime, datetime, str]]:
    found = recurring_ical_events.of(Calendar.from_ical(body)).between(TUESDAY - timedelta(days=400), until)
    return sorted((event["DTSTART"].dt, event["DTEND"].dt, str(event.get("STATUS"))) for event in found)


def stored(meetup: Meetup, until: datetime) -> list[tuple[datetime, datetime, str]]:
    return sorted(
        (row.starts_at, row.ends_at, "CANCELLED" if row.cancelled_at else "CONFIRMED")
        for row in dates(meetup)
        if row.starts_at < to_utc(until, meetup.zone)
    )


def address_of(meetup: Meetup) -> str:
    return f"/meetups/{meetup.public_id}/slow-walk.ics"


def events_of(body: bytes) -> list[Event]:
    return list(Calendar.from_ical(body).walk("VEVENT"))


def unfolded(body: bytes) -> list[str]:
    return body.decode().replace("\r\n ", "").splitlines()
