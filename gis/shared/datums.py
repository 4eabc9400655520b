"""WGS 84, CGCS2000, GCJ-02 and BD-09: named explicitly at every door, never guessed. Plain numpy.

GCJ-02 is the offset that Chinese commercial maps apply; its formula is public knowledge through open
implementations (e.g. the `eviltransform` project). The forward formula is exact; the inverse is iterated, because one
step errs by up to 4.8 m. CGCS2000 agrees with WGS 84 to centimetres and is taken as equal.
"""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SEMI_MAJOR = 6378245.0
ECCENTRICITY2 = 0.00669342162296594323
BD_PI = np.pi * 3000.0 / 180.0


class Datum(StrEnum):
    """The datums a coordinate may be given in."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def _offset(xy: Floats) -> Floats:
    """The GCJ-02 offset in degrees at WGS 84 points; zero outside its rectangle."""
    x, y = xy[:, 0] - 105.0, xy[:, 1] - 35.0
    root = np.sqrt(np.abs(x))
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    dlat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    dlat += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    dlat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    dlon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    dlon += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    dlon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    radians = np.radians(xy[:, 1])
    magic = 1.0 - ECCENTRICITY2 * np.sin(radians) ** 2
    dlat = dlat * 180.0 / ((SEMI_MAJOR * (1.0 - ECCENTRICITY2)) / (magic * np.sqrt(magic)) * np.pi)
    dlon = dlon * 180.0 / (SEMI_MAJOR / np.sqrt(magic) * np.cos(radians) * np.pi)
    inside = (xy[:, 0] > 72.004) & (xy[:, 0] < 137.8347) & (xy[:, 1] > 0.8293) & (xy[:, 1] < 55.8271)
    return np.column_stack([np.where(inside, dlon, 0.0), np.where(inside, dlat, 0.0)])


def wgs84_to_gcj02(xy: Floats) -> Floats:
    """(n, 2) lon, lat in WGS 84 → GCJ-02."""
    xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    return np.asarray(xy + _offset(xy))


def gcj02_to_wgs84(xy: Floats) -> Floats:
    """(n, 2) lon, lat in GCJ-02 → WGS 84, iterated until a step is under 1e-10 degree (0.01 mm)."""
    target = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    guess = target.copy()
    for _step in range(12):
        step = target - (guess + _offset(guess))
        guess = guess + step
        if not np.any(np.abs(step) > 1e-10):
            break
    return guess


def gcj02_to_bd09(xy: Floats) -> Floats:
    """(n, 2) lon, lat in GCJ-02 → BD-09."""
    xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    x, y = xy[:, 0], xy[:, 1]
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * BD_PI)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * BD_PI)
    return np.asarray(np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006]))


def bd09_to_gcj02(xy: Floats) -> Floats:
    """(n, 2) lon, lat in BD-09 → GCJ-02, iterated like the GCJ-02 inverse."""
    target = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    guess: Floats = target - np.array([0.0065, 0.006])
    for _step in range(12):
        step = target - gcj02_to_bd09(guess)
        guess = guess + step
        if not np.any(np.abs(step) > 1e-10):
            break
    return guess


def to_wgs84(xy: Floats, datum: Datum) -> Floats:
    """(n, 2) lon, lat in a named datum → WGS 84."""
    xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    if datum is Datum.GCJ02:
        return gcj02_to_wgs84(xy)
    if datum is Datum.BD09:
        return gcj02_to_wgs84(bd09_to_gcj02(xy))
    return xy


def from_wgs84(xy: Floats, datum: Datum) -> Floats:
    """(n, 2) lon, lat in WGS 84 → a named datum."""
    xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    if datum is Datum.GCJ02:
        return wgs84_to_gcj02(xy)
    if datum is Datum.BD09:
        return gcj02_to_bd09(wgs84_to_gcj02(xy))
    return xy
