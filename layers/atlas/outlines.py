"""Simplified outlines and places of names, made beforehand by the worker: a tile that finds none does without.

Each tier is simplified as the coverage it is, all areas at once, so that an edge shared by two stays shared to the
last bit; the tile then rounds both the same way and no gap can open. When anything of a tier changes, its outlines
stop counting at once (tiles are drawn as stored) until the next round.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import shapely
from django.db import connection, transaction
from pyproj import Transformer

from gis.shared.functions import AsWKB
from gis.shared.geometry import metric_epsg, to_metres, xy_to_degrees
from gis.shared.tables import copy_rows
from grids.models import Boundary
from layers.atlas.bands import bands, tolerance_m
from layers.atlas.models import Anchor, Outline, Simplification
from layers.atlas.registry import LAYERS

QUIET = timedelta(seconds=10)
"""A tier that was edited so lately is left alone: the next edit would undo the work."""
LOCK = 0x746C6573
BATCH = 20_000
CONVEX = 0.98
"""Shapes that fill so much of their hull are named in their centre."""
PRECISION_M = 0.5
SOUND = """
SELECT made.band FROM atlas_simplification made WHERE made.layer = %s AND NOT EXISTS (
    SELECT 1 FROM atlas_edit edit WHERE edit.layer = made.layer AND (
        NOT pg_visible_in_snapshot(edit.written_by, made.seen) OR (edit.at > made.made_at AND edit.at <= %s)))
"""


def renew(*, now: datetime, patient: bool = True) -> dict[str, int]:
    """Simplify the tiers that need it and find places for new names; `patient` waits until edits have paused.

    Returns how many outlines and places were made. One process at a time; another returns at once.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return {"outlines": 0, "anchors": 0}
        outlines = 0
        for layer in LAYERS:
            wanted = set(bands(layer)) - _sound(layer.name, now=now)
            if wanted and not (patient and _lively(layer.name, now=now)):
                outlines += _simplify(layer.name, sorted(wanted), now=now)
        return {"outlines": outlines, "anchors": _anchor()}


def _sound(layer: str, *, now: datetime) -> set[int]:
    """The bands of a layer whose outlines still count."""
    with connection.cursor() as cursor:
        cursor.execute(SOUND, [layer, now])
        return {band for (band,) in cursor.fetchall()}


def _lively(layer: str, *, now: datetime) -> bool:
    """Whether a layer was edited a moment ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM atlas_edit WHERE layer = %s AND written_at > %s)", [layer, now - QUIET]
        )
        return bool(cursor.fetchone()[0])


def _simplify(layer: str, wanted: Iterable[int], *, now: datetime) -> int:
    """Simplify one tier for some bands, from what one statement sees of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_current_snapshot()::text, array_agg(boundary.id ORDER BY boundary.id),"
            " array_agg(ST_AsBinary(boundary.geometry) ORDER BY boundary.id) FROM grids_boundary boundary"
            " JOIN grids_tier tier ON tier.id = boundary.tier_id WHERE tier.code = %s AND boundary.valid_from <= %s"
            " AND (boundary.valid_until IS NULL OR boundary.valid_until > %s)",
            [layer, now, now],
        )
        seen, ids, wkb = cursor.fetchone()
    stored = shapely.from_wkb([bytes(one) for one in wkb]) if ids else np.empty(0, dtype=object)
    shapes = shapely.transform(stored, mercator)
    made = 0
    for band in wanted:
        Simplification.objects.filter(layer=layer, band=band).delete()
        tolerance = tolerance_m(band)
        row = Simplification.objects.create(layer=layer, band=band, tolerance_m=tolerance, made_at=now, seen=seen)
        coarse = shapely.coverage_simplify(shapes, tolerance) if len(shapes) else shapes
        hexes = shapely.to_wkb(shapely.set_srid(coarse, 3857), hex=True, include_srid=True)
        copied = zip(ids or [], hexes, strict=True)
        made += copy_rows(Outline, ["simplification_id", "boundary", "geometry"], ((row.pk, *one) for one in copied))
    return made


def mercator(lonlat: Any) -> Any:
    """(n, 2) lon, lat → EPSG:3857, as PostGIS counts it."""
    return np.column_stack(_TO_MERCATOR.transform(lonlat[:, 0], lonlat[:, 1]))


_TO_MERCATOR = Transformer.from_crs(4326, 3857, always_xy=True)


def _anchor() -> int:
    """Find a place for the name of every boundary in force that has none yet."""
    missing = Boundary.objects.still().exclude(pk__in=Anchor.objects.values("boundary")).order_by("pk")
    made = 0
    while rows := list(missing.annotate(wkb=AsWKB("geometry")).values_list("pk", "wkb")[:BATCH]):
        places, rooms = places_of_names(shapely.from_wkb([bytes(wkb) for _pk, wkb in rows]))
        columns = ["boundary", "lon", "lat", "room_m"]
        found = zip((pk for pk, _wkb in rows), places.tolist(), rooms.tolist(), strict=True)
        made += copy_rows(Anchor, columns, ((pk, lon, lat, room) for pk, (lon, lat), room in found))
    return made


def places_of_names(shapes: Any) -> tuple[Any, Any]:
    """Where the names of lon, lat polygons stand, (n, 2) degrees, and the metres from there to the nearest edge.

    The centre of shapes that are (nearly) convex, else the centre of the largest circle inside.
    """
    west, south, east, north = shapely.total_bounds(shapes)
    epsg = metric_epsg(float(west + east) / 2, float(south + north) / 2)
    ground = to_metres(shapes, epsg)
    middle = shapely.centroid(ground)
    full = shapely.area(ground) >= CONVEX * shapely.area(shapely.convex_hull(ground))
    simple = full & shapely.contains_properly(ground, middle)
    rooms = shapely.distance(middle, shapely.boundary(ground))
    xy = shapely.get_coordinates(middle)
    for at in np.flatnonzero(~simple):
        radius = shapely.maximum_inscribed_circle(ground[at], tolerance=PRECISION_M)  # from the centre to the edge
        xy[at] = shapely.get_coordinates(radius)[0]
        rooms[at] = shapely.length(radius)
    return xy_to_degrees(xy, epsg), rooms
