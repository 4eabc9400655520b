"""What stands round a pin before anything is reported: borders close to it, areas that may be named instead."""

import math
import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.contrib.gis.db.models.functions import PointOnSurface
from django.contrib.gis.geos import Point
from django.db.models import Exists, OuterRef

from gis.shared.geojson import point_from
from gis.shared.geometry import GRID_DEGREES, metric_epsg, to_metres
from grids.models import Boundary
from grids.permissions import chain_ids
from layers.tickets.precision import METRES_IN_A_DEGREE

BORDER_M = 3.0
"""So near to a border a pin is said to lie, whoever put it there."""
MOST_M = 30.0
"""A worse accuracy than this says nothing about one border."""
MOST_CHOICES = 500
DIGITS = round(-math.log10(GRID_DEGREES))


def border_metres(accuracy_m: float | None) -> float:
    """How near a border has to be to be named: as near as the position is sure, 3 m to 30 m."""
    return BORDER_M if accuracy_m is None else max(BORDER_M, min(accuracy_m, MOST_M))


def edge_m(boundary: Boundary, lon: float, lat: float) -> float:
    """Metres from a point to the edge of an area."""
    epsg = metric_epsg(lon, lat)
    return round(float(to_metres(boundary.shape.boundary, epsg).distance(to_metres(point_from(lon, lat), epsg))), 1)


def borders(
    lon: float, lat: float, metres: float, chain: Collection[uuid.UUID], now: datetime
) -> list[tuple[Boundary, float]]:
    """Areas that begin within so many metres of a point and are not in its chain, nearest first, with the metres.

    Of areas that lie in one another only the deepest: whoever answers across a border is asked for there.
    """
    high = metres / METRES_IN_A_DEGREE * 1.1
    wide = high / max(0.01, math.cos(math.radians(lat)))
    near = Boundary.objects.at(now).near(lon - wide, lat - high, lon + wide, lat + high)
    rows = near.exclude(area_id__in=chain).filter(geometry__dwithin=(Point(lon, lat, srid=4326), wide))
    epsg = metric_epsg(lon, lat)
    point = to_metres(point_from(lon, lat), epsg)
    found = [(row, float(to_metres(row.shape, epsg).distance(point))) for row in rows.select_related("tier")]
    found = [(row, away) for row, away in found if away <= metres]
    above = {row.parent_id for row, _away in found}
    deepest = [(row, round(away, 1)) for row, away in found if row.area_id not in above]
    return sorted(deepest, key=lambda one: (one[1], one[0].code))


def across(
    lon: float, lat: float, accuracy_m: float | None, chain: Collection[uuid.UUID], now: datetime
) -> list[uuid.UUID]:
    """The areas across a border close to a point, with all above them that are not in its chain; mostly none."""
    found: dict[uuid.UUID, None] = {}
    for row, _away in borders(lon, lat, border_metres(accuracy_m), chain, now):
        found |= dict.fromkeys(chain_ids(row.area_id, now=now))
    return [area for area in found if area not in set(chain)]


def choices(areas: list[uuid.UUID], now: datetime, *, below: bool) -> list[dict[str, Any]]:
    """These areas, or the areas right below them, for a list to choose from; each with a point inside it (degrees)."""
    present = Boundary.objects.at(now)
    rows = present.filter(parent_id__in=areas) if below else present.filter(area_id__in=areas)
    rows = rows.select_related("tier").annotate(
        inner=PointOnSurface("geometry"), deeper=Exists(present.filter(parent_id=OuterRef("area_id")))
    )
    return [
        {
            "id": str(row.area_id),
            "name": row.name,
            "code": row.code,
            "tier": row.tier.code,
            "tier_name": row.tier.name,
            "lon": round(row.inner.x, DIGITS),
            "lat": round(row.inner.y, DIGITS),
            "deeper": row.deeper,
        }
        for row in rows.defer("geometry").order_by("tier__rank", "code")[:MOST_CHOICES]
    ]
