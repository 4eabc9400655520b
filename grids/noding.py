"""Plain logic: give rings the nodes of their neighbours, so that shared edges are the same edge.

Everything happens on the 1e-8 degree grid (about a millimetre), in whole grid steps, (lon, lat).
A point computed on a slanted edge never lies exactly on it once it is rounded; only when both rings
carry it as a node do they have the edge in common, and only then are "covers" and "overlaps" exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from gis.shared.geometry import GRID_UNITS

GRID_STEPS = GRID_UNITS
"""Grid steps in one degree."""
NODE_TOLERANCE = 1.5
"""Grid steps within which a node counts as lying on an edge: rounding moves a point by up to 0.71."""
ROUNDS = 6

Steps = NDArray[np.int64]
Rings = list[list[Steps]]


def to_steps(shape: MultiPolygon) -> Rings:
    """Polygons → rings → open (n, 2) arrays of whole grid steps, shell first."""
    return [[_steps(ring) for ring in (part.exterior, *part.interiors)] for part in shape.geoms]


def from_steps(rings: Rings) -> MultiPolygon:
    """The MultiPolygon in degrees; every coordinate is the double nearest to its grid value."""
    return MultiPolygon([Polygon(_degrees(part[0]), [_degrees(hole) for hole in part[1:]]) for part in rings])


def on_grid(shape: MultiPolygon) -> MultiPolygon:
    """The same shape with each vertex on the grid; rings that lose their area to it are left out."""
    parts = [[tidy(ring) for ring in part] for part in to_steps(shape)]
    return from_steps([[part[0], *(hole for hole in part[1:] if len(hole) > 2)] for part in parts if len(part[0]) > 2])


def all_on_grid(shapes: Sequence[MultiPolygon]) -> list[MultiPolygon]:
    """`on_grid` of many: where no vertices of a ring fall together, as is usual, all are moved at once."""
    many = np.array(shapes, dtype=object)
    moved = shapely.transform(many, lambda xy: np.rint(xy * GRID_STEPS) / GRID_STEPS)
    parts, owner = shapely.get_parts(moved, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    untidy = np.zeros(len(rings), bool)
    for apart in (1, 2):  # a vertex twice, or a spike that goes out and comes back
        same = (ring[apart:] == ring[:-apart]) & (xy[apart:] == xy[:-apart]).all(axis=1)
        untidy[ring[apart:][same]] = True
    found = list(moved)
    for at in np.unique(owner[part[untidy]]).tolist():
        found[at] = on_grid(shapes[at])
    return found


def node(shapes: Sequence[MultiPolygon], *, fresh: Sequence[bool] | None = None) -> list[MultiPolygon]:
    """Insert each shape's nodes into the edges they lie on; `fresh` marks the new ones (default all).

    Fresh shapes take the nodes of all; the others only the nodes of fresh ones, and no vertex of theirs
    moves. Fresh vertices within NODE_TOLERANCE of another vertex become that vertex. A shape that needs
    nothing comes back as the same object.
    """
    flags = np.ones(len(shapes), bool) if fresh is None else np.asarray(fresh, bool)
    rings = [to_steps(shape) for shape in shapes]
    changed = _weld(rings, flags)
    for _ in range(ROUNDS):
        touched = _insert(rings, flags)
        changed |= touched
        if not touched:
            break
    return [from_steps(rings[at]) if at in changed else shape for at, shape in enumerate(shapes)]


def nodes_added(before: MultiPolygon, after: MultiPolygon) -> int:
    """How many vertices `after` has more than `before`."""
    return int(shapely.get_num_coordinates(after) - shapely.get_num_coordinates(before))


@dataclass
class _Table:
    """All vertices of all shapes in one table; row r begins the edge r → following[r]."""

    xy: Steps
    shape: NDArray[np.int64]
    following: NDArray[np.int64]
    slots: list[tuple[int, int, int]]
    starts: NDArray[np.int64]


def _table(rings: list[Rings]) -> _Table:
    """Lay every ring of every shape end to end."""
    arrays: list[Steps] = []
    owners: list[int] = []
    slots: list[tuple[int, int, int]] = []
    for at, parts in enumerate(rings):
        for p, part in enumerate(parts):
            for r, ring in enumerate(part):
                arrays.append(ring)
                owners.append(at)
                slots.append((at, p, r))
    lengths = np.array([len(ring) for ring in arrays], np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    following = np.arange(starts[-1], dtype=np.int64) + 1
    following[starts[1:] - 1] = starts[:-1]
    xy = np.concatenate(arrays) if arrays else np.empty((0, 2), np.int64)
    return _Table(xy, np.repeat(np.array(owners, np.int64), lengths), following, slots, starts)


def _weld(rings: list[Rings], fresh: NDArray[np.bool_]) -> set[int]:
    """Move fresh vertices onto vertices within the tolerance, old ones first; say which shapes changed."""
    table = _table(rings)
    if not len(table.xy):
        return set()
    unique, inverse = np.unique(table.xy, axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    old = np.zeros(len(unique), bool)
    old[inverse[~fresh[table.shape]]] = True
    points = shapely.points((unique - unique[0]).astype(float))
    left, right = shapely.STRtree(points).query(points, predicate="dwithin", distance=NODE_TOLERANCE)
    target = np.arange(len(unique))
    for i, j in sorted(zip(left.tolist(), right.tolist(), strict=True)):
        # each pair comes in both orders: an old vertex stays, among fresh ones the first stays
        if i != j and not old[j] and (old[i] or i < j) and target[i] == i and target[j] == j:
            target[j] = i
    if (target == np.arange(len(unique))).all():
        return set()
    moved = target[inverse] != inverse
    changed: set[int] = set()
    for slot, (at, p, r) in enumerate(table.slots):
        rows = slice(table.starts[slot], table.starts[slot + 1])
        if fresh[at] and moved[rows].any():
            ring = tidy(unique[target[inverse[rows]]])
            if len(ring) > 2:
                rings[at][p][r] = ring
                changed.add(at)
    return changed


def _insert(rings: list[Rings], fresh: NDArray[np.bool_]) -> set[int]:
    """One round: every vertex into every foreign edge it lies on; say which shapes changed."""
    table = _table(rings)
    if not len(table.xy):
        return set()
    unique, inverse = np.unique(table.xy, axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    by_fresh = np.zeros(len(unique), bool)
    by_fresh[inverse[fresh[table.shape]]] = True
    origin = unique[0]
    local = (unique - origin).astype(float)
    begin, end = local[inverse], local[inverse[table.following]]
    edges = shapely.linestrings(np.stack([begin, end], axis=1))
    tree = shapely.STRtree(edges)
    vertex, edge = tree.query(shapely.points(local), predicate="dwithin", distance=NODE_TOLERANCE)
    # a shape that has the vertex already has it; old shapes only learn from fresh ones
    span = np.int64(len(rings))
    has = np.isin(vertex * span + table.shape[edge], inverse.astype(np.int64) * span + table.shape)
    allowed = ~has & (fresh[table.shape[edge]] | by_fresh[vertex])
    vertex, edge = vertex[allowed], edge[allowed]
    run = end[edge] - begin[edge]
    length2 = (run**2).sum(axis=1)
    along = ((local[vertex] - begin[edge]) * run).sum(axis=1) / np.where(length2 > 0, length2, 1)
    inside = (along > 0) & (along < 1)
    vertex, edge, along = vertex[inside], edge[inside], along[inside]
    if not len(vertex):
        return set()
    vertex, edge, along = _once_a_shape(vertex, edge, along, table)
    order = np.lexsort((along, edge))
    vertex, edge = vertex[order], edge[order]
    changed: set[int] = set()
    for slot in np.unique(np.searchsorted(table.starts, edge, side="right") - 1):
        at, p, r = table.slots[slot]
        first, last = table.starts[slot], table.starts[slot + 1]
        mine = (edge >= first) & (edge < last)
        rings[at][p][r] = np.insert(rings[at][p][r], edge[mine] - first + 1, unique[vertex[mine]], axis=0)
        changed.add(at)
    return changed


def _once_a_shape(
    vertex: NDArray[np.int64], edge: NDArray[np.int64], along: NDArray[np.float64], table: _Table
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Keep one edge a shape for each vertex: twice in one ring would pinch it."""
    pairs = np.stack([vertex, table.shape[edge]], axis=1)
    _, keep = np.unique(pairs, axis=0, return_index=True)
    return vertex[keep], edge[keep], along[keep]


def tidy(ring: Steps) -> Steps:
    """Without repeated vertices and without spikes that go out and come back the same way."""
    kept: list[tuple[int, int]] = []
    for x, y in ring.tolist():
        point = (x, y)
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and kept[-2] == point:
            kept.pop()
            continue
        kept.append(point)
    while len(kept) > 2 and kept[0] == kept[-1]:
        kept.pop()
    return np.array(kept, np.int64).reshape(-1, 2)


def _steps(ring: shapely.LinearRing) -> Steps:
    """The ring's vertices as whole grid steps, without the closing one."""
    found: Steps = np.rint(shapely.get_coordinates(ring)[:-1] * GRID_STEPS).astype(np.int64)
    return found


def _degrees(steps: Steps) -> NDArray[np.float64]:
    """Degrees of grid steps; dividing by 1e8 gives the double nearest to the decimal."""
    degrees: NDArray[np.float64] = steps / GRID_STEPS
    return degrees
