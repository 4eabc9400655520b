"""Make a walking network of ways as drawn: where ways meet they join, at a wall they end, at a gate they pass.

Works in degrees, on the fixed 1e-8 grid, so that equal coordinates are exactly equal. Two ways join
- at every vertex they share (OpenStreetMap's shared nodes), whatever their level, and
- where they cross at one level without sharing a vertex: `layer`, or else a bridge or a tunnel, keeps them apart.
A way that crosses the edge of a compound joins across it when the compound is not walled ("unknown" counts as not
walled). Otherwise, and wherever a gate of that compound is within GATE_REACH_M (the nearest decides), the two sides
get a node each, at one place: with a *passage* between them where there is a gate, with nothing where there is none.
Who may pass is no matter of the noding, so that a gate is opened and closed without making the network anew.
A gate that no way passes is joined to the nearest street on each side by a straight link of at most LINK_M.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.shared.geometry import GRID_UNITS, snap_coordinates, to_metres, xy_to_metres
from layers.streets.records import GateRecord, WayRecord

GATE_REACH_M = 15.0
LINK_M = 60.0
INSIDE_DEG = 2e-5
"""About two metres."""
OUTSIDE = -1
LINK = -1
"""The way number of an edge that is a link through a gate and belongs to no way."""

Key = tuple[int, int]
Degrees = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Compound:
    """A compound's edge as the noding sees it: polygon in degrees, and whether it is known to be walled."""

    area_id: UUID
    geometry: shapely.Geometry
    walled: bool


@dataclass(slots=True)
class Noded:
    """m edges over n nodes: lines in degrees, node numbers, the way of each (LINK: none), its walled compound.

    `side` numbers the given compounds and is OUTSIDE in the open; `gate_node` is a node of each given gate, or -1;
    `passages` are (node outside, node inside, gate, compound), all but the nodes by their numbers among the given.
    """

    lines: list[Degrees] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    way: list[int] = field(default_factory=list)
    side: list[int] = field(default_factory=list)
    gate_node: list[int] = field(default_factory=list)
    passages: list[tuple[int, int, int, int]] = field(default_factory=list)
    node_count: int = 0


def node(ways: Sequence[WayRecord], compounds: Sequence[Compound], gates: Sequence[GateRecord], *, epsg: int) -> Noded:
    """Node the walkable ways; gates no way passes are linked to the nearest street on both sides."""
    walkable = [i for i, way in enumerate(ways) if way.walkable and len(way.geometry.coords) > 1]
    work = _Work(compounds, gates, epsg)
    for i in walkable:
        work.add(i, snap_coordinates(np.asarray(ways[i].geometry.coords)[:, :2]), _level(ways[i]))
    noded = work.run()
    links = work.links(noded)
    if links:
        for line, touched in links:
            work.add(LINK, line, 0)
            for row, point in touched:
                work.split_at(row, point)
        noded = work.run()
    return noded


def _level(way: WayRecord) -> int:
    return way.layer or (1 if way.bridge else -1 if way.tunnel else 0)


def _key(point: Degrees) -> Key:
    return round(float(point[0]) * GRID_UNITS), round(float(point[1]) * GRID_UNITS)


class _Work:
    """The ways being noded: their lines grow vertices where something meets them."""

    def __init__(self, compounds: Sequence[Compound], gates: Sequence[GateRecord], epsg: int) -> None:
        self.epsg = epsg
        self.compounds = compounds
        self.gates = gates
        self.lines: list[Degrees] = []
        self.way_of: list[int] = []
        self.level: list[int] = []
        self.forced: set[Key] = set()
        self.number_of = {compound.area_id: c for c, compound in enumerate(compounds)}
        self.gates_of: dict[int, list[int]] = defaultdict(list)
        for g, gate in enumerate(gates):
            if gate.compound_id in self.number_of:
                self.gates_of[self.number_of[gate.compound_id]].append(g)
        self.gate_xy = xy_to_metres(np.array([[gate.point.x, gate.point.y] for gate in gates]).reshape(-1, 2), epsg)
        # Only these can stop anybody: the others' edges need no looking at.
        self.edges_of = {
            c: shapely.boundary(compound.geometry)
            for c, compound in enumerate(compounds)
            if compound.walled or self.gates_of[c]
        }

    def add(self, way: int, line: Degrees, level: int) -> int:
        keep = np.concatenate(([True], np.any(np.diff(line, axis=0) != 0, axis=1)))
        self.lines.append(line[keep])
        self.way_of.append(way)
        self.level.append(level)
        return len(self.lines) - 1

    def split_at(self, row: int, point: Degrees) -> None:
        """Give a line a vertex at a point on it (within rounding) and make that vertex a node."""
        self._insert({row: [point]})
        self.forced.add(_key(point))

    def run(self) -> Noded:
        self._cross_each_other()
        at_wall = self._cross_walls()
        return self._edges(at_wall)

    def _cross_each_other(self) -> None:
        """Insert a vertex into both lines wherever two lines of one level cross."""
        shapes = _linestrings(self.lines)
        tree = shapely.STRtree(shapes)
        a, b = tree.query(shapes, predicate="intersects")
        level = np.array(self.level)
        pairs = (a < b) & (level[a] == level[b]) if len(shapes) else np.zeros(0, bool)
        a, b = a[pairs], b[pairs]
        new: dict[int, list[Degrees]] = defaultdict(list)
        for i, j, met in zip(a, b, shapely.intersection(shapes[a], shapes[b]), strict=True):
            for point in snap_coordinates(_ends(met)):
                new[int(i)].append(point)
                new[int(j)].append(point)
        self._insert(new)
        self._cross_itself(shapes)

    def _cross_itself(self, shapes: NDArray[np.object_]) -> None:
        for i in np.flatnonzero(~shapely.is_simple(shapes)):
            pieces = shapely.get_parts(shapely.node(shapes[i]))
            ends = np.concatenate([shapely.get_coordinates(piece)[[0, -1]] for piece in pieces])
            keys, counts = np.unique(snap_coordinates(ends), axis=0, return_counts=True)
            for point in keys[counts > 1]:
                self._insert({int(i): [point]}, twice=True)
                self.forced.add(_key(point))

    def _cross_walls(self) -> dict[Key, dict[int, int]]:
        """Insert a vertex wherever a line meets a compound's edge; says which compounds' edges pass each such place.

        The value per compound is the gate that decides there, or -1 when there is none.
        """
        at_wall: dict[Key, dict[int, int]] = defaultdict(dict)
        if not self.edges_of or not self.lines:
            return at_wall
        shapes = _linestrings(self.lines)
        numbers = list(self.edges_of)
        edges = np.array([self.edges_of[c] for c in numbers], dtype=object)
        tree = shapely.STRtree(shapes)
        which, rows = tree.query(edges, predicate="intersects")
        new: dict[int, list[Degrees]] = defaultdict(list)
        places: list[tuple[int, Degrees]] = []
        for w, row, met in zip(which, rows, shapely.intersection(edges[which], shapes[rows]), strict=True):
            for point in snap_coordinates(_ends(met)):
                new[int(row)].append(point)
                places.append((numbers[w], point))
        self._insert(new)
        if places:
            xy = xy_to_metres(np.array([point for _, point in places]), self.epsg)
            for (c, point), here in zip(places, xy, strict=True):
                at_wall[_key(point)][c] = self._gate_at(c, here)
        return at_wall

    def _gate_at(self, compound: int, xy: NDArray[np.float64]) -> int:
        near = self.gates_of[compound]
        if not near:
            return -1
        away = np.hypot(*(self.gate_xy[near] - xy).T)
        best = int(np.argmin(away))
        return near[best] if away[best] <= GATE_REACH_M else -1

    def _insert(self, new: Mapping[int, list[Degrees]], *, twice: bool = False) -> None:
        """Insert points into lines at their places; a point that is a vertex already changes nothing."""
        for row, points in new.items():
            line = self.lines[row]
            there = set() if twice else {_key(vertex) for vertex in line}
            for point in points:
                if _key(point) in there:
                    continue
                there.add(_key(point))
                a, run = line[:-1], np.diff(line, axis=0)
                t = np.clip(((point - a) * run).sum(axis=1) / (run * run).sum(axis=1), 0, 1)
                away = np.hypot(*(a + run * t[:, None] - point).T)
                at = np.flatnonzero(away <= away.min() + 2 / GRID_UNITS)
                for k in at[::-1] if twice else at[:1]:
                    if not (np.all(line[k] == point) or np.all(line[k + 1] == point)):
                        line = np.insert(line, k + 1, point, axis=0)
            self.lines[row] = line

    def _edges(self, at_wall: Mapping[Key, Mapping[int, int]]) -> Noded:
        """Cut the lines at their nodes, tell each edge's side, and give the sides of a wall nodes of their own."""
        keys = [np.rint(line * GRID_UNITS).astype(np.int64) for line in self.lines]
        counted: dict[Key, int] = defaultdict(int)
        for vertices in keys:
            for x, y in vertices.tolist():
                counted[x, y] += 1
            for x, y in vertices[[0, -1]].tolist():
                counted[x, y] += 2
        noded = Noded(gate_node=[-1] * len(self.gates))
        rows: list[int] = []
        for row, vertices in enumerate(keys):
            last = 0
            for k in range(1, len(vertices)):
                key = (int(vertices[k, 0]), int(vertices[k, 1]))
                if counted[key] > 1 or key in at_wall or key in self.forced:
                    noded.lines.append(self.lines[row][last : k + 1])
                    rows.append(row)
                    last = k
        noded.way = [self.way_of[row] for row in rows]
        inside = self._inside(noded.lines)
        walled = {c for c, compound in enumerate(self.compounds) if compound.walled}
        noded.side = [min((c for c in sides if c in walled), default=OUTSIDE) for sides in inside]
        numbers: dict[tuple[Key, frozenset[int]], int] = {}
        for e, line in enumerate(noded.lines):
            ends = []
            for point in (line[0], line[-1]):
                key = _key(point)
                stops = {c for c, gate in at_wall.get(key, {}).items() if gate >= 0 or self.compounds[c].walled}
                ends.append(numbers.setdefault((key, frozenset(stops & inside[e])), len(numbers)))
                for gate in at_wall.get(key, {}).values():
                    if gate >= 0 and noded.gate_node[gate] < 0:
                        noded.gate_node[gate] = ends[-1]
            noded.start.append(ends[0])
            noded.end.append(ends[1])
        self._pass(noded, numbers, at_wall)
        noded.node_count = len(numbers)
        return noded

    def _pass(
        self, noded: Noded, numbers: dict[tuple[Key, frozenset[int]], int], at_wall: Mapping[Key, Mapping[int, int]]
    ) -> None:
        """A passage through every gate, from inside all walls at a place outwards, one wall after the other."""
        inside = [at for at in numbers if at[1]]
        while inside:
            key, walls = inside.pop()
            for c in sorted(walls):
                gate = at_wall[key][c]
                if gate < 0:
                    continue
                out = (key, walls - {c})
                if out not in numbers:  # two compounds touch here: between their gates lies a place of neither
                    numbers[out] = len(numbers)
                    if out[1]:
                        inside.append(out)
                noded.passages.append((numbers[out], numbers[key, walls], gate, c))
        noded.passages.sort(key=lambda one: (one[2], one[1], one[0]))

    def _inside(self, lines: Sequence[Degrees]) -> list[set[int]]:
        """Which of the compounds that can stop anybody each edge lies in, by the middle of its longest piece."""
        inside: list[set[int]] = [set() for _ in lines]
        if not self.edges_of or not lines:
            return inside
        middles = []
        for line in lines:
            longest = int(np.argmax(np.square(np.diff(line, axis=0)).sum(axis=1)))
            middles.append((line[longest] + line[longest + 1]) / 2)
        numbers = list(self.edges_of)
        tree = shapely.STRtree(shapely.points(np.array(middles)))
        which, edges = tree.query([self.compounds[c].geometry for c in numbers], predicate="contains_properly")
        for w, e in zip(which, edges, strict=True):
            inside[int(e)].add(numbers[int(w)])
        return inside

    def links(self, noded: Noded) -> list[tuple[Degrees, list[tuple[int, Degrees]]]]:
        """Straight links for gates that no way passes: the line, and the lines it ends on with the points."""
        lonely = [g for numbers in self.gates_of.values() for g in numbers if noded.gate_node[g] < 0]
        if not lonely or not self.lines:
            return []
        shapes = _linestrings(self.lines)
        edge_tree = shapely.STRtree(to_metres(shapes, self.epsg))
        found = []
        for g in sorted(lonely):
            compound = self.compounds[self.number_of[self.gates[g].compound_id]]
            if not compound.walled:
                continue
            gate = snap_coordinates(np.array([[self.gates[g].point.x, self.gates[g].point.y]]))[0]
            here = shapely.Point(self.gate_xy[g])
            # well inside: a path's end on the wall is no way in, and a link to it would run along the wall
            grounds = {True: shapely.buffer(compound.geometry, -INSIDE_DEG), False: compound.geometry}
            ends: dict[bool, tuple[float, int, Degrees]] = {}
            for row in edge_tree.query(here, predicate="dwithin", distance=LINK_M):
                for within in (True, False):
                    part = (shapely.intersection if within else shapely.difference)(shapes[row], grounds[within])
                    if part.is_empty or part.geom_type not in {"LineString", "MultiLineString"}:
                        continue
                    foot = shapely.get_coordinates(shapely.shortest_line(part, shapely.Point(gate)))[0]
                    away = float(np.hypot(*(xy_to_metres(foot, self.epsg)[0] - self.gate_xy[g])))
                    if away <= LINK_M and (within not in ends or away < ends[within][0]):
                        ends[within] = (away, int(row), snap_coordinates(foot))
            if len(ends) == 2:
                line = np.array([ends[True][2], gate, ends[False][2]])
                found.append((line, [(row, foot) for _, row, foot in ends.values()]))
        return found


def _linestrings(lines: Sequence[Degrees]) -> NDArray[np.object_]:
    if not lines:
        return np.empty(0, dtype=object)
    indices = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    return np.asarray(shapely.linestrings(np.concatenate(lines), indices=indices), dtype=object)


def _ends(met: shapely.Geometry) -> Degrees:
    """The points of an intersection, and the two ends of every stretch that is shared, (n, 2)."""
    parts = []
    for part in shapely.get_parts(met):
        xy = shapely.get_coordinates(part)
        parts.append(xy if part.geom_type == "Point" else xy[[0, -1]])
    return np.concatenate(parts) if parts else np.empty((0, 2))
