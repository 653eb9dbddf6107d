"""What mothers say of places: one word for each member and amenity, and what is known by all of them

Must work beside the previous release's code: add first, remove a release later.
"""

import sqlalchemy as sa
from alembic import op

import meetups.columns

revision = "0031"
down_revision = "0024"
branch_labels = None
depends_on = None

INSTANT = meetups.columns.UTCDateTime(timezone=True)
NEW = ("told", "yes", "no", "least", "most")
AMENITIES = sa.table("place_amenities", sa.column("present"), sa.column("told"))


def upgrade() -> None:
    op.add_column("place_amenities", sa.Column("told", sa.Boolean(), nullable=True))
    for name in ("yes", "no"):
        op.add_column("place_amenities", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    for name in ("least", "most"):
        op.add_column("place_amenities", sa.Column(name, sa.Integer(), nullable=True))
    # So far only files have told of places.
    op.execute(sa.update(AMENITIES).values(told=AMENITIES.c.present))
    op.create_table(
        "place_words",
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("amenity", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_place_words_member_id_members"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["places.id"], name=op.f("fk_place_words_place_id_places"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("place_id", "amenity", "member_id", name=op.f("pk_place_words")),
    )
    op.create_index(op.f("ix_place_words_member_id"), "place_words", ["member_id"])


def downgrade() -> None:
    op.drop_table("place_words")
    # What only members told of, the previous release would take for a file's.
    op.execute(sa.text("DELETE FROM place_amenities WHERE told IS NULL"))
    op.execute(sa.update(AMENITIES).values(present=AMENITIES.c.told))
    with op.batch_alter_table("place_amenities") as batch_op:
        for name in NEW:
            batch_op.drop_column(name)
