"""Plain logic: a drawn ring takes the corners and edges of its neighbours where it comes near them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon

from grids.noding import GRID_STEPS, Rings, Steps, from_steps, tidy, to_steps

SNAP_METRES = 0.5
"""A new vertex nearer than this to a neighbour's corner or edge is meant to be on it."""
METRES_A_DEGREE = 111_195.0


def snap_degrees(lat: float) -> float:
    """How far in degrees snapping can move a vertex at a latitude; a hundredth more for the rounding to the grid."""
    return 1.01 * SNAP_METRES / (METRES_A_DEGREE * max(math.cos(math.radians(lat)), 0.01))


def snap(
    shape: MultiPolygon,
    references: Sequence[MultiPolygon],
    *,
    tolerance_m: float = SNAP_METRES,
    before: MultiPolygon | None = None,
) -> MultiPolygon:
    """Pull new vertices to corners first, then to edges, within tolerance_m metres; shapes in (lon, lat).

    Corners of the references that lie near a new edge become nodes of it. Vertices and edges of `before`
    (the boundary being changed) stay where they are. A sound shape that pulling would spoil stays as it was.
    """
    rings = to_steps(shape)
    corners = np.concatenate([np.empty((0, 2), np.int64), *(ring for ref in references for ring in _flat(ref))])
    if not len(corners):
        return shape
    plane = _Plane(corners[0], float(shapely.get_coordinates(shape)[0, 1]))
    near = _Near(plane, corners, references)
    kept_vertices, kept_edges = _kept(before)
    pulled: Rings = []
    for part in rings:
        pulled.append([])
        for ring in part:
            moved = _pull_vertices(ring, near, tolerance_m, kept_vertices)
            bent = tidy(_pull_edges(moved, near, tolerance_m, kept_edges))
            pulled[-1].append(bent if len(bent) > 2 else ring)
    result = from_steps(pulled)
    return result if result.is_valid or not shape.is_valid else shape


class _Plane:
    """Metres around one place. Affine in degrees, so that straight edges stay straight and feet exact."""

    def __init__(self, origin: Steps, lat: float) -> None:
        self.origin = origin
        metres = METRES_A_DEGREE / GRID_STEPS
        self.scale = np.array([metres * max(math.cos(math.radians(lat)), 1e-6), metres])

    def to_metres(self, steps: Steps) -> NDArray[np.float64]:
        metres: NDArray[np.float64] = (steps - self.origin) * self.scale
        return metres

    def to_steps(self, metres: NDArray[np.float64]) -> Steps:
        steps: Steps = np.rint(metres / self.scale).astype(np.int64) + self.origin
        return steps


class _Near:
    """The corners and edges that a vertex may be pulled to."""

    def __init__(self, plane: _Plane, corners: Steps, references: Sequence[MultiPolygon]) -> None:
        self.plane = plane
        self.corners = np.unique(corners, axis=0)
        self.corner_tree = shapely.STRtree(shapely.points(plane.to_metres(self.corners)))
        pairs = [np.stack([ring, np.roll(ring, -1, axis=0)], axis=1) for ref in references for ring in _flat(ref)]
        self.edges = plane.to_metres(np.concatenate(pairs).reshape(-1, 2)).reshape(-1, 2, 2)
        self.edge_tree = shapely.STRtree(shapely.linestrings(self.edges))


def _pull_vertices(ring: Steps, near: _Near, tolerance: float, kept: set[tuple[int, int]]) -> Steps:
    """Each new vertex to the nearest corner, else to the nearest foot on an edge, within the tolerance."""
    metres = near.plane.to_metres(ring)
    points = shapely.points(metres)
    to_corner = dict(near.corner_tree.query_nearest(points, max_distance=tolerance, all_matches=False).T.tolist())
    to_edge = dict(near.edge_tree.query_nearest(points, max_distance=tolerance, all_matches=False).T.tolist())
    pulled = ring.copy()
    for at, (x, y) in enumerate(ring.tolist()):
        if (x, y) in kept:
            continue
        if at in to_corner:
            pulled[at] = near.corners[to_corner[at]]
        elif at in to_edge:
            begin, end = near.edges[to_edge[at]]
            run = end - begin
            share = float(np.clip(((metres[at] - begin) @ run) / max(run @ run, 1e-12), 0, 1))
            pulled[at] = near.plane.to_steps(begin + share * run)
    return pulled


def _pull_edges(ring: Steps, near: _Near, tolerance: float, kept: set[frozenset[tuple[int, int]]]) -> Steps:
    """Corners within the tolerance of a new edge become nodes of it, in order along the edge."""
    metres = near.plane.to_metres(ring)
    own = {(x, y) for x, y in ring.tolist()}
    following = np.roll(metres, -1, axis=0)
    found = near.corner_tree.query(
        shapely.linestrings(np.stack([metres, following], axis=1)), predicate="dwithin", distance=tolerance
    )
    additions: dict[int, list[tuple[float, Steps]]] = {}
    for edge, corner in found.T.tolist():
        a, b = ring[edge], ring[(edge + 1) % len(ring)]
        point = near.corners[corner]
        if (point[0], point[1]) in own or frozenset({(a[0], a[1]), (b[0], b[1])}) in kept:
            continue
        run = following[edge] - metres[edge]
        along = float(((near.plane.to_metres(point) - metres[edge]) @ run) / max(run @ run, 1e-12))
        if 0 < along < 1:
            additions.setdefault(edge, []).append((along, point))
    rows: list[Steps] = []
    for at, vertex in enumerate(ring):
        rows.append(vertex)
        rows.extend(point for _, point in sorted(additions.get(at, []), key=lambda pair: pair[0]))
    return np.array(rows, np.int64)


def _kept(before: MultiPolygon | None) -> tuple[set[tuple[int, int]], set[frozenset[tuple[int, int]]]]:
    """Vertices and edges that were there already and therefore do not move."""
    vertices: set[tuple[int, int]] = set()
    edges: set[frozenset[tuple[int, int]]] = set()
    for ring in _flat(before) if before is not None else []:
        points = [(x, y) for x, y in ring.tolist()]
        vertices.update(points)
        edges.update(frozenset(pair) for pair in zip(points, points[1:] + points[:1], strict=True))
    return vertices, edges


def _flat(shape: MultiPolygon) -> list[Steps]:
    """All rings of a shape, in grid steps."""
    return [ring for part in to_steps(shape) for ring in part]
