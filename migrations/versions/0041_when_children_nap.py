"""When children nap, and who lives around a place

Must work beside the previous release's code: add first, remove a release later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("kids", sa.Column("naps", sa.String(60), nullable=True))
    op.add_column("kids", sa.Column("naps_since", sa.Date(), nullable=True))
    op.create_index("ix_members_home_cell", "members", ["home_cell"])


def downgrade() -> None:
    op.drop_index("ix_members_home_cell", "members")
    with op.batch_alter_table("kids") as batch_op:
        batch_op.drop_column("naps_since")
        batch_op.drop_column("naps")
