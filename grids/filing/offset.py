"""Whether shapes lie where known areas would have them, or as far off as a wrongly named datum puts them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.shared.datums import Datum, from_wgs84, to_wgs84
from gis.shared.geometry import epsg_of, xy_to_metres

Floats = NDArray[np.float64]
Shapes = NDArray[Any]
Fit = Callable[[Shapes], float]
TOUCH = 1e-6
"""Degrees by which a shape may lean over an edge and still count as within it: a decimetre."""
CLEARLY = 0.25
"""The other reading must put this much more of the shapes into their homes."""
FITS = 0.8


@dataclass(frozen=True)
class Suspicion:
    """The reading under which shapes would fit, how well (0 to 1) each does, and how far apart they are in metres."""

    reading: str
    fits: float
    now: float
    metres: float


def suspicion(shapes: Shapes, fit: Fit) -> Suspicion | None:
    """Try lon/lat shapes in other readings: as GCJ-02 or BD-09 taken for WGS 84, as WGS 84 that was taken for GCJ-02,
    and with longitude and latitude swapped. None when none fits clearly better than what is there.
    """
    now = fit(shapes)
    best = Suspicion("", now, now, 0.0)
    for name, reading in READINGS.items():
        moved = np.asarray(shapely.transform(shapes, reading), object)
        fits = fit(moved)
        if fits > best.fits:
            best = Suspicion(name, fits, now, _apart(shapes, moved))
    return best if best.reading and best.fits >= FITS and best.fits - now >= CLEARLY else None


def same(known: Shapes) -> Fit:
    """How much of each shape and its known twin both cover, as a share of what either covers."""

    def fit(shapes: Shapes) -> float:
        both = shapely.area(shapely.intersection(shapes, known))
        return float(np.mean(both / np.maximum(shapely.area(shapely.union(shapes, known)), 1e-18)))

    return fit


def inside(homes: Shapes) -> Fit:
    """How much of each shape lies in its known home."""

    def fit(shapes: Shapes) -> float:
        both = shapely.area(shapely.intersection(shapes, homes))
        return float(np.mean(both / np.maximum(shapely.area(shapes), 1e-18)))

    return fit


def wholly(homes: Sequence[Any]) -> Fit:
    """How many of the shapes lie wholly in one of the homes: for shapes of which nobody said in which."""
    tree = shapely.STRtree(np.array(homes, object))

    def fit(shapes: Shapes) -> float:
        covered = np.zeros(len(shapes), bool)
        covered[tree.query(shapely.buffer(shapes, -TOUCH), predicate="covered_by")[0]] = True
        return float(np.mean(covered))

    return fit


READINGS: dict[str, Callable[[Floats], Floats]] = {
    "gcj02": lambda xy: to_wgs84(xy, Datum.GCJ02),
    "bd09": lambda xy: to_wgs84(xy, Datum.BD09),
    "wgs84": lambda xy: from_wgs84(xy, Datum.GCJ02),
    "swapped": lambda xy: xy[:, ::-1],
}


def _apart(one: NDArray[Any], two: NDArray[Any]) -> float:
    """The median distance in metres between the centres of shapes."""
    a, b = (shapely.get_coordinates(shapely.centroid(shapes)) for shapes in (one, two))
    epsg = epsg_of(two[0])
    return float(np.median(np.hypot(*(xy_to_metres(a, epsg) - xy_to_metres(b, epsg)).T)))
