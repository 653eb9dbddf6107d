"""Where exactly one meets in the rain

Must work beside the previous release's code: add first, remove a release later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# What makes this table anew on SQLite must say again that no id is given twice (0007).
AGAIN = {"table_kwargs": {"sqlite_autoincrement": True}}


def upgrade() -> None:
    op.add_column("meetups", sa.Column("rain_spot", sa.String(160), nullable=True))
    op.add_column("occurrences", sa.Column("dry_spot", sa.String(160), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("occurrences", **AGAIN) as batch_op:
        batch_op.drop_column("dry_spot")
    with op.batch_alter_table("meetups") as batch_op:
        batch_op.drop_column("rain_spot")
