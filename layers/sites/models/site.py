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

from gis.catalogue.models import Named, Place
from gis.shared.periods import Period, PeriodQuerySet, TsTzRange
from grids.models import Area
from grids.models.area import subtree_ids
from layers.sites import hours as opening
from layers.sites.models.lists import SiteKind, in_english


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


class SiteQuerySet(PeriodQuerySet):
    """Sites by where and when."""

    def within(self, areas: Iterable[uuid.UUID], moment: datetime) -> Self:
        """Sites of these areas and of all below them at a moment."""
        return self.filter(area_id__in=subtree_ids(list(areas), moment))

    def with_open(self, moment: datetime) -> Self:
        """Add, by the place's clock and the hours of then, `open` at the moment and `today`: "08:30–12:00 …" or "".

        Both are None where nobody knows the hours of that day: open, closed and not known are three states.
        """
        zone = place_zone()
        day = moment.astimezone(zone).date()
        ids = self.at(moment).order_by().values("pk")
        by_state: dict[bool | None, list[uuid.UUID]] = {True: [], None: []}
        by_text: dict[str | None, list[uuid.UUID]] = {}
        for pk, hours in SiteThen.objects.at(moment).filter(pk__in=ids).values_list("pk", "hours"):
            by_state.setdefault(opening.is_open(hours, moment, zone), []).append(pk)
            by_text.setdefault(opening.told_on(hours, day), []).append(pk)
        is_open = [When(pk__in=by_state[state], then=Value(state)) for state in (True, None) if by_state[state]]
        today = [When(pk__in=sites, then=Value(text)) for text, sites in by_text.items() if text != ""]
        return self.annotate(
            open=Case(*is_open, default=Value(False), output_field=models.BooleanField()),
            today=Case(*today, default=Value(""), output_field=models.CharField()),
        )

    def open_at(self, moment: datetime) -> Self:
        """Those open at a moment."""
        return self.at(moment).with_open(moment).filter(open=True)


class Operator(models.TextChoices):
    """Whose site it is."""

    UNKNOWN = "", _("not known")
    PUBLIC = "public", _("public body")
    COMPANY = "company", _("company")
    ASSOCIATION = "association", _("association")


class StepFree(models.TextChoices):
    """Whether a wheelchair gets in."""

    UNKNOWN = "", _("not known")
    YES = "yes", _("without steps")
    NO = "no", _("steps at the door")


class Described(Named, Period):
    """Abstract: everything of a site that may change; what is changed stays known for the time it held."""

    kind = models.ForeignKey(SiteKind, on_delete=models.PROTECT, related_name="+", verbose_name=_("kind"))
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", verbose_name=_("area it serves"))
    geometry = gis_models.PointField(_("position"), srid=4326)
    address_zh = models.CharField(_("address in Chinese"), max_length=200, blank=True)
    address_en = models.CharField(_("address in English"), max_length=200, blank=True)
    hours = models.JSONField(_("opening hours"), default=dict, blank=True, validators=[checked_hours])
    operator_kind = models.CharField(_("kind of operator"), max_length=12, choices=Operator.choices, blank=True)
    operator_zh = models.CharField(_("operator in Chinese"), max_length=120, blank=True)
    operator_en = models.CharField(_("operator in English"), max_length=120, blank=True)
    phone = models.CharField(_("telephone of the site"), max_length=40, blank=True)
    step_free = models.CharField(_("without steps"), max_length=4, choices=StepFree.choices, blank=True)

    class Meta(Period.Meta):
        """No table."""

        abstract = True

    @property
    def address(self) -> str:
        """The address in the active language."""
        return (in_english() and self.address_en) or self.address_zh

    @property
    def operator(self) -> str:
        """The operator's name in the active language."""
        return (in_english() and self.operator_en) or self.operator_zh


DESCRIBED = (
    "kind", "area", "geometry", "name_zh", "name_en", "address_zh", "address_en", "hours", "operator_kind",
    "operator_zh", "operator_en", "phone", "step_free",
)  # fmt: skip
"""The fields of `Described`, as the database's trigger keeps them."""


class Site(Described):
    """One place of service; its hours are the wall clock's. `changed_at` is since when it is as it is now."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.ForeignKey(SiteKind, on_delete=models.PROTECT, related_name="sites", verbose_name=_("kind"))
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="sites", verbose_name=_("area it serves"))
    version = models.PositiveIntegerField(_("version"), default=1)
    changed_at = models.DateTimeField(_("changed"), editable=False)

    objects = SiteQuerySet.as_manager()

    class Meta(Period.Meta):
        """Sites."""

        verbose_name = _("site")
        verbose_name_plural = _("sites")
        constraints = [
            *Period.Meta.constraints,
            models.UniqueConstraint(
                name="service_sites_site_named_once", fields=["area", "name_zh"], condition=Q(valid_until__isnull=True)
            ),
        ]
        indexes = [models.Index(fields=["area"], name="service_sites_site_area")]

    def hours_at(self, moment: datetime) -> dict[str, Any]:
        """The opening hours that held at an instant."""
        then = self.former.at(moment).values_list("hours", flat=True).first()
        hours: dict[str, Any] = self.hours if then is None else then
        return hours

    def is_open(self, now: datetime) -> bool | None:
        """Whether it is open at an instant; None: not known."""
        return opening.is_open(self.hours_at(now), now, place_zone())

    def changes_at(self, now: datetime) -> datetime | None:
        """When it closes next, or opens next, by the hours of that instant; None when neither is known to come within
        two weeks."""
        return opening.changes_at(self.hours_at(now), now, place_zone())


class FormerSite(Described):
    """A site as it was until somebody changed it, by whatever door: a trigger writes it down, and keeps it."""

    id = models.BigAutoField(primary_key=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="former", verbose_name=_("site"))

    objects = PeriodQuerySet.as_manager()

    class Meta(Described.Meta):
        """One answer for each moment; ended for good."""

        verbose_name = _("former state of a site")
        verbose_name_plural = _("former states of sites")
        constraints = [
            *Period.Meta.constraints,
            models.CheckConstraint(name="service_sites_formersite_ended", condition=Q(valid_until__isnull=False)),
            ExclusionConstraint(
                name="service_sites_formersite_once",
                expressions=[
                    ("site", RangeOperators.EQUAL),
                    (TsTzRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class SiteThen(Described):
    """A site as it was at a moment: the view of what it is and of all it was. To read only; `id` is the site's."""

    id = models.UUIDField(primary_key=True)
    version = models.PositiveIntegerField(_("version"))
    opened_at = models.DateTimeField(_("in service since"))

    objects = SiteQuerySet.as_manager()

    class Meta:
        """A view (see the migration)."""

        managed = False
        db_table = "service_sites_sitethen"
        verbose_name = _("site at a moment")
        verbose_name_plural = _("sites at a moment")

    def changes_at(self, now: datetime) -> datetime | None:
        """When it closes next, or opens next; None when neither is known to come within two weeks."""
        return opening.changes_at(self.hours, now, place_zone())
