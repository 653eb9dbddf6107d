"""The flask commands."""

import click
from alembic import command
from alembic.script import ScriptDirectory
from flask import Flask

from meetups.demo.commands import demo_town, prepare
from meetups.imports.commands import make_admin, try_calendars
from meetups.mail.commands import send_test_mail
from meetups.places.commands import build_gazetteer, import_outlines, import_places
from meetups.replies.commands import receive_mail
from meetups.schema import alembic_config
from meetups.worker import worker


def register_commands(app: Flask) -> None:
    """Attach the commands to the application."""
    for task in (
        upgrade_db,
        new_migration,
        import_places,
        import_outlines,
        build_gazetteer,
        demo_town,
        prepare,
        make_admin,
        try_calendars,
        receive_mail,
        send_test_mail,
        worker,
    ):
        app.cli.add_command(task)


@click.command("upgrade-db")
def upgrade_db() -> None:
    """Bring the database's tables to the newest migration."""
    command.upgrade(alembic_config(), "head")


@click.command("new-migration")
@click.argument("message")
def new_migration(message: str) -> None:
    """Write a migration from the tables as they are to the models as they have become."""
    config = alembic_config()
    (newest,) = ScriptDirectory.from_config(config).get_heads()
    command.revision(config, message=message, autogenerate=True, rev_id=f"{int(newest) + 1:04}")
