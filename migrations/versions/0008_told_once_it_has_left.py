"""What families have heard is noted when the mail has left; hosts' lists are known by the start they are for

Must work beside the previous release's code: add first, remove a release later. (There was no release yet.)
"""

import sqlalchemy as sa
from alembic import op

import meetups.columns

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = meetups.columns.UTCDateTime(timezone=True)
OUTBOX = {"id": sa.Integer(), "template": sa.String(), "state": sa.String(), "next_try": INSTANT, "data": sa.JSON()}
DATES = {"id": sa.Integer(), "starts_at": INSTANT, "place_id": sa.Integer()}


def upgrade() -> None:
    op.add_column("occurrences", sa.Column("listed_for", INSTANT, nullable=True))
    op.add_column("rsvps", sa.Column("told_in", sa.Boolean(), nullable=True))
    # Who was let in before has been written to.
    op.execute("UPDATE rsvps SET told_in = (answer = 'going')")
    with op.batch_alter_table("rsvps") as batch_op:
        batch_op.alter_column("told_in", existing_type=sa.Boolean(), nullable=False)
    op.execute(
        "UPDATE occurrences SET listed_for = starts_at WHERE id IN"
        " (SELECT o.id FROM occurrences o JOIN meetups m ON m.id = o.meetup_id JOIN outbox b ON b.dedupe_key ="
        " 'host_list:' || o.id || ':' || m.host_id || ':' || o.revision)"
    )
    _say_what_for()


def _say_what_for() -> None:
    # Mails that wait to be sent before a date know the time and place they are for, no longer a revision.
    outbox = sa.table("outbox", *(sa.column(name, kind) for name, kind in OUTBOX.items()))
    dates = sa.table("occurrences", *(sa.column(name, kind) for name, kind in DATES.items()))
    bind = op.get_bind()
    kinds = ("day_before", "two_hours", "host_list")
    open_rows = outbox.c.state.in_(("pending", "sending")) & outbox.c.template.in_(kinds)
    for row in bind.execute(sa.select(outbox).where(open_rows)).all():
        date = bind.execute(sa.select(dates).where(dates.c.id == row.data["occurrence"])).first()
        if date is not None:
            of = f"{date.starts_at.isoformat()} {date.place_id}"
            data = row.data | {"of": of, "due": row.next_try.isoformat()}
            bind.execute(sa.update(outbox).where(outbox.c.id == row.id).values(data=data))


def downgrade() -> None:
    with op.batch_alter_table("rsvps") as batch_op:
        batch_op.drop_column("told_in")
    # Whatever makes this table anew on SQLite must say it again.
    with op.batch_alter_table("occurrences", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_column("listed_for")
