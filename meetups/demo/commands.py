"""The commands that build the demo town and make a fresh clone ready to run."""

import click
from alembic import command
from flask import current_app
from flask.cli import with_appcontext

from meetups.clock import utcnow
from meetups.demo.town import build
from meetups.extensions import db
from meetups.schema import alembic_config


@click.command("demo-town")
@with_appcontext
def demo_town() -> None:
    """Build the demo town around today, unless it is there already."""
    click.echo("The demo town is built." if _build() else "The demo town is there already.")


@click.command("prepare")
@with_appcontext
def prepare() -> None:
    """Bring the tables to the newest migration and, where DEMO=1, build the demo town; safe to repeat."""
    command.upgrade(alembic_config(), "head")
    if current_app.config["SETTINGS"].demo and _build():
        click.echo("The demo town is built.")


def _build() -> bool:
    built = build(utcnow())
    db.session.commit()
    return built
