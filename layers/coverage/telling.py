"""The parts of a circle's answer in words for JSON: origin, pace, area, gaps, and what the rings rest on."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import Polygon
from django.db.models import Count, Q

from gis.shared.counts import Told, told, told_rising
from gis.shared.functions import AsWKB
from gis.shared.geojson import mapping
from gis.shared.geometry import SRID
from grids.models import Boundary, Walled
from layers.coverage import circles
from layers.coverage.circles import Demand, Ring
from layers.coverage.demand import Box, Ground, inner_points
from layers.coverage.models import SpeedProfile
from layers.sites.models import Site
from layers.streets.models import Gate
from layers.streets.network import Walkable
from layers.streets.walking import FAR_SNAP_M, Snaps, WalkingNetwork

DIGITS = 7
YOUNG, OLD = 7, 60
"""Ages in full years: the very young are under the first, the old are at the second or over."""


def told_origin(
    origin_lonlat: tuple[float, float], site: Site | None, walkable: Walkable, walking: WalkingNetwork, origin: Snaps
) -> dict[str, Any]:
    """Where the walk begins: the position, its street and how far that is."""
    foot = walkable.degrees(shapely.Point(walking.foot(origin)[0]))
    return {
        "lon": origin_lonlat[0],
        "lat": origin_lonlat[1],
        "site": {"id": site.pk, "name": site.name, "name_zh": site.name_zh, "name_en": site.name_en} if site else None,
        "street": {"lon": round(foot.x, DIGITS), "lat": round(foot.y, DIGITS)},
        "walk_m": round(float(origin.walk[0]), 1),
        "far": bool(origin.walk[0] > FAR_SNAP_M),
    }


def told_profile(profile: SpeedProfile) -> dict[str, Any]:
    """The walking speed in use, as it must stand beside every figure."""
    return {
        "code": profile.code,
        "name": profile.name,
        "km_per_hour": float(profile.km_per_hour),
        "steps_allowed": profile.steps_allowed,
    }


def ages(bands: Sequence[float], land: Ground) -> tuple[int, int] | None:
    """The very young (under 7) and the old (60 and more) among residents by age band; None: not all counted so."""
    if any(n for n, row in zip(bands, land.age_bands, strict=True) if not row.known):
        return None
    young = int(sum(n for n, row in zip(bands, land.age_bands, strict=True) if (row.age_until or 999) <= YOUNG))
    old = int(sum(n for n, row in zip(bands, land.age_bands, strict=True) if row.age_from >= OLD))
    return young, old


def ring_ages(rings: Sequence[Ring], land: Ground, *, exact: bool) -> list[dict[str, Told | None] | None]:
    """The young and the old of each ring; rings hold each other, so small steps are not told either."""
    counted = [None if ring.residents is None else ages(ring.bands, land) for ring in rings]
    known = [pair for pair in counted if pair is not None]
    if len(known) < len(rings) or not known:
        return [None] * len(rings)
    young, old = zip(*known, strict=True)
    told_young, told_old = told_rising(young, exact=exact), told_rising(old, exact=exact)
    return [{"young": few, "old": many} for few, many in zip(told_young, told_old, strict=True)]


def told_ages(bands: Sequence[float], land: Ground, *, exact: bool) -> dict[str, Told] | None:
    """The young and the old of one area; None where they are not known."""
    counted = ages(bands, land)
    if counted is None:
        return None
    young, old = counted
    return {"young": told(young, exact=exact), "old": told(old, exact=exact)}


def told_basis(
    basis: Boundary | None, land: Ground, own: Demand, total: int | None, *, exact: bool
) -> dict[str, Any] | None:
    """The area that the share is of; `unknown` leaf areas have no figure and stay out of it."""
    if basis is None:
        return None
    return {
        "id": basis.area_id,
        "name": basis.name,
        "tier": basis.tier.code,
        "tier_name": basis.tier.name,
        "grids": len(np.unique(land.leaf[land.in_basis])),
        "residents": told(total, exact=exact),
        "ages": told_ages(np.nansum(own.bands, axis=0).tolist(), land, exact=exact) if total is not None else None,
        "unknown": int((land.in_basis & ~land.known).sum()) if total is not None else None,
    }


def told_gaps(
    gaps: Sequence[circles.Gap], land: Ground, profile: SpeedProfile, reached: shapely.Geometry, *, exact: bool
) -> list[dict[str, Any]]:
    """The compounds whose residents are not reached: a point to look at and what of them lies outside the circle.

    `minutes` null: farther than was searched, or no way at all.
    """
    facts = [land.facts[land.groups[gap.group]] for gap in gaps]
    points = inner_points([row["id"] for row in facts])
    shapes = dict(Boundary.objects.filter(pk__in=[row["id"] for row in facts]).values_list("pk", AsWKB("geometry")))
    return [
        {
            "id": row["area_id"],
            "name_zh": row["name_zh"],
            "name_en": row["name_en"],
            "residents": told(gap.residents, exact=exact),
            "minutes": math.ceil(profile.minutes(gap.metres)) if np.isfinite(gap.metres) else None,
            "whole": gap.whole,
            "cut_off": gap.cut_off,
            "lon": float(point[0]),
            "lat": float(point[1]),
            "shape": mapping(
                shapely.set_precision(
                    shapely.difference(shapely.from_wkb(bytes(shapes[row["id"]])), reached), 10.0**-DIGITS
                )
            ),
        }
        for gap, row, point in zip(gaps, facts, points, strict=True)
    ]


def told_network(walkable: Walkable, box: Box, moment: datetime) -> dict[str, Any]:
    """What the rings rest on, in the square: gates by how they are known, compounds not known to be walled.

    `stale`: a compound was drawn, moved or ended there after the network was made, which still has the former walls.
    """
    square = Polygon.from_bbox(box)
    square.srid = SRID
    near = Gate.objects.filter(geometry__bboverlaps=square)
    gates = {row["status"]: row["n"] for row in near.order_by().values("status").annotate(n=Count("pk"))}
    residents_only = near.exclude(status=Gate.Status.CLOSED).filter(open_to=Gate.OpenTo.RESIDENTS).count()
    compounds = Boundary.objects.of_tier("compound").filter(geometry__bboverlaps=square)
    made_at = walkable.made_at
    redrawn = compounds.filter(Q(valid_from__gt=made_at) | Q(valid_until__gt=made_at), valid_from__lte=moment)
    return {
        "version": str(getattr(walkable, "label", walkable.version)),
        "made_at": walkable.made_at,
        "gates": {status: gates.get(status, 0) for status in Gate.Status.values},
        "residents_only": residents_only,
        "walls_unknown": compounds.at(moment).filter(walled=Walled.UNKNOWN).count(),
        "stale": redrawn.exists(),
    }
