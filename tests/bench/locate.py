"""One million points located among 80,000 unit polygons and all tiers above them, chain included; then a stored city.

The peer, geopandas, is given the easier question: `sjoin` with the units alone, then the chain looked up by the unit.
Points that lie in no unit get no chain from it; ours gives them the deepest area above. The units that both find are
compared before anything is timed. A second row counts the making of the index as well.

The rows of the stored city (or town) ask as the product does: `ground_at` finds the shared index and that it is still
right, `after_edit` is the first answer after a boundary was changed, `one` is a single pin asked of the database.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import shapely

from grids.locating import PointIndex
from tests.bench.frame import Row, open_place, percentiles, seconds

SEED = 20260101
GOAL = "≥ 2 × geopandas"
# tier rank, columns and rows that it cuts its parent into, margin left round it (a share of its own size)
LEVELS = {
    "city": ((1, 2, 5, 0), (2, 5, 2, 0), (3, 2, 5, 0.06), (4, 4, 5, 0.15), (5, 4, 1, 0)),
    "town": ((1, 2, 2, 0), (2, 2, 2, 0), (3, 2, 5, 0.06), (4, 4, 5, 0.15), (5, 4, 1, 0)),
}
POINTS = {"city": 1_000_000, "town": 100_000}
ONE_BY_ONE = 200
AFTER_EDITS = 10


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
    yield from stored(scale)


def stored(scale: str) -> Iterator[Row]:
    """Rows about the ground in the database."""
    open_place(scale)
    from django.db import transaction
    from django.utils import timezone

    from grids.ground import ground_at
    from grids.models import Boundary
    from grids.queries import locate

    now, count = timezone.now(), POINTS[scale]
    top = Boundary.objects.at(now).filter(parent__isnull=True).first()
    assert top is not None
    west, south, east, north = top.geometry.extent
    xy = np.rint(np.random.default_rng(SEED).uniform((west, south), (east, north), (count, 2)) * 1e8) / 1e8
    areas = Boundary.objects.at(now).count()

    rate = count / seconds(lambda: ground_at(now).locate(xy))
    yield Row(name="locate/ground", ours=rate, peer=None, unit="/s", n=count, rows=areas)

    times = []
    for lon, lat in xy[:ONE_BY_ONE].tolist():
        begun = time.perf_counter()
        locate(lon, lat, moment=now)
        times.append(time.perf_counter() - begun)
    p50, p95 = percentiles(times)
    yield Row("locate/one", p50, None, "ms", ONE_BY_ONE, areas, p50_ms=p50, p95_ms=p95)

    times = []
    for row in Boundary.objects.at(now).filter(tier__code="unit").order_by("area_id")[:AFTER_EDITS]:
        with transaction.atomic():  # given up again: the guard is never heard, and the next one edits the same ground
            later = timezone.now()
            Boundary.objects.filter(pk=row.pk).update(valid_until=later)
            shape = row.geometry.simplify(1e-5) if row.geometry.num_coords > 6 else row.geometry.convex_hull
            new = Boundary.objects.get(pk=row.pk)
            new.pk, new.valid_from, new.valid_until, new.closed_by = None, later, None, None
            new.geometry, new.version = as_multi(shape), new.version + 1000
            new.save(force_insert=True)
            begun = time.perf_counter()
            ground_at(later).locate(xy[:1000])
            times.append(time.perf_counter() - begun)
            transaction.set_rollback(True)
    p50, p95 = percentiles(times)
    yield Row("locate/after_edit", p50, None, "ms", AFTER_EDITS, areas, p50_ms=p50, p95_ms=p95)


def as_multi(shape: object) -> object:
    """A polygon as the table wants it."""
    from django.contrib.gis.geos import MultiPolygon, Polygon

    return MultiPolygon(shape, srid=4326) if isinstance(shape, Polygon) else shape
