"""A grid of hexagons in the metres of a place: the same hexagon always lies at the same spot of its metric zone."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray

from layers.hotspots.statistics import Floats, Neighbourhoods

Ints = NDArray[np.int64]

AT_ONCE = 50_000
"""Hexagons that are drawn at once while it is looked which are wanted."""
AROUND = np.array([(1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1)], dtype=np.int64)
EMPTY = np.iinfo(np.int64).min
"""A slot of a table that holds no cell."""
MIXED = np.int64(-7046029254386353131)
"""2**64 over the golden ratio, as Knuth's multiplicative hashing takes it (The Art of Computer Programming 3, 6.4)."""


class Hexagons:
    """Hexagons of one width, pointing north, as axial numbers (q, r) from the metric zone's own origin."""

    def __init__(self, width_m: float) -> None:
        """`width_m`: from one vertical side to the other, in metres; its area is 0.866 of width squared."""
        if not width_m > 0:
            raise ValueError("a hexagon needs a width")
        self.width = float(width_m)
        self.radius = self.width / np.sqrt(3)

    @property
    def area_m2(self) -> float:
        """Area of one hexagon in square metres."""
        return float(np.sqrt(3) / 2 * self.width**2)

    def of_points(self, metres: Floats) -> Ints:
        """(n, 2) q, r of the hexagon that holds each point (easting, northing)."""
        axial: Ints = _axial_of(np.ascontiguousarray(metres, dtype=np.float64), self.width, self.radius)
        return axial

    def centres(self, cells: Ints) -> Floats:
        """(n, 2) easting, northing of the middles of (n, 2) cells."""
        q, r = cells[:, 0], cells[:, 1]
        return np.column_stack([self.width * (q + r / 2), 1.5 * self.radius * r])

    def outlines(self, cells: Ints) -> Floats:
        """(n, 6, 2) corners in metres, counter-clockwise from the lower right."""
        turn = np.radians(np.arange(-30, 330, 60))
        corners = self.radius * np.column_stack([np.cos(turn), np.sin(turn)])
        return np.asarray(self.centres(cells)[:, None, :] + corners)

    def count_over(self, west: float, south: float, east: float, north: float) -> int:
        """About how many hexagons a box in metres takes, before any is made."""
        return int(((east - west) / self.width + 2) * ((north - south) / (1.5 * self.radius) + 2))

    def over(self, extent: Any) -> Ints:
        """(n, 2) all cells that meet a shapely (multi)polygon in metres, sorted by r, then q."""
        west, south, east, north = extent.bounds
        rows = np.arange(
            np.floor(south / (1.5 * self.radius)) - 1, np.ceil(north / (1.5 * self.radius)) + 2, dtype=np.int64
        )
        columns = np.arange(np.ceil((east - west) / self.width) + 3, dtype=np.int64)
        start = np.floor(west / self.width - rows / 2).astype(np.int64) - 1
        shapely.prepare(extent)
        meeting = [np.empty((0, 2), dtype=np.int64)]
        at_once = max(1, AT_ONCE // len(columns))
        for first in range(0, len(rows), at_once):  # some hundred thousand polygons at once would fill the memory
            part = slice(first, first + at_once)
            cells = np.column_stack([(start[part, None] + columns).ravel(), np.repeat(rows[part], len(columns))])
            meets = shapely.contains_xy(extent, self.centres(cells))
            rest = np.flatnonzero(~meets)  # only those must be drawn to be asked
            meets[rest] = shapely.intersects(extent, shapely.polygons(self.outlines(cells[rest])))
            meeting.append(cells[meets])
        return np.concatenate(meeting)


class Table:
    """Some different cells, to be found by their numbers: an open table with at least half of its slots free."""

    def __init__(self, cells: Ints) -> None:
        """(n, 2) q, r, each once."""
        self.cells = np.ascontiguousarray(cells, dtype=np.int64)
        self._keys, self._places = _filled(self.cells, max(4, int(2 * len(cells)).bit_length()))

    def positions(self, wanted: Ints) -> Ints:
        """Where each of (m, 2) q, r stands among the cells; -1 where it is not among them."""
        found: Ints = _positions(self._keys, self._places, np.ascontiguousarray(wanted, dtype=np.int64))
        return found

    def around(self) -> Neighbourhoods:
        """The up to six neighbours of each cell among the others."""
        return Neighbourhoods(*_around(self._keys, self._places, self.cells))


@njit(cache=True, nogil=True)
def _axial_of(metres: Floats, width: float, radius: float) -> Ints:
    """The hexagon of each point: cube coordinates rounded, the one that was rounded most derived from the others."""
    axial = np.empty((len(metres), 2), dtype=np.int64)
    for at in range(len(metres)):
        r = metres[at, 1] / (1.5 * radius)
        q = metres[at, 0] / width - r / 2
        s = -q - r
        whole_q, whole_r, whole_s = np.rint(q), np.rint(r), np.rint(s)
        off_q, off_r, off_s = abs(whole_q - q), abs(whole_r - r), abs(whole_s - s)
        if off_q >= off_r and off_q >= off_s:
            whole_q = -whole_r - whole_s
        elif off_r >= off_s:
            whole_r = -whole_q - whole_s
        axial[at, 0], axial[at, 1] = np.int64(whole_q), np.int64(whole_r)
    return axial


@njit(cache=True, nogil=True)
def _slot(keys: Ints, q: np.int64, r: np.int64) -> np.int64:
    """The slot in which a cell stands, or would stand."""
    key, last = q * 2**31 + r, len(keys) - 1
    mixed = key * MIXED
    slot = (mixed ^ (mixed >> 32)) & last
    while keys[slot] != key and keys[slot] != EMPTY:
        slot = (slot + 1) & last
    return slot


@njit(cache=True, nogil=True)
def _filled(cells: Ints, bits: int) -> tuple[Ints, NDArray[np.int32]]:
    """The keys and positions of some cells by slot, of 2**bits slots."""
    keys, places = np.full(1 << bits, EMPTY, dtype=np.int64), np.full(1 << bits, -1, dtype=np.int32)
    for at in range(len(cells)):
        slot = _slot(keys, cells[at, 0], cells[at, 1])
        keys[slot], places[slot] = cells[at, 0] * 2**31 + cells[at, 1], at
    return keys, places


@njit(cache=True, nogil=True)
def _positions(keys: Ints, places: NDArray[np.int32], wanted: Ints) -> Ints:
    """Where each wanted cell stands; -1 nowhere."""
    found = np.empty(len(wanted), dtype=np.int64)
    for at in range(len(wanted)):
        found[at] = places[_slot(keys, wanted[at, 0], wanted[at, 1])]
    return found


@njit(cache=True, nogil=True)
def _around(keys: Ints, places: NDArray[np.int32], cells: Ints) -> tuple[Ints, NDArray[np.int32]]:
    """Neighbours of each cell as CSR, in ascending order."""
    first = np.zeros(len(cells) + 1, dtype=np.int64)
    near = np.empty(len(cells) * len(AROUND), dtype=np.int32)
    used = 0
    for at in range(len(cells)):
        for side in range(len(AROUND)):
            place = places[_slot(keys, cells[at, 0] + AROUND[side, 0], cells[at, 1] + AROUND[side, 1])]
            if place >= 0:
                put = used
                while put > first[at] and near[put - 1] > place:
                    near[put] = near[put - 1]
                    put -= 1
                near[put] = place
                used += 1
        first[at + 1] = used
    return first, near[:used].copy()
