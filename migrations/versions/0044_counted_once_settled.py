"""Since when a home and a child are a member's; and of what a wish was told

Must work beside the previous release's code: add first, remove a release later.
"""

import sqlalchemy as sa
from alembic import op

import meetups.columns

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

INSTANT = meetups.columns.UTCDateTime(timezone=True)


def upgrade() -> None:
    # None for what exists already: long ago.
    op.add_column("members", sa.Column("home_since", INSTANT, nullable=True))
    op.add_column("kids", sa.Column("added_at", INSTANT, nullable=True))
    op.add_column("wishes", sa.Column("told", sa.JSON(), nullable=True))
    op.add_column("wishes", sa.Column("look_at", INSTANT, nullable=True))
    op.add_column("wishes", sa.Column("reopened_at", INSTANT, nullable=True))
    told = sa.text("look_at IS NOT NULL")
    op.create_index("ix_wishes_look_at", "wishes", ["look_at"], postgresql_where=told, sqlite_where=told)


def downgrade() -> None:
    op.drop_index("ix_wishes_look_at", "wishes")
    for table, column in (
        ("wishes", "reopened_at"),
        ("wishes", "look_at"),
        ("wishes", "told"),
        ("kids", "added_at"),
        ("members", "home_since"),
    ):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column(column)
