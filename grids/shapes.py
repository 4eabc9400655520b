"""Plain logic: what a client sent, read as a MultiPolygon on the grid, or told what is wrong and where."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import shapely
from shapely import MultiPolygon, Point, Polygon

from grids.noding import on_grid
from grids.topology import Finding

MAX_VERTICES = 20_000
"""A boundary with more vertices than this is a mistake or an attack."""


class NotAShape(ValueError):
    """What was sent cannot be read as an area; carries the finding that says why."""

    def __init__(self, code: str, *, place: shapely.Geometry | None = None, **numbers: float) -> None:
        super().__init__(code)
        self.finding = Finding(code=code, place=place, numbers=numbers)


def read_shape(sent: Any) -> MultiPolygon:
    """GeoJSON Polygon or MultiPolygon, [lon, lat] in degrees, → MultiPolygon on the grid; raises NotAShape.

    Codes: wrong_type, empty, too_many, not_finite, swapped, out_of_range, unclosed, too_short.
    """
    if not isinstance(sent, dict):
        raise NotAShape("wrong_type")
    coordinates = sent.get("coordinates")
    if sent.get("type") == "Polygon":
        coordinates = [coordinates]
    elif sent.get("type") != "MultiPolygon":
        raise NotAShape("wrong_type")
    rings = list(_rings(coordinates))
    if not rings:
        raise NotAShape("empty")
    count = sum(len(ring) for _, ring in rings)
    if count > MAX_VERTICES:
        raise NotAShape("too_many", count=count, limit=MAX_VERTICES)
    parts: dict[int, list[list[tuple[float, float]]]] = {}
    for part, ring in rings:
        parts.setdefault(part, []).append(_ring(ring))
    shape = on_grid(MultiPolygon([Polygon(rings[0], rings[1:]) for rings in parts.values()]))
    if shape.is_empty:
        raise NotAShape("empty", place=Point(parts[0][0][0]))
    return shape


def _rings(coordinates: Any) -> Iterator[tuple[int, list[Any]]]:
    """(part, ring) of GeoJSON MultiPolygon coordinates."""
    if not isinstance(coordinates, list):
        raise NotAShape("wrong_type")
    for at, part in enumerate(coordinates):
        if not isinstance(part, list):
            raise NotAShape("wrong_type")
        for ring in part:
            if not isinstance(ring, list):
                raise NotAShape("wrong_type")
            yield at, ring


def _ring(ring: list[Any]) -> list[tuple[float, float]]:
    """One closed ring of at least three different corners."""
    points = [_point(point) for point in ring]
    if len(set(points)) < 3:
        raise NotAShape("too_short", place=Point(points[0]) if points else None)
    if points[0] != points[-1]:
        raise NotAShape("unclosed", place=shapely.LineString([points[-1], points[0]]))
    return points


def _point(point: Any) -> tuple[float, float]:
    """[lon, lat] as two finite numbers on the earth; a third number (height) is left out."""
    if not isinstance(point, list) or len(point) not in (2, 3):
        raise NotAShape("wrong_type")
    if any(isinstance(number, bool) or not isinstance(number, int | float) for number in point):
        raise NotAShape("not_finite" if None in point or any(isinstance(n, str) for n in point) else "wrong_type")
    try:
        lon, lat = float(point[0]), float(point[1])
    except OverflowError:
        raise NotAShape("not_finite") from None
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise NotAShape("not_finite")
    if abs(lat) > 90 and abs(lat) <= 180 and abs(lon) <= 90:
        raise NotAShape("swapped", place=Point(lat, lon))
    if abs(lon) > 180 or abs(lat) > 90:
        raise NotAShape("out_of_range", lon=lon, lat=lat)
    return lon, lat
