"""The point index: which area of every tier owns a point. Plain numpy and numba, exact on the 1e-8 degree grid.

The rule (docs/decisions/0003): descend from the top; an area owns the points that its closed polygon covers; where
several children of one parent cover a point, the first by tier, code and id owns it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import shapely
from numpy.typing import NDArray

from grids.covering import Floats, Ints, Shapes, covers, shapes_of, snap
from grids.raster import OUTSIDE, Numbers, Raster


class BoundaryLike(Protocol):
    """What the index needs of a boundary; `geometry.wkb` is a Polygon or MultiPolygon in lon, lat degrees."""

    area_id: Any
    parent_id: Any
    code: str
    tier: Any  # its `rank` orders the tiers, 0 at the top
    geometry: Any


@dataclass(frozen=True, slots=True)
class Located:
    """Answers for n points, as positions in the list of areas that the index was made from."""

    deepest: Numbers  # (n,) the deepest area that owns each point, OUTSIDE = -1 where none does
    chain: Numbers  # (n, levels) its ancestors from the top down to itself, then -1


class PointIndex:
    """Polygons of several tiers with their parents, ready to locate millions of points."""

    def __init__(
        self,
        polygons: Sequence[Any] | NDArray[np.object_],
        *,
        ranks: Sequence[int] | Ints,
        parents: Sequence[int] | Ints,
        codes: Sequence[str],
        ids: Sequence[str] | None = None,
    ) -> None:
        """Index n valid shapely polygons: tier rank, position of the parent in the same list (-1: none), code, id.

        ValueError: lengths differ, parents run in a ring, a vertex off the globe, an edge over 21 degrees.
        """
        count = len(polygons)
        ids = [""] * count if ids is None else ids
        if not len(ranks) == len(parents) == len(codes) == len(ids) == count:
            raise ValueError("polygons, ranks, parents, codes and ids must be of one length")
        above = np.asarray(parents, dtype=np.int64).reshape(count)
        depth = _depths(above)
        keys = list(zip(depth.tolist(), ranks, codes, ids, strict=True))
        order = np.array(sorted(range(count), key=keys.__getitem__), dtype=np.int32)
        place = np.empty(count + 1, dtype=np.int32)
        place[order], place[count] = np.arange(count), OUTSIDE
        # sorted position → given position; the last entry answers for OUTSIDE
        self._order = np.append(order, np.int32(OUTSIDE))
        self._place = place
        self._parents = place[above[order]]
        self._ranks = np.asarray(ranks, dtype=np.int32).reshape(count)[order]
        self._chains = _chains(self._order, self._parents, int(depth.max(initial=-1)) + 1)
        self._raster = Raster(shapes_of(np.asarray(polygons, dtype=object)[order]), self._parents)

    @classmethod
    def from_boundaries(cls, rows: Iterable[BoundaryLike], *, tops: Collection[Any] = ()) -> Self:
        """Index boundaries of one moment; answers are positions in their order; `tops` as in parents_of."""
        rows = list(rows)
        return cls(
            shapely.from_wkb([bytes(row.geometry.wkb) for row in rows]),
            ranks=[row.tier.rank for row in rows],
            parents=parents_of(rows, tops=tops),
            codes=[row.code for row in rows],
            ids=[str(row.area_id) for row in rows],
        )

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The index whose `arrays` these are, without any work: they may lie in a file that processes share."""
        return cls.__new__(cls).restore(arrays)

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Become the index whose `arrays` these are."""
        self._order, self._place, self._parents = arrays["order"], arrays["place"], arrays["parents"]
        self._ranks, self._chains = arrays["ranks"], arrays["chains"]
        self._raster = Raster.of_arrays(arrays, self._parents)
        return self

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that the index consists of, by name, for `of_arrays`."""
        own = {"order": self._order, "place": self._place, "parents": self._parents}
        return own | {"ranks": self._ranks, "chains": self._chains} | self._raster.arrays()

    def __len__(self) -> int:
        """Number of areas."""
        return len(self._parents)

    def locate(self, xy: Floats, *, deepest_rank: int | None = None) -> Located:
        """Locate (n, 2) lon, lat in degrees in one pass; ValueError names the first row that is no position.

        With a rank, the answer is what an index of the tiers down to that rank would say.
        """
        found = self._raster.owners(snap(np.asarray(xy, dtype=np.float64).reshape(-1, 2)))
        if deepest_rank is not None:
            found = self._above(deepest_rank)[found]
        return Located(deepest=self._order[found], chain=self._chains[found])

    def _above(self, rank: int) -> Numbers:
        """Of each sorted area the nearest at or above it whose tier is not below a rank; the last entry is OUTSIDE.

        Children are asked upper tier first, so leaving the lower tiers out never changes who owns among the rest.
        """
        at: Numbers = np.append(np.arange(len(self), dtype=np.int32), np.int32(OUTSIDE))
        parents, ranks = np.append(self._parents, OUTSIDE), np.append(self._ranks, np.iinfo(np.int32).min)
        while (low := ranks[at] > rank).any():
            at[low] = parents[at[low]]
        return at

    def edges(self, position: int) -> Ints:
        """(m, 4) the different edges x1, y1, x2, y2 of one given area, in grid steps."""
        return self._raster.edges(int(self._place[position]))

    def box(self, position: int) -> Ints:
        """(4,) west, south, east, north of one given area, in grid steps; west > east when it is empty."""
        return self._raster.box(int(self._place[position]))


def parents_of(boundaries: Sequence[BoundaryLike], *, tops: Collection[Any] = ()) -> list[int]:
    """Position of each boundary's parent; -1 without one, or when it is in `tops` (left out on purpose).

    ValueError when it is missing for any other reason: an orphan is never promoted to the top.
    """
    position = {row.area_id: number for number, row in enumerate(boundaries)}
    parents = []
    for row in boundaries:
        top = row.parent_id is None or (row.parent_id in tops and row.parent_id not in position)
        if not top and row.parent_id not in position:
            raise ValueError(f"the parent of area {row.code} is not among the boundaries")
        parents.append(OUTSIDE if top else position[row.parent_id])
    return parents


def locate_one(
    lon: float, lat: float, shapes: Sequence[Shapes], *, parents: Sequence[int], keys: Sequence[Any]
) -> list[int]:
    """The chain of one point through few candidates (each a Shapes of one), top first; kernel and rule as above.

    `keys` order siblings: (tier rank, code, id). A candidate whose parent does not own the point is not reached.
    """
    x, y = snap(np.array([[lon, lat]]))[0]
    chain: list[int] = []
    while True:
        below = [number for number, parent in enumerate(parents) if parent == (chain or [OUTSIDE])[-1]]
        owner = next((n for n in sorted(below, key=keys.__getitem__) if covers(shapes[n], 0, x, y)), None)
        if owner is None or owner in chain:
            return chain
        chain.append(owner)


def _depths(parents: Ints) -> Ints:
    """Levels above each area; ValueError when parents run in a ring or point nowhere."""
    count = len(parents)
    if count and (parents.min() < OUTSIDE or parents.max() >= count):
        raise ValueError("a parent is not in the list")
    depth = np.zeros(count, dtype=np.int64)
    above = parents.copy()
    for _ in range(count + 1):
        alive = above >= 0
        if not alive.any():
            return depth
        depth[alive] += 1
        above[alive] = parents[above[alive]]
    raise ValueError("parents run in a ring")


def _chains(order: Numbers, parents: Numbers, levels: int) -> Numbers:
    """(n + 1, levels) ancestors of each sorted area, top first, as given positions; the last row is all -1."""
    table = np.full((len(parents) + 1, max(levels, 1)), OUTSIDE, dtype=np.int32)
    level = np.zeros(len(parents), dtype=np.int64)
    for number, parent in enumerate(parents.tolist()):  # sorted by depth: the parent's row is ready
        if parent >= 0:
            table[number], level[number] = table[parent], level[parent] + 1
        table[number, level[number]] = order[number]
    return table


def warm() -> None:
    """Compile the kernels, or load them compiled, so that nobody's first pin waits for it."""
    square = shapely.box(0, 0, 1, 1)
    PointIndex([square], ranks=[0], parents=[OUTSIDE], codes=["1"]).locate(np.array([[0.5, 0.5]]))
    locate_one(0.5, 0.5, [shapes_of(np.array([square], dtype=object))], parents=[OUTSIDE], keys=[0])
