"""Questions about the ground that need more than a filter: which areas own a point (many points: grids.ground)."""

import uuid
from datetime import datetime
from functools import lru_cache

import numpy as np
import shapely
from django.db import connection
from django.db.models import F
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from gis.shared.errors import Invalid
from gis.shared.functions import AsWKB
from gis.shared.geometry import snap_coordinates
from grids.covering import Floats, Shapes, shapes_of
from grids.locating import locate_one
from grids.models import Boundary
from grids.models.area import BoundaryQuerySet

# One question after the other for each grid, what most answer first: joined, 89,000 are asked for a community's.
# Unit, building, compound: there is no grid above the third.
WITHOUT = """
WITH grid AS MATERIALIZED ({grids})
SELECT count(*) FROM grid AS grid (area, parent) WHERE NOT (
    EXISTS (SELECT FROM grids_population own
            WHERE own.area_id = area AND own.valid_from <= %s AND (own.valid_until IS NULL OR own.valid_until > %s))
    OR EXISTS (SELECT FROM grids_boundary below
               WHERE below.parent_id = area
                 AND below.valid_from <= %s AND (below.valid_until IS NULL OR below.valid_until > %s))
    OR EXISTS (SELECT FROM grids_population above
               WHERE above.area_id = parent
                 AND above.valid_from <= %s AND (above.valid_until IS NULL OR above.valid_until > %s))
    OR EXISTS (SELECT FROM grids_boundary between_them JOIN grids_population top ON top.area_id = between_them.parent_id
               WHERE between_them.area_id = parent
                 AND between_them.valid_from <= %s
                 AND (between_them.valid_until IS NULL OR between_them.valid_until > %s)
                 AND top.valid_from <= %s AND (top.valid_until IS NULL OR top.valid_until > %s)))
"""
NO_CANDIDATE = -2  # a parent that is not near the point: its children are never reached


def locate(lon: float, lat: float, *, moment: datetime) -> list[Boundary]:
    """The boundaries that own a point (lon, lat in degrees) at a moment, from the top down to the deepest.

    Empty outside every area; the geometry of the rows is deferred. Raises Invalid when this is no position.
    """
    spot = _spots(np.array([[lon, lat]]))
    return _chains(spot, Boundary.objects.at(moment).containing(*spot[0].tolist()))[0]


def locate_all(xy: Floats, *, moment: datetime) -> list[list[Boundary]]:
    """The same for each of a few (n, 2) lon, lat, some dozens: all of them cost hardly more questions than one."""
    spots = _spots(xy)
    near = RawSQL(
        """
        SELECT met.id FROM unnest(%s::float8[], %s::float8[]) AS spot (lon, lat)
        JOIN grids_boundary met ON met.geometry && ST_SetSRID(ST_MakePoint(spot.lon, spot.lat), 4326)
        """,
        spots.T.tolist(),
    )
    return _chains(spots, Boundary.objects.at(moment).filter(pk__in=near))


def grids_without_residents(area: uuid.UUID, moment: datetime) -> int:
    """How many of the deepest grids at and below an area have no count of residents, neither own nor from above.

    A sum over the area leaves them out: whoever tells the sum tells this too.
    """
    grids = Boundary.objects.inside(area, moment).filter(tier__grid_level__isnull=False)
    sql, params = grids.order_by().values_list("area_id", "parent_id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(WITHOUT.format(grids=sql), [*params, *([moment] * 10)])
        return int(cursor.fetchone()[0])


def _spots(xy: Floats) -> Floats:
    """Positions in degrees on the fixed grid; raises Invalid where one is none."""
    if not (np.abs(xy) <= (180, 90)).all():  # false for NaN
        raise Invalid(_("This is not a longitude and latitude in degrees."), code="bad-position")
    return snap_coordinates(xy)


def _chains(spots: Floats, near: BoundaryQuerySet) -> list[list[Boundary]]:
    """Who owns each of some points among the boundaries whose envelopes hold any, top first."""
    rows = list(near.select_related("tier").defer("geometry"))
    position = {row.area_id: number for number, row in enumerate(rows)}
    shapes = _shapes([row.pk for row in rows])
    parents = [-1 if row.parent_id is None else position.get(row.parent_id, NO_CANDIDATE) for row in rows]
    keys = [(row.tier.rank, row.code, str(row.area_id)) for row in rows]
    chains = (locate_one(lon, lat, shapes, parents=parents, keys=keys) for lon, lat in spots.tolist())
    return [[rows[number] for number in chain] for chain in chains]


@lru_cache(maxsize=1024)
def _slot(boundary: uuid.UUID) -> list[Shapes]:
    """Where this process keeps a boundary's prepared edges; a version's shape never changes, so never stale."""
    return []


def _shapes(boundaries: list[uuid.UUID]) -> list[Shapes]:
    """Prepared edges of boundaries by primary key; one query for those not kept yet."""
    slots = [_slot(pk) for pk in boundaries]
    empty = {pk: slot for pk, slot in zip(boundaries, slots, strict=True) if not slot}
    if empty:
        for pk, wkb in Boundary.objects.filter(pk__in=empty).values_list("pk", AsWKB(F("geometry"))):
            empty[pk].append(shapes_of(np.array([shapely.from_wkb(bytes(wkb))], dtype=object)))
    return [slot[0] for slot in slots]
