"""Who welcomes those who come: is it still on, who stands in

Must work beside the previous release's code: add first, remove a release later.
"""

import sqlalchemy as sa
from alembic import op

import meetups.columns

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

HELD = sa.text("held_by_id IS NOT NULL")
# What makes this table anew on SQLite must say again that no id is given twice (0007).
AGAIN = {"table_kwargs": {"sqlite_autoincrement": True}}
INSTANT = meetups.columns.UTCDateTime(timezone=True)


def upgrade() -> None:
    op.add_column("members", sa.Column("wants_baton", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("rsvps", sa.Column("told_who", sa.Integer(), nullable=True))
    op.add_column("rsvps", sa.Column("told_rain", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("occurrences", **AGAIN) as batch_op:
        for name in ("asked_at", "confirmed_at", "unhosted_at", "rain_at"):
            batch_op.add_column(sa.Column(name, INSTANT, nullable=True))
        batch_op.add_column(sa.Column("held_spot", sa.String(length=160), nullable=True))
        batch_op.add_column(sa.Column("held_by_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_occurrences_held_by_id_members"), "members", ["held_by_id"], ["id"], ondelete="SET NULL"
        )
        batch_op.add_column(sa.Column("dry_place_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_occurrences_dry_place_id_places"), "places", ["dry_place_id"], ["id"]
        )
        batch_op.create_index("ix_occurrences_held", ["held_by_id"], postgresql_where=HELD, sqlite_where=HELD)
    with op.batch_alter_table("meetups") as batch_op:
        for name in ("resting_at", "woken_at"):
            batch_op.add_column(sa.Column(name, INSTANT, nullable=True))
        batch_op.add_column(sa.Column("rain_plan", sa.String(length=12), nullable=True))
        batch_op.add_column(sa.Column("rain_place_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_meetups_rain_place_id_places"), "places", ["rain_place_id"], ["id"])
    op.create_table(
        "baton_asks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_baton_asks_member_id_members"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["occurrence_id"],
            ["occurrences.id"],
            name=op.f("fk_baton_asks_occurrence_id_occurrences"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baton_asks")),
        sa.UniqueConstraint("occurrence_id", "member_id", name=op.f("uq_baton_asks_occurrence_id_member_id")),
    )
    op.create_index(op.f("ix_baton_asks_member_id_baton_asks_asked_at"), "baton_asks", ["member_id", "asked_at"])

    op.create_table(
        "cohosts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("invited_at", INSTANT, nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_cohosts_member_id_members", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["series_id"], ["meetups.id"], name="fk_cohosts_series_id_meetups", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_cohosts"),
        sa.UniqueConstraint("series_id", "member_id", name="uq_cohosts_series_id_member_id"),
    )
    op.create_index("ix_cohosts_member_id", "cohosts", ["member_id"])
    op.create_table(
        "hand_overs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("offered_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name="fk_hand_overs_member_id_members", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["meetups.id"], name="fk_hand_overs_series_id_meetups", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_hand_overs"),
        sa.UniqueConstraint("series_id", name="uq_hand_overs_series_id"),
    )
    op.create_index("ix_hand_overs_member_id", "hand_overs", ["member_id"])


def downgrade() -> None:
    op.drop_table("hand_overs")
    op.drop_table("cohosts")
    op.drop_table("baton_asks")
    with op.batch_alter_table("meetups") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_meetups_rain_place_id_places"), type_="foreignkey")
        batch_op.drop_column("rain_place_id")
        batch_op.drop_column("rain_plan")
        batch_op.drop_column("woken_at")
        batch_op.drop_column("resting_at")
    with op.batch_alter_table("occurrences", **AGAIN) as batch_op:
        batch_op.drop_index("ix_occurrences_held")
        batch_op.drop_constraint(batch_op.f("fk_occurrences_held_by_id_members"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_occurrences_dry_place_id_places"), type_="foreignkey")
        for name in ("asked_at", "confirmed_at", "unhosted_at", "rain_at", "dry_place_id", "held_spot", "held_by_id"):
            batch_op.drop_column(name)
    with op.batch_alter_table("rsvps") as batch_op:
        batch_op.drop_column("told_rain")
        batch_op.drop_column("told_who")
    with op.batch_alter_table("members") as batch_op:
        batch_op.drop_column("wants_baton")
