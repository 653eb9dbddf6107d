"""Bringing files in through the pages, and what comes of it."""

import io
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.domain.ages import AgeBand
from meetups.events.models import Meetup, Occurrence
from meetups.extensions import db
from meetups.imports.models import Calendar
from tests.events.drafts import saved
from tests.imports.files import event

DAY = timedelta(days=1)
WEEKLY = event(rrule="FREQ=WEEKLY;BYDAY=TU")


def post_file(client: FlaskClient, path: str, data: bytes, **fields: str) -> Any:
    return client.post(path, data={"file": (io.BytesIO(data), "library.ics"), **fields})


def look(client: FlaskClient, data: bytes, name: str = "East York library", place: str = "Withrow Park") -> str:
    """Upload a new calendar; return the address of the page that says what comes of it."""
    answer = post_file(client, "/calendars/new", data, name=name, place=place, kind="other")
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def bring(client: FlaskClient, data: bytes, **fields: str) -> str:
    """Upload a new calendar and take it; return the beginning of its addresses."""
    check = look(client, data, **fields)
    assert client.post(check).location == "/calendars"
    return check.removesuffix("/check")


def again(client: FlaskClient, base: str, data: bytes) -> None:
    assert post_file(client, f"{base}/upload", data).location == f"{base}/check"
    assert client.post(f"{base}/check").status_code == 302


def meetups() -> list[Meetup]:
    return list(db.session.scalars(select(Meetup).order_by(Meetup.id)))


def dates(meetup: Meetup) -> list[Occurrence]:
    query = select(Occurrence).where(Occurrence.meetup_id == meetup.id).order_by(Occurrence.recurrence_id)
    return list(db.session.scalars(query))


def outcome() -> str:
    return str(db.session.scalars(select(Calendar.outcome)).one())


def state() -> list[tuple[Any, ...]]:
    """All that readers and calendars can see of what there is."""
    rows = select(Occurrence.starts_at, Occurrence.revision, Occurrence.cancelled_at)
    heads = select(Meetup.title, Meetup.sequence, Meetup.changed_at, Meetup.starts, Meetup.rule)
    found = [*db.session.execute(heads.order_by(Meetup.id)), *db.session.execute(rows.order_by(Occurrence.id))]
    return [tuple(row) for row in found]


def edited(client: FlaskClient, meetup: Meetup, **fields: Any) -> None:
    """Correct a meetup through the ordinary edit page."""
    given = {
        "place": meetup.place.name, "date": f"{meetup.starts:%Y-%m-%d}", "time": f"{meetup.starts:%H:%M}",
        "repeat": "weekly", "weekdays": "1", "interval": "1", "spot": meetup.spot, "kind": meetup.kind,
        "title": meetup.title, "note": meetup.note or "", "ages": [str(int(b)) for b in AgeBand if b & meetup.ages],
        "duration": "60", "ends": "never",
    } | fields  # fmt: skip
    answer = saved(client, f"/meetups/{meetup.public_id}/edit", given)
    assert answer.status_code == 302, answer.text
