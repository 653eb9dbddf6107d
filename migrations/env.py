"""How Alembic runs here: on the application's own engine, one transaction for a whole migration."""

from alembic import context
from sqlalchemy import Connection

from meetups.accounts import models as accounts
from meetups.events import models as events
from meetups.extensions import Base, db
from meetups.feeds import models as feeds
from meetups.hosting import models as hosting
from meetups.imports import models as imports
from meetups.mail import models as mail
from meetups.places import models as places
from meetups.rsvps import models as rsvps

FEATURES = (accounts, events, feeds, hosting, imports, mail, places, rsvps)  # importing them fills Base.metadata


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        # Defaults in the database are for the previous release, which knows nothing of a new column (the models have
        # their own): comparing them would drop all of them in the next migration.
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_on_sqlite(connection: Connection) -> None:
    # A batch copies a table and drops the old one; with foreign keys on, the drop would delete
    # every child row. The pragma is only heard outside a transaction.
    raw = connection.connection.driver_connection
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        run(connection)
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise RuntimeError(f"the migration left {len(broken)} rows without their parent")
        connection.commit()
    finally:
        connection.rollback()
        raw.execute("PRAGMA foreign_keys=ON")


with db.engine.connect() as connection:
    if connection.dialect.name == "sqlite":
        run_on_sqlite(connection)
    else:
        run(connection)
        connection.commit()
