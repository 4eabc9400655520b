"""Which areas lie close to points without holding them, for many points of many moments at once. Numpy and shapely.

The same answers as `surroundings.across` gives for one point; areas are numbers, moments microseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.shared.geometry import Floats, metric_epsg, to_metres, xy_to_metres

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
AT_ONCE = 50_000
NOBODY = -1
"""The number that stands for no area."""


@dataclass(frozen=True, slots=True)
class _Zone:
    """The shapes' edges in a zone's metres, each with the row it belongs to, and the shapes' boxes."""

    edges: shapely.STRtree
    rows: Ints
    boxes: shapely.STRtree


class Fringe:
    """Boundaries of all times: `shapes` (n,) in degrees, valid from `since` until before `until`, (n,) each."""

    def __init__(
        self,
        shapes: NDArray[np.object_],
        *,
        area: Sequence[int],
        parent: Sequence[int],
        order: Sequence[tuple[int, str, str]],
        since: Sequence[int],
        until: Sequence[int],
    ) -> None:
        """`area` and `parent` are numbers (NOBODY: no parent); `order` is tier, code and id: who owns a shared edge."""
        self._shapes = shapes
        self._area, self._parent = np.array(area, np.int64), np.array(parent, np.int64)
        self._since, self._until = np.array(since, np.int64), np.array(until, np.int64)
        self._place = np.empty(len(shapes), np.int64)
        self._place[sorted(range(len(shapes)), key=order.__getitem__)] = np.arange(len(shapes))
        self._zones: dict[int, _Zone] = {}

    @property
    def begins(self) -> int:
        """When the first of them was drawn: what was reported before counts as of then."""
        return int(self._since.min(initial=np.iinfo(np.int64).max))

    def across(self, xy: Floats, metres: Floats, when: Ints, chains: Ints, whole: Bools) -> tuple[Ints, Ints]:
        """The areas within (n,) metres of (n, 2) lon, lat that do not hold the point: pairs (point, area), in order.

        `chains` (n, k) are areas known to hold each point, filled up with NOBODY; `whole` says where these are all.
        """
        points: list[Ints] = [np.empty(0, np.int64)]
        areas: list[Ints] = [np.empty(0, np.int64)]
        if len(self._shapes) and len(xy):
            when = np.maximum(when, self.begins)
            zones = _zones_of(xy)
            for zone in np.unique(zones).tolist():
                here = np.flatnonzero(zones == zone)
                for part in np.array_split(here, -(-len(here) // AT_ONCE)):
                    of, found = self._across(zone, xy[part], metres[part], when[part], chains[part], whole[part])
                    points.append(part[of])
                    areas.append(found)
        of, found = np.concatenate(points), np.concatenate(areas)
        order = np.lexsort((found, of))
        return of[order], found[order]

    def _across(
        self, epsg: int, xy: Floats, metres: Floats, when: Ints, chains: Ints, whole: Bools
    ) -> tuple[Ints, Ints]:
        """The same for some points of one zone: whose edge is near, and is not known to hold the point."""
        zone = self._zone(epsg)
        points = shapely.points(xy_to_metres(xy, epsg))
        of, edges = zone.edges.query(points, predicate="dwithin", distance=metres)
        rows = zone.rows[edges]
        then = (self._since[rows] <= when[of]) & (when[of] < self._until[rows])
        beside = then & ~(chains[of] == self._area[rows][:, None]).any(axis=1)
        pairs = np.unique(of[beside] * len(self._shapes) + rows[beside])  # an area has several edges there
        near, rows = pairs // len(self._shapes), pairs % len(self._shapes)
        kept = np.ones(len(near), np.bool_)
        for point in np.unique(near[~whole[near]]).tolist():
            mine = slice(np.searchsorted(near, point), np.searchsorted(near, point, side="right"))
            held = zone.boxes.query(points[point])
            held = held[(self._since[held] <= when[point]) & (when[point] < self._until[held])]
            kept[mine] = ~np.isin(self._area[rows[mine]], self._holding(xy[point], held))
        return near[kept], self._area[rows[kept]]

    def _holding(self, lonlat: Floats, rows: Ints) -> list[int]:
        """The areas that hold a point, from the top down: of several on whose edge it lies the first owns it."""
        covering = rows[shapely.covers(self._shapes[rows], shapely.Point(lonlat))]
        covering = covering[np.argsort(self._place[covering])]
        chain = [NOBODY]
        while True:
            below = covering[self._parent[covering] == chain[-1]]
            if not len(below):
                return chain[1:]
            chain.append(int(self._area[below[0]]))

    def _zone(self, epsg: int) -> _Zone:
        """The shapes in a zone's metres, ready to be looked through."""
        if epsg not in self._zones:
            flat = to_metres(self._shapes, epsg)
            parts, row_of_part = shapely.get_parts(flat, return_index=True)
            rings, part_of = shapely.get_rings(parts, return_index=True)
            xy, ring_of = shapely.get_coordinates(rings, return_index=True)
            runs = np.flatnonzero(ring_of[1:] == ring_of[:-1])
            edges = shapely.linestrings(np.stack([xy[runs], xy[runs + 1]], axis=1))
            rows = row_of_part[part_of[ring_of[runs]]].astype(np.int64)
            self._zones[epsg] = _Zone(shapely.STRtree(edges), rows, shapely.STRtree(flat))
        return self._zones[epsg]


def _zones_of(xy: Floats) -> Ints:
    """The metric zone of each point."""
    coarse = np.floor(xy * 2)  # zones change at half degrees only
    _cells, first, back = np.unique(coarse, axis=0, return_index=True, return_inverse=True)
    told = np.array([metric_epsg(*xy[one]) for one in first.tolist()], np.int64)
    return told[back.reshape(-1)]
