"""The fixed grid, the metric zone and the way between degrees and metres. Plain shapely and numpy."""

from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

GRID_DEGREES = 1e-8
"""Stored coordinates lie on this grid: about a millimetre."""
GRID_UNITS = 100_000_000
"""Grid units in a degree, so that coordinates are exact integers."""
SRID = 4326
Floats = NDArray[np.float64]


def snap_coordinates(xy: Floats) -> Floats:
    """(n, 2) lon, lat in degrees → the nearest points of the fixed grid, the same doubles PostGIS stores."""
    return np.asarray(np.rint(np.asarray(xy, dtype=np.float64) * GRID_UNITS) / GRID_UNITS)


def snap_to_grid(geometry: Any) -> Any:
    """A geometry or an array of them with every coordinate on the fixed grid (validity is not repaired)."""
    return shapely.transform(geometry, snap_coordinates)


def metric_epsg(lon: float, lat: float) -> int:
    """EPSG code of the place's metric zone: CGCS2000 3-degree zone inside 75–135° E (4534–4554), UTM elsewhere."""
    if 73.5 <= lon < 136.5 and 16 <= lat <= 56:
        meridian = min(135, max(75, round(lon / 3) * 3))
        return 4534 + (meridian - 75) // 3
    zone = min(60, max(1, int((lon + 180) // 6) + 1))
    return (32600 if lat >= 0 else 32700) + zone


@lru_cache(maxsize=64)
def transformer(epsg: int, *, inverse: bool = False) -> Transformer:
    """pyproj's transformer between lon, lat and easting, northing of a zone (x east, y north, whatever the axes)."""
    degrees, metres = CRS.from_epsg(SRID), CRS.from_epsg(epsg)
    source, target = (metres, degrees) if inverse else (degrees, metres)
    return Transformer.from_crs(source, target, always_xy=True)


def xy_to_metres(xy: Floats, epsg: int) -> Floats:
    """(n, 2) lon, lat → (n, 2) easting, northing in metres."""
    xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    return np.column_stack(transformer(epsg).transform(xy[:, 0], xy[:, 1]))


def xy_to_degrees(xy: Floats, epsg: int) -> Floats:
    """(n, 2) easting, northing in metres → (n, 2) lon, lat (not snapped)."""
    xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    return np.column_stack(transformer(epsg, inverse=True).transform(xy[:, 0], xy[:, 1]))


def to_metres(geometry: Any, epsg: int) -> Any:
    """A geometry (or array) in lon, lat → the zone's metres."""
    return shapely.transform(geometry, lambda xy: xy_to_metres(xy, epsg))


def to_degrees(geometry: Any, epsg: int) -> Any:
    """A geometry (or array) in the zone's metres → lon, lat (not snapped)."""
    return shapely.transform(geometry, lambda xy: xy_to_degrees(xy, epsg))


def epsg_of(geometry: BaseGeometry) -> int:
    """The metric zone at the centre of a lon, lat geometry's envelope; raises ValueError when it is empty."""
    if geometry.is_empty:
        raise ValueError("an empty geometry has no place")
    west, south, east, north = geometry.bounds
    return metric_epsg((west + east) / 2, (south + north) / 2)


def area_m2(geometry: BaseGeometry) -> float:
    """Area in square metres of a lon, lat geometry, in its metric zone."""
    return 0.0 if geometry.is_empty else float(to_metres(geometry, epsg_of(geometry)).area)


def as_multipolygon(geometry: BaseGeometry) -> shapely.MultiPolygon:
    """The polygons of a geometry as one MultiPolygon; raises ValueError when lines or points are among them."""
    parts = [part for part in shapely.get_parts(geometry) if not part.is_empty]
    if any(part.geom_type != "Polygon" for part in parts):
        raise ValueError(f"polygons are wanted, {geometry.geom_type} was given")
    return shapely.MultiPolygon(parts)
