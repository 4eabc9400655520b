"""The sample town's streets, gates and base map as rows for the streets' bulk door, in degrees."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon

from gis.town.compounds import CompoundPlan
from gis.town.ground import Areas, Zone
from gis.town.lattice import COLUMNS, Lattice, Line, Xy, warp
from gis.town.uses import Patch, Uses
from layers.streets.records import (
    BarrierRecord,
    FeatureKind,
    FeatureRecord,
    GateKind,
    GateRecord,
    OpenTo,
    WayKind,
    WayRecord,
)

RAIL_T_M = 1850.0


@dataclass(slots=True)
class StreetPlan:
    """What `layers.streets.actions.replace_network` takes."""

    ways: list[WayRecord] = field(default_factory=list)
    gates: list[GateRecord] = field(default_factory=list)
    barriers: list[BarrierRecord] = field(default_factory=list)
    features: list[FeatureRecord] = field(default_factory=list)


def make_streets(*, lattice: Lattice, uses: Uses, areas: Areas, zone: Zone) -> StreetPlan:
    """Streets with the junctions of every gate's path, gates, fences and the polygons of the base map."""
    plan = lay_streets(lattice=lattice, uses=uses, areas=areas, zone=zone)
    x = np.arange(COLUMNS[0], COLUMNS[-1] + 1.0, 43.0)
    rail = warp(x, RAIL_T_M + 30.0 * np.sin(x / 900.0))
    plan.ways.append(
        WayRecord(
            kind="rail", geometry=LineString(zone.degrees(rail)), walkable=False, name_zh="澄溪支线",
            name_en="Chengxi Branch Line",
        )
    )  # fmt: skip
    return plan


def lay_streets(*, lattice: Lattice, uses: Uses, areas: Areas, zone: Zone) -> StreetPlan:
    """What any made place has: streets, drives, paths, gates, fences and the polygons of the base map."""
    plan = StreetPlan()
    plans = [*uses.compounds, *(ground for _, _, ground in uses.grounds)]
    _ways(plan, lattice, plans, uses, zone)
    for compound, area_id in zip(uses.compounds, areas.compound_ids, strict=True):
        for gate in compound.gates:
            plan.gates.append(
                GateRecord(
                    point=zone.point(gate.point), compound_id=area_id, status="confirmed",
                    kind=cast("GateKind", gate.kind), open_to=cast("OpenTo", gate.open_to),
                )
            )  # fmt: skip
    for kind, _, ground in uses.grounds:
        if kind in ("school", "works", "hospital"):
            plan.barriers.append(BarrierRecord(zone.shape(LineString(ground.outline.exterior.coords)), "fence"))
    _features(plan, uses, areas, zone)
    return plan


def _ways(plan: StreetPlan, lattice: Lattice, compounds: list[CompoundPlan], uses: Uses, zone: Zone) -> None:
    """All streets, drives and paths."""
    joints: dict[tuple[Xy, Xy], list[Xy]] = defaultdict(list)
    for compound in compounds:
        for gate in compound.gates:
            a, b = gate.street_edge
            joints[(a, b) if a <= b else (b, a)].append(gate.street)
    for line in joined(lattice.lines):
        points = _with_joints(line.points, joints)
        if line.bridge and line.kind == "footway":
            plan.ways += _footbridge(line, points, zone)
        else:
            level = int(line.bridge)
            way = _way(line.kind, zone.line(points), line.name_zh, line.name_en, bridge=line.bridge, layer=level)
            plan.ways.append(way)
    for compound in compounds:
        for path, kind in compound.paths:
            plan.ways.append(_way(kind, zone.line(path)))
        for gate in compound.gates:
            kind = "service" if gate.kind == "lift_gate" else "footway"
            plan.ways.append(_way(kind, zone.line([gate.inside, gate.point, gate.street])))
    plan.ways += [_way("footway", zone.line(path)) for path in uses.park_paths]


def _way(
    kind: str, line: LineString, name_zh: str = "", name_en: str = "", *, bridge: bool = False, layer: int = 0
) -> WayRecord:
    """A street or path that can be walked."""
    return WayRecord(
        kind=cast("WayKind", kind), geometry=line, walkable=True, name_zh=name_zh, name_en=name_en, bridge=bridge,
        layer=layer,
    )  # fmt: skip


def _footbridge(line: Line, points: list[Xy], zone: Zone) -> list[WayRecord]:
    """A footbridge over the river: stairs up from either bank (streets' rows on both ends), a deck between them."""
    xy = np.array(points)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    up, down = 16.0, float(along[-1]) - 16.0
    ends = np.round([[np.interp(d, along, xy[:, k]) for k in (0, 1)] for d in (up, down)], 3)
    head, tail = ((float(x), float(y)) for x, y in ends)
    middle = [p for p, d in zip(points, along, strict=True) if up < d < down]
    stairs = [
        WayRecord(kind="steps", geometry=zone.line(pair), walkable=True, steps=True)
        for pair in ([points[0], head], [tail, points[-1]])
    ]
    deck = _way("footway", zone.line([head, *middle, tail]), line.name_zh, line.name_en, bridge=True, layer=1)
    return [stairs[0], deck, stairs[1]]


def joined(lines: list[Line]) -> list[Line]:
    """Stretches of one street put together while they run on and nothing but their junction lies between them."""
    whole: list[Line] = []
    for line in lines:
        if line.kind in ("border", "river"):
            continue
        last = whole[-1] if whole else None
        if (
            last is not None
            and (last.kind, last.name_zh, last.bridge) == (line.kind, line.name_zh, line.bridge)
            and line.name_zh
            and last.points[-1] == line.points[0]
        ) or (last is not None and last.bridge and line.bridge and last.points[-1] == line.points[0]):
            whole[-1] = Line(line.kind, line.name_zh, line.name_en, last.points + line.points[1:], line.bridge)
        else:
            whole.append(line)
    return whole


def _with_joints(points: tuple[Xy, ...], joints: dict[tuple[Xy, Xy], list[Xy]]) -> list[Xy]:
    """A street's vertices with the places where gates' paths meet it put in."""
    whole: list[Xy] = [points[0]]
    for a, b in zip(points, points[1:], strict=False):
        between = joints.get((a, b) if a <= b else (b, a), [])
        start = np.array(a)
        whole += sorted(set(between), key=lambda p: float(np.hypot(*(np.array(p) - start))))
        whole.append(b)
    return whole


def _features(plan: StreetPlan, uses: Uses, areas: Areas, zone: Zone) -> None:
    """Polygons of the base map; footprints outside compounds say why they are no areas."""
    plan.features += [_patch(patch, zone) for patch in uses.patches]
    for index, compound in enumerate(uses.compounds):
        area_id = areas.compound_ids[index]
        plan.features.append(
            FeatureRecord(
                kind="compound", geometry=_many(cast("Polygon", areas.by_id[area_id].geometry)), area_id=area_id
            )
        )
        plan.features += [_patch(Patch("green", garden), zone) for garden in compound.gardens]
        for building_id in areas.building_ids[index]:
            shape = cast("Polygon", areas.by_id[building_id].geometry)
            plan.features.append(FeatureRecord(kind="building", geometry=_many(shape), area_id=building_id))
    for _, _, ground in uses.grounds:
        plan.features += [
            FeatureRecord(kind="building", geometry=_many(zone.polygon(house.ring)), reason="outside")
            for house in ground.houses
        ]


def _patch(patch: Patch, zone: Zone) -> FeatureRecord:
    """A polygon of the base map in degrees; snapping may not make it invalid."""
    shape = zone.shape(patch.shape)
    if not shape.is_valid:
        shape = shapely.make_valid(shape)
    polygons = [p for p in getattr(shape, "geoms", [shape]) if isinstance(p, Polygon)]
    name_zh, name_en = patch.name
    return FeatureRecord(
        kind=cast("FeatureKind", patch.kind), geometry=MultiPolygon(polygons), name_zh=name_zh, name_en=name_en
    )


def _many(shape: Polygon) -> MultiPolygon:
    """A polygon as the one part of a multipolygon."""
    return MultiPolygon([shape])
