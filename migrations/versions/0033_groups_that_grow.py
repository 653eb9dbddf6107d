"""Whom a meetup welcomes: a group born in some months, which grows up together

Must work beside the previous release's code: add first, remove a release later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

# What makes this table anew on SQLite must say again that no id is given twice (0007).
AGAIN = {"table_kwargs": {"sqlite_autoincrement": True}}


def upgrade() -> None:
    op.add_column("meetups", sa.Column("born", sa.String(15), nullable=True))
    op.add_column("occurrences", sa.Column("born", sa.String(15), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("occurrences", **AGAIN) as batch_op:
        batch_op.drop_column("born")
    with op.batch_alter_table("meetups") as batch_op:
        batch_op.drop_column("born")
