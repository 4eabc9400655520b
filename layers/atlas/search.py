"""Finding a place by what people call it: areas by name or code, sites and streets by name, tickets by number."""

import re
from datetime import datetime
from typing import Any

from django.contrib.gis.db.models import Extent
from django.db.models import Case, IntegerField, Q, Value, When
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from grids.models import Boundary
from layers.sites.models import Site
from layers.streets.models import Way
from layers.tickets.models import Ticket

MOST_AREAS = 8
MOST_SITES = 5
MOST_STREETS = 4
MOST_TICKETS = 5
PART_OF_NUMBER = re.compile(r"[0-9-]{4,40}")
LONGEST = 60


def search(words: str, *, asker: Any, moment: datetime, now: datetime) -> list[dict[str, Any]]:
    """What is called so at a moment, exact names first, then names that begin so, then those that contain it."""
    words = " ".join("".join(sign for sign in words if sign.isprintable()).split())[:LONGEST]
    if not words:
        return []
    found = [*areas(words, moment=moment), *sites(words, moment=moment), *streets(words)]
    return [*tickets(words, asker=asker, now=now), *found]


def called(words: str) -> Q:
    """Rows with these words somewhere in a name."""
    return Q(name_zh__icontains=words) | Q(name_en__icontains=words)


def closeness(words: str, *more: When) -> Case:
    """0 for the very name, 1 for names that begin so, 3 for the others."""
    return Case(
        When(Q(name_zh__iexact=words) | Q(name_en__iexact=words), then=Value(0)),
        *more,
        When(Q(name_zh__istartswith=words) | Q(name_en__istartswith=words), then=Value(1)),
        default=Value(3),
        output_field=IntegerField(),
    )


def areas(words: str, *, moment: datetime) -> list[dict[str, Any]]:
    """Areas by name or by the beginning of their code; larger ones first among equals."""
    rows = (
        Boundary.objects.at(moment)
        .filter(called(words) | Q(code__istartswith=words))
        .annotate(close=closeness(words, When(code__iexact=words, then=Value(0))), long=Length("name_zh"))
        .order_by("close", "tier__rank", "long", "code")
        .select_related("tier")
    )[:MOST_AREAS]
    above = {
        row.area_id: row.name
        for row in Boundary.objects.at(moment).filter(area_id__in=[row.parent_id for row in rows]).defer("geometry")
    }
    return [
        {
            "kind": "area",
            "id": str(row.area_id),
            "name_zh": row.name_zh,
            "name_en": row.name_en,
            "hint": " · ".join(part for part in (above.get(row.parent_id, ""), row.tier.name, row.code) if part),
            "bbox": list(row.geometry.extent),
        }
        for row in rows
    ]


def sites(words: str, *, moment: datetime) -> list[dict[str, Any]]:
    """Service sites by name."""
    rows = (
        Site.objects.at(moment)
        .filter(called(words))
        .annotate(close=closeness(words))
        .order_by("close", "kind__order", "name_zh")
        .select_related("kind")
    )[:MOST_SITES]
    return [
        {
            "kind": "site",
            "id": str(row.pk),
            "name_zh": row.name_zh,
            "name_en": row.name_en,
            "hint": row.kind.name,
            "lonlat": list(row.geometry.coords),
        }
        for row in rows
    ]


def streets(words: str) -> list[dict[str, Any]]:
    """Streets by name: all ways of one name together."""
    rows = (
        Way.objects.filter(called(words))
        .order_by()
        .values("name_zh", "name_en")
        .annotate(box=Extent("geometry"), close=closeness(words))
        .order_by("close", "name_zh")
    )[:MOST_STREETS]
    return [
        {
            "kind": "street",
            "name_zh": row["name_zh"],
            "name_en": row["name_en"],
            "hint": _("road or path"),
            "bbox": list(row["box"]),
        }
        for row in rows
    ]


def tickets(words: str, *, asker: Any, now: datetime) -> list[dict[str, Any]]:
    """Tickets by a part of their number, among those that the asker may see; newest first."""
    if not PART_OF_NUMBER.fullmatch(words):
        return []
    rows = Ticket.objects.visible_to(asker, now).filter(number__contains=words).select_related("category")
    return [
        {
            "kind": "ticket",
            "id": str(row.pk),
            "name_zh": row.number,
            "name_en": row.number,
            "hint": f"{row.category.name} · {row.get_state_display()}",
            "lonlat": list(row.point.coords),
        }
        for row in rows.order_by("-reported_at")[:MOST_TICKETS]
    ]
