"""Places, what is known of them, and the outlines of neighbourhoods."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from meetups.columns import Id, Instant, PublicId, UTCDateTime
from meetups.extensions import Base


class Amenity(StrEnum):
    """What parents ask of a place. Unknown is a state of its own: no row."""

    PLAYGROUND = "playground"
    FENCE = "fence"
    SHADE = "shade"
    TOILETS = "toilets"
    CHANGING_TABLE = "changing_table"
    STROLLER_PATH = "stroller_path"
    WATER = "water"
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


class PlaceAmenity(Base):
    """That a place has something, or has not, and who said so when. No row: nobody knows."""

    __tablename__ = "place_amenities"
    __table_args__ = (Index(None, "amenity", "present", "place_id"),)

    place_id: Mapped[int] = mapped_column(ForeignKey("places.id", ondelete="CASCADE"), primary_key=True)
    amenity: Mapped[str] = mapped_column(String(20), primary_key=True)
    present: Mapped[bool]
    source: Mapped[str] = mapped_column(String(200))
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime())


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
