"""How cheap it is to ask a calendar again: requests per second of /healthz, 304 and 200, against a real gunicorn.

`make bench-poll`. Rounds are interleaved, so that a busy machine is busy for all alike. It fails where a 304 is
under 0.7 of /healthz.
"""

import os
import sys
import tempfile
from datetime import timedelta
from statistics import mean

from alembic import command
from flask import Flask

from benchmarks import http
from benchmarks.http import Target
from meetups.accounts.models import Member
from meetups.app import create_app
from meetups.clock import utcnow
from meetups.config import from_environment
from meetups.domain.capacity import Answer
from meetups.domain.nearness import Point, cells
from meetups.domain.recurrence import Frequency, Rule
from meetups.domain.text import search_key
from meetups.events import queries, services
from meetups.events.dates import Draft
from meetups.events.models import Kind, Meetup
from meetups.events.search import Search
from meetups.extensions import db
from meetups.feeds.services import add_feed, save
from meetups.places.models import Place
from meetups.rsvps.services import answer
from meetups.schema import alembic_config

LEAST = 0.7
ROUNDS, SECONDS, CONNECTIONS = 40, 0.15, 2
SERVER = ("--worker-class", "gthread", "--threads", "8", "--workers", "1")
# A lively half mile, and a mother who says yes once a week for half a year.
SERIES_NEARBY, SHE_COMES_TO = 12, 25
HERE = Point(43.6747, -79.3476)


def main() -> int:
    """Print a table of all targets; return 0 where every 304 is cheap enough."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"DATA_DIR": folder, "PUBLIC_URL": "http://127.0.0.1", "DEMO": ""}
        environment.pop("DATABASE_URL", None) if "BENCH_DATABASE_URL" not in os.environ else None
        environment |= {"DATABASE_URL": os.environ.get("BENCH_DATABASE_URL", "")}
        app = create_app(from_environment(environment))
        with app.app_context():
            paths = _fill(app)
        with http.server("wsgi:app", environment, SERVER) as (port, _):
            return _report(_measured(port, paths))


def _fill(app: Flask) -> dict[str, str]:
    """Fill a database with a neighbourhood of weekly meetups and return the addresses of three calendars."""
    command.upgrade(alembic_config(), "head")
    ana, beatrice = (
        Member(first_name=name, email=f"{name}@example.org", created_at=utcnow()) for name in ("ana", "beatrice")
    )
    db.session.add_all([ana, beatrice])
    db.session.flush()
    meetups = [_series(beatrice, number) for number in range(SERIES_NEARBY)]
    dates = sorted((row for meetup in meetups for row in queries.all_dates(meetup)), key=lambda row: row.starts_at)
    for row in dates[:SHE_COMES_TO]:
        answer(row, ana, Answer.GOING, [], utcnow())
    # Some dates differ, as they do.
    for row in dates[SHE_COMES_TO : SHE_COMES_TO + 5]:
        services.cancel_date(row, None, utcnow())
    token = add_feed(ana, "Phone", utcnow())
    near = save(Search(near=HERE), "Near me", utcnow())
    db.session.commit()
    return {
        "series": f"/meetups/{meetups[0].public_id}/walk.ics",
        "own": f"/feeds/{token}/my-meetups.ics",
        "search": f"/near/{near.public_id}/near-me.ics",
    }


def _series(host: Member, number: int) -> Meetup:
    point = Point(HERE.lat + number * 0.0004, HERE.lon)
    cell6, cell7, cell8 = cells(point)
    place = Place(
        name=f"Park {number}", search_key=search_key(f"Park {number}"), kind="park", lat=point.lat, lon=point.lon,
        zone="America/Toronto", cell6=cell6, cell7=cell7, cell8=cell8, source="benchmark", source_ref=str(number),
        created_at=utcnow(),
    )  # fmt: skip
    db.session.add(place)
    db.session.flush()
    tomorrow = (utcnow() + timedelta(days=2)).replace(tzinfo=None, hour=10, minute=0, second=0)
    rule = Rule(Frequency.WEEKLY, weekdays=(number % 7,))
    draft = Draft(
        place=place, starts=tomorrow, rule=rule, spot="Red stroller", kind=Kind.WALK, title=f"Walk {number}", ages=127
    )
    return services.host(host, draft, utcnow())


def _measured(port: int, paths: dict[str, str]) -> list[Target]:
    targets = [Target("/healthz", "/healthz")]
    for name, path in paths.items():
        whole = Target(f"{name} 200", path)
        tag = http.tag_of(port, whole)
        targets += [Target(f"{name} 304", path, f"If-None-Match: {tag}\r\n", 304), whole]
    http.measure(port, targets, ROUNDS, SECONDS, CONNECTIONS)
    return targets


def _report(targets: list[Target]) -> int:
    health = targets[0]
    slow = []
    for target in targets:
        ratio = sum(target.rates) / sum(health.rates)
        print(f"{target.name:12} {mean(target.rates):8.0f} /s   {ratio:5.2f} of /healthz")
        slow += [target.name] if target.expects == 304 and ratio < LEAST else []
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
