"""Where a site stands: which areas it lies in, and what a person should look at before it is stored there."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection
from django.utils.translation import gettext as _

from gis.shared.errors import Conflict, Invalid
from gis.shared.geometry import Floats
from grids.models import Boundary, Tier
from layers.sites.models import SiteKind

OFF_NETWORK_M = 100
"""A site farther from every street is told: nobody who walks gets there."""
NEAREST = 4
"""Streets nearest in degrees among which the nearest in metres is looked for."""

_GROUND = """
SELECT given.lon, given.lat,
    coalesce((SELECT json_agg(json_build_array(b.area_id, tier.rank) ORDER BY tier.rank DESC)
        FROM grids_boundary b JOIN grids_tier tier ON tier.id = b.tier_id
        WHERE b.valid_from <= %(now)s AND (b.valid_until IS NULL OR b.valid_until > %(now)s)
          AND ST_Intersects(b.geometry, given.point)), '[]'),
    EXISTS (SELECT FROM streets_feature water
        WHERE water.kind = 'water' AND ST_Intersects(water.geometry, given.point)),
    (SELECT min(ST_Distance(near.geometry::geography, given.point::geography)) FROM (
        SELECT way.geometry FROM streets_way way WHERE way.walkable
        ORDER BY way.geometry <-> given.point LIMIT %(nearest)s) near)
FROM (SELECT n, lon, lat, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS point
      FROM unnest(%(lon)s::float8[], %(lat)s::float8[]) WITH ORDINALITY AS row_(lon, lat, n)) given
ORDER BY given.n
"""
_AWAY = """
SELECT ST_Distance(b.geometry::geography, ST_SetSRID(ST_MakePoint(%s, %s), 4326)::geography) FROM grids_boundary b
WHERE b.area_id = %s AND b.valid_from <= %s AND (b.valid_until IS NULL OR b.valid_until > %s)
"""


@dataclass(frozen=True, slots=True)
class Spot:
    """One position (degrees): the areas it lies in, deepest first, with ranks; in water; metres to the next street."""

    lon: float
    lat: float
    areas: tuple[tuple[uuid.UUID, int], ...]
    water: bool
    street_m: float | None


@dataclass(frozen=True, slots=True)
class Caution:
    """What a person should look at; stored all the same when its code is agreed to."""

    code: str
    message: str

    def told(self) -> dict[str, str]:
        """For the page."""
        return {"code": self.code, "message": self.message}


def spots(xy: Floats, *, now: datetime) -> list[Spot]:
    """The positions of (n, 2) lon, lat in degrees, in their order, looked up in one statement."""
    told = {"lon": xy[:, 0].tolist(), "lat": xy[:, 1].tolist(), "now": now, "nearest": NEAREST}
    with connection.cursor() as cursor:
        cursor.execute(_GROUND, told)
        return [
            Spot(lon, lat, tuple((uuid.UUID(area), rank) for area, rank in _listed(areas)), water, street)
            for lon, lat, areas, water, street in cursor.fetchall()
        ]


def _listed(value: Any) -> Any:
    """A JSON value, whether the driver read it or not."""
    return json.loads(value) if isinstance(value, str) else value


def area_for(spot: Spot, kind: SiteKind, *, asked: uuid.UUID | None, now: datetime) -> uuid.UUID:
    """The area a site of this kind serves: the one asked for, or the deepest here that the kind may serve.

    Raises Invalid when it lies in no area, or the area is none for this kind.
    """
    deepest = _rank(kind)
    if asked is not None:
        row = Boundary.objects.at(now).filter(area_id=asked).select_related("tier").first()
        if row is None:
            raise _wrong(_("There is no such area now."), code="no-area", field="area")
        if row.tier.rank > deepest:
            words = _("%(kind)s: it may not serve an area as small as %(area)s (%(tier)s).")
            raise _wrong(
                words % {"kind": kind.name, "area": row.name, "tier": row.tier.name}, code="too-small", field="area"
            )
        return asked
    found = next((area for area, rank in spot.areas if rank <= deepest), None)
    if found is None:
        if spots_swapped(spot, now=now):
            raise _wrong(_("This place lies in no area; with longitude and latitude swapped it would."), code="swapped")
        raise _wrong(_("This place lies in no area of the map."), code="outside")
    return found


def spots_swapped(spot: Spot, *, now: datetime) -> bool:
    """Whether the position would lie in an area with its two numbers swapped."""
    if abs(spot.lon) > 90:
        return False
    return bool(spots(np.array([[spot.lat, spot.lon]]), now=now)[0].areas)


def cautions(spot: Spot, area: uuid.UUID, *, now: datetime) -> list[Caution]:
    """What is odd about a site that stands here and serves this area."""
    found = []
    if spot.water:
        found.append(Caution("water", _("This place lies in the water.")))
    if spot.street_m is not None and spot.street_m > OFF_NETWORK_M:
        words = _("The nearest street that can be walked on is %(metres)d m away: nobody gets here on foot.")
        found.append(Caution("off-network", words % {"metres": round(spot.street_m)}))
    if area not in {one for one, _rank in spot.areas}:
        words = _("It lies %(metres)d m outside the area it serves.")
        found.append(Caution("outside-area", words % {"metres": round(_away(spot, area, now))}))
    return found


def demand_agreed(found: Sequence[Caution], agreed: Sequence[str]) -> None:
    """Go on, or raise Conflict with all cautions when a person has not agreed to one of them."""
    if any(one.code not in agreed for one in found):
        raise Conflict(
            " ".join(one.message for one in found), code="not-agreed", cautions=[one.told() for one in found]
        )


def _away(spot: Spot, area: uuid.UUID, now: datetime) -> float:
    """Metres from a position to an area."""
    with connection.cursor() as cursor:
        cursor.execute(_AWAY, [spot.lon, spot.lat, area, now, now])
        row = cursor.fetchone()
    return float(row[0]) if row else 0.0


def _rank(kind: SiteKind) -> int:
    """The rank of the smallest areas a kind may serve."""
    if kind.tier is not None:
        return int(kind.tier.rank)
    return int(max(Tier.objects.values_list("rank", flat=True), default=0))


def _wrong(words: str, *, code: str, field: str = "place") -> Invalid:
    """A position or an area that cannot be, beside its field."""
    return Invalid(words, code=code, fields={field: words})
