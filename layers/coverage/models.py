"""How fast people walk: a list the city edits."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gis.catalogue.models import CatalogueRow
from gis.shared.periods import Period

METRES_PER_MINUTE = 1000 / 60
"""Metres in a minute at 1 km/h."""


class SpeedProfile(CatalogueRow):
    """Who walks how fast, and whether they can take stairs."""

    km_per_hour = models.DecimalField(_("km per hour"), max_digits=4, decimal_places=2)
    steps_allowed = models.BooleanField(_("takes stairs"), default=True)
    is_default = models.BooleanField(_("used when nothing is said"), default=False)

    class Meta(CatalogueRow.Meta):
        """One default at most; nobody stands still."""

        verbose_name = _("walking speed")
        verbose_name_plural = _("walking speeds")
        constraints = [
            *Period.Meta.constraints,
            models.CheckConstraint(
                name="coverage_speedprofile_walks", condition=Q(km_per_hour__gt=0.5, km_per_hour__lt=15)
            ),
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="coverage_speedprofile_one_default"
            ),
        ]

    def metres(self, minutes: float) -> float:
        """How far one gets in so many minutes."""
        return float(self.km_per_hour) * METRES_PER_MINUTE * minutes

    def minutes(self, metres: float) -> float:
        """How long so many metres take."""
        return metres / (float(self.km_per_hour) * METRES_PER_MINUTE)
