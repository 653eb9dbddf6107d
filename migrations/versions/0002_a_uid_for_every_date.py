"""A UID for every date; adults, whom no page ever asked for, go

Must work beside the previous release's code: add first, remove a release later. (There was no release yet.)
"""

import sqlalchemy as sa
from alembic import op

from meetups.columns import public_id

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

occurrences = sa.table("occurrences", sa.column("id", sa.Integer), sa.column("uid", sa.String))


def upgrade() -> None:
    op.add_column("occurrences", sa.Column("uid", sa.String(22), nullable=True))
    connection = op.get_bind()
    ids = connection.execute(sa.select(occurrences.c.id)).scalars().all()
    if ids:
        named = occurrences.update().where(occurrences.c.id == sa.bindparam("row")).values(uid=sa.bindparam("new"))
        connection.execute(named, [{"row": row, "new": public_id()} for row in ids])
    with op.batch_alter_table("occurrences") as batch_op:
        batch_op.alter_column("uid", existing_type=sa.String(22), nullable=False)
        batch_op.create_unique_constraint(batch_op.f("uq_occurrences_uid"), ["uid"])
    with op.batch_alter_table("rsvps") as batch_op:
        batch_op.drop_column("adults")


def downgrade() -> None:
    op.add_column("rsvps", sa.Column("adults", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("rsvps") as batch_op:
        batch_op.alter_column("adults", existing_type=sa.Integer(), server_default=None)
    with op.batch_alter_table("occurrences") as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_occurrences_uid"), type_="unique")
        batch_op.drop_column("uid")
