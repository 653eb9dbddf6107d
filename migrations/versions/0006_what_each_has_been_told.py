"""What each family has been told of a date

Must work beside the previous release's code: add first, remove a release later. (There was no release yet.)
"""

import sqlalchemy as sa
from alembic import op

import meetups.columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = meetups.columns.UTCDateTime(timezone=True)
COLUMNS = {
    "told_starts": (INSTANT, "SELECT starts_at FROM occurrences WHERE occurrences.id = rsvps.occurrence_id"),
    "told_ends": (INSTANT, "SELECT ends_at FROM occurrences WHERE occurrences.id = rsvps.occurrence_id"),
    "told_place_id": (sa.Integer(), "SELECT place_id FROM occurrences WHERE occurrences.id = rsvps.occurrence_id"),
    "told_spot": (
        sa.String(160),
        "SELECT COALESCE(own_spot, spot) FROM occurrences JOIN meetups ON meetups.id = meetup_id"
        " WHERE occurrences.id = rsvps.occurrence_id",
    ),
    "told_off": (
        sa.Boolean(),
        "SELECT cancelled_at IS NOT NULL FROM occurrences WHERE occurrences.id = rsvps.occurrence_id",
    ),
    "told_at": (INSTANT, "changed_at"),
}


def upgrade() -> None:
    for name, (kind, _) in COLUMNS.items():
        op.add_column("rsvps", sa.Column(name, kind, nullable=True))
    # Whoever has answered by now knows how the date stands now.
    for name, (_, source) in COLUMNS.items():
        op.execute(f"UPDATE rsvps SET {name} = ({source})")  # noqa: S608 - our own names
    with op.batch_alter_table("rsvps") as batch_op:
        for name, (kind, _) in COLUMNS.items():
            batch_op.alter_column(name, existing_type=kind, nullable=False)
        batch_op.create_foreign_key(batch_op.f("fk_rsvps_told_place_id_places"), "places", ["told_place_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("rsvps") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_rsvps_told_place_id_places"), type_="foreignkey")
        for name in reversed(COLUMNS):
            batch_op.drop_column(name)
