"""Commands about calendars that come in."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from flask.cli import with_appcontext

from meetups.accounts.queries import by_email
from meetups.clock import utcnow
from meetups.domain.errors import Problem
from meetups.extensions import db
from meetups.imports.reading import read
from meetups.imports.settling import settle


@click.command("make-admin")
@click.argument("email")
@with_appcontext
def make_admin(email: str) -> None:
    """Let the member with this EMAIL follow calendars, bring in hundreds of meetups and see to mails (/admin/mails)."""
    known = by_email(email.strip().lower())
    if known is None:
        raise click.ClickException("Nobody has signed in with that address yet.")
    known.admin = True
    db.session.commit()
    click.echo(f"{known.first_name} is an admin now.")


@click.command("try-calendars")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Read them as on this day, not today.")
@click.option("--zone", default="UTC", show_default=True, help="Where all of it takes place.")
def try_calendars(folder: Path, on: datetime | None, zone: str) -> None:
    """Read every .ics file of a FOLDER as an import would and say what comes of it; nothing is kept.

    Each event is counted as taken or under why it was not, and each file under its time.
    """
    now = on.replace(tzinfo=UTC) if on else utcnow()
    counts, times = Counter[str](), list[tuple[float, str]]()
    for path in sorted(folder.glob("*.ics")):
        began = time.perf_counter()
        try:
            counts.update(_outcomes(path.read_bytes(), zone, now))
        except Exception as error:
            counts[f"CRASHED: {type(error).__name__} in {path.name}"] += 1
        times.append((time.perf_counter() - began, path.name))
    click.echo(f"{len(times)} files, {sum(seconds for seconds, _ in times):.1f} s")
    for words, count in counts.most_common():
        click.echo(f"{count:6}  {words}")
    for seconds, name in sorted(times, reverse=True)[:3]:
        click.echo(f"{seconds * 1000:6.0f} ms  {name}")


def _outcomes(data: bytes, zone: str, now: datetime) -> Iterator[str]:
    try:
        file = read(data, now)
    except Problem as problem:
        yield f"whole file: {problem.message}"
        return
    yield from (f"event: {refused.reason}" for refused in file.refused)
    for event in file.events:
        try:
            settled = settle(event, zone, now)
            yield "event: taken as a series" if settled[0].rule else "event: taken"
        except Problem as problem:
            yield f"event: {problem.message}"
