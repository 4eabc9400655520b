"""Who a grid is (Area), where it was and how it was called (Boundary), and the act that made it so (BoundaryChange)."""

import uuid
from datetime import datetime
from typing import Self

import shapely
from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import IsEmpty, IsValid
from django.contrib.gis.geos import Polygon
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis.catalogue.models import CatalogueRow, Named
from gis.shared.periods import Period, PeriodQuerySet, TsTzRange


class Tier(CatalogueRow):
    """A step of the tree: county, street, community, compound, building, unit. Lower rank lies above."""

    rank = models.PositiveSmallIntegerField(_("rank"), unique=True)
    grid_level = models.PositiveSmallIntegerField(_("grid level"), null=True, blank=True)
    tiling = models.BooleanField(_("children cover their parent without gaps"), default=False)
    staffed = models.BooleanField(_("every area of it has a chief's post"), default=False, db_default=False)
    snap_m = models.FloatField(_("snapping distance in metres"), default=1.0)

    class Meta(CatalogueRow.Meta):
        """From the top down."""

        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ("rank", "code")


class Area(models.Model):
    """Who a grid is; never changes and is never deleted. Everything that can change stands in its boundaries."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, verbose_name=_("tier"))

    class Meta:
        """No names here."""

        verbose_name = _("area")
        verbose_name_plural = _("areas")

    def __str__(self) -> str:
        """Its identity; its name depends on the moment."""
        return str(self.pk)


class BoundaryChange(models.Model):
    """One act of drawing: everything it opened and closed stands or falls together."""

    class Kind(models.TextChoices):
        """What was done."""

        DRAW = "draw", _("drawn")
        MOVE = "move", _("boundary moved")
        RENAME = "rename", _("renamed")
        RETIRE = "retire", _("retired")
        IMPORT = "import", _("imported")
        CORRECTION = "correction", _("correction of the past")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("what"), max_length=12, choices=Kind.choices)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    account = models.ForeignKey(
        "accounts.Account", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    actor_name = models.CharField(_("who (name)"), max_length=150)
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)
    effective_at = models.DateTimeField(_("in force from"))

    class Meta:
        """Newest last."""

        verbose_name = _("boundary change")
        verbose_name_plural = _("boundary changes")
        ordering = ("recorded_at",)

    def __str__(self) -> str:
        """What, when."""
        return f"{self.get_kind_display()} {self.effective_at:%Y-%m-%d %H:%M}"


class Walled(models.TextChoices):
    """Whether a compound's edge is a wall; unknown counts as not walled, and figures say so."""

    YES = "yes", _("walled")
    NO = "no", _("not walled")
    UNKNOWN = "unknown", _("unknown")


class BoundaryQuerySet(PeriodQuerySet):
    """Words for questions about the ground. Moments compare scalar columns, places use the index on geometry."""

    def of_tier(self, *codes: str) -> Self:
        """Only these tiers, by code."""
        return self.filter(tier__code__in=codes)

    def near(self, west: float, south: float, east: float, north: float) -> Self:
        """Whose envelope meets this one (degrees)."""
        box = Polygon.from_bbox((west, south, east, north))
        box.srid = 4326
        return self.filter(geometry__bboverlaps=box)

    def containing(self, lon: float, lat: float) -> Self:
        """Candidates whose envelope holds the point; `grids.queries.locate` decides exactly."""
        return self.near(lon, lat, lon, lat)

    def inside(self, area: "Area | uuid.UUID", moment: datetime) -> Self:
        """The subtree of an area at a moment, itself included."""
        return self.below([area.pk if isinstance(area, Area) else area], moment)

    def below(self, roots: list[uuid.UUID], moment: datetime) -> Self:
        """The subtrees of some areas at a moment, themselves included."""
        large = self.large(roots, moment)
        return self.at(moment).filter(area_id__in=subtree_ids(roots, moment)) if large is None else large

    def large(self, roots: list[uuid.UUID], moment: datetime) -> Self | None:
        """The same for the whole place and for counties, of which no area needs to be looked up by itself (that takes
        ten times as long); None for others."""
        present, wanted = self.at(moment), set(roots)
        tops = present.filter(Q(area_id__in=roots) | Q(parent=None)).values_list("area_id", "parent_id", "county_id")
        found = list(tops)
        if {area for area, parent, _county in found if parent is None} <= wanted:
            return present
        if {area for area, _parent, county in found if area == county} >= wanted:
            return present.filter(county_id__in=roots)
        return None


def subtree_ids(roots: list[uuid.UUID], moment: datetime) -> RawSQL:
    """A sub-query of the area ids at and below some areas at a moment.

    What lies in a county is known by its `county`: climbing down 40,000 areas one by one takes twenty times as long.
    """
    return RawSQL(
        """
        WITH RECURSIVE subtree AS (
            SELECT root AS area_id,
                   EXISTS (SELECT FROM grids_boundary own WHERE own.area_id = root AND own.county_id = root) AS county
            FROM unnest(%s::uuid[]) AS root
            UNION
            SELECT child.area_id, child.county_id IS NOT DISTINCT FROM child.area_id
            FROM grids_boundary child JOIN subtree ON child.parent_id = subtree.area_id AND NOT subtree.county
            WHERE child.valid_from <= %s AND (child.valid_until IS NULL OR child.valid_until > %s)
        )
        SELECT area_id FROM subtree
        UNION ALL
        SELECT inner_one.area_id FROM subtree CROSS JOIN LATERAL (
            SELECT below.area_id FROM grids_boundary below
            WHERE below.county_id = subtree.area_id AND below.valid_from <= %s
              AND (below.valid_until IS NULL OR below.valid_until > %s) OFFSET 0
        ) AS inner_one WHERE subtree.county
        """,
        [list(roots), moment, moment, moment, moment],
    )


class Boundary(Named, Period):
    """One version of an area: its shape, parent, code and names, from when until when.

    `version` is an edit's token, unique and never used twice; the order of an area's versions is that of `valid_from`.
    `retold_by` is the correction of the past that wrote this row, `corrected_by` the one whose words and shape it has.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Area, tier and parent each begin an index below; an index of their own would only slow a large import down.
    area = models.ForeignKey(
        Area, on_delete=models.PROTECT, db_index=False, related_name="boundaries", verbose_name=_("area")
    )
    tier = models.ForeignKey(
        Tier, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("tier")
    )
    parent = models.ForeignKey(
        Area,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="children",
        verbose_name=_("parent"),
    )
    county = models.ForeignKey(
        Area, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("county")
    )
    code = models.CharField(_("code"), max_length=40)
    walled = models.CharField(_("walled"), max_length=8, choices=Walled.choices, default=Walled.UNKNOWN)
    geometry = models.MultiPolygonField(_("shape"), srid=4326)
    version = models.PositiveIntegerField(_("version"), default=1)
    opened_by = models.ForeignKey(
        BoundaryChange, on_delete=models.PROTECT, related_name="opened", verbose_name=_("made by")
    )
    closed_by = models.ForeignKey(
        BoundaryChange,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="closed",
        verbose_name=_("ended by"),
    )
    corrected_by = models.ForeignKey(
        BoundaryChange,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("corrected by"),
    )
    retold_by = models.ForeignKey(
        BoundaryChange,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("retold by"),
    )

    objects = BoundaryQuerySet.as_manager()

    class Meta(Period.Meta):
        """An area has one boundary at any moment, a code means one area of a tier at any moment."""

        verbose_name = _("boundary")
        verbose_name_plural = _("boundaries")
        constraints = [
            *Period.Meta.constraints,
            models.UniqueConstraint(fields=["area", "version"], name="grids_boundary_version"),
            models.CheckConstraint(
                name="grids_boundary_is_not_its_own_parent", condition=Q(parent__isnull=True) | ~Q(parent=F("area"))
            ),
            models.CheckConstraint(name="grids_boundary_valid_shape", condition=IsValid("geometry")),
            models.CheckConstraint(name="grids_boundary_not_empty", condition=~Q(IsEmpty("geometry"))),
            models.CheckConstraint(
                name="grids_boundary_top_has_no_parent",
                condition=Q(parent__isnull=False) | Q(county__isnull=True) | Q(county=F("area")),
            ),
            models.CheckConstraint(
                name="grids_boundary_closed_is_explained",
                condition=Q(valid_until__isnull=True, closed_by__isnull=True) | Q(valid_until__isnull=False),
            ),
            ExclusionConstraint(
                name="grids_boundary_one_at_a_time",
                expressions=[
                    ("area", RangeOperators.EQUAL),
                    (TsTzRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="grids_boundary_code_once",
                expressions=[
                    ("tier", RangeOperators.EQUAL),
                    ("code", RangeOperators.EQUAL),
                    (TsTzRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [
            models.Index(fields=["parent", "valid_from"], name="grids_boundary_children"),
            models.Index(fields=["tier", "code"], name="grids_boundary_tier_code"),
            models.Index(fields=["valid_from", "valid_until"], name="grids_boundary_period"),
        ]

    @property
    def shape(self) -> shapely.MultiPolygon:
        """The geometry as shapely's, exchanged by WKB."""
        shape = shapely.from_wkb(bytes(self.geometry.wkb))
        assert isinstance(shape, shapely.MultiPolygon)
        return shape
