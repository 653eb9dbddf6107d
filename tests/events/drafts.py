"""Meetups as a host could write them, for tests below the form."""

from datetime import datetime
from typing import Any

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.domain.recurrence import Frequency, Rule
from meetups.events.dates import Draft
from meetups.events.models import Kind, Meetup, Occurrence
from meetups.extensions import db
from meetups.places.models import Place
from tests.factories import TUESDAY

TUESDAYS = Rule(Frequency.WEEKLY, weekdays=(1,))


def a_draft(place: Place, starts: datetime = TUESDAY, rule: Rule | None = TUESDAYS, **values: Any) -> Draft:
    given: dict[str, Any] = {"spot": "Red stroller", "kind": Kind.WALK, "title": "Slow walk", "ages": 127} | values
    return Draft(place=place, starts=starts, rule=rule, **given)


def dates_of(meetup: Meetup) -> list[Occurrence]:
    query = select(Occurrence).where(Occurrence.meetup_id == meetup.id).order_by(Occurrence.recurrence_id)
    return list(db.session.scalars(query))


def saved(client: FlaskClient, path: str, sent: dict[str, Any], **more: Any) -> Any:
    """Change a meetup as its page does: read what will happen, then save just that; or stop where it is refused."""
    page = client.post(path, data=sent)
    if page.status_code != 200:
        return page
    read = BeautifulSoup(page.text, "html.parser").select_one("button[name=confirm]")["value"]
    return client.post(path, data=sent | {"confirm": [read]}, **more)
