"""Where residents are served: one county centre, a centre in each community, stations in compounds."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.contrib.gis.db import models as gis_models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _

from gis.catalogue.models import CatalogueRow, Named, Place
from gis.shared.periods import Period, PeriodQuerySet, TsTzRange
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
        Tier,
        on_delete=models.PROTECT,
        to_field="code",
        null=True,
        blank=True,
        related_name="+",
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
        then = dict(FormerHours.objects.at(moment).values_list("site_id", "hours"))
        open_ids = [pk for pk, hours in found if opening.is_open(then.get(pk, hours), moment, zone)]
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

    def hours_at(self, moment: datetime) -> dict[str, Any]:
        """The opening hours that held at an instant."""
        then = self.former_hours.at(moment).values_list("hours", flat=True).first()
        hours: dict[str, Any] = self.hours if then is None else then
        return hours

    def is_open(self, now: datetime) -> bool:
        """Whether it is open at an instant."""
        return opening.is_open(self.hours_at(now), now, place_zone())

    def changes_at(self, now: datetime) -> datetime | None:
        """When it closes next, or opens next, by the hours of that instant; None when neither within two weeks."""
        return opening.changes_at(self.hours_at(now), now, place_zone())


class FormerHours(Period):
    """Opening hours that held until somebody changed them: a past moment shows what was open then."""

    id = models.BigAutoField(primary_key=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="former_hours", verbose_name=_("site"))
    hours = models.JSONField(_("opening hours"), default=dict)

    objects = PeriodQuerySet.as_manager()

    class Meta(Period.Meta):
        """One answer for each moment; ended for good, and kept (a trigger sees to it)."""

        verbose_name = _("former opening hours")
        verbose_name_plural = _("former opening hours")
        constraints = [
            *Period.Meta.constraints,
            models.CheckConstraint(name="service_sites_formerhours_ended", condition=Q(valid_until__isnull=False)),
            ExclusionConstraint(
                name="service_sites_formerhours_once",
                expressions=[
                    ("site", RangeOperators.EQUAL),
                    (TsTzRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        """Until when."""
        return f"… {self.valid_until:%Y-%m-%d %H:%M}"
