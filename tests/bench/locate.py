"""One million points located among 80,000 unit polygons and all tiers above them, chain included.

The peer, geopandas, is given the easier question: `sjoin` with the units alone, then the chain looked up by the unit.
Points that lie in no unit get no chain from it; ours gives them the deepest area above. The units that both find are
compared before anything is timed. A second row counts the making of the index as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import shapely

from grids.locating import PointIndex
from tests.bench.frame import Row, seconds

SEED = 20260101
GOAL = "≥ 2 × geopandas"
# tier rank, columns and rows that it cuts its parent into, margin left round it (a share of its own size)
LEVELS = {
    "city": ((1, 2, 5, 0), (2, 5, 2, 0), (3, 2, 5, 0.06), (4, 4, 5, 0.15), (5, 4, 1, 0)),
    "town": ((1, 2, 2, 0), (2, 2, 2, 0), (3, 2, 5, 0.06), (4, 4, 5, 0.15), (5, 4, 1, 0)),
}
POINTS = {"city": 1_000_000, "town": 100_000}


@dataclass
class Tree:
    """Boxes of all tiers in a square of one unit, later slanted onto the ground."""

    boxes: list[np.ndarray] = field(default_factory=lambda: [np.array([0.0, 0, 1, 1])])
    ranks: list[int] = field(default_factory=lambda: [0])
    parents: list[int] = field(default_factory=lambda: [-1])
    codes: list[str] = field(default_factory=lambda: ["99"])

    def cut(self, parent: int, rank: int, columns: int, rows: int, margin: float) -> list[int]:
        """Give an area its children and return their positions."""
        west, south, east, north = self.boxes[parent]
        wide, tall = (east - west) / columns, (north - south) / rows
        made = []
        for i in range(columns):
            for j in range(rows):
                x, y = west + i * wide, south + j * tall
                box = (x + margin * wide, y + margin * tall, x + (1 - margin) * wide, y + (1 - margin) * tall)
                made.append(len(self.boxes))
                self.boxes.append(np.array(box))
                self.ranks.append(rank)
                self.parents.append(parent)
                self.codes.append(f"{self.codes[parent]}{i * rows + j:02d}")
        return made

    def polygons(self) -> np.ndarray:
        """Slanted quadrilaterals of a county 40 km wide, on the 1e-8 degree grid."""
        west, south, east, north = np.array(self.boxes).T
        ring = np.array([[west, south], [east, south], [east, north], [west, north]]).transpose(2, 0, 1)
        slanted = np.array([110.0, 35.0]) + 0.4 * ring @ np.array([[1.0, -0.2], [0.37, 1.0]])
        return shapely.polygons(np.rint(slanted * 1e8) / 1e8)


def tree(scale: str) -> Tree:
    """County, streets, communities, compounds, buildings and units."""
    made, above = Tree(), [0]
    for rank, columns, rows_, margin in LEVELS[scale]:
        above = [child for parent in above for child in made.cut(parent, rank, columns, rows_, margin)]
    return made


def rows(scale: str) -> Iterator[Row]:
    """Two rows: points a second through a ready index, and with the index made for them."""
    import geopandas as gpd

    areas = tree(scale)
    polygons, count = areas.polygons(), POINTS[scale]
    units = np.flatnonzero(np.array(areas.ranks) == 5)
    kwargs = {"ranks": areas.ranks, "parents": areas.parents, "codes": areas.codes}
    bounds = shapely.total_bounds(polygons)
    xy = np.rint(np.random.default_rng(SEED).uniform(bounds[:2], bounds[2:], (count, 2)) * 1e8) / 1e8

    frame = gpd.GeoDataFrame({"unit": units}, geometry=polygons[units], crs=4326)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=4326)
    index = PointIndex(polygons, **kwargs)
    chains = np.vstack([index.locate(shapely.get_coordinates(shapely.point_on_surface(polygons))).chain, [[-1] * 6]])

    def peer() -> np.ndarray:
        found = gpd.sjoin(points, frame, predicate="intersects", how="left")["unit"]
        unit = found[~found.index.duplicated()].fillna(-1).to_numpy(dtype=np.int64)
        return chains[unit]

    ours, theirs = index.locate(xy).chain, peer()
    different = int((ours[:, 5] != theirs[:, 5]).sum())
    if different > count / 100_000:  # a point within rounding of an edge may differ: doubles against whole steps
        raise AssertionError(f"{different} points lie in other units for the peer")
    theirs_s = seconds(peer)
    found = {"peer": count / theirs_s, "unit": "/s", "n": count, "rows": len(polygons), "peer_name": "geopandas sjoin"}
    yield Row(name="locate", ours=count / seconds(lambda: index.locate(xy)), goal=GOAL, **found)
    cold = seconds(lambda: PointIndex(polygons, **kwargs).locate(xy))
    yield Row(name="locate/with_index", ours=count / cold, **found)
