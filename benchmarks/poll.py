"""How cheap it is to ask a calendar again: requests per second of /healthz, 304 and 200, against a real gunicorn.

`make bench-poll`. Rounds are interleaved, so that a busy machine is busy for all alike. It fails where a 304 is
under 0.7 of /healthz.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import mean

from alembic import command
from flask import Flask

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

ROOT = Path(__file__).parent.parent
LEAST = 0.7
ROUNDS, SECONDS, CONNECTIONS = 40, 0.15, 2
# A lively half mile, and a mother who says yes once a week for half a year.
SERIES_NEARBY, SHE_COMES_TO = 12, 25
HERE = Point(43.6747, -79.3476)


@dataclass
class Target:
    """One address with what it is asked with, and how many requests a second it answered in each round."""

    name: str
    path: str
    headers: str = ""
    expects: int = 200
    rates: list[float] = field(default_factory=list)

    @property
    def request(self) -> bytes:
        """The bytes of one request."""
        return f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{self.headers}\r\n".encode()


def main() -> int:
    """Print a table of all targets; return 0 where every 304 is cheap enough."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"DATA_DIR": folder, "PUBLIC_URL": "http://127.0.0.1", "DEMO": ""}
        environment.pop("DATABASE_URL", None) if "BENCH_DATABASE_URL" not in os.environ else None
        environment |= {"DATABASE_URL": os.environ.get("BENCH_DATABASE_URL", "")}
        app = create_app(from_environment(environment))
        with app.app_context():
            paths = _fill(app)
        with _server(environment) as port:
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


@contextmanager
def _server(environment: dict[str, str]) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--worker-class", "gthread", "--threads", "8", "--workers", "1", "--log-level", "error"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", *options],
        cwd=ROOT, env=environment,
    )  # fmt: skip
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            _ask(_connect(port), Target("", "/healthz"))
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _ask(connection: socket.socket, target: Target) -> str:
    """Send one request and return the answer's head."""
    connection.sendall(target.request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _received(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    text = head.decode()
    length = 0 if " 304 " in text else int(text.lower().split("content-length: ")[1].split("\r\n")[0])
    while len(body) < length:
        body += _received(connection)
    if int(text.split(" ")[1]) != target.expects:
        raise SystemExit(f"{target.name}: {text.splitlines()[0]}")
    return text


def _received(connection: socket.socket) -> bytes:
    return connection.recv(65536) or _closed()


def _closed() -> bytes:
    raise OSError("the server has closed the connection")


def _measured(port: int, paths: dict[str, str]) -> list[Target]:
    targets = [Target("/healthz", "/healthz")]
    for name, path in paths.items():
        whole = Target(f"{name} 200", path)
        tag = _ask(_connect(port), whole).lower().split("etag: ")[1].split("\r\n")[0]
        targets += [Target(f"{name} 304", path, f"If-None-Match: {tag}\r\n", 304), whole]
    for round_ in range(ROUNDS + 1):
        for target in targets:
            rate = _rate(port, target)
            # The first round warms up.
            target.rates += [rate] if round_ else []
    return targets


def _rate(port: int, target: Target) -> float:
    ends = time.perf_counter() + SECONDS

    def client(_number: int) -> int:
        asked = 0
        with _connect(port) as connection:
            while time.perf_counter() < ends:
                _ask(connection, target)
                asked += 1
        return asked

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return sum(pool.map(client, range(CONNECTIONS))) / SECONDS


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
