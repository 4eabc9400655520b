"""What an importer or a town maker hands to `actions.replace_network`: plain rows, no Django.

Every geometry is shapely in WGS 84 degrees, (lon, lat), snapped to the 1e-8 degree grid
(`gis.shared.geometry.snap_to_grid`) by whoever makes the row. Ways that meet share a vertex with exactly
equal coordinates (OSM's shared nodes do); crossings at grade without a shared vertex are noded too, unless
`bridge`, `tunnel` or `layer` keeps the two ways apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shapely import LineString, MultiPolygon, Point

WayKind = Literal[
    "motorway",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "residential",
    "service",
    "pedestrian",
    "footway",
    "path",
    "steps",
    "cycleway",
    "track",
    "rail",
]
GateKind = Literal["gate", "lift_gate", "entrance", "door", "gap"]
GateStatus = Literal["inferred", "mapped", "confirmed", "closed"]
OpenTo = Literal["all", "residents", "unknown"]
FeatureKind = Literal["water", "green", "building", "compound", "landuse"]
FeatureReason = Literal["", "straddling", "overlapping", "outside"]


@dataclass(frozen=True, slots=True)
class WayRecord:
    """One street, path, stair or railway line as drawn; only `walkable` ones enter the walking network."""

    kind: WayKind
    geometry: LineString
    walkable: bool
    name_zh: str = ""
    name_en: str = ""
    steps: bool = False
    bridge: bool = False
    tunnel: bool = False
    layer: int = 0
    osm_id: int | None = None


@dataclass(frozen=True, slots=True)
class GateRecord:
    """One opening in a compound's edge.

    `point` lies on the compound's boundary within a metre or two; if a walkable way passes within 15 m of it,
    the way is led through it. `compound_id` is the Area's id. A gate whose status is "closed" lets nobody
    through, whatever the compound's `walled` says.
    """

    point: Point
    compound_id: UUID
    status: GateStatus
    kind: GateKind = "gate"
    open_to: OpenTo = "unknown"
    osm_id: int | None = None


@dataclass(frozen=True, slots=True)
class BarrierRecord:
    """One wall, fence or hedge line (drawn; the walls that stop people are the edges of walled compounds)."""

    geometry: LineString
    kind: str
    osm_id: int | None = None


@dataclass(frozen=True, slots=True)
class FeatureRecord:
    """One polygon of the base map; a building that became no area says why in `reason`."""

    kind: FeatureKind
    geometry: MultiPolygon
    name_zh: str = ""
    name_en: str = ""
    area_id: UUID | None = None
    reason: FeatureReason = ""
    osm_id: int | None = None
