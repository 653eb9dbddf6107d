"""What maps draw: water and greens, and the box of a neighbourhood's outline

Must work beside the previous release's code: add first, remove a release later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

BOX = ("south", "west", "north", "east")


def upgrade() -> None:
    op.create_table(
        "map_shapes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("rings", sa.JSON(), nullable=False),
        sa.Column("south", sa.Double(), nullable=False),
        sa.Column("west", sa.Double(), nullable=False),
        sa.Column("north", sa.Double(), nullable=False),
        sa.Column("east", sa.Double(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("source_ref", sa.String(80), nullable=False),
        sa.Column("attribution", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_map_shapes")),
        sa.UniqueConstraint("source", "source_ref", name=op.f("uq_map_shapes_source_source_ref")),
    )
    op.create_index("ix_map_shapes_box", "map_shapes", ["south", "north", "west", "east"])
    for side in BOX:
        op.add_column("areas", sa.Column(side, sa.Double(), nullable=True))
    _fill()


def _fill() -> None:
    areas = sa.table("areas", sa.column("id"), sa.column("rings", sa.JSON()), *map(sa.column, BOX))
    rows = op.get_bind().execute(sa.select(areas.c.id, areas.c.rings)).all()
    for own_id, rings in rows:
        if not rings:
            continue
        lons, lats = [point[0] for ring in rings for point in ring], [point[1] for ring in rings for point in ring]
        sides = dict(zip(BOX, (min(lats), min(lons), max(lats), max(lons)), strict=True))
        op.execute(areas.update().where(areas.c.id == own_id).values(**sides))


def downgrade() -> None:
    op.drop_table("map_shapes")
    with op.batch_alter_table("areas", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        for side in BOX:
            batch_op.drop_column(side)
