"""What the mapped shapes become: compounds and buildings that fit together, footprints, gates.

The rules, in the order in which they are applied (all areas in square metres of the place's metric zone):

1. Compounds may not overlap. The smaller keeps the ground, the larger gives it up; a larger one that keeps
   less than half of itself becomes a footprint and is listed ("overlapping").
2. A building that lies wholly inside one compound becomes a building grid. One that crosses a compound's
   edge ("straddling") or lies in none ("outside") stays a footprint. Edges may be out by OVERHANG_M2: what hangs
   over by less is cut off and listed ("trimmed").
3. Buildings may not overlap. The larger keeps the ground; one that overlaps it by more than OVERHANG_M2
   and SLIVER of itself stays a footprint ("overlapping"), one that overlaps by less is trimmed.
4. Gates: `layers.streets.osm.gates`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import numpy as np
import shapely
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from gis.shared.geometry import GRID_DEGREES, epsg_of, snap_to_grid, to_metres
from layers.streets.osm.gates import find_gates
from layers.streets.osm.mapped import Extract, Ground
from layers.streets.osm.plots import Layout, Plot, area_id, multi
from layers.streets.osm.tags import STOPPING_WALLS
from layers.streets.records import FeatureReason

OVERHANG_M2 = 0.5
SLIVER = 0.01
KEPT_SHARE = 0.5
WALL_REACH_M = 4.0
"""A wall this near to a compound's edge stands on it."""
WALLED_SHARE = 0.5
"""A compound with walls along this share of its edge is walled."""


def lay_out(found: Extract) -> Layout:
    """Fit the polygons together by the rules above; every compound and building is in exactly one list."""
    layout = Layout()
    grounds = found.of_kind("compound") + found.of_kind("building")
    if grounds:
        epsg = epsg_of(shapely.box(*shapely.total_bounds([ground.geometry for ground in grounds])))
        _fit_compounds(found, layout, epsg)
        _fit_buildings(found, layout, epsg)
    find_gates(found, layout)
    return layout


def _fit_compounds(found: Extract, layout: Layout, epsg: int) -> None:
    """Rule 1, and whether each compound has a wall."""
    grounds = found.of_kind("compound")
    sizes = _areas([ground.geometry for ground in grounds], epsg)
    kept: list[tuple[Ground, BaseGeometry]] = []
    for at in sorted(range(len(grounds)), key=lambda i: (sizes[i], grounds[i].key)):
        ground = grounds[at]
        rest, cut = _without(ground.geometry, [shape for _, shape in kept])
        size = _area(rest, epsg)
        if size < KEPT_SHARE * sizes[at]:
            layout.footprints.append((ground, "overlapping"))
            layout.listed.append(ground.listed("overlapping"))
            continue
        if cut:
            layout.counts["compounds-cut"] += 1
            layout.listed.append(ground.listed("trimmed"))
        kept.append((ground, rest))
    walls = [to_metres(barrier.geometry, epsg) for barrier in found.barriers if barrier.kind in STOPPING_WALLS]
    around = shapely.union_all([wall.buffer(WALL_REACH_M) for wall in walls]) if walls else None
    for ground, shape in sorted(kept, key=lambda pair: pair[0].key):
        walled = ground.walled
        edge = to_metres(shape, epsg).boundary
        if walled == "unknown" and around is not None:
            along = edge.intersection(around).length / edge.length
            walled = "yes" if along >= WALLED_SHARE else "unknown"
        layout.compounds.append(Plot(area_id(ground), ground, multi(shape), None, walled))


def _fit_buildings(found: Extract, layout: Layout, epsg: int) -> None:
    """Rules 2 and 3."""
    grounds = found.of_kind("building")
    shapes = np.array([ground.geometry for ground in grounds], object)
    compounds = np.array([plot.geometry for plot in layout.compounds], object)
    home: dict[int, tuple[int, BaseGeometry]] = {}
    straddling: set[int] = set()
    if len(compounds) and len(shapes):
        shapely.prepare(compounds)
        for building, compound in shapely.STRtree(compounds).query(shapes, predicate="intersects").T.tolist():
            if compounds[compound].covers(shapes[building]):
                home[building] = (compound, shapes[building])
                continue
            inside = polygons(shapes[building].intersection(compounds[compound]))
            over = _area(shapes[building].difference(compounds[compound]), epsg)
            if over < OVERHANG_M2 and over < SLIVER * _area(shapes[building], epsg):
                home[building] = (compound, snap_to_grid(inside))
                layout.listed.append(grounds[building].listed("trimmed"))
                layout.counts["buildings-trimmed"] += 1
            elif _area(inside, epsg) >= OVERHANG_M2:
                straddling.add(building)
    layout.counts["buildings-inside"] = len(home)
    for at, ground in enumerate(grounds):
        if at not in home:
            reason: FeatureReason = "straddling" if at in straddling else "outside"
            layout.footprints.append((ground, reason))
            layout.listed.append(ground.listed(reason))
    _fit_together(grounds, home, layout, epsg)


def _fit_together(grounds: list[Ground], home: dict[int, tuple[int, BaseGeometry]], layout: Layout, epsg: int) -> None:
    """Rule 3: the larger building keeps the ground."""
    size = dict(zip(home, _areas([shape for _, shape in home.values()], epsg), strict=True))
    order = sorted(home, key=lambda at: (-size[at], grounds[at].key))
    shapes = np.array([home[at][1] for at in order], object)
    near: dict[int, list[int]] = {}
    for one, other in shapely.STRtree(shapes).query(shapes, predicate="intersects").T.tolist():
        if other < one:
            near.setdefault(one, []).append(other)
    kept: dict[int, BaseGeometry] = {}
    for place, at in enumerate(order):
        ground, shape = grounds[at], shapes[place]
        rivals = [kept[other] for other in near.get(place, []) if other in kept]
        rest, cut = _without(shape, rivals)
        lost = size[at] - _area(rest, epsg) if cut else 0.0
        if lost > OVERHANG_M2 and lost > SLIVER * size[at]:
            layout.footprints.append((ground, "overlapping"))
            layout.listed.append(ground.listed("overlapping"))
            continue
        if cut:
            layout.counts["buildings-trimmed"] += 1
            layout.listed.append(ground.listed("trimmed"))
        kept[place] = rest
        compound = layout.compounds[home[at][0]]
        layout.buildings.append(Plot(area_id(ground), ground, multi(rest), compound.id))
    layout.buildings.sort(key=lambda plot: plot.ground.key)


def leave_out(layout: Layout, bad: Mapping[UUID, str]) -> None:
    """Turn areas that a stricter check refused (id → its word for why) into footprints, children included."""
    refused = dict(bad)
    refused |= {
        plot.id: bad[plot.inside] for plot in layout.buildings if plot.inside is not None and plot.inside in bad
    }
    for plot in [*layout.compounds, *layout.buildings]:
        if plot.id in refused:
            reason: FeatureReason = "overlapping" if refused[plot.id] == "overlap" else "straddling"
            layout.footprints.append((plot.ground, reason))
            layout.listed.append(plot.ground.listed(f"refused:{refused[plot.id]}"))
    layout.compounds = [plot for plot in layout.compounds if plot.id not in refused]
    layout.buildings = [plot for plot in layout.buildings if plot.id not in refused]
    layout.gates = [gate for gate in layout.gates if gate.compound_id not in refused]


def _without(shape: BaseGeometry, others: Sequence[BaseGeometry]) -> tuple[BaseGeometry, bool]:
    """(the shape less the others on the fixed grid, whether their interiors met); untouched when they did not."""
    rivals = [other for other in others if shape.intersects(other) and shape.relate_pattern(other, "T********")]
    if not rivals:
        return shape, False
    rest = shapely.difference(shape, shapely.union_all(rivals), grid_size=GRID_DEGREES)
    return snap_to_grid(polygons(rest)), True


def polygons(shape: BaseGeometry) -> BaseGeometry:
    """Only the polygons of a shape (touching edges and corners dropped)."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and not part.is_empty]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _area(shape: BaseGeometry, epsg: int) -> float:
    return 0.0 if shape.is_empty else float(to_metres(shape, epsg).area)


def _areas(shapes: Sequence[BaseGeometry], epsg: int) -> list[float]:
    metres = to_metres(np.array(shapes, object), epsg) if shapes else []
    return [float(size) for size in shapely.area(metres)]
