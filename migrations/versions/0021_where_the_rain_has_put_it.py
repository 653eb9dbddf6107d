"""Questions of hosts can be ended; where a rain plan has moved a date

Must work beside the previous release's code: add first, remove a release later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# What makes this table anew on SQLite must say again that no id is given twice (0007).
AGAIN = {"table_kwargs": {"sqlite_autoincrement": True}}
KEY = "fk_occurrences_wet_place_id_places"


def upgrade() -> None:
    op.add_column("members", sa.Column("wants_asked", sa.Boolean(), server_default=sa.true(), nullable=False))
    with op.batch_alter_table("occurrences", **AGAIN) as batch_op:
        batch_op.add_column(sa.Column("wet_place_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f(KEY), "places", ["wet_place_id"], ["id"])
    op.execute("UPDATE occurrences SET wet_place_id = place_id WHERE dry_place_id IS NOT NULL")


def downgrade() -> None:
    with op.batch_alter_table("occurrences", **AGAIN) as batch_op:
        batch_op.drop_constraint(batch_op.f(KEY), type_="foreignkey")
        batch_op.drop_column("wet_place_id")
    with op.batch_alter_table("members") as batch_op:
        batch_op.drop_column("wants_asked")
