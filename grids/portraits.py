"""What the screen says about one area: names, chain, who answers, what hangs on it, what the asker may do."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.gis.db.models.functions import GeometryDistance
from django.contrib.gis.geos import Point
from django.db.models import Count
from django.utils.translation import gettext as _

from gis.shared.counts import told
from gis.shared.errors import Missing
from gis.shared.geojson import collection, feature, mapping
from gis.shared.geometry import area_m2
from grids.discretion import counted
from grids.drafts import suggestion
from grids.histories import corrected
from grids.models import Appointment, Boundary, Population, Role, Tier
from grids.permissions import chain_ids, may

MOST_SHAPES = 300
"""The editor looks at every shape at each move of the mouse: more would make it slow."""


def at_moment(area: UUID, moment: datetime) -> Boundary:
    """The version of an area at a moment; raises Missing that says when it was there, if ever."""
    found = Boundary.objects.at(moment).select_related("tier").filter(area=area).first()
    if found is not None:
        return found
    versions = Boundary.objects.filter(area=area).order_by("valid_from")
    first, last = versions.first(), versions.last()
    if first is None or last is None:
        raise Missing(_("There is no such area."), code="no-area")
    known = {"known_from": first.valid_from.isoformat()}
    if last.valid_until:
        known["known_until"] = last.valid_until.isoformat()
    raise Missing(_("“%(name)s” was not there at that moment.") % {"name": last.name}, code="not-then", **known)


def brief(boundary: Boundary) -> dict[str, Any]:
    """An area in a list or a chain."""
    return {
        "id": boundary.area_id,
        "tier": boundary.tier.code,
        "tier_zh": boundary.tier.name_zh,
        "tier_en": boundary.tier.name_en,
        "code": boundary.code,
        "name_zh": boundary.name_zh,
        "name_en": boundary.name_en,
    }


def chain(area: UUID, moment: datetime) -> list[dict[str, Any]]:
    """The areas above one and itself, from the top down."""
    ids = chain_ids(area, now=moment)
    rows = {row.area_id: row for row in Boundary.objects.at(moment).filter(area__in=ids).select_related("tier")}
    return [brief(rows[found]) for found in reversed(ids) if found in rows]


def portrait(boundary: Boundary, *, asker: Any, moment: datetime, now: datetime) -> dict[str, Any]:
    """Everything the panel shows about one version of an area at a moment."""
    shape, area = boundary.shape, boundary.area_id
    children = Boundary.objects.at(moment).filter(parent=area).values("tier__code", "tier__name_zh", "tier__name_en")
    counted = children.annotate(count=Count("pk")).order_by("tier__rank")
    below = Tier.objects.filter(rank__gt=boundary.tier.rank).order_by("rank").first()
    drawable = boundary.valid_until is None and below is not None and may(asker, "area.draw", area, now=now)
    movable = boundary.valid_until is None and may(asker, "area.draw", boundary.parent_id or area, now=now)
    return brief(boundary) | {
        "walled": boundary.walled,
        "geometry": mapping(shape),
        "bbox": shape.bounds,
        "area_m2": area_m2(shape),
        "version": boundary.version,
        "valid_from": boundary.valid_from,
        "valid_until": boundary.valid_until,
        "corrected": corrected(boundary, with_names=may(asker, "roster.read", now=now)),
        "chain": chain(area, moment),
        "children": [
            {"tier": row["tier__code"], "tier_zh": row["tier__name_zh"], "tier_en": row["tier__name_en"],
             "count": row["count"]}
            for row in counted
        ],
        "child_tier": {"code": below.code, "name_zh": below.name_zh, "name_en": below.name_en} if below else None,
        "chief": _chief(area, moment, with_name=may(asker, "roster.read", now=now)),
        "residents": _residents(boundary, moment, asker=asker, now=now),
        "may": {
            "draw": drawable,
            "move": movable,
            "retire": movable,
            "rename": may(asker, "area.rename", area, now=now),
        },
        "suggestion": suggestion(boundary, below) if drawable and below else None,
    }  # fmt: skip


def _chief(area: UUID, moment: datetime, *, with_name: bool) -> dict[str, Any]:
    """Who answers for the area itself; a vacant post is said to be vacant."""
    held = Appointment.objects.at(moment).filter(area=area, role=Role.CHIEF).select_related("person", "organisation")
    found = held.order_by("valid_from").first()
    if found is None:
        return {"vacant": True}
    post = {"vacant": False, "post_zh": found.post_zh, "post_en": found.post_en, "since": found.valid_from}
    return post | ({"name_zh": found.holder.name_zh, "name_en": found.holder.name_en} if with_name else {})


def _residents(boundary: Boundary, moment: datetime, *, asker: Any, now: datetime) -> dict[str, Any] | None:
    """How many live there and in how many households, for who may read it; unknown is not nobody."""
    if not may(asker, "population.read", boundary.area_id, now=now):
        return None
    exact = may(asker, "population.exact", boundary.area_id, now=now)
    count = counted(Population.objects.below(boundary.area, moment), exact=exact)
    return {
        "known": count is not None,
        "count": told(count.total if count else None, exact=exact),
        "households": told(count.households if count else None, exact=exact),
        "unhoused": count.unhoused if count else 0,
    }


def neighbourhood(
    bbox: tuple[float, float, float, float], tier: Tier, moment: datetime | None = None
) -> dict[str, Any]:
    """Shapes near an edit, in force now or at a moment, of its tier and those beside it, nearest first."""
    west, south, east, north = bbox
    middle = Point((west + east) / 2, (south + north) / 2, srid=4326)
    stood = Boundary.objects.still() if moment is None else Boundary.objects.at(moment)
    near = stood.near(west, south, east, north)
    near = near.filter(tier__rank__gte=tier.rank - 1, tier__rank__lte=tier.rank + 1).select_related("tier")
    rows = list(near.order_by(GeometryDistance("geometry", middle), "pk")[: MOST_SHAPES + 1])
    shapes = [feature(row.shape, **brief(row), version=row.version) for row in rows[:MOST_SHAPES]]
    return collection(shapes, more=len(rows) > MOST_SHAPES, snap_m=tier.snap_m)
