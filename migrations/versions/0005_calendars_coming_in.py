"""Calendars coming in

Must work beside the previous release's code: add first, remove a release later.
"""

import sqlalchemy as sa
from alembic import op

import meetups.columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DUE = {name: sa.text("next_read IS NOT NULL") for name in ("postgresql_where", "sqlite_where")}


def upgrade() -> None:
    op.create_table(
        "calendars",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=True),
        sa.Column("etag", sa.String(length=200), nullable=True),
        sa.Column("last_modified", sa.String(length=80), nullable=True),
        sa.Column("read_at", meetups.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("whole_at", meetups.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("next_read", meetups.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=200), nullable=True),
        sa.Column("refused", sa.JSON(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("ages", sa.Integer(), nullable=False),
        sa.Column("created_at", meetups.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("upload", sa.LargeBinary(), nullable=True),
        sa.Column("uploaded_at", meetups.columns.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_calendars_member_id_members"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_calendars_place_id_places")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendars")),
        sa.UniqueConstraint("public_id", name=op.f("uq_calendars_public_id")),
    )
    op.create_index(op.f("ix_calendars_member_id"), "calendars", ["member_id"], unique=False)
    op.create_index(op.f("ix_calendars_uploaded_at"), "calendars", ["uploaded_at"], unique=False)
    op.create_index("ix_calendars_next_read", "calendars", ["next_read", "id"], unique=False, **DUE)
    op.create_table(
        "calendar_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("calendar_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=200), nullable=False),
        sa.Column("recurrence_id", sa.String(length=40), nullable=False),
        sa.Column("meetup_id", sa.Integer(), nullable=False),
        sa.Column("read", sa.JSON(), nullable=False),
        sa.Column("missing_since", meetups.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("corrected", sa.JSON(), nullable=False),
        sa.Column("exceptions", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendars.id"], name=op.f("fk_calendar_events_calendar_id_calendars"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["meetup_id"], ["meetups.id"], name=op.f("fk_calendar_events_meetup_id_meetups"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_events")),
        sa.UniqueConstraint(
            "calendar_id", "uid", "recurrence_id", name=op.f("uq_calendar_events_calendar_id_uid_recurrence_id")
        ),
    )
    op.create_index(op.f("ix_calendar_events_meetup_id"), "calendar_events", ["meetup_id"], unique=False)


def downgrade() -> None:
    op.drop_table("calendar_events")
    op.drop_table("calendars")
