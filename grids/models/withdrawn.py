"""What was told of an area before a correction of the past withdrew it; the table of boundaries holds what is told now.

Two tables, so that no question about the ground can forget to leave the withdrawn out.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime

import shapely
from django.contrib.gis.db import models
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from gis.catalogue.models import Named
from gis.shared.periods import Period
from grids.models.area import Area, Boundary, BoundaryChange, Tier, Walled

COPIED = tuple(str(field.column) for field in Boundary._meta.concrete_fields)


class WithdrawnBoundary(Named, Period):
    """A former telling: the boundary as it stood, to the last bit, and the correction that withdrew it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="withdrawn", verbose_name=_("area"))
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="+", verbose_name=_("tier"))
    parent = models.ForeignKey(
        Area, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("parent")
    )
    county = models.ForeignKey(
        Area, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("county")
    )
    code = models.CharField(_("code"), max_length=40)
    walled = models.CharField(_("walled"), max_length=8, choices=Walled.choices, default=Walled.UNKNOWN)
    geometry = models.MultiPolygonField(_("shape"), srid=4326, spatial_index=False)
    version = models.PositiveIntegerField(_("version"))
    opened_by = models.ForeignKey(BoundaryChange, on_delete=models.PROTECT, related_name="+", verbose_name=_("made by"))
    closed_by = models.ForeignKey(
        BoundaryChange, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ended by")
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
    withdrawn_by = models.ForeignKey(
        BoundaryChange, on_delete=models.PROTECT, related_name="withdrew", verbose_name=_("withdrawn by")
    )

    class Meta(Period.Meta):
        """Kept for good; triggers see to it."""

        verbose_name = _("withdrawn boundary")
        verbose_name_plural = _("withdrawn boundaries")
        indexes = [models.Index(fields=["area", "version"], name="grids_withdrawn_area_version")]

    @property
    def shape(self) -> shapely.MultiPolygon:
        """The geometry as shapely's, exchanged by WKB."""
        shape = shapely.from_wkb(bytes(self.geometry.wkb))
        assert isinstance(shape, shapely.MultiPolygon)
        return shape


Telling = Boundary | WithdrawnBoundary


def withdraw(rows: Iterable[Boundary], change: BoundaryChange) -> None:
    """Move rows to the withdrawn ones; only `grids.corrections` calls this, and the guards check the copy."""
    ids = [row.pk for row in rows]
    columns = sql.SQL(", ").join(sql.Identifier(column) for column in COPIED)
    copy = sql.SQL(
        "INSERT INTO grids_withdrawnboundary ({columns}, withdrawn_by_id) "
        "SELECT {columns}, %s FROM grids_boundary WHERE id = ANY(%s)"
    ).format(columns=columns)
    with connection.cursor() as cursor:
        cursor.execute(copy, [change.pk, ids])
        cursor.execute("DELETE FROM grids_boundary WHERE id = ANY(%s)", [ids])


def as_recorded(area: uuid.UUID, *, moment: datetime, recorded: datetime) -> Telling | None:
    """What was believed at `recorded` about an area at `moment`; None when nothing was."""
    then: list[Telling] = [
        *Boundary.objects.filter(area=area).select_related("tier", "opened_by", "closed_by", "retold_by"),
        *WithdrawnBoundary.objects.filter(Q(withdrawn_by__recorded_at__gt=recorded), area=area).select_related(
            "tier", "opened_by", "closed_by", "retold_by"
        ),
    ]
    for row in then:
        told = row.retold_by or row.opened_by
        ended = row.valid_until if row.closed_by is None or row.closed_by.recorded_at <= recorded else None
        if told.recorded_at <= recorded and row.valid_from <= moment and (ended is None or moment < ended):
            return row
    return None
