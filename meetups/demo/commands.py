"""The command that builds the demo town."""

import click
from flask import current_app

from meetups.clock import utcnow
from meetups.demo.town import build
from meetups.extensions import db


@click.command("demo-town")
def demo_town() -> None:
    """Build the demo town, unless it stands already."""
    if not current_app.config["SETTINGS"].demo:
        raise click.ClickException("The demo town needs DEMO=1: anybody can sign in as its members")
    built = build(utcnow())
    db.session.commit()
    click.echo("The demo town is built." if built else "The demo town stands already.")
