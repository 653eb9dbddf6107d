"""Places that members propose

Must work beside the previous release's code: add first, remove a release later.
"""

import sqlalchemy as sa
from alembic import op

import meetups.columns

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

INSTANT = meetups.columns.UTCDateTime(timezone=True)
OPEN = sa.text("decided_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "place_proposals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("typed", sa.String(length=80), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("place_id", sa.Integer(), nullable=True),
        sa.Column("refusal", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_place_proposals_member_id_members"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["places.id"], name=op.f("fk_place_proposals_place_id_places"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_proposals")),
        sa.UniqueConstraint("public_id", name=op.f("uq_place_proposals_public_id")),
    )
    op.create_index(op.f("ix_place_proposals_member_id"), "place_proposals", ["member_id"])
    op.create_index(
        "ix_place_proposals_open", "place_proposals", ["created_at"], postgresql_where=OPEN, sqlite_where=OPEN
    )


def downgrade() -> None:
    op.drop_table("place_proposals")
