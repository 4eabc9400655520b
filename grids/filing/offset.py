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
SAMPLE = 200
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


def suspicion(shapes: Sequence[Any], homes: Sequence[Any], *, same: bool = False) -> Suspicion | None:
    """Compare lon/lat shapes with where they belong: `homes[i]` is the known area of shape i (or, `same`, itself).

    Tries them as GCJ-02 and BD-09 taken for WGS 84, as WGS 84 converted needlessly, and with longitude and latitude
    swapped; None when nothing fits clearly better than what is there.
    """
    pairs = [(shape, home) for shape, home in zip(shapes, homes, strict=True) if shape is not None and home is not None]
    if not pairs:
        return None
    step = max(1, len(pairs) // SAMPLE)
    drawn = np.array([shape for shape, _home in pairs[::step]], object)
    known = np.array([home for _shape, home in pairs[::step]], object)
    sound = shapely.is_valid(drawn) & shapely.is_valid(known)
    drawn, known = drawn[sound], known[sound]
    if not len(drawn):
        return None
    now = _fit(drawn, known, same)
    best = Suspicion("", now, now, 0.0)
    for name, reading in READINGS.items():
        moved = shapely.transform(drawn, reading)
        fits = _fit(moved, known, same)
        if fits > best.fits:
            best = Suspicion(name, fits, now, _apart(drawn, moved))
    return best if best.reading and best.fits >= FITS and best.fits - now >= CLEARLY else None


READINGS: dict[str, Callable[[Floats], Floats]] = {
    "gcj02": lambda xy: to_wgs84(xy, Datum.GCJ02),
    "bd09": lambda xy: to_wgs84(xy, Datum.BD09),
    "wgs84": lambda xy: from_wgs84(xy, Datum.GCJ02),
    "swapped": lambda xy: xy[:, ::-1],
}


def _fit(shapes: NDArray[Any], homes: NDArray[Any], same: bool) -> float:
    """The mean share of the shapes inside their homes (`same`: of what either covers that both cover)."""
    both = shapely.area(shapely.intersection(shapes, homes))
    whole = shapely.area(shapely.union(shapes, homes)) if same else shapely.area(shapes)
    return float(np.mean(both / np.maximum(whole, 1e-18)))


def _apart(one: NDArray[Any], two: NDArray[Any]) -> float:
    """The median distance in metres between the centres of shapes."""
    a, b = (shapely.get_coordinates(shapely.centroid(shapes)) for shapes in (one, two))
    epsg = epsg_of(two[0])
    return float(np.median(np.hypot(*(xy_to_metres(a, epsg) - xy_to_metres(b, epsg)).T)))
