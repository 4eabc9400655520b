"""Snapping places to streets: pieces of edges in a grid of cells, searched ring by ring (numba, cached on disk)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

PIECE_M = 64.0
"""Edges are cut into pieces no longer than a grid cell, so that every cell lists few of them."""


class Pieces(NamedTuple):
    """Straight pieces of edges in a grid of cells of PIECE_M: pieces of cell c at first[c]:first[c + 1]."""

    ends: NDArray[np.float64]
    edge: NDArray[np.int32]
    offset: NDArray[np.float64]
    side: NDArray[np.int32]
    first: NDArray[np.int64]
    listed: NDArray[np.int32]
    west: float
    south: float
    columns: int
    rows: int


def cut_into_pieces(vertices: NDArray[np.float64], line_at: NDArray[np.int64], side: NDArray[np.int32]) -> Pieces:
    """Cut m lines into pieces and list them by grid cell; each piece knows its edge and its start's offset."""
    if len(line_at) < 2:
        none = np.empty(0, np.int32)
        return Pieces(np.empty((0, 4)), none, np.empty(0), none, np.zeros(2, np.int64), none, 0.0, 0.0, 1, 1)
    counts = np.diff(line_at)
    edge_of = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    same = edge_of[1:] == edge_of[:-1]
    a, b, edge = vertices[:-1][same], vertices[1:][same], edge_of[1:][same]
    length = np.hypot(*(b - a).T)
    upto = np.concatenate(([0.0], np.cumsum(length)))[:-1]
    first_of = np.searchsorted(edge, np.arange(len(counts)))
    offset = upto - upto[np.minimum(first_of, len(upto) - 1)][edge]
    cuts = np.maximum(np.ceil(length / PIECE_M).astype(np.int64), 1)
    which = np.repeat(np.arange(len(cuts)), cuts)
    step = np.arange(len(which)) - np.repeat(np.cumsum(cuts) - cuts, cuts)
    t0, t1 = step / cuts[which], (step + 1) / cuts[which]
    run = (b - a)[which]
    ends = np.column_stack((a[which] + run * t0[:, None], a[which] + run * t1[:, None]))
    offset = offset[which] + length[which] * t0
    edge = edge[which]
    west, south = ends[:, 0::2].min(), ends[:, 1::2].min()
    columns = int((ends[:, 0::2].max() - west) // PIECE_M) + 1
    rows = int((ends[:, 1::2].max() - south) // PIECE_M) + 1
    first, listed = _list_by_cell(ends, west, south, columns, rows)
    return Pieces(ends, edge, offset, side[edge], first, listed, float(west), float(south), columns, rows)


@njit(cache=True)
def _list_by_cell(ends: Any, west: float, south: float, columns: int, rows: int) -> Any:
    first = np.zeros(columns * rows + 1, np.int64)
    for again in range(2):
        if again == 1:
            for c in range(columns * rows):
                first[c + 1] += first[c]
            listed = np.empty(first[-1], np.int32)
            fill = first[:-1].copy()
        for i in range(len(ends)):
            x0, x1 = min(ends[i, 0], ends[i, 2]), max(ends[i, 0], ends[i, 2])
            y0, y1 = min(ends[i, 1], ends[i, 3]), max(ends[i, 1], ends[i, 3])
            for row in range(int((y0 - south) // PIECE_M), int((y1 - south) // PIECE_M) + 1):
                for column in range(int((x0 - west) // PIECE_M), int((x1 - west) // PIECE_M) + 1):
                    cell = row * columns + column
                    if again == 0:
                        first[cell + 1] += 1
                    else:
                        listed[fill[cell]] = i
                        fill[cell] += 1
    return first, listed


@njit(cache=True)
def snap(
    xy: Any,
    sides: Any,
    limit: float,
    ends: Any,
    piece_edge: Any,
    piece_offset: Any,
    piece_side: Any,
    first: Any,
    listed: Any,
    west: float,
    south: float,
    columns: int,
    rows: int,
) -> Any:
    """Nearest edge of the wanted side for n places: edge (-1: none within `limit`), offset, distance (metres)."""
    n = len(xy)
    edge = np.full(n, -1, np.int32)
    offset = np.zeros(n)
    walk = np.full(n, np.inf)
    if len(ends) == 0:
        return edge, offset, walk
    rings = int(np.ceil(limit / PIECE_M)) + 1
    for p in range(n):
        x, y = xy[p, 0], xy[p, 1]
        if not (np.isfinite(x) and np.isfinite(y)):
            continue
        column = int(np.floor((x - west) / PIECE_M))
        row = int(np.floor((y - south) / PIECE_M))
        best = limit * limit
        for ring in range(rings + 1):
            # Everything within ring - 1 cells of the place has been seen: nothing nearer can follow.
            if ring > 1 and edge[p] >= 0 and best <= ((ring - 1) * PIECE_M) ** 2:
                break
            for r in range(max(row - ring, 0), min(row + ring, rows - 1) + 1):
                across = 1 if abs(r - row) == ring else 2 * ring
                for c in range(column - ring, column + ring + 1, max(across, 1)):
                    if c < 0 or c >= columns:
                        continue
                    cell = r * columns + c
                    for k in range(first[cell], first[cell + 1]):
                        i = listed[k]
                        if piece_side[i] != sides[p]:
                            continue
                        ax, ay = ends[i, 0], ends[i, 1]
                        dx, dy = ends[i, 2] - ax, ends[i, 3] - ay
                        square = dx * dx + dy * dy
                        t = 0.0
                        if square > 0.0:
                            t = min(1.0, max(0.0, ((x - ax) * dx + (y - ay) * dy) / square))
                        gx, gy = x - ax - t * dx, y - ay - t * dy
                        d = gx * gx + gy * gy
                        # Equal distances (a place opposite a crossing) go to the lower edge number.
                        if d < best or (d == best and piece_edge[i] < edge[p]):
                            best = d
                            edge[p] = piece_edge[i]
                            offset[p] = piece_offset[i] + t * np.sqrt(square)
        if edge[p] >= 0:
            walk[p] = np.sqrt(best)
    return edge, offset, walk
