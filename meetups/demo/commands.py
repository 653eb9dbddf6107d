"""The command that builds the demo town."""

import click
from flask.cli import with_appcontext

from meetups.clock import utcnow
from meetups.demo.town import build
from meetups.extensions import db


@click.command("demo-town")
@with_appcontext
def demo_town() -> None:
    """Build the demo town around today, unless it is there already."""
    built = build(utcnow())
    db.session.commit()
    click.echo("The demo town is built." if built else "The demo town is there already.")
