"""What the page must know at its start: who asks, what they may see, where the place lies, as of when."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.gis.db.models import Extent
from django.utils.translation import get_language

from gis.catalogue.models import Place
from grids.models import Appointment, Boundary
from grids.models.area import subtree_ids
from grids.permissions import PUBLIC, VERBS_OF_ROLE, verbs_of_owner
from layers.atlas.registry import groups, readable
from layers.sites.layer import STATIONS_FROM, SiteLayer
from layers.sites.models import SiteThen

MOST_OWN = 3000
TOWNWIDE_RANK = 2
"""Tiers down to this rank (prefecture, county, street) are too wide for "own" to mean something on a map."""
WORLD = (73.5, 18.0, 135.1, 53.6)
"""Where a map of nothing begins: China, in degrees."""


def session_of(asker: Any, *, now: datetime) -> dict[str, Any]:
    """Account, roles, own areas and verbs of the asker; the place; JSON-ready."""
    held = own_appointments(asker, now=now)
    verbs = set(PUBLIC | verbs_of_owner(asker)).union(*(VERBS_OF_ROLE[appointment.role] for appointment in held))
    return {
        "account": account_of(asker, held, now=now),
        "may": sorted(verbs),
        "language": get_language(),
        "place": place() | {"sites_from": sites_from(now)},
        "approval": settings.MAP_APPROVAL_NUMBER,
        "now": now.isoformat(),
    }


def own_appointments(asker: Any, *, now: datetime) -> list[Appointment]:
    """The appointments an account holds at a moment, the highest area first."""
    if not getattr(asker, "is_authenticated", False):
        return []
    held = Appointment.objects.held_by(asker, now).select_related("area__tier")
    return list(held.order_by("area__tier__rank", "area_id", "role"))


def account_of(asker: Any, held: list[Appointment], *, now: datetime) -> dict[str, Any] | None:
    """The signed-in account with its roles and own areas; None for a visitor."""
    if not getattr(asker, "is_authenticated", False):
        return None
    names = {
        row["area_id"]: row
        for row in Boundary.objects.at(now)
        .filter(area_id__in=[appointment.area_id for appointment in held])
        .values("area_id", "name_zh", "name_en", "tier__code")
    }
    areas = [
        {"id": str(key), "name_zh": row["name_zh"], "name_en": row["name_en"], "tier": row["tier__code"]}
        for key, row in names.items()
    ]
    return {
        "name": str(asker),
        "username": asker.get_username(),
        "roles": sorted({appointment.role for appointment in held}),
        "titles": sorted({str(appointment.get_role_display()) for appointment in held}),
        "posts": [
            {"zh": held_one.post_zh, "en": held_one.post_en, "area": str(held_one.area_id), "role": held_one.role}
            for held_one in held
        ],
        "areas": areas,
        "subtree": own_ground(held, now=now),
    }


def own_ground(held: list[Appointment], *, now: datetime) -> list[str]:
    """Ids of the own areas and all below, so that the map can stand the rest back; empty when that is (nearly) all."""
    tops = [appointment.area_id for appointment in held]
    if not tops or any(appointment.area.tier.rank <= TOWNWIDE_RANK for appointment in held):
        return []
    rows = Boundary.objects.at(now).filter(area_id__in=subtree_ids(tops, now)).order_by("area_id")
    ids = list(rows.values_list("area_id", flat=True)[: MOST_OWN + 1])
    return [str(area_id) for area_id in ids] if len(ids) <= MOST_OWN else []


def place() -> dict[str, Any]:
    """What this database holds, as the screen must say it."""
    row = Place.objects.first()
    if row is None:
        return {"kind": "empty", "provisional": False, "name_zh": "", "name_en": "", "attribution": "", "time_zone": ""}
    return {
        "kind": row.kind,
        "provisional": row.provisional,
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "attribution": row.attribution,
        "time_zone": row.time_zone,
    }


def sites_from(now: datetime) -> int | None:
    """The zoom of the map at which the first service sites are drawn: stations from closer up. None: there are none."""
    sites = SiteThen.objects.at(now)
    if sites.filter(kind__tier__grid_level__isnull=True).exists():
        return SiteLayer.min_zoom
    return STATIONS_FROM if sites.exists() else None


def extent(asker: Any, *, now: datetime) -> list[float]:
    """West, south, east, north of the own areas, else of the whole place, else of China."""
    present = Boundary.objects.at(now)
    own = [appointment.area_id for appointment in own_appointments(asker, now=now)]
    for rows in (present.filter(area_id__in=own), present.filter(parent__isnull=True)):
        box = rows.aggregate(box=Extent("geometry"))["box"]
        if box:
            return [float(side) for side in box]
    return list(WORLD)


def bare(*, now: datetime) -> bool:
    """Whether this place has no area at all at a moment: there is nothing to look at yet."""
    return not Boundary.objects.at(now).exists()


def sources(asker: Any) -> list[dict[str, Any]]:
    """The tile groups the asker may see with their layers, in drawing order; titles in the active language."""
    found = []
    for name, layers in groups().items():
        seen = readable(layers, asker)
        if seen:
            found.append(
                {
                    "name": name,
                    "temporal": any(layer.temporal for layer in seen.values()),
                    "layers": [
                        {
                            "name": layer.name,
                            "title": str(layer.title),
                            "kind": layer.kind,
                            "order": layer.order,
                            "min_zoom": layer.min_zoom,
                            "max_zoom": layer.max_zoom,
                            "base": layer.base,
                            "temporal": layer.temporal,
                            "shown": layer.shown_to(asker),
                        }
                        for layer in seen.values()
                    ],
                }
            )
    return found
