"""The sample town's areas, from county to unit, as rows for the bulk door: noded, numbered, in degrees.

Every vertex goes from metres to the 1e-8 degree grid by the same function, so equal vertices stay equal: children
stay inside their parents and siblings keep their shared edges exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID, uuid5

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon

from gis.shared.geometry import metric_epsg, snap_coordinates, xy_to_degrees, xy_to_metres
from gis.town.blocks import Block
from gis.town.buildings import House
from gis.town.communities import CENTRES, reading_order
from gis.town.compounds import CompoundPlan
from gis.town.lattice import Xy
from gis.town.names import COUNTY, COUNTY_CODE, STREETS, Name, Namer
from grids.records import AreaRecord

NAMESPACE = UUID("7d0f6a52-93a5-4c0e-9f57-5c1a3c5f1b01")
MIDDLE_LONLAT = (110.3, 35.75)  # hills between the rivers: no real town stands here


def stable_id(*parts: object) -> UUID:
    """The same id for the same thing in every town made from the same parameters."""
    return uuid5(NAMESPACE, "/".join(str(part) for part in parts))


class Zone:
    """The way from the town's metres to degrees on the fixed grid."""

    def __init__(self, middle: tuple[float, float] = MIDDLE_LONLAT) -> None:
        """The town's (0, 0) lies at `middle` (lon, lat)."""
        self.epsg = metric_epsg(*middle)
        self.origin = xy_to_metres(np.array([middle]), self.epsg)[0]

    def degrees(self, xy: np.ndarray) -> np.ndarray:
        """(n, 2) metres of the town → (n, 2) lon, lat on the 1e-8 degree grid."""
        return snap_coordinates(xy_to_degrees(np.asarray(xy) + self.origin, self.epsg))

    def polygon(self, ring: tuple[Xy, ...] | list[Xy]) -> Polygon:
        """A ring of the town in degrees."""
        return Polygon(self.degrees(np.array(ring)))

    def shape(self, geometry: shapely.Geometry) -> shapely.Geometry:
        """Any shape of the town in degrees."""
        return shapely.transform(geometry, self.degrees)

    def line(self, points: tuple[Xy, ...] | list[Xy]) -> LineString:
        """A line of the town in degrees."""
        return LineString(self.degrees(np.array(points)))

    def point(self, xy: Xy) -> Point:
        """A point of the town in degrees."""
        return Point(self.degrees(np.array([xy]))[0])


@dataclass(frozen=True, slots=True)
class Home:
    """A leaf of the tree where people live: its area, how it was built, how many storeys, its footprint (metres)."""

    area: UUID
    compound: UUID
    style: str
    floors: int
    area_m2: float
    place: Xy


@dataclass(slots=True)
class Areas:
    """All areas of the town and how to find them again."""

    records: list[AreaRecord] = field(default_factory=list)
    homes: list[Home] = field(default_factory=list)
    community_of_block: list[UUID] = field(default_factory=list)
    compound_ids: list[UUID] = field(default_factory=list)
    """In the order of the compounds handed in."""
    building_ids: list[list[UUID]] = field(default_factory=list)
    """By compound, in the order of its houses."""
    by_id: dict[UUID, AreaRecord] = field(default_factory=dict)

    def add(self, record: AreaRecord) -> UUID:
        """Keep one area."""
        self.records.append(record)
        self.by_id[record.id] = record
        return record.id

    def of_tier(self, tier: str) -> list[AreaRecord]:
        """The areas of one tier in the order of their codes."""
        return sorted((row for row in self.records if row.tier == tier), key=lambda row: row.code)


class CompoundNames(Protocol):
    """Whoever names compounds."""

    def compound(self, style: str) -> Name:
        """A name that fits how a compound was built."""


def make_areas(
    *, blocks: list[Block], owner: list[int], compounds: list[CompoundPlan], zone: Zone, seed: int
) -> Areas:
    """Every area from the county down; `owner` is each block's community."""
    areas = Areas()
    communities = _upper_tiers(areas, blocks, owner, zone)
    namer = Namer(seed)
    fill_communities(areas, [communities[index] for index in owner], compounds, zone, lambda _community: namer)
    return areas


def fill_communities(
    areas: Areas,
    community_of_block: list[UUID],
    compounds: list[CompoundPlan],
    zone: Zone,
    namer_of: Callable[[UUID], CompoundNames],
) -> None:
    """Add every compound with its buildings and units to the community of its block, numbered in reading order."""
    areas.community_of_block = community_of_block
    areas.compound_ids = [UUID(int=0)] * len(compounds)
    areas.building_ids = [[] for _ in compounds]
    for community in sorted(set(community_of_block), key=lambda key: areas.by_id[key].code):
        namer = namer_of(community)
        members = [i for i, plan in enumerate(compounds) if areas.community_of_block[plan.block] == community]
        places = [compounds[i].outline.centroid.coords[0] for i in members]
        for number, position in enumerate(reading_order(places, 320.0), start=1):
            index = members[position]
            name = namer.compound(compounds[index].style.code)
            _compound(areas, compounds[index], index, community, number, name, zone)


def _upper_tiers(areas: Areas, blocks: list[Block], owner: list[int], zone: Zone) -> dict[int, UUID]:
    """County, streets and communities as unions of blocks: a coverage that keeps every block's vertices."""
    faces = [zone.polygon(list(block.polygon.exterior.coords)) for block in blocks]
    shapes = {
        index: shapely.coverage_union_all([face for face, mine in zip(faces, owner, strict=True) if mine == index])
        for index in range(len(CENTRES))
    }
    county = areas.add(
        AreaRecord(
            id=stable_id(COUNTY_CODE), tier="county", parent=None, code=COUNTY_CODE, name_zh=COUNTY[0],
            name_en=COUNTY[1], geometry=shapely.coverage_union_all(faces), walled="no",
        )
    )  # fmt: skip
    found: dict[int, UUID] = {}
    for number, (key, name) in enumerate(STREETS.items(), start=1):
        members = [index for index, (street, _, _) in enumerate(CENTRES) if street == key]
        code = f"{COUNTY_CODE}{number:03d}"
        whole = shapely.coverage_union_all([shapes[index] for index in members])
        street = areas.add(upper_area(code, "street", county, name, whole))
        order = reading_order([CENTRES[index][1] for index in members], 600.0)
        for place, position in enumerate(order, start=1):
            index = members[position]
            row = upper_area(f"{code}{place:03d}", "community", street, CENTRES[index][2], shapes[index])
            found[index] = areas.add(row)
    return found


def upper_area(
    code: str, tier: str, parent: UUID | None, name: Name, shape: Polygon | MultiPolygon
) -> AreaRecord:
    """A prefecture, county, street or community."""
    return AreaRecord(
        id=stable_id(code), tier=tier, parent=parent, code=code, name_zh=name[0], name_en=name[1], geometry=shape,
        walled="no",
    )  # fmt: skip


def _compound(
    areas: Areas, plan: CompoundPlan, index: int, community: UUID, number: int, name: Name, zone: Zone
) -> None:
    """One compound with its buildings and units."""
    code = f"{areas.by_id[community].code}{number:03d}"
    ring = with_gates(plan)
    areas.compound_ids[index] = areas.add(
        AreaRecord(
            id=stable_id(code), tier="compound", parent=community, code=code, name_zh=name[0], name_en=name[1],
            geometry=zone.polygon(ring), walled=plan.walled,
        )
    )  # fmt: skip
    parent = areas.compound_ids[index]
    areas.building_ids[index] = [UUID(int=0)] * len(plan.houses)
    order = sorted(range(len(plan.houses)), key=lambda i: (-plan.houses[i].row, plan.houses[i].ring[0][0]))
    for place, position in enumerate(order, start=1):
        house = plan.houses[position]
        areas.building_ids[index][position] = _building(areas, house, plan, parent, f"{code}{place:03d}", place, zone)


def _building(
    areas: Areas, house: House, plan: CompoundPlan, compound: UUID, code: str, number: int, zone: Zone
) -> UUID:
    """One building with its units; who lives in it lives in the units, or in the building where it has none."""
    name = (f"{number}号楼", f"Building {number}") if house.units else (f"{number}号院", f"House {number}")
    building = areas.add(
        AreaRecord(
            id=stable_id(code), tier="building", parent=compound, code=code, name_zh=name[0], name_en=name[1],
            geometry=zone.polygon(house.ring), walled="no",
        )
    )  # fmt: skip
    for place, unit in enumerate(house.units, start=1):
        unit_code = f"{code}{place:02d}"
        areas.add(
            AreaRecord(
                id=stable_id(unit_code), tier="unit", parent=building, code=unit_code, name_zh=f"{place}单元",
                name_en=f"Unit {place}", geometry=zone.polygon(unit), walled="no",
            )
        )  # fmt: skip
        areas.homes.append(_home(stable_id(unit_code), compound, plan, house, unit))
    if not house.units:
        areas.homes.append(_home(building, compound, plan, house, house.ring))
    return building


def _home(area: UUID, compound: UUID, plan: CompoundPlan, house: House, ring: tuple[Xy, ...]) -> Home:
    """Where people live."""
    shape = Polygon(ring)
    middle = shape.centroid
    return Home(area, compound, plan.style.code, house.floors, float(shape.area), (middle.x, middle.y))


def with_gates(plan: CompoundPlan) -> list[Xy]:
    """A compound's ring (open) with its gates put in as vertices, so that paths cross it exactly there."""
    ring = [(float(x), float(y)) for x, y in plan.outline.exterior.coords[:-1]]
    for gate in plan.gates:
        sides = [LineString([ring[i], ring[(i + 1) % len(ring)]]) for i in range(len(ring))]
        nearest = int(np.argmin([side.distance(Point(gate.point)) for side in sides]))
        if gate.point not in ring:
            ring.insert(nearest + 1, gate.point)
    return ring
