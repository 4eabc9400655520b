"""What an extract holds for this map, as mapped: streets, walls, gates, polygons, and the account of every object."""

from __future__ import annotations

from dataclasses import dataclass, field

from shapely import Point
from shapely.geometry.base import BaseGeometry

from layers.streets.osm import tags as meaning
from layers.streets.osm.report import Listed, Report
from layers.streets.records import BarrierRecord, GateKind, OpenTo, WayRecord


@dataclass(frozen=True, slots=True)
class Ground:
    """One polygon as mapped (lon, lat): a building, a compound, water, green or other land."""

    osm_type: str
    osm_id: int
    kind: meaning.GroundKind
    geometry: BaseGeometry
    name_zh: str = ""
    name_en: str = ""
    address: str = ""
    street: str = ""
    walled: str = "unknown"

    @property
    def key(self) -> int:
        """The id in the manner of osm2pgsql: relations are negative, so that no two objects share one."""
        return -self.osm_id if self.osm_type == "r" else self.osm_id

    def listed(self, reason: str) -> Listed:
        """This object as a row of the report."""
        inside = self.geometry.representative_point()
        return Listed(
            self.osm_type,
            self.osm_id,
            self.kind,
            reason,
            self.name_zh or self.address,
            round(inside.x, 7),
            round(inside.y, 7),
        )


@dataclass(frozen=True, slots=True)
class GateNode:
    """A gate, bollard or the like as mapped (lon, lat): a node, or the middle of a short way."""

    osm_type: str
    osm_id: int
    point: Point
    kind: GateKind
    open_to: OpenTo


@dataclass
class Extract:
    """What an extract holds for this map. `ways` keep OSM's shared nodes, so that lines that meet share a vertex."""

    bounds: tuple[float, float, float, float] | None
    ways: list[WayRecord] = field(default_factory=list)
    passages: set[int] = field(default_factory=set)
    """Places in `ways` of the ways that lead through a building at ground level."""
    barriers: list[BarrierRecord] = field(default_factory=list)
    gates: list[GateNode] = field(default_factory=list)
    grounds: list[Ground] = field(default_factory=list)
    report: Report = field(default_factory=Report)

    def of_kind(self, kind: meaning.GroundKind) -> list[Ground]:
        """The polygons of one kind, in the order of the file."""
        return [ground for ground in self.grounds if ground.kind == kind]
