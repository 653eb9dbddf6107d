"""Places, what is known of them, and the outlines of neighbourhoods."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from meetups.accounts.models import Member
from meetups.columns import Id, Instant, PublicId, UTCDateTime
from meetups.extensions import Base


class Amenity(StrEnum):
    """What parents ask of a place, in that order. Unknown is a state of its own: no row."""

    PLAYGROUND = "playground"
    FENCE = "fence"
    SHADE = "shade"
    TOILETS = "toilets"
    CHANGING_TABLE = "changing_table"
    STROLLER_PATH = "stroller_path"
    WATER = "water"
    SWINGS = "swings"
    SPLASH_PAD = "splash_pad"
    PICNIC = "picnic"
    CAFE = "cafe"
    PARKING = "parking"
    INDOOR = "indoor"
    DOGS = "dogs"


_RENAMED = text("renamed_at IS NOT NULL")


class Place(Base):
    """A public place to meet: a point, a time zone and the H3 cells it lies in."""

    __tablename__ = "places"
    __table_args__ = (
        UniqueConstraint("source", "source_ref"),
        Index("ix_places_renamed", "id", postgresql_where=_RENAMED, sqlite_where=_RENAMED),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    name: Mapped[str] = mapped_column(String(120))
    search_key: Mapped[str] = mapped_column(String(120), index=True)
    kind: Mapped[str] = mapped_column(String(20))  # park, playground, cafe, library, other
    lat: Mapped[float]
    lon: Mapped[float]
    address: Mapped[str | None] = mapped_column(String(200))
    neighbourhood: Mapped[str | None] = mapped_column(String(80))
    city: Mapped[str | None] = mapped_column(String(80))
    country: Mapped[str | None] = mapped_column(String(2))
    zone: Mapped[str] = mapped_column(String(64))
    cell6: Mapped[str] = mapped_column(String(16), index=True)
    cell7: Mapped[str] = mapped_column(String(16), index=True)
    cell8: Mapped[str] = mapped_column(String(16), index=True)
    # Whose data it is, and its name there: importing twice changes nothing.
    source: Mapped[str] = mapped_column(String(200))
    source_ref: Mapped[str] = mapped_column(String(80))
    attribution: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[Instant]
    # When an import changed what is said of it; emptied when the calendars of its meetups have been told.
    renamed_at: Mapped[datetime | None] = mapped_column(UTCDateTime())

    amenities: Mapped[list["PlaceAmenity"]] = relationship(
        cascade="all, delete-orphan", order_by="PlaceAmenity.amenity"
    )


# How long a lap takes: told, checked and kept as amenities are, in minutes.
LAP = "lap"


class PlaceAmenity(Base):
    """What is known of one amenity of a place, by `domain.amenities.judge`. No row: nobody knows.

    Kept with every word and every import, in the same transaction, so that lists and filters ask one row.
    """

    __tablename__ = "place_amenities"
    __table_args__ = (Index(None, "amenity", "present", "place_id"),)

    place_id: Mapped[int] = mapped_column(ForeignKey("places.id", ondelete="CASCADE"), primary_key=True)
    amenity: Mapped[str] = mapped_column(String(20), primary_key=True)
    present: Mapped[bool]
    # What an import tells, whose data it is, and how many members say yes and no.
    told: Mapped[bool | None]
    source: Mapped[str] = mapped_column(String(200))
    yes: Mapped[int] = mapped_column(default=0, server_default="0")
    no: Mapped[int] = mapped_column(default=0, server_default="0")
    # Of a lap, in minutes: `domain.amenities.Lap`.
    least: Mapped[int | None]
    most: Mapped[int | None]
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    # Read by the previous release, which wrote no member into it; goes with the next one.
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))


class PlaceWord(Base):
    """What a member says of one amenity of a place; with neither `present` nor `minutes`, that she does not know.

    Nobody ever learns whose word it is.
    """

    __tablename__ = "place_words"
    __table_args__ = (Index(None, "member_id"),)

    place_id: Mapped[int] = mapped_column(ForeignKey("places.id", ondelete="CASCADE"), primary_key=True)
    amenity: Mapped[str] = mapped_column(String(20), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    present: Mapped[bool | None]
    minutes: Mapped[int | None]
    at: Mapped[Instant]


class Area(Base):
    """A neighbourhood: a name, a middle and an outline ([[lon, lat], ...] rings, GeoJSON order)."""

    __tablename__ = "areas"
    __table_args__ = (UniqueConstraint("city", "name"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80))
    search_key: Mapped[str] = mapped_column(String(80), index=True)
    city: Mapped[str] = mapped_column(String(80))
    country: Mapped[str] = mapped_column(String(2))
    lat: Mapped[float]
    lon: Mapped[float]
    rings: Mapped[list[Any]] = mapped_column(JSON)
    attribution: Mapped[str] = mapped_column(String(200))
    # The outline's box, in degrees; without one (the release before this had none) its middle stands for it.
    south: Mapped[float | None]
    west: Mapped[float | None]
    north: Mapped[float | None]
    east: Mapped[float | None]


class Shape(Base):
    """Water or green, for maps to draw: an outline of some metres' accuracy and the box around it, in degrees."""

    __tablename__ = "map_shapes"
    __table_args__ = (
        UniqueConstraint("source", "source_ref"),
        Index("ix_map_shapes_box", "south", "north", "west", "east"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(10))  # water, green
    name: Mapped[str] = mapped_column(String(120))
    rings: Mapped[list[Any]] = mapped_column(JSON)
    south: Mapped[float]
    west: Mapped[float]
    north: Mapped[float]
    east: Mapped[float]
    # The longer side of the box, in metres: what would be a speck on a map is not drawn on it.
    size: Mapped[int]
    source: Mapped[str] = mapped_column(String(200))
    source_ref: Mapped[str] = mapped_column(String(80))
    attribution: Mapped[str | None] = mapped_column(String(200))


_OPEN = text("decided_at IS NULL")


class PlaceProposal(Base):
    """A place that a member proposes: hers and the admins' alone to see, and no place of the site until accepted."""

    __tablename__ = "place_proposals"
    __table_args__ = (
        Index(None, "member_id"),
        Index("ix_place_proposals_open", "created_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    # Empty once she has been told that it is, or may be, a home.
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    # The point, and what she typed that led there; both are forgotten with a refusal.
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    typed: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[Instant]
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    # What became of it: a place, or why not (proposals.REFUSALS).
    place_id: Mapped[int | None] = mapped_column(ForeignKey("places.id", ondelete="SET NULL"))
    refusal: Mapped[str | None] = mapped_column(String(20))

    place: Mapped[Place | None] = relationship()
    member: Mapped[Member] = relationship()
