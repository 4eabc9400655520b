"""Where walkable ways cross a compound's edge: mapped gates where one stands there, inferred ones elsewhere.

A way leaves a compound where it changes from inside to outside or to a line along the edge itself. A stretch
between two crossings that never goes farther than ALONG_M from the edge runs along it; so that a wall does not
cut such a street to pieces, it gets a gate every SPACING_M, not one at each touch. A node where only ways of
one side meet the edge is no gate.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import shapely
from shapely import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from gis.shared.geometry import GRID_DEGREES, epsg_of, snap_to_grid, to_metres
from layers.streets.osm.mapped import Extract, GateNode
from layers.streets.osm.plots import Layout, Plot
from layers.streets.osm.report import Listed
from layers.streets.records import GateRecord, WayRecord

ON_EDGE = 2 * GRID_DEGREES
"""Degrees: nearer than this is on the edge."""
ALONG_M = 2.0
GATE_REACH_M = 8.0
"""A mapped gate this near to a crossing is the crossing's gate."""
EDGE_REACH_M = 3.0
"""A mapped gate without a way through it belongs to the edge this near."""
SPACING_M = 12.0
"""Less than the reach of a gate in `layers.streets.noding`."""
METRES_A_DEGREE = 111_195.0


def find_gates(found: Extract, layout: Layout) -> None:
    """Fill `layout.gates`; mapped gates that stand on no compound's edge are listed."""
    ways = [way for at, way in enumerate(found.ways) if _at_grade(way, passage=at in found.passages)]
    lines = np.array([way.geometry for way in ways], object)
    tree = shapely.STRtree(lines)
    taken: set[int] = set()
    for plot in layout.compounds:
        edge = plot.geometry.boundary
        near = sorted(tree.query(edge, predicate="intersects").tolist())
        crossings, touches = _crossings(plot, [lines[at] for at in near])
        gates = _gates_of(plot, crossings, found.gates, taken)
        layout.gates += gates + _spaced(plot, touches, gates)
    layout.counts["gates-inferred"] = sum(gate.status == "inferred" for gate in layout.gates)
    layout.counts["gates-mapped"] = sum(gate.status == "mapped" for gate in layout.gates)
    for at, gate in enumerate(found.gates):
        if at not in taken:
            layout.counts["gates-on-no-edge"] += 1
            layout.listed.append(
                Listed(gate.osm_type, gate.osm_id, "gate", "on-no-edge", "", gate.point.x, gate.point.y)
            )


def _at_grade(way: WayRecord, *, passage: bool) -> bool:
    """Whether feet on this way meet a wall at ground level."""
    return way.walkable and (passage or not (way.bridge or way.tunnel))


def _crossings(plot: Plot, lines: list[LineString]) -> tuple[list[Point], list[Point]]:
    """(where people pass the compound's edge, where a street along it only dips in), on the fixed grid."""
    shape, edge = plot.geometry, plot.geometry.boundary
    shapely.prepare(shape)
    sides: dict[tuple[float, float], set[str]] = defaultdict(set)
    bare: dict[tuple[float, float], set[str]] = defaultdict(set)
    for line in lines:
        marks = _marks(line, edge)
        for begin, end in zip(marks[:-1], marks[1:], strict=True):
            piece = substring(line, begin, end)
            side = _side(piece, shape, edge)
            dips = side != "on" and begin > 0 and end < line.length and _hugs(piece, edge)
            for place in (0, -1):
                point = Point(piece.coords[place])
                if edge.distance(point) <= ON_EDGE:
                    sides[_key(point)].add("on" if dips else side)
                    bare[_key(point)].add(side)
    passed = {key for key, met in sides.items() if "in" in met and len(met) > 1}
    touched = {key for key, met in bare.items() if "in" in met and len(met) > 1} - passed
    return [Point(key) for key in sorted(passed)], [Point(key) for key in sorted(touched)]


def _spaced(plot: Plot, touches: list[Point], gates: list[GateRecord]) -> list[GateRecord]:
    """Inferred gates for touches farther than SPACING_M from every other gate."""
    epsg = epsg_of(plot.geometry)
    standing = [to_metres(gate.point, epsg) for gate in gates]
    added = []
    for point in touches:
        place = to_metres(point, epsg)
        if all(place.distance(other) > SPACING_M for other in standing):
            standing.append(place)
            added.append(GateRecord(point, plot.id, "inferred", "gap"))
    return added


def _marks(line: LineString, edge: BaseGeometry) -> list[float]:
    """Distances along the line, in degrees, of its ends and of every place where it meets or leaves the edge."""
    met = shapely.get_parts(line.intersection(edge))
    places = shapely.get_coordinates(met)
    marks = sorted({0.0, float(line.length), *(float(line.project(Point(xy))) for xy in places)})
    kept = [marks[0]]
    for mark in marks[1:]:
        if mark - kept[-1] > ON_EDGE:
            kept.append(mark)
    kept[-1] = float(line.length) if line.length - kept[-1] <= ON_EDGE else kept[-1]
    return kept


def _side(piece: LineString, shape: BaseGeometry, edge: BaseGeometry) -> str:
    """in, out, or on: where a stretch between two marks runs."""
    middle = piece.interpolate(0.5, normalized=True)
    if edge.distance(middle) <= ON_EDGE:
        return "on"
    return "in" if shape.contains(middle) else "out"


def _hugs(piece: LineString, edge: BaseGeometry) -> bool:
    """Whether a stretch stays within ALONG_M of the edge (metres, on a plane at its own latitude)."""
    lat = piece.coords[0][1]
    scale = np.array([METRES_A_DEGREE * np.cos(np.radians(lat)), METRES_A_DEGREE])
    flat_piece = shapely.transform(piece, lambda xy: xy * scale)
    if flat_piece.length > 60 * ALONG_M:
        flat_piece = flat_piece.segmentize(10 * ALONG_M)
    box = shapely.box(*piece.buffer(4 * ALONG_M / METRES_A_DEGREE).bounds)
    flat_edge = shapely.transform(edge.intersection(box), lambda xy: xy * scale)
    points = shapely.points(shapely.get_coordinates([flat_piece, flat_piece.interpolate(0.5, normalized=True)]))
    return bool(len(points)) and float(shapely.distance(points, flat_edge).max()) <= ALONG_M


def _gates_of(plot: Plot, crossings: list[Point], mapped: list[GateNode], taken: set[int]) -> list[GateRecord]:
    """One gate a crossing, nearest mapped gates first; then mapped gates on the edge that no way passes."""
    epsg = epsg_of(plot.geometry)
    edge = plot.geometry.boundary
    flat_edge, flat = to_metres(edge, epsg), to_metres(np.array(crossings, object), epsg)
    nodes = to_metres(np.array([gate.point for gate in mapped], object), epsg)
    west, south, east, north = flat_edge.bounds
    nearby = [
        at for at, node in enumerate(nodes) if west - 10 < node.x < east + 10 and south - 10 < node.y < north + 10
    ]
    pairs = sorted(
        (float(flat[crossing].distance(nodes[at])), crossing, at)
        for crossing in range(len(crossings))
        for at in nearby
        if flat[crossing].distance(nodes[at]) <= GATE_REACH_M
    )
    gate_at: dict[int, int] = {}
    for _, crossing, at in pairs:
        if crossing not in gate_at and at not in gate_at.values():
            gate_at[crossing] = at
    gates = []
    for number, point in enumerate(crossings):
        node = mapped[gate_at[number]] if number in gate_at else None
        if node is None:
            gates.append(GateRecord(point, plot.id, "inferred", "gap"))
        else:
            taken.add(gate_at[number])
            gates.append(GateRecord(point, plot.id, "mapped", node.kind, node.open_to, node.osm_id))
    for at in nearby:
        if at not in gate_at.values() and flat_edge.distance(nodes[at]) <= EDGE_REACH_M:
            taken.add(at)
            node = mapped[at]
            foot = snap_to_grid(edge.interpolate(edge.project(node.point)))
            gates.append(GateRecord(foot, plot.id, "mapped", node.kind, node.open_to, node.osm_id))
    return gates


def _key(point: Point) -> tuple[float, float]:
    snapped = snap_to_grid(point)
    return (snapped.x, snapped.y)
