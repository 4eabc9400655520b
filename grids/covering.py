"""Exact closed point-in-polygon on the 1e-8 degree grid: integer kernels, nothing about tiers or codes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

GRID = 100_000_000  # grid steps in one degree: about a millimetre each
LONGEST_EDGE = 2**31 - 1  # 21.4 degrees; products of two such differences stay below 2**62
EDGES_A_SLAB = 8
SLAB_ROOM = 4  # slabs may repeat edges up to this many times the ring's own count


def snap(degrees: Floats) -> Ints:
    """Whole grid steps nearest to (n, 2) lon, lat in degrees; ValueError for NaN, infinity, beyond the globe."""
    degrees = np.asarray(degrees, dtype=np.float64)
    wrong = ~(np.abs(degrees) <= np.array([180.0, 90.0]))  # NaN compares false, so it is wrong too
    if wrong.any():
        row = int(np.argwhere(wrong)[0][0])
        raise ValueError(f"position {row} is no longitude and latitude in degrees: {degrees[row].tolist()}")
    steps: Ints = np.rint(degrees * GRID).astype(np.int64)
    return steps


class Shapes(NamedTuple):
    """Edges of n polygons as rows x1, y1, x2, y2 in grid steps, each polygon's sorted into slabs of latitude."""

    box: Ints  # (n, 4) west, south, east, north; an empty polygon has west > east
    slab_height: Ints  # (n,)
    slab_first: Ints  # (n + 1,) first slab of each polygon
    slab_edges: Ints  # (slabs + 1,) first edge row of each slab
    edges: Ints  # (m, 4); an edge stands in every slab that its closed span of latitudes meets


def shapes_of(polygons: NDArray[np.object_]) -> Shapes:
    """Snapped Shapes of valid shapely Polygons and MultiPolygons; ValueError for an edge over 21 degrees."""
    count = len(polygons)
    parts, of_part = shapely.get_parts(polygons, return_index=True)
    rings, of_ring = shapely.get_rings(parts, return_index=True)
    degrees, of_vertex = shapely.get_coordinates(rings, return_index=True)
    steps = snap(degrees)
    same_ring = of_vertex[1:] == of_vertex[:-1]
    edges = np.hstack([steps[:-1], steps[1:]])[same_ring]
    owner = of_part[of_ring[of_vertex[:-1][same_ring]]].astype(np.int64)
    real = (edges[:, 0] != edges[:, 2]) | (edges[:, 1] != edges[:, 3])
    edges, owner = np.ascontiguousarray(edges[real]), owner[real]
    if len(edges) and np.abs(edges[:, 2:] - edges[:, :2]).max() > LONGEST_EDGE:
        raise ValueError("a polygon has an edge longer than 21 degrees: exact arithmetic would overflow")
    first = np.searchsorted(owner, np.arange(count + 1)).astype(np.int64)
    return Shapes(*_slabs(edges, first))


@njit(cache=True, nogil=True)
def _slabs(edges: Ints, first: Ints) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Sort every polygon's edges into slabs of latitude, so that one test reads few of them."""
    count = len(first) - 1
    box = np.empty((count, 4), dtype=np.int64)
    height = np.ones(count, dtype=np.int64)
    slab_first = np.zeros(count + 1, dtype=np.int64)
    for p in range(count):
        west, south, east, north, climb = 2**62, 2**62, -(2**62), -(2**62), 0
        for e in range(first[p], first[p + 1]):
            west, east = min(west, edges[e, 0]), max(east, edges[e, 0])
            south, north = min(south, edges[e, 1]), max(north, edges[e, 1])
            climb += abs(edges[e, 3] - edges[e, 1])
        box[p, 0], box[p, 1], box[p, 2], box[p, 3] = west, south, east, north
        slabs, own = 1, first[p + 1] - first[p]
        if own > 2 * EDGES_A_SLAB:
            tall = north - south + 1
            slabs = own // EDGES_A_SLAB
            # a zigzag ring crosses every slab with every edge: fewer slabs keep the memory linear
            while slabs > 1 and climb / tall * slabs > SLAB_ROOM * own:
                slabs //= 2
            height[p] = tall // slabs + 1
            slabs = (tall - 1) // height[p] + 1
        elif own:
            height[p] = north - south + 1
        slab_first[p + 1] = slab_first[p] + slabs
    slab_edges = np.zeros(slab_first[count] + 1, dtype=np.int64)
    for p in range(count):
        for e in range(first[p], first[p + 1]):
            low = (min(edges[e, 1], edges[e, 3]) - box[p, 1]) // height[p]
            high = (max(edges[e, 1], edges[e, 3]) - box[p, 1]) // height[p]
            for slab in range(slab_first[p] + low, slab_first[p] + high + 1):
                slab_edges[slab + 1] += 1
    for slab in range(slab_first[count]):
        slab_edges[slab + 1] += slab_edges[slab]
    room = slab_edges[:-1].copy()
    sorted_edges = np.empty((slab_edges[-1], 4), dtype=np.int64)
    for p in range(count):
        for e in range(first[p], first[p + 1]):
            low = (min(edges[e, 1], edges[e, 3]) - box[p, 1]) // height[p]
            high = (max(edges[e, 1], edges[e, 3]) - box[p, 1]) // height[p]
            for slab in range(slab_first[p] + low, slab_first[p] + high + 1):
                for k in range(4):
                    sorted_edges[room[slab], k] = edges[e, k]
                room[slab] += 1
    return box, height, slab_first, slab_edges, sorted_edges


def edges_of(shapes: Shapes, p: int) -> Ints:
    """(m, 4) the different edges x1, y1, x2, y2 of one polygon; slabs repeat some."""
    first, last = shapes.slab_edges[shapes.slab_first[[p, p + 1]]]
    return np.unique(shapes.edges[first:last], axis=0)


@njit(cache=True, nogil=True)
def covers(shapes: Shapes, p: int, x: int, y: int) -> bool:
    """Closed covering of (x, y) by polygon p: even-odd over all its rings, true on every edge and vertex."""
    box, edges = shapes.box, shapes.edges
    if x < box[p, 0] or x > box[p, 2] or y < box[p, 1] or y > box[p, 3]:
        return False
    slab = shapes.slab_first[p] + (y - box[p, 1]) // shapes.slab_height[p]
    inside = False
    for e in range(shapes.slab_edges[slab], shapes.slab_edges[slab + 1]):
        x1, y1, x2, y2 = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        if (y1 > y) != (y2 > y):
            if x < x1 and x < x2:
                inside = not inside
            elif x <= x1 or x <= x2:
                # The point lies within the edge's own box, so both products are at most |dx| * |dy| < 2**62.
                side = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
                if side == 0:
                    return True
                if (side > 0) == (y2 > y1):
                    inside = not inside
        elif y1 == y and (x1 == x or (y2 == y and (x1 < x) != (x2 < x))):
            return True
    return inside
