"""The parts of a circle's answer in words for JSON: origin, pace, area, gaps, and what the rings rest on."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import Polygon
from django.db.models import Count, QuerySet

from gis.shared.counts import Told, told
from gis.shared.functions import AsWKB
from gis.shared.geojson import mapping
from gis.shared.geometry import SRID
from grids.discretion import PARTS
from grids.models import Boundary, Walled
from layers.coverage import circles
from layers.coverage.circles import Demand
from layers.coverage.demand import Box, Ground
from layers.coverage.inner import inner_points
from layers.coverage.models import SpeedProfile
from layers.sites.models import SiteThen
from layers.streets.models import Gate, GateThen
from layers.streets.network import Walkable
from layers.streets.walking import FAR_SNAP_M, Snaps, WalkingNetwork

DIGITS = 7
ISLAND_M = 5_000.0
"""Less street than this, apart from the rest, is told to be an island."""


def told_origin(
    origin_lonlat: tuple[float, float],
    site: SiteThen | None,
    walkable: Walkable,
    walking: WalkingNetwork,
    origin: Snaps,
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
        "island_m": island_of(walking, origin),
    }


def island_of(walking: WalkingNetwork, origin: Snaps) -> int | None:
    """How many metres of street hang together with a place's, where that is little and not all there is; else None."""
    metres = float(walking.island(origin)[0])
    return round(metres) if metres < min(ISLAND_M, float(walking.islands[1].max(initial=0.0))) else None


def told_profile(profile: SpeedProfile) -> dict[str, Any]:
    """The walking speed in use, as it must stand beside every figure."""
    return {
        "code": profile.code,
        "name": profile.name,
        "km_per_hour": float(profile.km_per_hour),
        "steps_allowed": profile.steps_allowed,
    }


def told_ages(parts: Sequence[float], *, exact: bool) -> dict[str, Told] | None:
    """The young and the old among residents by `grids.discretion.PARTS`; None: not all were counted by age."""
    count = dict(zip(PARTS, map(int, parts), strict=True))
    if count["ageless"]:
        return None
    return {"young": told(count["young"], exact=exact), "old": told(count["old"], exact=exact)}


def told_basis(
    basis: Boundary | None,
    land: Ground,
    own: Demand,
    total: int | None,
    households: tuple[int | None, int],
    *,
    exact: bool,
) -> dict[str, Any] | None:
    """The area that the share is of; `unknown` leaf areas have no figure and stay out of it, as those with residents
    do of whose households there is no number (`households_unknown`)."""
    if basis is None:
        return None
    return {
        "id": basis.area_id,
        "name": basis.name,
        "tier": basis.tier.code,
        "tier_name": basis.tier.name,
        "grids": len(np.unique(land.leaf[land.in_basis])),
        "residents": told(total, exact=exact),
        "ages": told_ages(np.nansum(own.parts, axis=0).tolist(), exact=exact) if total is not None else None,
        "unknown": int((land.in_basis & ~land.known).sum()) if total is not None else None,
        "households": told(households[0], exact=exact),
        "households_unknown": households[1] if households[0] is not None else None,
    }


def told_gaps(
    gaps: Sequence[circles.Gap], land: Ground, profile: SpeedProfile, reached: shapely.Geometry, *, exact: bool
) -> list[dict[str, Any]]:
    """The compounds whose residents are not reached: a point to look at and what of them lies outside the circle.

    `minutes` null: farther than was searched, or no way at all.
    """
    wanted = [land.group_rows[gap.group] for gap in gaps]
    points = inner_points(wanted)
    columns = ("area_id", "name_zh", "name_en", AsWKB("geometry"))
    rows = {pk: row for pk, *row in Boundary.objects.filter(pk__in=wanted).values_list("pk", *columns)}
    return [
        {
            "id": area,
            "name_zh": name_zh,
            "name_en": name_en,
            "residents": told(gap.residents, exact=exact),
            "households": told(gap.homes, exact=exact),
            "minutes": math.ceil(profile.minutes(gap.metres)) if np.isfinite(gap.metres) else None,
            "whole": gap.whole,
            "cut_off": gap.cut_off,
            "lon": float(point[0]),
            "lat": float(point[1]),
            "shape": mapping(
                shapely.set_precision(shapely.difference(shapely.from_wkb(bytes(wkb)), reached), 10.0**-DIGITS)
            ),
        }
        for gap, point, (area, name_zh, name_en, wkb) in zip(gaps, points, (rows[pk] for pk in wanted), strict=True)
    ]


def told_network(walkable: Walkable, box: Box, moment: datetime, *, now: datetime) -> dict[str, Any]:
    """What the rings rest on, in the square: gates by how they were known then, compounds not known to be walled.

    `stale`: a wall or a gate anywhere was drawn, moved or ended after the network was made; as coverage says it.
    """
    square = Polygon.from_bbox(box)
    square.srid = SRID
    # the view of what gates were takes ten times as long as what they are
    gates_then: QuerySet[Any, Any] = GateThen.objects.at(moment) if moment < now else Gate.objects.all()
    near = gates_then.filter(geometry__bboverlaps=square)
    gates = {row["status"]: row["n"] for row in near.order_by().values("status").annotate(n=Count("pk"))}
    residents_only = near.exclude(status=Gate.Status.CLOSED).filter(open_to=Gate.OpenTo.RESIDENTS).count()
    compounds = Boundary.objects.of_tier("compound").filter(geometry__bboverlaps=square)
    return {
        "version": walkable.label,
        "made_at": walkable.made_at,
        "gates": {status: gates.get(status, 0) for status in Gate.Status.values},
        "residents_only": residents_only,
        "walls_unknown": compounds.at(moment).filter(walled=Walled.UNKNOWN).count(),
        "stale": walkable.stale(),
    }
