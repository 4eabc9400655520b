"""The web's tile scheme (z/x/y in EPSG:3857), as plain numbers."""

import math

MAX_ZOOM = 22


def exists(z: int, x: int, y: int) -> bool:
    """Whether there is such a tile."""
    return 0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z


def bounds(z: int, x: int, y: int, *, margin: float = 0.0) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees; `margin` is a share of the tile's side added around it."""
    return (_lon(z, x - margin), _lat(z, y + 1 + margin), _lon(z, x + 1 + margin), _lat(z, y - margin))


def _lon(z: int, x: float) -> float:
    """Longitude of a column's western edge."""
    return max(-180.0, min(180.0, math.ldexp(x, -z) * 360.0 - 180.0))


def _lat(z: int, y: float) -> float:
    """Latitude of a row's northern edge."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - math.ldexp(y, 1 - z)))))
