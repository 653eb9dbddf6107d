"""Calendars that are cheap to ask again

Must work beside the previous release's code: add first, remove a release later.
"""

import sqlalchemy as sa
from alembic import op

import meetups.columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

RENAMED = {name: sa.text("renamed_at IS NOT NULL") for name in ("postgresql_where", "sqlite_where")}


def upgrade() -> None:
    with op.batch_alter_table("feeds") as batch_op:
        batch_op.add_column(sa.Column("tag", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("tag_at", meetups.columns.UTCDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("ended_at", meetups.columns.UTCDateTime(timezone=True), nullable=True))
    with op.batch_alter_table("places") as batch_op:
        batch_op.add_column(sa.Column("renamed_at", meetups.columns.UTCDateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_places_renamed", ["id"], unique=False, **RENAMED)


def downgrade() -> None:
    # The previous release knows no ended feeds: to it they would be alive again.
    op.execute("DELETE FROM feeds WHERE ended_at IS NOT NULL")
    with op.batch_alter_table("places") as batch_op:
        batch_op.drop_index("ix_places_renamed")
        batch_op.drop_column("renamed_at")
    with op.batch_alter_table("feeds") as batch_op:
        batch_op.drop_column("ended_at")
        batch_op.drop_column("tag_at")
        batch_op.drop_column("tag")
