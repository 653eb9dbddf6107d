"""The commands that make a newcomer's first start."""

import click
from alembic import command
from flask import current_app

from meetups.clock import utcnow
from meetups.demo.town import build
from meetups.extensions import db
from meetups.schema import alembic_config


@click.command("demo-town")
def demo_town() -> None:
    """Build the demo town, unless it stands already."""
    if not current_app.config["SETTINGS"].demo:
        raise click.ClickException("The demo town needs DEMO=1: anybody can sign in as its members")
    if build(utcnow()):
        click.echo("The demo town is built.")
    db.session.commit()


@click.command("prepare")
@click.pass_context
def prepare(context: click.Context) -> None:
    """Bring the tables up to date and, with DEMO=1, build the demo town: what `make run` needs."""
    command.upgrade(alembic_config(), "head")
    if current_app.config["SETTINGS"].demo:
        context.invoke(demo_town)
