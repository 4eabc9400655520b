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


class ServiceLevel(CatalogueRow):
    """One level of a standard: whose sites must be how near. Levels include nothing: each is checked alone."""

    minutes = models.PositiveSmallIntegerField(_("minutes on foot"))
    kinds = models.JSONField(_("kinds of site that count"), default=list)
    source = models.CharField(_("from which standard"), max_length=200, blank=True)

    class Meta(CatalogueRow.Meta):
        """From the nearest to the widest."""

        verbose_name = _("level of service")
        verbose_name_plural = _("levels of service")
        constraints = [
            *Period.Meta.constraints,
            models.CheckConstraint(name="coverage_servicelevel_walkable", condition=Q(minutes__gte=1, minutes__lte=30)),
        ]


class Settlement(models.Model):
    """Where everybody lives, read once for the whole place and packed; the newest counts, older ones are removed.

    `seen` is the snapshot it was read in: an edit that it could not see makes it stale. So does another `rule` for what
    is packed and for small figures than the one of today (`settling.RULE`).
    """

    id = models.BigAutoField(primary_key=True)
    made_at = models.DateTimeField(_("made"))
    seen = models.TextField(_("snapshot"))
    places = models.PositiveIntegerField(_("places where people live"))
    rule = models.CharField(_("rule"), max_length=64, blank=True, db_default="")
    packed = models.BinaryField(_("arrays"))

    class Meta:
        """One or two at a time."""

        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        get_latest_by = "id"

    def __str__(self) -> str:
        """How large it is."""
        return f"{self.pk}: {self.places}"


class Edit(models.Model):
    """A statement that changed areas or residents (written by triggers); only `made stale or not` is asked of it."""

    id = models.BigAutoField(primary_key=True)
    written_at = models.DateTimeField(_("written"))
    written_by = models.TextField(_("transaction"))

    class Meta:
        """Removed once a settlement has seen them."""

        verbose_name = _("edit of areas or residents")
        verbose_name_plural = _("edits of areas or residents")
        db_table = "coverage_edit"

    def __str__(self) -> str:
        """When."""
        return f"{self.written_at:%Y-%m-%d %H:%M}"
