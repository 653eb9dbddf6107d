"""Of a mail: how often it failed, apart from how often it was taken, and whether a try of it may have arrived

Must work beside the previous release's code: add first, remove a release later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

OUTBOX = sa.table(
    "outbox", sa.column("failures"), sa.column("attempts"), sa.column("may_have_left"), sa.column("outcome")
)
CUT_OFF = ("SMTPServerDisconnected", "ConnectionResetError", "BrokenPipeError", "TimeoutError")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
    op.add_column("outbox", sa.Column("may_have_left", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(sa.update(OUTBOX).values(failures=OUTBOX.c.attempts))
    op.execute(sa.update(OUTBOX).where(OUTBOX.c.outcome.in_(CUT_OFF)).values(may_have_left=sa.true()))


def downgrade() -> None:
    with op.batch_alter_table("outbox") as batch_op:
        batch_op.drop_column("may_have_left")
        batch_op.drop_column("failures")
