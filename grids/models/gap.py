"""Gaps that are meant: ground of a tiling tier that belongs to nobody below, allowed by somebody for a reason."""

import uuid

import shapely
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grids.models.area import Area


class AllowedGap(models.Model):
    """One gap in an area that may stay: where, why, who said so, until somebody takes it back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="allowed_gaps", verbose_name=_("area"))
    geometry = models.MultiPolygonField(_("shape"), srid=4326, spatial_index=False)
    reason = models.CharField(_("reason"), max_length=500)
    account = models.ForeignKey(
        "accounts.Account", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    actor_name = models.CharField(_("who (name)"), max_length=150)
    allowed_at = models.DateTimeField(_("allowed"))
    ended_at = models.DateTimeField(_("taken back"), null=True, blank=True)
    ended_by = models.CharField(_("taken back by"), max_length=150, blank=True)

    class Meta:
        """Newest last."""

        verbose_name = _("allowed gap")
        verbose_name_plural = _("allowed gaps")
        ordering = ("allowed_at",)
        constraints = [
            models.CheckConstraint(name="grids_allowedgap_has_a_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        """Why."""
        return self.reason

    @property
    def shape(self) -> shapely.MultiPolygon:
        """The geometry as shapely's, exchanged by WKB."""
        shape = shapely.from_wkb(bytes(self.geometry.wkb))
        assert isinstance(shape, shapely.MultiPolygon)
        return shape
