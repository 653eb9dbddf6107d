"""Leases that no wall clock ends

Must work beside the previous release's code: add first, remove a release later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("held_until", sa.Double(), nullable=True))


def downgrade() -> None:
    op.drop_column("outbox", "held_until")
