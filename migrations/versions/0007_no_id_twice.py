"""No id of a date is given twice on SQLite; two columns that nobody reads go

Must work beside the previous release's code: add first, remove a release later. (There was no release yet.)
"""

import sqlalchemy as sa
from alembic import op

import meetups.columns

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = meetups.columns.UTCDateTime(timezone=True)
# Only a whole new table can be told so.
ANEW = {"recreate": "always", "table_kwargs": {"sqlite_autoincrement": True}}


def upgrade() -> None:
    with op.batch_alter_table("changes") as batch_op:
        batch_op.drop_column("before")
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("occurrences", **ANEW) as batch_op:
            batch_op.drop_column("changed_at")
    else:
        op.drop_column("occurrences", "changed_at")


def downgrade() -> None:
    op.add_column("occurrences", sa.Column("changed_at", INSTANT, nullable=True))
    op.execute(
        "UPDATE occurrences SET changed_at = (SELECT changed_at FROM meetups WHERE meetups.id = occurrences.meetup_id)"
    )
    op.add_column("changes", sa.Column("before", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("occurrences", recreate="auto") as batch_op:
        batch_op.alter_column("changed_at", existing_type=INSTANT, nullable=False)
    with op.batch_alter_table("changes") as batch_op:
        batch_op.alter_column("before", existing_type=sa.JSON(), server_default=None)
