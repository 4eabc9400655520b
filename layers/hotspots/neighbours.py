"""Who is whose neighbour: shared corners, distance, or the k nearest. Plain numpy, scipy and shapely."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from layers.hotspots.statistics import Floats, Neighbourhoods

GRID = 100_000_000
MOST_PAIRS = 20_000_000


def from_pairs(one: NDArray[Any], other: NDArray[Any], count: int) -> Neighbourhoods:
    """Neighbourhoods of `count` cells from directed pairs; doubles and pairs with oneself are dropped."""
    real = one != other
    ones = np.ones(int(real.sum()), dtype=np.int8)
    matrix = sparse.csr_matrix((ones, (one[real], other[real])), shape=(count, count))
    matrix.sum_duplicates()
    return Neighbourhoods(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32))


def groups(near: Neighbourhoods, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number, from 0, of the connected group of chosen cells that each cell belongs to; -1 for the others."""
    one = np.repeat(np.arange(len(near)), np.diff(near.first))
    kept = chosen[one] & chosen[near.cells]
    links = sparse.coo_matrix((np.ones(int(kept.sum())), (one[kept], near.cells[kept])), shape=(len(near), len(near)))
    _, label = csgraph.connected_components(links, directed=False)
    _, number = np.unique(label[chosen], return_inverse=True)
    found = np.full(len(near), -1, dtype=np.int64)
    found[chosen] = number
    return found


def queen(polygons: NDArray[np.object_]) -> Neighbourhoods:
    """Polygons (lon, lat) that share a corner: exact on the 1e-8 degree grid, where coverages share nodes."""
    degrees, owner = shapely.get_coordinates(polygons, return_index=True)
    steps = np.rint(degrees * GRID).astype(np.int64)
    order = np.lexsort(steps.T)
    ranked = steps[order]
    fresh = np.concatenate([[False], (ranked[1:] != ranked[:-1]).any(axis=1)]) if len(ranked) else np.zeros(0, bool)
    corner = np.empty(len(steps), dtype=np.int64)
    corner[order] = np.cumsum(fresh)
    size = (len(polygons), int(corner.max(initial=-1)) + 1)
    touches = sparse.csr_matrix((np.ones(len(owner), dtype=np.int32), (owner, corner)), shape=size)
    pairs = (touches @ touches.T).tocoo()
    return from_pairs(pairs.row, pairs.col, len(polygons))


def within(metres: Floats, distance_m: float) -> Neighbourhoods:
    """Points (n, 2) in metres at most `distance_m` apart; ValueError when that makes over 20 million pairs."""
    tree = cKDTree(metres)
    if tree.count_neighbors(tree, distance_m) > MOST_PAIRS:
        raise ValueError(f"a distance of {distance_m:g} m makes too many neighbours")
    pairs = tree.query_pairs(distance_m, output_type="ndarray")
    both = np.vstack([pairs, pairs[:, ::-1]])
    return from_pairs(both[:, 0], both[:, 1], len(metres))


def nearest(metres: Floats, k: int) -> Neighbourhoods:
    """The k nearest other points (n, 2) of each point, in metres; fewer where there are fewer."""
    count = len(metres)
    k = min(k, count - 1)
    if k < 1:
        return Neighbourhoods(np.zeros(count + 1, dtype=np.int64), np.zeros(0, dtype=np.int32))
    _, found = cKDTree(metres).query(metres, k=k + 1)
    # among points at one place the point itself need not come first: then the last found is dropped instead
    itself = found == np.arange(count)[:, None]
    itself[~itself.any(axis=1), -1] = True
    return from_pairs(np.repeat(np.arange(count), k), found[~itself], count)
