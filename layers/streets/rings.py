"""Service circles for the eye: the area within a walking distance, as nested polygons in metres.

For every point of a 20 m lattice the nearest street on the wanted side of the walls is known (kept between
calls: it depends on the network alone). A circle's field is then the exact distance at those points, and
marching squares (contourpy, each square as four triangles) draw its level lines. On triangles the field less
the level falls everywhere when the level grows, so circles of growing limits are nested by construction.
Streets on the two sides of a wall have a field each, cut off at the wall, so that nothing leaks over it.
No circle goes farther off the streets than OFF_STREET_M (over a railway yard, into a lake): the same for all limits.
People are never counted with these polygons: see `WalkingNetwork.distances`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import cast

import contourpy
import numpy as np
import shapely
from numpy.typing import NDArray

from gis.shared.kept import Kept
from layers.streets.walking import OUTSIDE, UNREACHED, Floats, Ints, Reach, Snaps, WalkingNetwork

CELL_M = 20.0
OFF_STREET_M = 100.0
"""No circle is drawn farther than this from every street: nobody knows that one can walk there."""
_BLOCK = 64
_KEPT_BLOCKS = 1024
_CLIP_M = 30.0
_HOLE_M2 = 800.0
_SPECK_M2 = 400.0
_SLIVER_M2 = 5.0
_GRID_M = 0.01

Block = tuple[Ints, NDArray[np.float32], NDArray[np.float32]]


class RingMaker:
    """Draws circles on one network; keeps the nearest streets of the lattice blocks it has met."""

    def __init__(self, network: WalkingNetwork, *, like: RingMaker | None = None) -> None:
        """Nothing is computed until the first circle; `like` draws on the same streets, with other gates open."""
        self.network = network
        self.blocks: Kept[tuple[int, int, int], Block] = Kept(_KEPT_BLOCKS) if like is None else like.blocks
        self.walls: shapely.STRtree = shapely.STRtree(list(network.walls)) if like is None else like.walls

    def rings(self, origin: Snaps, limits: Sequence[float]) -> list[shapely.Geometry]:
        """One MultiPolygon in metres per limit (metres, rising) round one snapped origin; each holds the former."""
        if list(limits) != sorted(limits):
            raise ValueError("limits must rise")
        # The field is needed a little beyond the last line, or there is nothing to interpolate with.
        reach = self.network.reach(origin, limits[-1] + _CLIP_M)
        west, south, east, north = self._window(reach)
        if not np.isfinite(west):
            return [shapely.MultiPolygon() for _ in limits]
        window = shapely.box(west, south, east, north)
        walls = self.walls.query(window, predicate="intersects")
        outside = self._levels(reach, OUTSIDE, (west, south, east, north), limits)
        if not len(walls):
            return outside
        closed = shapely.union_all([self.network.walls[w] for w in walls])
        parts = [[shapely.difference(ring, closed, grid_size=_GRID_M)] for ring in outside]
        for wall in self._entered(reach, walls):
            polygon = self.network.walls[wall]
            bounds = shapely.bounds(polygon)
            pad = 2 * CELL_M
            box = (
                max(west, bounds[0] - pad),
                max(south, bounds[1] - pad),
                min(east, bounds[2] + pad),
                min(north, bounds[3] + pad),
            )
            for part, ring in zip(parts, self._levels(reach, wall, box, limits), strict=True):
                part.append(shapely.intersection(ring, polygon, grid_size=_GRID_M))
        return [_clean(shapely.union_all(part, grid_size=_GRID_M), _SLIVER_M2, _SLIVER_M2) for part in parts]

    def _window(self, reach: Reach) -> tuple[float, float, float, float]:
        """The box that holds every place within the reach: each node's box of what is left of the limit."""
        xy = self.network.node_xy[reach.touched]
        left = reach.limit - reach.node_mm[reach.touched] / 1000
        if reach.origin.edge[0] >= 0:
            xy = np.vstack((xy, self.network.foot(reach.origin)))
            left = np.append(left, max(reach.limit - reach.origin.walk[0], 0.0))
        if not len(xy):
            return (np.inf,) * 4
        low = (xy - left[:, None]).min(axis=0)
        high = (xy + left[:, None]).max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def _entered(self, reach: Reach, walls: Ints) -> list[int]:
        """Those of the walled compounds that the reach has edges in."""
        network = self.network
        met = (reach.node_mm[network.start] < UNREACHED) | (reach.node_mm[network.end] < UNREACHED)
        if reach.origin.edge[0] >= 0:
            met[reach.origin.edge[0]] = True
        return [int(w) for w in np.intersect1d(np.unique(network.side[met]), walls)]

    def _levels(
        self, reach: Reach, side: int, box: tuple[float, float, float, float], limits: Sequence[float]
    ) -> list[shapely.Geometry]:
        """The level polygons of the field of one side of the walls within a box."""
        west, south = (int(np.floor(v / CELL_M)) - 1 for v in box[:2])
        east, north = (int(np.ceil(v / CELL_M)) + 1 for v in box[2:])
        if east - west < 2 or north - south < 2:
            return [shapely.MultiPolygon() for _ in limits]
        nearest = self._lattice(side, west, south, east, north)
        shape = (north - south + 1, east - west + 1)
        field = self.network.distances(reach, nearest).reshape(shape)
        field[[0, -1], :] = np.inf
        field[:, [0, -1]] = np.inf
        off = nearest.walk.reshape(shape) - OFF_STREET_M
        x: Floats = np.arange(west, east + 1, dtype=np.float64) * CELL_M
        y: Floats = np.arange(south, north + 1, dtype=np.float64) * CELL_M
        return [_level(x, y, np.clip(np.maximum(field - limit, off), -_CLIP_M, _CLIP_M)) for limit in limits]

    def _lattice(self, side: int, west: int, south: int, east: int, north: int) -> Snaps:
        """Nearest streets of the lattice points west..east × south..north (lattice numbers), row by row.

        The open ground is kept in square blocks, a walled compound as one block of its own size.
        """
        shape = (north - south + 1, east - west + 1)
        edge = np.full(shape, -1, np.int32)
        offset, walk = np.zeros(shape), np.full(shape, np.inf)
        for left, bottom, block in self._blocks_of(side, west, south, east, north):
            rows, columns = block[0].shape
            y0, y1 = max(south, bottom), min(north + 1, bottom + rows)
            x0, x1 = max(west, left), min(east + 1, left + columns)
            to = (slice(y0 - south, y1 - south), slice(x0 - west, x1 - west))
            of = (slice(y0 - bottom, y1 - bottom), slice(x0 - left, x1 - left))
            edge[to], offset[to], walk[to] = (part[of] for part in block)
        return Snaps(edge.ravel(), offset.ravel(), walk.ravel())

    def _blocks_of(self, side: int, west: int, south: int, east: int, north: int) -> Iterator[tuple[int, int, Block]]:
        """The kept blocks that make up a window, each with the lattice numbers of its lower left point."""
        if side != OUTSIDE:
            bounds = shapely.bounds(self.network.walls[side])
            left, bottom = (int(np.floor(v / CELL_M)) - 2 for v in bounds[:2])
            columns, rows = (
                int(np.ceil(v / CELL_M)) + 3 - at for v, at in zip(bounds[2:], (left, bottom), strict=True)
            )
            yield left, bottom, self._block((side, 0, 0), left, bottom, columns, rows)
            return
        for by in range(south // _BLOCK, north // _BLOCK + 1):
            for bx in range(west // _BLOCK, east // _BLOCK + 1):
                yield bx * _BLOCK, by * _BLOCK, self._block((side, bx, by), bx * _BLOCK, by * _BLOCK, _BLOCK, _BLOCK)

    def _block(self, key: tuple[int, int, int], left: int, bottom: int, columns: int, rows: int) -> Block:
        """The nearest streets of one block of the lattice."""

        def snapped() -> Block:
            x, y = np.meshgrid(np.arange(columns) + left, np.arange(rows) + bottom)
            xy: Floats = np.column_stack((x.ravel(), y.ravel())).astype(np.float64) * CELL_M
            snaps = self.network.snap(xy, sides=np.full(len(xy), key[0], np.int32))
            return (
                snaps.edge.reshape(rows, columns),
                snaps.offset.astype(np.float32).reshape(rows, columns),
                snaps.walk.astype(np.float32).reshape(rows, columns),
            )

        return self.blocks.get(key, snapped)


def _level(x: Floats, y: Floats, z: Floats) -> shapely.Geometry:
    """Where z ≤ 0, as a (Multi)Polygon with its holes."""
    lines = contourpy.contour_generator(x, y, z, name="serial", quad_as_tri=True, fill_type="OuterOffset")
    points, offsets = cast("tuple[list[Floats], list[Ints]]", lines.filled(-_CLIP_M - 1, 0.0))
    polygons = []
    for ring_points, ring_offsets in zip(points, offsets, strict=True):
        rings = [ring_points[a:b] for a, b in pairwise(ring_offsets)]
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    return _clean(shapely.MultiPolygon(polygons), _SPECK_M2, _HOLE_M2)


def _clean(geometry: shapely.Geometry, speck: float, hole: float) -> shapely.Geometry:
    """Without islands and holes below so many square metres; of two nested shapes the outer's holes go first."""
    kept = []
    for polygon in shapely.get_parts(geometry):
        if polygon.geom_type != "Polygon" or shapely.Polygon(polygon.exterior).area < speck:
            continue
        holes = [ring for ring in polygon.interiors if shapely.Polygon(ring).area >= hole]
        kept.append(shapely.Polygon(polygon.exterior, holes))
    return shapely.MultiPolygon(kept)
