"""A grid of hexagons in the metres of a place: the same hexagon always lies at the same spot of its metric zone."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.hotspots.neighbours import from_pairs
from layers.hotspots.statistics import Floats, Neighbourhoods

Ints = NDArray[np.int64]

AT_ONCE = 50_000
"""Hexagons that are drawn at once while it is looked which are wanted."""
AROUND = np.array([(1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1)], dtype=np.int64)


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
        r = metres[:, 1] / (1.5 * self.radius)
        q = metres[:, 0] / self.width - r / 2
        cube = np.column_stack([q, r, -q - r])
        whole = np.rint(cube)
        off = np.abs(whole - cube)
        # the coordinate that was rounded most is the one to derive from the other two
        worst = off.argmax(axis=1)
        rows = np.arange(len(whole))
        whole[rows, worst] -= whole.sum(axis=1)
        axial: Ints = whole[:, :2].astype(np.int64)
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
            meeting.append(cells[shapely.intersects(extent, shapely.polygons(self.outlines(cells)))])
        return np.concatenate(meeting)


def positions(cells: Ints, wanted: Ints) -> Ints:
    """Where each wanted (q, r) stands among `cells` (distinct); -1 where it is not among them."""
    keys, asked = _key(cells), _key(wanted)
    order = np.argsort(keys)
    place = np.minimum(np.searchsorted(keys, asked, sorter=order), max(len(keys) - 1, 0))
    if not len(keys):
        return np.full(len(wanted), -1, dtype=np.int64)
    found = order[place]
    return np.where(keys[found] == asked, found, -1)


def around(cells: Ints) -> Neighbourhoods:
    """The up to six neighbours of each of (n, 2) cells among themselves."""
    wanted = (cells[:, None, :] + AROUND).reshape(-1, 2)
    there = positions(cells, wanted)
    here = np.repeat(np.arange(len(cells)), len(AROUND))
    return from_pairs(here[there >= 0], there[there >= 0], len(cells))


def _key(cells: Ints) -> Ints:
    return cells[:, 0] * 2**31 + cells[:, 1]
