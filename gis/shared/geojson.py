"""GeoJSON in (from strangers) and out (to the map). Plain shapely; lon, lat order; nothing is repaired."""

import json
import math
from typing import Any

import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from gis.shared.errors import Invalid

MAX_VERTICES = 20_000
DEEPEST = 3
"""Brackets in the path to a position of a MultiPolygon: part, ring, position."""


def feature(geometry: BaseGeometry | None, **properties: Any) -> dict[str, Any]:
    """One GeoJSON Feature; `id` becomes the feature's id."""
    document: dict[str, Any] = {"type": "Feature", "geometry": mapping(geometry), "properties": properties}
    if "id" in properties:
        document["id"] = properties.pop("id")
    return document


def collection(features: list[dict[str, Any]], **extra: Any) -> dict[str, Any]:
    """A FeatureCollection with foreign members beside the features."""
    return {"type": "FeatureCollection", "features": features, **extra}


def mapping(geometry: BaseGeometry | None) -> dict[str, Any] | None:
    """A geometry as a GeoJSON dict, full precision."""
    if geometry is None or geometry.is_empty:
        return None
    document: dict[str, Any] = json.loads(shapely.to_geojson(geometry))
    return document


def _positions(value: Any, path: str) -> int:
    """Count positions below `value`; raise Invalid at the first that is no pair of finite degrees."""
    if not isinstance(value, list) or path.count("[") > DEEPEST:
        raise _bad(path, _("a list of coordinates was expected"))
    if value and not isinstance(value[0], list):
        numbers = all(isinstance(number, int | float) and not isinstance(number, bool) for number in value)
        if not numbers or not 2 <= len(value) <= 3 or not all(_finite(number) for number in value):
            raise _bad(path, _("a position is two finite numbers, longitude and latitude"))
        lon, lat = value[:2]
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            swapped = -90 <= lon <= 90 and -180 <= lat <= 180
            hint = _("longitude and latitude look swapped") if swapped else _("outside the earth's degrees")
            raise _bad(path, f"[{lon}, {lat}]: {hint}")
        return 1
    total = 0
    for index, item in enumerate(value):
        total += _positions(item, f"{path}[{index}]")
        if total > MAX_VERTICES:
            raise _bad(path, _("more than %(most)d vertices") % {"most": MAX_VERTICES})
    return total


def _finite(number: float) -> bool:
    """False for NaN, infinity and whole numbers too long for a float."""
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def _bad(path: str, reason: str) -> Invalid:
    """The problem for one spot of a GeoJSON document."""
    return Invalid(f"{path}: {reason}", code="bad-geometry", fields={"geometry": f"{path}: {reason}"})


def polygons_from(document: Any) -> shapely.MultiPolygon:
    """A stranger's GeoJSON Polygon or MultiPolygon → MultiPolygon (2-D, lon, lat), not repaired and maybe invalid.

    Raises Invalid naming the spot: wrong type, NaN, swapped or impossible degrees, unclosed or short rings, too many
    vertices.
    """
    if not isinstance(document, dict) or document.get("type") not in ("Polygon", "MultiPolygon"):
        found = document.get("type") if isinstance(document, dict) else type(document).__name__
        raise _bad("geometry", _("a Polygon or MultiPolygon was expected, %(found)s was sent") % {"found": found})
    coordinates = document.get("coordinates")
    _positions(coordinates, "coordinates")
    parts = [coordinates] if document["type"] == "Polygon" else coordinates
    polygons = [_polygon(part, f"coordinates[{index}]") for index, part in enumerate(parts or [])]
    if not polygons:
        raise _bad("coordinates", _("the shape is empty"))
    return shapely.MultiPolygon(polygons)


def _polygon(rings: Any, path: str) -> shapely.Polygon:
    """One polygon from its rings, each closed and of four positions or more."""
    if not isinstance(rings, list) or not rings:
        raise _bad(path, _("the shape is empty"))
    shells = []
    for index, ring in enumerate(rings):
        spot = f"{path}[{index}]"
        if (
            not isinstance(ring, list)
            or len(ring) < 4
            or not all(isinstance(p, list) and p and not isinstance(p[0], list) for p in ring)
        ):
            raise _bad(spot, _("a ring has four positions or more"))
        if ring[0][:2] != ring[-1][:2]:
            raise _bad(spot, _("the ring is not closed: the last position must equal the first"))
        shells.append([position[:2] for position in ring])
    return shapely.Polygon(shells[0], shells[1:])


def point_from(lon: float, lat: float) -> shapely.Point:
    """A stranger's longitude and latitude → Point; raises Invalid with the reason."""
    _positions([lon, lat], "lon, lat")
    return shapely.Point(lon, lat)
