"""How many live where. A missing row means unknown, never nobody."""

from datetime import datetime
from typing import Self

from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gis.catalogue.models import CatalogueRow
from gis.shared.periods import Period, PeriodQuerySet, TsTzRange
from grids.models.area import Area, Boundary, subtree_ids


class AgeBand(CatalogueRow):
    """A range of ages in full years; `until` is exclusive and open for the oldest."""

    age_from = models.PositiveSmallIntegerField(_("from age"))
    age_until = models.PositiveSmallIntegerField(_("until age"), null=True, blank=True)

    class Meta(CatalogueRow.Meta):
        """From young to old."""

        verbose_name = _("age band")
        verbose_name_plural = _("age bands")

    @property
    def known(self) -> bool:
        """Whether it says an age at all: the band of figures that were not counted by age does not."""
        return self.age_from > 0 or self.age_until is not None


class PopulationQuerySet(PeriodQuerySet):
    """Residents by area."""

    def below(self, area: Area, moment: datetime) -> Self:
        """The rows of an area and everything below it at a moment."""
        large = Boundary.objects.large([area.pk], moment)
        inside = subtree_ids([area.pk], moment) if large is None else large.values("area_id")
        return self.at(moment).filter(area_id__in=inside)

    def residents(self) -> int | None:
        """The sum; None when there is no row, because then it is unknown."""
        total: int | None = self.aggregate(total=models.Sum("residents"))["total"]
        return total


class Population(Period):
    """Residents of one age band in one area, none of whom is counted in an area below it.

    Where a file said where they live, PopulationPoint keeps it; an area with such points may have others below it.
    `households` are those of the whole area, whatever the band: one of its rows says them at any moment (the database
    refuses a second); where none does, nobody has counted them.
    """

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="population", verbose_name=_("area"))
    age_band = models.ForeignKey(AgeBand, on_delete=models.PROTECT, verbose_name=_("age band"))
    residents = models.PositiveIntegerField(_("residents"))
    households = models.PositiveIntegerField(_("households"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=200)

    objects = PopulationQuerySet.as_manager()

    class Meta(Period.Meta):
        """One figure for an area and band at any moment, one number of households for an area."""

        verbose_name = _("population")
        verbose_name_plural = _("population")
        constraints = [
            *Period.Meta.constraints,
            models.CheckConstraint(name="grids_population_not_negative", condition=Q(residents__gte=0)),
            ExclusionConstraint(
                name="grids_population_once",
                expressions=[
                    ("area", RangeOperators.EQUAL),
                    ("age_band", RangeOperators.EQUAL),
                    (TsTzRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="grids_population_households_once",
                expressions=[
                    ("area", RangeOperators.EQUAL),
                    (TsTzRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
                condition=Q(households__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """Band and figure."""
        return f"{self.age_band}: {self.residents}"


class PopulationPoint(models.Model):
    """Where some of the residents of a figure live, as the file that brought it said; the points add up to the figure.

    So do their households, where the figure says them (unknown at a point: left out). A trigger refuses points that do
    not, changes to a point, and another figure over its points.
    """

    population = models.ForeignKey(
        Population, on_delete=models.CASCADE, related_name="points", verbose_name=_("population")
    )
    point = models.PointField(_("place"), srid=4326)
    residents = models.PositiveIntegerField(_("residents"))
    households = models.PositiveIntegerField(_("households"), null=True, blank=True)
    number = models.CharField(_("number in the file"), max_length=80, blank=True)

    class Meta:
        """Rows of files, in no order."""

        verbose_name = _("place of residents")
        verbose_name_plural = _("places of residents")

    def __str__(self) -> str:
        """Its number and how many."""
        return f"{self.number}: {self.residents}"
