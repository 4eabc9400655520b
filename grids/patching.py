"""A point index of a ground that differs a little from an indexed one: exact, and made in milliseconds. Plain numpy.

Where two versions of a shape differ, their edges differ. The differing edges form closed lines, and covering can only
have changed inside the boxes of those: all other points are answered by the old index, as before.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from grids.covering import Floats, Ints, snap
from grids.locating import Located, PointIndex
from grids.raster import Numbers


def changed_boxes(before: Ints, after: Ints) -> Ints:
    """(k, 4) closed boxes outside which two shapes, given as (n, 4) edges, cover the same points; grid steps."""
    both = np.vstack([_from_low_end(before), _from_low_end(after)])
    edges, times = np.unique(both, axis=0, return_counts=True)
    edges = edges[times % 2 == 1]
    if not len(edges):
        return np.empty((0, 4), dtype=np.int64)
    corners, number = np.unique(edges.reshape(-1, 2), axis=0, return_inverse=True)
    start, end = number.reshape(-1, 2).T
    links = coo_array((np.ones(len(edges), dtype=np.int8), (start, end)), shape=(len(corners), len(corners)))
    count, line = connected_components(links, directed=False)
    low = np.full((count, 2), np.iinfo(np.int64).max)
    high = np.full((count, 2), np.iinfo(np.int64).min)
    np.minimum.at(low, line, corners)
    np.maximum.at(high, line, corners)
    return np.hstack([low, high])


def _from_low_end(edges: Ints) -> Ints:
    """The edges, each written from its lower end, because the direction of a ring means nothing."""
    edges = edges.reshape(-1, 4)
    turned = (edges[:, 0] > edges[:, 2]) | ((edges[:, 0] == edges[:, 2]) & (edges[:, 1] > edges[:, 3]))
    return np.where(turned[:, None], edges[:, [2, 3, 0, 1]], edges)


@njit(cache=True, nogil=True)
def inside_any(steps: Ints, boxes: Ints) -> NDArray[np.bool_]:
    """Which of (n, 2) points lie in or on any of (k, 4) boxes."""
    inside = np.zeros(len(steps), dtype=np.bool_)
    if not len(boxes):
        return inside
    west, south, east, north = boxes[0]
    for k in range(1, len(boxes)):
        west, south = min(west, boxes[k, 0]), min(south, boxes[k, 1])
        east, north = max(east, boxes[k, 2]), max(north, boxes[k, 3])
    for n in range(len(steps)):
        x, y = steps[n, 0], steps[n, 1]
        if x < west or x > east or y < south or y > north:
            continue
        for k in range(len(boxes)):
            if boxes[k, 0] <= x <= boxes[k, 2] and boxes[k, 1] <= y <= boxes[k, 3]:
                inside[n] = True
                break
    return inside


class PatchedIndex:
    """An index and, for the points in some boxes, another one that goes before it."""

    def __init__(self, base: PointIndex, boxes: Ints, over: PointIndex, numbers: Numbers) -> None:
        """`over` must hold all that meets the (k, 4) boxes; `numbers` turns its positions into those of the answer."""
        self._base, self._boxes, self._over = base, boxes, over
        self._numbers: Numbers = np.append(np.asarray(numbers, dtype=np.int32), np.int32(-1))

    def locate(self, xy: Floats, *, deepest_rank: int | None = None) -> Located:
        """As PointIndex.locate."""
        xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
        found = self._base.locate(xy, deepest_rank=deepest_rank)
        anew = np.flatnonzero(inside_any(snap(xy), self._boxes))
        if not len(anew):
            return found
        told = self._over.locate(xy[anew], deepest_rank=deepest_rank)
        levels = max(found.chain.shape[1], told.chain.shape[1])
        chain = np.full((len(xy), levels), -1, dtype=np.int32)
        chain[:, : found.chain.shape[1]] = found.chain
        chain[anew] = -1
        chain[anew, : told.chain.shape[1]] = self._numbers[told.chain]
        deepest = found.deepest.copy()
        deepest[anew] = self._numbers[told.deepest]
        return Located(deepest=deepest, chain=chain)
