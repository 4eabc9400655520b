"""Plots: the areas that mapped compounds and buildings become, and the list of what they did not become."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID, uuid5

from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from layers.streets.osm.mapped import Ground
from layers.streets.osm.report import Listed
from layers.streets.records import FeatureReason, GateRecord

NAMESPACE = UUID("6f2ad6a2-5f3c-5c55-9a39-0b8e2f0c1d11")
"""Areas made from OpenStreetMap objects get the same id in every import of the same object."""


@dataclass(frozen=True, slots=True)
class Plot:
    """One area to be: a compound, or a building with its compound in `inside`. (lon, lat) on the fixed grid."""

    id: UUID
    ground: Ground
    geometry: MultiPolygon
    inside: UUID | None = None
    walled: str = "unknown"


@dataclass
class Layout:
    """What becomes of an extract's polygons. Footprints keep the reason why they became no area."""

    compounds: list[Plot] = field(default_factory=list)
    buildings: list[Plot] = field(default_factory=list)
    footprints: list[tuple[Ground, FeatureReason]] = field(default_factory=list)
    gates: list[GateRecord] = field(default_factory=list)
    listed: list[Listed] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def area_id(ground: Ground) -> UUID:
    """The identity of the area that an OpenStreetMap object becomes."""
    return uuid5(NAMESPACE, f"{ground.osm_type}/{ground.osm_id}")


def multi(shape: BaseGeometry) -> MultiPolygon:
    """A polygonal shape as a MultiPolygon."""
    return shape if isinstance(shape, MultiPolygon) else MultiPolygon([shape])
