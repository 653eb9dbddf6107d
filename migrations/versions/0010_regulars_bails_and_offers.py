"""Standing yeses, why and how late, and places that are offered

Must work beside the previous release's code: add first, remove a release later.
"""

import sqlalchemy as sa
from alembic import op

import meetups.columns

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = meetups.columns.UTCDateTime(timezone=True)
ANSWERS = {
    "reason": sa.String(12),
    "late": sa.Integer(),
    "news_at": INSTANT,
    "host_told": sa.String(24),
    "offered_until": INSTANT,
}
ACTIVE, OFFERED = sa.text("ended_at IS NULL"), sa.text("answer = 'offered'")


def upgrade() -> None:
    # The release before writes none of them.
    op.add_column("rsvps", sa.Column("by_standing", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name, kind in ANSWERS.items():
        op.add_column("rsvps", sa.Column(name, kind, nullable=True))
    op.create_index("ix_rsvps_offered", "rsvps", ["offered_until"], sqlite_where=OFFERED, postgresql_where=OFFERED)
    op.create_table(
        "standing_yeses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("look_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"], ["meetups.id"], name=op.f("fk_standing_yeses_series_id_meetups"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_standing_yeses_member_id_members"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_yeses")),
        sa.UniqueConstraint("series_id", "member_id", name=op.f("uq_standing_yeses_series_id_member_id")),
    )
    op.create_index(op.f("ix_standing_yeses_member_id"), "standing_yeses", ["member_id"])
    op.create_index(
        "ix_standing_yeses_due", "standing_yeses", ["look_at"], sqlite_where=ACTIVE, postgresql_where=ACTIVE
    )
    op.create_table(
        "standing_kids",
        sa.Column("standing_id", sa.Integer(), nullable=False),
        sa.Column("kid_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["standing_id"],
            ["standing_yeses.id"],
            name=op.f("fk_standing_kids_standing_id_standing_yeses"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["kid_id"], ["kids.id"], name=op.f("fk_standing_kids_kid_id_kids"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("standing_id", "kid_id", name=op.f("pk_standing_kids")),
    )
    op.create_index(op.f("ix_standing_kids_kid_id"), "standing_kids", ["kid_id"])


def downgrade() -> None:
    op.drop_table("standing_kids")
    op.drop_table("standing_yeses")
    # To the release before, a place that is held for somebody is one that she waits for.
    op.execute(
        "UPDATE occurrences SET taken = taken - (SELECT COUNT(*) FROM rsvps"
        " WHERE rsvps.occurrence_id = occurrences.id AND rsvps.answer = 'offered')"
        " WHERE id IN (SELECT occurrence_id FROM rsvps WHERE answer = 'offered')"
    )
    op.execute("UPDATE rsvps SET answer = 'waiting', waiting_since = changed_at WHERE answer = 'offered'")
    op.drop_index("ix_rsvps_offered", "rsvps")
    with op.batch_alter_table("rsvps") as batch_op:
        for name in (*reversed(ANSWERS), "by_standing"):
            batch_op.drop_column(name)
