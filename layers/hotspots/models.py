"""Kept results: what was asked, by whom and when, and everything that was found."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Run(models.Model):
    """One analysis as it came out; the id is made by the client. It is never changed, only forgotten by its owner."""

    id = models.UUIDField(primary_key=True, editable=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("kept by"))
    name = models.CharField(_("name of the result"), max_length=120)
    made_at = models.DateTimeField(_("made"))
    asked = models.JSONField(_("asked"), help_text=_("The words of the question as they were given."))
    question = models.JSONField(_("question"), help_text=_("The same with everything that was chosen, and the seed."))
    summary = models.JSONField(_("figures"))
    areas = ArrayField(models.UUIDField(), verbose_name=_("areas"))
    shows_residents = models.BooleanField(_("shows residents"))
    document = models.BinaryField(_("cells"), help_text=_("GeoJSON with z, p and class of every cell, packed by gzip."))

    class Meta:
        """Newest first, of one person."""

        verbose_name = _("kept hot spots")
        verbose_name_plural = _("kept hot spots")
        indexes = [models.Index(fields=["account", "-made_at"], name="hotspots_runs_of_an_account")]
        constraints = [
            models.CheckConstraint(name="hotspots_run_has_name", condition=~Q(name="")),
            models.CheckConstraint(name="hotspots_run_has_areas", condition=Q(areas__len__gt=0)),
        ]

    def __str__(self) -> str:
        """Its name."""
        return self.name
