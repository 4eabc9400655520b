"""Where nobody is recorded, and where nobody knows: of hexagons in which no place lies where people live."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import shapely

from gis.shared.geometry import xy_to_degrees
from grids.ground import ground_at
from layers.coverage.covering import Flags, Floats, Ints, Land
from layers.hotspots.cells import HexagonCells

EDGEWARDS = (0.5, 0.75, 0.9, 0.99)
"""Where a hexagon at the edge is tried, from its middle to its corners."""


@dataclass(frozen=True)
class Around:
    """What n hexagons lie in, with their middles or at the edge with what of them is inside: the deepest grid that
    places stand for, and the deepest area that figures are told of; both as a land numbers them, -1 in none."""

    grid: Ints
    area: Ints


def inside(cells: HexagonCells) -> Floats:
    """(n, 2) lon, lat of a place in each hexagon that lies in the areas asked about: its middle, if that does."""
    middles = cells.grid.centres(cells.qr)
    found = xy_to_degrees(middles, cells.epsg)
    out = np.flatnonzero(cells.extent.locate(found).deepest < 0)
    corners = cells.grid.outlines(cells.qr[out])
    for share in EDGEWARDS:
        spots = middles[out, None, :] * (1 - share) + corners * share
        spots = xy_to_degrees(spots.reshape(-1, 2), cells.epsg)
        met = cells.extent.locate(spots).deepest.reshape(-1, 6) >= 0
        one, some = met.argmax(axis=1), met.any(axis=1)
        found[out[some]] = spots.reshape(-1, 6, 2)[np.flatnonzero(some), one[some]]
        out, corners = out[~some], corners[~some]
    whole = shapely.union_all(cells.extents) if len(out) else None  # few: cutting each takes its time
    for at, hexagon in zip(out.tolist(), cells.drawn(out), strict=True):
        met = shapely.point_on_surface(shapely.intersection(hexagon, whole))
        if not met.is_empty:  # metres and degrees may differ about a hexagon that only touches
            found[at] = met.x, met.y
    return found


def around(cells: HexagonCells, land: Land, moment: datetime) -> Around:
    """Find them."""
    ground = ground_at(moment)
    chain = ground.locate(inside(cells)).chain
    # one more than the areas, so that -1 (in none) finds its own -1 at the end
    grid_of, area_of = (np.full(len(ground.ids) + 1, -1, dtype=np.int64) for _ in range(2))
    number_of = {area.bytes: number for area, number in land.number_of.items()}
    for at in np.unique(chain[chain >= 0]).tolist():
        area = ground.ids[at].tobytes()
        grid_of[at], area_of[at] = land.leaf_of.get(area, -1), number_of.get(area, -1)
    grid, area = (np.full(len(chain), -1, dtype=np.int64) for _ in range(2))
    for level in range(chain.shape[1]):
        for found, of in ((grid, grid_of), (area, area_of)):
            here = of[chain[:, level]]
            found[here >= 0] = here[here >= 0]
    return Around(grid, area)


def nobody_there(about: Around, land: Land, known: Flags, rank: int) -> Flags:
    """In which hexagons (n) surely nobody is recorded, if no place of `known` (places) figures lies in them.

    In a grid that was counted; between the grids of a compound that all were; and outside every compound where
    something was counted and no area as a whole: those residents may live anywhere in it.
    """
    counted, whole = known & (land.leaf_rank >= rank), land.leaf_rank < rank
    grids = int(land.leaf.max(initial=-1)) + 1
    sure_grid, whole_grid = (np.zeros(grids + 1, dtype=bool) for _ in range(2))
    sure_grid[:grids] = np.bincount(land.leaf[~counted], minlength=grids) == 0
    whole_grid[land.leaf[whole]] = True
    some, others = land.summed(np.column_stack([counted, ~counted]).astype(np.int64)).T
    own = np.bincount(land.of[whole], minlength=len(land.ids)) > 0
    sure_area = np.append(np.where(land.rank >= rank, others == 0, ~land.below(np.flatnonzero(own).tolist())), False)
    sure_area[:-1] &= some > 0
    in_grid = (about.grid >= 0) & ~whole_grid[about.grid]
    sure: Flags = np.where(in_grid, sure_grid[about.grid], sure_area[about.area])
    return sure
