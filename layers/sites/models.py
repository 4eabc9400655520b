"""Where residents are served: one county centre, a centre in each community, stations in compounds."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.contrib.gis.db import models as gis_models
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Value, When
from django.utils.translation import gettext_lazy as _

from gis.catalogue.models import CatalogueRow, Named, Place
from gis.shared.periods import Period, PeriodQuerySet
from grids.models import Area, Tier
from grids.models.area import subtree_ids
from layers.sites import hours as opening


def checked_hours(value: Any) -> None:
    """Validator: hours of the form that `layers.sites.hours` describes."""
    try:
        opening.check_hours(value)
    except ValueError as error:
        raise ValidationError(
            _("These are not opening hours: %(reason)s"), code="hours", params={"reason": str(error)}
        ) from error


def place_zone() -> ZoneInfo:
    """The time zone of the place this database holds; the clocks on its walls show it."""
    name = Place.objects.values_list("time_zone", flat=True).first()
    return ZoneInfo(name or "Asia/Shanghai")


class SiteKind(CatalogueRow):
    """County centre, community centre, station: a list the city edits."""

    short_zh = models.CharField(_("two characters in Chinese"), max_length=4, blank=True)
    short_en = models.CharField(_("short name in English"), max_length=12, blank=True)
    tier = models.ForeignKey(
        Tier, on_delete=models.PROTECT, to_field="code", null=True, blank=True, related_name="+",
        verbose_name=_("tier it serves"),
    )
    symbol = models.CharField(_("symbol on the map"), max_length=12, default="dot")

    class Meta(CatalogueRow.Meta):
        """In the city's order."""

        verbose_name = _("kind of site")
        verbose_name_plural = _("kinds of site")


class SiteQuerySet(PeriodQuerySet):
    """Sites by where and when."""

    def within(self, areas: Iterable[uuid.UUID], moment: datetime) -> Self:
        """Sites of these areas and of all below them at a moment."""
        return self.filter(area_id__in=subtree_ids(list(areas), moment))

    def with_open(self, moment: datetime) -> Self:
        """Add `open`: whether each site is open at a moment, by its place's clock."""
        zone = place_zone()
        found = self.at(moment).order_by().values_list("pk", "hours")
        open_ids = [pk for pk, hours in found if opening.is_open(hours, moment, zone)]
        case = Case(When(pk__in=open_ids, then=Value(True)), default=Value(False)) if open_ids else Value(False)
        return self.annotate(open=models.ExpressionWrapper(case, output_field=models.BooleanField()))

    def open_at(self, moment: datetime) -> Self:
        """Those open at a moment."""
        return self.at(moment).with_open(moment).filter(open=True)


class Site(Named, Period):
    """One place of service; its hours are the wall clock's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.ForeignKey(SiteKind, on_delete=models.PROTECT, related_name="sites", verbose_name=_("kind"))
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="sites", verbose_name=_("area it serves"))
    geometry = gis_models.PointField(_("position"), srid=4326)
    address_zh = models.CharField(_("address in Chinese"), max_length=200, blank=True)
    address_en = models.CharField(_("address in English"), max_length=200, blank=True)
    hours = models.JSONField(_("opening hours"), default=dict, blank=True, validators=[checked_hours])
    version = models.PositiveIntegerField(_("version"), default=1)

    objects = SiteQuerySet.as_manager()

    class Meta(Period.Meta):
        """Sites."""

        verbose_name = _("site")
        verbose_name_plural = _("sites")
        constraints = [*Period.Meta.constraints]
        indexes = [models.Index(fields=["area"], name="service_sites_site_area")]

    def is_open(self, now: datetime) -> bool:
        """Whether it is open at an instant."""
        return opening.is_open(self.hours, now, place_zone())

    def changes_at(self, now: datetime) -> datetime | None:
        """When it closes next, or opens next; None when it does neither within two weeks."""
        return opening.changes_at(self.hours, now, place_zone())
