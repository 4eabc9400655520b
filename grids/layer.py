"""The map layers of the ground: one a tier, as of any moment."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.gis.geos import GEOSGeometry
from django.db.models import BooleanField, Case, F, OuterRef, QuerySet, Subquery, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis.shared.errors import Text
from gis.shared.layer import Kind, Layer
from grids.models import Boundary
from grids.models.area import subtree_ids
from grids.permissions import may
from grids.roster_lists import vacant_at

FIRST_EXACT_ZOOM = 16
"""Tiers that appear only from here on are small, and drawn as stored."""


class AreaLayer(Layer):
    """The areas of one tier; public, because where a grid lies and who it is called are public."""

    kind: ClassVar[Kind] = "line"
    fields = ("id", "code", "name_zh", "name_en", "walled", "parent", "corrected")
    columns: ClassVar[dict[str, str]] = {"id": "area_id", "parent": "parent_id", "tier": "tier_code"}
    exported: ClassVar[tuple[str, ...] | None] = (
        "id", "tier", "code", "name_zh", "name_en", "walled", "parent", "parent_code", "valid_from", "valid_until",
    )  # fmt: skip
    family: ClassVar[str] = "areas"
    temporal = True
    group: ClassVar[str] = "grids"
    anchored: ClassVar[bool] = True
    cached = True
    uniform = True
    boundary = "id"
    tier: ClassVar[str]

    def rows(self, *, asker: Any, moment: datetime, zoom: int) -> QuerySet[Any, Any]:
        """The boundaries of this tier at the moment; `id` in the tile is the area's."""
        rows = Boundary.objects.at(moment).of_tier(self.tier)
        corrected = Case(When(corrected_by__isnull=False, then=Value(True)), output_field=BooleanField(null=True))
        return rows.values(
            "id", "area_id", "parent_id", "code", "name_zh", "name_en", "walled", corrected=corrected,
            geom=F("geometry"),
        )  # fmt: skip

    def export_rows(self, *, asker: Any, moment: datetime) -> QuerySet[Any, Any]:
        """With what an import needs to put them back: the tier, the code of the area above, since when."""
        above = Boundary.objects.at(moment).filter(area_id=OuterRef("parent_id")).values("code")[:1]
        rows = Boundary.objects.at(moment).of_tier(self.tier).order_by("code", "area_id")
        return rows.values(
            "area_id", "parent_id", "code", "name_zh", "name_en", "walled", "valid_from", "valid_until",
            tier_code=F("tier__code"), parent_code=Subquery(above), geom=F("geometry"),
        )  # fmt: skip

    def inside(
        self, rows: QuerySet[Any, Any], *, area: UUID, shape: GEOSGeometry, moment: datetime
    ) -> QuerySet[Any, Any]:
        """The area itself and what lies below it in the tree."""
        return rows.filter(area_id__in=subtree_ids([area], moment))


def tier_layer(tier: str, title: Text, order: int, min_zoom: int) -> type[AreaLayer]:
    """The layer class of one tier."""
    return type(
        f"{tier.title()}Layer",
        (AreaLayer,),
        {
            "__doc__": f"Areas of the tier {tier}.",
            "name": tier,
            "tier": tier,
            "title": title,
            "order": order,
            "min_zoom": min_zoom,
            "simplified": min_zoom < FIRST_EXACT_ZOOM,
        },
    )


PrefectureLayer = tier_layer("prefecture", _("Prefecture"), 66, 0)
CountyLayer = tier_layer("county", _("County"), 65, 0)
StreetLayer = tier_layer("street", _("Streets (towns)"), 64, 10)
CommunityLayer = tier_layer("community", _("Communities"), 63, 12)
CompoundLayer = tier_layer("compound", _("Compounds"), 62, 14)
BuildingLayer = tier_layer("building", _("Buildings"), 61, 16)
UnitLayer = tier_layer("unit", _("Units"), 60, 18)


class VacancyLayer(Layer):
    """Areas that ought to have a chief and have none at the moment; for everybody in office."""

    name = "vacancies"
    title: ClassVar[Text] = _("Vacant chiefs' posts")
    kind: ClassVar[Kind] = "fill"
    fields = ("id", "code", "tier", "name_zh", "name_en")
    columns: ClassVar[dict[str, str]] = {"id": "area_id", "tier": "tier_code"}
    order = 59
    min_zoom = 10
    temporal = True
    anchored = True
    shown = False
    group: ClassVar[str] = "posts"
    FROM_ZOOM: ClassVar[tuple[tuple[int, int], ...]] = ((10, 4), (14, 6))
    """From which zoom on tiers down to which rank are shown: earlier than the tiers, because a gap must be seen."""

    def scope(self, asker: Any) -> str | None:
        """All in office see the same."""
        return "office" if may(asker, "roster.read", now=timezone.now()) else None

    def rows(self, *, asker: Any, moment: datetime, zoom: int) -> QuerySet[Any, Any]:
        """The vacant areas of the tiers that are shown at this zoom."""
        rank = max((rank for least, rank in self.FROM_ZOOM if zoom >= least), default=0)
        rows = vacant_at(moment).filter(tier__rank__lte=rank)
        return rows.values("area_id", "code", "name_zh", "name_en", tier_code=F("tier__code"), geom=F("geometry"))

    def inside(
        self, rows: QuerySet[Any, Any], *, area: UUID, shape: GEOSGeometry, moment: datetime
    ) -> QuerySet[Any, Any]:
        """The area itself and what lies below it in the tree."""
        return rows.filter(area_id__in=subtree_ids([area], moment))


LAYERS: tuple[type[Layer], ...] = (
    VacancyLayer,
    UnitLayer,
    BuildingLayer,
    CompoundLayer,
    CommunityLayer,
    StreetLayer,
    CountyLayer,
    PrefectureLayer,
)
