"""The command that takes places in."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from meetups.clock import utcnow
from meetups.domain.errors import Problem
from meetups.extensions import db
from meetups.places import importer, readers

REFUSALS_SHOWN = 50


@click.command("import-places")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def import_places(file: Path) -> None:
    """Take the places or neighbourhoods of a CSV or GeoJSON FILE in; safe to repeat.

    All of it is taken in one transaction, or nothing where the file cannot be read.
    """
    try:
        report = importer.take(readers.read(file), utcnow())
    except Problem as problem:
        raise click.ClickException(problem.message) from problem
    db.session.commit()
    counts = (report.added, report.changed, report.unchanged, len(report.refused))
    click.echo("{} added, {} changed, {} unchanged, {} refused".format(*counts))
    for refused in report.refused[:REFUSALS_SHOWN]:
        click.echo(f"  {refused.where}: {refused.why}")
    if len(report.refused) > REFUSALS_SHOWN:
        click.echo(f"  and {len(report.refused) - REFUSALS_SHOWN} more")
