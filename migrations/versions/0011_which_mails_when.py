"""Which mails a member wants and when, and mails that come back

Must work beside the previous release's code: add first, remove a release later.
"""

import sqlalchemy as sa
from alembic import op

import meetups.columns

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INSTANT = meetups.columns.UTCDateTime(timezone=True)
OPEN = sa.text("state IN ('pending', 'sending')")
FAILED = sa.text("state = 'failed'")
LOOKS_AHEAD = sa.text("wants_weekly IS TRUE AND home_cell IS NOT NULL")


def _columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("wants_replies", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("wants_weekly", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("day_before_hour", sa.Integer(), nullable=True),
        sa.Column("weekly_day", sa.Integer(), server_default="6", nullable=False),
        sa.Column("weekly_at", INSTANT, nullable=True),
        sa.Column("quiet_from", sa.Integer(), server_default="21", nullable=False),
        sa.Column("quiet_until", sa.Integer(), server_default="7", nullable=False),
        sa.Column("mail_suspended_at", INSTANT, nullable=True),
        sa.Column("mail_works_since", INSTANT, nullable=True),
    )


def upgrade() -> None:
    for column in _columns():
        op.add_column("members", column)
    op.create_index(
        "ix_members_weekly", "members", ["weekly_at"], postgresql_where=LOOKS_AHEAD, sqlite_where=LOOKS_AHEAD
    )
    op.create_table(
        "bounces",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_bounces_member_id_members"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounces")),
        sa.UniqueConstraint("message_id", "refused", name=op.f("uq_bounces_message_id_refused")),
    )
    op.create_index(op.f("ix_bounces_member_id"), "bounces", ["member_id"])
    op.create_index("ix_outbox_open_rcpt", "outbox", ["rcpt"], postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_index("ix_outbox_failed", "outbox", ["finished_at"], postgresql_where=FAILED, sqlite_where=FAILED)
    op.create_index(op.f("ix_outbox_message_id"), "outbox", ["message_id"])


def downgrade() -> None:
    for name in ("ix_outbox_message_id", "ix_outbox_failed", "ix_outbox_open_rcpt"):
        op.drop_index(name, table_name="outbox")
    op.drop_table("bounces")
    op.drop_index("ix_members_weekly", table_name="members")
    with op.batch_alter_table("members") as batch_op:
        for column in _columns():
            batch_op.drop_column(column.name)
