"""A raster over all areas that answers most points at once: what owns a whole cell, and what must be asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
from numba import njit
from numpy.typing import NDArray

from grids.covering import Ints, Shapes, covers, edges_of

Numbers = NDArray[np.int32]

OUTSIDE = -1
CELLS_AN_AREA = 20
MOST_CELLS = 4_000_000


class Frame(NamedTuple):
    """Where the cells lie, in grid steps."""

    west: int
    south: int
    width: int
    height: int
    columns: int
    rows: int


class Raster:
    """Areas sorted so that parents come first and siblings stand in the order of the rule, cut into cells."""

    def __init__(self, shapes: Shapes, parents: Numbers) -> None:
        """Settle the cells of `shapes`; parents are positions in the same order, -1 for a top area."""
        self._shapes, self._parents = shapes, parents
        self._frame = _frame(shapes.box)
        count = self._frame.columns * self._frame.rows
        # settled: (cells,) the deepest area that owns the whole cell; listed: areas to ask, cell by cell
        self._settled, cells, owners = _fill(self._frame, parents, shapes)
        self._first = np.zeros(count + 1, dtype=np.int64)
        np.cumsum(np.bincount(cells, minlength=count), out=self._first[1:])
        # a stable sort keeps the areas of one cell in sorted order, which _descend relies on
        self._listed: Numbers = owners[np.argsort(cells, kind="stable")]

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]], parents: Numbers) -> Self:
        """The raster whose `arrays` these are."""
        return cls.__new__(cls).restore(arrays, parents)

    def restore(self, arrays: Mapping[str, NDArray[Any]], parents: Numbers) -> Self:
        """Become the raster whose `arrays` these are."""
        self._shapes, self._parents = Shapes(*(arrays[name] for name in Shapes._fields)), parents
        self._frame = Frame(*arrays["frame"].tolist())
        self._settled, self._first, self._listed = arrays["settled"], arrays["first"], arrays["listed"]
        return self

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that the raster consists of but the parents, by name."""
        own: dict[str, NDArray[Any]] = {"frame": np.array(self._frame, dtype=np.int64), "settled": self._settled}
        return own | {"first": self._first, "listed": self._listed} | self._shapes._asdict()

    def edges(self, p: int) -> Ints:
        """The different edges of one area."""
        return edges_of(self._shapes, p)

    def box(self, p: int) -> Ints:
        """West, south, east, north of one area."""
        sides: Ints = self._shapes.box[p]
        return sides

    def owners(self, steps: Ints) -> Numbers:
        """The deepest area that owns each of (n, 2) points in grid steps; -1 outside every top area."""
        found: Numbers = np.full(len(steps), OUTSIDE, dtype=np.int32)
        _descend(steps, self._frame, self._settled, self._first, self._listed, self._parents, self._shapes, found)
        return found


def _frame(box: Ints) -> Frame:
    """Cells over every box that is not empty, about CELLS_AN_AREA of them for each area."""
    real = box[box[:, 0] <= box[:, 2]]
    if not len(real):
        return Frame(0, 0, 1, 1, 1, 1)
    west, south = real[:, :2].min(axis=0).tolist()
    east, north = real[:, 2:].max(axis=0).tolist()
    side = int(np.sqrt(min(MOST_CELLS, CELLS_AN_AREA * len(real))))
    width, height = (east - west) // side + 1, (north - south) // side + 1
    return Frame(west, south, width, height, (east - west) // width + 1, (north - south) // height + 1)


@njit(cache=True, nogil=True)
def _fill(frame: Frame, parents: Numbers, shapes: Shapes) -> tuple[Numbers, Ints, Numbers]:
    """Settle cells from the top down and list, per cell, the areas that must be asked point by point."""
    west, south, width, height, columns, rows = frame
    box, edges = shapes.box, shapes.edges
    settled = np.full(columns * rows, -1, dtype=np.int32)
    disputed = np.zeros(columns * rows, dtype=np.bool_)  # an earlier sibling's edge crosses the cell
    marked = np.full(columns * rows, -1, dtype=np.int64)
    cells, owners, used = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int32), 0
    for p in range(len(parents)):
        if box[p, 0] > box[p, 2]:
            continue
        for e in range(shapes.slab_edges[shapes.slab_first[p]], shapes.slab_edges[shapes.slab_first[p + 1]]):
            x1, y1, x2, y2 = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
            if y1 > y2:
                x1, y1, x2, y2 = x2, y2, x1, y1
            for row in range((y1 - south) // height, (y2 - south) // height + 1):
                xa, xb = x1, x2
                if y2 > y1:
                    slope = (x2 - x1) / (y2 - y1)
                    xa = int(x1 + slope * (max(y1, south + row * height) - y1))
                    xb = int(x1 + slope * (min(y2, south + row * height + height) - y1))
                # two steps wider than the edge, so that rounding can only mark too many cells
                left = max(0, (min(xa, xb) - 2 - west) // width)
                right = min(columns - 1, (max(xa, xb) + 2 - west) // width)
                for column in range(left, right + 1):
                    marked[row * columns + column] = p
        for row in range((box[p, 1] - south) // height, (box[p, 3] - south) // height + 1):
            known, inside = False, False
            for column in range((box[p, 0] - west) // width, (box[p, 2] - west) // width + 1):
                cell = row * columns + column
                crossed = marked[cell] == p
                if crossed:
                    known = False
                else:
                    if not known:  # one test speaks for the whole run of uncrossed cells
                        x, y = west + column * width, south + row * height
                        known, inside = True, covers(shapes, p, x, y)
                    if not inside:
                        continue
                    if settled[cell] == parents[p] and not disputed[cell]:
                        settled[cell] = p
                        continue
                if settled[cell] == parents[p]:
                    disputed[cell] = True
                if used == len(cells):
                    cells = np.append(cells, np.empty_like(cells))
                    owners = np.append(owners, np.empty_like(owners))
                cells[used], owners[used] = cell, p
                used += 1
    return settled, cells[:used], owners[:used]


@njit(cache=True, nogil=True)
def _by_row(steps: Ints, frame: Frame) -> Ints:
    """Points inside the raster, those of one raster row together, because neighbours share the cache."""
    west, south, width, height, columns, rows = frame
    row_of = np.full(len(steps), -1, dtype=np.int32)
    place = np.zeros(rows + 1, dtype=np.int64)
    for n in range(len(steps)):
        x, y = steps[n, 0] - west, steps[n, 1] - south
        if x >= 0 and y >= 0 and x < columns * width and y < rows * height:
            row_of[n] = y // height
            place[row_of[n] + 1] += 1
    for row in range(rows):
        place[row + 1] += place[row]
    order = np.empty(place[rows], dtype=np.int64)
    for n in range(len(steps)):
        if row_of[n] >= 0:
            order[place[row_of[n]]] = n
            place[row_of[n]] += 1
    return order


@njit(cache=True, nogil=True)
def _descend(
    steps: Ints,
    frame: Frame,
    settled: Numbers,
    first: Ints,
    listed: Numbers,
    parents: Numbers,
    shapes: Shapes,
    found: Numbers,
) -> None:
    """Begin at the cell's settled area, then go down through the listed ones, which stand in sorted order."""
    west, south, width, height, columns, _rows = frame
    for n in _by_row(steps, frame):
        x, y = steps[n, 0], steps[n, 1]
        cell = (y - south) // height * columns + (x - west) // width
        current = settled[cell]
        for k in range(first[cell], first[cell + 1]):
            p = listed[k]
            if parents[p] == current and covers(shapes, p, x, y):
                current = p
        found[n] = current
