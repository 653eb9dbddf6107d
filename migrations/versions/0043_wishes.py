"""Wishes: a member waits to be told when something starts near; and the facts that something has

Must work beside the previous release's code: add first, remove a release later.
"""

import sqlalchemy as sa
from alembic import op

import meetups.columns

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

INSTANT = meetups.columns.UTCDateTime(timezone=True)


def upgrade() -> None:
    op.add_column("members", sa.Column("wants_wishes", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_table(
        "wishes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("cell", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=True),
        sa.Column("within", sa.Integer(), nullable=False),
        sa.Column("ages", sa.Integer(), nullable=True),
        sa.Column("kid_id", sa.Integer(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["kid_id"], ["kids.id"], name=op.f("fk_wishes_kid_id_kids"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_wishes_member_id_members"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wishes")),
        sa.UniqueConstraint("public_id", name=op.f("uq_wishes_public_id")),
    )
    for columns in (["cell", "within"], ["ends_at"], ["kid_id"], ["member_id"]):
        op.create_index(op.f(f"ix_wishes_{'_wishes_'.join(columns)}"), "wishes", columns)
    # None for what exists already: nobody is told of what has gone on for long.
    op.create_table(
        "beginnings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meetup_id", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("due", INSTANT, nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("edit_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["edit_id"], ["edits.id"], name=op.f("fk_beginnings_edit_id_edits"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["meetup_id"], ["meetups.id"], name=op.f("fk_beginnings_meetup_id_meetups"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_beginnings")),
    )
    for columns in (["due", "id"], ["edit_id"], ["meetup_id"]):
        op.create_index(op.f(f"ix_beginnings_{'_beginnings_'.join(columns)}"), "beginnings", columns)


def downgrade() -> None:
    op.drop_table("beginnings")
    op.drop_table("wishes")
    with op.batch_alter_table("members") as batch_op:
        batch_op.drop_column("wants_wishes")
